//! The entries of the audit log, as programs read them.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Slugs;
use super::words::{ActorKindWord, At, AuditKindWord};
use crate::domain::audit::Entry;

/// One change, and by whose hand.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditOutput {
    /// Counts up.
    id: i64,
    at: At,
    actor_kind: ActorKindWord,
    /// An operator's address, a token's name, or the kind again.
    #[schema(examples("ann@example.org"))]
    actor: String,
    #[schema(examples("change rights"))]
    verb: String,
    kind: AuditKindWord,
    /// Its id, slug or name; of a reader the keyed hash of their address.
    object: String,
    /// The slug of the publication that it concerns.
    publication: Option<String>,
    /// As it was; null where there was nothing.
    #[schema(value_type = Object, nullable)]
    before: Option<Value>,
    /// As it is; null where there is nothing any more, or nothing to tell.
    #[schema(value_type = Object, nullable)]
    after: Option<Value>,
}

impl AuditOutput {
    pub fn new(entry: Entry, slugs: &Slugs) -> Self {
        Self {
            id: entry.id,
            at: entry.at.into(),
            actor_kind: entry.actor.into(),
            actor: entry.actor_name,
            verb: entry.verb,
            kind: entry.kind.into(),
            object: entry.object,
            publication: entry.publication.and_then(|id| slugs.get(&id).cloned()),
            before: entry.before,
            after: entry.after,
        }
    }
}
