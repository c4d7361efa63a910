//! A single mail outside issues.

use uuid::Uuid;

use super::clock::Time;
use super::email_address::EmailAddress;
use super::ids::{FreshLinkId, NoticeId, SignUpId};

named_states! {
    /// What a notice says.
    NoticeKind {
        Confirmation => "confirmation",
        Reminder => "reminder",
        Welcome => "welcome",
        Link => "link",
        Alert => "alert",
        Password => "password",
    }
}

named_states! {
    /// Where a notice stands.
    NoticeState {
        Pending => "pending",
        Sending => "sending",
        Sent => "sent",
        Failed => "failed",
    }
}

/// A single mail outside issues.
#[derive(Debug, Clone)]
pub struct Notice {
    pub id: NoticeId,
    pub kind: NoticeKind,
    /// What it is about, unless that is a link or an alert.
    pub sign_up: Option<SignUpId>,
    /// The link that it brings, if it does.
    pub link: Option<FreshLinkId>,
    /// The mail of alerts that it brings, if it does.
    pub alert_mail: Option<Uuid>,
    /// To whom, where that is an operator.
    pub recipient: Option<EmailAddress>,
    pub attempts: u32,
    pub first_attempt_at: Option<Time>,
    pub created_at: Time,
}
