//! One writer for the results of all connections: what has gathered while the last group was
//! written goes into the next one.
//!
//! A group is committed without waiting for the disk, so that a killed process repeats at most
//! the mail that each connection had in flight. The disk follows every [`SYNC`], which is what a
//! power cut may repeat.

use std::time::Duration;

use metrics::counter;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::domain::clock::Time;
use crate::domain::delivery::DeliveryState;
use crate::domain::ids::DeliveryId;
use crate::services::{Deps, tell};
use crate::store::results::{InFlight, Record, Steps};
use crate::store::{Store, StoreError};

/// The most steps that one transaction takes.
const GROUP: usize = 256;
/// A group of this size is not waited for any longer, and the others only while there is work. With most
/// connections in one group, they would all wait for its commit, and the database for them.
const ENOUGH: usize = 4;
const PATIENCE: usize = 1;
/// How much sending a power cut may undo.
const SYNC: Duration = Duration::from_millis(200);

/// What a connection writes at once.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// The results of its last mails.
    pub(super) results: Vec<Record>,
    /// Mails that were begun and have not been sent: no attempt.
    pub(super) withdrawn: Vec<DeliveryId>,
    /// The marks for its next mails, with the times in their Date fields.
    pub(super) begins: Vec<(DeliveryId, Time)>,
}

impl Step {
    pub(super) fn is_empty(&self) -> bool {
        self.results.is_empty() && self.withdrawn.is_empty() && self.begins.is_empty()
    }

    /// Of each mail that begins, whether it may be sent.
    fn verdicts(&self, in_flight: &InFlight) -> Vec<bool> {
        let begins = self.begins.iter();
        begins.map(|(id, _)| in_flight.contains_key(id)).collect()
    }
}

/// The step comes back with what became of it.
type Written = (Step, Result<Vec<bool>, StoreError>);

struct Order {
    step: Step,
    answer: oneshot::Sender<Written>,
}

/// A handle to the writer.
#[derive(Clone)]
pub(super) struct Recorder {
    orders: mpsc::Sender<Order>,
}

/// The writer's task.
pub(super) type Writing = tokio::task::JoinHandle<()>;

impl Recorder {
    /// Starts the writer; it ends when the last handle is dropped and all is on the disk.
    pub(super) fn start(deps: &Deps) -> (Self, Writing) {
        let (orders, incoming) = mpsc::channel(GROUP);
        let writer = Writer {
            deps: deps.clone(),
            steps: Steps::new(&deps.store, &deps.node),
        };
        (Self { orders }, tokio::spawn(writer.run(incoming)))
    }

    /// Writes a step; tells of each mail that begins whether it may be sent. With an error the
    /// step is as it was, to be tried again.
    pub(super) async fn write(&self, step: &mut Step) -> Result<Vec<bool>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let order = Order {
            step: std::mem::take(step),
            answer,
        };
        if let Err(mpsc::error::SendError(order)) = self.orders.send(order).await {
            *step = order.step;
            return Err(gone());
        }
        let written = answered.await.map_err(|_| gone())?;
        *step = written.0;
        written.1
    }
}

fn gone() -> StoreError {
    StoreError::Queue("the writer of results stopped".to_owned())
}

struct Writer {
    deps: Deps,
    steps: Steps,
}

impl Writer {
    async fn run(mut self, mut incoming: mpsc::Receiver<Order>) {
        let mut group = Vec::with_capacity(GROUP);
        let mut ticks = interval(SYNC);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut groups, mut steps) = (0_usize, 0_usize);
        let mut unsynced: Option<Instant> = None;
        let mut syncing: Option<Writing> = None;
        loop {
            tokio::select! {
                biased;
                _ = ticks.tick(), if unsynced.is_some() => {
                    // The next group does not wait for the disk either.
                    if syncing.as_ref().is_none_or(Writing::is_finished) {
                        syncing = Some(tokio::spawn(sync(self.deps.store.clone())));
                        unsynced = None;
                    }
                }
                taken = incoming.recv_many(&mut group, GROUP) => {
                    if taken == 0 {
                        break;
                    }
                    gather(&mut incoming, &mut group).await;
                    (groups, steps) = (groups + 1, steps + group.len());
                    self.write(&mut group).await;
                    unsynced.get_or_insert_with(Instant::now);
                }
            }
        }
        tracing::debug!(groups, steps, "results written");
        sync(self.deps.store).await;
    }

    async fn write(&mut self, group: &mut Vec<Order>) {
        let error = match self.write_group(group).await {
            Ok(in_flight) => {
                for Order { step, answer } in group.drain(..) {
                    let verdicts = step.verdicts(in_flight);
                    let _ = answer.send((step, Ok(verdicts)));
                }
                return;
            }
            Err(error) => error,
        };
        // Each step on its own, so that one that cannot be written does not take the others with it.
        tracing::warn!(%error, steps = group.len(), "results could not be written together");
        for order in group.drain(..) {
            let written = self.write_group(std::slice::from_ref(&order)).await;
            let verdicts = written.map(|in_flight| order.step.verdicts(in_flight));
            let _ = order.answer.send((order.step, verdicts));
        }
    }

    async fn write_group(&mut self, group: &[Order]) -> Result<&InFlight, StoreError> {
        let steps = || group.iter().map(|order| &order.step);
        let results: Vec<&Record> = steps().flat_map(|step| &step.results).collect();
        let withdrawn: Vec<DeliveryId> =
            steps().flat_map(|s| s.withdrawn.iter().copied()).collect();
        let begins: InFlight = steps()
            .flat_map(|step| step.begins.iter().copied())
            .collect();
        if !results
            .iter()
            .any(|record| record.state == DeliveryState::Failed)
        {
            let written = self.steps.write(&results, &withdrawn, begins).await?;
            count(&results);
            return Ok(written);
        }
        // Who wants to be told of mails that are given up is told with the results.
        let mut tx = self.deps.store.begin_relaxed().await?;
        let written = self.steps.write_in(&mut tx, &results, &withdrawn, begins);
        let written = written.await?;
        tell::failures(&self.deps, &mut tx, &results).await?;
        tx.commit().await?;
        count(&results);
        Ok(self.steps.keep(written))
    }
}

/// Counts the attempts of a group, which nearly always end alike.
fn count(results: &[&Record]) {
    let alike = |a: &&Record, b: &&Record| a.state == b.state && a.relay == b.relay;
    for run in results.chunk_by(alike) {
        let relay = run[0].relay.clone().unwrap_or_default();
        let attempts = u64::try_from(run.len()).unwrap_or(u64::MAX);
        counter!("paperround_mails_total", "relay" => relay, "outcome" => run[0].state.as_str())
            .increment(attempts);
    }
}

/// Lets the connections that are about to finish a mail do so: what a transaction costs is shared
/// by its group.
async fn gather(incoming: &mut mpsc::Receiver<Order>, group: &mut Vec<Order>) {
    for _ in 0..PATIENCE {
        if group.len() >= ENOUGH {
            return;
        }
        tokio::task::yield_now().await;
        while let Ok(step) = incoming.try_recv() {
            group.push(step);
        }
    }
}

async fn sync(store: Store) {
    if let Err(error) = store.sync().await {
        tracing::error!(%error, "results cannot be brought to the disk; tried again with the next");
    }
}
