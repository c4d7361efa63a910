# Lo que se lee, en español: usted, breve y amable.

## In several places

labelled = { $label }: { $value }
all-topics = Todos los temas

## The mail that asks to confirm

confirm-mail-subject = Confirme su suscripción: { $publication }
confirm-mail-subject-changes = Confirme sus cambios: { $publication }
confirm-mail-subject-reminder = Todavía sin confirmar: { $publication }
confirm-mail-preheader = No le enviaremos nada sin su confirmación.
confirm-mail-about = Su suscripción
confirm-mail-about-changes = Cambio de su suscripción
confirm-mail-about-reminder = Recordatorio de su suscripción
confirm-mail-title = Solo falta un clic
confirm-mail-asked = Alguien, probablemente usted, ha pedido recibir { $publication } en esta dirección.
confirm-mail-asked-changes = Alguien, probablemente usted, ha pedido cambiar lo que { $publication } envía a esta dirección.
confirm-mail-reminds = La solicitud todavía no se ha confirmado. Este es el único recordatorio; sin confirmación, la solicitud se olvidará.
confirm-mail-button-opens = El botón abre una página en la que puede confirmarlo.
confirm-mail-asked-on = Solicitado
confirm-mail-asked-at = En
confirm-mail-asked-from = Desde
confirm-mail-network = una dirección de internet que empieza por { $start }
confirm-mail-frequency = Recibirá
confirm-mail-topics = Temas
confirm-mail-button = Confirmar
confirm-mail-button-changes = Confirmar los cambios
confirm-mail-not-you = Si no ha sido usted, no haga nada: no habrá nada más.
confirm-mail-not-you-changes = Si no ha sido usted, no haga nada: todo queda como está.
confirm-mail-lifetime = El enlace es válido durante { $days ->
    [one] { $days } día
   *[other] { $days } días
  }.
confirm-mail-until = El enlace es válido hasta el { $until }.
confirm-mail-never-lead = Para no recibir más mensajes de aquí, escriba quien escriba esta dirección:
confirm-mail-never = No me escriban nunca más
confirm-mail-no-button = Si el botón no funciona, abra esta dirección:
confirm-mail-open = Para confirmar, abra esta página y pulse su botón:

## The mail that welcomes

welcome-mail-subject = Le damos la bienvenida a { $publication }
welcome-mail-lead = A partir de ahora recibirá { $publication }.
welcome-mail-issue = Aquí tiene el último número.
welcome-mail-issue-next = Aquí tiene el último número; el próximo llegará: { $next }.

## Pages: in several places

language-name = Español
page-languages = Idioma
page-past-issues = Números anteriores
page-privacy = Privacidad
page-change-choices = Cambiar temas o frecuencia
page-sign-up-again = Volver a suscribirse
page-leave = Darse de baja

## Topics and frequency

choices-topics = Temas
choices-topics-hint = (si no marca ninguno: todos)
choices-frequency = Con qué frecuencia
choices-frequency-hint = (puede marcar varias)
choices-frequency-hint-first = (puede marcar varias; si no marca ninguna: { $digest })

## The sign-up page

sign-up-title = { $publication } por correo
sign-up-title-check = Por favor, revise: { $publication } por correo
sign-up-promise = Los últimos titulares por correo.
sign-up-promise-when = Los últimos titulares por correo, { $when }.
sign-up-latest = Últimos titulares
sign-up-sample = Un número de muestra:
sign-up-heading = Recíbalo por correo
sign-up-email = Dirección de correo
sign-up-name = Nombre
sign-up-optional = (opcional)
sign-up-trap = Deje este campo vacío
sign-up-button = Suscribirse
sign-up-consent = Al suscribirse pide a { $sender } que le envíe { $publication } por correo electrónico. No se envía nada antes de que usted confirme con el enlace del mensaje que le mandamos ahora. Cada mensaje lleva un enlace para darse de baja al momento. Su dirección no se utiliza para nada más.
sign-up-steps = Primero enviamos un solo mensaje en el que usted confirma; sin eso no llega nada más. Cada número lleva un enlace para darse de baja con un clic. El remitente es { $sender }, { $address }.
sign-up-privacy = Cómo tratamos sus datos
sign-up-zone = Su navegador nos indica su zona horaria, para que cada número llegue a su hora local.

## What is wrong with a form

form-error-address-empty = Escriba su dirección de correo.
form-error-address-no-at = Una dirección de correo lleva una @, como en name@example.org.
form-error-address-too-long = La dirección es más larga de lo que aceptan los servidores de correo (254 caracteres).
form-error-address-local = La parte anterior a la @ falta o tiene más de 64 caracteres.
form-error-address-dots = La parte anterior a la @ empieza o acaba con un punto, o tiene dos puntos seguidos.
form-error-address-character = La dirección contiene un carácter que no puede llevar: { $character }
form-error-address-domain = La parte posterior a la @ no es un nombre de dominio como example.org.
form-error-address-refused = Esta dirección no se acepta aquí. Utilice otra, por favor.
form-error-address-disposable = No se aceptan direcciones desechables. Utilice una que siga leyendo la semana que viene.
form-error-address-no-mail = El dominio { $domain } no recibe correo. ¿Está bien escrito?
form-error-meant = ¿Quería decir { $address }?
form-error-address-same = Es la dirección que ya tiene.
form-error-name = El nombre tiene más de 100 caracteres o contiene un carácter que no puede llevar.
form-error-too-many-topics = No hay tantos temas.
form-error-language = No conocemos este idioma.
form-error-topic = Uno de los temas no está disponible; elija de la lista.
form-error-frequency = Esta frecuencia no está disponible; elija de la lista.
form-error-no-frequency = Marque al menos una opción. Para no recibir nada más, dese de baja con el enlace de abajo.
form-error-title = Hay que corregir el formulario
form-error-proof = Este formulario necesita una prueba: resuelva el cálculo de la dirección indicada en `challenge` y envíe la solución como `altcha`.

## The guard of the form

guard-asked = Para que ningún programa suscriba direcciones ajenas, su navegador hace antes un pequeño cálculo. Tarda uno o dos segundos y usted no tiene que hacer nada.
guard-again = La prueba de su navegador para este formulario es demasiado antigua o ya se usó. Pulse el botón una vez más; repetirá el pequeño cálculo por sí solo.
guard-busy = Comprobando…
guard-wait = Sin JavaScript: espere { $seconds } segundos antes de pulsar el botón.

## After the form

check-inbox-title = Mire su bandeja de entrada
check-inbox-sent = Un mensaje va de camino a esta dirección y necesita un clic de su parte:
check-inbox-open = Abra el mensaje de { $sender }, { $address }.
check-inbox-press = Pulse «{ $button }» en el mensaje y otra vez en la página que se abre.
check-inbox-done = Ya está. El próximo número llega solo.
check-inbox-nothing = ¿Nada después de unos minutos? Mire en el correo no deseado. A una dirección se envía como mucho un mensaje al día.
check-inbox-wrong = ¿Dirección equivocada? Empezar de nuevo
check-inbox-meanwhile = Leer mientras tanto números anteriores
check-inbox-json = Si la dirección se puede suscribir, un mensaje con un enlace de confirmación va de camino.

## The form on other sites

embed-about = Manténgase al día: { $topics }
embed-wait = Un momento…
embed-offline = En este momento no hay conexión. Inténtelo de nuevo.
embed-meant = ¿Quería decir { $address }? Suscribirse con esa dirección

## The page behind the link to confirm

confirm-title = Solo falta un clic
confirm-lead = Pulse el botón y { $publication } le escribirá.
confirm-already-title = Su suscripción ya está confirmada
confirm-already = Ya se había confirmado. No queda nada por hacer; el próximo número llega solo.
confirm-past-issues = Leer números anteriores
confirm-expired-title = Este enlace ha caducado
confirm-expired = Un enlace de confirmación solo vale unos días, para que un mensaje antiguo no pueda suscribir a nadie. Si todavía lo desea, un enlace nuevo llegará a la misma dirección.
confirm-ended-title = Este enlace ya se ha usado
confirm-ended = Sirvió para confirmar la suscripción a { $publication }, que ha terminado desde entonces. ¿Quiere recuperarla? Le enviaremos un enlace nuevo.
confirm-again = Enviarme un enlace nuevo

## After confirming

confirmed-title = Suscripción confirmada
confirmed-next = El próximo número de { $publication } llega:
confirmed-soon = { $publication } le escribirá en cuanto haya novedades.
confirmed-contacts = Para encontrarlo entre sus otros mensajes, añada { $address } a sus contactos.
confirmed-latest = El último número

## Leaving

leave-title = Darse de baja de { $publication }
leave-lead = { $email } no recibirá más mensajes de { $publication } a partir de ahora.
leave-rather = Si prefiere recibir menos
leave-rarer = Podría recibir en su lugar { $digest }, { $when }.
leave-rarer-button = Con menos frecuencia
leave-pause = Hacer una pausa
goodbye-title = Se ha dado de baja de { $publication }
goodbye-lead = Eso es todo; no recibirá más mensajes. Puede cerrar esta página.
goodbye-slip = ¿Ha sido un descuido? Deshágalo y sus temas quedan como estaban.
goodbye-undo = Deshacer
goodbye-thanks = Gracias, queda anotado.
why-title = ¿Nos dice por qué?
why-too-often = Llega demasiado a menudo
why-not-for-me = No es lo que busco
why-not-now = Ahora no tengo tiempo
why-never-asked = Nunca lo pedí
why-other = Otro motivo
why-button = Enviar
returned-title = De vuelta
returned-lead = Vuelve a recibir { $publication }, con los mismos temas y la misma frecuencia que antes.

## Never mail me

never-title = No me escriban nunca más
never-lead = A partir de ahora, { $email } no recibirá más mensajes de este servicio: ni boletines ni peticiones de confirmación, escriba quien escriba la dirección en un formulario.
never-stopped-title = Ningún mensaje más para usted
never-stopped = Ya no se envía nada a { $email }, escriba quien escriba la dirección en un formulario.
never-slip = ¿Ha sido un descuido o desea volver a recibir mensajes?
never-undo = Volver a permitir mensajes
never-stopped-by-others = Aquí no se puede cambiar. Si desea volver a recibir mensajes, escriba a { $address }.
never-undone-title = Los mensajes vuelven a estar permitidos
never-undone = { $email } puede volver a recibir mensajes. Sus suscripciones continúan.

## The page with a reader's choices

preferences-title = Sus preferencias
preferences-title-saved = Guardado: sus preferencias
preferences-for = Para { $email }
preferences-saved = Guardado. Vale desde el próximo número.
preferences-language = Idioma de los mensajes y las páginas
preferences-zone = Los números llegan según la hora de
preferences-zone-usual = { $zone }, como el remitente
preferences-save = Guardar
preferences-none = { $email } no recibe { $publication } en este momento.
zone-africa = África
zone-america = América
zone-antarctica = Antártida
zone-asia = Asia
zone-atlantic = Océano Atlántico
zone-australia = Australia
zone-europe = Europa
zone-indian = Océano Índico
zone-pacific = Océano Pacífico

## Una pausa

pause-title = Hacer una pausa
pause-lead = Mientras tanto no se envía nada. Después continúa solo, con las mismas preferencias.
pause-week = Una semana
pause-month = Un mes
pause-day = Los mensajes vuelven el
pause-button = Pausa hasta ese día
pause-until = Está en pausa. Los mensajes vuelven a partir de esta fecha: { $day }.
pause-end = Terminar la pausa
form-error-day = Elija un día a partir de mañana, dentro de un año.
others-title = Otros boletines de aquí
others-change = Cambiar { $publication }
others-join = Recibir también { $publication }

## Un enlace por correo

link-title = Su enlace por correo
link-lead = Escriba la dirección que recibe nuestros mensajes. Enviamos a ella un enlace con el que puede cambiar lo que recibe, hacer una pausa o darse de baja.
link-button = Enviarme mi enlace
link-sent = Si esta dirección recibe nuestros mensajes, un mensaje con un enlace va de camino:
link-sent-hour = El enlace es válido durante una hora.
link-sent-nothing = ¿Nada después de unos minutos? Mire en el correo no deseado y compruebe que la dirección es la que recibe nuestros mensajes.
link-which-title = ¿Qué boletín?
link-which = Elija uno; la página de su enlace muestra todo lo que recibe.
page-my-link = Cambiar lo que recibe
link-mail-about = El enlace solicitado
link-mail-choices-title = Sus preferencias
link-mail-choices = Alguien, probablemente usted, ha pedido el enlace a sus preferencias. Con él puede cambiar lo que recibe, hacer una pausa o darse de baja.
link-mail-choices-button = Abrir mis preferencias
link-mail-address-title = Cambiar de dirección
link-mail-address = Alguien, probablemente usted, ha pedido recibir nuestros mensajes en otra dirección. El enlace abre una página en la que puede escribirla.
link-mail-address-button = Escribir la nueva dirección
link-mail-new-title = Confirme su nueva dirección
link-mail-new = Alguien, probablemente usted, desea recibir en esta dirección los mensajes que ahora van a { $address }. El enlace abre una página en la que puede confirmarlo.
link-mail-new-button = Usar esta dirección
link-mail-old-title = Sus mensajes van ahora a otro lugar
link-mail-old = A partir de ahora nuestros mensajes van a { $address } y ya no a esta dirección. Si era su deseo, no tiene que hacer nada. Si no, el enlace abre una página en la que puede deshacerlo.
link-mail-old-button = No he sido yo
link-mail-data-title = Sus datos
link-mail-data = Alguien, probablemente usted, ha pedido todo lo que guardamos sobre esta dirección. El enlace abre una página en la que puede descargarlo como archivo.
link-mail-data-button = Ver mis datos
link-mail-erase-title = Borrar sus datos
link-mail-erase = Alguien, probablemente usted, ha pedido borrar todo lo que guardamos sobre esta dirección. El enlace abre una página en la que puede confirmarlo; antes no se borra nada.
link-mail-erase-button = Continuar para borrar
link-mail-lifetime = El enlace es válido durante una hora y es solo para usted.
link-mail-not-you = Si no ha sido usted, no haga nada: todo queda como está.

## Sus datos

own-title = Su dirección y sus datos
own-lead = Para esto le enviamos antes un enlace, ya que quien tenga uno de sus mensajes puede abrir esta página.
own-address = Cambiar mi dirección
own-data = Descargar mis datos
own-erase = Borrarme
data-title = Sus datos
data-lead = El archivo contiene todo lo que guardamos sobre { $email }: sus preferencias, lo que aceptó y cuándo, los números que se le enviaron y otros mensajes. Es un archivo de texto en formato JSON.
data-button = Descargar el archivo
erase-title = Borrarlo todo
erase-lead = Todo lo que guardamos sobre { $email } se borra de inmediato y para siempre: suscripciones, preferencias, pruebas e historial. No se envían más mensajes.
erase-hash = Queda un código obtenido de la dirección, en el que nadie puede leerla. Por él vemos que la dirección no debe volver, por ejemplo desde una lista. Usted puede volver a suscribirse cuando quiera.
erase-button = Borrar todo sobre mí
erased-title = Todo está borrado
erased-lead = Ya no sabemos nada de usted. Las copias de seguridad se sustituyen en el plazo que el remitente indica en Privacidad. Puede cerrar esta página.

## Cambio de dirección

address-title = Otra dirección
address-lead = Nuestros mensajes van a { $address }. ¿Adónde deben ir en su lugar?
address-new = Nueva dirección de correo
address-send = Enviar un mensaje allí
address-until = Hasta que se confirme allí, todo va a la dirección antigua.
address-confirm = Todo lo que va a { $old } llegará a { $new }, con las mismas preferencias. Si { $new } ya recibe nuestros mensajes, los dos se unen.
address-confirm-told = Se avisa a la dirección antigua, que puede deshacerlo durante dos semanas.
address-confirm-button = Usar la nueva dirección
address-changed-title = Su dirección ha cambiado
address-changed = A partir de ahora nuestros mensajes van a { $address }.
address-told-title = Sus mensajes van a otro lugar
address-told = Lo que iba a { $old } va ahora a { $new }. ¿No ha sido usted? Entonces deshágalo.
address-undo = Deshacer el cambio
address-undone-title = Todo está como antes
address-undone = Nuestros mensajes vuelven a ir a { $address }. Los enlaces pedidos entretanto ya no son válidos.
address-kept = Aquí ya no se puede deshacer. Si no lo deseaba, escriba a { $address }.

## The archive

archive-title = Números anteriores
archive-next = Recibir el próximo por correo
archive-newer = Números más recientes
archive-older = Números anteriores
archive-number = { $digest }, n.º { $number }
archive-empty = El primer número está por llegar. Suscríbase y lo recibirá.

## When a page cannot be shown

error-not-found-title = Aquí no hay nada
error-not-found = No hay ninguna página en esta dirección.
error-bad-link-title = Este enlace no funciona
error-bad-link = Está dañado o incompleto. Ábralo desde el propio mensaje o cópielo entero.
error-old-link-title = Este enlace ya no es válido
error-old-link = Los enlaces de este tipo valen poco tiempo, y algunos una sola vez, para que un mensaje antiguo no abra nada. Pida que le envíen uno nuevo.
error-new-link = Pedir un nuevo enlace
error-too-many-links = Desde su red se han pedido muchos enlaces. Inténtelo más tarde.
error-too-many-title = Demasiadas solicitudes
error-too-many = Desde su red han llegado muchas suscripciones. Inténtelo más tarde.
error-spent = Hay demasiadas suscripciones en este momento. Inténtelo más tarde.
error-too-large-title = Demasiado de una vez
error-too-large = El formulario era mayor de lo posible. No se ha cambiado nada.
error-bad-form-title = No se ha podido leer el formulario
error-bad-form = Envíe el formulario otra vez.
error-busy-title = Inténtelo dentro de un momento
error-busy = Ahora mismo no hemos podido guardarlo. No se ha cambiado nada.
error-ours-title = Algo ha ido mal
error-ours = Es culpa nuestra, no suya, y ha quedado anotado. Inténtelo más tarde.

## The digest mail

digest-number = n.º { $number }
digest-view = Ver en el navegador
digest-minutes = { $minutes } min de lectura
digest-more-news = Más noticias
digest-notice = Aviso
digest-also = También en las noticias
digest-read-on = Seguir leyendo: los { $count } artículos
digest-links = Enlaces
digest-why-title = Por qué recibe esto
digest-why = Recibe este correo porque esta dirección se suscribió:
digest-frequency = { $digest }, { $when }.
digest-topics = Sus temas: { $topics }.
digest-change = Cambiar temas o frecuencia
digest-leave = Darse de baja
digest-new-here = ¿Es nuevo aquí?
digest-sign-up = Suscribirse a { $publication }
