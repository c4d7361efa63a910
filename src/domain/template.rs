//! The parts of mails that a publication has in a version of its own.

use serde::Serialize;

use super::clock::Time;

/// A version of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateVersion {
    pub part: String,
    /// Counted from 1 for each part.
    pub version: i64,
    /// `None` where the part was set back to the one that comes with the program.
    pub source: Option<String>,
    pub created_at: Time,
}
