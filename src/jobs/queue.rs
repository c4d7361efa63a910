//! The workers of the queues, and how they are woken.
//!
//! The queue's own polling wakes up every 30 seconds; ours looks every 100 milliseconds and at
//! once when this process has committed a job.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use apalis::prelude::{BackendExt, Data, WorkerBuilder};
use apalis_postgres::PostgresStorage;
use apalis_sqlite::SqliteStorage;
use futures_util::Stream;
use tokio::sync::{Notify, Semaphore, futures::OwnedNotified, mpsc};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::handlers::{Hands, handle, start};
use crate::domain::job::{Job, Queue, Wakeups};
use crate::services::Deps;
use crate::store::QueuePool;

/// How often a queue is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// The queue's own record of a live worker.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Notices that wait in this process.
const MOST_OFFERED: usize = 1000;
/// Jobs taken at a time.
const BATCH: usize = 16;

/// The bells of this process: one for each queue, and one for the delivery engine.
#[derive(Debug, Default)]
pub struct Wakes {
    notices: Arc<Notify>,
    feeds: Arc<Notify>,
    issues: Arc<Notify>,
    pub(super) engine: Notify,
    /// Where notices of this process go, which need not wait for the queue.
    direct: OnceLock<mpsc::Sender<Job>>,
}

impl Wakes {
    fn bell(&self, queue: Queue) -> &Arc<Notify> {
        match queue {
            Queue::Notices => &self.notices,
            Queue::Feeds => &self.feeds,
            Queue::Issues => &self.issues,
        }
    }
}

impl Wakeups for Wakes {
    fn wake(&self, queue: Queue) {
        self.bell(queue).notify_one();
        if queue == Queue::Issues {
            self.engine.notify_one();
        }
    }

    fn offer(&self, job: &Job) {
        if let (Job::SendNotice { .. }, Some(direct)) = (job, self.direct.get()) {
            // Where there is no room, the queue has the job too.
            let _ = direct.try_send(job.clone());
        }
        self.wake(job.queue());
    }
}

/// Works on the notices of this process as soon as they are committed. Somebody is waiting for
/// them, and the queue's own connections have no turn among the writers of SQLite: beside a large
/// send they would wait for seconds.
pub(super) async fn work_directly(deps: Deps, wakes: Arc<Wakes>, stop: CancellationToken) {
    let (direct, mut offered) = mpsc::channel(MOST_OFFERED);
    if wakes.direct.set(direct).is_err() {
        return;
    }
    let hands = Hands::new(&deps, &wakes, Queue::Notices, &stop);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            job = offered.recv() => match job {
                Some(job) => start(hands.clone(), job).await,
                None => break,
            },
        }
    }
    hands.finish().await;
}

impl Hands {
    fn new(deps: &Deps, wakes: &Arc<Wakes>, queue: Queue, stop: &CancellationToken) -> Self {
        let width = match queue {
            Queue::Notices | Queue::Feeds => 8,
            Queue::Issues => 2,
        };
        Self {
            deps: deps.clone(),
            wakes: Arc::clone(wakes),
            permits: Arc::new(Semaphore::new(width)),
            tasks: TaskTracker::new(),
            stop: stop.clone(),
        }
    }

    /// Waits for the jobs that have been started.
    async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Wakes the task that polls it at every tick and every ring. It never yields an item: being
/// woken is what makes the worker look, and an item taken at the wrong moment would be lost.
struct Alarm {
    ticks: Interval,
    bell: Arc<Notify>,
    ring: Pin<Box<OwnedNotified>>,
}

impl Alarm {
    fn new(bell: &Arc<Notify>) -> Self {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            ticks,
            bell: Arc::clone(bell),
            ring: Box::pin(Arc::clone(bell).notified_owned()),
        }
    }
}

impl Stream for Alarm {
    type Item = ();

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<()>> {
        while self.ticks.poll_tick(cx).is_ready() {}
        while self.ring.as_mut().poll(cx).is_ready() {
            let next = Arc::clone(&self.bell).notified_owned();
            self.ring = Box::pin(next);
        }
        Poll::Pending
    }
}

/// Works on a queue until `stop`; a worker that fails is replaced.
pub(super) async fn work(deps: Deps, wakes: Arc<Wakes>, queue: Queue, stop: CancellationToken) {
    let hands = Hands::new(&deps, &wakes, queue, &stop);
    let mut generation = 0_u32;
    while !stop.is_cancelled() {
        // Unique for each start: a name taken over from a dead worker would keep its jobs locked.
        let name = format!("{}-{}-{generation}", deps.node, queue.name());
        let alarm = Alarm::new(wakes.bell(queue));
        let ended = match deps.store.queue_pool() {
            QueuePool::Sqlite(pool) => {
                let config = apalis_sqlite::Config::default()
                    .queue(queue.name())
                    .batch_size(BATCH)
                    .heartbeat_interval(HEARTBEAT);
                let backend = SqliteStorage::<Job>::new(&pool)
                    .with_config(config)
                    .poll_with_stream(alarm);
                let worker = WorkerBuilder::new(name)
                    .backend(backend)
                    .data(hands.clone())
                    .build(handle);
                worker
                    .run_until(stopped(stop.clone()))
                    .await
                    .map_err(|e| e.to_string())
            }
            QueuePool::Postgres(pool) => {
                let config = apalis_postgres::Config::default()
                    .queue(queue.name())
                    .batch_size(BATCH)
                    .heartbeat_interval(HEARTBEAT);
                let backend = PostgresStorage::<Job>::new(&pool)
                    .with_config(config)
                    .poll_with_stream(alarm);
                let worker = WorkerBuilder::new(name)
                    .backend(backend)
                    .data(hands.clone())
                    .build(handle);
                worker
                    .run_until(stopped(stop.clone()))
                    .await
                    .map_err(|e| e.to_string())
            }
        };
        if let Err(error) = ended {
            tracing::warn!(queue = queue.name(), %error, "a queue's worker failed and is replaced");
        }
        generation += 1;
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
    hands.finish().await;
}

async fn stopped(stop: CancellationToken) -> std::io::Result<()> {
    stop.cancelled().await;
    Ok(())
}

/// The worker's state as a handler gets it.
pub(super) type State = Data<Hands>;
