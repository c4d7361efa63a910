//! The page that a day begins with.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use chrono::Days;
use chrono_tz::Tz;

use super::alerts::row as alert_row;
use super::digests::path;
use super::error::AdminError;
use super::figures;
use super::first_steps::first_steps;
use super::signed_in::{Changes, Reads, SignedIn};
use super::words;
use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::feed::{Feed, FeedState};
use crate::domain::ids::IssueId;
use crate::domain::issue::Counts;
use crate::domain::publication::Publication;
use crate::render::admin::nav::Section;
use crate::render::admin::statistics::Figure;
use crate::render::admin::today::{FeedTrouble, LastIssue, NextRun, Readers, RelayRow, TodayPage};
use crate::render::admin::when::When;
use crate::services::{Deps, how_far};
use crate::store::{
    StoreError, Tx, alerts, digests, feeds, holds, issues, nodes, statistics, subscriptions,
};
use crate::web::Web;

/// The days that the plot of growth goes back.
const GROWTH: Days = Days::new(29);

/// `GET /admin`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
) -> Result<Response, AdminError> {
    let framing = me.frame(Section::Today, "Today").await?;
    let now = me.deps.now();
    let mut tx = me.deps.store.read().await?;
    let under_way = issues::under_way(&mut tx).await?;
    drop(tx);
    let counted = how_far::of_open(&me.deps, &under_way).await?;
    let mut tx = me.deps.store.read().await?;
    let open = alerts::opened(&mut tx).await?;
    let hold = holds::find(&mut tx).await?;
    let mut page = TodayPage {
        held_since: hold.map(|hold| When::at(hold.backup_at, framing.zone)),
        alerts: open.iter().map(|a| alert_row(a, &framing)).collect(),
        frame: framing.frame,
        no_worker: nodes::workers(&mut tx, now).await? == 0,
        steps: Vec::new(),
        next_runs: Vec::new(),
        last_issues: Vec::new(),
        readers: Vec::new(),
        growth: None,
        feeds: 0,
        feed_troubles: Vec::new(),
        relays: relays(&me.deps),
    };
    let mut runs: Vec<(Option<Time>, NextRun)> = Vec::new();
    for publication in &framing.publications {
        page.readers.push(readers(&mut tx, publication).await?);
        for digest in digests::list(&mut tx, publication.id).await? {
            runs.push((digest.next_run_at, next_run(&digest, publication)));
            page.last_issues
                .extend(last_issue(&mut tx, &digest, publication, &counted).await?);
        }
        let all = feeds::list(&mut tx, Some(publication.id)).await?;
        let asked = all.iter().filter(|feed| feed.state == FeedState::Active);
        page.feeds += i64::try_from(asked.count()).unwrap_or(i64::MAX);
        let troubles = all
            .iter()
            .filter_map(|feed| trouble(feed, publication, now));
        page.feed_troubles.extend(troubles);
    }
    if me.may::<Changes>() {
        let at_hand = position(&page, &framing.publications);
        let at_hand = at_hand.map(|at| (&framing.publications[at], &page.readers[at]));
        page.steps = first_steps(&mut tx, at_hand, &me.deps).await?;
    }
    page.growth = growth(&mut tx, &page, &framing.publications, now).await?;
    drop(tx);
    // Those without a time stand last.
    runs.sort_by_key(|(at, _)| (at.is_none(), *at));
    page.next_runs = runs.into_iter().map(|(_, run)| run).collect();
    me.page(&web, &page)
}

fn next_run(digest: &Digest, publication: &Publication) -> NextRun {
    NextRun {
        publication: publication.name.clone(),
        digest: digest.name.clone(),
        url: path(publication, digest),
        at: When::maybe(digest.next_run_at, digest.timezone),
        state: words::of_digest(digest),
    }
}

async fn last_issue(
    tx: &mut Tx,
    digest: &Digest,
    publication: &Publication,
    counted: &HashMap<IssueId, Option<Counts>>,
) -> Result<Option<LastIssue>, StoreError> {
    let Some(issue) = issues::latest_of(tx, digest.id).await? else {
        return Ok(None);
    };
    let counts = match counted.get(&issue.id) {
        Some(known) => *known,
        None => Some(issues::counts(tx, issue.id).await?),
    };
    let is_counted = counts.is_some();
    let counts = counts.unwrap_or_default();
    let zone: Tz = digest.timezone;
    Ok(Some(LastIssue {
        publication: publication.name.clone(),
        digest: digest.name.clone(),
        url: path(publication, digest),
        number: issue.number,
        at: When::at(issue.planned_at, zone),
        state: words::of_issue(issue.state),
        reason: issue.reason.or(issue.trouble),
        is_counted,
        sent: counts.sent,
        failed: counts.failed,
        unknown: counts.unknown,
        open: counts.open(),
    }))
}

async fn readers(tx: &mut Tx, publication: &Publication) -> Result<Readers, StoreError> {
    let (active, pending, left) = subscriptions::count(tx, publication.id).await?;
    Ok(Readers {
        publication: publication.name.clone(),
        active,
        pending,
        left,
    })
}

/// Which publication is at hand.
fn position(page: &TodayPage, publications: &[Publication]) -> Option<usize> {
    let at_hand = page.frame.publication.as_ref()?;
    publications
        .iter()
        .position(|p| at_hand.slug == p.slug.as_str())
}

/// The growth of the publication at hand within the last days.
async fn growth(
    tx: &mut Tx,
    page: &TodayPage,
    publications: &[Publication],
    now: Time,
) -> Result<Option<Figure>, StoreError> {
    let Some(position) = position(page, publications) else {
        return Ok(None);
    };
    let today = now.date_naive();
    let first = today - GROWTH;
    let days = statistics::days(tx, publications[position].id, first).await?;
    let counted = &page.readers[position];
    let live = (counted.active, counted.pending, counted.left);
    Ok(Some(figures::readers(&figures::until_now(
        days, today, live,
    ))))
}

fn trouble(feed: &Feed, publication: &Publication, now: Time) -> Option<FeedTrouble> {
    let (state, text) = words::of_feed(feed, now);
    words::is_trouble(&state).then(|| FeedTrouble {
        publication: publication.name.clone(),
        name: feed.title.clone().unwrap_or_else(|| feed.url.clone()),
        url: format!("/admin/p/{}/feeds/{}", publication.slug, feed.id),
        state,
        text: text.unwrap_or_default(),
        last_ok: When::maybe(feed.health.last_ok_at, publication.timezone),
    })
}

fn relays(deps: &Deps) -> Vec<RelayRow> {
    let relays = deps.present().routes.conditions();
    let row = |relay| RelayRow {
        state: words::of_relay(&relay),
        name: relay.name,
        text: relay.trouble,
    };
    relays.into_iter().map(row).collect()
}
