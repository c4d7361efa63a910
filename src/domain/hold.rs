//! Why nothing is sent: the database is a restored copy, and what was due when it was made may have gone
//! out since.

use super::clock::Time;

/// A copy that sends nothing until an operator says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// When the backup was made.
    pub backup_at: Time,
    /// When it was restored; `None` where the file was copied into place by hand.
    pub restored_at: Option<Time>,
    /// Tells whether the secret key is the one that the backup was made with.
    pub key_mark: String,
}

impl Hold {
    /// What to tell whoever wonders why nothing goes out.
    pub fn says(&self) -> String {
        format!(
            "sending is held: this is a copy from a backup of {}; `paperround resume-sending` lets mail go out again",
            self.backup_at.format("%F %R UTC")
        )
    }
}
