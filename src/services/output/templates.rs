//! The parts of a publication's mails, as programs read of them.

use serde::Serialize;
use utoipa::ToSchema;

use super::words::At;
use crate::domain::template::TemplateVersion;
use crate::services::manage_template::PartState;

/// A part of digest mails.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TemplatePart)]
pub struct PartOutput {
    #[schema(examples("card.html"))]
    part: &'static str,
    /// Whether the publication has one of its own in use.
    own: bool,
    /// The newest version that was stored; null where none ever was.
    version: Option<i64>,
    changed_at: Option<At>,
    /// What it is.
    about: &'static str,
}

impl From<&PartState> for PartOutput {
    fn from(state: &PartState) -> Self {
        let newest = state.newest.as_ref();
        Self {
            part: state.part.name,
            own: state.is_own(),
            version: newest.map(|newest| newest.version),
            changed_at: newest.map(|newest| At(newest.created_at)),
            about: state.part.about,
        }
    }
}

/// A version of a part.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TemplateVersion)]
pub struct VersionOutput {
    part: String,
    /// Counted from 1 for each part.
    version: i64,
    created_at: At,
    /// How long its source is; null where it goes back to the program's.
    bytes: Option<usize>,
}

impl From<&TemplateVersion> for VersionOutput {
    fn from(version: &TemplateVersion) -> Self {
        Self {
            part: version.part.clone(),
            version: version.version,
            created_at: version.created_at.into(),
            bytes: version.source.as_ref().map(String::len),
        }
    }
}
