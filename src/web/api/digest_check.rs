//! `.../digests/{digest}/check` and `.../audience`: what a careful editor looks at before an issue goes out.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::digests::find;
use super::input::Named;
use super::page::shown;
use super::problem::Problem;
use super::schemas::At;
use crate::services::doctor::{Finding, Level};
use crate::services::preview_digest::{self, Eyes};
use crate::services::{audience, coming_issue, lint_issue};
use crate::web::Web;

/// What was looked at in the mail of the coming issue; it forbids nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Checks {
    items: Vec<Looked>,
}

/// Something that was looked at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Check)]
struct Looked {
    #[schema(examples("Size"))]
    check: &'static str,
    /// What was looked at; empty where there is only one.
    subject: String,
    result: CheckResult,
    found: String,
    /// What to do; empty where nothing is to be done.
    remedy: String,
}

/// How well it is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum CheckResult {
    Ok,
    Warn,
    Fail,
}

impl From<Finding> for Looked {
    fn from(finding: Finding) -> Self {
        Self {
            check: finding.check,
            subject: finding.subject,
            result: match finding.result {
                Level::Ok => CheckResult::Ok,
                Level::Warn => CheckResult::Warn,
                Level::Fail => CheckResult::Fail,
            },
            found: finding.found,
            remedy: finding.remedy,
        }
    }
}

/// How many readers the coming issue would reach, of those whose topics have something.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Audience {
    readers: i64,
    /// All confirmed readers of the publication.
    confirmed: i64,
    /// Those of them who take other digests.
    others: i64,
    /// Those of the rest who take a pause now.
    paused: i64,
    /// Those of the rest whose address gets no mail.
    suppressed: i64,
    counted_at: At,
}

/// Looks at the mail of the coming issue: its size, links, pictures, subject, and what the law asks for.
///
/// 409 where nothing would go out, with the reason.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/digests/{digest}/check", tag = "Digests", operation_id = "checkComingIssue",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "What was found.", body = Checks),
        (status = 409, description = "Nothing would go out, or it could not be written.")))]
pub(super) async fn check(
    State(web): State<Web>,
    caller: Caller,
    Named(names): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (publication, digest) = find(&mut tx, &caller, &names).await?;
    drop(tx);
    let deps = &web.deps;
    let look = coming_issue::look(deps, &digest).await?;
    let eyes = Eyes::Everybody;
    let mail = preview_digest::digest(deps, publication, digest, None, eyes).await?;
    let found = lint_issue::lint(deps, &mail, &look);
    let items = found.into_iter().map(Looked::from).collect();
    Ok(shown(&headers, &Checks { items }))
}

/// Counts the readers whom the coming issue would reach, and why others are not among them.
///
/// The process that answers counts again after a minute.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/digests/{digest}/audience", tag = "Digests", operation_id = "countAudience",
    params(("publication" = String, Path, description = "Its slug."), ("digest" = String, Path, description = "Its slug.")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The numbers.", body = Audience)))]
pub(super) async fn audience(
    State(web): State<Web>,
    caller: Caller,
    Named(names): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (_, digest) = find(&mut tx, &caller, &names).await?;
    drop(tx);
    let (numbers, at) = audience::of(&web.deps, &digest).await?;
    let view = Audience {
        readers: numbers.readers(),
        confirmed: numbers.confirmed,
        others: numbers.others(),
        paused: numbers.paused,
        suppressed: numbers.suppressed,
        counted_at: at.into(),
    };
    Ok(shown(&headers, &view))
}
