//! The figures of an issue as they change, by server-sent events: once a second, until it has ended, its
//! operator's session has, or the service stops.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::HeaderName;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;

use super::Whole;
use super::show::figures;
use crate::domain::ids::IssueId;
use crate::domain::progress::Rate;
use crate::domain::session::{SessionToken, Stage};
use crate::render::admin::issues::Figures;
use crate::services::{Deps, how_far, sign_in};
use crate::store::{StoreError, issues};
use crate::web::admin::error::AdminError;
use crate::web::admin::signed_in::{Reads, SignedIn};
use crate::web::{Live, Web};

const EVERY: Duration = Duration::from_secs(1);
/// Counting a long ledger takes its time: no more than a tenth of it goes into watching.
const SHARE: u32 = 10;

/// `GET /admin/issues/{id}/events`
pub(in crate::web::admin) async fn follow(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path(id): Path<String>,
) -> Result<Response, AdminError> {
    let whole = Whole::find(&me, &id).await?;
    let place = web.live.take().ok_or(AdminError::Busy)?;
    let watch = Watch {
        issue: whole.issue.id,
        deps: me.deps,
        token: me.token,
        live: web.live.clone(),
        rate: Rate::default(),
        pause: Duration::ZERO,
        is_over: false,
        _place: place,
    };
    let events = stream::unfold(watch, async |mut watch| {
        let event = watch.next().await?;
        Some((Ok::<_, Infallible>(event), watch))
    });
    // Proxies that gather answers would hold back what is news.
    let unbuffered = [(HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((unbuffered, Sse::new(events)).into_response())
}

/// One browser that follows an issue.
struct Watch {
    issue: IssueId,
    deps: Deps,
    token: SessionToken,
    live: Live,
    rate: Rate,
    /// Until the next look.
    pause: Duration,
    is_over: bool,
    /// Given back at the end.
    _place: OwnedSemaphorePermit,
}

impl Watch {
    /// The next figures; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        tokio::select! {
            () = self.live.closed() => return None,
            () = tokio::time::sleep(self.pause) => {}
        }
        let looked = match self.look().await {
            Ok(looked) => looked?,
            Err(error) => {
                // The browser asks again after a while.
                tracing::warn!(%error, issue = %self.issue, "an issue can be followed no longer");
                return None;
            }
        };
        self.is_over = looked.is_over;
        Event::default().event("figures").json_data(looked).ok()
    }

    /// `None` where nobody is signed in any more. Following is no use of a session: one that is left
    /// open ends all the same.
    async fn look(&mut self) -> Result<Option<Figures>, StoreError> {
        let session = sign_in::unseen(&self.deps, &self.token, Stage::Open).await?;
        if session.is_none() {
            return Ok(None);
        }
        let began = Instant::now();
        let mut tx = self.deps.store.read().await?;
        let Some(issue) = issues::find(&mut tx, self.issue).await? else {
            return Ok(None);
        };
        drop(tx);
        let counts = how_far::exactly(&self.deps, &issue).await?;
        self.pause = EVERY.max(began.elapsed() * SHARE);
        let rate = self.rate.note(counts.sent, began);
        Ok(Some(figures(&issue, &counts, rate)))
    }
}
