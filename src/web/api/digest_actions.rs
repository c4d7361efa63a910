//! What is done with a digest: looked at, tried, sent and paused.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Nothing;
use super::caller::{Caller, Editor, Sender};
use super::digests::find;
use super::input::{Asked, Input, Named};
use super::once::{Go, answer, done, made};
use super::page::shown;
use super::preview::{self, When};
use super::problem::Problem;
use super::run_actions::present;
use super::schemas::{AddressText, At};
use crate::services::output::digests::DigestOutput;
use crate::services::output::issues::IssueOutput;
use crate::services::preview_digest::{self, Eyes};
use crate::services::{idempotency, manage_digest, plan_issue, runs, test_digest};
use crate::store::idempotency_keys::Answer;
use crate::store::issues;
use crate::web::Web;

/// How far ahead.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Ahead {
    /// How many runs; 5 where it is not given.
    #[param(minimum = 1, maximum = 100)]
    count: Option<usize>,
}

/// The next runs of a digest.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Runs {
    items: Vec<Run>,
}

/// A run to come.
#[derive(Debug, Serialize, ToSchema)]
struct Run {
    at: At,
    /// The same on the clocks of the digest's zone.
    #[schema(format = DateTime)]
    local: String,
    /// When the schedule has it; another time where it was moved.
    slot_at: At,
    /// What becomes of it, where it does not go out as usual.
    note: Option<String>,
}

/// Where a test goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Test {
    to: AddressText,
}

/// A test that was sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Tested {
    to: String,
    subject: String,
    articles: usize,
    /// There was no news: it has the latest articles.
    latest: bool,
    /// What the mail server said.
    reply: String,
}

/// When an issue is to go out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Send {
    /// The articles are chosen then; at once where it is not given.
    at: Option<At>,
}

/// Tells the next runs of a digest; none where it has no schedule.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/digests/{digest}/runs", tag = "Digests", operation_id = "listRuns",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug."), Ahead),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The runs.", body = Runs)))]
pub(super) async fn next_runs(
    State(web): State<Web>,
    caller: Caller,
    Named(names): Named<(String, String)>,
    Asked(ahead): Asked<Ahead>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let count = ahead.count.unwrap_or(5);
    if !(1..=100).contains(&count) {
        let text = "count must be a number from 1 to 100.";
        return Err(Problem::Request(text.to_owned()));
    }
    let mut tx = web.deps.store.read().await?;
    let (_, digest) = find(&mut tx, &caller, &names).await?;
    let found = runs::next(&digest, web.deps.now(), count);
    let found = found.map_err(|error| Problem::Conflict(error.to_string()))?;
    let run = |run: runs::Run| Run {
        at: run.at.into(),
        local: run.at.with_timezone(&digest.timezone).to_rfc3339(),
        slot_at: run.slot.into(),
        note: run.note,
    };
    let items = found.into_iter().map(run).collect();
    Ok(shown(&headers, &Runs { items }))
}

/// Shows what would go out, without storing or sending anything.
///
/// 409 where nothing would, with the reason.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/digests/{digest}/preview", tag = "Digests", operation_id = "previewDigest",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug."), When),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The mail, or one part of it, as `Accept` says.",
        content((preview::View = "application/json"), (String = "text/html"), (String = "text/plain"))),
        (status = 409, description = "Nothing would go out, or it could not be written.")))]
pub(super) async fn preview_now(
    State(web): State<Web>,
    caller: Caller,
    Named(names): Named<(String, String)>,
    Asked(when): Asked<When>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (publication, digest) = find(&mut tx, &caller, &names).await?;
    drop(tx);
    let (at, reader) = (when.at.map(|at| at.0), when.reader.map(|reader| reader.0));
    let eyes = Eyes::of(reader.as_ref());
    let made = preview_digest::digest(&web.deps, publication, digest, at, eyes).await?;
    Ok(preview::answer(&headers, &made))
}

/// Sends what would go out to one address, as a test: marked, and with links that lead nowhere.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/digests/{digest}/test", tag = "Digests", operation_id = "testDigest",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])), request_body = Test,
    responses((status = 200, description = "It was sent.", body = Tested)))]
pub(super) async fn test(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<(String, String)>,
    input: Input<Test>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let (publication, digest) = find(&mut tx, &caller, &names).await?;
    drop(tx);
    let work = async {
        let to = &input.value.to.0;
        let tested = test_digest::send(&web.deps, publication, digest, to).await?;
        Ok(done(&Tested {
            to: to.to_string(),
            subject: tested.preview.edition.subject,
            articles: tested.preview.articles,
            latest: tested.is_old,
            reply: tested.reply,
        }))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Makes an issue by hand, for now or for later.
///
/// Where nothing can go out the issue is skipped, and says why. A digest whose issues have to be
/// approved makes one that awaits that.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/digests/{digest}/send", tag = "Digests", operation_id = "sendDigest",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["send"])), request_body = Option<Send>,
    responses((status = 201, description = "The issue is made.", body = IssueOutput)))]
pub(super) async fn send(
    State(web): State<Web>,
    Sender(caller): Sender,
    Named(names): Named<(String, String)>,
    input: Input<Option<Send>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let (publication, digest) = find(&mut tx, &caller, &names).await?;
    drop(tx);
    let at = input.value.unwrap_or_default().at.map(|at| at.0);
    let tell = |issue: &_| {
        let view = IssueOutput::new(&publication.slug, &digest.slug, issue);
        made(format!("/api/v1/issues/{}", view.id()), &view)
    };
    let claim = match input.once.begin(&web, &caller).await? {
        Go::Answered(known) => return Ok(answer(known)),
        Go::Once(claim) => claim,
        Go::Plainly => {
            let id = plan_issue::by_hand(&web.deps, &digest, at).await?;
            let mut tx = web.deps.store.read().await?;
            let issue = issues::find(&mut tx, id).await?;
            let issue = issue.ok_or_else(Problem::nothing_here)?;
            return Ok(answer(tell(&issue)));
        }
    };
    let sent = plan_issue::by_hand_once(&web.deps, &digest, at, &claim, tell).await;
    if sent.is_err() {
        idempotency::release(&web.deps, &claim).await?;
    }
    Ok(answer(sent?))
}

/// Lets no issue go out by schedule until it is resumed.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/digests/{digest}/pause", tag = "Digests", operation_id = "pauseDigest",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now.", body = DigestOutput)))]
pub(super) async fn pause(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<(String, String)>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = set_paused(&web, &caller, &names, true);
    input.once.carry_out(&web, &caller, work).await
}

/// Goes on with the next run.
#[utoipa::path(post, path = "/api/v1/publications/{publication}/digests/{digest}/resume", tag = "Digests", operation_id = "resumeDigest",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now.", body = DigestOutput)))]
pub(super) async fn resume(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<(String, String)>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = set_paused(&web, &caller, &names, false);
    input.once.carry_out(&web, &caller, work).await
}

type Names = (String, String);

async fn set_paused(
    web: &Web,
    caller: &Caller,
    names: &Names,
    paused: bool,
) -> Result<Answer, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (_, digest) = find(&mut tx, caller, names).await?;
    drop(tx);
    manage_digest::set_paused(&web.deps, &digest, paused).await?;
    present(web, caller, names).await
}
