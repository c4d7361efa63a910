//! How a connection comes to its next mail: from its relay's queue, when the relay takes one more.

use std::time::Duration;

use flume::{RecvError, TryRecvError};

use super::item::Item;
use super::lane::{Lane, PATIENCE};
use super::routes::Admission;
use crate::mail::Session;
use crate::store::StoreError;

/// A connection without work is closed.
const IDLE: Duration = Duration::from_secs(5);

impl Lane {
    /// The next mail; waits for one. `None` where there is nothing more to do.
    pub(super) async fn take(
        &mut self,
        session: &mut Option<Session>,
    ) -> Result<Option<Item>, StoreError> {
        if let Some(item) = self.take_at_once().await? {
            return Ok(Some(item));
        }
        loop {
            let item = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(None),
                item = self.wait() => item,
                // One commit for them and the marks of the next mails, where those come soon.
                () = tokio::time::sleep(PATIENCE), if !self.step.is_empty() => {
                    self.record().await?;
                    continue;
                }
                () = tokio::time::sleep(IDLE), if session.is_some() => {
                    if let Some(idle) = session.take() {
                        idle.quit().await;
                    }
                    continue;
                }
            };
            let Ok(item) = item else { return Ok(None) };
            if let Some(item) = self.admit(item).await? {
                return Ok(Some(item));
            }
        }
    }

    /// Waits for a mail, after those connections that wait longer.
    async fn wait(&self) -> Result<Item, RecvError> {
        let _turn = self.door.lock().await;
        self.queue.recv_async().await
    }

    /// A mail that is in the queue already and may go at once.
    pub(super) async fn take_at_once(&mut self) -> Result<Option<Item>, StoreError> {
        while !self.stop.is_cancelled() {
            if self.routes.admit(&self.deps, self.at, true).await? != Admission::Yes {
                return Ok(None);
            }
            match self.queue.try_recv() {
                Ok(item) => {
                    self.shared.make_room(self.queue.len());
                    if let Some(item) = self.unless_halted(item) {
                        return Ok(Some(item));
                    }
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => {
                    self.routes.forgo(self.at);
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    /// Waits until the relay takes one more mail.
    async fn admit(&mut self, item: Item) -> Result<Option<Item>, StoreError> {
        self.shared.make_room(self.queue.len());
        loop {
            match self.routes.admit(&self.deps, self.at, false).await? {
                Admission::Yes => return Ok(self.unless_halted(item)),
                Admission::Closed => {
                    self.shared.give_back(item);
                    return Ok(None);
                }
                Admission::Wait(wait) => {
                    self.record().await?;
                    tokio::select! {
                        () = self.stop.cancelled() => {
                            self.shared.give_back(item);
                            return Ok(None);
                        }
                        () = tokio::time::sleep(wait.max(Duration::from_millis(1))) => {}
                    }
                }
            }
        }
    }

    /// Drops a mail whose issue was paused: announced, it would cost the connection.
    fn unless_halted(&self, item: Item) -> Option<Item> {
        if item.letters.is_halted() {
            self.forget(&item);
            return None;
        }
        Some(item)
    }
}
