//! The writing side of an import: what becomes of each row, a batch in a transaction.

use std::collections::HashMap;

use super::plan::{Pace, Plan, Planner};
use super::read::Batch;
use super::{Counts, ImportError, Options, Track};
use crate::domain::funnel::FunnelStep;
use crate::domain::ids::SubscriptionId;
use crate::domain::publication::Publication;
use crate::domain::text::cut;
use crate::services::{Deps, consent};
use crate::store::funnel::{self, Steps};
use crate::store::import::{self as rows, Origin};
use crate::store::imports::{self, Progress, parts};
use crate::store::{StoreError, Tx, consents, suppressions};

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
            self.plan(&mut tx, batch).await?;
            drop(tx);
            self.tell_progress().await?;
            return Ok(self.done);
        }
        let mut tx = self.deps.store.begin().await?;
        let plan = self.plan(&mut tx, batch).await?;
        self.write(&mut tx, &plan).await?;
        if let Some(track) = &self.track {
            if !plan.new.is_empty() {
                let made: Vec<SubscriptionId> = plan.new.iter().map(|n| n.subscription).collect();
                parts::insert_batch(&mut tx, track.import, &made).await?;
            }
            self.note(&mut tx, track, Some(&last)).await?;
        }
        tx.commit().await?;
        tokio::time::sleep(self.deps.store.breather()).await;
        Ok(self.done)
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

    async fn plan(&mut self, tx: &mut Tx, batch: Batch) -> Result<Plan, StoreError> {
        if !self.dry_run {
            suppressions::hold_off(tx).await?;
        }
        let hashes: Vec<_> = batch.rows.iter().map(|checked| checked.hash).collect();
        let suppressed = suppressions::known(tx, &hashes).await?;
        let keys: Vec<&str> = batch.rows.iter().map(|c| c.key.as_str()).collect();
        let existing: HashMap<_, _> = rows::existing(tx, self.publication.id, &keys)
            .await?
            .into_iter()
            .map(|(key, id, state)| (key, (id, state)))
            .collect();
        let mut planner = Planner {
            deps: self.deps,
            vouched: self.vouched,
            now: self.deps.now(),
            pace: &mut self.pace,
            plan: Plan::default(),
            counts: self.counts,
        };
        for checked in batch.rows {
            let is_suppressed = suppressed.contains(&checked.hash);
            let known = existing.get(&checked.key).copied();
            planner.add(checked, is_suppressed, known);
        }
        let (plan, counts) = (planner.plan, planner.counts);
        self.counts = counts;
        Ok(plan)
    }

    async fn write(&self, tx: &mut Tx, plan: &Plan) -> Result<(), StoreError> {
        let now = self.deps.now();
        if !plan.new.is_empty() {
            rows::insert(tx, self.publication.id, &plan.new, now).await?;
        }
        if !plan.confirm.is_empty() {
            rows::confirm_pending(tx, &plan.confirm).await?;
        }
        if !plan.leave.is_empty() {
            rows::leave_pending(tx, &plan.leave, now).await?;
        }
        if !plan.evidence.is_empty() {
            let origin = Origin {
                text_version: self.text_version.as_deref(),
                source: &self.source,
            };
            rows::append_consents(tx, &plan.evidence, origin).await?;
        }
        if !plan.requests.is_empty() {
            rows::insert_requests(tx, &plan.requests, now).await?;
            let mut steps = Steps::default();
            let asked = i64::try_from(plan.requests.len()).unwrap_or(i64::MAX);
            steps.add(self.publication.id, FunnelStep::Asked, asked);
            funnel::count(tx, &steps, now).await?;
        }
        Ok(())
    }
}
