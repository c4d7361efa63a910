# Lo que se lee, en español: usted, breve y amable.

## In several places

labelled = { $label }: { $value }
all-topics = Todos los temas

## The mail that asks to confirm

confirm-mail-subject = Confirme su suscripción: { $publication }
confirm-mail-subject-changes = Confirme sus cambios: { $publication }
confirm-mail-preheader = No le enviaremos nada sin su confirmación.
confirm-mail-about = Su suscripción
confirm-mail-about-changes = Cambio de su suscripción
confirm-mail-title = Solo falta un clic
confirm-mail-asked = Alguien, probablemente usted, ha pedido recibir { $publication } en esta dirección.
confirm-mail-asked-changes = Alguien, probablemente usted, ha pedido cambiar lo que { $publication } envía a esta dirección.
confirm-mail-button-opens = El botón abre una página en la que puede confirmarlo.
confirm-mail-asked-on = Solicitado
confirm-mail-asked-at = En
confirm-mail-frequency = Recibirá
confirm-mail-topics = Temas
confirm-mail-button = Confirmar
confirm-mail-button-changes = Confirmar los cambios
confirm-mail-not-you = Si no ha sido usted, no haga nada: no volveremos a escribirle.
confirm-mail-not-you-changes = Si no ha sido usted, no haga nada: todo queda como está.
confirm-mail-lifetime = El enlace es válido durante { $days ->
    [one] { $days } día
   *[other] { $days } días
  }.
confirm-mail-no-button = Si el botón no funciona, abra esta dirección:
confirm-mail-open = Para confirmar, abra esta página y pulse su botón:
