//! Operators, and what they sign in with.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::OperatorId;
use crate::domain::operator::{Operator, Role};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    email: String,
    role: String,
    may_send: bool,
    password_hash: Option<String>,
    totp_secret: Option<Vec<u8>>,
    totp_since: Option<Time>,
    totp_step: i64,
    created_at: Time,
    signed_in_at: Option<Time>,
    disabled_at: Option<Time>,
}

/// An operator with what is asked for when signing in.
#[derive(Debug, Clone)]
pub struct Account {
    pub operator: Operator,
    /// argon2id in PHC form.
    pub password_hash: Option<String>,
    /// Sealed; in force where the operator has a second step, else being set up.
    pub totp_secret: Option<Vec<u8>>,
    /// The last step of time whose code was used.
    pub totp_step: i64,
}

impl TryFrom<Row> for Account {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            operator: Operator {
                id: OperatorId(row.id),
                email: read("operators", "email", row.id, &row.email)?,
                role: read("operators", "role", row.id, &row.role)?,
                may_send: row.may_send,
                has_password: row.password_hash.is_some(),
                has_totp: row.totp_since.is_some(),
                created_at: row.created_at,
                signed_in_at: row.signed_in_at,
                disabled_at: row.disabled_at,
            },
            password_hash: row.password_hash,
            totp_secret: row.totp_secret,
            totp_step: row.totp_step,
        })
    }
}

/// Keeps a new operator, who has no password yet; `Conflict` where there is one of that address.
pub async fn insert(tx: &mut Tx, operator: &Operator) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "INSERT INTO operators (id, email, email_key, role, may_send, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(operator.id.0)
    .bind(operator.email.as_str())
    .bind(operator.email.key())
    .bind(operator.role.as_str())
    .bind(operator.may_send)
    .bind(operator.created_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Finds an operator by address, with what signing in takes.
pub async fn account(tx: &mut Tx, email: &EmailAddress) -> Result<Option<Account>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM operators WHERE email_key = $1"
    )
    .bind(email.key())
    .fetch_optional(conn)
    .await)?;
    row.map(Account::try_from).transpose()
}

/// Finds an operator by id, with what signing in takes, and keeps others from changing it until the
/// transaction ends.
pub async fn account_locked(tx: &mut Tx, id: OperatorId) -> Result<Option<Account>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "UPDATE operators SET role = role WHERE id = $1 RETURNING *"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Account::try_from).transpose()
}

/// Finds an operator by id.
pub async fn find(tx: &mut Tx, id: OperatorId) -> Result<Option<Operator>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM operators WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    Ok(row.map(Account::try_from).transpose()?.map(|a| a.operator))
}

/// All operators by their addresses.
pub async fn list(tx: &mut Tx) -> Result<Vec<Operator>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM operators ORDER BY email_key"
    )
    .fetch_all(conn)
    .await)?;
    rows.into_iter()
        .map(|row| Ok(Account::try_from(row)?.operator))
        .collect()
}

/// The same, and nobody else changes any of them until the transaction ends: for rules about all.
pub async fn list_locked(tx: &mut Tx) -> Result<Vec<Operator>, StoreError> {
    if let Tx::Postgres(inner) = tx {
        sqlx::query("LOCK TABLE operators IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut **inner)
            .await?;
    }
    list(tx).await
}

/// Whether nobody has been made an operator yet.
pub async fn is_empty(tx: &mut Tx) -> Result<bool, StoreError> {
    let any: Option<Uuid> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT id FROM operators LIMIT 1"
    )
    .fetch_optional(conn)
    .await)?;
    Ok(any.is_none())
}

/// Changes role, right to send, and whether the operator can sign in.
pub async fn set_rights(
    tx: &mut Tx,
    id: OperatorId,
    role: Role,
    may_send: bool,
    disabled_at: Option<Time>,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE operators SET role = $2, may_send = $3, disabled_at = $4 WHERE id = $1"
    )
    .bind(id.0)
    .bind(role.as_str())
    .bind(may_send)
    .bind(disabled_at)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Sets the hash of the password, or takes it away.
pub async fn set_password(
    tx: &mut Tx,
    id: OperatorId,
    hash: Option<&str>,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE operators SET password_hash = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(hash)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Sets the secret of the second step, in force from a time on, or takes it away.
pub async fn set_totp(
    tx: &mut Tx,
    id: OperatorId,
    sealed: Option<&[u8]>,
    since: Option<Time>,
) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "UPDATE operators SET totp_secret = $2, totp_since = $3 WHERE id = $1"
    )
    .bind(id.0)
    .bind(sealed)
    .bind(since)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Notes that the code of a step was used; false where that or a later one was before.
pub async fn use_step(tx: &mut Tx, id: OperatorId, step: i64) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE operators SET totp_step = $2 WHERE id = $1 AND totp_step < $2"
    )
    .bind(id.0)
    .bind(step)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// Notes that an operator has signed in from a network.
pub async fn signed_in(
    tx: &mut Tx,
    id: OperatorId,
    network: &str,
    now: Time,
) -> Result<(), StoreError> {
    on!(&mut *tx, |conn| sqlx::query(
        "UPDATE operators SET signed_in_at = $2 WHERE id = $1"
    )
    .bind(id.0)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    on!(tx, |conn| sqlx::query(
        "INSERT INTO operator_networks (operator_id, network, seen_at) VALUES ($1, $2, $3)
         ON CONFLICT (operator_id, network) DO UPDATE SET seen_at = excluded.seen_at"
    )
    .bind(id.0)
    .bind(network)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Whether an operator of this address has signed in from a network before.
pub async fn knows_network(
    tx: &mut Tx,
    email: &EmailAddress,
    network: &str,
) -> Result<bool, StoreError> {
    let found: Option<String> = on!(tx, |conn| sqlx::query_scalar(
        "SELECT n.network FROM operator_networks n JOIN operators o ON o.id = n.operator_id
         WHERE o.email_key = $1 AND n.network = $2"
    )
    .bind(email.key())
    .bind(network)
    .fetch_optional(conn)
    .await)?;
    Ok(found.is_some())
}

/// Forgets networks that nobody has signed in from since `before`.
pub async fn prune_networks(tx: &mut Tx, before: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM operator_networks WHERE seen_at < $1"
    )
    .bind(before)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
