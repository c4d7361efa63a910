//! A person's wish to get no more mail, said in one word or two.

use super::parts::Mail;

/// What people write who want no more, in the languages of the pages, in small letters.
const WORDS: [&str; 22] = [
    "unsubscribe",
    "unsubscribe me",
    "please unsubscribe",
    "please unsubscribe me",
    "remove me",
    "opt out",
    "abmelden",
    "abbestellen",
    "bitte abmelden",
    "newsletter abbestellen",
    "désabonner",
    "désabonnement",
    "désinscription",
    "me désabonner",
    "se désabonner",
    "cancelar suscripción",
    "darme de baja",
    "baja",
    "disiscrivimi",
    "disiscrizione",
    "annulla iscrizione",
    "cancellami",
];

/// Whether a mail says so in its subject, or in its first line: what stands further down may be the
/// mail that it answers.
pub(super) fn read(mail: &Mail<'_>, text: &str) -> bool {
    let subject = mail.fields.decoded("subject").unwrap_or_default();
    let first = text.lines().find(|line| !line.trim().is_empty());
    is_wish(&subject) || first.is_some_and(is_wish)
}

fn is_wish(line: &str) -> bool {
    let line = line.trim().trim_end_matches(['.', '!']).to_lowercase();
    WORDS.contains(&line.trim())
}

#[cfg(test)]
mod tests {
    use super::super::read;

    #[test]
    fn a_wish_stands_alone_in_subject_or_first_line() {
        let wants = |subject: &str, body: &str| {
            let mail = format!("From: ann@inbox.example\nSubject: {subject}\n\n{body}\n");
            read(mail.as_bytes()).wants_to_leave
        };
        assert!(wants("unsubscribe", ""));
        assert!(wants("Re: News", "\n  Unsubscribe!\n\n> News"));
        assert!(wants("=?utf-8?q?D=C3=A9sabonnement?=", ""));
        assert!(wants("", "Bitte abmelden."));
        assert!(!wants("Re: How to unsubscribe", "I read with interest."));
        assert!(!wants("Re: News", "Thanks.\n\nunsubscribe"));
        assert!(!wants("", ""));
    }
}
