# Quello che si legge, in italiano: Lei, breve e cortese.

## In several places

labelled = { $label }: { $value }
all-topics = Tutti gli argomenti

## The mail that asks to confirm

confirm-mail-subject = Confermi la Sua iscrizione: { $publication }
confirm-mail-subject-changes = Confermi le Sue modifiche: { $publication }
confirm-mail-subject-reminder = Non ancora confermata: { $publication }
confirm-mail-preheader = Senza la Sua conferma non Le invieremo nulla.
confirm-mail-about = La Sua iscrizione
confirm-mail-about-changes = Modifica della Sua iscrizione
confirm-mail-about-reminder = Promemoria della Sua iscrizione
confirm-mail-title = Manca solo un clic
confirm-mail-asked = Qualcuno, probabilmente Lei, ha chiesto di ricevere { $publication } a questo indirizzo.
confirm-mail-asked-changes = Qualcuno, probabilmente Lei, ha chiesto di cambiare ciò che { $publication } invia a questo indirizzo.
confirm-mail-reminds = La richiesta non è ancora stata confermata. Questo è l’unico promemoria; senza conferma la richiesta sarà dimenticata.
confirm-mail-button-opens = Il pulsante apre una pagina in cui può confermarlo.
confirm-mail-asked-on = Richiesta
confirm-mail-asked-at = Su
confirm-mail-asked-from = Da
confirm-mail-network = un indirizzo internet che inizia con { $start }
confirm-mail-frequency = Riceverà
confirm-mail-topics = Argomenti
confirm-mail-button = Confermare
confirm-mail-button-changes = Confermare le modifiche
confirm-mail-not-you = Se non è stato Lei, non deve fare nulla: non seguirà altro.
confirm-mail-not-you-changes = Se non è stato Lei, non deve fare nulla: tutto resta com’è.
confirm-mail-lifetime = Il link è valido per { $days ->
    [one] { $days } giorno
   *[other] { $days } giorni
  }.
confirm-mail-until = Il link è valido fino a { $until }.
confirm-mail-never-lead = Per non ricevere più alcun messaggio da qui, chiunque inserisca questo indirizzo:
confirm-mail-never = Non scrivetemi mai più
confirm-mail-no-button = Se il pulsante non funziona, apra questo indirizzo:
confirm-mail-open = Per confermare, apra questa pagina e prema il pulsante:

## The mail that welcomes

welcome-mail-subject = Le diamo il benvenuto: { $publication }
welcome-mail-lead = D’ora in poi riceverà { $publication }.
welcome-mail-issue = Ecco l’ultimo numero.
welcome-mail-issue-next = Ecco l’ultimo numero; il prossimo arriverà: { $next }.

## Pages: in several places

language-name = Italiano
page-languages = Lingua
page-past-issues = Numeri precedenti
page-privacy = Privacy
page-change-choices = Cambiare argomenti o frequenza
page-sign-up-again = Iscriversi di nuovo
page-leave = Annullare l’iscrizione

## Topics and frequency

choices-topics = Argomenti
choices-topics-hint = (nessuno selezionato: tutti)
choices-frequency = Con quale frequenza
choices-frequency-hint = (più scelte possibili)
choices-frequency-hint-first = (più scelte possibili; nessuna selezionata: { $digest })

## The sign-up page

sign-up-title = { $publication } via e-mail
sign-up-title-check = Da controllare: { $publication } via e-mail
sign-up-promise = Gli ultimi titoli via e-mail.
sign-up-promise-when = Gli ultimi titoli via e-mail, { $when }.
sign-up-latest = Ultimi titoli
sign-up-sample = Un numero di prova:
sign-up-heading = Da ricevere via e-mail
sign-up-email = Indirizzo e-mail
sign-up-name = Nome
sign-up-optional = (facoltativo)
sign-up-trap = Lasci vuoto questo campo
sign-up-button = Iscriversi
sign-up-consent = Con l’iscrizione chiede a { $sender } di inviarLe { $publication } via e-mail. Non inviamo nulla prima che Lei abbia confermato con il link nel messaggio che Le mandiamo ora. Ogni messaggio contiene un link per annullare subito l’iscrizione. Il Suo indirizzo non viene usato per altro.
sign-up-steps = Prima inviamo un solo messaggio, in cui Lei conferma; senza conferma non segue nulla. Ogni numero contiene un link per annullare l’iscrizione con un clic. Il mittente è { $sender }, { $address }.
sign-up-privacy = Come trattiamo i Suoi dati
sign-up-zone = Il Suo browser ci comunica il suo fuso orario, così ogni numero arriva alla Sua ora locale.

## What is wrong with a form

form-error-address-empty = Inserisca il Suo indirizzo e-mail.
form-error-address-no-at = Un indirizzo e-mail contiene una @, come in name@example.org.
form-error-address-too-long = L’indirizzo è più lungo di quanto accettino i server di posta (254 caratteri).
form-error-address-local = La parte prima della @ manca o supera i 64 caratteri.
form-error-address-dots = La parte prima della @ inizia o finisce con un punto, o ha due punti di seguito.
form-error-address-character = L’indirizzo contiene un carattere che non può starci: { $character }
form-error-address-domain = La parte dopo la @ non è un nome di dominio come example.org.
form-error-address-refused = Questo indirizzo non è accettato. Ne usi un altro.
form-error-address-disposable = Gli indirizzi usa e getta non sono accettati. Ne usi uno che leggerà ancora la settimana prossima.
form-error-address-no-mail = Il dominio { $domain } non riceve posta. È scritto correttamente?
form-error-meant = Intendeva { $address }?
form-error-address-same = È l’indirizzo che ha già.
form-error-name = Il nome supera i 100 caratteri o contiene un carattere che non può starci.
form-error-too-many-topics = Gli argomenti sono meno di quelli indicati.
form-error-language = Non conosciamo questa lingua.
form-error-topic = Uno degli argomenti non è disponibile; scelga dall’elenco.
form-error-frequency = Questa frequenza non è disponibile; scelga dall’elenco.
form-error-no-frequency = Selezioni almeno una scelta. Per non ricevere più nulla, annulli l’iscrizione con il link qui sotto.
form-error-title = Il modulo va corretto
form-error-proof = Questo modulo richiede una prova: risolva il calcolo all’indirizzo in `challenge` e invii la soluzione come `altcha`.

## The guard of the form

guard-asked = Perché nessun programma iscriva indirizzi altrui, il Suo browser fa prima un piccolo calcolo. Ci vogliono uno o due secondi e non deve fare nulla.
guard-again = La prova fornita dal Suo browser per questo modulo è troppo vecchia o già usata. Prema ancora una volta il pulsante: rifarà il piccolo calcolo da solo.
guard-busy = Verifica in corso…
guard-wait = Senza JavaScript: attenda { $seconds } secondi prima di premere il pulsante.

## After the form

check-inbox-title = Controlli la posta in arrivo
check-inbox-sent = Un messaggio è in viaggio verso questo indirizzo e aspetta un clic da parte Sua:
check-inbox-open = Apra il messaggio di { $sender }, { $address }.
check-inbox-press = Prema «{ $button }» nel messaggio e ancora una volta nella pagina che si apre.
check-inbox-done = Fatto. Il prossimo numero arriva da sé.
check-inbox-nothing = Ancora nulla dopo qualche minuto? Guardi nello spam. A un indirizzo si invia al massimo un messaggio al giorno.
check-inbox-wrong = Indirizzo sbagliato? Ricominciare
check-inbox-meanwhile = Leggere intanto i numeri precedenti
check-inbox-json = Se l’indirizzo può essere iscritto, un messaggio con un link di conferma è in viaggio.

## The form on other sites

embed-about = Resti aggiornato: { $topics }
embed-wait = Un momento…
embed-offline = Al momento non c’è connessione. Riprovi, per favore.
embed-meant = Intendeva { $address }? Iscriversi con questo indirizzo

## The page behind the link to confirm

confirm-title = Manca solo un clic
confirm-lead = Prema il pulsante e { $publication } Le scriverà.
confirm-already-title = L’iscrizione è già confermata
confirm-already = La conferma c’è già stata. Non resta nulla da fare; il prossimo numero arriva da sé.
confirm-past-issues = Leggere i numeri precedenti
confirm-expired-title = Questo link è scaduto
confirm-expired = Un link di conferma vale solo alcuni giorni, perché un vecchio messaggio non possa iscrivere nessuno. Se lo desidera ancora, un nuovo link arriverà allo stesso indirizzo.
confirm-ended-title = Questo link è già stato usato
confirm-ended = È servito a confermare l’iscrizione a { $publication }, che nel frattempo è terminata. La vuole riprendere? Le invieremo un nuovo link.
confirm-again = Inviare un nuovo link

## After confirming

confirmed-title = Iscrizione confermata
confirmed-next = Il prossimo numero di { $publication } arriva:
confirmed-soon = { $publication } Le scrive appena ci sono novità.
confirmed-contacts = Per ritrovarlo tra gli altri messaggi, aggiunga { $address } ai contatti.
confirmed-latest = L’ultimo numero

## Leaving

leave-title = Annullare l’iscrizione a { $publication }
leave-lead = { $email } non riceverà più messaggi da { $publication }, da subito.
leave-rather = Se preferisce ricevere di meno
leave-rarer = Potrebbe ricevere invece { $digest }, { $when }.
leave-rarer-button = Meno spesso
leave-pause = Fare una pausa
goodbye-title = L’iscrizione a { $publication } è annullata
goodbye-lead = È tutto; non riceverà altri messaggi. Può chiudere questa pagina.
goodbye-slip = È stato uno sbaglio? Lo annulli e gli argomenti tornano come prima.
goodbye-undo = Ripristinare l’iscrizione
goodbye-thanks = Grazie, ne abbiamo preso nota.
why-title = Vuole dirci perché?
why-too-often = Arriva troppo spesso
why-not-for-me = Non è quello che cerco
why-not-now = In questo momento non ho tempo
why-never-asked = Non l’ho mai richiesta
why-other = Un altro motivo
why-button = Inviare
returned-title = Iscrizione ripristinata
returned-lead = Riceverà di nuovo { $publication }, con gli stessi argomenti e la stessa frequenza di prima.

## Never mail me

never-title = Non scrivetemi mai più
never-lead = Da subito { $email } non riceverà più alcun messaggio da questo servizio: né newsletter né richieste di conferma, chiunque inserisca l’indirizzo in un modulo.
never-stopped-title = Nessun altro messaggio per Lei
never-stopped = A { $email } non viene più inviato nulla, chiunque inserisca l’indirizzo in un modulo.
never-slip = È stato uno sbaglio, o desidera ricevere di nuovo messaggi?
never-undo = Consentire di nuovo i messaggi
never-stopped-by-others = Qui non si può cambiare. Se desidera ricevere di nuovo messaggi, scriva a { $address }.
never-undone-title = I messaggi sono di nuovo consentiti
never-undone = { $email } può ricevere di nuovo messaggi. Le Sue iscrizioni continuano.

## The page with a reader's choices

preferences-title = Le Sue scelte
preferences-title-saved = Salvato: le Sue scelte
preferences-for = Per { $email }
preferences-saved = Salvato. Vale dal prossimo numero.
preferences-language = Lingua dei messaggi e delle pagine
preferences-zone = I numeri arrivano secondo l’ora di
preferences-zone-usual = { $zone }, come per il mittente
preferences-save = Salvare
preferences-none = { $email } al momento non riceve { $publication }.
zone-africa = Africa
zone-america = America
zone-antarctica = Antartide
zone-asia = Asia
zone-atlantic = Oceano Atlantico
zone-australia = Australia
zone-europe = Europa
zone-indian = Oceano Indiano
zone-pacific = Oceano Pacifico

## Una pausa

pause-title = Fare una pausa
pause-lead = Nel frattempo non si invia nulla. Poi tutto riprende da sé, con le stesse scelte.
pause-week = Per una settimana
pause-month = Per un mese
pause-day = I messaggi riprendono il
pause-button = Pausa fino a questo giorno
pause-until = È in pausa. I messaggi riprendono da questa data: { $day }.
pause-end = Terminare la pausa
form-error-day = Scelga un giorno da domani in poi, entro un anno.
others-title = Altre newsletter da qui
others-change = Modificare { $publication }
others-join = Ricevere anche { $publication }

## Un link per posta

link-title = Il Suo link per posta
link-lead = Inserisca l’indirizzo che riceve i nostri messaggi. Vi inviamo un link con cui può cambiare ciò che riceve, fare una pausa o annullare l’iscrizione.
link-button = Inviarmi il link
link-sent = Se questo indirizzo riceve i nostri messaggi, un messaggio con un link è in viaggio:
link-sent-hour = Il link è valido per un’ora.
link-sent-nothing = Ancora nulla dopo qualche minuto? Guardi nello spam e verifichi che l’indirizzo sia quello che riceve i nostri messaggi.
link-which-title = Quale newsletter?
link-which = Ne scelga una; la pagina del Suo link mostra tutto ciò che riceve.
page-my-link = Cambiare ciò che riceve
link-mail-about = Il link richiesto
link-mail-choices-title = Le Sue scelte
link-mail-choices = Qualcuno, probabilmente Lei, ha chiesto il link alle Sue scelte. Con esso può cambiare ciò che riceve, fare una pausa o annullare l’iscrizione.
link-mail-choices-button = Aprire le mie scelte
link-mail-address-title = Cambiare indirizzo
link-mail-address = Qualcuno, probabilmente Lei, ha chiesto di ricevere i nostri messaggi a un altro indirizzo. Il link apre una pagina in cui può inserirlo.
link-mail-address-button = Inserire il nuovo indirizzo
link-mail-new-title = Confermi il Suo nuovo indirizzo
link-mail-new = Qualcuno, probabilmente Lei, desidera ricevere a questo indirizzo i messaggi che ora vanno a { $address }. Il link apre una pagina in cui può confermarlo.
link-mail-new-button = Usare questo indirizzo
link-mail-old-title = I Suoi messaggi ora vanno altrove
link-mail-old = Da ora i nostri messaggi vanno a { $address } e non più a questo indirizzo. Se lo desiderava, non deve fare nulla. Altrimenti il link apre una pagina in cui può annullarlo.
link-mail-old-button = Non sono stato io
link-mail-data-title = I Suoi dati
link-mail-data = Qualcuno, probabilmente Lei, ha chiesto tutto ciò che conserviamo su questo indirizzo. Il link apre una pagina in cui può scaricarlo come file.
link-mail-data-button = Vedere i miei dati
link-mail-erase-title = Cancellare i Suoi dati
link-mail-erase = Qualcuno, probabilmente Lei, ha chiesto di cancellare tutto ciò che conserviamo su questo indirizzo. Il link apre una pagina in cui può confermarlo; prima non si cancella nulla.
link-mail-erase-button = Procedere alla cancellazione
link-mail-lifetime = Il link è valido per un’ora ed è solo per Lei.
link-mail-not-you = Se non è stato Lei, non deve fare nulla: tutto resta com’è.

## I Suoi dati

own-title = Il Suo indirizzo e i Suoi dati
own-lead = Per questo Le inviamo prima un link, perché chi ha uno dei Suoi messaggi può aprire questa pagina.
own-address = Cambiare il mio indirizzo
own-data = Scaricare i miei dati
own-erase = Cancellarmi
data-title = I Suoi dati
data-lead = Il file contiene tutto ciò che conserviamo su { $email }: le Sue scelte, che cosa ha accettato e quando, i numeri che Le sono stati inviati e gli altri messaggi. È un file di testo in formato JSON.
data-button = Scaricare il file
erase-title = Cancellare tutto
erase-lead = Tutto ciò che conserviamo su { $email } viene cancellato subito e definitivamente: iscrizioni, scelte, prove e cronologia. Non si inviano altri messaggi.
erase-hash = Resta un codice ricavato dall’indirizzo, dal quale nessuno può leggerlo. Da esso vediamo che l’indirizzo non va ripreso, per esempio da un elenco. Lei può iscriversi di nuovo in qualsiasi momento.
erase-button = Cancellare tutto su di me
erased-title = Tutto è cancellato
erased-lead = Non sappiamo più nulla di Lei. Le copie di sicurezza vengono sostituite nel tempo che il mittente indica sotto Privacy. Può chiudere questa pagina.

## Cambio di indirizzo

address-title = Un altro indirizzo
address-lead = I nostri messaggi vanno a { $address }. Dove devono andare invece?
address-new = Nuovo indirizzo e-mail
address-send = Inviare un messaggio lì
address-until = Finché non è confermato lì, tutto va al vecchio indirizzo.
address-confirm = Tutto ciò che va a { $old } arriverà a { $new }, con le stesse scelte. Se { $new } riceve già i nostri messaggi, i due diventano uno.
address-confirm-told = Il vecchio indirizzo ne viene informato e può annullarlo per due settimane.
address-confirm-button = Usare il nuovo indirizzo
address-changed-title = Il Suo indirizzo è cambiato
address-changed = Da ora i nostri messaggi vanno a { $address }.
address-told-title = I Suoi messaggi vanno altrove
address-told = Ciò che andava a { $old } ora va a { $new }. Non è stato Lei? Allora lo annulli.
address-undo = Annullare il cambio
address-undone-title = Tutto è come prima
address-undone = I nostri messaggi vanno di nuovo a { $address }. I link richiesti nel frattempo non sono più validi.
address-kept = Qui non si può più annullare. Se non lo desiderava, scriva a { $address }.

## The archive

archive-title = Numeri precedenti
archive-next = Ricevere il prossimo via e-mail
archive-newer = Numeri più recenti
archive-older = Numeri precedenti
archive-number = { $digest }, n. { $number }
archive-empty = Il primo numero deve ancora uscire. Si iscriva e lo riceverà.

## When a page cannot be shown

error-not-found-title = Qui non c’è nulla
error-not-found = A questo indirizzo non c’è nessuna pagina.
error-bad-link-title = Questo link non funziona
error-bad-link = È danneggiato o incompleto. Lo apra dal messaggio stesso o lo copi per intero.
error-old-link-title = Questo link non è più valido
error-old-link = I link di questo tipo valgono per breve tempo, e alcuni una volta sola, perché un vecchio messaggio non apra nulla. Se ne faccia inviare uno nuovo.
error-new-link = Farsi inviare un nuovo link
error-too-many-links = Dalla Sua rete sono stati richiesti molti link. Riprovi più tardi.
error-too-many-title = Troppe richieste
error-too-many = Dalla Sua rete sono arrivate molte iscrizioni. Riprovi più tardi.
error-spent = In questo momento ci sono troppe iscrizioni. Riprovi più tardi.
error-too-large-title = Troppo in una volta
error-too-large = Il modulo era più grande del possibile. Non è stato cambiato nulla.
error-bad-form-title = Non è stato possibile leggere il modulo
error-bad-form = Invii di nuovo il modulo.
error-busy-title = Riprovi tra un momento
error-busy = In questo momento non è stato possibile salvare. Non è stato cambiato nulla.
error-ours-title = Qualcosa è andato storto
error-ours = È colpa nostra, non Sua, e ne abbiamo preso nota. Riprovi più tardi.

## The digest mail

digest-number = n. { $number }
digest-view = Apri nel browser
digest-minutes = { $minutes } min di lettura
digest-more-news = Altre notizie
digest-notice = Avviso
digest-also = Inoltre
digest-read-on = Continuare a leggere: tutti i { $count } articoli
digest-links = Link
digest-why-title = Perché riceve questo messaggio
digest-why = Riceve questa e-mail perché questo indirizzo è stato iscritto:
digest-frequency = { $digest }, { $when }.
digest-topics = I Suoi argomenti: { $topics }.
digest-change = Cambiare argomenti o frequenza
digest-leave = Annullare l’iscrizione
digest-new-here = È nuovo qui?
digest-sign-up = Iscriversi a { $publication }
