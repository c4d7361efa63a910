//! Keeps the delivery engine going.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::queue::Wakes;
use crate::services::Deps;
use crate::services::deliver;

/// How often the rows are looked at when nobody rings.
const LOOK: Duration = Duration::from_millis(500);
/// The longest pause while a relay does not answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub(super) async fn run(deps: Deps, wakes: Arc<Wakes>, stop: CancellationToken) {
    let mut pause = Duration::ZERO;
    let mut plan = deps.present();
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            // New relays may work where the old ones rest.
            () = plan.replaced.cancelled() => {}
            () = tokio::time::sleep(LOOK.max(pause)) => {}
            () = wakes.engine.notified(), if pause.is_zero() => {}
        }
        plan = deps.present();
        pause = match deliver::run(&plan, &stop).await {
            Ok(()) => Duration::ZERO,
            Err(error) => {
                let next = (pause * 2).clamp(Duration::from_secs(1), LONGEST_PAUSE);
                tracing::warn!(%error, pause_seconds = next.as_secs(), "sending is interrupted");
                next
            }
        };
    }
}
