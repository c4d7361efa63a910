# Ce que lisent les lecteurs, en français : vous, avec les espaces insécables d'usage.

## In several places

labelled = { $label } : { $value }
all-topics = Tous les thèmes

## The mail that asks to confirm

confirm-mail-subject = Confirmez votre abonnement : { $publication }
confirm-mail-subject-changes = Confirmez vos changements : { $publication }
confirm-mail-subject-reminder = Pas encore confirmé : { $publication }
confirm-mail-preheader = Rien ne vous sera envoyé sans votre confirmation.
confirm-mail-about = Votre abonnement
confirm-mail-about-changes = Changement de votre abonnement
confirm-mail-about-reminder = Rappel de votre abonnement
confirm-mail-title = Plus qu’un clic
confirm-mail-asked = Quelqu’un, sans doute vous, a demandé à recevoir { $publication } à cette adresse.
confirm-mail-asked-changes = Quelqu’un, sans doute vous, a demandé à changer ce que { $publication } envoie à cette adresse.
confirm-mail-reminds = Cette demande n’a pas encore été confirmée. Ce rappel est le seul ; sans confirmation, elle sera oubliée.
confirm-mail-button-opens = Le bouton ouvre une page où vous le confirmez.
confirm-mail-asked-on = Demandé le
confirm-mail-asked-at = Sur
confirm-mail-asked-from = Depuis
confirm-mail-network = une adresse internet qui commence par { $start }
confirm-mail-frequency = Vous recevez
confirm-mail-topics = Thèmes
confirm-mail-button = Confirmer
confirm-mail-button-changes = Confirmer les changements
confirm-mail-not-you = Si ce n’était pas vous, ne faites rien : il n’y aura pas de suite.
confirm-mail-not-you-changes = Si ce n’était pas vous, ne faites rien : tout reste comme avant.
confirm-mail-lifetime = Le lien est valable { $days ->
    [one] { $days } jour
   *[other] { $days } jours
  }.
confirm-mail-until = Le lien est valable jusqu’au { $until }.
confirm-mail-never-lead = Pour ne plus recevoir aucun message d’ici, quelle que soit la personne qui saisit cette adresse :
confirm-mail-never = Ne plus jamais m’écrire
confirm-mail-no-button = Si le bouton ne fonctionne pas, ouvrez cette adresse :
confirm-mail-open = Pour confirmer, ouvrez cette page et appuyez sur son bouton :

## The mail that welcomes

welcome-mail-subject = Bienvenue : { $publication }
welcome-mail-lead = Vous recevez désormais { $publication }.
welcome-mail-issue = Voici le dernier numéro.
welcome-mail-issue-next = Voici le dernier numéro ; le prochain vous parviendra : { $next }.

## Pages: in several places

language-name = Français
page-languages = Langue
page-past-issues = Numéros précédents
page-privacy = Confidentialité
page-change-choices = Changer de thèmes ou de fréquence
page-sign-up-again = S’inscrire à nouveau
page-leave = Se désabonner

## Topics and frequency

choices-topics = Thèmes
choices-topics-hint = (aucun coché : tous)
choices-frequency = À quelle fréquence
choices-frequency-hint = (plusieurs choix possibles)
choices-frequency-hint-first = (plusieurs choix possibles ; aucun coché : { $digest })

## The sign-up page

sign-up-title = { $publication } par e-mail
sign-up-title-check = À vérifier : { $publication } par e-mail
sign-up-promise = Les derniers titres par e-mail.
sign-up-promise-when = Les derniers titres par e-mail, { $when }.
sign-up-latest = Derniers titres
sign-up-sample = Un numéro pour voir :
sign-up-heading = À recevoir par e-mail
sign-up-email = Adresse e-mail
sign-up-name = Nom
sign-up-optional = (facultatif)
sign-up-trap = Laissez ce champ vide
sign-up-button = S’inscrire
sign-up-consent = En vous inscrivant, vous demandez à { $sender } de vous envoyer { $publication } par e-mail. Rien n’est envoyé avant que vous ayez confirmé par le lien du message que nous vous adressons maintenant. Chaque message contient un lien pour se désabonner aussitôt. Votre adresse ne sert à rien d’autre.
sign-up-steps = Nous envoyons d’abord un seul message, dans lequel vous confirmez ; sans cela, rien ne suit. Chaque numéro contient un lien pour se désabonner d’un clic. L’expéditeur est { $sender }, { $address }.
sign-up-privacy = Comment nous traitons vos données
sign-up-zone = Votre navigateur nous indique son fuseau horaire, afin que chaque numéro arrive à votre heure locale.

## What is wrong with a form

form-error-address-empty = Veuillez saisir votre adresse e-mail.
form-error-address-no-at = Une adresse e-mail contient un @, comme dans name@example.org.
form-error-address-too-long = L’adresse est plus longue que ce qu’acceptent les serveurs de messagerie (254 caractères).
form-error-address-local = La partie avant le @ manque ou dépasse 64 caractères.
form-error-address-dots = La partie avant le @ commence ou finit par un point, ou contient deux points de suite.
form-error-address-character = L’adresse contient un caractère qui n’a rien à y faire : { $character }
form-error-address-domain = La partie après le @ n’est pas un nom de domaine comme example.org.
form-error-address-refused = Cette adresse n’est pas acceptée ici. Veuillez en utiliser une autre.
form-error-address-disposable = Les adresses jetables ne sont pas acceptées ici. Veuillez en utiliser une que vous lirez encore la semaine prochaine.
form-error-address-no-mail = Le domaine { $domain } ne reçoit pas de courrier. Est-il bien orthographié ?
form-error-meant = Vouliez-vous dire { $address } ?
form-error-address-same = C’est l’adresse que vous avez.
form-error-name = Le nom dépasse 100 caractères ou contient un caractère qui n’a rien à y faire.
form-error-too-many-topics = Il n’y a pas autant de thèmes.
form-error-language = Nous ne connaissons pas cette langue.
form-error-topic = L’un des thèmes n’est pas proposé ; choisissez dans la liste.
form-error-frequency = Cette fréquence n’est pas proposée ; choisissez dans la liste.
form-error-no-frequency = Cochez au moins une case. Pour ne plus rien recevoir, désabonnez-vous par le lien ci-dessous.
form-error-title = Le formulaire est à corriger
form-error-proof = Ce formulaire demande une preuve : résolvez le calcul à l’adresse donnée dans `challenge` et envoyez la solution dans `altcha`.

## The guard of the form

guard-asked = Pour que des programmes n’inscrivent pas les adresses d’autrui, votre navigateur fait d’abord un petit calcul. Cela prend une ou deux secondes et ne vous demande rien.
guard-again = La preuve fournie par votre navigateur pour ce formulaire est trop ancienne ou a déjà servi. Veuillez appuyer encore une fois sur le bouton ; il refait le petit calcul de lui-même.
guard-busy = Vérification…
guard-wait = Sans JavaScript : veuillez attendre { $seconds } secondes avant d’appuyer sur le bouton.

## After the form

check-inbox-title = Consultez votre boîte de réception
check-inbox-sent = Un message est en route vers cette adresse et attend un clic de votre part :
check-inbox-open = Ouvrez le message de { $sender }, { $address }.
check-inbox-press = Appuyez sur « { $button } » dans le message, puis encore une fois sur la page qui s’ouvre.
check-inbox-done = C’est fait. Le prochain numéro arrive tout seul.
check-inbox-nothing = Toujours rien après quelques minutes ? Regardez parmi les indésirables. Une adresse reçoit un message par jour au plus.
check-inbox-wrong = Mauvaise adresse ? Recommencer
check-inbox-meanwhile = Lire les numéros précédents en attendant
check-inbox-json = Si l’adresse peut être inscrite, un message avec un lien de confirmation est en route.

## The form on other sites

embed-about = Restez informé : { $topics }
embed-wait = Un instant…
embed-offline = La connexion est interrompue. Veuillez réessayer.
embed-meant = Vouliez-vous dire { $address } ? S’inscrire avec cette adresse

## The page behind the link to confirm

confirm-title = Plus qu’un clic
confirm-lead = Appuyez sur le bouton et { $publication } vous écrira.
confirm-already-title = Votre inscription est déjà confirmée
confirm-already = La confirmation a déjà eu lieu. Il n’y a plus rien à faire ; le prochain numéro arrive tout seul.
confirm-past-issues = Lire les numéros précédents
confirm-expired-title = Ce lien a expiré
confirm-expired = Un lien de confirmation n’est valable que quelques jours, pour qu’un ancien message ne puisse abonner personne. Si vous le souhaitez encore, un nouveau lien sera envoyé à la même adresse.
confirm-ended-title = Ce lien a déjà été utilisé
confirm-ended = Il a servi à confirmer l’abonnement à { $publication }, qui a pris fin depuis. Voulez-vous le reprendre ? Nous vous enverrons alors un nouveau lien.
confirm-again = M’envoyer un nouveau lien

## After confirming

confirmed-title = C’est confirmé
confirmed-next = Votre prochain numéro de { $publication } arrive :
confirmed-soon = { $publication } vous écrit dès qu’il y a du nouveau.
confirmed-contacts = Pour le retrouver parmi vos messages, ajoutez { $address } à vos contacts.
confirmed-latest = Le dernier numéro

## Leaving

leave-title = Se désabonner de { $publication }
leave-lead = { $email } ne recevra plus de messages de { $publication }, dès maintenant.
leave-rather = Si vous préférez en recevoir moins
leave-rarer = Vous pourriez recevoir { $digest } à la place, { $when }.
leave-rarer-button = Moins souvent
leave-pause = Faire une pause
goodbye-title = Vous ne recevez plus { $publication }
goodbye-lead = C’est tout ; aucun autre message ne vous sera envoyé. Vous pouvez fermer cette page.
goodbye-slip = Une erreur ? Annulez, et vos thèmes sont comme avant.
goodbye-undo = Annuler
goodbye-thanks = Merci, c’est noté.
why-title = Voulez-vous nous dire pourquoi ?
why-too-often = Elle arrive trop souvent
why-not-for-me = Ce n’est pas ce que je cherche
why-not-now = Je n’ai pas le temps en ce moment
why-never-asked = Je ne l’ai jamais demandée
why-other = Une autre raison
why-button = Envoyer
returned-title = Vous revoilà
returned-lead = Vous recevez de nouveau { $publication }, avec les mêmes thèmes et aussi souvent qu’avant.

## Never mail me

never-title = Ne plus jamais m’écrire
never-lead = Dès maintenant, { $email } ne recevra plus aucun message de ce service : ni lettre d’information, ni demande de confirmation, quelle que soit la personne qui saisit l’adresse dans un formulaire.
never-stopped-title = Plus aucun message pour vous
never-stopped = Plus rien n’est envoyé à { $email }, quelle que soit la personne qui saisit l’adresse dans un formulaire.
never-slip = Une erreur, ou envie de recevoir à nouveau des messages ?
never-undo = Autoriser à nouveau les messages
never-stopped-by-others = Cela ne peut pas être modifié ici. Pour recevoir à nouveau des messages, écrivez à { $address }.
never-undone-title = Les messages sont à nouveau autorisés
never-undone = { $email } peut à nouveau recevoir des messages. Vos abonnements continuent.

## The page with a reader's choices

preferences-title = Vos choix
preferences-title-saved = Enregistré : vos choix
preferences-for = Pour { $email }
preferences-saved = C’est enregistré, à partir du prochain numéro.
preferences-language = Langue des messages et des pages
preferences-zone = Les numéros arrivent à l’heure de
preferences-zone-usual = { $zone }, comme chez l’expéditeur
preferences-save = Enregistrer
preferences-none = { $email } ne reçoit pas { $publication } actuellement.
zone-africa = Afrique
zone-america = Amérique
zone-antarctica = Antarctique
zone-asia = Asie
zone-atlantic = Océan Atlantique
zone-australia = Australie
zone-europe = Europe
zone-indian = Océan Indien
zone-pacific = Océan Pacifique

## Une pause

pause-title = Faire une pause
pause-lead = Entre-temps, rien n’est envoyé. Ensuite, tout reprend de lui-même, avec les mêmes choix.
pause-week = Une semaine
pause-month = Un mois
pause-day = Les messages reprennent le
pause-button = Faire une pause jusqu’à ce jour
pause-until = Vous faites une pause. Les messages reprennent à partir de cette date : { $day }.
pause-end = Terminer la pause
form-error-day = Choisissez un jour à partir de demain, dans l’année.
others-title = Les autres lettres d’ici
others-change = Modifier { $publication }
others-join = Recevoir aussi { $publication }

## Un lien par message

link-title = Votre lien par message
link-lead = Saisissez l’adresse qui reçoit nos messages. Nous y envoyons un lien qui permet de changer ce que vous recevez, de faire une pause ou de vous désabonner.
link-button = M’envoyer mon lien
link-sent = Si cette adresse reçoit nos messages, un message avec un lien est en route :
link-sent-hour = Le lien est valable une heure.
link-sent-nothing = Toujours rien après quelques minutes ? Regardez parmi les indésirables, et vérifiez que l’adresse est bien celle qui reçoit nos messages.
link-which-title = Quelle lettre d’information ?
link-which = Choisissez-en une ; la page de votre lien montre tout ce que vous recevez.
page-my-link = Changer ce que vous recevez
link-mail-about = Le lien demandé
link-mail-choices-title = Vos choix
link-mail-choices = Quelqu’un, sans doute vous, a demandé le lien vers vos choix. Il permet de changer ce que vous recevez, de faire une pause ou de vous désabonner.
link-mail-choices-button = Ouvrir mes choix
link-mail-address-title = Changer d’adresse
link-mail-address = Quelqu’un, sans doute vous, a demandé à recevoir nos messages à une autre adresse. Le lien ouvre une page où vous la saisissez.
link-mail-address-button = Saisir la nouvelle adresse
link-mail-new-title = Confirmez votre nouvelle adresse
link-mail-new = Quelqu’un, sans doute vous, souhaite recevoir à cette adresse les messages qui vont aujourd’hui à { $address }. Le lien ouvre une page où vous le confirmez.
link-mail-new-button = Utiliser cette adresse
link-mail-old-title = Vos messages vont désormais ailleurs
link-mail-old = Désormais, nos messages vont à { $address } et non plus à cette adresse. Si c’était votre souhait, il n’y a rien à faire. Sinon, le lien ouvre une page où vous l’annulez.
link-mail-old-button = Ce n’était pas moi
link-mail-data-title = Vos données
link-mail-data = Quelqu’un, sans doute vous, a demandé tout ce que nous conservons sur cette adresse. Le lien ouvre une page où vous le téléchargez dans un fichier.
link-mail-data-button = Voir mes données
link-mail-erase-title = Effacer vos données
link-mail-erase = Quelqu’un, sans doute vous, a demandé l’effacement de tout ce que nous conservons sur cette adresse. Le lien ouvre une page où vous le confirmez ; rien n’est effacé avant.
link-mail-erase-button = Continuer vers l’effacement
link-mail-lifetime = Le lien est valable une heure et n’est que pour vous.
link-mail-not-you = Si ce n’était pas vous, ne faites rien : tout reste comme avant.

## Vos données

own-title = Votre adresse et vos données
own-lead = Pour cela, nous vous envoyons d’abord un lien, car quiconque a l’un de vos messages peut ouvrir cette page.
own-address = Changer mon adresse
own-data = Télécharger mes données
own-erase = M’effacer
data-title = Vos données
data-lead = Le fichier contient tout ce que nous conservons sur { $email } : vos choix, ce que vous avez accepté et quand, les numéros qui vous ont été envoyés, et les autres messages. C’est un fichier texte au format JSON.
data-button = Télécharger le fichier
erase-title = Tout effacer
erase-lead = Tout ce que nous conservons sur { $email } est effacé immédiatement et définitivement : abonnements, choix, preuves et historique. Plus aucun message n’est envoyé.
erase-hash = Il reste un code tiré de l’adresse, que personne ne peut y relire. Il nous montre que l’adresse ne doit pas revenir, par une liste par exemple. Vous pouvez vous réinscrire vous-même à tout moment.
erase-button = Effacer tout ce qui me concerne
erased-title = Tout est effacé
erased-lead = Nous ne savons plus rien de vous. Les copies de sécurité sont remplacées dans le délai que l’expéditeur indique sous Confidentialité. Vous pouvez fermer cette page.

## Changement d’adresse

address-title = Une autre adresse
address-lead = Nos messages vont à { $address }. Où doivent-ils aller à la place ?
address-new = Nouvelle adresse e-mail
address-send = Y envoyer un message
address-until = Tant que ce n’est pas confirmé là-bas, tout va à l’ancienne adresse.
address-confirm = Tout ce qui va à { $old } viendra à { $new }, avec les mêmes choix. Si { $new } reçoit déjà nos messages, les deux n’en font plus qu’un.
address-confirm-told = L’ancienne adresse en est informée et peut l’annuler pendant deux semaines.
address-confirm-button = Utiliser la nouvelle adresse
address-changed-title = Votre adresse est changée
address-changed = Désormais, nos messages vont à { $address }.
address-told-title = Vos messages vont ailleurs
address-told = Ce qui allait à { $old } va maintenant à { $new }. Ce n’était pas vous ? Alors annulez-le.
address-undo = Annuler le changement
address-undone-title = Tout est comme avant
address-undone = Nos messages vont de nouveau à { $address }. Les liens demandés entre-temps ne sont plus valables.
address-kept = Cela ne peut plus être annulé ici. Si vous ne le vouliez pas, écrivez à { $address }.

## The archive

archive-title = Numéros précédents
archive-next = Recevoir le prochain par e-mail
archive-newer = Numéros plus récents
archive-older = Numéros plus anciens
archive-number = { $digest }, nº { $number }
archive-empty = Le premier numéro est encore à venir. Inscrivez-vous, et il viendra à vous.

## When a page cannot be shown

error-not-found-title = Rien à cette adresse
error-not-found = Il n’y a pas de page à cette adresse.
error-bad-link-title = Ce lien ne fonctionne pas
error-bad-link = Il est abîmé ou incomplet. Ouvrez-le depuis le message lui-même, ou copiez-le en entier.
error-old-link-title = Ce lien n’est plus valable
error-old-link = Les liens de ce genre sont valables peu de temps, et certains une seule fois, pour qu’un ancien message n’ouvre rien. Faites-vous en envoyer un nouveau.
error-new-link = Se faire envoyer un nouveau lien
error-too-many-links = De nombreux liens ont été demandés depuis votre réseau. Veuillez réessayer plus tard.
error-too-many-title = Trop de demandes
error-too-many = Beaucoup d’inscriptions sont venues de votre réseau. Réessayez plus tard.
error-spent = Il y a trop d’inscriptions en ce moment. Réessayez plus tard.
error-too-large-title = Trop à la fois
error-too-large = Le formulaire était plus grand que possible. Rien n’a été changé.
error-bad-form-title = Le formulaire n’a pas pu être lu
error-bad-form = Veuillez renvoyer le formulaire.
error-busy-title = Réessayez dans un instant
error-busy = Nous n’avons pas pu l’enregistrer à l’instant. Rien n’a été changé.
error-ours-title = Quelque chose a mal tourné
error-ours = C’est notre faute, pas la vôtre, et c’est noté. Réessayez plus tard.

## The digest mail

digest-number = nº { $number }
digest-view = Voir dans le navigateur
digest-minutes = { $minutes } min de lecture
digest-more-news = Autres nouvelles
digest-notice = Information
digest-also = Également dans l’actualité
digest-read-on = Lire la suite : les { $count } articles
digest-links = Liens
digest-why-title = Pourquoi vous recevez ceci
digest-why = Vous recevez cet e-mail parce que cette adresse a été inscrite :
digest-frequency = { $digest }, { $when }.
digest-topics = Vos thèmes : { $topics }.
digest-change = Modifier les thèmes ou la fréquence
digest-leave = Se désabonner
digest-new-here = Nouveau ici ?
digest-sign-up = S’abonner à { $publication }
