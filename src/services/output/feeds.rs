//! Feeds, as programs read of them.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::words::{At, FeedStateWord, HubStateWord};
use crate::domain::clock::Time;
use crate::domain::feed::Feed;
use crate::domain::hub::Hub;
use crate::domain::ids::FeedId;

/// An RSS, Atom or JSON Feed source.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Feed)]
pub struct FeedOutput {
    #[schema(value_type = String, format = "uuid")]
    id: FeedId,
    /// The slug of its publication.
    publication: String,
    url: String,
    title: Option<String>,
    state: FeedStateWord,
    every_seconds: u64,
    /// Whether that follows the feed's own rhythm.
    adaptive: bool,
    /// Whether the articles' pages are read for what the feed leaves out.
    article_pages: bool,
    /// Those of all its articles.
    topics: Vec<String>,
    /// Its categories, in small letters, and the topics that they mean.
    mapping: BTreeMap<String, String>,
    /// What it uses, as it was last read; those of most items first.
    categories: Vec<CategoryView>,
    next_fetch_at: At,
    last_fetched_at: Option<At>,
    /// Why the last fetch failed.
    last_error: Option<String>,
    /// Failures in a row.
    failures: u32,
    last_ok_at: Option<At>,
    /// The date of its newest item.
    last_new_at: Option<At>,
    /// New items at the last fetch.
    last_added: u32,
    /// Items beyond the most that are read.
    left_out: u32,
    /// The usual time between new items.
    usual_gap_seconds: Option<u64>,
    /// How long without a new item is unusual.
    quiet_after_seconds: Option<u64>,
    /// Whether it has been without one for longer than that.
    quiet: bool,
    /// Where permanent redirects lead.
    moved_to: Option<String>,
    hub: Option<HubView>,
}

/// A category that a feed uses.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FeedCategory)]
struct CategoryView {
    name: String,
    /// Items that have it.
    items: u32,
}

/// The hub that tells of a feed's news.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Hub)]
struct HubView {
    url: String,
    /// The feed's address as the hub knows it.
    topic: String,
    state: HubStateWord,
    verified_until: Option<At>,
    last_push_at: Option<At>,
    /// Fetches in a row that found what the hub had not told.
    missed: u32,
    next_ask_at: At,
    failures: u32,
    last_error: Option<String>,
}

impl FeedOutput {
    pub fn new(publication: &str, f: &Feed, hub: Option<&Hub>, now: Time) -> Self {
        let rhythm = f.health.rhythm;
        let mapping = f.mapping.iter();
        Self {
            id: f.id,
            publication: publication.to_owned(),
            url: f.url.clone(),
            title: f.title.clone(),
            state: f.state.into(),
            every_seconds: f.every.as_secs(),
            adaptive: f.adaptive,
            article_pages: f.article_pages,
            topics: f.topics.iter().map(ToString::to_string).collect(),
            mapping: mapping.map(|(c, t)| (c.clone(), t.to_string())).collect(),
            categories: f
                .categories
                .iter()
                .map(|category| CategoryView {
                    name: category.name.clone(),
                    items: category.items,
                })
                .collect(),
            next_fetch_at: f.next_fetch_at.into(),
            last_fetched_at: f.last_fetched_at.map(At),
            last_error: f.last_error.clone(),
            failures: f.failures,
            last_ok_at: f.health.last_ok_at.map(At),
            last_new_at: f.health.last_new_at.map(At),
            last_added: f.health.last_added,
            left_out: f.health.left_out,
            usual_gap_seconds: rhythm.map(|rhythm| rhythm.gap.as_secs()),
            quiet_after_seconds: rhythm.map(|rhythm| rhythm.quiet_after.as_secs()),
            quiet: f.quiet_for(now).is_some(),
            moved_to: f.moved.as_ref().map(|(to, _)| to.clone()),
            hub: hub.map(|hub| HubView {
                url: hub.url.clone(),
                topic: hub.topic.clone(),
                state: hub.state(now).into(),
                verified_until: hub.verified_until.map(At),
                last_push_at: hub.last_push_at.map(At),
                missed: hub.missed,
                next_ask_at: hub.next_ask_at.into(),
                failures: hub.failures,
                last_error: hub.last_error.clone(),
            }),
        }
    }
}
