# Was Leserinnen und Leser lesen, auf Deutsch: Sie, und so kurz, wie es höflich geht.

## In several places

labelled = { $label }: { $value }
all-topics = Alle Themen

## The mail that asks to confirm

confirm-mail-subject = Bitte bestätigen Sie Ihr Abonnement: { $publication }
confirm-mail-subject-changes = Bitte bestätigen Sie Ihre Änderungen: { $publication }
confirm-mail-subject-reminder = Noch nicht bestätigt: { $publication }
confirm-mail-preheader = Ohne Ihre Bestätigung senden wir Ihnen nichts.
confirm-mail-about = Ihr Abonnement
confirm-mail-about-changes = Änderung Ihres Abonnements
confirm-mail-about-reminder = Erinnerung an Ihr Abonnement
confirm-mail-title = Nur noch ein Klick
confirm-mail-asked = Jemand, vermutlich Sie selbst, möchte { $publication } an diese Adresse bekommen.
confirm-mail-asked-changes = Jemand, vermutlich Sie selbst, möchte ändern, was { $publication } an diese Adresse schickt.
confirm-mail-reminds = Bestätigt ist das noch nicht. Dies ist die einzige Erinnerung; ohne Bestätigung vergessen wir die Anfrage.
confirm-mail-button-opens = Die Schaltfläche öffnet eine Seite, auf der Sie das bestätigen.
confirm-mail-asked-on = Angefragt
confirm-mail-asked-at = Auf
confirm-mail-asked-from = Von
confirm-mail-network = einer Internetadresse, die mit { $start } beginnt
confirm-mail-frequency = Sie erhalten
confirm-mail-topics = Themen
confirm-mail-button = Bestätigen
confirm-mail-button-changes = Änderungen bestätigen
confirm-mail-not-you = Waren Sie das nicht, brauchen Sie nichts zu tun: Es folgt nichts.
confirm-mail-not-you-changes = Waren Sie das nicht, brauchen Sie nichts zu tun: Alles bleibt, wie es ist.
confirm-mail-lifetime = Der Link gilt { $days ->
    [one] { $days } Tag
   *[other] { $days } Tage
  } lang.
confirm-mail-until = Der Link gilt bis { $until }.
confirm-mail-never-lead = Damit von hier keine Mail mehr kommt, wer auch immer diese Adresse eintippt:
confirm-mail-never = Nie wieder Mail an mich
confirm-mail-no-button = Falls die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse:
confirm-mail-open = Zum Bestätigen öffnen Sie diese Seite und drücken Sie dort auf die Schaltfläche:

## The mail that welcomes

welcome-mail-subject = Willkommen bei { $publication }
welcome-mail-lead = Ab jetzt erhalten Sie { $publication }.
welcome-mail-issue = Hier ist die neueste Ausgabe.
welcome-mail-issue-next = Hier ist die neueste Ausgabe; Ihre nächste kommt: { $next }.

## Pages: in several places

language-name = Deutsch
page-languages = Sprache
page-past-issues = Frühere Ausgaben
page-privacy = Datenschutz
page-change-choices = Themen oder Häufigkeit ändern
page-sign-up-again = Neu anmelden
page-leave = Newsletter abbestellen

## Topics and frequency

choices-topics = Themen
choices-topics-hint = (ohne Auswahl: alle)
choices-frequency = Wie oft
choices-frequency-hint = (mehrere möglich)
choices-frequency-hint-first = (mehrere möglich; ohne Auswahl: { $digest })

## The sign-up page

sign-up-title = { $publication } per E-Mail
sign-up-title-check = Bitte prüfen: { $publication } per E-Mail
sign-up-promise = Die neuesten Schlagzeilen per E-Mail.
sign-up-promise-when = Die neuesten Schlagzeilen per E-Mail, { $when }.
sign-up-latest = Neueste Schlagzeilen
sign-up-sample = Eine Ausgabe zur Probe:
sign-up-heading = Per E-Mail erhalten
sign-up-email = E-Mail-Adresse
sign-up-name = Name
sign-up-optional = (freiwillig)
sign-up-trap = Dieses Feld bitte leer lassen
sign-up-button = Anmelden
sign-up-consent = Mit der Anmeldung bitten Sie { $sender }, Ihnen { $publication } per E-Mail zu senden. Bevor Sie über den Link in der Mail, die wir Ihnen jetzt schicken, bestätigt haben, senden wir nichts. Jede Mail enthält einen Link, mit dem Sie sich sofort abmelden können. Ihre Adresse wird für nichts anderes verwendet.
sign-up-steps = Zuerst senden wir eine einzige Mail, in der Sie bestätigen; ohne sie folgt nichts. In jeder Ausgabe steht ein Link, mit dem Sie sich mit einem Klick abmelden. Absender ist { $sender }, { $address }.
sign-up-privacy = Wie wir mit Ihren Daten umgehen
sign-up-zone = Ihr Browser teilt uns seine Zeitzone mit, damit jede Ausgabe zu Ihrer Ortszeit kommt.

## What is wrong with a form

form-error-address-empty = Bitte geben Sie Ihre E-Mail-Adresse ein.
form-error-address-no-at = Eine E-Mail-Adresse braucht ein @, wie in name@example.org.
form-error-address-too-long = Die Adresse ist länger, als Mailserver erlauben (254 Zeichen).
form-error-address-local = Der Teil vor dem @ fehlt oder ist länger als 64 Zeichen.
form-error-address-dots = Der Teil vor dem @ beginnt oder endet mit einem Punkt oder hat zwei Punkte hintereinander.
form-error-address-character = Die Adresse enthält ein Zeichen, das nicht hineingehört: { $character }
form-error-address-domain = Der Teil nach dem @ ist kein Domainname wie example.org.
form-error-address-refused = Diese Adresse nehmen wir hier nicht an. Bitte verwenden Sie eine andere.
form-error-address-disposable = Wegwerfadressen nehmen wir hier nicht an. Bitte verwenden Sie eine, die Sie auch nächste Woche noch lesen.
form-error-address-no-mail = Die Domain { $domain } nimmt keine Mails an. Ist sie richtig geschrieben?
form-error-meant = Meinten Sie { $address }?
form-error-address-same = Das ist die Adresse, die Sie haben.
form-error-name = Der Name ist länger als 100 Zeichen oder enthält ein Zeichen, das nicht hineingehört.
form-error-too-many-topics = Das sind mehr Themen, als es gibt.
form-error-language = Diese Sprache kennen wir nicht.
form-error-topic = Eines der Themen gibt es hier nicht; bitte wählen Sie aus der Liste.
form-error-frequency = Diese Häufigkeit gibt es hier nicht; bitte wählen Sie aus der Liste.
form-error-no-frequency = Bitte kreuzen Sie mindestens eine Möglichkeit an. Soll nichts mehr kommen, bestellen Sie mit dem Link unten ab.
form-error-title = Das Formular muss korrigiert werden
form-error-proof = Dieses Formular braucht einen Nachweis: Lösen Sie die Aufgabe unter der Adresse in `challenge` und senden Sie die Lösung als `altcha`.

## The guard of the form

guard-asked = Damit keine Programme fremde Adressen anmelden, rechnet Ihr Browser zuerst ein oder zwei Sekunden lang. Sie brauchen dafür nichts zu tun.
guard-again = Der Nachweis Ihres Browsers für dieses Formular ist zu alt oder wurde schon benutzt. Bitte drücken Sie noch einmal auf die Schaltfläche; er rechnet dann von selbst neu.
guard-busy = Wird geprüft …
guard-wait = Ohne JavaScript: Bitte warten Sie { $seconds } Sekunden, bevor Sie auf die Schaltfläche drücken.

## After the form

check-inbox-title = Sehen Sie in Ihr Postfach
check-inbox-sent = Eine Mail ist zu dieser Adresse unterwegs und braucht noch einen Klick von Ihnen:
check-inbox-open = Öffnen Sie die Mail von { $sender }, { $address }.
check-inbox-press = Drücken Sie darin auf „{ $button }“ und noch einmal auf der Seite, die sich öffnet.
check-inbox-done = Sie sind dabei. Die nächste Ausgabe kommt von selbst.
check-inbox-nothing = Nach einigen Minuten noch nichts da? Sehen Sie im Spam nach. An eine Adresse geht höchstens eine Mail am Tag.
check-inbox-wrong = Falsche Adresse? Von vorn beginnen
check-inbox-meanwhile = Inzwischen frühere Ausgaben lesen
check-inbox-json = Wenn sich die Adresse anmelden lässt, ist eine Mail mit einem Link zum Bestätigen unterwegs.

## The form on other sites

embed-about = Auf dem Laufenden bleiben: { $topics }
embed-wait = Einen Moment …
embed-offline = Zurzeit besteht keine Verbindung. Bitte versuchen Sie es noch einmal.
embed-meant = Meinten Sie { $address }? Mit dieser Adresse anmelden

## The page behind the link to confirm

confirm-title = Nur noch ein Klick
confirm-lead = Drücken Sie auf die Schaltfläche, und { $publication } schreibt Ihnen.
confirm-already-title = Sie sind schon dabei
confirm-already = Das wurde schon bestätigt. Es ist nichts mehr zu tun; die nächste Ausgabe kommt von selbst.
confirm-past-issues = Frühere Ausgaben lesen
confirm-expired-title = Dieser Link ist abgelaufen
confirm-expired = Ein Link zum Bestätigen gilt nur einige Tage, damit eine alte Mail niemanden anmelden kann. Wenn Sie noch möchten, kommt ein neuer Link an dieselbe Adresse.
confirm-ended-title = Dieser Link wurde schon benutzt
confirm-ended = Mit ihm wurde das Abonnement von { $publication } bestätigt; inzwischen ist es beendet. Möchten Sie es zurück? Dann senden wir Ihnen einen neuen Link.
confirm-again = Neuen Link senden

## After confirming

confirmed-title = Sie sind dabei
confirmed-next = Die nächste Ausgabe von { $publication } kommt:
confirmed-soon = { $publication } schreibt Ihnen, sobald es Neues gibt.
confirmed-contacts = Damit Sie sie unter Ihrer anderen Post finden, nehmen Sie { $address } in Ihre Kontakte auf.
confirmed-latest = Die neueste Ausgabe

## Leaving

leave-title = { $publication } abbestellen
leave-lead = { $email } bekommt ab sofort keine Mails mehr von { $publication }.
leave-rather = Wenn Sie lieber weniger bekommen möchten
leave-rarer = Sie könnten stattdessen { $digest } bekommen, { $when }.
leave-rarer-button = Seltener
leave-pause = Eine Pause machen
goodbye-title = { $publication } ist abbestellt
goodbye-lead = Das war alles; Sie bekommen keine weiteren Mails. Sie können diese Seite schließen.
goodbye-slip = War es ein Versehen? Machen Sie es rückgängig, und alles ist wie zuvor.
goodbye-undo = Rückgängig machen
goodbye-thanks = Danke, es ist notiert.
why-title = Sagen Sie uns, warum?
why-too-often = Er kommt zu oft
why-not-for-me = Er ist nicht, was ich suche
why-not-now = Ich habe gerade keine Zeit dafür
why-never-asked = Ich habe ihn nie bestellt
why-other = Ein anderer Grund
why-button = Senden
returned-title = Willkommen zurück
returned-lead = Sie bekommen { $publication } wieder, mit denselben Themen und so oft wie zuvor.

## Never mail me

never-title = Nie wieder Mail an mich
never-lead = { $email } bekommt ab sofort keine Mail mehr von diesem Dienst: keinen Newsletter und keine Bitte um Bestätigung, wer auch immer die Adresse in ein Formular eintippt.
never-stopped-title = Keine Mail mehr an Sie
never-stopped = An { $email } geht nichts mehr, wer auch immer die Adresse in ein Formular eintippt.
never-slip = War es ein Versehen, oder möchten Sie wieder Mails bekommen?
never-undo = Mails wieder erlauben
never-stopped-by-others = Das lässt sich hier nicht ändern. Möchten Sie wieder Mails bekommen, schreiben Sie an { $address }.
never-undone-title = Mails sind wieder erlaubt
never-undone = { $email } kann wieder Mails bekommen. Was Sie abonniert haben, geht weiter.

## The page with a reader's choices

preferences-title = Ihre Auswahl
preferences-title-saved = Gespeichert: Ihre Auswahl
preferences-for = Für { $email }
preferences-saved = Gespeichert. Es gilt ab der nächsten Ausgabe.
preferences-language = Sprache der Mails und Seiten
preferences-zone = Ausgaben kommen nach der Uhr von
preferences-zone-usual = { $zone }, wie beim Absender
preferences-save = Speichern
preferences-none = { $email } bekommt { $publication } zurzeit nicht.
zone-africa = Afrika
zone-america = Amerika
zone-antarctica = Antarktis
zone-asia = Asien
zone-atlantic = Atlantik
zone-australia = Australien
zone-europe = Europa
zone-indian = Indischer Ozean
zone-pacific = Pazifik

## Eine Pause

pause-title = Eine Pause machen
pause-lead = Inzwischen wird nichts geschickt. Danach geht es von selbst weiter, mit derselben Auswahl.
pause-week = Für eine Woche
pause-month = Für einen Monat
pause-day = Mails kommen wieder ab
pause-button = Bis zu diesem Tag pausieren
pause-until = Sie machen eine Pause. Mails kommen wieder ab { $day }.
pause-end = Pause beenden
form-error-day = Bitte wählen Sie einen Tag ab morgen, innerhalb eines Jahres.
others-title = Andere Newsletter von hier
others-change = { $publication } ändern
others-join = Auch { $publication } bekommen

## Ein Link per Mail

link-title = Ihr Link per Mail
link-lead = Tippen Sie die Adresse ein, die unsere Mails bekommt. Wir schicken einen Link dorthin, mit dem Sie ändern, was Sie bekommen, eine Pause machen oder abbestellen.
link-button = Link zuschicken
link-sent = Wenn diese Adresse Mails von uns bekommt, ist eine Mail mit einem Link dorthin unterwegs:
link-sent-hour = Der Link gilt eine Stunde lang.
link-sent-nothing = Nach einigen Minuten noch nichts da? Sehen Sie im Spam nach und ob es die Adresse ist, die unsere Mails bekommt.
link-which-title = Welcher Newsletter?
link-which = Wählen Sie einen aus; die Seite hinter Ihrem Link zeigt alles, was Sie bekommen.
page-my-link = Ändern, was Sie bekommen
link-mail-about = Der angeforderte Link
link-mail-choices-title = Ihre Auswahl
link-mail-choices = Jemand, vermutlich Sie selbst, hat den Link zu Ihrer Auswahl angefordert. Mit ihm ändern Sie, was Sie bekommen, machen eine Pause oder bestellen ab.
link-mail-choices-button = Meine Auswahl öffnen
link-mail-address-title = Ihre Adresse ändern
link-mail-address = Jemand, vermutlich Sie selbst, möchte unsere Mails an eine andere Adresse bekommen. Der Link öffnet eine Seite, auf der Sie sie eintippen.
link-mail-address-button = Neue Adresse eintippen
link-mail-new-title = Bestätigen Sie Ihre neue Adresse
link-mail-new = Jemand, vermutlich Sie selbst, möchte die Mails, die jetzt an { $address } gehen, an diese Adresse bekommen. Der Link öffnet eine Seite, auf der Sie das bestätigen.
link-mail-new-button = Diese Adresse verwenden
link-mail-old-title = Ihre Mails gehen jetzt anderswohin
link-mail-old = Ab jetzt gehen unsere Mails an { $address } und nicht mehr an diese Adresse. War das Ihr Wunsch, brauchen Sie nichts zu tun. Wenn nicht, öffnet der Link eine Seite, auf der Sie es rückgängig machen.
link-mail-old-button = Das war ich nicht
link-mail-data-title = Ihre Daten
link-mail-data = Jemand, vermutlich Sie selbst, möchte alles haben, was wir über diese Adresse speichern. Der Link öffnet eine Seite, auf der Sie es als Datei herunterladen.
link-mail-data-button = Meine Daten ansehen
link-mail-erase-title = Ihre Daten löschen
link-mail-erase = Jemand, vermutlich Sie selbst, möchte alles löschen lassen, was wir über diese Adresse speichern. Der Link öffnet eine Seite, auf der Sie das bestätigen; vorher wird nichts gelöscht.
link-mail-erase-button = Weiter zum Löschen
link-mail-lifetime = Der Link gilt eine Stunde lang und ist nur für Sie.
link-mail-not-you = Waren Sie das nicht, brauchen Sie nichts zu tun: Alles bleibt, wie es ist.

## Ihre Daten

own-title = Ihre Adresse und Ihre Daten
own-lead = Dafür schicken wir Ihnen zuerst einen Link, denn diese Seite kann öffnen, wer eine Ihrer Mails hat.
own-address = Meine Adresse ändern
own-data = Meine Daten herunterladen
own-erase = Mich löschen
data-title = Ihre Daten
data-lead = Die Datei enthält alles, was wir über { $email } speichern: Ihre Auswahl, was Sie wann erlaubt haben, die Ausgaben, die an Sie gingen, und andere Mails. Sie ist eine Textdatei im Format JSON.
data-button = Datei herunterladen
erase-title = Alles löschen
erase-lead = Alles, was wir über { $email } speichern, wird sofort und endgültig gelöscht: Abonnements, Auswahl, Nachweise und Verlauf. Es kommt keine Mail mehr.
erase-hash = Was bleibt, ist ein Code aus der Adresse, aus dem niemand sie lesen kann. An ihm erkennen wir, dass die Adresse nicht wieder aufgenommen werden darf, etwa aus einer Liste. Sie selbst können sich jederzeit neu anmelden.
erase-button = Alles über mich löschen
erased-title = Alles ist gelöscht
erased-lead = Wir wissen nichts mehr über Sie. Sicherungskopien werden in der Zeit ersetzt, die der Absender unter Datenschutz nennt. Sie können diese Seite schließen.

## Umzug an eine andere Adresse

address-title = Eine andere Adresse
address-lead = Unsere Mails gehen an { $address }. Wohin sollen sie stattdessen gehen?
address-new = Neue E-Mail-Adresse
address-send = Eine Mail dorthin schicken
address-until = Bis es dort bestätigt ist, geht alles an die alte Adresse.
address-confirm = Alles, was an { $old } geht, kommt dann an { $new }, mit derselben Auswahl. Falls { $new } schon Mails von uns bekommt, wird aus beiden eines.
address-confirm-told = Die alte Adresse erfährt davon und kann es zwei Wochen lang rückgängig machen.
address-confirm-button = Neue Adresse verwenden
address-changed-title = Ihre Adresse ist geändert
address-changed = Ab jetzt gehen unsere Mails an { $address }.
address-told-title = Ihre Mails gehen anderswohin
address-told = Was an { $old } ging, geht jetzt an { $new }. Waren Sie das nicht? Dann machen Sie es rückgängig.
address-undo = Rückgängig machen
address-undone-title = Alles ist wie zuvor
address-undone = Unsere Mails gehen wieder an { $address }. Links, die inzwischen angefordert wurden, gelten nicht mehr.
address-kept = Das lässt sich hier nicht mehr rückgängig machen. Wenn Sie es nicht wollten, schreiben Sie an { $address }.

## The archive

archive-title = Frühere Ausgaben
archive-next = Die nächste per E-Mail erhalten
archive-newer = Neuere Ausgaben
archive-older = Ältere Ausgaben
archive-number = { $digest }, Nr. { $number }
archive-empty = Die erste Ausgabe steht noch aus. Melden Sie sich an, dann kommt sie zu Ihnen.

## When a page cannot be shown

error-not-found-title = Hier ist nichts
error-not-found = Unter dieser Adresse gibt es keine Seite.
error-bad-link-title = Dieser Link funktioniert nicht
error-bad-link = Er ist beschädigt oder unvollständig. Bitte öffnen Sie ihn aus der Mail selbst, oder kopieren Sie ihn ganz.
error-old-link-title = Dieser Link gilt nicht mehr
error-old-link = Solche Links gelten kurze Zeit und manche nur einmal, damit eine alte Mail nichts öffnet. Lassen Sie sich einen neuen schicken.
error-new-link = Neuen Link zuschicken lassen
error-too-many-links = Aus Ihrem Netz wurden viele Links angefordert. Bitte versuchen Sie es später noch einmal.
error-too-many-title = Zu viele Anfragen
error-too-many = Aus Ihrem Netz kamen viele Anmeldungen. Bitte versuchen Sie es später noch einmal.
error-spent = Im Augenblick gibt es zu viele Anmeldungen. Bitte versuchen Sie es später noch einmal.
error-too-large-title = Zu viel auf einmal
error-too-large = Das Formular war größer, als es sein kann. Es wurde nichts geändert.
error-bad-form-title = Das Formular ließ sich nicht lesen
error-bad-form = Bitte senden Sie das Formular noch einmal.
error-busy-title = Bitte versuchen Sie es gleich noch einmal
error-busy = Das ließ sich gerade nicht speichern. Es wurde nichts geändert.
error-ours-title = Etwas ist schiefgegangen
error-ours = Es liegt an uns, nicht an Ihnen, und ist vermerkt. Bitte versuchen Sie es später noch einmal.

## The digest mail

digest-number = Nr. { $number }
digest-view = Im Browser ansehen
digest-minutes = { $minutes } Min. Lesezeit
digest-more-news = Weitere Nachrichten
digest-notice = Hinweis
digest-also = Außerdem
digest-read-on = Weiterlesen: alle { $count } Artikel
digest-links = Links
digest-why-title = Warum Sie das bekommen
digest-why = Sie bekommen diese E-Mail, weil diese Adresse angemeldet wurde:
digest-frequency = { $digest }, { $when }.
digest-topics = Ihre Themen: { $topics }.
digest-change = Themen oder Häufigkeit ändern
digest-leave = Newsletter abbestellen
digest-new-here = Neu hier?
digest-sign-up = { $publication } bestellen
