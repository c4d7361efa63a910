//! Where requests wait for the transaction that writes them down: whoever comes while one is at
//! work goes into the next, all of them together. So a busy hour costs a few commits a second that
//! wait for the disk, and not one for each reader.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::group::{self, Entry, Verdict};
use super::{SignUpError, hour_of, rest_of_hour};
use crate::domain::clock::Time;
use crate::services::Deps;
use crate::store::StoreError;

/// Requests in one transaction.
const MOST: usize = 500;
/// Networks that are remembered as closed for the hour; the rest is counted in the database.
const MOST_CLOSED: usize = 100_000;

type Answer = Result<Verdict, Arc<StoreError>>;

struct Waiting {
    entry: Entry,
    answer: oneshot::Sender<Answer>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Waiting>,
    is_at_work: bool,
    /// The hour in which these networks have used up their sign-ups.
    closed_in: Option<Time>,
    closed: HashSet<Vec<u8>>,
}

/// The requests of this process that wait.
#[derive(Default)]
pub struct Desk(Mutex<State>);

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether requests are being written down now.
    pub fn is_at_work(&self) -> bool {
        self.state().is_at_work
    }

    /// Waits until the request is on the disk or refused.
    pub(super) async fn hand_in(&self, deps: &Deps, entry: Entry) -> Result<(), SignUpError> {
        let now = deps.now();
        let (answer, answered) = oneshot::channel();
        let begins = {
            let mut state = self.state();
            if state.closed_in == Some(hour_of(now)) && state.closed.contains(&entry.network) {
                let retry_after = rest_of_hour(now);
                return Err(SignUpError::TooMany { retry_after });
            }
            state.waiting.push(Waiting { entry, answer });
            !std::mem::replace(&mut state.is_at_work, true)
        };
        if begins {
            // A task of its own: the others must not lose their answers with one who hangs up.
            tokio::spawn(work(deps.clone()));
        }
        let verdict = answered
            .await
            .unwrap_or_else(|_| Err(Arc::new(StoreError::Busy)));
        let retry_after = rest_of_hour(now);
        match verdict.map_err(SignUpError::Store)? {
            Verdict::Kept => Ok(()),
            Verdict::TooMany => Err(SignUpError::TooMany { retry_after }),
            Verdict::Spent => Err(SignUpError::Spent { retry_after }),
            Verdict::Unproven => Err(SignUpError::Unproven),
        }
    }

    /// The next requests; none ends the work.
    fn next(&self) -> Vec<Waiting> {
        let mut state = self.state();
        let number = state.waiting.len().min(MOST);
        state.is_at_work = number > 0;
        state.waiting.drain(..number).collect()
    }

    /// Remembers networks that need not be counted any more in this hour.
    fn close(&self, hour: Time, networks: impl Iterator<Item = Vec<u8>>) {
        let mut state = self.state();
        if state.closed_in != Some(hour) {
            state.closed_in = Some(hour);
            state.closed.clear();
        }
        let room = MOST_CLOSED.saturating_sub(state.closed.len());
        state.closed.extend(networks.take(room));
    }
}

/// Writes group after group until nobody waits.
async fn work(deps: Deps) {
    let _guard = AtWork(&deps.desk);
    loop {
        let (entries, answers): (Vec<_>, Vec<_>) = deps
            .desk
            .next()
            .into_iter()
            .map(|waiting| (waiting.entry, waiting.answer))
            .unzip();
        if entries.is_empty() {
            return;
        }
        match group::write(&deps, &entries).await {
            Ok((hour, verdicts)) => {
                let closed = entries.iter().zip(&verdicts);
                let closed = closed.filter(|(_, verdict)| **verdict == Verdict::TooMany);
                deps.desk
                    .close(hour, closed.map(|(entry, _)| entry.network.clone()));
                for (answer, verdict) in answers.into_iter().zip(verdicts) {
                    // Whoever hung up has been written down all the same.
                    let _ = answer.send(Ok(verdict));
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for answer in answers {
                    let _ = answer.send(Err(Arc::clone(&error)));
                }
            }
        }
    }
}

/// Lets the next request begin the work anew should this task end in any other way than by
/// finding nobody waiting.
struct AtWork<'a>(&'a Desk);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut state = self.0.state();
            state.is_at_work = false;
            state.waiting.clear();
        }
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk(…)")
    }
}
