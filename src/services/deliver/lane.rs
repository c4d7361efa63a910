//! One connection's work: it takes mails from its relay's queue and sends them one after the
//! other, the next one's envelope along with each mail.
//!
//! Between the server's go-ahead and the mail itself stands a commit: the result of the last mail
//! and the mark of this one. So a process that is killed leaves one row for each connection
//! whose outcome nobody knows. Where the server takes several mails in one go (`window`), it is
//! one row for each of these.

use std::sync::Arc;
use std::time::Duration;

use flume::{Receiver, RecvError, TryRecvError};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::item::{Item, Shared};
use super::judge::{judge, unwritable};
use super::recorder::{Recorder, Step};
use super::routes::{Admission, Routes};
use crate::domain::delivery::{Concern, Outcome, concern, is_about_us};
use crate::domain::return_address::ReturnAddress;
use crate::mail::{self, Envelope, Refusal, Session};
use crate::services::{Deps, links};
use crate::store::StoreError;

/// A result does not wait longer than this for the next mail, nor for its go-ahead.
const PATIENCE: Duration = Duration::from_millis(20);
/// A connection without work is closed.
const IDLE: Duration = Duration::from_secs(5);

/// A connection and what it works with.
pub(super) struct Lane {
    pub(super) deps: Deps,
    pub(super) routes: Arc<Routes>,
    /// Which relay.
    pub(super) at: usize,
    pub(super) queue: Receiver<Item>,
    /// Held by the one connection of the relay that waits for mail, so that what comes at once
    /// does not go to as many connections as there are mails.
    pub(super) door: Arc<Mutex<()>>,
    pub(super) shared: Arc<Shared>,
    pub(super) recorder: Recorder,
    /// Takes no more mails.
    pub(super) stop: CancellationToken,
    /// Waits no longer for a database that takes no results.
    pub(super) give_up: CancellationToken,
    /// The results of the last mails, recorded with the marks of the next.
    pub(super) step: Step,
}

/// A written mail.
pub(super) struct Mail {
    pub(super) item: Item,
    pub(super) envelope: Envelope,
}

impl Lane {
    pub(super) async fn run(mut self) -> Result<(), StoreError> {
        let mut session = None;
        let mut waiting = None;
        let worked = self.work(&mut session, &mut waiting).await;
        if let Some(mail) = waiting {
            self.give_back(mail);
        }
        let recorded = self.record().await;
        if let Some(session) = session {
            session.quit().await;
        }
        worked.and(recorded)
    }

    async fn work(
        &mut self,
        session: &mut Option<Session>,
        waiting: &mut Option<Mail>,
    ) -> Result<(), StoreError> {
        loop {
            if waiting.is_none() {
                *waiting = self.take(session).await?;
            }
            let Some(mail) = waiting.take() else {
                return Ok(());
            };
            if !session.as_ref().is_some_and(Session::is_usable) {
                self.record().await?;
                if let Some(worn) = session.take() {
                    worn.quit().await;
                }
                *session = self.routes.connect(self.at).await;
            }
            let Some(open) = session.as_mut() else {
                self.give_back(mail);
                // The others find out too; the feeder looks for another relay.
                tokio::time::sleep(PATIENCE).await;
                continue;
            };
            if let Some(most) = open.window() {
                self.send_window(open, mail, most).await?;
                continue;
            }
            if !open.is_announced() {
                open.announce(&mail.envelope).await;
            }
            *waiting = self.send(open, mail).await?;
        }
    }

    /// Sends a mail that is announced; returns the next one, announced along with it where the
    /// connection lasts.
    async fn send(&mut self, open: &mut Session, mail: Mail) -> Result<Option<Mail>, StoreError> {
        if let Err(refusal) = self.ready(open).await? {
            self.refused(mail, refusal).await?;
            return Ok(None);
        }
        if self.begin(std::slice::from_ref(&mail)).await? != [true] {
            // The server waits for the mail by now: only a closed connection takes that back.
            open.abandon();
            self.forget(&mail.item);
            return Ok(None);
        }
        let next = self.take_at_once().await?;
        let envelope = next.as_ref().map(|next| &next.envelope);
        let message = mail.item.message.pieces();
        let outcome = open.send(message, envelope).await;
        if let Outcome::NotBegun(text) | Outcome::Unknown(text) = &outcome {
            self.routes.fault(self.at, None, text);
        }
        self.answered(mail, outcome);
        Ok(next)
    }

    /// Waits for the go-ahead; a result that waits with it is recorded alone when that takes long.
    async fn ready(&mut self, open: &mut Session) -> Result<Result<(), Refusal>, StoreError> {
        if self.step.results.is_empty() {
            return Ok(open.ready().await);
        }
        if let Ok(ready) = tokio::time::timeout(PATIENCE, open.ready()).await {
            return Ok(ready);
        }
        self.record().await?;
        Ok(open.ready().await)
    }

    /// The mail was refused before it was begun.
    async fn refused(&mut self, mail: Mail, refusal: Refusal) -> Result<(), StoreError> {
        self.record().await?;
        if let Outcome::NotBegun(text) | Outcome::Unknown(text) = &refusal.outcome {
            // Not the reader's fault, and no attempt: another connection takes the mail.
            self.routes.fault(self.at, None, text);
            self.give_back(mail);
            return Ok(());
        }
        let sender_refused = sender_refused(refusal.step, &refusal.outcome);
        self.answered(mail, refusal.outcome);
        if let Some(text) = sender_refused {
            self.routes.sender_refused(self.at, &text);
        }
        self.record().await
    }

    /// Notes what the server said about a mail, which is done with then.
    pub(super) fn answered(&mut self, mail: Mail, outcome: Outcome) {
        let about = match &outcome {
            Outcome::Deferred(reply) => Some(concern(reply)),
            _ => None,
        };
        if !matches!(outcome, Outcome::NotBegun(_) | Outcome::Unknown(_)) {
            self.routes.answered(self.at, about == Some(Concern::Relay));
        }
        if matches!(outcome, Outcome::Accepted(_)) {
            self.routes.accepted(self.at);
        }
        let item = mail.item;
        let domain = item.claimed.email.domain();
        let slower = about == Some(Concern::Domain);
        self.routes.domains.leave(domain, Some(slower));
        let relay = self.routes.relay(self.at).name();
        let record = judge(&self.deps, &item.claimed, item.at, Some(relay), outcome);
        self.shared
            .tallies
            .note(item.letters.issue.id, record.state);
        self.step.results.push(record);
        self.shared.keep_buffer(item.message);
    }

    /// The next mail; waits for one. `None` where there is nothing more to do.
    async fn take(&mut self, session: &mut Option<Session>) -> Result<Option<Mail>, StoreError> {
        if let Some(mail) = self.take_at_once().await? {
            return Ok(Some(mail));
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
            if let Some(mail) = self.admit(item).await? {
                return Ok(Some(mail));
            }
        }
    }

    /// Waits for a mail, after those connections that wait longer.
    async fn wait(&self) -> Result<Item, RecvError> {
        let _turn = self.door.lock().await;
        self.queue.recv_async().await
    }

    /// A mail that is in the queue already and may go at once.
    pub(super) async fn take_at_once(&mut self) -> Result<Option<Mail>, StoreError> {
        while !self.stop.is_cancelled() {
            if self.routes.admit(&self.deps, self.at, true).await? != Admission::Yes {
                return Ok(None);
            }
            match self.queue.try_recv() {
                Ok(item) => {
                    self.shared.make_room(self.queue.len());
                    if let Some(mail) = self.write(item).await? {
                        return Ok(Some(mail));
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
    async fn admit(&mut self, item: Item) -> Result<Option<Mail>, StoreError> {
        self.shared.make_room(self.queue.len());
        loop {
            match self.routes.admit(&self.deps, self.at, false).await? {
                Admission::Yes => return self.write(item).await,
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

    /// Writes the message where nobody has; a mail that cannot be written is recorded as failed.
    async fn write(&mut self, mut item: Item) -> Result<Option<Mail>, StoreError> {
        if item.letters.is_halted() {
            // Announced, it would cost the connection.
            self.forget(&item);
            return Ok(None);
        }
        if item.message.is_empty() {
            let mut message = self.shared.buffer();
            let letters = Arc::clone(&item.letters);
            if let Err(error) = letters.write(&self.deps, &item, &mut message) {
                let record = unwritable(&self.deps, &item.claimed, item.at, &error);
                self.shared
                    .tallies
                    .note(item.letters.issue.id, record.state);
                self.step.results.push(record);
                self.leave(&item);
                self.record().await?;
                return Ok(None);
            }
            item.message = message;
        }
        let sender = &item.letters.publication.from.email;
        let back = ReturnAddress::Bounce(item.claimed.id);
        let from = links::return_address(&self.deps, back);
        let envelope = Envelope {
            to: item.claimed.email.clone(),
            size: item.message.len(),
            envid: Some(item.claimed.id.to_string()),
            needs_utf8: ![&item.claimed.email, sender]
                .iter()
                .all(|a| a.as_str().is_ascii()),
            needs_8bit: false,
            from: from.unwrap_or_else(|| sender.to_string()),
        };
        Ok(Some(Mail { item, envelope }))
    }

    fn leave(&self, item: &Item) {
        self.routes.domains.leave(item.claimed.email.domain(), None);
    }

    /// A mail that may not be sent any more.
    pub(super) fn forget(&self, item: &Item) {
        self.routes.forgo(self.at);
        self.leave(item);
        self.shared.resolved(item.claimed.id);
    }

    pub(super) fn give_back(&mut self, mail: Mail) {
        self.routes.forgo(self.at);
        let mut item = mail.item;
        item.troubles += 1;
        self.shared.give_back(item);
    }

    /// Marks mails as begun, and records the last results with that; tells of each whether it may
    /// be sent.
    pub(super) async fn begin(&mut self, mails: &[Mail]) -> Result<Vec<bool>, StoreError> {
        let marks = mails
            .iter()
            .map(|mail| (mail.item.claimed.id, mail.item.at));
        self.step.begins.extend(marks);
        self.write_step().await
    }

    /// Records the last results.
    pub(super) async fn record(&mut self) -> Result<(), StoreError> {
        self.write_step().await.map(drop)
    }

    /// While the database does not take it (a full disk, a lock) there is nothing better to do
    /// than to wait and try again.
    async fn write_step(&mut self) -> Result<Vec<bool>, StoreError> {
        if self.step.is_empty() {
            return Ok(Vec::new());
        }
        loop {
            match self.recorder.write(&mut self.step).await {
                Ok(may_send) => {
                    for recorded in self.step.results.drain(..) {
                        self.shared.resolved(recorded.id);
                    }
                    self.step.withdrawn.clear();
                    self.step.begins.clear();
                    return Ok(may_send);
                }
                Err(error) if self.give_up.is_cancelled() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "the results of mails cannot be recorded; trying again");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

/// What the server said, where it was not about this one mail: it does not want its sender.
pub(super) fn sender_refused(step: mail::Step, outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Refused(reply) => {
            let is_ours = match step {
                mail::Step::Mail => true,
                mail::Step::Rcpt | mail::Step::Data => is_about_us(reply),
                mail::Step::Body => false,
            };
            is_ours.then(|| reply.to_string())
        }
        _ => None,
    }
}
