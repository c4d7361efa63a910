//! How many sign-ups came to which step on which day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::FromRow;

use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::funnel::FunnelStep;
use crate::domain::ids::PublicationId;

/// Sign-ups that came to a step together, by publication. Written last in a transaction and in this
/// order, so that no two of them wait for each other's rows.
#[derive(Debug, Default)]
pub struct Steps(BTreeMap<(PublicationId, &'static str), i64>);

impl Steps {
    /// One sign-up.
    pub fn one(publication: PublicationId, step: FunnelStep) -> Self {
        let mut steps = Self::default();
        steps.add(publication, step, 1);
        steps
    }

    /// Notes some more.
    pub fn add(&mut self, publication: PublicationId, step: FunnelStep, number: i64) {
        if number > 0 {
            *self.0.entry((publication, step.as_str())).or_default() += number;
        }
    }
}

/// Counts steps on the day of `now`.
pub async fn count(tx: &mut Tx, steps: &Steps, now: Time) -> Result<(), StoreError> {
    for ((publication, step), number) in &steps.0 {
        on!(&mut *tx, |conn| sqlx::query(
            "INSERT INTO sign_up_days (publication_id, day, step, number) VALUES ($1, $2, $3, $4)
             ON CONFLICT (publication_id, day, step)
             DO UPDATE SET number = sign_up_days.number + excluded.number"
        )
        .bind(publication.0)
        .bind(now.date_naive())
        .bind(*step)
        .bind(*number)
        .execute(conn)
        .await
        .map(drop))?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Row {
    day: NaiveDate,
    step: String,
    number: i64,
}

/// The counts of a publication from a day on, the latest day first.
pub async fn since(
    tx: &mut Tx,
    publication: PublicationId,
    day: NaiveDate,
) -> Result<Vec<(NaiveDate, FunnelStep, i64)>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT day, step, number FROM sign_up_days WHERE publication_id = $1 AND day >= $2
         ORDER BY day DESC, step"
    )
    .bind(publication.0)
    .bind(day)
    .fetch_all(conn)
    .await)?;
    rows.into_iter()
        .map(|row| {
            Ok((
                row.day,
                read("sign_up_days", "step", row.day, &row.step)?,
                row.number,
            ))
        })
        .collect()
}
