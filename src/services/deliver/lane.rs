//! One connection's work.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::DeliverError;
use super::letter::Letters;
use super::recorder::Recorder;
use crate::domain::clock::Time;
use crate::domain::delivery::{self, DeliveryState, OnUnknown, Outcome, Reply, next_attempt};
use crate::mail::Connection;
use crate::services::Deps;
use crate::store::StoreError;
use crate::store::deliveries::{self, Claimed, Claimer, Record};

/// Rows claimed at a time: few, so that little waits for a connection that is slow.
const CLAIM: i64 = 10;
/// Connections that fail one after the other before the relay is taken to be down.
const MOST_BROKEN: u32 = 3;

/// A connection and the rows it works on.
pub(super) struct Lane {
    deps: Deps,
    letters: Arc<Letters>,
    recorder: Recorder,
    claimer: Claimer,
    stop: CancellationToken,
    until: Option<Instant>,
    connection: Option<Connection>,
    /// Connections that broke in a row.
    broken: u32,
    /// The result of the last mail, recorded with the mark of the next.
    result: Option<Record>,
}

impl Lane {
    pub(super) fn new(
        deps: &Deps,
        letters: &Arc<Letters>,
        recorder: &Recorder,
        number: usize,
        stop: CancellationToken,
        until: Option<Instant>,
    ) -> Self {
        let lane = i64::try_from(number).unwrap_or_default();
        Self {
            claimer: Claimer {
                node: deps.node.clone(),
                lane,
            },
            deps: deps.clone(),
            letters: Arc::clone(letters),
            recorder: recorder.clone(),
            stop,
            until,
            connection: None,
            broken: 0,
            result: None,
        }
    }

    pub(super) async fn run(mut self) -> Result<(), DeliverError> {
        let worked = self.work().await;
        let recorded = self.record_last().await;
        let released = self.release().await;
        if let Some(connection) = self.connection.take() {
            connection.quit().await;
        }
        worked?;
        recorded?;
        released?;
        Ok(())
    }

    async fn work(&mut self) -> Result<(), DeliverError> {
        while !self.is_over() {
            let batch = self.claim().await?;
            if batch.is_empty() {
                return Ok(());
            }
            for claimed in batch {
                if self.stop.is_cancelled() {
                    return Ok(());
                }
                self.connect().await?;
                self.send(&claimed).await?;
                if self.broken >= MOST_BROKEN {
                    return Err(DeliverError::RelayDown(
                        "the relay breaks its connections".to_owned(),
                    ));
                }
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.stop.is_cancelled() || self.until.is_some_and(|until| Instant::now() >= until)
    }

    async fn claim(&mut self) -> Result<Vec<Claimed>, StoreError> {
        self.record_last().await?;
        let mut tx = self.deps.store.begin().await?;
        let now = self.deps.now();
        let batch =
            deliveries::claim(&mut tx, self.letters.issue.id, &self.claimer, now, CLAIM).await?;
        tx.commit().await?;
        Ok(batch)
    }

    async fn connect(&mut self) -> Result<(), DeliverError> {
        if self.connection.as_ref().is_some_and(Connection::is_usable) {
            return Ok(());
        }
        if let Some(worn) = self.connection.take() {
            worn.quit().await;
        }
        match self.deps.relay.connect().await {
            Ok(connection) => {
                self.connection = Some(connection);
                Ok(())
            }
            Err(error) => Err(DeliverError::RelayDown(error.to_string())),
        }
    }

    async fn send(&mut self, claimed: &Claimed) -> Result<(), StoreError> {
        let Some(edition) = self.letters.edition(&self.deps, claimed.edition).await? else {
            let (table, column) = ("deliveries", "edition_id");
            return Err(StoreError::Corrupt {
                table,
                column,
                id: claimed.id.to_string(),
            });
        };
        let now = self.deps.now();
        let first_attempt_at = claimed.first_attempt_at.unwrap_or(now);
        // Written before the row is marked as begun: a mail that cannot be written is not sent.
        let letter = self
            .letters
            .write(&self.deps, claimed, &edition, first_attempt_at);
        let last = self.result.clone();
        let may_send = self
            .recorder
            .step(&self.claimer, last, Some(claimed.id), now)
            .await?;
        // Kept until it is written: a result that is lost would send a mail twice.
        self.result = None;
        if !may_send {
            return Ok(());
        }
        let outcome = match (&letter, self.connection.as_mut()) {
            (Ok(bytes), Some(connection)) => {
                let from = self.letters.publication.from.email.as_str();
                connection.send(from, &claimed.email, bytes).await
            }
            (Ok(_), None) => Outcome::NotBegun("no connection".to_owned()),
            (Err(error), _) => {
                tracing::error!(delivery = %claimed.id, %error, "a mail could not be written");
                Outcome::Refused(Reply {
                    code: 0,
                    enhanced: None,
                    text: error.to_string(),
                })
            }
        };
        self.broken = if matches!(outcome, Outcome::NotBegun(_) | Outcome::Unknown(_)) {
            self.broken + 1
        } else {
            0
        };
        self.result = Some(self.judge(claimed, first_attempt_at, outcome));
        Ok(())
    }

    /// Turns the outcome of an attempt into the row's next state.
    fn judge(&self, claimed: &Claimed, first_attempt_at: Time, outcome: Outcome) -> Record {
        let now = self.deps.now();
        let attempts = claimed.attempts + 1;
        let again = || {
            let jitter = self.deps.random.fraction();
            let retry_for = self.deps.limits.retry_for;
            next_attempt(
                delivery::Lane::Delivery,
                attempts,
                first_attempt_at,
                now,
                retry_for,
                jitter,
            )
        };
        let blank = Record {
            id: claimed.id,
            state: DeliveryState::Sent,
            reply: None,
            reason: None,
            next_attempt_at: None,
            repeated: false,
        };
        match outcome {
            Outcome::Accepted(reply) => Record {
                reply: Some(reply),
                ..blank
            },
            Outcome::Refused(reply) => Record {
                state: DeliveryState::Failed,
                reply: Some(reply),
                ..blank
            },
            Outcome::Deferred(reply) => Record {
                reply: Some(reply),
                ..retry(blank, again())
            },
            // The first broken connections are the relay's fault: tried again without waiting.
            Outcome::NotBegun(text) => {
                let next = if attempts <= 2 { Some(now) } else { again() };
                Record {
                    reason: Some(text),
                    ..retry(blank, next)
                }
            }
            Outcome::Unknown(text) => match self.deps.limits.on_unknown {
                OnUnknown::Resend => Record {
                    reason: Some(text),
                    repeated: true,
                    ..retry(blank, again())
                },
                OnUnknown::Hold => Record {
                    state: DeliveryState::Unknown,
                    reason: Some(text),
                    ..blank
                },
            },
        }
    }

    /// Records the last result; while the database does not take it (a full disk, a lock) there is
    /// nothing better to do than to wait and try again.
    async fn record_last(&mut self) -> Result<(), StoreError> {
        while let Some(result) = self.result.clone() {
            match self
                .recorder
                .step(&self.claimer, Some(result), None, self.deps.now())
                .await
            {
                Ok(_) => self.result = None,
                Err(error) if self.stop.is_cancelled() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "the result of a mail cannot be recorded; trying again");
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                }
            }
        }
        Ok(())
    }

    /// Gives back what was claimed and not begun.
    async fn release(&self) -> Result<(), StoreError> {
        let mut tx = self.deps.store.begin().await?;
        deliveries::release(&mut tx, &self.claimer).await?;
        tx.commit().await
    }
}

fn retry(record: Record, next: Option<Time>) -> Record {
    match next {
        Some(_) => Record {
            state: DeliveryState::Deferred,
            next_attempt_at: next,
            ..record
        },
        None => Record {
            state: DeliveryState::Failed,
            reason: Some("given up: refused for as long as mails are tried again".to_owned()),
            ..record
        },
    }
}
