//! Issues, as programs read of them.

use serde::Serialize;
use utoipa::ToSchema;

use super::words::{At, IssueStateWord};
use crate::domain::clock::Time;
use crate::domain::ids::IssueId;
use crate::domain::issue::{Counts, Issue};
use crate::domain::slug::Slug;
use crate::store::{bounces, opens};

/// One numbered outcome of a digest.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Issue)]
pub struct IssueOutput {
    #[schema(value_type = String, format = "uuid")]
    id: IssueId,
    /// The slug of its publication.
    publication: String,
    /// The slug of its digest.
    digest: String,
    /// Counted per digest; null until it goes out.
    number: Option<i64>,
    state: IssueStateWord,
    /// Why it was skipped.
    reason: Option<String>,
    /// What keeps it from going out.
    trouble: Option<String>,
    planned_at: At,
    started_at: Option<At>,
    finished_at: Option<At>,
}

impl IssueOutput {
    pub fn new(publication: &Slug, digest: &Slug, issue: &Issue) -> Self {
        Self {
            id: issue.id,
            publication: publication.to_string(),
            digest: digest.to_string(),
            number: issue.number,
            state: issue.state.into(),
            reason: issue.reason.clone(),
            trouble: issue.trouble.clone(),
            planned_at: issue.planned_at.into(),
            started_at: issue.started_at.map(At),
            finished_at: issue.finished_at.map(At),
        }
    }

    pub fn id(&self) -> IssueId {
        self.id
    }
}

/// An issue with the sums of its ledger.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = IssueWithCounts)]
pub struct IssueWithCounts {
    #[serde(flatten)]
    pub issue: IssueOutput,
    /// How many articles it has.
    pub articles: usize,
    /// When the next of its mails is due.
    pub next_due_at: Option<At>,
    pub counts: CountsOutput,
    pub bounces: BouncesOutput,
    /// How often the picture of its mails was loaded; null where they carry none.
    pub opens: Option<OpensOutput>,
    /// Mails that are on their way.
    pub in_flight: i64,
}

/// The ledger of an issue, summed up.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Counts)]
pub struct CountsOutput {
    recipients: i64,
    pending: i64,
    sending: i64,
    sent: i64,
    deferred: i64,
    failed: i64,
    skipped: i64,
    /// What may have arrived: mails whose outcome was lost.
    unknown: i64,
}

impl From<Counts> for CountsOutput {
    fn from(counts: Counts) -> Self {
        Self {
            recipients: counts.recipients,
            pending: counts.pending,
            sending: counts.sending,
            sent: counts.sent,
            deferred: counts.deferred,
            failed: counts.failed,
            skipped: counts.skipped,
            unknown: counts.unknown,
        }
    }
}

/// Mails that came back, or were complained of.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Bounces)]
pub struct BouncesOutput {
    /// To addresses that will never take mail.
    hard: i64,
    /// That failed for another reason.
    soft: i64,
    complaints: i64,
}

impl From<bounces::Counts> for BouncesOutput {
    fn from(counts: bounces::Counts) -> Self {
        Self {
            hard: counts.hard,
            soft: counts.soft,
            complaints: counts.complaints,
        }
    }
}

/// How often the picture of an issue's mails was loaded, by whomever. Little can be read from that:
/// mailbox providers and scanners load it for mails that nobody reads, and many readers see mails without
/// pictures.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Opens)]
pub struct OpensOutput {
    /// As often as it was.
    loaded: i64,
    /// Without what is taken for programs, repetitions within a day, and what mailbox providers loaded.
    counted: i64,
    /// By mailbox providers, for their readers or ahead of all of them.
    by_providers: i64,
}

impl From<opens::Opens> for OpensOutput {
    fn from(opens: opens::Opens) -> Self {
        Self {
            loaded: opens.loaded,
            counted: opens.counted,
            by_providers: opens.by_providers,
        }
    }
}

impl IssueWithCounts {
    pub fn new(
        issue: IssueOutput,
        articles: usize,
        next_due_at: Option<Time>,
        counts: Counts,
        came_back: bounces::Counts,
        opens: Option<opens::Opens>,
        in_flight: i64,
    ) -> Self {
        Self {
            issue,
            articles,
            next_due_at: next_due_at.map(At),
            counts: counts.into(),
            bounces: came_back.into(),
            opens: opens.map(OpensOutput::from),
            in_flight,
        }
    }
}
