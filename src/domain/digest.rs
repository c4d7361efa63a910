//! The recipe of a recurring mail.

use chrono_tz::Tz;

use super::clock::Time;
use super::ids::{DigestId, PublicationId};
use super::slug::Slug;

named_states! {
    /// Which articles count as new.
    Window {
        LastIssue => "last-issue",
        Day => "24h",
        Week => "7d",
    }
}

/// The recipe: publication, selection rules, and when it goes out.
#[derive(Debug, Clone)]
pub struct Digest {
    pub id: DigestId,
    pub publication: PublicationId,
    pub slug: Slug,
    pub name: String,
    pub timezone: Tz,
    pub max_items: u32,
    pub min_items: u32,
    pub window: Window,
    /// Topics that the digest is limited to; empty means all.
    pub topics: Vec<Slug>,
    pub paused_at: Option<Time>,
    /// `None`: it goes out only by hand.
    pub cron: Option<String>,
    pub next_run_at: Option<Time>,
    pub created_at: Time,
}

impl Digest {
    /// How far back an article may be dated and still count as news.
    pub fn oldest(&self, now: Time) -> Time {
        match self.window {
            Window::Day => now - chrono::Duration::hours(24),
            Window::LastIssue | Window::Week => now - chrono::Duration::days(7),
        }
    }
}
