//! Operators say who gets the test mails of a publication.

use serde_json::json;

use super::Deps;
use super::audit::note;
use crate::domain::audit::{Change, Kind};
use crate::domain::email_address::EmailAddress;
use crate::domain::publication::Publication;
use crate::store::{StoreError, test_addresses};

/// Addresses that a test goes to at most.
pub const MOST: usize = 20;

/// Keeps a test group.
pub async fn set(
    deps: &Deps,
    publication: &Publication,
    group: &[EmailAddress],
) -> Result<(), StoreError> {
    let mut tx = deps.store.begin().await?;
    let before = test_addresses::list(&mut tx, publication.id).await?;
    if before == group {
        return Ok(());
    }
    test_addresses::set(&mut tx, publication.id, group).await?;
    // The log is kept for good, so that no address stands in it.
    let image = |group: &[EmailAddress]| json!({ "addresses": group.len() });
    let entry = Change::of(
        "set the test group of",
        Kind::Publication,
        &publication.slug,
    );
    let entry = entry.within(publication.id).from(image(&before));
    note(deps, &mut tx, entry.to(image(group))).await?;
    tx.commit().await
}
