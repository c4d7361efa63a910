//! Alerts, as programs read them.

use serde::Serialize;
use utoipa::ToSchema;

use super::Slugs;
use super::words::{AlertKindWord, AlertStateWord, At};
use crate::domain::alert::Alert;
use crate::domain::ids::AlertId;

/// Something that is wrong, or was.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Alert)]
pub struct AlertOutput {
    #[schema(value_type = String, format = "uuid")]
    id: AlertId,
    kind: AlertKindWord,
    /// What it is about: an id or a name.
    about: String,
    /// The slug of the publication that it concerns; null where it concerns none.
    publication: Option<String>,
    state: AlertStateWord,
    /// What people read.
    summary: String,
    opened_at: At,
    /// When a mail told of it.
    told_at: Option<At>,
    /// When a mail reminded of it last.
    reminded_at: Option<At>,
    acknowledged_at: Option<At>,
    closed_at: Option<At>,
}

impl AlertOutput {
    pub fn new(alert: &Alert, slugs: &Slugs) -> Self {
        Self {
            id: alert.id,
            kind: alert.kind.into(),
            about: alert.subject.clone(),
            publication: alert.publication.and_then(|id| slugs.get(&id).cloned()),
            state: alert.state().into(),
            summary: alert.summary.clone(),
            opened_at: alert.opened_at.into(),
            told_at: alert.told_at.map(At),
            reminded_at: alert.reminded_at.map(At),
            acknowledged_at: alert.acknowledged_at.map(At),
            closed_at: alert.closed_at.map(At),
        }
    }
}
