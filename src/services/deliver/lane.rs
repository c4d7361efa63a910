//! One connection's work: it takes mails from its relay's queue and sends them one after the
//! other, the next one's envelope along with each mail.
//!
//! Between the server's go-ahead and the mail itself stands a commit: the result of the last mail
//! and the mark of this one. So a process that is killed leaves one row for each connection
//! whose outcome nobody knows. Where the server takes several mails in one go (`window`), it is
//! one row for each of these, and they are written while the database takes their marks.

use std::sync::Arc;
use std::time::Duration;

use flume::Receiver;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::item::{Item, Shared};
use super::judge::{judge, unwritable};
use super::letter::LetterError;
use super::recorder::{Recorder, Step};
use super::routes::Routes;
use crate::domain::delivery::{Concern, Outcome, concern, is_about_us};
use crate::domain::return_address::ReturnAddress;
use crate::mail::{self, Envelope, Refusal, Session};
use crate::services::{Deps, links};
use crate::store::StoreError;

/// A result does not wait longer than this for the next mail, nor for its go-ahead.
pub(super) const PATIENCE: Duration = Duration::from_millis(20);

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

/// What a connection sends next.
enum Next {
    /// Announced with the mail before it, or about to be.
    Mail(Mail),
    Item(Item),
}

impl Next {
    fn into_item(self) -> Item {
        match self {
            Self::Mail(mail) => mail.item,
            Self::Item(item) => item,
        }
    }
}

impl Lane {
    pub(super) async fn run(mut self) -> Result<(), StoreError> {
        let mut session = None;
        let mut waiting = None;
        let worked = self.work(&mut session, &mut waiting).await;
        if let Some(next) = waiting {
            self.give_back(next.into_item());
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
        waiting: &mut Option<Next>,
    ) -> Result<(), StoreError> {
        loop {
            if waiting.is_none() {
                *waiting = self.take(session).await?.map(Next::Item);
            }
            let Some(next) = waiting.take() else {
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
                self.give_back(next.into_item());
                // The others find out too; the feeder looks for another relay.
                tokio::time::sleep(PATIENCE).await;
                continue;
            };
            if let Some(most) = open.window() {
                self.send_window(open, next.into_item(), most).await?;
                continue;
            }
            let mail = match next {
                Next::Mail(mail) => mail,
                Next::Item(item) => match self.write(item).await? {
                    Some(mail) => mail,
                    None => continue,
                },
            };
            if !open.is_announced() {
                open.announce(&mail.envelope).await;
            }
            *waiting = self.send(open, mail).await?.map(Next::Mail);
        }
    }

    /// Sends a mail that is announced; returns the next one, announced along with it where the
    /// connection lasts.
    async fn send(&mut self, open: &mut Session, mail: Mail) -> Result<Option<Mail>, StoreError> {
        if let Err(refusal) = self.ready(open).await? {
            self.refused(mail, refusal).await?;
            return Ok(None);
        }
        self.mark(&mail.item);
        if self.write_step().await? != [true] {
            // The server waits for the mail by now: only a closed connection takes that back.
            open.abandon();
            self.forget(&mail.item);
            return Ok(None);
        }
        let next = self.write_next().await?;
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
            self.give_back(mail.item);
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

    /// A mail that may go at once, written.
    async fn write_next(&mut self) -> Result<Option<Mail>, StoreError> {
        while let Some(item) = self.take_at_once().await? {
            if let Some(mail) = self.write(item).await? {
                return Ok(Some(mail));
            }
        }
        Ok(None)
    }

    async fn write(&mut self, mut item: Item) -> Result<Option<Mail>, StoreError> {
        match self.compose(&mut item) {
            Ok(envelope) => Ok(Some(Mail { item, envelope })),
            Err(error) => {
                self.unwritable(&item, &error);
                self.record().await?;
                Ok(None)
            }
        }
    }

    /// Writes the message where nobody has.
    pub(super) fn compose(&self, item: &mut Item) -> Result<Envelope, LetterError> {
        if item.message.is_empty() {
            let mut message = self.shared.buffer();
            item.letters.write(&self.deps, item, &mut message)?;
            item.message = message;
        }
        let sender = &item.letters.publication.from.email;
        let back = ReturnAddress::Bounce(item.claimed.id);
        let from = links::return_address(&self.deps, back);
        Ok(Envelope {
            to: item.claimed.email.clone(),
            size: item.message.len(),
            envid: Some(item.claimed.id.to_string()),
            needs_utf8: ![&item.claimed.email, sender]
                .iter()
                .all(|a| a.as_str().is_ascii()),
            needs_8bit: false,
            from: from.unwrap_or_else(|| sender.to_string()),
        })
    }

    /// Notes of a mail that it cannot be written, and has failed.
    pub(super) fn unwritable(&mut self, item: &Item, error: &LetterError) {
        let record = unwritable(&self.deps, &item.claimed, item.at, error);
        self.shared
            .tallies
            .note(item.letters.issue.id, record.state);
        self.step.results.push(record);
        self.leave(item);
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

    pub(super) fn give_back(&self, mut item: Item) {
        self.routes.forgo(self.at);
        item.troubles += 1;
        self.shared.give_back(item);
    }

    /// Has the next step say of a mail that it is begun.
    pub(super) fn mark(&mut self, item: &Item) {
        self.step.begins.push((item.claimed.id, item.at));
    }

    /// Records the last results.
    pub(super) async fn record(&mut self) -> Result<(), StoreError> {
        self.write_step().await.map(drop)
    }

    /// Records the last results and marks the next mails as begun; tells of each of these whether it
    /// may be sent.
    async fn write_step(&mut self) -> Result<Vec<bool>, StoreError> {
        let mut step = std::mem::take(&mut self.step);
        let written = self.write_this(&mut step).await;
        self.step = step;
        written
    }

    /// While the database does not take it (a full disk, a lock) there is nothing better to do
    /// than to wait and try again.
    pub(super) async fn write_this(&self, step: &mut Step) -> Result<Vec<bool>, StoreError> {
        if step.is_empty() {
            return Ok(Vec::new());
        }
        loop {
            match self.recorder.write(step).await {
                Ok(may_send) => {
                    for recorded in step.results.drain(..) {
                        self.shared.resolved(recorded.id);
                    }
                    step.withdrawn.clear();
                    step.begins.clear();
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
