//! Notices: single mails outside issues.

use sqlx::FromRow;
use uuid::Uuid;

use super::nodes::alive_since;
use super::{StoreError, Tx, on, read, unsigned};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{FreshLinkId, NoticeId, SignUpId, SubscriberId};
use crate::domain::notice::{Notice, NoticeKind, NoticeState};

/// Adds a notice that is due at once; false where the sign-up has one of a kind that is sent once.
pub async fn insert(
    tx: &mut Tx,
    id: NoticeId,
    kind: NoticeKind,
    sign_up: SignUpId,
    now: Time,
) -> Result<bool, StoreError> {
    let added = on!(tx, |conn| sqlx::query(
        "INSERT INTO notices (id, kind, sign_up_id, state, next_attempt_at, created_at)
         VALUES ($1, $2, $3, 'pending', $4, $4) ON CONFLICT DO NOTHING"
    )
    .bind(id.0)
    .bind(kind.as_str())
    .bind(sign_up.0)
    .bind(now)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added > 0)
}

/// Adds a notice that brings a link and is due at once.
pub async fn insert_link(
    tx: &mut Tx,
    id: NoticeId,
    link: FreshLinkId,
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO notices (id, kind, link_id, state, next_attempt_at, created_at)
         VALUES ($1, $2, $3, 'pending', $4, $4)"
    )
    .bind(id.0)
    .bind(NoticeKind::Link.as_str())
    .bind(link.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Adds a notice that brings a mail of alerts and is due at once.
pub async fn insert_alert(
    tx: &mut Tx,
    id: NoticeId,
    mail: Uuid,
    recipient: &EmailAddress,
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| {
        sqlx::query(
        "INSERT INTO notices (id, kind, alert_mail_id, recipient, state, next_attempt_at, created_at)
         VALUES ($1, $2, $3, $4, 'pending', $5, $5)"
    )
    .bind(id.0)
    .bind(NoticeKind::Alert.as_str())
    .bind(mail)
    .bind(recipient.as_str())
    .bind(now)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// Adds a notice that brings an operator a link to choose a password, and is due at once.
pub async fn insert_password(
    tx: &mut Tx,
    id: NoticeId,
    recipient: &EmailAddress,
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO notices (id, kind, recipient, state, next_attempt_at, created_at)
         VALUES ($1, $2, $3, 'pending', $4, $4)"
    )
    .bind(id.0)
    .bind(NoticeKind::Password.as_str())
    .bind(recipient.as_str())
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    sign_up_id: Option<Uuid>,
    link_id: Option<Uuid>,
    alert_mail_id: Option<Uuid>,
    recipient: Option<String>,
    attempts: i64,
    first_attempt_at: Option<Time>,
    created_at: Time,
}

/// Claims a notice for sending; `None` where it is not due, somebody else has it, or sending is held.
pub async fn claim(
    tx: &mut Tx,
    id: NoticeId,
    node: &str,
    now: Time,
) -> Result<Option<Notice>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "UPDATE notices SET state = 'sending', claimed_by = $2, attempts = attempts + 1,
            first_attempt_at = COALESCE(first_attempt_at, $3)
         WHERE id = $1 AND state = 'pending' AND next_attempt_at <= $3
            AND NOT EXISTS (SELECT 1 FROM sending_holds)
         RETURNING id, kind, sign_up_id, link_id, alert_mail_id, recipient, attempts,
            first_attempt_at, created_at"
    )
    .bind(id.0)
    .bind(node)
    .bind(now)
    .fetch_optional(conn)
    .await)?;
    row.map(|row| {
        Ok(Notice {
            id: NoticeId(row.id),
            kind: read("notices", "kind", row.id, &row.kind)?,
            sign_up: row.sign_up_id.map(SignUpId),
            link: row.link_id.map(FreshLinkId),
            alert_mail: row.alert_mail_id,
            recipient: row
                .recipient
                .map(|address| read("notices", "recipient", row.id, &address))
                .transpose()?,
            attempts: unsigned(row.attempts),
            first_attempt_at: row.first_attempt_at,
            created_at: row.created_at,
        })
    })
    .transpose()
}

/// Records how an attempt ended. `next_attempt_at` is set where it is to be tried again.
pub async fn record(
    tx: &mut Tx,
    id: NoticeId,
    state: NoticeState,
    reply: &str,
    next_attempt_at: Option<Time>,
    now: Time,
) -> Result<(), StoreError> {
    let sent_at = (state == NoticeState::Sent).then_some(now);
    on!(tx, |conn| {
        sqlx::query(
        "UPDATE notices SET state = $2, reply = $3, next_attempt_at = COALESCE($4, next_attempt_at),
            sent_at = $5, claimed_by = NULL
         WHERE id = $1"
    )
    .bind(id.0)
    .bind(state.as_str())
    .bind(reply)
    .bind(next_attempt_at)
    .bind(sent_at)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// A notice that a relay took has come back: it did not reach anybody.
pub async fn came_back(tx: &mut Tx, id: NoticeId, reply: &str) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE notices SET state = 'failed', reply = $2 WHERE id = $1 AND state = 'sent'"
    )
    .bind(id.0)
    .bind(reply)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// A notice as its reader is told of it.
#[derive(Debug, Clone, FromRow)]
pub struct Told {
    pub kind: String,
    /// What its link was for, where it brought one.
    pub purpose: Option<String>,
    pub state: String,
    pub reply: Option<String>,
    pub created_at: Time,
    pub sent_at: Option<Time>,
}

/// All notices to a subscriber that are kept, the oldest first.
pub async fn of_subscriber(tx: &mut Tx, id: SubscriberId) -> Result<Vec<Told>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as(
        "SELECT n.kind, f.purpose, n.state, n.reply, n.created_at AS created_at, n.sent_at
         FROM fresh_links f JOIN notices n ON n.link_id = f.id WHERE f.subscriber_id = $1
         UNION ALL
         SELECT n.kind, NULL, n.state, n.reply, n.created_at, n.sent_at
         FROM subscriptions s JOIN sign_ups u ON u.subscription_id = s.id
            JOIN notices n ON n.sign_up_id = u.id WHERE s.subscriber_id = $1
         ORDER BY created_at"
    )
    .bind(id.0)
    .fetch_all(conn)
    .await)?;
    Ok(rows)
}

/// Notices that are due, oldest first; none while sending is held.
pub async fn due(tx: &mut Tx, now: Time, limit: i64) -> Result<Vec<NoticeId>, StoreError> {
    let ids: Vec<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM notices WHERE state = 'pending' AND next_attempt_at <= $1
            AND NOT EXISTS (SELECT 1 FROM sending_holds)
         ORDER BY next_attempt_at LIMIT $2"
    )
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await)?;
    Ok(ids.into_iter().map(NoticeId).collect())
}

/// Gives up notices that were written before a time and are still to be sent.
pub async fn give_up(tx: &mut Tx, before: Time, reason: &str) -> Result<u64, StoreError> {
    let given_up = on!(tx, |conn| sqlx::query(
        "UPDATE notices SET state = 'failed', reply = $2, claimed_by = NULL
         WHERE state IN ('pending', 'sending') AND created_at < $1"
    )
    .bind(before)
    .bind(reason)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(given_up)
}

/// Frees notices claimed by nodes that are gone: sent again, since nobody can say whether they
/// went out, under the same Message-ID.
pub async fn release_dead(tx: &mut Tx, now: Time) -> Result<u64, StoreError> {
    let freed = on!(tx, |conn| sqlx::query(
        "UPDATE notices SET state = 'pending', claimed_by = NULL, next_attempt_at = $1
         WHERE state = 'sending' AND claimed_by NOT IN (SELECT name FROM nodes WHERE seen_at > $2)"
    )
    .bind(now)
    .bind(alive_since(now))
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(freed)
}
