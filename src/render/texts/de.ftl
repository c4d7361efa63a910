# Was Leserinnen und Leser lesen, auf Deutsch: Sie, und so kurz, wie es höflich geht.

## In several places

labelled = { $label }: { $value }
all-topics = Alle Themen

## The mail that asks to confirm

confirm-mail-subject = Bitte bestätigen Sie Ihr Abonnement: { $publication }
confirm-mail-subject-changes = Bitte bestätigen Sie Ihre Änderungen: { $publication }
confirm-mail-preheader = Ohne Ihre Bestätigung senden wir Ihnen nichts.
confirm-mail-about = Ihr Abonnement
confirm-mail-about-changes = Änderung Ihres Abonnements
confirm-mail-title = Nur noch ein Klick
confirm-mail-asked = Jemand, vermutlich Sie selbst, möchte { $publication } an diese Adresse bekommen.
confirm-mail-asked-changes = Jemand, vermutlich Sie selbst, möchte ändern, was { $publication } an diese Adresse schickt.
confirm-mail-button-opens = Die Schaltfläche öffnet eine Seite, auf der Sie das bestätigen.
confirm-mail-asked-on = Angefragt
confirm-mail-asked-at = Auf
confirm-mail-frequency = Sie erhalten
confirm-mail-topics = Themen
confirm-mail-button = Bestätigen
confirm-mail-button-changes = Änderungen bestätigen
confirm-mail-not-you = Waren Sie das nicht, brauchen Sie nichts zu tun: Sie hören dann nicht wieder von uns.
confirm-mail-not-you-changes = Waren Sie das nicht, brauchen Sie nichts zu tun: Alles bleibt, wie es ist.
confirm-mail-lifetime = Der Link gilt { $days ->
    [one] { $days } Tag
   *[other] { $days } Tage
  } lang.
confirm-mail-no-button = Falls die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse:
confirm-mail-open = Zum Bestätigen öffnen Sie diese Seite und drücken Sie dort auf die Schaltfläche:
