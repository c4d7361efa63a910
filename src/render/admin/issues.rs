//! Issues: what was planned, what became of it, and for whom.

use serde::Serialize;

use super::form::Typing;
use super::frame::{Choice, Frame, Paging, State};
use super::statistics::Figure;
use super::when::When;
use crate::domain::issue::Counts;
use crate::domain::progress::Speed;

/// Units across the bar of an issue.
const ACROSS: i64 = 1000;

/// A part of the bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    pub class: &'static str,
    pub x: i64,
    pub width: i64,
}

/// How far an issue is; the same on the page and in what keeps the page up to date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub state: State,
    /// Nothing more happens by itself.
    pub is_over: bool,
    pub recipients: i64,
    pub sent: i64,
    /// To go out for the first time, or on the way.
    pub waiting: i64,
    pub deferred: i64,
    pub failed: i64,
    pub skipped: i64,
    pub unknown: i64,
    pub percent: i64,
    /// As in "at 50/s, 12 min left"; empty where nothing moves.
    pub speed: String,
    pub bar: Vec<Segment>,
}

impl Figures {
    pub fn new(state: State, is_over: bool, counts: &Counts, speed: Option<Speed>) -> Self {
        let done = counts.recipients - counts.open();
        Self {
            state,
            is_over,
            recipients: counts.recipients,
            sent: counts.sent,
            waiting: counts.pending + counts.sending,
            deferred: counts.deferred,
            failed: counts.failed,
            skipped: counts.skipped,
            unknown: counts.unknown,
            percent: (100 * done).checked_div(counts.recipients).unwrap_or(0),
            speed: speed.map_or(String::new(), |s| format!("at {}, {} left", s.rate, s.left)),
            bar: bar(counts),
        }
    }
}

/// The parts of the bar, side by side; what waits is what is left of it.
fn bar(counts: &Counts) -> Vec<Segment> {
    let parts = [
        ("good", counts.sent),
        ("bad", counts.failed + counts.unknown),
        ("warn", counts.deferred),
        ("calm", counts.skipped),
    ];
    let mut x = 0;
    let segment = |(class, count): (&'static str, i64)| {
        let width = (ACROSS * count).checked_div(counts.recipients).unwrap_or(0);
        // One mail of a million that failed is seen, too.
        let width = if count > 0 { width.max(3) } else { 0 };
        let at = x;
        x += width;
        Segment {
            class,
            x: at,
            width,
        }
    };
    parts.into_iter().map(segment).collect()
}

/// An issue in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssueRow {
    pub id: String,
    pub publication: String,
    pub digest: String,
    pub number: Option<i64>,
    /// In the zone of its publication.
    pub planned: When,
    pub subject: Option<String>,
    pub state: State,
    pub reason: Option<String>,
    /// Else its ledger is long, and is being summed up.
    pub is_counted: bool,
    pub recipients: i64,
    pub sent: i64,
    pub failed: i64,
    pub waiting: i64,
}

/// `GET /admin/issues`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssuesPage {
    pub frame: Frame,
    pub publications: Vec<Choice>,
    /// Those of the publication that was chosen.
    pub digests: Vec<Choice>,
    pub states: Vec<Choice>,
    pub is_filtered: bool,
    pub issues: Vec<IssueRow>,
    pub paging: Paging,
}

/// An article of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArticleRow {
    pub title: String,
    pub url: String,
    pub source: Option<String>,
    pub topics: Vec<String>,
    /// Steps on its link: those that count as a person's, and all.
    pub counted: i64,
    pub followed: i64,
}

/// How often the picture of an issue's mails was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpensSums {
    pub counted: i64,
    pub by_providers: i64,
    pub loaded: i64,
    /// What the numbers are worth.
    pub worth: &'static str,
}

/// An edition of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EditionRow {
    pub id: String,
    /// Its language and topics in words.
    pub name: String,
    pub subject: String,
    pub articles: i64,
}

/// Mails that share a reply, or a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SumRow {
    pub name: String,
    pub count: i64,
}

/// What an operator who may send can do with an issue as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Actions {
    pub approve: bool,
    pub pause: bool,
    pub resume: bool,
    pub cancel: bool,
    pub retry: bool,
}

/// `GET /admin/issues/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssuePage {
    pub frame: Frame,
    pub id: String,
    pub publication: String,
    pub digest: String,
    pub number: Option<i64>,
    pub subject: Option<String>,
    pub planned: When,
    pub started: Option<When>,
    pub finished: Option<When>,
    /// Why it was left out or paused itself, or what keeps it.
    pub reason: Option<String>,
    pub figures: Figures,
    /// How fast it goes out, from the first mail on.
    pub rate: Option<Figure>,
    /// When the next mails are due, where that is not now.
    pub next_due: Option<When>,
    /// Who took the digest when it began to wait for approval.
    pub audience: Option<i64>,
    /// To approve it.
    pub typing: Option<Typing>,
    /// Whether it has articles, and so a mail to look at.
    pub has_preview: bool,
    pub articles: Vec<ArticleRow>,
    /// Whether steps on links are counted, or were.
    pub has_clicks: bool,
    /// Where its mails carry a picture.
    pub opens: Option<OpensSums>,
    pub editions: Vec<EditionRow>,
    pub replies: Vec<SumRow>,
    pub domains: Vec<SumRow>,
    /// Why mails came back, or were complained of.
    pub came_back: Vec<SumRow>,
    /// The mails that those two are about, where there are more.
    pub most_summed: Option<i64>,
    /// The page of the archive, where readers see it.
    pub archive_url: Option<String>,
    pub actions: Actions,
    pub script_url: &'static str,
}

/// `GET /admin/issues/{id}/cancel`: asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CancelPage {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    /// How many will not get it, as far as that is known.
    pub readers: i64,
    /// Whether its ledger is whole, so that nobody else will.
    pub is_filled: bool,
    pub sent: i64,
    pub typing: Option<Typing>,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryRow {
    pub address: String,
    pub state: State,
    pub reason: Option<String>,
    pub attempts: u32,
    pub reply: Option<String>,
    pub relay: Option<String>,
    pub first_attempt: Option<When>,
    pub next_attempt: Option<When>,
    pub sent: Option<When>,
}

/// `GET /admin/issues/{id}/deliveries`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveriesPage {
    pub frame: Frame,
    pub id: String,
    pub name: String,
    pub states: Vec<Choice>,
    pub address: String,
    pub is_filtered: bool,
    /// The same lines as a table for spreadsheets.
    pub table_url: String,
    pub lines: Vec<DeliveryRow>,
    pub paging: Paging,
}

super::admin_pages! {
    IssuesPage => "admin/issues.html",
    IssuePage => "admin/issue.html",
    CancelPage => "admin/issue_cancel.html",
    DeliveriesPage => "admin/issue_deliveries.html",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_shows_also_the_one_that_failed() {
        let counts = Counts {
            recipients: 1_000_000,
            sent: 500_000,
            failed: 1,
            pending: 499_999,
            ..Counts::default()
        };
        let parts: Vec<_> = bar(&counts)
            .into_iter()
            .map(|s| (s.class, s.x, s.width))
            .collect();
        assert_eq!(
            parts,
            [
                ("good", 0, 500),
                ("bad", 500, 3),
                ("warn", 503, 0),
                ("calm", 503, 0)
            ]
        );
        assert!(bar(&Counts::default()).iter().all(|s| s.width == 0));
    }
}
