//! Jobs: wake-ups that carry ids. The rows are the truth; losing every job loses nothing.

use serde::{Deserialize, Serialize};

use super::ids::{FeedId, HubId, IssueId, NoticeId};

/// A wake-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Send one notice.
    SendNotice { notice: NoticeId },
    /// Fetch one feed.
    FetchFeed { feed: FeedId },
    /// Ask a hub to tell of a feed's news, or to stop.
    AskHub { hub: HubId },
    /// Render the editions of an issue and fill its ledger.
    ComposeIssue { issue: IssueId },
    /// Send what is due of an issue.
    Deliver { issue: IssueId },
}

/// The queue that a job waits in. Notices have their own, so that nobody who just signed up
/// waits behind a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    Notices,
    Feeds,
    Issues,
}

impl Queue {
    pub const ALL: [Self; 3] = [Self::Notices, Self::Feeds, Self::Issues];

    /// The name that the queue has in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notices => "notices",
            Self::Feeds => "feeds",
            Self::Issues => "issues",
        }
    }
}

impl Job {
    /// The queue that the job belongs to.
    pub fn queue(&self) -> Queue {
        match self {
            Self::SendNotice { .. } => Queue::Notices,
            Self::FetchFeed { .. } | Self::AskHub { .. } => Queue::Feeds,
            Self::ComposeIssue { .. } | Self::Deliver { .. } => Queue::Issues,
        }
    }
}

/// Wakes the workers of this process after a commit; other processes find the job by polling.
pub trait Wakeups: Send + Sync {
    /// There is work in the queue.
    fn wake(&self, queue: Queue);

    /// This job has been committed: a process that works on its queue may begin with it at once.
    fn offer(&self, job: &Job) {
        self.wake(job.queue());
    }
}

/// For processes without workers: the command line.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoWakeups;

impl Wakeups for NoWakeups {
    fn wake(&self, _queue: Queue) {}
}
