//! Why a mail came back, from what the servers said of it.
//!
//! Codes alone are often wrong: `5.7.1` and `550` stand for anything. Words decide first, the
//! enhanced code where the words leave it open, the reply code at last.

use super::Reason;
use super::patterns::{self, Weight};
use super::words::words;

/// What is known of a failure.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// The enhanced status code, as in `5.1.1`.
    pub status: Option<&'a str>,
    /// The words of the server that refused.
    pub said: &'a str,
    /// What the server that reports wrote for people.
    pub told: &'a str,
}

/// Why it failed.
pub fn reason(evidence: &Evidence<'_>) -> Reason {
    let evidence = &evidence.unwrapped();
    let status = evidence.status.and_then(Status::parse);
    let code = reply_code(evidence.said);
    let (said, told) = (words(evidence.said), words(evidence.told));
    let agreed = status.and_then(Status::tells);
    let agreed = agreed.filter(|reason| patterns::names(&said, *reason));
    let found = agreed
        .or_else(|| patterns::reason(&said, Weight::Decisive))
        .or_else(|| patterns::unspaced_reason(evidence.said))
        .or_else(|| status.and_then(Status::tells))
        .or_else(|| patterns::reason(&said, Weight::Likely).filter(|r| *r != Reason::Refused))
        .or_else(|| patterns::reason(&told, Weight::Decisive))
        .or_else(|| patterns::unspaced_reason(evidence.told))
        .or_else(|| patterns::reason(&told, Weight::Likely))
        .or_else(|| patterns::reason(&said, Weight::Likely))
        .or_else(|| status.and_then(Status::hints))
        .or_else(|| code.and_then(hinted_by_code))
        .unwrap_or(Reason::Undetermined);
    corrected(found, status, code, evidence)
}

/// An unknown mailbox or domain that the codes say is there after all.
fn corrected(
    found: Reason,
    status: Option<Status>,
    code: Option<u16>,
    evidence: &Evidence<'_>,
) -> Reason {
    let is_temporary = status.map_or(code.is_some_and(|c| c < 500), |s| s.class == 4);
    let detail = status.map(|s| (s.subject, s.detail));
    match (found, detail) {
        // Nobody had been named yet.
        (Reason::MailboxUnknown | Reason::DomainUnknown, _) if evidence.has_any(AT_SENDER) => {
            Reason::Sender
        }
        (Reason::MailboxUnknown, Some((1, _))) => found,
        // No more than that the user is unknown: unless it answers the recipient's name, it may be a
        // carrier that means the reader's filter.
        (Reason::MailboxUnknown, _)
            if code.is_some() && evidence.is_curt() && !evidence.has_any(AT_RECIPIENT) =>
        {
            Reason::Refused
        }
        // A name server that does not answer today says nothing about the domain.
        (Reason::DomainUnknown | Reason::TakesNoMail, _) if is_temporary => Reason::Network,
        _ => found,
    }
}

/// A server that takes no mail from here, whoever it is for.
const AT_SENDER: &[&str] = &[
    "after mail from",
    "in reply to mail from",
    "[mail_from]",
    "mail from command",
    "rejected mail from",
    "after initial connection",
    "in reply to ehlo",
    "in reply to helo",
    "after ehlo",
    "after helo",
    "refused to talk to me",
];

const AT_RECIPIENT: &[&str] = &[
    "rcpt to",
    "rcpt command",
    "rcpt_to",
    "smtp:rcpt",
    "rcpt:",
    "does not like recipient",
    "has rejected address",
];

impl Evidence<'_> {
    /// IronPort puts words of its own, which name a reason, in front of those of the server.
    fn unwrapped(&self) -> Self {
        let behind = |said: &str| said.find("error 5").map(|at| at + "error ".len());
        match behind(self.said) {
            Some(at) if self.said[..at].contains(" - ") => Self {
                said: &self.said[at..],
                status: status_in(&self.said[at..]).or(self.status),
                ..*self
            },
            _ => *self,
        }
    }

    /// Whether no more is said than that the user is unknown.
    fn is_curt(&self) -> bool {
        let said = Evidence { told: "", ..*self };
        said.has_any(&["user unknown", "unknown user"])
    }

    fn has_any(&self, marks: &[&str]) -> bool {
        [self.said, self.told].iter().any(|text| {
            let words: Vec<&str> = text.split_whitespace().collect();
            let line = words.join(" ").to_ascii_lowercase();
            marks.iter().any(|mark| line.contains(mark))
        })
    }
}

/// An enhanced status code (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Status {
    class: u16,
    subject: u16,
    detail: u16,
}

impl Status {
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|n| n.parse().ok());
        let status = Self {
            class: numbers.next()??,
            subject: numbers.next()??,
            detail: numbers.next()??,
        };
        (numbers.next().is_none() && [2, 4, 5].contains(&status.class)).then_some(status)
    }

    /// The reason that a code names by itself.
    fn tells(self) -> Option<Reason> {
        Some(match (self.subject, self.detail) {
            (1, 1 | 3 | 10) => Reason::MailboxUnknown,
            (1, 2) | (4, 4) if self.class == 5 => Reason::DomainUnknown,
            (1, 6) => Reason::MailboxMoved,
            (1, 7 | 8) | (7, 27) => Reason::Sender,
            (2, 1) => Reason::MailboxDisabled,
            (2, 2) => Reason::MailboxFull,
            (2 | 3, 3 | 4) => Reason::MessageTooBig,
            (3, 1 | 2 | 5) => Reason::System,
            (4, 1..=6 | 14) => Reason::Network,
            (4, 7) => Reason::Expired,
            (5, 3) | (7, 28) => Reason::Rate,
            (6, _) => Reason::Content,
            (7, 20..=24 | 26 | 29 | 30 | 509 | 515) => Reason::Authentication,
            (7, 25 | 511 | 606..=649) => Reason::Blocked,
            _ => return None,
        })
    }

    /// The reason that a general code makes likely.
    fn hints(self) -> Option<Reason> {
        Some(match self.subject {
            1 | 2 => Reason::Refused,
            3 | 5 => Reason::System,
            4 => Reason::Network,
            6 => Reason::Content,
            7 => Reason::Policy,
            _ => return None,
        })
    }
}

fn hinted_by_code(code: u16) -> Option<Reason> {
    Some(match code {
        450 | 550 | 553 | 554 => Reason::Refused,
        421 | 451 | 452 | 500..=504 => Reason::System,
        521 | 556 => Reason::TakesNoMail,
        530 | 534 | 535 => Reason::Policy,
        551 => Reason::MailboxMoved,
        552 => Reason::MailboxFull,
        _ => return None,
    })
}

/// The reply code of SMTP in a server's words: three digits by themselves, of a refusal.
pub fn reply_code(text: &str) -> Option<u16> {
    let is_end = |c: char| c.is_whitespace() || "-:;,()<>[]\"'".contains(c);
    text.split(is_end)
        .filter(|word| word.len() == 3)
        .find_map(|word| word.parse().ok().filter(|code| (400..600).contains(code)))
}

/// The first enhanced status code of a failure in a server's words.
pub fn status_in(text: &str) -> Option<&str> {
    let is_end = |c: char| !c.is_ascii_digit() && c != '.';
    text.split(is_end)
        .map(|word| word.trim_matches('.'))
        .find(|word| {
            let status = Status::parse(word);
            let is_short = word.len() <= 9 && !word.contains(".0000");
            is_short && status.is_some_and(|s| s.class > 2 && s.subject < 10 && s.detail < 1000)
        })
}

/// Which of two codes says more: that of the words, unless it is a general one.
pub fn better_status<'a>(of_field: Option<&'a str>, in_words: Option<&'a str>) -> Option<&'a str> {
    let is_general = |text: &str| Status::parse(text).is_none_or(|s| s.detail == 0);
    match (of_field, in_words) {
        (Some(field), Some(words)) if is_general(words) => Some(field),
        (field, words) => words.or(field),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: &str, said: &str) -> Reason {
        reason(&Evidence {
            status: Some(status).filter(|s| !s.is_empty()),
            said,
            told: "",
        })
    }

    #[test]
    fn words_decide_before_codes() {
        for (status, text, wanted) in [
            (
                "5.7.1",
                "550 5.7.1 <a@x.example>: Recipient address rejected: No such user",
                Reason::MailboxUnknown,
            ),
            ("5.1.1", "552 5.2.2 Over quota", Reason::MailboxFull),
            ("5.1.1", "550 Mailbox is disabled", Reason::MailboxDisabled),
            (
                "5.0.0",
                "550 Sorry, we have no mailbox here by that name",
                Reason::MailboxUnknown,
            ),
            (
                "",
                "554 The email account that you tried to reach does not exist",
                Reason::MailboxUnknown,
            ),
            (
                "",
                "550 Sender address rejected: Domain not found",
                Reason::Sender,
            ),
            (
                "5.1.8",
                "553 5.1.8 <n@y.example>... Domain of sender address does not exist",
                Reason::Sender,
            ),
            (
                "5.7.1",
                "554 5.7.1 Service unavailable; client [192.0.2.1] blocked using list.example",
                Reason::Blocked,
            ),
            (
                "4.7.1",
                "450 4.7.1 <a@x.example>: Recipient address rejected: Greylisted",
                Reason::Greylisted,
            ),
            ("5.7.1", "550 5.7.1 Relaying denied", Reason::Relaying),
            (
                "",
                "550 User's mailbox has exceeded its storage limit",
                Reason::MailboxFull,
            ),
            ("", "554 Message too large", Reason::MessageTooBig),
            (
                "5.1.0",
                "5.1.0 - Unknown address error 550-'5.7.1 Access denied'",
                Reason::Policy,
            ),
            (
                "5.4.4",
                "Host or domain name not found",
                Reason::DomainUnknown,
            ),
            (
                "4.4.3",
                "Host or domain name not found, try again",
                Reason::Network,
            ),
            (
                "5.7.26",
                "550 5.7.26 This mail is unauthenticated",
                Reason::Authentication,
            ),
            ("", "550 utilisateur inconnu", Reason::MailboxUnknown),
            ("5.4.7", "delivery failed", Reason::Expired),
            (
                "5.7.1",
                "550 5.7.1 This message looks like spam",
                Reason::Spam,
            ),
        ] {
            assert_eq!(said(status, text), wanted, "{status} {text}");
        }
    }

    #[test]
    fn a_general_code_is_never_hard() {
        for text in [
            "550 Rejected",
            "554 Denied",
            "550 5.0.0 Error",
            "451 no",
            "554 Transaction failed",
        ] {
            let reason = said("", text);
            assert_eq!(
                reason.failure(),
                super::super::ReportKind::Soft,
                "{text}: {reason}"
            );
        }
    }

    #[test]
    fn an_unknown_user_is_hard_where_the_recipient_was_refused() {
        for (status, text, wanted) in [
            (
                "",
                "550 User unknown (in reply to end of DATA command)",
                Reason::Refused,
            ),
            ("", ">>> DATA\n<<< 550 User unknown", Reason::Refused),
            (
                "5.1.1",
                "550 5.1.1 User unknown (in reply to end of DATA command)",
                Reason::MailboxUnknown,
            ),
            (
                "",
                "after RCPT TO:<a@x.example>: 550 User unknown",
                Reason::MailboxUnknown,
            ),
            (
                "",
                "after MAIL FROM:<n@y.example>: 550 y.example does not exist",
                Reason::Sender,
            ),
            ("", "550 No such user", Reason::MailboxUnknown),
        ] {
            assert_eq!(said(status, text), wanted, "{status} {text}");
        }
    }

    #[test]
    fn what_the_report_tells_counts_where_the_server_said_nothing() {
        let evidence = Evidence {
            status: Some("5.0.0"),
            said: "",
            told: "The recipient's mailbox is full",
        };
        assert_eq!(reason(&evidence), Reason::MailboxFull);
        let evidence = Evidence {
            said: "550 No such user",
            ..evidence
        };
        assert_eq!(reason(&evidence), Reason::MailboxUnknown);
    }

    #[test]
    fn codes_are_found_among_words() {
        assert_eq!(reply_code("smtp; 550-5.1.1 gone"), Some(550));
        assert_eq!(reply_code("host 192.0.2.155 said 12 times: 454"), Some(454));
        assert_eq!(reply_code("waited 250 seconds, 5500 times"), None);
        assert_eq!(status_in("said: 550 5.1.1 <a@x.example>"), Some("5.1.1"));
        assert_eq!(status_in("no mailbox (#5.1.1)"), Some("5.1.1"));
        assert_eq!(status_in("from 5.6.7.8 and 4.10.20.30"), None);
        assert_eq!(status_in("2.0.0 is fine"), None);
    }

    #[test]
    fn the_code_in_the_words_counts_unless_it_is_general() {
        assert_eq!(better_status(Some("5.0.0"), Some("5.1.1")), Some("5.1.1"));
        assert_eq!(better_status(Some("5.1.1"), Some("5.2.2")), Some("5.2.2"));
        assert_eq!(better_status(Some("5.1.1"), Some("5.0.0")), Some("5.1.1"));
        assert_eq!(better_status(Some("5.1.1"), None), Some("5.1.1"));
        assert_eq!(better_status(None, Some("5.0.0")), Some("5.0.0"));
    }
}
