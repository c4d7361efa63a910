//! Who takes a digest, before an issue of it has a ledger.

use crate::domain::digest::{Digest, DigestChoice};
use crate::store::{StoreError, Tx, digests, on};

/// Whether a digest has a confirmed reader.
pub async fn any_reader(tx: &mut Tx, digest: &Digest) -> Result<bool, StoreError> {
    Ok(!keys(tx, digest).await?.is_empty())
}

/// The choices of readers that a digest is among.
async fn keys(tx: &mut Tx, digest: &Digest) -> Result<Vec<String>, StoreError> {
    // From each choice to the next one along the index, so that it does not matter how many readers
    // made them: few choices are made by many.
    let mut keys: Vec<String> = on!(&mut *tx, |conn| sqlx::query_scalar(
        "WITH RECURSIVE chosen (digest_key) AS (
            SELECT MIN(digest_key) FROM subscriptions
            WHERE publication_id = $1 AND state = 'confirmed'
            UNION ALL
            SELECT (SELECT MIN(s.digest_key) FROM subscriptions s
                WHERE s.publication_id = $1 AND s.state = 'confirmed'
                    AND s.digest_key > c.digest_key)
            FROM chosen c WHERE c.digest_key IS NOT NULL)
         SELECT digest_key FROM chosen WHERE digest_key IS NOT NULL"
    )
    .bind(digest.publication.0)
    .fetch_all(conn)
    .await)?;
    let is_first = digests::first(tx, digest.publication).await? == Some(digest.id);
    keys.retain(|key| DigestChoice::from_key(key).takes(&digest.slug, is_first));
    Ok(keys)
}
