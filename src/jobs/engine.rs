//! Keeps the delivery engine going: all issues that are being sent get their turn.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::queue::Wakes;
use crate::domain::issue::IssueState;
use crate::services::Deps;
use crate::services::deliver::{self, DeliverError};
use crate::store::issues;

/// How often the rows are looked at when nobody rings.
const LOOK: Duration = Duration::from_millis(500);
/// An issue's turn when others wait.
const TURN: Duration = Duration::from_secs(5);
/// The longest pause while a relay does not answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub(super) async fn run(deps: Deps, wakes: Arc<Wakes>, stop: CancellationToken) {
    let mut pause = Duration::ZERO;
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK.max(pause)) => {}
            () = wakes.engine.notified(), if pause.is_zero() => {}
        }
        pause = match turn(&deps, &stop).await {
            Ok(()) => Duration::ZERO,
            Err(error) => {
                let next = (pause * 2).clamp(Duration::from_secs(1), LONGEST_PAUSE);
                tracing::warn!(%error, pause_seconds = next.as_secs(), "sending is interrupted");
                next
            }
        };
    }
}

/// One turn for each issue that is being sent.
async fn turn(deps: &Deps, stop: &CancellationToken) -> Result<(), DeliverError> {
    let mut tx = deps.store.read().await?;
    let sending = issues::in_state(&mut tx, IssueState::Sending, deps.now()).await?;
    drop(tx);
    let until = (sending.len() > 1).then_some(TURN);
    for issue in sending {
        deliver::run(
            deps,
            issue.id,
            stop,
            until.map(|turn| Instant::now() + turn),
        )
        .await?;
    }
    Ok(())
}
