//! Writes down who changed what, in the transaction of the change: neither is there without the other.

use serde::Serialize;
use serde_json::Value;

use super::Deps;
use crate::domain::audit::Change;
use crate::store::{StoreError, Tx, audit};

/// Adds a change to the log, by the hand of `deps`.
pub async fn note(deps: &Deps, tx: &mut Tx, change: Change) -> Result<(), StoreError> {
    audit::append(tx, &deps.actor, &change, deps.now()).await
}

/// A value as it stands in the log. What cannot be written down as JSON says so itself.
pub fn image(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| Value::String(error.to_string()))
}
