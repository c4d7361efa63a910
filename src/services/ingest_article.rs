//! Takes an article in, whichever door it comes by: a new one is added, a known one updated.

use std::collections::HashMap;

use thiserror::Error;

use super::Deps;
use crate::domain::article::{ArticleContent, ArticleUrlError, check_url, url_key};
use crate::domain::ids::{ArticleId, FeedId, PublicationId, TopicId};
use crate::domain::publication::Topic;
use crate::domain::slug::Slug;
use crate::domain::text::{self, LineError};
use crate::store::articles::{self, Identity};
use crate::store::{StoreError, Tx};

/// An article at the door.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub content: ArticleContent,
    /// The feed's own id for it.
    pub guid: Option<String>,
    pub topics: Vec<Slug>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ingested {
    Added(ArticleId),
    Updated(ArticleId),
    Unchanged(ArticleId),
}

/// Why it was refused.
#[derive(Debug, Error)]
pub enum IngestError {
    #[error(transparent)]
    Title(#[from] LineError),
    #[error(transparent)]
    Url(#[from] ArticleUrlError),
    #[error("there is no topic {given:?}; the topics are: {known}")]
    Topic { given: String, known: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes one article in, within the caller's transaction.
pub(super) async fn ingest_in(
    deps: &Deps,
    tx: &mut Tx,
    publication: PublicationId,
    feed: Option<FeedId>,
    topics: &[Topic],
    incoming: &Incoming,
) -> Result<Ingested, IngestError> {
    let ids: HashMap<&Slug, TopicId> = topics.iter().map(|t| (&t.slug, t.id)).collect();
    let chosen = chosen_topics(&ids, topics, &incoming.topics)?;
    let url = check_url(&incoming.content.url)?;
    let mut content = incoming.content.clone();
    content.title = text::line("the title", text::cut(&content.title, 1000), 1000)?;
    content.url = url.to_string();
    let key = url_key(&url);
    let identity = Identity {
        publication,
        feed,
        guid: incoming.guid.as_deref(),
        url_key: &key,
    };
    let outcome = match articles::find_id(tx, &identity).await? {
        Some(id) => update(tx, id, &content).await?,
        None => {
            let new_id = deps.new_id(ArticleId::new);
            match articles::insert(tx, new_id, &identity, &content, deps.now()).await? {
                (id, true) => Ingested::Added(id),
                (id, false) => update(tx, id, &content).await?,
            }
        }
    };
    let (Ingested::Added(id) | Ingested::Updated(id) | Ingested::Unchanged(id)) = outcome;
    for topic in chosen {
        articles::add_topic(tx, id, topic).await?;
    }
    Ok(outcome)
}

async fn update(
    tx: &mut Tx,
    id: ArticleId,
    content: &ArticleContent,
) -> Result<Ingested, StoreError> {
    Ok(if articles::update(tx, id, content).await? {
        Ingested::Updated(id)
    } else {
        Ingested::Unchanged(id)
    })
}

fn chosen_topics(
    ids: &HashMap<&Slug, TopicId>,
    topics: &[Topic],
    wanted: &[Slug],
) -> Result<Vec<TopicId>, IngestError> {
    let known = || {
        topics
            .iter()
            .map(|t| t.slug.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    wanted
        .iter()
        .map(|slug| {
            ids.get(slug).copied().ok_or_else(|| IngestError::Topic {
                given: slug.to_string(),
                known: known(),
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
    let topics = crate::store::publications::topics(&mut tx, publication).await?;
    let mut outcomes = Vec::with_capacity(incoming.len());
    for article in incoming {
        outcomes.push(ingest_in(deps, &mut tx, publication, None, &topics, article).await?);
    }
    tx.commit().await?;
    Ok(outcomes)
}
