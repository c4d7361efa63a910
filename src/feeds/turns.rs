//! One request at a time to each host, and a moment between two.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

/// More hosts than this, and those that nobody waits for are forgotten.
const MANY: usize = 1000;

type Host = Arc<tokio::sync::Mutex<Last>>;

/// When the last request to a host ended.
#[derive(Debug, Default)]
struct Last(Option<Instant>);

/// The hosts; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    gap: Duration,
    hosts: Arc<Mutex<HashMap<String, Host>>>,
}

/// One's turn; it ends when this is dropped.
pub(super) struct Turn(OwnedMutexGuard<Last>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.0 = Some(Instant::now());
    }
}

impl Turns {
    pub(super) fn new(gap: Duration) -> Self {
        Self {
            gap,
            hosts: Arc::default(),
        }
    }

    /// Waits for one's turn at a host.
    pub(super) async fn take(&self, host: &str) -> Turn {
        let last = Arc::clone(&self.host(host)).lock_owned().await;
        if let Some(ended) = last.0 {
            tokio::time::sleep_until(ended + self.gap).await;
        }
        Turn(last)
    }

    fn host(&self, name: &str) -> Host {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() > MANY {
            hosts.retain(|_, host| Arc::strong_count(host) > 1);
        }
        Arc::clone(hosts.entry(name.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_host_is_asked_by_one_and_then_left_alone() {
        let turns = Turns::new(Duration::from_millis(80));
        let began = Instant::now();
        let first = turns.take("a.example").await;
        // Another host has its own turn.
        drop(turns.take("b.example").await);
        assert!(began.elapsed() < Duration::from_millis(60));
        let waiting = turns.clone();
        let second = tokio::spawn(async move {
            drop(waiting.take("a.example").await);
            Instant::now()
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!second.is_finished());
        drop(first);
        let ended = Instant::now();
        assert!(second.await.unwrap() - ended >= Duration::from_millis(79));
    }
}
