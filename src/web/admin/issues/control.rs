//! Operators let an issue go out, stop it, let it go on, end it, or try again what failed.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{Whole, show};
use crate::domain::issue::Counts;
use crate::domain::text::grouped;
use crate::render::admin::issues::CancelPage;
use crate::render::admin::nav::Section;
use crate::services::approve_issue::{self, ApproveError};
use crate::services::control_issue::{self, ControlError, Controlled};
use crate::store::issues;
use crate::web::Web;
use crate::web::admin::error::{AdminError, sentence};
use crate::web::admin::frame::{done, undone};
use crate::web::admin::posted::Posted;
use crate::web::admin::signed_in::{Sends, SignedIn};
use crate::web::admin::typing;

/// Sends back to the issue with what was done, or why it was not.
fn or_why(
    web: &Web,
    whole: &Whole,
    result: Result<String, ControlError>,
) -> Result<Response, AdminError> {
    match result {
        Ok(text) => Ok(done(web, &whole.path(), text)),
        Err(ControlError::Store(error)) => Err(error.into()),
        Err(ControlError::Unknown(_)) => Err(AdminError::NotFound),
        Err(why) => Ok(undone(web, &whole.path(), sentence(&why.to_string()))),
    }
}

/// What is left, in words.
fn told(what: &str, controlled: &Controlled) -> String {
    let Counts {
        sent, recipients, ..
    } = &controlled.counts;
    let on_the_way = match controlled.in_flight {
        0 => String::new(),
        1 => " One mail is on its way; its result is still written down.".to_owned(),
        more => format!(" {more} mails are on their way; their results are still written down."),
    };
    if *recipients == 0 {
        return format!("{what}.");
    }
    let (sent, recipients) = (grouped(*sent), grouped(*recipients));
    format!("{what}: {sent} of {recipients} sent.{on_the_way}")
}

/// `POST /admin/issues/{id}/approve`
pub(in crate::web::admin) async fn approve(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, fields }: Posted<Sends>,
) -> Result<Response, AdminError> {
    let whole = Whole::find(&me, &id).await?;
    let mut page = show::page(&me, &whole).await?;
    if let Some(typing) = &mut page.typing
        && !typing::is_done(&fields)
    {
        typing.is_wrong = true;
        return me.refused(&web, &page);
    }
    match approve_issue::approve(&me.deps, whole.issue.id).await {
        Ok(issue) => {
            let number = issue.number.unwrap_or_default();
            let text = format!("Approved: it goes out as No. {number}.");
            Ok(done(&web, &whole.path(), text))
        }
        Err(ApproveError::Store(error)) => Err(error.into()),
        Err(ApproveError::Unknown(_)) => Err(AdminError::NotFound),
        Err(why) => Ok(undone(&web, &whole.path(), sentence(&why.to_string()))),
    }
}

/// `POST /admin/issues/{id}/pause`
pub(in crate::web::admin) async fn pause(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Sends>,
) -> Result<Response, AdminError> {
    let whole = Whole::find(&me, &id).await?;
    let paused = control_issue::pause(&me.deps, whole.issue.id).await;
    or_why(&web, &whole, paused.map(|c| told("Paused", &c)))
}

/// `POST /admin/issues/{id}/resume`
pub(in crate::web::admin) async fn resume(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Sends>,
) -> Result<Response, AdminError> {
    let whole = Whole::find(&me, &id).await?;
    let resumed = control_issue::resume(&me.deps, whole.issue.id).await;
    or_why(&web, &whole, resumed.map(|c| told("It goes on", &c)))
}

/// `POST /admin/issues/{id}/retry`
pub(in crate::web::admin) async fn retry(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, fields }: Posted<Sends>,
) -> Result<Response, AdminError> {
    let whole = Whole::find(&me, &id).await?;
    let unknown = fields.ticked("unknown");
    let tried = control_issue::retry_failed(&me.deps, whole.issue.id, unknown).await;
    let said = |(rows, _)| match rows {
        1 => "1 mail is sent again.".to_owned(),
        more => format!(
            "{} mails are sent again.",
            grouped(i64::try_from(more).unwrap_or(i64::MAX))
        ),
    };
    or_why(&web, &whole, tried.map(said))
}

/// `GET /admin/issues/{id}/cancel`
pub(in crate::web::admin) async fn ask(
    State(web): State<Web>,
    me: SignedIn<Sends>,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let whole = Whole::find(&me, &id).await?;
    let page = cancel_page(&me, &whole).await?;
    me.page(&web, &page)
}

/// `POST /admin/issues/{id}/cancel`
pub(in crate::web::admin) async fn cancel(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, fields }: Posted<Sends>,
) -> Result<Response, AdminError> {
    let whole = Whole::find(&me, &id).await?;
    let mut page = cancel_page(&me, &whole).await?;
    if let Some(typing) = &mut page.typing
        && !typing::is_done(&fields)
    {
        typing.is_wrong = true;
        return me.refused(&web, &page);
    }
    let cancelled = control_issue::cancel(&me.deps, whole.issue.id).await;
    or_why(&web, &whole, cancelled.map(|c| told("Cancelled", &c)))
}

async fn cancel_page(me: &SignedIn<Sends>, whole: &Whole) -> Result<CancelPage, AdminError> {
    let title = format!("Cancel {}?", whole.name());
    let framing = me
        .frame_of(Section::Issues, title, Some(&whole.publication))
        .await?;
    let mut tx = me.deps.store.read().await?;
    let counts = issues::counts(&mut tx, whole.issue.id).await?;
    drop(tx);
    // Before its ledger is whole, those are known who took the digest when it began to wait.
    let audience = whole.issue.audience.filter(|_| !whole.issue.is_filled);
    let readers = audience.map_or(counts.open(), |all| (all - counts.sent).max(counts.open()));
    Ok(CancelPage {
        frame: framing.frame,
        id: whole.issue.id.to_string(),
        name: whole.name(),
        readers,
        is_filled: whole.issue.is_filled,
        sent: counts.sent,
        typing: typing::needed(readers, "cancel it"),
    })
}
