//! Sessions of operators, found by the hash of their token.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::ids::{OperatorId, SessionId};
use crate::domain::session::Session;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    operator_id: Uuid,
    stage: String,
    created_at: Time,
    seen_at: Time,
    expires_at: Time,
    user_agent: String,
    network: String,
}

impl TryFrom<Row> for Session {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: SessionId(row.id),
            operator: OperatorId(row.operator_id),
            stage: read("sessions", "stage", row.id, &row.stage)?,
            created_at: row.created_at,
            seen_at: row.seen_at,
            expires_at: row.expires_at,
            user_agent: row.user_agent,
            network: row.network,
        })
    }
}

/// Keeps a session under the hash of its token.
pub async fn insert(tx: &mut Tx, session: &Session, hash: &[u8]) -> Result<(), StoreError> {
    on!(tx, |conn| {
        sqlx::query(
            "INSERT INTO sessions (id, token_hash, operator_id, stage, created_at, seen_at,
            expires_at, user_agent, network)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(session.id.0)
        .bind(hash)
        .bind(session.operator.0)
        .bind(session.stage.as_str())
        .bind(session.created_at)
        .bind(session.seen_at)
        .bind(session.expires_at)
        .bind(&session.user_agent)
        .bind(&session.network)
        .execute(conn)
        .await
        .map(drop)
    })?;
    Ok(())
}

/// Finds a session by the hash of its token, whether or not it still counts.
pub async fn find(tx: &mut Tx, hash: &[u8]) -> Result<Option<Session>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM sessions WHERE token_hash = $1"
    )
    .bind(hash)
    .fetch_optional(conn)
    .await)?;
    row.map(Session::try_from).transpose()
}

/// The sessions of an operator, the latest first.
pub async fn of_operator(tx: &mut Tx, operator: OperatorId) -> Result<Vec<Session>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM sessions WHERE operator_id = $1 ORDER BY created_at DESC, id DESC"
    )
    .bind(operator.0)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Session::try_from).collect()
}

/// Notes that a session was used.
pub async fn seen(tx: &mut Tx, id: SessionId, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE sessions SET seen_at = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Ends a session of an operator; false where there is none.
pub async fn end(tx: &mut Tx, operator: OperatorId, id: SessionId) -> Result<bool, StoreError> {
    let ended = on!(tx, |conn| sqlx::query(
        "DELETE FROM sessions WHERE operator_id = $1 AND id = $2"
    )
    .bind(operator.0)
    .bind(id.0)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(ended > 0)
}

/// Ends all sessions of an operator but one; returns how many.
pub async fn end_others(
    tx: &mut Tx,
    operator: OperatorId,
    but: Option<SessionId>,
) -> Result<u64, StoreError> {
    let ended = on!(tx, |conn| sqlx::query(
        "DELETE FROM sessions WHERE operator_id = $1 AND id <> $2"
    )
    .bind(operator.0)
    .bind(but.map_or(Uuid::nil(), |id| id.0))
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(ended)
}

/// Forgets sessions that ended before now, by age or by rest.
pub async fn prune(tx: &mut Tx, now: Time, idle_since: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2"
    )
    .bind(now)
    .bind(idle_since)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
