//! Operators connect feeds.

use std::collections::BTreeMap;

use thiserror::Error;

use super::Deps;
use super::audit::{images, note};
use super::ingest_article::known_topics;
use crate::domain::article::{ArticleUrlError, check_url};
use crate::domain::audit;
use crate::domain::feed::{Every, Feed, FeedState, Health};
use crate::domain::ids::{FeedId, PublicationId, TopicId};
use crate::domain::publication::Topic;
use crate::domain::rhythm::FIRST_INTERVAL;
use crate::domain::slug::Slug;
use crate::store::feeds::{Change, hubs};
use crate::store::{StoreError, feeds, publications};

/// Why a feed was refused.
#[derive(Debug, Error)]
pub enum ManageFeedError {
    #[error("the publication has the feed {0} already")]
    Exists(String),
    #[error("there is no feed {0}; `paperround feed list` shows them")]
    Unknown(String),
    #[error("the feed has changed since it was read")]
    Changed,
    #[error("there is no topic {given:?}; {known}")]
    Topic { given: String, known: String },
    #[error(transparent)]
    Url(#[from] ArticleUrlError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an operator says of a new feed.
#[derive(Debug, Clone)]
pub struct NewFeed {
    pub publication: PublicationId,
    pub url: String,
    pub topics: Vec<Slug>,
    /// Category, as the feed writes it, to topic.
    pub mapping: BTreeMap<String, Slug>,
    pub every: Every,
    /// Whether articles' pages are read for what the feed leaves out.
    pub article_pages: bool,
}

/// Connects a feed; it is due at once.
pub async fn add(deps: &Deps, new: NewFeed) -> Result<Feed, ManageFeedError> {
    let now = deps.now();
    let feed = Feed {
        id: deps.new_id(FeedId::new),
        publication: new.publication,
        url: check_url(&new.url)?.to_string(),
        title: None,
        state: FeedState::Active,
        every: match new.every {
            Every::Fixed(span) => span,
            Every::Adaptive => FIRST_INTERVAL,
        },
        adaptive: new.every == Every::Adaptive,
        health: Health::default(),
        moved: None,
        article_pages: new.article_pages,
        etag: None,
        last_modified: None,
        next_fetch_at: now,
        last_fetched_at: None,
        last_error: None,
        failures: 0,
        topics: new.topics,
        mapping: new
            .mapping
            .into_iter()
            .map(|(category, topic)| (category.trim().to_lowercase(), topic))
            .collect(),
        categories: Vec::new(),
    };
    let mut tx = deps.store.begin().await?;
    let topics = publications::topics(&mut tx, feed.publication).await?;
    let id_of = |slug: &Slug| topic_id(&topics, slug);
    match feeds::insert(&mut tx, &feed, now).await {
        Err(StoreError::Conflict) => return Err(ManageFeedError::Exists(feed.url)),
        other => other?,
    }
    for topic in &feed.topics {
        feeds::add_topic(&mut tx, feed.id, id_of(topic)?).await?;
    }
    for (category, topic) in &feed.mapping {
        feeds::add_category(&mut tx, feed.id, category, id_of(topic)?).await?;
    }
    note(deps, &mut tx, entry("add", &feed).to(images::feed(&feed))).await?;
    tx.commit().await?;
    Ok(feed)
}

fn entry(verb: &'static str, feed: &Feed) -> audit::Change {
    audit::Change::of(verb, audit::Kind::Feed, &feed.url).within(feed.publication)
}

fn topic_id(topics: &[Topic], slug: &Slug) -> Result<TopicId, ManageFeedError> {
    let found = topics.iter().find(|t| t.slug == *slug).map(|t| t.id);
    found.ok_or_else(|| ManageFeedError::Topic {
        given: slug.to_string(),
        known: known_topics(topics),
    })
}

/// What an operator changes about a feed; what is `None` or empty stays.
#[derive(Debug, Clone, Default)]
pub struct FeedEdits {
    pub url: Option<String>,
    pub asking: Change,
    /// Further topics of all its articles.
    pub topics: Vec<Slug>,
    /// Further categories, or other topics for those that are mapped.
    pub mapping: BTreeMap<String, Slug>,
}

/// Changes a feed.
pub async fn update(deps: &Deps, id: FeedId, edits: FeedEdits) -> Result<Feed, ManageFeedError> {
    update_if(deps, id, edits, |_| true).await
}

/// The same where the feed is `still` as whoever changes it has read it.
pub async fn update_if(
    deps: &Deps,
    id: FeedId,
    edits: FeedEdits,
    still: impl FnOnce(&Feed) -> bool,
) -> Result<Feed, ManageFeedError> {
    let mut tx = deps.store.begin().await?;
    let feed = known(feeds::find(&mut tx, id).await?, id)?;
    if !still(&feed) {
        return Err(ManageFeedError::Changed);
    }
    if let Some(url) = edits.url {
        let url = check_url(&url)?.to_string();
        let other = feeds::find_by_url(&mut tx, feed.publication, &url).await?;
        if other.is_some_and(|other| other != id) {
            return Err(ManageFeedError::Exists(url));
        }
        feeds::set_url(&mut tx, id, &url, false).await?;
    }
    feeds::change(&mut tx, id, &edits.asking, deps.now()).await?;
    let topics = publications::topics(&mut tx, feed.publication).await?;
    for topic in &edits.topics {
        feeds::add_topic(&mut tx, id, topic_id(&topics, topic)?).await?;
    }
    for (category, topic) in &edits.mapping {
        let category = category.trim().to_lowercase();
        feeds::add_category(&mut tx, id, &category, topic_id(&topics, topic)?).await?;
    }
    let changed = known(feeds::find(&mut tx, id).await?, id)?;
    let (was, is) = (images::feed(&feed), images::feed(&changed));
    if was != is {
        note(deps, &mut tx, entry("change", &changed).from(was).to(is)).await?;
    }
    tx.commit().await?;
    Ok(changed)
}

/// Pauses or resumes a feed.
pub async fn set_state(deps: &Deps, id: FeedId, state: FeedState) -> Result<(), ManageFeedError> {
    let mut tx = deps.store.begin().await?;
    let feed = known(feeds::find(&mut tx, id).await?, id)?;
    let now = deps.now();
    if state == FeedState::Active {
        // Read as a whole, so that its hub is seen again.
        feeds::forget_version(&mut tx, id).await?;
    } else {
        hubs::part(&mut tx, id, now).await?;
    }
    feeds::set_state(&mut tx, id, state, now).await?;
    if state != feed.state {
        let verb = if state == FeedState::Active {
            "resume"
        } else {
            "pause"
        };
        note(deps, &mut tx, entry(verb, &feed)).await?;
    }
    Ok(tx.commit().await?)
}

/// Disconnects a feed; its articles stay.
pub async fn remove(deps: &Deps, id: FeedId) -> Result<(), ManageFeedError> {
    let mut tx = deps.store.begin().await?;
    let feed = known(feeds::find(&mut tx, id).await?, id)?;
    hubs::part(&mut tx, id, deps.now()).await?;
    feeds::remove(&mut tx, id).await?;
    note(
        deps,
        &mut tx,
        entry("remove", &feed).from(images::feed(&feed)),
    )
    .await?;
    Ok(tx.commit().await?)
}

fn known(feed: Option<Feed>, id: FeedId) -> Result<Feed, ManageFeedError> {
    feed.ok_or_else(|| ManageFeedError::Unknown(id.to_string()))
}
