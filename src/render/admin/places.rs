//! Publications, their topics and their feeds.

use serde::Serialize;

use super::form::{Group, Input};
use super::frame::{Choice, Frame, State};
use super::when::When;

/// A publication in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicationRow {
    pub slug: String,
    pub name: String,
    pub active: i64,
    pub pending: i64,
    pub state: State,
}

/// `GET /admin/publications`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicationsPage {
    pub frame: Frame,
    pub publications: Vec<PublicationRow>,
    pub may_change: bool,
    pub groups: Vec<Group>,
    pub error: Option<String>,
    pub script_url: &'static str,
}

/// `GET /admin/p/{publication}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicationPage {
    pub frame: Frame,
    pub slug: String,
    /// Where readers sign up.
    pub url: String,
    pub may_change: bool,
    pub inputs: Vec<Input>,
    pub relays: Vec<Choice>,
    pub error: Option<String>,
    pub is_archived: bool,
    /// Readers who would get nothing more.
    pub active: i64,
}

/// What is to be done next, while a publication does not go out yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextStep {
    /// As in "name topics".
    pub name: &'static str,
    pub url: String,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopicRow {
    pub slug: String,
    pub name: String,
}

/// A rule that puts articles under a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopicRuleRow {
    pub id: String,
    pub topic: String,
    pub field: String,
    pub contains: String,
}

/// `GET /admin/p/{publication}/topics`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopicsPage {
    pub frame: Frame,
    pub slug: String,
    pub may_change: bool,
    pub topics: Vec<TopicRow>,
    /// What the feeds use and do not sort by, and how many items have it.
    pub unsorted: Vec<(String, u32)>,
    pub unsorted_error: Option<String>,
    pub next: Option<Vec<NextStep>>,
    pub inputs: Vec<Input>,
    pub error: Option<String>,
    pub rules: Vec<TopicRuleRow>,
    pub rule_inputs: Vec<Input>,
    pub rule_error: Option<String>,
}

/// `GET /admin/p/{publication}/topics/{topic}/remove`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopicRemovalPage {
    pub frame: Frame,
    pub slug: String,
    pub topic: String,
    /// Those who chose no other topic.
    pub readers: i64,
}

/// A feed in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedRow {
    pub id: String,
    pub name: String,
    pub url: String,
    pub state: State,
    pub text: Option<String>,
    pub fetched: Option<When>,
    pub newest: Option<When>,
    pub added: u32,
}

/// A feed that a page offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferRow {
    pub url: String,
    pub title: String,
}

/// `GET /admin/p/{publication}/feeds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedsPage {
    pub frame: Frame,
    pub slug: String,
    pub may_change: bool,
    pub feeds: Vec<FeedRow>,
    pub inputs: Vec<Input>,
    pub error: Option<String>,
    pub next: Option<Vec<NextStep>>,
    /// A page offers several: one has to be chosen.
    pub offers: Vec<OfferRow>,
    /// What was given does not answer, and may be connected all the same.
    pub may_insist: bool,
}

/// A category that a feed uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CategoryRow {
    pub name: String,
    pub items: u32,
    /// What it means.
    pub topic: Option<String>,
}

/// `GET /admin/p/{publication}/feeds/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedPage {
    pub frame: Frame,
    pub slug: String,
    pub may_change: bool,
    pub feed: FeedRow,
    pub next: When,
    pub last_ok: Option<When>,
    pub every: String,
    /// Items beyond the most that are read of a feed.
    pub left_out: u32,
    pub topics: Vec<String>,
    /// Category and topic.
    pub mapping: Vec<(String, String)>,
    pub categories: Vec<CategoryRow>,
    pub is_active: bool,
    pub inputs: Vec<Input>,
    pub error: Option<String>,
}

super::admin_pages! {
    PublicationsPage => "admin/publications.html",
    PublicationPage => "admin/publication.html",
    TopicsPage => "admin/topics.html",
    TopicRemovalPage => "admin/topic_removal.html",
    FeedsPage => "admin/feeds.html",
    FeedPage => "admin/feed.html",
}
