//! Who gets the test mails of a publication.

use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::PublicationId;

/// The test group of a publication, in its order.
pub async fn list(
    tx: &mut Tx,
    publication: PublicationId,
) -> Result<Vec<EmailAddress>, StoreError> {
    let found: Vec<(Uuid, String)> = on!(tx, |conn| {
        sqlx::query_as(
        "SELECT publication_id, email FROM test_addresses WHERE publication_id = $1 ORDER BY place"
    )
    .bind(publication.0)
    .fetch_all(conn)
    .await
    })?;
    let address = |(id, email): (Uuid, String)| read("test_addresses", "email", id, &email);
    found.into_iter().map(address).collect()
}

/// Puts another test group in its place.
pub async fn set(
    tx: &mut Tx,
    publication: PublicationId,
    group: &[EmailAddress],
) -> Result<(), StoreError> {
    on!(&mut *tx, |conn| sqlx::query(
        "DELETE FROM test_addresses WHERE publication_id = $1"
    )
    .bind(publication.0)
    .execute(conn)
    .await
    .map(drop))?;
    for (place, email) in (0_i64..).zip(group) {
        on!(&mut *tx, |conn| sqlx::query(
            "INSERT INTO test_addresses (publication_id, place, email) VALUES ($1, $2, $3)"
        )
        .bind(publication.0)
        .bind(place)
        .bind(email.as_str())
        .execute(conn)
        .await
        .map(drop))?;
    }
    Ok(())
}
