//! A single mail outside issues.

use super::clock::Time;
use super::ids::{NoticeId, SignUpId};

named_states! {
    /// What a notice says.
    NoticeKind {
        Confirmation => "confirmation",
        Reminder => "reminder",
        Welcome => "welcome",
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
    pub sign_up: SignUpId,
    pub attempts: u32,
    pub first_attempt_at: Option<Time>,
    pub created_at: Time,
}
