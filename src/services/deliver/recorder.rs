//! One writer for the results of all connections: what has gathered while the last group was
//! written goes into the next one.
//!
//! A group is committed without waiting for the disk, so that a killed process repeats at most
//! the mail that each connection had in flight. The disk follows every [`SYNC`], which is what a
//! power cut may repeat.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::domain::clock::Time;
use crate::domain::ids::DeliveryId;
use crate::services::Deps;
use crate::store::results::{InFlight, Record, Steps};
use crate::store::{Store, StoreError};

/// The most steps that one transaction takes.
const GROUP: usize = 256;
/// A group of this size is not waited for any longer, and the others only while there is work.
const ENOUGH: usize = 5;
const PATIENCE: usize = 6;
/// How much sending a power cut may undo.
const SYNC: Duration = Duration::from_millis(200);

/// The result of a connection's last mail and the mark for its next.
struct Step {
    result: Option<Record>,
    begin: Option<(DeliveryId, Time)>,
    answer: oneshot::Sender<Result<bool, StoreError>>,
}

/// A handle to the writer.
#[derive(Clone)]
pub(super) struct Recorder {
    steps: mpsc::Sender<Step>,
}

/// The writer's task.
pub(super) type Writing = tokio::task::JoinHandle<()>;

impl Recorder {
    /// Starts the writer; it ends when the last handle is dropped and all is on the disk.
    pub(super) fn start(deps: &Deps) -> (Self, Writing) {
        let (steps, incoming) = mpsc::channel(GROUP);
        let writer = Writer {
            store: deps.store.clone(),
            steps: Steps::new(&deps.store, &deps.node),
        };
        (Self { steps }, tokio::spawn(writer.run(incoming)))
    }

    /// Records a result and marks the next mail as begun. True where the next mail may be sent.
    pub(super) async fn step(
        &self,
        result: Option<Record>,
        begin: Option<(DeliveryId, Time)>,
    ) -> Result<bool, StoreError> {
        let (answer, answered) = oneshot::channel();
        let gone = || StoreError::Queue("the writer of results stopped".to_owned());
        let step = Step {
            result,
            begin,
            answer,
        };
        self.steps.send(step).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

struct Writer {
    store: Store,
    steps: Steps,
}

impl Writer {
    async fn run(mut self, mut incoming: mpsc::Receiver<Step>) {
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
                        syncing = Some(tokio::spawn(sync(self.store.clone())));
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
        sync(self.store).await;
    }

    async fn write(&mut self, group: &mut Vec<Step>) {
        let error = match self.write_group(group).await {
            Ok(in_flight) => {
                for step in group.drain(..) {
                    let may_send = step.may_send(in_flight);
                    let _ = step.answer.send(Ok(may_send));
                }
                return;
            }
            Err(error) => error,
        };
        // Each step on its own, so that one that cannot be written does not take the others with it.
        tracing::warn!(%error, steps = group.len(), "results could not be written together");
        for step in group.drain(..) {
            let written = self.write_group(std::slice::from_ref(&step)).await;
            let may_send = written.map(|in_flight| step.may_send(in_flight));
            let _ = step.answer.send(may_send);
        }
    }

    async fn write_group(&mut self, group: &[Step]) -> Result<&InFlight, StoreError> {
        let results: Vec<Record> = group.iter().filter_map(|s| s.result.clone()).collect();
        let begins: InFlight = group.iter().filter_map(|step| step.begin).collect();
        self.steps.write(&results, &begins).await
    }
}

impl Step {
    fn may_send(&self, in_flight: &InFlight) -> bool {
        self.begin
            .is_some_and(|(id, _)| in_flight.contains_key(&id))
    }
}

/// Lets the connections that are about to finish a mail do so: what a transaction costs is shared
/// by its group.
async fn gather(incoming: &mut mpsc::Receiver<Step>, group: &mut Vec<Step>) {
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
