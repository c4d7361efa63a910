//! Claimed deliveries on their way, and what feeder and connections know of each other.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flume::{Receiver, Sender};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::QUEUE;
use super::failures::Tallies;
use super::letter::{Composed, Letters};
use crate::domain::clock::Time;
use crate::domain::ids::DeliveryId;
use crate::mail::Spliced;
use crate::store::claims::Claimed;

/// A queue that was full has room when this much is left.
const ROOM: usize = QUEUE / 2;

/// Buffers that are kept.
const SPARE: usize = 64;

/// One claimed delivery on its way to a connection.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) claimed: Claimed,
    pub(super) letters: Arc<Letters>,
    pub(super) edition: Arc<Composed>,
    /// The time in the Date field: that of the first attempt.
    pub(super) at: Time,
    /// The message, where it has been written already.
    pub(super) message: Spliced,
    /// Connections that broke before the mail was begun.
    pub(super) troubles: u8,
}

/// What feeder and connections know of each other.
#[derive(Debug)]
pub(super) struct Shared {
    /// Deliveries that are neither recorded nor handed back.
    held: Mutex<HashSet<DeliveryId>>,
    /// How many the list of claims names in the database.
    listed: AtomicUsize,
    /// Rung when the last of them is, and when there is room in a full queue.
    pub(super) bell: Notify,
    /// Whether the feeder waits for room in a queue.
    wants_room: AtomicBool,
    /// Buffers of mails that are gone, for the next ones.
    spare: Mutex<Vec<Spliced>>,
    /// How the mails of each issue end.
    pub(super) tallies: Tallies,
    /// Mails that found no connection, for another relay or a later time.
    returns: Sender<Item>,
}

impl Shared {
    pub(super) fn new(tallies: Tallies) -> (Arc<Self>, Receiver<Item>) {
        let (returns, returned) = flume::unbounded();
        let shared = Self {
            held: Mutex::default(),
            listed: AtomicUsize::new(0),
            bell: Notify::new(),
            wants_room: AtomicBool::new(false),
            spare: Mutex::default(),
            tallies,
            returns,
        };
        (Arc::new(shared), returned)
    }

    /// Whether every item is done with.
    pub(super) fn is_idle(&self) -> bool {
        self.lock().is_empty()
    }

    /// Rows have been claimed.
    pub(super) fn taken(&self, rows: &[Claimed]) {
        let mut held = self.lock();
        held.extend(rows.iter().map(|row| row.id));
        self.listed.store(held.len(), Ordering::Relaxed);
    }

    /// What this process has.
    pub(super) fn held(&self) -> Vec<DeliveryId> {
        self.lock().iter().copied().collect()
    }

    /// The same, where the list of claims is longer.
    pub(super) fn shorter_list(&self) -> Option<Vec<DeliveryId>> {
        let held = self.held();
        let listed = self.listed.swap(held.len(), Ordering::Relaxed);
        (held.len() < listed).then_some(held)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<DeliveryId>> {
        lock(&self.held)
    }

    /// A delivery's attempt has been recorded, or its row handed back.
    pub(super) fn resolved(&self, id: DeliveryId) {
        let mut held = self.lock();
        held.remove(&id);
        if held.is_empty() {
            self.bell.notify_one();
        }
    }

    /// Waits until a queue that was full has room, or a while.
    pub(super) async fn room(&self, patience: Duration) {
        self.wants_room.store(true, Ordering::Relaxed);
        let _ = timeout(patience, self.bell.notified()).await;
    }

    /// Tells the feeder, where it waits for that, that a queue of which `left` items are left has
    /// room again.
    pub(super) fn make_room(&self, left: usize) {
        if left <= ROOM && self.wants_room.swap(false, Ordering::Relaxed) {
            self.bell.notify_one();
        }
    }

    /// An empty buffer for a mail.
    pub(super) fn buffer(&self) -> Spliced {
        lock(&self.spare).pop().unwrap_or_default()
    }

    /// Keeps the buffer of a mail that is gone.
    pub(super) fn keep_buffer(&self, mut buffer: Spliced) {
        let mut spare = lock(&self.spare);
        if spare.len() < SPARE {
            buffer.clear();
            spare.push(buffer);
        }
    }

    /// Gives an item back to the feeder.
    pub(super) fn give_back(&self, item: Item) {
        // The feeder outlives the connections.
        let _ = self.returns.send(item);
        self.bell.notify_one();
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
