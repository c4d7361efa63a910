//! Signing mails (DKIM): who signs for which publication, and making keys.

use super::Deps;
use crate::domain::publication::Publication;
use crate::mail::dkim::Coverage;
use crate::store::{StoreError, publications};

pub use crate::mail::dkim::{Algorithm, DkimKeys, KeyRecord, NewKey, generate};

/// The publications whose mails nobody signs, as far as the settings say.
pub async fn unsigned(deps: &Deps) -> Result<Vec<Publication>, StoreError> {
    let mut tx = deps.store.read().await?;
    let mut all = publications::list(&mut tx).await?;
    all.retain(|p| deps.dkim.coverage(p.from.email.domain()) == Coverage::Nobody);
    Ok(all)
}
