//! Claims what is due of all issues that are being sent, and hands it to the relays' connections.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flume::{Receiver, Sender, TrySendError};
use tokio_util::sync::CancellationToken;

use super::DeliverError;
use super::item::{Item, Shared};
use super::judge::unwritable;
use super::letter::Letters;
use super::parking::Parking;
use super::routes::{NoRelay, Routes};
use super::signers::Unsigned;
use crate::domain::clock::Time;
use crate::domain::ids::IssueId;
use crate::domain::issue::{Issue, IssueState};
use crate::mail::Spliced;
use crate::services::Deps;
use crate::store::claims::{self, Claimed, Claimer, HandBack, Position};
use crate::store::results::{self, Record};
use crate::store::{StoreError, deliveries, digests, issues, nodes, publications};

/// Rows claimed at a time; what a process that is killed had claimed is free again at once when
/// it starts, and after ten seconds when it does not.
const CLAIM: i64 = 500;
/// How often the list of issues is looked at.
const REFRESH: Duration = Duration::from_millis(250);
/// How often rows are looked for while some are on their way.
const LOOK: Duration = Duration::from_millis(100);
/// Times that a mail is given to another connection before it waits.
const MOST_TROUBLES: u8 = 5;

/// An issue that is being sent.
struct Run {
    letters: Arc<Letters>,
    position: Position,
    /// Why none of its relays takes mail.
    blocked: Option<String>,
}

pub(super) struct Feeder {
    pub(super) deps: Deps,
    pub(super) routes: Arc<Routes>,
    pub(super) shared: Arc<Shared>,
    pub(super) returned: Receiver<Item>,
    /// One for each relay.
    queues: Vec<Sender<Item>>,
    /// For mails that are signed before.
    signing: Sender<Unsigned>,
    pub(super) stop: CancellationToken,
    runs: HashMap<IssueId, Run>,
    refreshed: Option<Instant>,
    parking: Parking,
    /// Mails that the relays had taken when the turn began.
    accepted: u64,
    /// Claims that are handed back at the end of a round.
    given_up: Vec<HandBack>,
}

impl Feeder {
    pub(super) fn new(
        deps: &Deps,
        shared: Arc<Shared>,
        returned: Receiver<Item>,
        queues: Vec<Sender<Item>>,
        signing: Sender<Unsigned>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            deps: deps.clone(),
            routes: Arc::clone(&deps.routes),
            shared,
            returned,
            queues,
            signing,
            stop,
            runs: HashMap::new(),
            refreshed: None,
            parking: Parking::default(),
            accepted: deps.routes.accepted_mails(),
            given_up: Vec::new(),
        }
    }

    /// Feeds the connections until nothing is due and nothing is on its way, or `stop`.
    pub(super) async fn run(mut self) -> Result<(), DeliverError> {
        while !self.stop.is_cancelled() {
            // Asked before rows are looked for: what is recorded meanwhile may be due again.
            let is_idle = self.shared.is_idle();
            self.refresh().await?;
            let moved = self.returned().await? + self.parked().await? + self.claim_all().await?;
            self.hand_all_back().await?;
            if moved > 0 {
                continue;
            }
            if is_idle && self.parking.is_empty() && self.returned.is_empty() {
                break;
            }
            let wait = self.parking.wait().unwrap_or(LOOK).min(LOOK);
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = self.shared.bell.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.note_troubles().await
    }

    /// Looks which issues are being sent now, and how many nodes do so.
    async fn refresh(&mut self) -> Result<(), StoreError> {
        if self.refreshed.is_some_and(|at| at.elapsed() < REFRESH) {
            return Ok(());
        }
        self.refreshed = Some(Instant::now());
        let now = self.deps.now();
        let mut tx = self.deps.store.read().await?;
        let sending = issues::in_state(&mut tx, IssueState::Sending, now).await?;
        self.routes.set_nodes(nodes::workers(&mut tx, now).await?);
        drop(tx);
        self.keep().await?;
        self.runs.retain(|id, run| {
            let goes_on = sending.iter().any(|issue| issue.id == *id);
            if !goes_on {
                run.letters.halt();
            }
            goes_on
        });
        for issue in sending {
            self.note_recovery(&issue).await?;
            if !self.runs.contains_key(&issue.id)
                && let Some(run) = load(&self.deps, issue).await?
            {
                self.runs.insert(run.letters.issue.id, run);
            }
        }
        Ok(())
    }

    /// Strikes what is done with off the list of claims, where no new claim does.
    async fn keep(&self) -> Result<(), StoreError> {
        let Some(held) = self.shared.shorter_list() else {
            return Ok(());
        };
        let mut tx = self.deps.store.begin_relaxed().await?;
        let node = &self.deps.node;
        claims::keep(&mut tx, Claimer { node, held: &held }).await?;
        tx.commit().await
    }

    /// Takes back what is said of an issue whose mails go out again.
    async fn note_recovery(&self, issue: &Issue) -> Result<(), StoreError> {
        let is_blocked = self
            .runs
            .get(&issue.id)
            .is_some_and(|run| run.blocked.is_some());
        if issue.trouble.is_some() && !is_blocked && self.routes.accepted_mails() > self.accepted {
            let mut tx = self.deps.store.begin().await?;
            issues::set_trouble(&mut tx, issue.id, None).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Claims a part of each issue in turn; returns how many rows that were.
    async fn claim_all(&mut self) -> Result<usize, DeliverError> {
        let mut claimed = 0;
        let ids: Vec<IssueId> = self.runs.keys().copied().collect();
        for id in ids {
            let Some(run) = self.runs.get_mut(&id).filter(|run| run.blocked.is_none()) else {
                continue;
            };
            let now = self.deps.now();
            if run.position == Position::START {
                let mut tx = self.deps.store.read().await?;
                if !deliveries::any_due(&mut tx, id, &self.deps.node, now).await? {
                    continue;
                }
            }
            // A claim that a power cut takes back was never begun, or is within the same bound.
            let mut tx = self.deps.store.begin_relaxed().await?;
            let (node, held) = (&self.deps.node, &self.shared.held());
            let claimer = Claimer { node, held };
            let batch = claims::claim(&mut tx, id, claimer, now, run.position, CLAIM).await?;
            tx.commit().await?;
            run.position = batch.next.unwrap_or(Position::START);
            let letters = Arc::clone(&run.letters);
            claimed += batch.rows.len();
            self.shared.taken(&batch.rows);
            for row in batch.rows {
                self.prepare(row, &letters, now).await?;
            }
        }
        Ok(claimed)
    }

    async fn prepare(
        &mut self,
        claimed: Claimed,
        letters: &Arc<Letters>,
        now: Time,
    ) -> Result<(), DeliverError> {
        let at = claimed.first_attempt_at.unwrap_or(now);
        match letters.edition(&self.deps, claimed.edition).await? {
            Ok(edition) => {
                let letters = Arc::clone(letters);
                let item = Item {
                    claimed,
                    letters,
                    edition,
                    at,
                    message: Spliced::default(),
                    troubles: 0,
                };
                self.admit(item).await
            }
            Err(error) => {
                let record = unwritable(&self.deps, &claimed, at, &error);
                self.record(record).await
            }
        }
    }

    /// Lets a mail pass where its domain bears it; else it waits, here or in its row.
    async fn admit(&mut self, item: Item) -> Result<(), DeliverError> {
        match self.routes.domains.enter(item.claimed.email.domain()) {
            Ok(()) => self.dispatch(item).await,
            Err(wait) => match self.parking.park(item, wait) {
                None => Ok(()),
                Some(item) => {
                    let rate = self.routes.domains.rate(item.claimed.email.domain());
                    let next = self.parking.slot(&self.deps, &item, rate);
                    self.hand_back(&item, Some(next));
                    Ok(())
                }
            },
        }
    }

    /// Gives a mail to the relay whose turn it is.
    async fn dispatch(&mut self, mut item: Item) -> Result<(), DeliverError> {
        while !self.stop.is_cancelled() {
            if item.letters.is_halted() {
                self.leave(&item);
                self.shared.resolved(item.claimed.id);
                return Ok(());
            }
            let chosen = {
                let letters = &item.letters;
                self.routes.choose(|_, name| letters.allows(name))
            };
            let at = match chosen {
                Ok(at) => at,
                Err(NoRelay(text)) => {
                    self.leave(&item);
                    if let Some(run) = self.runs.get_mut(&item.letters.issue.id) {
                        run.blocked = Some(text);
                    }
                    self.hand_back(&item, None);
                    return Ok(());
                }
            };
            match self.pass_on(at, item)? {
                None => return Ok(()),
                Some(back) => item = back,
            }
            // Rung by the connections; the limit is for a relay that comes back meanwhile.
            self.shared.room(LOOK).await;
            self.refresh().await?;
        }
        Ok(())
    }

    /// Gives a mail to the signers or to its relay's connections; back where there is no room.
    fn pass_on(&self, at: usize, item: Item) -> Result<Option<Item>, DeliverError> {
        let full = if item.letters.is_signed() && item.message.is_empty() {
            match self.signing.try_send((at, item)) {
                Err(TrySendError::Full((_, back))) => Some(back),
                Err(TrySendError::Disconnected(_)) => return Err(gone()),
                Ok(()) => None,
            }
        } else {
            match self.queues[at].try_send(item) {
                Err(TrySendError::Full(back)) => Some(back),
                Err(TrySendError::Disconnected(_)) => return Err(gone()),
                Ok(()) => None,
            }
        };
        Ok(full)
    }

    /// Takes back what found no connection.
    async fn returned(&mut self) -> Result<usize, DeliverError> {
        let mut moved = 0;
        while let Ok(item) = self.returned.try_recv() {
            moved += 1;
            let is_running = self.runs.contains_key(&item.letters.issue.id);
            if is_running && item.troubles < MOST_TROUBLES {
                self.dispatch(item).await?;
            } else {
                self.leave(&item);
                let later = self.deps.now() + chrono::TimeDelta::seconds(30);
                self.hand_back(&item, is_running.then_some(later));
            }
        }
        Ok(moved)
    }

    /// Tries those again whose domain had asked for patience.
    async fn parked(&mut self) -> Result<usize, DeliverError> {
        let mut moved = 0;
        for item in self.parking.due() {
            let domain = item.claimed.email.domain();
            match self.routes.domains.enter(domain) {
                Ok(()) => {
                    moved += 1;
                    self.dispatch(item).await?;
                }
                Err(wait) => self.parking.park_again(item, wait),
            }
        }
        Ok(moved)
    }

    fn leave(&self, item: &Item) {
        self.routes.domains.leave(item.claimed.email.domain(), None);
    }

    /// Gives a claim up that was not begun, with others of this round.
    fn hand_back(&mut self, item: &Item, next: Option<Time>) {
        match (item.claimed.id, next) {
            (id, Some(next)) => self.given_up.push(HandBack { id, next }),
            (id, None) => self.shared.resolved(id),
        }
    }

    async fn hand_all_back(&mut self) -> Result<(), DeliverError> {
        if self.given_up.is_empty() {
            return Ok(());
        }
        let mut tx = self.deps.store.begin().await?;
        claims::hand_back(&mut tx, &self.given_up).await?;
        tx.commit().await?;
        for given in self.given_up.drain(..) {
            self.shared.resolved(given.id);
        }
        Ok(())
    }

    async fn record(&self, record: Record) -> Result<(), DeliverError> {
        let mut tx = self.deps.store.begin().await?;
        let id = record.id;
        results::record(&mut tx, &[record], &self.deps.node).await?;
        tx.commit().await?;
        self.shared.resolved(id);
        Ok(())
    }

    /// Lets operators see which issues wait for a relay, and that others go on.
    async fn note_troubles(&self) -> Result<(), DeliverError> {
        let mut all_blocked = None;
        for run in self.runs.values() {
            let issue = &run.letters.issue;
            if run.blocked != issue.trouble {
                let mut tx = self.deps.store.begin().await?;
                issues::set_trouble(&mut tx, issue.id, run.blocked.as_deref()).await?;
                tx.commit().await?;
            }
            all_blocked = all_blocked.or_else(|| run.blocked.clone());
        }
        match all_blocked {
            Some(text) => Err(DeliverError::RelayDown(text)),
            None => Ok(()),
        }
    }
}

fn gone() -> DeliverError {
    DeliverError::Task("what takes the mails is gone".to_owned())
}

async fn load(deps: &Deps, issue: Issue) -> Result<Option<Run>, StoreError> {
    let mut tx = deps.store.read().await?;
    let publication = publications::find(&mut tx, issue.publication).await?;
    let digest = digests::find(&mut tx, issue.digest).await?;
    drop(tx);
    Ok(match (publication, digest) {
        (Some(publication), Some(digest)) => Some(Run {
            letters: Arc::new(Letters::new(deps, issue, publication, &digest)),
            position: Position::START,
            blocked: None,
        }),
        _ => None,
    })
}
