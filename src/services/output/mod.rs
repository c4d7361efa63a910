//! What programs are told, as JSON: the same on the command line and over the API.

pub mod alerts;
pub mod articles;
pub mod audit;
pub mod digests;
pub mod drafts;
pub mod feeds;
pub mod imports;
pub mod issues;
pub mod ledger;
pub mod operators;
pub mod publications;
pub mod templates;
pub mod tokens;
pub mod topic_rules;
pub mod webhooks;
pub mod words;

use std::collections::HashMap;

use crate::domain::ids::PublicationId;
use crate::store::{self, StoreError, Tx};

/// The slugs of publications, by which programs know them.
pub type Slugs = HashMap<PublicationId, String>;

/// The slugs of all publications.
pub async fn slugs(tx: &mut Tx) -> Result<Slugs, StoreError> {
    let all = store::publications::list(tx).await?.into_iter();
    Ok(all.map(|p| (p.id, p.slug.to_string())).collect())
}
