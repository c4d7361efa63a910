//! The parts of mails that publications have in versions of their own.

use sqlx::FromRow;

use super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::ids::PublicationId;
use crate::domain::template::TemplateVersion;

#[derive(FromRow)]
struct Row {
    part: String,
    version: i64,
    source: Option<String>,
    created_at: Time,
}

impl From<Row> for TemplateVersion {
    fn from(row: Row) -> Self {
        Self {
            part: row.part,
            version: row.version,
            source: row.source,
            created_at: row.created_at,
        }
    }
}

/// Adds a version of a part; `Conflict` where there is one of that number.
pub async fn insert(
    tx: &mut Tx,
    publication: PublicationId,
    version: &TemplateVersion,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO template_versions (publication_id, part, version, source, created_at)
         VALUES ($1, $2, $3, $4, $5)"
    )
    .bind(publication.0)
    .bind(&version.part)
    .bind(version.version)
    .bind(&version.source)
    .bind(version.created_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// The newest version of each part that a publication has ever changed.
pub async fn newest(
    tx: &mut Tx,
    publication: PublicationId,
) -> Result<Vec<TemplateVersion>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT t.part, t.version, t.source, t.created_at FROM template_versions t
         WHERE t.publication_id = $1 AND t.version = (
            SELECT MAX(l.version) FROM template_versions l
            WHERE l.publication_id = t.publication_id AND l.part = t.part)
         ORDER BY t.part"
    )
    .bind(publication.0)
    .fetch_all(conn)
    .await)?;
    Ok(rows.into_iter().map(TemplateVersion::from).collect())
}

/// All versions of a part, the newest first.
pub async fn history(
    tx: &mut Tx,
    publication: PublicationId,
    part: &str,
) -> Result<Vec<TemplateVersion>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT part, version, source, created_at FROM template_versions
         WHERE publication_id = $1 AND part = $2 ORDER BY version DESC"
    )
    .bind(publication.0)
    .bind(part)
    .fetch_all(conn)
    .await)?;
    Ok(rows.into_iter().map(TemplateVersion::from).collect())
}
