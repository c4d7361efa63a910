//! One writer for the results of all connections: what has gathered while the last transaction
//! was written goes into the next one.

use tokio::sync::{mpsc, oneshot};

use crate::domain::clock::Time;
use crate::domain::ids::DeliveryId;
use crate::services::Deps;
use crate::store::deliveries::{self, Claimer, Record};
use crate::store::{Store, StoreError};

/// The most steps that one transaction takes.
const GROUP: usize = 256;

/// The result of a connection's last mail and the mark for its next.
pub(super) struct Step {
    pub claimer: Claimer,
    pub result: Option<Record>,
    pub begin: Option<DeliveryId>,
    pub now: Time,
    answer: oneshot::Sender<Result<bool, StoreError>>,
}

/// A handle to the writer.
#[derive(Clone)]
pub(super) struct Recorder {
    steps: mpsc::Sender<Step>,
}

impl Recorder {
    /// Starts the writer; it ends when the last handle is dropped.
    pub(super) fn start(deps: Deps) -> Self {
        let (steps, incoming) = mpsc::channel(GROUP);
        tokio::spawn(write(deps.store, incoming));
        Self { steps }
    }

    /// Records a result and marks the next mail as begun, durably. True where the next mail may
    /// be sent.
    pub(super) async fn step(
        &self,
        claimer: &Claimer,
        result: Option<Record>,
        begin: Option<DeliveryId>,
        now: Time,
    ) -> Result<bool, StoreError> {
        let (answer, answered) = oneshot::channel();
        let step = Step {
            claimer: claimer.clone(),
            result,
            begin,
            now,
            answer,
        };
        let gone = || StoreError::Queue("the writer of results stopped".to_owned());
        self.steps.send(step).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

async fn write(store: Store, mut incoming: mpsc::Receiver<Step>) {
    let mut group = Vec::with_capacity(GROUP);
    while incoming.recv_many(&mut group, GROUP).await > 0 {
        match write_group(&store, &group).await {
            Ok(begun) => {
                for (step, may_send) in group.drain(..).zip(begun) {
                    let _ = step.answer.send(Ok(may_send));
                }
            }
            Err(error) => {
                // Each step on its own, so that one that cannot be written does not take the
                // others with it.
                tracing::warn!(%error, steps = group.len(), "results could not be written together");
                for step in group.drain(..) {
                    let written = write_group(&store, std::slice::from_ref(&step)).await;
                    let _ = step
                        .answer
                        .send(written.map(|begun| begun.first().copied().unwrap_or(false)));
                }
            }
        }
    }
}

async fn write_group(store: &Store, group: &[Step]) -> Result<Vec<bool>, StoreError> {
    let mut tx = store.begin().await?;
    let mut begun = Vec::with_capacity(group.len());
    for step in group {
        if let Some(result) = &step.result {
            deliveries::record(&mut tx, result, &step.claimer, step.now).await?;
        }
        begun.push(match step.begin {
            Some(id) => deliveries::begin(&mut tx, id, &step.claimer, step.now).await?,
            None => false,
        });
    }
    tx.commit().await?;
    Ok(begun)
}
