//! Reports about mails that were sent: what kind, why, and about whom.

pub mod diagnosis;
mod patterns;
#[cfg(test)]
mod sayings_tests;
mod words;

named_states! {
    /// What a report says became of a mail.
    ReportKind {
        Hard => "hard",
        Soft => "soft",
        Complaint => "complaint",
        AutoReply => "auto-reply",
        Other => "other",
    }
}

named_states! {
    /// Why a mail came back, or why a report came.
    Reason {
        MailboxUnknown => "mailbox-unknown",
        MailboxMoved => "mailbox-moved",
        DomainUnknown => "domain-unknown",
        TakesNoMail => "takes-no-mail",
        MailboxFull => "mailbox-full",
        MailboxDisabled => "mailbox-disabled",
        Refused => "refused",
        MessageTooBig => "message-too-big",
        Content => "content",
        Spam => "spam",
        Policy => "policy",
        Sender => "sender",
        Authentication => "authentication",
        Blocked => "blocked",
        Relaying => "relaying",
        Rate => "rate",
        Greylisted => "greylisted",
        Network => "network",
        Expired => "expired",
        System => "system",
        Feedback => "feedback",
        Vacation => "vacation",
        Delayed => "delayed",
        Delivered => "delivered",
        Undetermined => "undetermined",
    }
}

impl Reason {
    /// The kind of a failure for this reason: hard where the address itself will never take mail.
    pub fn failure(self) -> ReportKind {
        match self {
            Self::MailboxUnknown | Self::MailboxMoved | Self::DomainUnknown | Self::TakesNoMail => {
                ReportKind::Hard
            }
            _ => ReportKind::Soft,
        }
    }
}

/// What a message that came back says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub kind: ReportKind,
    pub reason: Reason,
    /// The address that it is about, as the server that failed knows it.
    pub recipient: Option<String>,
    /// The address as it was written to, where the report tells it and it is another.
    pub original_recipient: Option<String>,
    /// The enhanced status code, as in `5.1.1`.
    pub status: Option<String>,
    /// The server's words, in one line of at most [`Report::MOST_WORDS`] characters.
    pub diagnostic: Option<String>,
    /// The Message-ID of the mail that it is about, without angle brackets.
    pub message_id: Option<String>,
    /// An address in the List-Unsubscribe of the mail that it is about, of the web where there is one.
    pub unsubscribe: Option<String>,
    /// The addresses that the report itself went to, envelope fields first.
    pub sent_to: Vec<String>,
    /// Not a report at all: a person wants no more mail, or a mail program says so for them.
    pub wants_to_leave: bool,
}

impl Report {
    /// How many characters of a server's words are kept.
    pub const MOST_WORDS: usize = 500;

    /// A report of this kind that says nothing more.
    pub fn new(kind: ReportKind, reason: Reason) -> Self {
        Self {
            kind,
            reason,
            recipient: None,
            original_recipient: None,
            status: None,
            diagnostic: None,
            message_id: None,
            unsubscribe: None,
            sent_to: Vec::new(),
            wants_to_leave: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_will_never_take_mail_is_hard() {
        let hard: Vec<&str> = Reason::WORDS
            .iter()
            .copied()
            .filter(|word| word.parse::<Reason>().unwrap().failure() == ReportKind::Hard)
            .collect();
        let wanted = [
            "mailbox-unknown",
            "mailbox-moved",
            "domain-unknown",
            "takes-no-mail",
        ];
        assert_eq!(hard, wanted);
    }
}
