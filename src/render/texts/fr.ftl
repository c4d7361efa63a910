# Ce que lisent les lecteurs, en français : vous, avec les espaces insécables d'usage.

## In several places

labelled = { $label } : { $value }
all-topics = Tous les thèmes

## The mail that asks to confirm

confirm-mail-subject = Confirmez votre abonnement : { $publication }
confirm-mail-subject-changes = Confirmez vos changements : { $publication }
confirm-mail-preheader = Rien ne vous sera envoyé sans votre confirmation.
confirm-mail-about = Votre abonnement
confirm-mail-about-changes = Changement de votre abonnement
confirm-mail-title = Plus qu’un clic
confirm-mail-asked = Quelqu’un, sans doute vous, a demandé à recevoir { $publication } à cette adresse.
confirm-mail-asked-changes = Quelqu’un, sans doute vous, a demandé à changer ce que { $publication } envoie à cette adresse.
confirm-mail-button-opens = Le bouton ouvre une page où vous le confirmez.
confirm-mail-asked-on = Demandé le
confirm-mail-asked-at = Sur
confirm-mail-frequency = Vous recevez
confirm-mail-topics = Thèmes
confirm-mail-button = Confirmer
confirm-mail-button-changes = Confirmer les changements
confirm-mail-not-you = Si ce n’était pas vous, ne faites rien : vous n’entendrez plus parler de nous.
confirm-mail-not-you-changes = Si ce n’était pas vous, ne faites rien : tout reste comme avant.
confirm-mail-lifetime = Le lien est valable { $days ->
    [one] { $days } jour
   *[other] { $days } jours
  }.
confirm-mail-no-button = Si le bouton ne fonctionne pas, ouvrez cette adresse :
confirm-mail-open = Pour confirmer, ouvrez cette page et appuyez sur son bouton :
