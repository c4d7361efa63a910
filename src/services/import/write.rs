//! The writing side of an import: what becomes of each row, a batch in a transaction.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use super::plan::{Known, Pace, Planned, Planner};
use super::read::Batch;
use super::{Counts, ImportError, Options, Track};
use crate::domain::funnel::FunnelStep;
use crate::domain::publication::Publication;
use crate::domain::suppression::EmailHash;
use crate::domain::text::cut;
use crate::services::{Deps, consent};
use crate::store::funnel::{self, Steps};
use crate::store::import::{self as rows, Origin};
use crate::store::imports::{self, Progress, parts};
use crate::store::{StoreError, Tx, consents, nodes, suppressions};

/// The pause between two transactions where no other process serves: for commands by hand.
const MOMENT: Duration = Duration::from_millis(10);

/// The writing side.
pub(super) struct Writer<'a> {
    deps: &'a Deps,
    publication: &'a Publication,
    vouched: bool,
    dry_run: bool,
    text_version: Option<String>,
    source: String,
    pace: Pace,
    track: Option<Track>,
    pub(super) counts: Counts,
    /// Whether the last batch was of new addresses alone.
    is_new: bool,
    /// Until when others have their turn to write.
    pause_ends: Instant,
    /// Rows that have had their turn, of how many.
    done: u64,
    total: u64,
}

impl<'a> Writer<'a> {
    pub(super) async fn new(
        deps: &'a Deps,
        publication: &'a Publication,
        options: &Options,
    ) -> Result<Self, StoreError> {
        let now = deps.now();
        let text_version = options.consent.as_deref().map(consent::version);
        if let (Some(version), Some(text), false) =
            (&text_version, &options.consent, options.dry_run)
        {
            let mut tx = deps.store.begin().await?;
            consents::keep_text(&mut tx, version, text, now).await?;
            tx.commit().await?;
        }
        Ok(Self {
            deps,
            publication,
            vouched: options.consent.is_some(),
            dry_run: options.dry_run,
            text_version,
            source: cut(&options.source, 200).to_owned(),
            pace: Pace { next: now },
            counts: options
                .track
                .as_ref()
                .map_or_else(Counts::default, |t| t.counts),
            done: options.track.as_ref().map_or(0, |t| t.done),
            total: 0,
            is_new: true,
            pause_ends: Instant::now(),
            track: options.track.clone(),
        })
    }

    /// Whether the process is to end.
    pub(super) fn is_stopped(&self) -> bool {
        let track = self.track.as_ref();
        track.is_some_and(|track| track.stop.is_cancelled())
    }

    /// The file is read: so many rows are to go in.
    pub(super) fn is_read(&mut self, rows: u64, rejected: u64) {
        self.total = rows;
        self.counts.read = rows + rejected;
        self.counts.rejected = rejected;
    }

    /// One batch, one transaction. The rows come in the order of their addresses, so that two
    /// imports at a time do not wait for each other in a circle. Returns how many are done.
    pub(super) async fn batch(&mut self, batch: Batch) -> Result<u64, ImportError> {
        self.counts.duplicates += batch.duplicates;
        self.done += batch.rows.len() as u64 + batch.duplicates;
        let Some(last) = batch.rows.last().map(|row| row.key.clone()) else {
            return Ok(self.done);
        };
        if self.dry_run {
            let mut tx = self.deps.store.read().await?;
            let known = self.look_up(&mut tx, &batch).await?;
            drop(tx);
            let plan = self.planner().plan(&batch.rows, &known)?;
            self.take_over(&plan);
            self.tell_progress().await?;
            return Ok(self.done);
        }
        // Mostly nobody of the file is there yet, so that is planned for while others may write.
        let guess = if self.is_new {
            Some(self.planner().plan(&batch.rows, &Known::default())?)
        } else {
            None
        };
        tokio::time::sleep_until(self.pause_ends).await;
        let mut tx = self.begin().await?;
        let plan = match guess {
            Some(plan) if self.write_new(&mut tx, &batch, &plan).await? => plan,
            guess => {
                if guess.is_some() {
                    // Undone before another can begin.
                    drop(tx);
                    tx = self.begin().await?;
                }
                self.write_known(&mut tx, &batch).await?
            }
        };
        self.take_over(&plan);
        if let Some(track) = &self.track {
            if !plan.made.is_empty() {
                parts::insert_batch(&mut tx, track.import, &plan.made).await?;
            }
            self.note(&mut tx, track, Some(&last)).await?;
        }
        let is_alone = !nodes::has_others(&mut tx, &self.deps.node, self.deps.now()).await?;
        tx.commit().await?;
        let pause = self.deps.store.breather();
        self.pause_ends = Instant::now() + if is_alone { pause.min(MOMENT) } else { pause };
        Ok(self.done)
    }

    /// Nobody is suppressed before it ends.
    async fn begin(&self) -> Result<Tx, StoreError> {
        let mut tx = self.deps.store.begin().await?;
        suppressions::hold_off(&mut tx).await?;
        Ok(tx)
    }

    /// Writes what was planned for new readers alone. False where one of them is none: the transaction has
    /// to be undone then.
    async fn write_new(
        &self,
        tx: &mut Tx,
        batch: &Batch,
        plan: &Planned<'_>,
    ) -> Result<bool, StoreError> {
        let now = self.deps.now();
        if !self.suppressed(tx, batch).await?.is_empty()
            || !rows::insert_if_new(tx, self.publication.id, &plan.new, now).await?
        {
            return Ok(false);
        }
        rows::append_consents_of_new(tx, &plan.evidence, self.origin()).await?;
        self.ask(tx, plan).await?;
        Ok(true)
    }

    /// Plans with what is known of a batch, and writes that.
    async fn write_known<'b>(
        &mut self,
        tx: &mut Tx,
        batch: &'b Batch,
    ) -> Result<Planned<'b>, StoreError> {
        let known = self.look_up(tx, batch).await?;
        let plan = self.planner().plan(&batch.rows, &known)?;
        self.is_new = self.write(tx, &plan).await? && known.is_nothing();
        Ok(plan)
    }

    /// Writes down how far a check has come.
    async fn tell_progress(&self) -> Result<(), StoreError> {
        let Some(track) = &self.track else {
            return Ok(());
        };
        let mut tx = self.deps.store.begin_relaxed().await?;
        self.note(&mut tx, track, None).await?;
        tx.commit().await
    }

    async fn note(&self, tx: &mut Tx, track: &Track, last: Option<&str>) -> Result<(), StoreError> {
        let progress = Progress {
            counts: &self.counts,
            done: self.done,
            total: Some(self.total),
            done_to: last,
        };
        imports::progress(tx, track.import, &self.deps.node, progress, self.deps.now()).await
    }

    /// What the database knows of a batch.
    async fn look_up(&self, tx: &mut Tx, batch: &Batch) -> Result<Known, StoreError> {
        let suppressed = self.suppressed(tx, batch).await?;
        let keys: Vec<&str> = batch.rows.iter().map(|c| c.key.as_str()).collect();
        let existing = rows::existing(tx, self.publication.id, &keys).await?;
        let existing = existing.into_iter();
        Ok(Known {
            existing: existing
                .map(|(key, id, state)| (key, (id, state)))
                .collect(),
            suppressed,
        })
    }

    async fn suppressed(
        &self,
        tx: &mut Tx,
        batch: &Batch,
    ) -> Result<HashSet<EmailHash>, StoreError> {
        let hashes: Vec<_> = batch.rows.iter().map(|checked| checked.hash).collect();
        suppressions::known(tx, &hashes).await
    }

    fn planner(&self) -> Planner<'a> {
        Planner {
            deps: self.deps,
            vouched: self.vouched,
            now: self.deps.now(),
            counts: self.counts,
            pace: self.pace,
        }
    }

    fn take_over(&mut self, plan: &Planned<'_>) {
        self.counts = plan.counts;
        self.pace = plan.pace;
    }

    /// Whether all new readers have addresses that nobody had.
    async fn write(&self, tx: &mut Tx, plan: &Planned<'_>) -> Result<bool, StoreError> {
        let now = self.deps.now();
        let mut are_new = true;
        if !plan.new.is_empty() {
            are_new = rows::insert(tx, self.publication.id, &plan.new, now).await?;
        }
        if !plan.confirm.is_empty() {
            rows::confirm_pending(tx, &plan.confirm).await?;
        }
        if !plan.leave.is_empty() {
            rows::leave_pending(tx, &plan.leave, now).await?;
        }
        if !plan.evidence.is_empty() {
            rows::append_consents(tx, &plan.evidence, self.origin()).await?;
        }
        self.ask(tx, plan).await?;
        Ok(are_new)
    }

    fn origin(&self) -> Origin<'_> {
        Origin {
            text_version: self.text_version.as_deref(),
            source: &self.source,
        }
    }

    /// Has those asked who are to confirm.
    async fn ask(&self, tx: &mut Tx, plan: &Planned<'_>) -> Result<(), StoreError> {
        if plan.requests.is_empty() {
            return Ok(());
        }
        let now = self.deps.now();
        rows::insert_requests(tx, &plan.requests, now).await?;
        let mut steps = Steps::default();
        let asked = i64::try_from(plan.requests.len()).unwrap_or(i64::MAX);
        steps.add(self.publication.id, FunnelStep::Asked, asked);
        funnel::count(tx, &steps, now).await
    }
}
