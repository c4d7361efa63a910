//! The calendar itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use axum::extract::{self, Query};
use axum::response::Response;
use chrono::{Datelike as _, NaiveDate, TimeDelta};
use serde::Deserialize;
use url::form_urlencoded;

use super::Place;
use super::dates::Range;
use crate::domain::calendar::is_missed;
use crate::domain::clock::Time;
use crate::domain::ids::DigestId;
use crate::domain::issue::Issue;
use crate::domain::publication::Publication;
use crate::domain::run::YEARS;
use crate::render::admin::calendar::{CalendarPage, Day, Entry};
use crate::render::admin::frame::{Choice, State, Tone};
use crate::render::admin::nav::Section;
use crate::services::runs::{self, Run};
use crate::store::{digests, issues};
use crate::web::Web;
use crate::web::admin::digests::run_url;
use crate::web::admin::error::AdminError;
use crate::web::admin::signed_in::{Reads, SignedIn};
use crate::web::admin::words;

/// Runs of a digest that are worked out for a page.
const MOST_RUNS: usize = 400;
/// Issues that a page shows.
const MOST_ISSUES: i64 = 2000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::admin) struct Asked {
    publication: String,
    /// `month`; a week where it is anything else.
    view: String,
    /// A day of it.
    on: String,
}

impl Asked {
    fn day(&self) -> Option<NaiveDate> {
        let day: Option<NaiveDate> = self.on.parse().ok();
        day.filter(|day| YEARS.contains(&day.year()))
    }

    fn url(&self, is_month: bool, on: NaiveDate) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if is_month {
            query.append_pair("view", "month");
        }
        if !self.publication.is_empty() {
            query.append_pair("publication", &self.publication);
        }
        query.append_pair("on", &on.to_string());
        format!("/admin/calendar?{}", query.finish())
    }
}

/// What stands on a day.
struct Mark {
    at: Time,
    day: NaiveDate,
    digest: DigestId,
    entry: Entry,
}

/// `GET /admin/calendar`
pub(in crate::web::admin) async fn show(
    extract::State(web): extract::State<Web>,
    me: SignedIn<Reads>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let framing = me.frame(Section::Calendar, "Calendar").await?;
    let now = me.deps.now();
    let today = now.with_timezone(&framing.zone).date_naive();
    let range = Range {
        on: asked.day().unwrap_or(today),
        is_month: asked.view == "month",
    };
    let is_wanted =
        |p: &&Publication| asked.publication.is_empty() || p.slug.as_str() == asked.publication;
    let mut places = Vec::new();
    let mut tx = me.deps.store.read().await?;
    for publication in framing.publications.iter().filter(is_wanted) {
        for digest in digests::list(&mut tx, publication.id).await? {
            places.push(Place {
                publication: publication.clone(),
                digest,
            });
        }
    }
    let (from, to) = shown_times(&places, range);
    // One at readers' own times is planned before the time that it is for.
    let from = from - TimeDelta::days(2);
    let found = issues::between(&mut tx, from, to, MOST_ISSUES).await?;
    drop(tx);
    let is_full = i64::try_from(found.len()) == Ok(MOST_ISSUES);
    let (marks, is_cut) = marks(&places, found, range, now);
    let days = days(&places, marks, range, today);
    let page = CalendarPage {
        range: range.name(),
        is_month: range.is_month,
        on: range.on.to_string(),
        publications: framing
            .publications
            .iter()
            .map(|p| choice(p, &asked))
            .collect(),
        is_empty: days.iter().all(|day| day.entries.is_empty()),
        days,
        is_cut: is_cut || is_full,
        earlier_url: asked.url(range.is_month, range.beside(-1)),
        later_url: asked.url(range.is_month, range.beside(1)),
        today_url: asked.url(range.is_month, today),
        other_url: asked.url(!range.is_month, range.on),
        holidays_url: "/admin/calendar/holidays",
        frame: framing.frame,
    };
    me.page(&web, &page)
}

fn choice(publication: &Publication, asked: &Asked) -> Choice {
    Choice {
        value: publication.slug.to_string(),
        name: publication.name.clone(),
        chosen: publication.slug.as_str() == asked.publication,
    }
}

/// The time that the days are in, over all zones.
fn shown_times(places: &[Place], range: Range) -> (Time, Time) {
    let spans = places.iter().map(|p| range.within(p.digest.timezone));
    spans
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
        .unwrap_or_else(|| range.within(chrono_tz::UTC))
}

/// All that happens in their order, and whether some of it is left out.
fn marks(places: &[Place], found: Vec<Issue>, range: Range, now: Time) -> (Vec<Mark>, bool) {
    let mut by_digest: HashMap<DigestId, Vec<Issue>> = HashMap::new();
    for issue in found {
        by_digest.entry(issue.digest).or_default().push(issue);
    }
    let (mut marks, mut is_cut) = (Vec::new(), false);
    for place in places {
        let mine = by_digest.remove(&place.digest.id).unwrap_or_default();
        let (from, to) = range.within(place.digest.timezone);
        let was = |at: &Time| {
            mine.iter()
                .any(|i| i.planned_at == *at || i.slot_at == Some(*at))
        };
        let missed = runs::missed(&place.digest, now, &(from..to), MOST_RUNS);
        marks.extend(
            missed
                .iter()
                .filter(|at| !was(at))
                .map(|at| missing(place, *at)),
        );
        let to_come = runs::between(&place.digest, now, &(from..to), MOST_RUNS);
        is_cut |= missed.len().max(to_come.len()) == MOST_RUNS;
        marks.extend(to_come.into_iter().map(|run| of_run(place, run)));
        marks.extend(mine.into_iter().map(|issue| of_issue(place, issue)));
    }
    marks.sort_by_key(|mark| mark.at);
    (marks, is_cut)
}

fn mark(place: &Place, at: Time, state: State) -> Mark {
    let zone = place.digest.timezone;
    let local = at.with_timezone(&zone);
    Mark {
        at,
        day: local.date_naive(),
        digest: place.digest.id,
        entry: Entry {
            iso: at.format("%FT%TZ").to_string(),
            time: local.format("%H:%M").to_string(),
            zone: local.format("%Z").to_string(),
            zone_name: zone.name().to_owned(),
            publication: place.publication.name.clone(),
            digest: place.digest.name.clone(),
            number: None,
            state,
            note: None,
            url: None,
            more: 0,
        },
    }
}

/// A run of which there is no issue.
fn missing(place: &Place, at: Time) -> Mark {
    let mut mark = mark(place, at, State::new("missed", Tone::Bad));
    mark.entry.note = Some("the service did not run, or was late".to_owned());
    mark
}

fn of_run(place: &Place, run: Run) -> Mark {
    let mut mark = mark(place, run.at, words::of_run(&run));
    mark.entry.url = Some(run_url(&place.publication, &place.digest, run.at));
    mark.entry.note = run.note;
    mark
}

fn of_issue(place: &Place, issue: Issue) -> Mark {
    let is_missed = issue.reason.as_deref().is_some_and(is_missed);
    let state = if is_missed {
        State::new("missed", Tone::Bad)
    } else {
        words::of_issue(issue.state)
    };
    let mut mark = mark(place, issue.dated(), state);
    mark.entry.url = Some(format!("/admin/issues/{}", issue.id));
    mark.entry.number = issue.number;
    mark.entry.note = issue.reason.or(issue.trouble);
    mark
}

fn days(places: &[Place], marks: Vec<Mark>, range: Range, today: NaiveDate) -> Vec<Day> {
    let most = if range.is_month { 2 } else { 6 };
    let mut by_day: BTreeMap<NaiveDate, Vec<Mark>> = BTreeMap::new();
    for mark in marks {
        by_day.entry(mark.day).or_default().push(mark);
    }
    let day = |date: NaiveDate| Day {
        iso: date.to_string(),
        name: date.format("%a %-d %b").to_string(),
        is_today: date == today,
        is_outside: !range.has(date),
        holiday_of: holiday_of(places, date),
        entries: gathered(by_day.remove(&date).unwrap_or_default(), most),
    };
    range.days().into_iter().map(day).collect()
}

fn holiday_of(places: &[Place], date: NaiveDate) -> Vec<String> {
    let rests = places
        .iter()
        .filter(|place| place.digest.rules.calendar.holidays.contains(&date));
    rests.map(|place| place.digest.name.clone()).collect()
}

/// The entries of a day; where a digest has more than so many of a kind, the first stands for them.
fn gathered(marks: Vec<Mark>, most: usize) -> Vec<Entry> {
    let kind = |mark: &Mark| (mark.digest, mark.entry.state.word.clone());
    let mut numbers: HashMap<(DigestId, String), usize> = HashMap::new();
    for mark in &marks {
        *numbers.entry(kind(mark)).or_default() += 1;
    }
    let mut stands = HashSet::new();
    let mut entries = Vec::new();
    for mut mark in marks {
        let kind = kind(&mark);
        let number = numbers.get(&kind).copied().unwrap_or_default();
        if number > most {
            if !stands.insert(kind) {
                continue;
            }
            mark.entry.more = number - 1;
        }
        entries.push(mark.entry);
    }
    entries
}
