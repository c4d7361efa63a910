//! Proofs that were handed in with a form: each counts once.

use serde::Serialize;

use super::lists::{Texts, json};
use super::{StoreError, Tx, on};
use crate::domain::clock::Time;
use crate::domain::proof::Proof;

const ADD: Texts = Texts {
    sqlite: "INSERT INTO used_proofs (id, expires_at)
        SELECT unhex(value ->> 'id'), value ->> 'expires_at' FROM json_each($1) WHERE true
        ON CONFLICT (id) DO NOTHING RETURNING id",
    postgres: "INSERT INTO used_proofs (id, expires_at)
        SELECT decode(id, 'hex'), expires_at
        FROM json_to_recordset($1::json) AS j (id text, expires_at bigint) ORDER BY id
        ON CONFLICT (id) DO NOTHING RETURNING id",
};

#[derive(Serialize)]
struct Used {
    id: String,
    expires_at: i64,
}

/// Remembers proofs as used; returns the ids of those that had not been.
pub async fn add(tx: &mut Tx, proofs: &[&Proof]) -> Result<Vec<Vec<u8>>, StoreError> {
    let used = |proof: &&Proof| Used {
        id: proof.id.iter().map(|byte| format!("{byte:02x}")).collect(),
        expires_at: proof.expires_at.timestamp(),
    };
    let list: Vec<Used> = proofs.iter().map(used).collect();
    let statement = ADD.on(tx);
    Ok(on!(tx, |conn| sqlx::query_scalar(statement)
        .bind(json(&list)?)
        .fetch_all(conn)
        .await)?)
}

/// Forgets those that count no more anyway.
pub async fn prune(tx: &mut Tx, now: Time) -> Result<(), StoreError> {
    on!(tx, |conn| sqlx::query(
        "DELETE FROM used_proofs WHERE expires_at < $1"
    )
    .bind(now.timestamp())
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}
