//! `/api/v1/issues`: what has gone out, goes out or will, and how it is stopped.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Nothing;
use super::caller::{Caller, Sender};
use super::cursor;
use super::input::{Asked, Input, Named};
use super::once::done;
use super::page::{Page, limit, shown};
use super::preview::{self, Reader};
use super::problem::Problem;
use super::schemas::IssueStateWord;
use crate::domain::digest::Digest;
use crate::domain::ids::{DigestId, IssueId, PublicationId};
use crate::domain::issue::Issue;
use crate::domain::publication::Publication;
use crate::services::output::issues::{IssueOutput, IssueWithCounts};
use crate::services::{approve_issue, control_issue, preview_digest};
use crate::store::idempotency_keys::Answer;
use crate::store::issues::{self, Filter};
use crate::store::{Tx, articles, bounces, claims, clicks, digests, opens, publications, waves};
use crate::web::Web;

/// Which issues to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only those of this publication, by its slug. A token that reaches several, but not all, has to
    /// name one.
    publication: Option<String>,
    /// Only those of this digest of the publication, by its slug.
    digest: Option<String>,
    /// Only those in this state.
    #[param(inline, value_type = Option<IssueStateWord>)]
    state: Option<IssueStateWord>,
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

/// What to send again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Retry {
    /// Also what may have arrived: mails whose outcome was lost.
    #[serde(default)]
    unknown: bool,
}

/// What is sent again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Retried {
    /// How many mails.
    retried: u64,
    issue: IssueWithCounts,
}

/// An issue with what it belongs to.
pub(super) struct Found {
    pub issue: Issue,
    pub publication: Publication,
    digest: Digest,
}

/// Finds an issue that the caller reaches.
pub(super) async fn find(tx: &mut Tx, caller: &Caller, id: &str) -> Result<Found, Problem> {
    let missing = || Problem::NotFound(format!("There is no issue {id:?}."));
    let known: IssueId = id.parse().map_err(|_| missing())?;
    let found = issues::find(tx, known).await?;
    let issue = found.filter(|issue| caller.reaches(issue.publication));
    let issue = issue.ok_or_else(missing)?;
    let publication = publications::find(tx, issue.publication).await?;
    let digest = digests::find(tx, issue.digest).await?;
    let (publication, digest) = publication.zip(digest).ok_or_else(missing)?;
    Ok(Found {
        issue,
        publication,
        digest,
    })
}

/// An issue as it is now.
async fn whole(web: &Web, caller: &Caller, id: &str) -> Result<IssueWithCounts, Problem> {
    let mut tx = web.deps.store.read().await?;
    let found = find(&mut tx, caller, id).await?;
    let id = found.issue.id;
    let brief = IssueOutput::new(&found.publication.slug, &found.digest.slug, &found.issue);
    Ok(IssueWithCounts::new(
        brief,
        articles::of_issue(&mut tx, id).await?.len(),
        waves::next_due(&mut tx, id).await?,
        issues::counts(&mut tx, id).await?,
        bounces::counts(&mut tx, id).await?,
        opens::find(&mut tx, id).await?,
        claims::in_flight(&mut tx, id).await?,
    ))
}

/// Lists issues, those planned last first.
#[utoipa::path(get, path = "/api/v1/issues", tag = "Issues", operation_id = "listIssues",
    params(Wanted), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of issues.", body = Page<IssueOutput>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = limit(wanted.limit)?;
    let mut tx = web.deps.store.read().await?;
    let filter = filter(&mut tx, &caller, &wanted).await?;
    let found = issues::page(&mut tx, &filter, limit + 1).await?;
    let all = publications::list(&mut tx).await?;
    let publications: HashMap<PublicationId, Publication> =
        all.into_iter().map(|p| (p.id, p)).collect();
    let mut known: HashMap<DigestId, Digest> = HashMap::new();
    for issue in &found {
        if !known.contains_key(&issue.digest) {
            let digest = digests::find(&mut tx, issue.digest).await?;
            known.extend(digest.map(|digest| (digest.id, digest)));
        }
    }
    drop(tx);
    let place = |last: &Issue| cursor::of_moment(last.planned_at, last.id.0);
    let show = |issue: Issue| {
        let (publication, digest) = (&publications[&issue.publication], &known[&issue.digest]);
        IssueOutput::new(&publication.slug, &digest.slug, &issue)
    };
    Ok(shown(&headers, &Page::of(found, limit, place, show)))
}

async fn filter(tx: &mut Tx, caller: &Caller, wanted: &Wanted) -> Result<Filter, Problem> {
    let publication = caller.scope(tx, wanted.publication.as_deref()).await?;
    let digest = match (&wanted.digest, publication) {
        (None, _) => None,
        (Some(slug), Some(publication)) => {
            let all = digests::list(tx, publication).await?;
            let found = all.into_iter().find(|digest| digest.slug.as_str() == slug);
            let missing = || Problem::Request(format!("There is no digest {slug:?} in it."));
            Some(found.ok_or_else(missing)?.id)
        }
        (Some(_), None) => {
            let text = "Name the publication of the digest, as in ?publication=business-news.";
            return Err(Problem::Request(text.to_owned()));
        }
    };
    Ok(Filter {
        publication,
        digest,
        state: wanted.state.map(|word| word.0),
        after: wanted.cursor.as_deref().map(cursor::moment).transpose()?,
    })
}

/// Shows an issue and the sums of its ledger.
#[utoipa::path(get, path = "/api/v1/issues/{id}", tag = "Issues", operation_id = "showIssue",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The issue.", body = IssueWithCounts)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(shown(&headers, &whole(&web, &caller, &id).await?))
}

/// Shows the mail of an issue that awaits approval, or has gone out.
#[utoipa::path(get, path = "/api/v1/issues/{id}/preview", tag = "Issues", operation_id = "previewIssue",
    params(("id" = String, Path, description = "Its id."), Reader), security(("token" = ["viewer"])),
    responses((status = 200, description = "The mail, or one part of it, as `Accept` says.",
        content((preview::View = "application/json"), (String = "text/html"), (String = "text/plain"))),
        (status = 409, description = "It has no articles to show, or could not be written.")))]
pub(super) async fn preview_issue(
    State(web): State<Web>,
    caller: Caller,
    Named(id): Named<String>,
    Asked(asked): Asked<Reader>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let found = find(&mut tx, &caller, &id).await?;
    drop(tx);
    let reader = asked.reader.map(|reader| reader.0);
    let made = preview_digest::issue(&web.deps, found.issue.id, reader.as_ref()).await?;
    Ok(preview::answer(&headers, &made))
}

/// How often the link to an article was followed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Clicks {
    /// The article's id.
    article: String,
    title: String,
    /// By whomever, as often as it was.
    followed: i64,
    /// Without what is taken for programs, and without repetitions within a day.
    counted: i64,
}

/// All of an issue.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClickList {
    /// The most counted first; articles whose links nobody followed are left out.
    items: Vec<Clicks>,
}

/// Lists how often the links of an issue were followed, where its publication counts that.
#[utoipa::path(get, path = "/api/v1/issues/{id}/clicks", tag = "Issues", operation_id = "listClicks",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The links that were followed.", body = ClickList)))]
pub(super) async fn clicks(
    State(web): State<Web>,
    caller: Caller,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let found = find(&mut tx, &caller, &id).await?;
    let rows = clicks::of_issue(&mut tx, found.issue.id).await?;
    drop(tx);
    let of_one = |row: clicks::Clicks| Clicks {
        article: row.article.to_string(),
        title: row.title,
        followed: row.followed,
        counted: row.counted,
    };
    let items = rows.into_iter().map(of_one).collect();
    Ok(shown(&headers, &ClickList { items }))
}

/// Lets an issue go out that awaits approval.
#[utoipa::path(post, path = "/api/v1/issues/{id}/approve", tag = "Issues", operation_id = "approveIssue",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["send"])),
    responses((status = 200, description = "As it is now.", body = IssueWithCounts)))]
pub(super) async fn approve(
    State(web): State<Web>,
    Sender(caller): Sender,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = act(&web, &caller, &id, async |issue| {
        approve_issue::approve(&web.deps, issue).await?;
        Ok(())
    });
    input.once.carry_out(&web, &caller, work).await
}

/// Stops sending an issue; what is on its way is finished.
#[utoipa::path(post, path = "/api/v1/issues/{id}/pause", tag = "Issues", operation_id = "pauseIssue",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["send"])),
    responses((status = 200, description = "As it is now.", body = IssueWithCounts)))]
pub(super) async fn pause(
    State(web): State<Web>,
    Sender(caller): Sender,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = act(&web, &caller, &id, async |issue| {
        control_issue::pause(&web.deps, issue).await?;
        Ok(())
    });
    input.once.carry_out(&web, &caller, work).await
}

/// Goes on with a paused issue.
#[utoipa::path(post, path = "/api/v1/issues/{id}/resume", tag = "Issues", operation_id = "resumeIssue",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["send"])),
    responses((status = 200, description = "As it is now.", body = IssueWithCounts)))]
pub(super) async fn resume(
    State(web): State<Web>,
    Sender(caller): Sender,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = act(&web, &caller, &id, async |issue| {
        control_issue::resume(&web.deps, issue).await?;
        Ok(())
    });
    input.once.carry_out(&web, &caller, work).await
}

/// Ends an issue: what was not sent is skipped.
#[utoipa::path(post, path = "/api/v1/issues/{id}/cancel", tag = "Issues", operation_id = "cancelIssue",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["send"])),
    responses((status = 200, description = "As it is now.", body = IssueWithCounts)))]
pub(super) async fn cancel(
    State(web): State<Web>,
    Sender(caller): Sender,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = act(&web, &caller, &id, async |issue| {
        control_issue::cancel(&web.deps, issue).await?;
        Ok(())
    });
    input.once.carry_out(&web, &caller, work).await
}

/// Sends again what failed.
#[utoipa::path(post, path = "/api/v1/issues/{id}/retry-failed", tag = "Issues", operation_id = "retryIssue",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["send"])),
    request_body = Option<Retry>,
    responses((status = 200, description = "What is sent again.", body = Retried)))]
pub(super) async fn retry_failed(
    State(web): State<Web>,
    Sender(caller): Sender,
    Named(id): Named<String>,
    input: Input<Option<Retry>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let found = find(&mut tx, &caller, &id).await?;
    drop(tx);
    let unknown = input.value.unwrap_or_default().unknown;
    let work = async {
        let issue = found.issue.id;
        let (retried, _) = control_issue::retry_failed(&web.deps, issue, unknown).await?;
        let issue = whole(&web, &caller, &id).await?;
        Ok(done(&Retried { retried, issue }))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Does something to an issue that the caller reaches, and shows it as it is then.
async fn act(
    web: &Web,
    caller: &Caller,
    id: &str,
    what: impl AsyncFnOnce(IssueId) -> Result<(), Problem>,
) -> Result<Answer, Problem> {
    let mut tx = web.deps.store.read().await?;
    let found = find(&mut tx, caller, id).await?;
    drop(tx);
    what(found.issue.id).await?;
    Ok(done(&whole(web, caller, id).await?))
}
