# Quello che si legge, in italiano: Lei, breve e cortese.

## In several places

labelled = { $label }: { $value }
all-topics = Tutti gli argomenti

## The mail that asks to confirm

confirm-mail-subject = Confermi la Sua iscrizione: { $publication }
confirm-mail-subject-changes = Confermi le Sue modifiche: { $publication }
confirm-mail-preheader = Senza la Sua conferma non Le invieremo nulla.
confirm-mail-about = La Sua iscrizione
confirm-mail-about-changes = Modifica della Sua iscrizione
confirm-mail-title = Manca solo un clic
confirm-mail-asked = Qualcuno, probabilmente Lei, ha chiesto di ricevere { $publication } a questo indirizzo.
confirm-mail-asked-changes = Qualcuno, probabilmente Lei, ha chiesto di cambiare ciò che { $publication } invia a questo indirizzo.
confirm-mail-button-opens = Il pulsante apre una pagina in cui può confermarlo.
confirm-mail-asked-on = Richiesta
confirm-mail-asked-at = Su
confirm-mail-frequency = Riceverà
confirm-mail-topics = Argomenti
confirm-mail-button = Confermare
confirm-mail-button-changes = Confermare le modifiche
confirm-mail-not-you = Se non è stato Lei, non deve fare nulla: non Le scriveremo più.
confirm-mail-not-you-changes = Se non è stato Lei, non deve fare nulla: tutto resta com’è.
confirm-mail-lifetime = Il link è valido per { $days ->
    [one] { $days } giorno
   *[other] { $days } giorni
  }.
confirm-mail-no-button = Se il pulsante non funziona, apra questo indirizzo:
confirm-mail-open = Per confermare, apra questa pagina e prema il pulsante:
