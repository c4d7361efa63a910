//! An issue: what it is, how far it is, what failed and why.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{Whole, rate};
use crate::domain::article::Article;
use crate::domain::clock::Time;
use crate::domain::issue::{Counts, EditionKey, Issue, IssueState};
use crate::domain::opens::WORTH;
use crate::domain::progress::speed;
use crate::domain::publication::TopicChoice;
use crate::domain::reply_group::{gist, tally};
use crate::render::admin::issue_script_url;
use crate::render::admin::issues::{
    Actions, ArticleRow, EditionRow, Figures, IssuePage, OpensSums, SumRow,
};
use crate::render::admin::nav::Section;
use crate::render::admin::when::When;
use crate::services::{Deps, how_far, links, preview_digest};
use crate::store::clicks::{self, Clicks};
use crate::store::editions::Summary;
use crate::store::ledger::{self, MOST_SUMMED};
use crate::store::opens::{self, Opens};
use crate::store::{StoreError, Tx, bounces, curves, editions, waves};
use crate::web::Web;
use crate::web::admin::error::AdminError;
use crate::web::admin::signed_in::{Reads, Right, Sends, SignedIn};
use crate::web::admin::typing;
use crate::web::admin::words;

/// Rows of each table.
const MOST: usize = 20;
/// Editions that are listed; more differ in their topics only.
const MOST_EDITIONS: i64 = 50;

/// `GET /admin/issues/{id}`
pub(in crate::web::admin) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let whole = Whole::find(&me, &id).await?;
    let page = page(&me, &whole).await?;
    me.page(&web, &page)
}

/// The page of an issue as it is now.
pub(super) async fn page<R: Right>(
    me: &SignedIn<R>,
    whole: &Whole,
) -> Result<IssuePage, AdminError> {
    let (issue, zone) = (&whole.issue, whole.publication.timezone);
    let now = me.deps.now();
    let counts = match how_far::about(&me.deps, issue).await? {
        Some(counts) => counts,
        None => how_far::exactly(&me.deps, issue).await?,
    };
    let framing = me
        .frame_with(
            Section::Issues,
            whole.name(),
            Some(&whole.publication),
            Some((issue.id, counts)),
        )
        .await?;
    let mut tx = me.deps.store.read().await?;
    let curve = curves::find(&mut tx, issue.id).await?;
    let next_due = waves::next_due(&mut tx, issue.id).await?;
    let articles = preview_digest::articles(&mut tx, issue, now).await?;
    let clicks = clicks::of_issue(&mut tx, issue.id).await?;
    let counts_clicks = whole.publication.links.count_clicks && issue.state.is_public();
    let articles: Vec<ArticleRow> = articles
        .into_iter()
        .map(|one| article(one, &clicks))
        .collect();
    let editions = editions::list(&mut tx, issue.id, MOST_EDITIONS).await?;
    let audience = issue
        .audience
        .filter(|_| issue.state == IssueState::Awaiting);
    Ok(IssuePage {
        id: issue.id.to_string(),
        publication: whole.publication.name.clone(),
        digest: whole.digest.name.clone(),
        number: issue.number,
        subject: editions::subject(&mut tx, issue.id).await?,
        planned: When::at(issue.planned_at, zone),
        started: When::maybe(issue.started_at, zone),
        finished: When::maybe(issue.finished_at, zone),
        reason: issue.reason.clone().or(issue.trouble.clone()),
        figures: figures(issue, &counts, average(issue, &counts, now)),
        rate: (counts.sent > 0).then(|| rate::figure(curve.as_ref(), issue.finished_at, zone)),
        next_due: When::maybe(next_due.filter(|at| *at > now), zone),
        audience,
        typing: audience.and_then(|readers| typing::needed(readers, "send it")),
        has_preview: !articles.is_empty() && issue.state != IssueState::Skipped,
        articles,
        has_clicks: counts_clicks || !clicks.is_empty(),
        opens: opens::find(&mut tx, issue.id).await?.map(opens_sums),
        editions: editions.iter().map(edition).collect(),
        replies: replies(&mut tx, issue, &counts).await?,
        domains: domains(&mut tx, issue, &counts).await?,
        came_back: came_back(&mut tx, issue).await?,
        most_summed: Some(MOST_SUMMED).filter(|most| counts.failed.max(counts.deferred) > *most),
        archive_url: archive_url(&me.deps, whole),
        actions: actions(issue, &counts, me.may::<Sends>()),
        script_url: issue_script_url(),
        frame: framing.frame,
    })
}

/// How far an issue is.
pub(super) fn figures(issue: &Issue, counts: &Counts, rate: Option<f64>) -> Figures {
    let speed = speed(issue.state, counts, rate);
    let is_over = issue.state.is_final();
    Figures::new(words::of_issue(issue.state), is_over, counts, speed)
}

/// The rate since the issue began, for a page that is loaded once.
fn average(issue: &Issue, counts: &Counts, now: Time) -> Option<f64> {
    let seconds = (now - issue.started_at?).as_seconds_f64();
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let rate = counts.sent as f64 / seconds.max(1.0);
    Some(rate)
}

/// What can be done with an issue as it stands, by who may send.
fn actions(issue: &Issue, counts: &Counts, may_send: bool) -> Actions {
    if !may_send {
        return Actions::default();
    }
    let was_sent = matches!(
        issue.state,
        IssueState::Sending | IssueState::Paused | IssueState::SentWithFailures
    );
    Actions {
        approve: issue.state == IssueState::Awaiting,
        pause: issue.state == IssueState::Sending,
        resume: issue.state == IssueState::Paused,
        cancel: !issue.state.is_final(),
        retry: was_sent && counts.failed + counts.unknown > 0,
    }
}

fn article(article: Article, clicks: &[Clicks]) -> ArticleRow {
    let found = clicks.iter().find(|row| row.article == article.id);
    ArticleRow {
        counted: found.map_or(0, |row| row.counted),
        followed: found.map_or(0, |row| row.followed),
        title: article.content.title,
        url: article.content.url,
        source: article.feed_title,
        topics: article.topics.iter().map(ToString::to_string).collect(),
    }
}

fn opens_sums(found: Opens) -> OpensSums {
    OpensSums {
        counted: found.counted,
        by_providers: found.by_providers,
        loaded: found.loaded,
        worth: WORTH,
    }
}

fn edition(summary: &Summary) -> EditionRow {
    EditionRow {
        id: summary.id.to_string(),
        name: edition_name(&EditionKey::read(&summary.key)),
        subject: summary.subject.clone(),
        articles: summary.articles,
    }
}

/// As in "everything" or "in de: energy, ports".
fn edition_name(key: &EditionKey) -> String {
    let TopicChoice(topics) = &key.topics;
    let topics: Vec<String> = topics.iter().map(ToString::to_string).collect();
    match (&key.language, topics.is_empty()) {
        (None, true) => "everything".to_owned(),
        (None, false) => topics.join(", "),
        (Some(language), true) => format!("in {language}"),
        (Some(language), false) => format!("in {language}: {}", topics.join(", ")),
    }
}

async fn replies(tx: &mut Tx, issue: &Issue, counts: &Counts) -> Result<Vec<SumRow>, StoreError> {
    if counts.failed == 0 {
        return Ok(Vec::new());
    }
    let told = ledger::replies(tx, issue.id).await?;
    Ok(sums(told.iter().map(|(reply, n)| (gist(reply), *n))))
}

async fn domains(tx: &mut Tx, issue: &Issue, counts: &Counts) -> Result<Vec<SumRow>, StoreError> {
    if counts.deferred == 0 {
        return Ok(Vec::new());
    }
    let addresses = ledger::deferred_addresses(tx, issue.id).await?;
    let domain = |address: &String| {
        let (_, domain) = address.rsplit_once('@').unwrap_or_default();
        (domain.to_owned(), 1)
    };
    Ok(sums(addresses.iter().map(domain)))
}

/// Why mails came back, as in "hard: mailbox-unknown".
async fn came_back(tx: &mut Tx, issue: &Issue) -> Result<Vec<SumRow>, StoreError> {
    let reasons = bounces::reasons(tx, issue.id).await?;
    let row = |(kind, reason, count): (String, String, i64)| SumRow {
        name: match kind.as_str() {
            "complaint" => "complaint of the reader".to_owned(),
            _ => format!("{kind}: {reason}"),
        },
        count,
    };
    Ok(reasons.into_iter().take(MOST).map(row).collect())
}

/// The most frequent first.
fn sums(named: impl Iterator<Item = (String, i64)>) -> Vec<SumRow> {
    let row = |(name, count)| SumRow { name, count };
    tally(named).into_iter().take(MOST).map(row).collect()
}

/// Where readers see the issue.
fn archive_url(deps: &Deps, whole: &Whole) -> Option<String> {
    let number = whole
        .issue
        .number
        .filter(|_| whole.issue.state.is_public())?;
    let digest = whole.digest.slug.as_str();
    Some(links::issue(deps, &whole.publication, digest, number))
}
