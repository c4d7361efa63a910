# What readers are told, in English. This file is the standard: the others have the same keys
# with the same variables, and whatever one of them lacks is said in English.

## In several places

labelled = { $label }: { $value }
all-topics = All topics

## The mail that asks to confirm

confirm-mail-subject = Confirm your subscription: { $publication }
confirm-mail-subject-changes = Confirm your changes: { $publication }
confirm-mail-preheader = Nothing will be sent until you confirm.
confirm-mail-about = Your subscription
confirm-mail-about-changes = Change of your subscription
confirm-mail-title = One tap left
confirm-mail-asked = Somebody, most likely you, asked { $publication } to write to this address.
confirm-mail-asked-changes = Somebody, most likely you, asked to change what { $publication } sends to this address.
confirm-mail-button-opens = The button opens a page where you confirm it.
confirm-mail-asked-on = Asked on
confirm-mail-asked-at = At
confirm-mail-frequency = You get
confirm-mail-topics = Topics
confirm-mail-button = Confirm
confirm-mail-button-changes = Confirm the changes
confirm-mail-not-you = If this was not you, do nothing: you will not hear from us again.
confirm-mail-not-you-changes = If this was not you, do nothing: everything stays as it is.
confirm-mail-lifetime = The link works for { $days ->
    [one] { $days } day
   *[other] { $days } days
  }.
confirm-mail-no-button = If the button does not work, open this address:
confirm-mail-open = To confirm, open this page and press its button:
