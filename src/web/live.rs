//! Answers that follow what happens: only so many at a time, and none when the service stops.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Each looks into the database every second.
const MOST: usize = 32;

/// The places for such answers, shared by all copies.
#[derive(Debug, Clone)]
pub struct Live {
    places: Arc<Semaphore>,
    closing: CancellationToken,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MOST)),
            closing: CancellationToken::new(),
        }
    }
}

impl Live {
    /// A place, kept until it is dropped; `None` where all are taken.
    pub fn take(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Ends all answers.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Waits for that.
    pub async fn closed(&self) {
        self.closing.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        let live = Live::default();
        let mut taken: Vec<_> = (0..MOST).map(|_| live.clone().take().unwrap()).collect();
        assert!(live.take().is_none());
        taken.pop();
        assert!(live.take().is_some());
    }
}
