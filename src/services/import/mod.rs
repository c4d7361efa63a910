//! Bringing readers along from elsewhere. A thread reads and checks the file (`read`, `row`) and
//! puts its rows in order (`sorted`), the rules say what becomes of each (`plan`), and batches go
//! into the database one by one: each is a whole by itself, so that an import may be killed and
//! run again.

mod plan;
mod read;
mod row;
mod sorted;

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::PathBuf;

use serde::Serialize;
use thiserror::Error;
use tokio::sync::mpsc;

use self::plan::{Pace, Plan, Planner};
use self::read::{Batch, Heard, Source};
use self::row::{HeaderError, Offer};
use super::{Deps, consent};
use crate::domain::funnel::FunnelStep;
use crate::domain::publication::Publication;
use crate::domain::text::cut;
use crate::store::funnel::{self, Steps};
use crate::store::import::{self as rows, Origin};
use crate::store::{StoreError, Tx, consents, digests, publications, suppressions};

/// Rows of the file in one transaction.
const BATCH: u64 = 5000;

/// What an import is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The text that all readers of the file agreed to, where the operator vouches for that.
    pub consent: Option<String>,
    /// Changes nothing, counts the same.
    pub dry_run: bool,
    /// Where the readers come from, for the evidence.
    pub source: String,
    /// Where rejected rows go; nowhere where they are told anyway.
    pub rejected: Option<PathBuf>,
}

/// What became of the rows: `read` is the sum of all but `added`, which counts the subscriptions
/// that are new.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub read: u64,
    pub added: u64,
    pub confirmed: u64,
    pub pending: u64,
    pub unchanged: u64,
    pub suppressed: u64,
    pub unsubscribed: u64,
    pub duplicates: u64,
    pub rejected: u64,
}

/// How far an import is.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The file is being read and checked.
    Reading { bytes: u64, rows: u64 },
    /// A row was rejected. Only the first few are told; the others stand in their file.
    Rejected { line: u64, reason: &'a str },
    /// Rows go into the database, so many of so many.
    Writing { rows: u64, of: u64 },
}

/// Why an import ended before its file did. What was committed stays; running it again goes on.
#[derive(Debug, Error)]
pub enum ImportError {
    #[error("the file cannot be read: {0}")]
    Read(io::Error),
    #[error("the file is UTF-16; save it as UTF-8")]
    Utf16,
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error("the file has no rows under its header")]
    Empty,
    #[error("{0}: cannot be written: {1}")]
    Rejects(PathBuf, io::Error),
    #[error("no temporary file can be written: {0}")]
    Temporary(io::Error),
    #[error("the reading thread ended: {0}")]
    Thread(#[from] tokio::task::JoinError),
    #[error("{0}; what was read so far is kept: run the import again")]
    Store(#[from] StoreError),
}

/// Imports a file; `watch` hears how far it is. Nothing is written before all of the file is read.
pub async fn import(
    deps: &Deps,
    publication: &Publication,
    options: &Options,
    input: Box<dyn Read + Send>,
    mut watch: impl FnMut(Progress<'_>),
) -> Result<Counts, ImportError> {
    let mut tx = deps.store.read().await?;
    let topics = publications::topics(&mut tx, publication.id).await?;
    let digests = digests::list(&mut tx, publication.id).await?;
    drop(tx);
    let source = Source {
        input,
        offer: Offer {
            topics: topics.into_iter().map(|topic| topic.slug).collect(),
            digests: digests.into_iter().map(|digest| digest.slug).collect(),
        },
        now: deps.now(),
        keys: deps.keys.clone(),
        rejected: options.rejected.clone().filter(|_| !options.dry_run),
    };
    let (sender, mut hearing) = mpsc::channel(2);
    let reading = tokio::task::spawn_blocking(move || read::read(source, &sender));
    let mut writer = Writer::new(deps, publication, options).await?;
    let mut of = 0;
    while let Some(heard) = hearing.recv().await {
        match heard {
            Heard::Reading { bytes, rows } => watch(Progress::Reading { bytes, rows }),
            Heard::Rejected(line, reason) => watch(Progress::Rejected {
                line,
                reason: &reason,
            }),
            Heard::Read { rows, rejected } => {
                of = rows;
                writer.counts.read = rows + rejected;
                writer.counts.rejected = rejected;
            }
            Heard::Batch(batch) => {
                let rows = writer.batch(batch).await?;
                watch(Progress::Writing { rows, of });
            }
        }
    }
    reading.await??;
    if writer.counts.read == 0 {
        return Err(ImportError::Empty);
    }
    if !options.dry_run {
        deps.store.analyse_readers().await?;
    }
    tracing::info!(publication = %publication.slug, counts = ?writer.counts, "readers imported");
    Ok(writer.counts)
}

/// The writing side.
struct Writer<'a> {
    deps: &'a Deps,
    publication: &'a Publication,
    vouched: bool,
    dry_run: bool,
    text_version: Option<String>,
    source: String,
    pace: Pace,
    counts: Counts,
    /// Rows that have had their turn.
    done: u64,
}

impl<'a> Writer<'a> {
    async fn new(
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
            counts: Counts::default(),
            done: 0,
        })
    }

    /// One batch, one transaction. The rows come in the order of their addresses, so that two
    /// imports at a time do not wait for each other in a circle. Returns how many are done.
    async fn batch(&mut self, batch: Batch) -> Result<u64, StoreError> {
        self.counts.duplicates += batch.duplicates;
        self.done += batch.rows.len() as u64 + batch.duplicates;
        if batch.rows.is_empty() {
            return Ok(self.done);
        }
        let mut tx = if self.dry_run {
            self.deps.store.read().await?
        } else {
            self.deps.store.begin().await?
        };
        let plan = self.plan(&mut tx, batch).await?;
        if self.dry_run {
            return Ok(self.done);
        }
        self.write(&mut tx, &plan).await?;
        tx.commit().await?;
        tokio::time::sleep(self.deps.store.breather()).await;
        Ok(self.done)
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
