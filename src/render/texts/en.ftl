# What readers are told, in English. This file is the standard: the others have the same keys
# with the same variables, and whatever one of them lacks is said in English.

## In several places

labelled = { $label }: { $value }
all-topics = All topics

## The mail that asks to confirm

confirm-mail-subject = Confirm your subscription: { $publication }
confirm-mail-subject-changes = Confirm your changes: { $publication }
confirm-mail-subject-reminder = Not confirmed yet: { $publication }
confirm-mail-preheader = Nothing will be sent until you confirm.
confirm-mail-about = Your subscription
confirm-mail-about-changes = Change of your subscription
confirm-mail-about-reminder = Reminder of your subscription
confirm-mail-title = One tap left
confirm-mail-asked = Somebody, most likely you, asked { $publication } to write to this address.
confirm-mail-asked-changes = Somebody, most likely you, asked to change what { $publication } sends to this address.
confirm-mail-reminds = It has not been confirmed yet. This is the only reminder; without a confirmation, what was asked is forgotten.
confirm-mail-button-opens = The button opens a page where you confirm it.
confirm-mail-asked-on = Asked on
confirm-mail-asked-at = At
confirm-mail-asked-from = From
confirm-mail-network = an internet address that begins with { $start }
confirm-mail-frequency = You get
confirm-mail-topics = Topics
confirm-mail-button = Confirm
confirm-mail-button-changes = Confirm the changes
confirm-mail-not-you = If this was not you, do nothing: nothing follows.
confirm-mail-not-you-changes = If this was not you, do nothing: everything stays as it is.
confirm-mail-lifetime = The link works for { $days ->
    [one] { $days } day
   *[other] { $days } days
  }.
confirm-mail-until = The link works until { $until }.
confirm-mail-never-lead = So that no mail comes from here any more, whoever types in this address:
confirm-mail-never = Never mail me
confirm-mail-no-button = If the button does not work, open this address:
confirm-mail-open = To confirm, open this page and press its button:

## The mail that welcomes

welcome-mail-subject = Welcome to { $publication }
welcome-mail-lead = You get { $publication } from now on.
welcome-mail-issue = Here is the latest issue.
welcome-mail-issue-next = Here is the latest issue; your next one comes: { $next }.

## Pages: in several places

language-name = English
page-languages = Language
page-past-issues = Past issues
page-privacy = Privacy
page-change-choices = Change topics or frequency
page-sign-up-again = Sign up again
page-leave = Leave this newsletter

## Topics and frequency

choices-topics = Topics
choices-topics-hint = (none ticked means all)
choices-frequency = How often
choices-frequency-hint = (you can tick several)
choices-frequency-hint-first = (you can tick several; none means { $digest })

## The sign-up page

sign-up-title = { $publication } by mail
sign-up-title-check = Please check: { $publication } by mail
sign-up-promise = The latest headlines by mail.
sign-up-promise-when = The latest headlines by mail, { $when }.
sign-up-latest = Latest headlines
sign-up-sample = A sample issue:
sign-up-heading = Get it by mail
sign-up-email = E-mail address
sign-up-name = Name
sign-up-optional = (optional)
sign-up-trap = Leave this empty
sign-up-button = Sign up
sign-up-consent = By signing up you ask { $sender } to send you { $publication } by email. Nothing is sent before you confirm by the link in a mail that we send you now. Every mail has a link to leave at once. Your address is used for nothing else.
sign-up-steps = First we send one mail in which you confirm; without that, nothing follows. Every issue has a link to leave with one tap. The sender is { $sender }, { $address }.
sign-up-privacy = How we treat your data
sign-up-zone = Your browser tells us its time zone, so that each issue comes at your local time.

## What is wrong with a form

form-error-address-empty = Please type your email address.
form-error-address-no-at = An email address needs an @ sign, as in name@example.org.
form-error-address-too-long = The address is longer than mail servers accept (254 characters).
form-error-address-local = The part before the @ is missing or longer than 64 characters.
form-error-address-dots = The part before the @ has a dot at its start or end, or two dots in a row.
form-error-address-character = The address contains a character that does not belong there: { $character }
form-error-address-domain = The part after the @ is not a domain name such as example.org.
form-error-address-refused = This address is not taken here. Please use another one.
form-error-address-disposable = Throw-away addresses are not taken here. Please use one that you will still read next week.
form-error-address-no-mail = The domain { $domain } takes no mail. Is it spelt right?
form-error-meant = Did you mean { $address }?
form-error-address-same = This is the address that you have.
form-error-name = The name is longer than 100 characters or contains a character that does not belong there.
form-error-too-many-topics = These are more topics than there are.
form-error-language = The language is not one that we know.
form-error-topic = One of the topics is not on offer; please choose from the list.
form-error-frequency = This frequency is not on offer; please choose from the list.
form-error-no-frequency = Please tick at least one. To get no more mails, leave by the link below.
form-error-title = The form needs a correction
form-error-proof = This form needs a proof: solve the sum at the address in `challenge` and send the solution as `altcha`.

## The guard of the form

guard-asked = To keep programs from signing up other people’s addresses, your browser does a small sum first. That takes a second or two, and needs nothing from you.
guard-again = What your browser proved for this form is too old or was used before. Please press the button once more; it does the small sum again by itself.
guard-busy = Checking…
guard-wait = Without JavaScript: please wait { $seconds } seconds before you press the button.

## After the form

check-inbox-title = Check your inbox
check-inbox-sent = A mail is on its way to this address and needs one tap from you:
check-inbox-open = Open the mail from { $sender }, { $address }.
check-inbox-press = Press “{ $button }” in it, and once more on the page that opens.
check-inbox-done = You are in. The next issue comes by itself.
check-inbox-nothing = Nothing there after a few minutes? Look among the spam. A mail is sent once a day at most for an address.
check-inbox-wrong = Wrong address? Start again
check-inbox-meanwhile = Read past issues meanwhile
check-inbox-json = If the address can be signed up, a mail with a link to confirm is on its way.

## The form on other sites

embed-about = Stay updated: { $topics }
embed-wait = One moment …
embed-offline = There is no connection at the moment. Please try again.
embed-meant = Did you mean { $address }? Sign up with that address

## The page behind the link to confirm

confirm-title = One tap left
confirm-lead = Press the button and { $publication } will write to you.
confirm-already-title = You are in already
confirm-already = This was confirmed before. There is nothing left to do; the next issue comes by itself.
confirm-past-issues = Read past issues
confirm-expired-title = This link has expired
confirm-expired = A link to confirm works for some days only, so that an old mail cannot sign anybody up. If you still want it, a new link comes to the same address.
confirm-ended-title = This link was used before
confirm-ended = The subscription to { $publication } was confirmed by it, and has ended since. Do you want it back? Then let us send you a new link.
confirm-again = Send me a new link

## After confirming

confirmed-title = You are in
confirmed-next = Your next issue of { $publication } comes:
confirmed-soon = { $publication } writes to you as soon as there is news.
confirmed-contacts = To find it among your other mail, add { $address } to your contacts.
confirmed-latest = The latest issue

## Leaving

leave-title = Leave { $publication }
leave-lead = { $email } will get no more mail from { $publication }, starting now.
leave-rather = If you would rather get less
leave-rarer = You could get { $digest } instead, { $when }.
leave-rarer-button = Less often
leave-pause = Take a pause
goodbye-title = You have left { $publication }
goodbye-lead = That is all; no further mail will be sent to you. You can close this page.
goodbye-slip = Was it a slip? Undo it, and your topics are as they were.
goodbye-undo = Undo
goodbye-thanks = Thank you, it has been noted.
why-title = Would you tell us why?
why-too-often = It comes too often
why-not-for-me = It is not what I am looking for
why-not-now = I have no time for it now
why-never-asked = I never asked for it
why-other = Another reason
why-button = Send
returned-title = You are back
returned-lead = You get { $publication } again, with the same topics and as often as before.

## Never mail me

never-title = Never mail me
never-lead = { $email } gets no more mail from this service, starting now: no newsletter, and no request to confirm one, whoever types the address into a form.
never-stopped-title = No more mail to you
never-stopped = Nothing is sent to { $email } any more, whoever types the address into a form.
never-slip = Was it a slip, or do you want mail again?
never-undo = Allow mail again
never-stopped-by-others = This cannot be changed here. If you want mail again, write to { $address }.
never-undone-title = Mail is allowed again
never-undone = { $email } can get mail again. What you are subscribed to goes on.

## The page with a reader's choices

preferences-title = Your choices
preferences-title-saved = Saved: Your choices
preferences-for = For { $email }
preferences-saved = Saved. They count from the next issue.
preferences-language = Language of mails and pages
preferences-zone = Issues come by the clock of
preferences-zone-usual = { $zone }, as the sender has it
preferences-save = Save
preferences-none = { $email } does not get { $publication } at present.
zone-africa = Africa
zone-america = America
zone-antarctica = Antarctica
zone-asia = Asia
zone-atlantic = Atlantic Ocean
zone-australia = Australia
zone-europe = Europe
zone-indian = Indian Ocean
zone-pacific = Pacific Ocean

## A pause

pause-title = Take a pause
pause-lead = Nothing is sent meanwhile. Then it goes on by itself, with the same choices.
pause-week = For a week
pause-month = For a month
pause-day = Mail comes again from
pause-button = Pause until this day
pause-until = You are taking a pause. Mail comes again from { $day }.
pause-end = End the pause
form-error-day = Please choose a day from tomorrow on, within a year.
others-title = Other newsletters from here
others-change = Change { $publication }
others-join = Get { $publication } too

## A link by mail

link-title = Your link by mail
link-lead = Type in the address that gets our mail. We send a link to it, with which you change what you get, take a pause or leave.
link-button = Mail me my link
link-sent = If this address gets mail from us, a mail with a link is on its way to it:
link-sent-hour = The link works for one hour.
link-sent-nothing = Nothing there after a few minutes? Look among the spam, and whether the address is the one that gets our mail.
link-which-title = Which newsletter?
link-which = Choose one; the page behind your link shows all that you get.
page-my-link = Change what you get
link-mail-about = The link that was asked for
link-mail-choices-title = Your choices
link-mail-choices = Somebody, most likely you, asked for a link to your choices. With it you change what you get, take a pause or leave.
link-mail-choices-button = Open my choices
link-mail-address-title = Change your address
link-mail-address = Somebody, most likely you, asked to have our mail sent to another address. The link opens a page where you type it in.
link-mail-address-button = Type in the new address
link-mail-new-title = Confirm your new address
link-mail-new = Somebody, most likely you, wants the mails that now go to { $address } to come to this address. The link opens a page where you confirm that.
link-mail-new-button = Use this address
link-mail-old-title = Your mail goes elsewhere now
link-mail-old = From now on our mail goes to { $address } and no longer to this address. If that was your wish, there is nothing to do. If not, the link opens a page where you take it back.
link-mail-old-button = This was not me
link-mail-data-title = Your data
link-mail-data = Somebody, most likely you, asked for all that we keep about this address. The link opens a page where you download it as a file.
link-mail-data-button = See my data
link-mail-erase-title = Erase your data
link-mail-erase = Somebody, most likely you, asked to have everything erased that we keep about this address. The link opens a page where you confirm that; nothing is erased before.
link-mail-erase-button = Go on to erase
link-mail-lifetime = The link works for one hour, and is for you alone.
link-mail-not-you = If this was not you, do nothing: everything stays as it is.

## Your data

own-title = Your address and your data
own-lead = For these we first mail you a link, since this page may be open to whoever has one of your mails.
own-address = Change my address
own-data = Download my data
own-erase = Erase me
data-title = Your data
data-lead = The file has all that we keep about { $email }: your choices, what you agreed to and when, the issues that were sent to you, and other mails. It is a text file in JSON.
data-button = Download the file
erase-title = Erase everything
erase-lead = Everything that we keep about { $email } is erased at once and for good: subscriptions, choices, evidence and history. No more mail is sent.
erase-hash = What stays is a code made from the address, from which nobody can read it. By it we see that the address is not to be brought back, by a list for example. You can sign up again yourself at any time.
erase-button = Erase everything about me
erased-title = Everything is erased
erased-lead = We know nothing about you any more. Copies made for safety are replaced within the time that the sender tells under Privacy. You can close this page.

## Moving to another address

address-title = Another address
address-lead = Our mail goes to { $address }. Where shall it go instead?
address-new = New e-mail address
address-send = Send a mail there
address-until = Until it is confirmed there, everything goes to the old address.
address-confirm = Everything that goes to { $old } will come to { $new }, with the same choices. If { $new } gets mail from us already, the two become one.
address-confirm-told = The old address is told, and can take it back for two weeks.
address-confirm-button = Use the new address
address-changed-title = Your address is changed
address-changed = From now on our mail goes to { $address }.
address-told-title = Your mail goes elsewhere
address-told = What went to { $old } goes to { $new } now. Was that not you? Then take it back.
address-undo = Take it back
address-undone-title = Everything is as before
address-undone = Our mail goes to { $address } again. Links that were asked for meanwhile work no more.
address-kept = This cannot be taken back here any more. If you did not want it, write to { $address }.

## The archive

archive-title = Past issues
archive-next = Get the next one by mail
archive-newer = Newer issues
archive-older = Older issues
archive-number = { $digest }, No. { $number }
archive-empty = The first issue is still to come. Sign up, and it comes to you.

## When a page cannot be shown

error-not-found-title = Nothing here
error-not-found = There is no page at this address.
error-bad-link-title = This link does not work
error-bad-link = It is damaged or incomplete. Please open it from the mail itself, or copy it as a whole.
error-old-link-title = This link works no more
error-old-link = Links of this kind work for a short time, and some of them once, so that an old mail opens nothing. Have a new one mailed to you.
error-new-link = Have a new link mailed
error-too-many-links = Many links were asked for from your network. Please try again later.
error-too-many-title = Too many requests
error-too-many = There were many sign-ups from your network. Please try again later.
error-spent = There are too many sign-ups at the moment. Please try again later.
error-too-large-title = Too much at once
error-too-large = The form was larger than it can be. Nothing was changed.
error-bad-form-title = The form could not be read
error-bad-form = Please send the form once more.
error-busy-title = Please try again in a moment
error-busy = We could not save this just now. Nothing was changed.
error-ours-title = Something went wrong
error-ours = It is our fault, not yours, and it has been noted. Please try again later.

## The digest mail

digest-number = No. { $number }
digest-view = View in browser
digest-minutes = { $minutes } min read
digest-more-news = More news
digest-notice = Notice
digest-also = Also in the news
digest-read-on = Read on: all { $count } articles
digest-links = Links
digest-why-title = Why you get this
digest-why = You get this mail because this address signed up:
digest-frequency = { $digest }, { $when }.
digest-topics = Your topics: { $topics }.
digest-change = Change topics or frequency
digest-leave = Leave this newsletter
digest-new-here = New here?
digest-sign-up = Sign up for { $publication }
