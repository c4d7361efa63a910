//! What a report about a mail leads to.

use super::bounce::{Reason, ReportKind};
use super::suppression::SuppressionReason;

named_states! {
    /// By which way it came to be known that a mail did not arrive, or was not wanted.
    BounceSource {
        // To the mail's own return path.
        ReturnPath => "return-path",
        // To another address, with the mail that it is about.
        Feedback => "feedback",
        // The relay refused the mail for good.
        Refused => "refused",
        // An operator gave a file.
        File => "file",
        // A mail provider called.
        Webhook => "webhook",
    }
}

named_states! {
    /// Mail providers whose calls are understood.
    MailProvider {
        Ses => "ses",
        Postmark => "postmark",
        SendGrid => "sendgrid",
        Mailgun => "mailgun",
        SparkPost => "sparkpost",
        Brevo => "brevo",
    }
}

named_states! {
    /// What became of a mail that came in.
    Received {
        // The report was kept.
        Recorded => "recorded",
        // And the address gets no more mail.
        Suppressed => "suppressed",
        // It had come before.
        Known => "known",
        // The reader left, or had left already.
        Left => "left",
        // Nobody has to do anything: an automatic answer, a note about a delay, other mail.
        Ignored => "ignored",
        // It names no mail and no reader of ours, or without our signature.
        Unmatched => "unmatched",
    }
}

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A mail of an issue.
    Delivery,
    /// A mail that its reader asked for, such as the one that asks to confirm.
    Notice,
    /// A reader, of whom it is not known which mail it was.
    Reader,
}

/// Why the address gets no more mail, where that is so: at once when it does not exist or its reader
/// complained, and after `limit` mails (0 for never) that bounced softly, of which there are `soft`. A
/// notice bounces where somebody mistyped, and the reader whose address that is may come yet.
pub fn suppression(
    kind: ReportKind,
    subject: Subject,
    soft: u32,
    limit: u32,
) -> Option<SuppressionReason> {
    match kind {
        ReportKind::Complaint => Some(SuppressionReason::Complaint),
        ReportKind::Hard if subject != Subject::Notice => Some(SuppressionReason::HardBounce),
        ReportKind::Soft if subject != Subject::Notice && limit > 0 && soft >= limit => {
            Some(SuppressionReason::SoftBounces)
        }
        _ => None,
    }
}

/// Whether the mailbox is the reason: that a server does not like the mail, its sender or its pace says
/// nothing about the reader.
pub fn is_about_mailbox(reason: Reason) -> bool {
    reason.failure() == ReportKind::Hard
        || matches!(
            reason,
            Reason::MailboxFull
                | Reason::MailboxDisabled
                | Reason::Refused
                | Reason::Expired
                | Reason::Undetermined
        )
}

/// Whether so many of so many mails are over a limit in percent; counted from `minimum` mails on, and
/// never for a single one.
pub fn is_over(count: u64, mails: u64, percent: f64, minimum: u32) -> bool {
    // Counts of mails are far from what a double cannot hold.
    #[expect(clippy::cast_precision_loss)]
    let (share, limit) = (count as f64 * 100.0, mails as f64 * percent);
    percent > 0.0 && count > 1 && mails >= u64::from(minimum) && share >= limit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_does_not_exist_and_a_complaint_count_at_once() {
        let of = |kind, subject| suppression(kind, subject, 1, 5);
        let hard = Some(SuppressionReason::HardBounce);
        let complaint = Some(SuppressionReason::Complaint);
        assert_eq!(of(ReportKind::Hard, Subject::Delivery), hard);
        assert_eq!(of(ReportKind::Hard, Subject::Reader), hard);
        assert_eq!(of(ReportKind::Hard, Subject::Notice), None);
        assert_eq!(of(ReportKind::Complaint, Subject::Notice), complaint);
        assert_eq!(of(ReportKind::Soft, Subject::Delivery), None);
        assert_eq!(of(ReportKind::AutoReply, Subject::Delivery), None);
        assert_eq!(of(ReportKind::Other, Subject::Delivery), None);
    }

    #[test]
    fn soft_bounces_count_together() {
        let of = |soft, limit| suppression(ReportKind::Soft, Subject::Delivery, soft, limit);
        assert_eq!(of(4, 5), None);
        assert_eq!(of(5, 5), Some(SuppressionReason::SoftBounces));
        assert_eq!(of(500, 0), None, "switched off");
    }

    #[test]
    fn a_rate_needs_mails_and_more_than_one_case() {
        assert!(is_over(3, 1000, 0.3, 200));
        assert!(!is_over(2, 1000, 0.3, 200));
        assert!(!is_over(1, 200, 0.3, 200));
        assert!(!is_over(50, 100, 5.0, 200));
        assert!(!is_over(50, 1000, 0.0, 200), "switched off");
    }
}
