//! `/api/v1/issues/{id}/troubles`: what went wrong with an issue, summed up.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::input::Named;
use super::issues::find;
use super::page::shown;
use super::problem::Problem;
use crate::domain::reply_group::{gist, tally};
use crate::store::bounces;
use crate::store::ledger::{self, MOST_SUMMED};
use crate::web::Web;

/// The most of either kind that are told.
const MOST: usize = 20;

/// What went wrong with the mails of an issue. Of many thousand mails the first are summed up.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Troubles {
    /// By what servers said to mails that failed, the most frequent first; names of readers are left out.
    failed: Vec<Reply>,
    /// By the domain of mails that are tried again, the most frequent first.
    deferred: Vec<Domain>,
    /// Why mails came back or were complained of, the most frequent reason first.
    came_back: Vec<CameBack>,
    /// How many mails that failed or were put off are summed up at most.
    of_at_most: i64,
}

/// What servers said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TroubleReply)]
struct Reply {
    #[schema(examples("550 5.1.1 …: no such user"))]
    reply: String,
    mails: i64,
}

/// A domain that puts mails off.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TroubleDomain)]
struct Domain {
    domain: String,
    mails: i64,
}

/// A reason for which mails came back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TroubleReturn)]
struct CameBack {
    /// `hard`, `soft` or `complaint`.
    kind: String,
    #[schema(examples("mailbox-unknown"))]
    reason: String,
    mails: i64,
}

/// Sums up what servers said to the mails of an issue that failed, and which domains put mails off.
#[utoipa::path(get, path = "/api/v1/issues/{id}/troubles", tag = "Issues", operation_id = "showTroubles",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The sums.", body = Troubles)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let issue = find(&mut tx, &caller, &id).await?.issue.id;
    let replies = ledger::replies(&mut tx, issue).await?;
    let addresses = ledger::deferred_addresses(&mut tx, issue).await?;
    let reasons = bounces::reasons(&mut tx, issue).await?;
    drop(tx);
    let replies = replies.iter().map(|(reply, mails)| (gist(reply), *mails));
    let domains = addresses.iter().map(|address| {
        let (_, domain) = address.rsplit_once('@').unwrap_or_default();
        (domain.to_owned(), 1)
    });
    let failed = tally(replies).into_iter().take(MOST);
    let deferred = tally(domains).into_iter().take(MOST);
    let view = Troubles {
        failed: failed
            .map(|(reply, mails)| Reply { reply, mails })
            .collect(),
        deferred: deferred
            .map(|(domain, mails)| Domain { domain, mails })
            .collect(),
        came_back: reasons
            .into_iter()
            .map(|(kind, reason, mails)| CameBack {
                kind,
                reason,
                mails,
            })
            .collect(),
        of_at_most: MOST_SUMMED,
    };
    Ok(shown(&headers, &view))
}
