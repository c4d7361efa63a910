//! `/api/v1/calendar`: runs to come, issues, and what was missed, over all digests.

use std::collections::HashMap;
use std::ops::Range;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::caller::Caller;
use super::input::Asked;
use super::page::shown;
use super::problem::Problem;
use super::schemas::{At, IssueStateWord};
use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::ids::DigestId;
use crate::domain::issue::Issue;
use crate::domain::publication::Publication;
use crate::services::runs::{self, Outcome, Run};
use crate::store::{Tx, digests, issues, publications};
use crate::web::Web;

/// What is told at most of one digest, and of issues in all.
const MOST_RUNS: usize = 200;
const MOST_ISSUES: i64 = 2000;
const LONGEST: TimeDelta = TimeDelta::days(62);

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only the digests of this publication, by its slug. A token that reaches several, but not all, has
    /// to name one.
    publication: Option<String>,
    /// From this time on; now where it is not given.
    #[param(inline, value_type = Option<At>)]
    from: Option<At>,
    /// Before this time, at most 62 days later; a week later where it is not given.
    #[param(inline, value_type = Option<At>)]
    to: Option<At>,
}

/// What happens, the first first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CalendarEntries)]
pub(super) struct Calendar {
    items: Vec<Entry>,
    /// Whether something was left out, since there is too much.
    cut: bool,
}

/// What an entry is: a run to come, an issue, or a run of which there is none.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CalendarEntryKind)]
enum Kind {
    Run,
    Issue,
    Missed,
}

/// What becomes of a run.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RunOutcome)]
enum Becomes {
    GoesOut,
    /// The digest is paused.
    Rests,
    LeftOut,
    /// Holidays or hours put it off.
    PutOff,
}

/// Something that happens.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CalendarEntry)]
struct Entry {
    at: At,
    /// The same on the clocks of the digest's zone.
    #[schema(format = DateTime)]
    local: String,
    /// The slug of the publication.
    publication: String,
    /// The slug of the digest.
    digest: String,
    kind: Kind,
    /// Of a run: what becomes of it.
    outcome: Option<Becomes>,
    /// Of a run: when the schedule has it.
    slot_at: Option<At>,
    /// Of an issue: its id.
    #[schema(value_type = Option<String>, format = "uuid")]
    issue: Option<Uuid>,
    /// Of an issue: where it stands.
    state: Option<IssueStateWord>,
    /// Why it is not as usual.
    note: Option<String>,
}

impl From<Outcome> for Becomes {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::GoesOut => Self::GoesOut,
            Outcome::Rests => Self::Rests,
            Outcome::LeftOut => Self::LeftOut,
            Outcome::PutOff => Self::PutOff,
        }
    }
}

/// A digest of a publication.
struct Place {
    publication: Publication,
    digest: Digest,
}

impl Place {
    fn entry(&self, at: Time, kind: Kind) -> Entry {
        Entry {
            at: at.into(),
            local: at.with_timezone(&self.digest.timezone).to_rfc3339(),
            publication: self.publication.slug.to_string(),
            digest: self.digest.slug.to_string(),
            kind,
            outcome: None,
            slot_at: None,
            issue: None,
            state: None,
            note: None,
        }
    }

    fn run(&self, run: Run) -> Entry {
        Entry {
            outcome: Some(run.outcome.into()),
            slot_at: Some(run.slot.into()),
            note: run.note,
            ..self.entry(run.at, Kind::Run)
        }
    }

    fn issue(&self, issue: Issue) -> Entry {
        Entry {
            issue: Some(issue.id.0),
            state: Some(issue.state.into()),
            slot_at: issue.slot_at.map(At),
            note: issue.reason.clone().or(issue.trouble.clone()),
            ..self.entry(issue.dated(), Kind::Issue)
        }
    }
}

async fn places(tx: &mut Tx, caller: &Caller, slug: Option<&str>) -> Result<Vec<Place>, Problem> {
    let only = caller.scope(tx, slug).await?;
    let mut places = Vec::new();
    for publication in publications::list(tx).await? {
        if only.is_some_and(|only| only != publication.id) {
            continue;
        }
        for digest in digests::list(tx, publication.id).await? {
            places.push(Place {
                publication: publication.clone(),
                digest,
            });
        }
    }
    Ok(places)
}

/// The range that is asked for.
fn range(wanted: &Wanted, now: Time) -> Result<Range<Time>, Problem> {
    let from = wanted.from.map_or(now, |at| at.0);
    let week = from.checked_add_signed(TimeDelta::days(7)).unwrap_or(from);
    let to = wanted.to.map_or(week, |at| at.0);
    if from >= to || to - from > LONGEST {
        let text = "to must be later than from, by 62 days at most.";
        return Err(Problem::Request(text.to_owned()));
    }
    Ok(from..to)
}

/// Tells the runs to come of all digests, their issues, and the runs that were missed.
#[utoipa::path(get, path = "/api/v1/calendar", tag = "Digests", operation_id = "showCalendar",
    params(Wanted), security(("token" = ["viewer"])),
    responses((status = 200, description = "What happens.", body = Calendar)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = web.deps.now();
    let range = range(&wanted, now)?;
    let mut tx = web.deps.store.read().await?;
    let places = places(&mut tx, &caller, wanted.publication.as_deref()).await?;
    // One at readers' own times is planned before the time that it is for.
    let begin = range.start.checked_sub_signed(TimeDelta::days(2));
    let begin = begin.unwrap_or(range.start);
    let found = issues::between(&mut tx, begin, range.end, MOST_ISSUES).await?;
    drop(tx);
    let mut cut = i64::try_from(found.len()) == Ok(MOST_ISSUES);
    let mut by_digest: HashMap<DigestId, Vec<Issue>> = HashMap::new();
    for issue in found {
        by_digest.entry(issue.digest).or_default().push(issue);
    }
    let mut items = Vec::new();
    for place in &places {
        let mine = by_digest.remove(&place.digest.id).unwrap_or_default();
        cut |= of_place(place, mine, &range, now, &mut items);
    }
    items.sort_by_key(|entry| entry.at.0);
    Ok(shown(&headers, &Calendar { items, cut }))
}

/// Adds what happens with a digest; true where something was left out.
fn of_place(
    place: &Place,
    mine: Vec<Issue>,
    range: &Range<Time>,
    now: Time,
    items: &mut Vec<Entry>,
) -> bool {
    let was = |at: &Time| {
        let mut all = mine.iter();
        all.any(|issue| issue.planned_at == *at || issue.slot_at == Some(*at))
    };
    let missed = runs::missed(&place.digest, now, range, MOST_RUNS);
    let to_come = runs::between(&place.digest, now, range, MOST_RUNS);
    let is_cut = missed.len().max(to_come.len()) == MOST_RUNS;
    let gone = missed.into_iter().filter(|at| !was(at));
    items.extend(gone.map(|at| place.entry(at, Kind::Missed)));
    items.extend(to_come.into_iter().map(|run| place.run(run)));
    let mine = mine.into_iter().filter(|i| range.contains(&i.dated()));
    items.extend(mine.map(|issue| place.issue(issue)));
    is_cut
}
