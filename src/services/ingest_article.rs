//! Takes an article in, whichever door it comes by: a new one is added, a known one updated.
//!
//! An article is known by its page's address, by its feed's own id for it, and for two weeks by its
//! title, so that edits update it, and neither a repost nor another feed's copy comes as new.

use std::collections::{HashMap, HashSet};

use thiserror::Error;

use super::Deps;
use super::idempotency::{self, Claim, ClaimLost};
use crate::domain::article::{
    ArticleContent, ArticleUrlError, check_url, url_key, without_tracking,
};
use crate::domain::clock::Time;
use crate::domain::ids::{ArticleId, FeedId, PublicationId, TopicId};
use crate::domain::publication::Topic;
use crate::domain::slug::Slug;
use crate::domain::story::{self, REPOST_WINDOW, Sighting};
use crate::domain::text::{self, LineError};
use crate::domain::topic_rule::TopicRule;
use crate::store::articles::{self, Identity, Known};
use crate::store::idempotency_keys::Answer;
use crate::store::{StoreError, Tx, publications, topic_rules};

/// An article at the door.
#[derive(Debug, Clone, Default)]
pub struct Incoming {
    pub content: ArticleContent,
    /// The feed's own id for it.
    pub guid: Option<String>,
    pub topics: Vec<Slug>,
    /// What the feed calls its subjects, for rules to look at.
    pub categories: Vec<String>,
    /// Several items of the feed share this page, so that its address names none of them.
    pub shares_page: bool,
    /// What an editor decides; feeds decide nothing of it.
    pub not_before: Option<Time>,
    pub expires_at: Option<Time>,
    pub pinned: Option<bool>,
    pub hidden: Option<bool>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ingested {
    Added(ArticleId),
    Updated(ArticleId),
    Unchanged(ArticleId),
}

impl Ingested {
    /// The article, whatever became of it.
    pub fn id(self) -> ArticleId {
        let (Self::Added(id) | Self::Updated(id) | Self::Unchanged(id)) = self;
        id
    }

    /// The word for people and programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added(_) => "added",
            Self::Updated(_) => "updated",
            Self::Unchanged(_) => "unchanged",
        }
    }
}

/// Why it was refused.
#[derive(Debug, Error)]
pub enum IngestError {
    #[error(transparent)]
    Title(#[from] LineError),
    #[error(transparent)]
    Url(#[from] ArticleUrlError),
    #[error("there is no topic {given:?}; {known}")]
    Topic { given: String, known: String },
    #[error(transparent)]
    Lost(#[from] ClaimLost),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The door: where articles come from, and what sorts them.
pub(super) struct Intake<'a> {
    deps: &'a Deps,
    publication: PublicationId,
    /// `None`: an editor or a program brings them.
    feed: Option<FeedId>,
    topics: Vec<Topic>,
    rules: Vec<TopicRule>,
    /// One instant for all that comes together.
    now: Time,
    /// What has come already: of two items that are one story the first decides what it says.
    seen: HashSet<ArticleId>,
}

/// An article that is known, and whether by its title only.
struct Found {
    known: Known,
    /// A title is a guess: it does not let another feed change the article.
    is_own: bool,
}

impl<'a> Intake<'a> {
    pub(super) async fn open(
        deps: &'a Deps,
        tx: &mut Tx,
        publication: PublicationId,
        feed: Option<FeedId>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            deps,
            publication,
            feed,
            topics: publications::topics(tx, publication).await?,
            rules: topic_rules::list(tx, publication).await?,
            now: deps.now(),
            seen: HashSet::new(),
        })
    }

    /// Takes one article in, within the caller's transaction.
    pub(super) async fn take(
        &mut self,
        tx: &mut Tx,
        incoming: &Incoming,
    ) -> Result<Ingested, IngestError> {
        let mut content = incoming.content.clone();
        let url = without_tracking(check_url(&content.url)?);
        content.title = text::line("the title", text::cut(&content.title, 1000), 1000)?;
        content.url = url.to_string();
        let topics = self.topics_of(&content, incoming)?;
        let key = page_key(&url, incoming);
        let identity = Identity {
            publication: self.publication,
            feed: self.feed,
            guid: incoming.guid.as_deref(),
            url_key: &key,
        };
        let found = self.find(tx, &identity, &content).await?;
        let has_topics = found.as_ref().is_some_and(|f| f.known.has_topics());
        let outcome = match found {
            Some(found) => self.again(tx, &found, &identity, &content).await?,
            None => self.add(tx, &identity, &content).await?,
        };
        let id = outcome.id();
        if self.feed.is_none() {
            self.decide(tx, id, incoming).await?;
        }
        if !has_topics || self.feed.is_none() {
            for topic in topics {
                articles::add_topic(tx, id, topic).await?;
            }
        }
        Ok(outcome)
    }

    async fn add(
        &mut self,
        tx: &mut Tx,
        identity: &Identity<'_>,
        content: &ArticleContent,
    ) -> Result<Ingested, StoreError> {
        let id = self.deps.new_id(ArticleId::new);
        let (id, is_new) = articles::insert(tx, id, identity, content, self.now).await?;
        self.seen.insert(id);
        Ok(if is_new {
            Ingested::Added(id)
        } else {
            Ingested::Unchanged(id)
        })
    }

    /// A known article has come again: its new names are kept, and what it says is taken over where
    /// it comes from whom it is from.
    async fn again(
        &mut self,
        tx: &mut Tx,
        found: &Found,
        identity: &Identity<'_>,
        content: &ArticleContent,
    ) -> Result<Ingested, StoreError> {
        let known = &found.known;
        let id = known.id();
        if known.url_key != identity.url_key {
            articles::add_url(tx, id, self.publication, identity.url_key).await?;
        }
        if let (Some(feed), Some(guid)) = (self.feed, identity.guid)
            && (known.feed() != self.feed || known.guid.as_deref() != Some(guid))
        {
            articles::add_guid(tx, id, feed, guid).await?;
        }
        let is_first = self.seen.insert(id);
        let from_feed = is_first && found.is_own && !known.is_edited();
        let may_change = self.feed.is_none() || from_feed;
        Ok(if may_change && articles::update(tx, id, content).await? {
            Ingested::Updated(id)
        } else {
            Ingested::Unchanged(id)
        })
    }

    /// Finds out whether the article is known: by its names, else by its title.
    async fn find(
        &self,
        tx: &mut Tx,
        identity: &Identity<'_>,
        content: &ArticleContent,
    ) -> Result<Option<Found>, StoreError> {
        let is_own = |from: Option<FeedId>| from.is_none() || from == self.feed;
        if let Some(known) = articles::find_known(tx, identity).await? {
            let is_own = is_own(known.feed());
            return Ok(Some(Found { known, is_own }));
        }
        let title = story::title_key(&content.title);
        // What an editor brings is meant.
        if self.feed.is_none() || title.is_empty() {
            return Ok(None);
        }
        let is_telling = story::is_telling(&title);
        let now = self.now;
        let new = Sighting {
            feed: self.feed,
            dated: content.published_at.map_or(now, |t| t.min(now)),
            text: &content.summary_text,
        };
        let since = now - REPOST_WINDOW;
        let same = articles::same_title(tx, self.publication, &title, since).await?;
        let recurs = same.len() > 1;
        let known = same.into_iter().find(|known| {
            let known = Sighting {
                feed: known.known.feed(),
                dated: known.dated(),
                text: &known.summary_text,
            };
            if is_telling {
                story::is_same(known, new, recurs)
            } else {
                story::reads_the_same(known, new)
            }
        });
        Ok(known.map(|same| Found {
            is_own: is_own(same.known.feed()),
            known: same.known,
        }))
    }

    /// What an editor says of the article.
    async fn decide(
        &self,
        tx: &mut Tx,
        id: ArticleId,
        incoming: &Incoming,
    ) -> Result<(), StoreError> {
        let now = self.now;
        articles::mark_edited(tx, id, now).await?;
        if incoming.not_before.is_some() || incoming.expires_at.is_some() {
            articles::set_times(tx, id, incoming.not_before, incoming.expires_at).await?;
        }
        if let Some(pinned) = incoming.pinned {
            articles::set_pinned(tx, id, pinned.then_some(now)).await?;
        }
        match incoming.hidden {
            Some(true) => articles::hide(tx, id, now).await,
            Some(false) => articles::unhide(tx, id, now).await,
            None => Ok(()),
        }
    }

    /// The topics that are given, and those that rules add.
    fn topics_of(
        &self,
        content: &ArticleContent,
        incoming: &Incoming,
    ) -> Result<Vec<TopicId>, IngestError> {
        let mut ids = topic_ids(&self.topics, &incoming.topics)?;
        let covering = self
            .rules
            .iter()
            .filter(|rule| rule.covers(&content.title, &incoming.categories, &content.url));
        for rule in covering {
            let topic = self.topics.iter().find(|topic| topic.slug == rule.topic);
            ids.extend(topic.map(|topic| topic.id).filter(|id| !ids.contains(id)));
        }
        Ok(ids)
    }
}

/// The key of an article's page; with the feed's own id where the address names no single article:
/// a site's front page, or a page that several items share.
fn page_key(url: &url::Url, incoming: &Incoming) -> String {
    let key = url_key(url);
    let is_front = url.path() == "/" && url.query().is_none();
    match &incoming.guid {
        Some(guid) if is_front || incoming.shares_page => format!("{key}#{guid}"),
        _ => key,
    }
}

/// Which topics there are, to tell who named another.
pub(super) fn known_topics(topics: &[Topic]) -> String {
    let slugs: Vec<&str> = topics.iter().map(|t| t.slug.as_str()).collect();
    match slugs.as_slice() {
        [] => "the publication has none yet; `paperround topic add` makes one".to_owned(),
        slugs => format!("the topics are: {}", slugs.join(", ")),
    }
}

/// The ids of topics, or which of them there is not.
pub(super) fn topic_ids(topics: &[Topic], wanted: &[Slug]) -> Result<Vec<TopicId>, IngestError> {
    let ids: HashMap<&Slug, TopicId> = topics.iter().map(|t| (&t.slug, t.id)).collect();
    wanted
        .iter()
        .map(|slug| {
            ids.get(slug).copied().ok_or_else(|| IngestError::Topic {
                given: slug.to_string(),
                known: known_topics(topics),
            })
        })
        .collect()
}

/// Takes articles in by hand: all of them or none.
pub async fn ingest(
    deps: &Deps,
    publication: PublicationId,
    incoming: &[Incoming],
) -> Result<Vec<Ingested>, IngestError> {
    let mut tx = deps.store.begin().await?;
    let outcomes = take_all(deps, &mut tx, publication, incoming).await?;
    tx.commit().await?;
    Ok(outcomes)
}

/// Does the same for a request that may be repeated, and keeps its answer along with the articles.
pub async fn ingest_once(
    deps: &Deps,
    publication: PublicationId,
    incoming: &[Incoming],
    claim: &Claim,
    tell: impl FnOnce(&[Ingested]) -> Answer,
) -> Result<Answer, IngestError> {
    let mut tx = deps.store.begin().await?;
    let outcomes = take_all(deps, &mut tx, publication, incoming).await?;
    let answer = tell(&outcomes);
    idempotency::finish(&mut tx, claim, &answer).await??;
    tx.commit().await?;
    Ok(answer)
}

async fn take_all(
    deps: &Deps,
    tx: &mut Tx,
    publication: PublicationId,
    incoming: &[Incoming],
) -> Result<Vec<Ingested>, IngestError> {
    let mut intake = Intake::open(deps, tx, publication, None).await?;
    let mut outcomes = Vec::with_capacity(incoming.len());
    for article in incoming {
        outcomes.push(intake.take(tx, article).await?);
    }
    Ok(outcomes)
}
