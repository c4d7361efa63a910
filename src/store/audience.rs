//! Who would get an issue of a digest, counted before there is a ledger.

use super::{StoreError, Tx, digests, micros, on};
use crate::domain::clock::Time;
use crate::domain::digest::{Digest, DigestChoice};

/// The readers of a publication, as an issue of one of its digests sees them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    pub confirmed: i64,
    /// Those of them who take the digest.
    pub takers: i64,
    /// Takers who take a pause now.
    pub paused: i64,
    /// Takers whose address is suppressed.
    pub suppressed: i64,
}

impl Numbers {
    /// Who gets an issue, of those whose topics have something.
    pub fn readers(&self) -> i64 {
        (self.takers - self.paused - self.suppressed).max(0)
    }

    /// Who takes other digests of the publication.
    pub fn others(&self) -> i64 {
        self.confirmed - self.takers
    }
}

/// How many confirmed readers take a digest.
pub async fn takers(tx: &mut Tx, digest: &Digest) -> Result<i64, StoreError> {
    Ok(confirmed_and_takers(tx, digest).await?.1)
}

async fn confirmed_and_takers(tx: &mut Tx, digest: &Digest) -> Result<(i64, i64), StoreError> {
    let is_first = digests::first(tx, digest.publication).await? == Some(digest.id);
    let (mut confirmed, mut takers) = (0, 0);
    for (key, number) in by_choice(tx, digest).await? {
        confirmed += number;
        if DigestChoice::from_key(&key).takes(&digest.slug, is_first) {
            takers += number;
        }
    }
    Ok((confirmed, takers))
}

/// Counts them: the choices of digests along their index, the rest, who are few, each in theirs.
pub async fn count(tx: &mut Tx, digest: &Digest, now: Time) -> Result<Numbers, StoreError> {
    let is_first = digests::first(tx, digest.publication).await? == Some(digest.id);
    let (confirmed, takers) = confirmed_and_takers(tx, digest).await?;
    Ok(Numbers {
        confirmed,
        takers,
        paused: paused(tx, digest, is_first, now).await?,
        suppressed: suppressed(tx, digest, is_first).await?,
    })
}

/// How many confirmed readers made each choice of digests.
async fn by_choice(tx: &mut Tx, digest: &Digest) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_as(
        "SELECT digest_key, COUNT(*) FROM subscriptions
         WHERE publication_id = $1 AND state = 'confirmed' GROUP BY digest_key"
    )
    .bind(digest.publication.0)
    .fetch_all(conn)
    .await)?)
}

/// A count of confirmed subscriptions `s` that take a digest: `$1` is the publication, `$2` the digest,
/// `$3` whether it is the first. The state is joined to nothing, so that SQLite does not go through all
/// that are confirmed.
macro_rules! takers {
    ($head:literal, $tail:literal) => {
        concat!(
            $head,
            " WHERE s.publication_id = $1 AND s.state || '' = 'confirmed'
                AND (s.digest_key = $2 OR ($3 = 1 AND s.digest_key = '')
                    OR (s.digest_key LIKE '%,%'
                        AND (',' || s.digest_key || ',') LIKE ('%,' || $2 || ',%'))) ",
            $tail
        )
    };
}

async fn paused(
    tx: &mut Tx,
    digest: &Digest,
    is_first: bool,
    now: Time,
) -> Result<i64, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(takers!(
        "SELECT COUNT(*) FROM subscriptions s CROSS JOIN subscribers r",
        "AND s.paused_until > $4 AND r.id = s.subscriber_id AND r.suppressed_at IS NULL"
    ))
    .bind(digest.publication.0)
    .bind(digest.slug.as_str())
    .bind(i64::from(is_first))
    .bind(micros(now))
    .fetch_one(conn)
    .await)?)
}

async fn suppressed(tx: &mut Tx, digest: &Digest, is_first: bool) -> Result<i64, StoreError> {
    Ok(on!(tx, |conn| sqlx::query_scalar(takers!(
        "SELECT COUNT(*) FROM subscribers r CROSS JOIN subscriptions s",
        "AND r.suppressed_at IS NOT NULL AND s.subscriber_id = r.id"
    ))
    .bind(digest.publication.0)
    .bind(digest.slug.as_str())
    .bind(i64::from(is_first))
    .fetch_one(conn)
    .await)?)
}
