//! Sends one notice: a mail that somebody is waiting for.

mod alert;
mod confirmation;
mod link;
mod operator;
mod welcome;

use std::time::Duration;

use metrics::counter;
use thiserror::Error;

use super::{Deps, links};
use crate::domain::clock::Time;
use crate::domain::delivery::{Lane, Outcome, Reply, next_attempt};
use crate::domain::email_address::EmailAddress;
use crate::domain::funnel::FunnelStep;
use crate::domain::ids::{NoticeId, PublicationId};
use crate::domain::notice::{Notice, NoticeKind, NoticeState};
use crate::domain::publication::Publication;
use crate::domain::return_address::ReturnAddress;
use crate::mail::ComposeError;
use crate::mail::dkim::DkimError;
use crate::render::RenderError;
use crate::store::funnel::{self, Steps};
use crate::store::{StoreError, notices};

/// How often recording a result is tried, a second apart.
const MOST_TRIES: u32 = 60;

/// Why a notice could not even be written.
#[derive(Debug, Error)]
pub enum NoticeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Sign(#[from] DkimError),
}

/// Claims the notice, sends it, and records how it ended. Harmless to run twice.
pub async fn send(deps: &Deps, id: NoticeId) -> Result<(), NoticeError> {
    let mut tx = deps.store.begin().await?;
    let Some(notice) = notices::claim(&mut tx, id, &deps.node, deps.now()).await? else {
        return Ok(());
    };
    tx.commit().await?;
    let written = write(deps, &notice).await;
    let counts = match &written {
        Ok(Some(letter)) => letter.counts,
        _ => None,
    };
    let outcome = match written {
        Ok(Some(letter)) => {
            let from = return_path(deps, &notice, &letter);
            hand_over(deps, &from, &letter.to, &letter.bytes).await
        }
        Ok(None) => Outcome::Refused(reply("nobody waits for it any more")),
        Err(error) => {
            tracing::error!(notice = %id, %error, "a notice could not be written");
            Outcome::Refused(reply(&error.to_string()))
        }
    };
    // A result that cannot be written now (a full disk, a lock) must not leave the notice claimed.
    let mut tries = 0;
    while let Err(error) = record(deps, &notice, &outcome, counts).await {
        tries += 1;
        if tries >= MOST_TRIES {
            return Err(error.into());
        }
        tracing::error!(notice = %id, %error, "the result of a notice cannot be recorded; trying again");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

fn reply(text: &str) -> Reply {
    Reply {
        code: 0,
        enhanced: None,
        text: text.to_owned(),
    }
}

/// A mail as it goes over the line.
struct Letter {
    from: EmailAddress,
    to: EmailAddress,
    bytes: Vec<u8>,
    /// What its sending is counted as.
    counts: Option<(PublicationId, FunnelStep)>,
}

/// Writes the mail; `None` where nobody is to get it any more.
async fn write(deps: &Deps, notice: &Notice) -> Result<Option<Letter>, NoticeError> {
    match notice.kind {
        NoticeKind::Confirmation | NoticeKind::Reminder => confirmation::write(deps, notice).await,
        NoticeKind::Welcome => welcome::write(deps, notice).await,
        NoticeKind::Link => link::write(deps, notice).await,
        NoticeKind::Alert => alert::write(deps, notice).await,
        NoticeKind::Password => operator::write(deps, notice).await,
    }
}

/// The Message-ID of a notice, without angle brackets: the same on every attempt.
fn message_id(notice: &Notice, publication: &Publication) -> String {
    format!(
        "{}.notice@{}",
        notice.id.0.simple(),
        publication.from.email.domain()
    )
}

/// The site of a page, which says more to a reader than its whole address.
pub(super) fn site_of(source: &str) -> String {
    let host = url::Url::parse(source)
        .ok()
        .and_then(|u| u.host_str().map(str::to_owned));
    host.unwrap_or_else(|| crate::domain::text::cut(source, 100).to_owned())
}

/// Where it comes back to: operators see for themselves what becomes of theirs.
fn return_path(deps: &Deps, notice: &Notice, letter: &Letter) -> String {
    let is_for_operators = matches!(notice.kind, NoticeKind::Alert | NoticeKind::Password);
    let back =
        (!is_for_operators).then(|| links::return_address(deps, ReturnAddress::Notice(notice.id)));
    let back = back.flatten();
    back.unwrap_or_else(|| letter.from.to_string())
}

/// Gives a mail to the first relay that answers.
pub(super) async fn hand_over(deps: &Deps, from: &str, to: &EmailAddress, bytes: &[u8]) -> Outcome {
    let mut troubles = Vec::new();
    for relay in deps.routes.for_notices() {
        match relay.connect().await {
            Ok(mut connection) => {
                deps.routes.note_notice(relay.name(), None);
                let outcome = connection.send(from, to, bytes).await;
                connection.quit().await;
                return outcome;
            }
            Err(error) => {
                let trouble = error.to_string();
                deps.routes.note_notice(relay.name(), Some(trouble.clone()));
                troubles.push(trouble);
            }
        }
    }
    Outcome::NotBegun(troubles.join("; "))
}

async fn record(
    deps: &Deps,
    notice: &Notice,
    outcome: &Outcome,
    counts: Option<(PublicationId, FunnelStep)>,
) -> Result<(), StoreError> {
    let now = deps.now();
    let again = || {
        let first = notice.first_attempt_at.unwrap_or(now);
        next_attempt(
            Lane::Notice,
            notice.attempts,
            first,
            now,
            deps.limits.retry_for,
            deps.random.fraction(),
        )
    };
    let (state, text, next) = match outcome {
        Outcome::Accepted(reply) => (NoticeState::Sent, reply.to_string(), None),
        Outcome::Refused(reply) => (NoticeState::Failed, reply.to_string(), None),
        Outcome::Deferred(reply) => open(again(), reply.to_string()),
        Outcome::NotBegun(text) | Outcome::Unknown(text) => open(again(), text.clone()),
    };
    let word = if next.is_some() {
        "deferred"
    } else {
        state.as_str()
    };
    counter!("paperround_notices_total", "outcome" => word).increment(1);
    match (state, next) {
        (NoticeState::Sent, _) => tracing::info!(notice = %notice.id, "notice sent"),
        (NoticeState::Failed, _) => {
            tracing::warn!(notice = %notice.id, reply = %text, "notice failed");
        }
        (_, next) => {
            tracing::warn!(notice = %notice.id, reply = %text, ?next, "notice is tried again");
        }
    }
    let mut tx = deps.store.begin().await?;
    notices::record(&mut tx, notice.id, state, &text, next, now).await?;
    if let (NoticeState::Sent, Some((publication, step))) = (state, counts) {
        funnel::count(&mut tx, &Steps::one(publication, step), now).await?;
    }
    tx.commit().await
}

fn open(next: Option<Time>, text: String) -> (NoticeState, String, Option<Time>) {
    match next {
        Some(at) => (NoticeState::Pending, text, Some(at)),
        None => (NoticeState::Failed, text, None),
    }
}
