//! Writes down who changed what, in the transaction of the change: neither is there without the other.

pub mod images;

use super::Deps;
use crate::domain::audit::Change;
use crate::store::{StoreError, Tx, audit};

/// Adds a change to the log, by the hand of `deps`.
pub async fn note(deps: &Deps, tx: &mut Tx, change: Change) -> Result<(), StoreError> {
    audit::append(tx, &deps.actor, &change, deps.now()).await
}
