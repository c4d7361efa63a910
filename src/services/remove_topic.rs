//! An operator takes a topic away.

use serde_json::json;
use thiserror::Error;

use super::Deps;
use super::audit::note;
use crate::domain::audit::{Change, Kind};
use crate::domain::digest::Digest;
use crate::domain::ids::PublicationId;
use crate::domain::publication::Topic;
use crate::domain::slug::Slug;
use crate::store::{StoreError, Tx, digests, publications, topics};

/// Why a topic was left as it is.
#[derive(Debug, Error)]
pub enum RemoveTopicError {
    #[error("there is no topic {0:?}; `paperround topic list` shows them")]
    Unknown(String),
    /// Without it the digest would take other articles, perhaps all.
    #[error("the digest {digest} is made of {topic}: take it out there first")]
    Digest { topic: Slug, digest: Slug },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many readers chose this topic and no other. They stay subscribed, and get nothing until they
/// choose another or the topic is added again: with an empty choice they would get everything.
pub async fn sole_readers(
    deps: &Deps,
    publication: PublicationId,
    slug: &Slug,
) -> Result<i64, RemoveTopicError> {
    let mut tx = deps.store.read().await?;
    let topic = find(&mut tx, publication, slug).await?;
    Ok(topics::sole_readers(&mut tx, publication, &topic.slug).await?)
}

/// Removes a topic, with the rules and the mapping of feeds that lead to it; articles lose it, readers'
/// choices stay as they are.
pub async fn remove(
    deps: &Deps,
    publication: PublicationId,
    slug: &Slug,
) -> Result<(), RemoveTopicError> {
    let mut tx = deps.store.begin().await?;
    let topic = find(&mut tx, publication, slug).await?;
    let all = digests::list(&mut tx, publication).await?;
    if let Some(digest) = all.iter().find(|digest| names(digest, slug)) {
        return Err(RemoveTopicError::Digest {
            topic: topic.slug,
            digest: digest.slug.clone(),
        });
    }
    topics::remove(&mut tx, topic.id).await?;
    let entry = Change::of("remove", Kind::Topic, slug).within(publication);
    note(deps, &mut tx, entry.from(json!({ "name": topic.name }))).await?;
    Ok(tx.commit().await?)
}

fn names(digest: &Digest, topic: &Slug) -> bool {
    let mut sections = digest.rules.sections.iter();
    digest.topics.contains(topic) || sections.any(|section| section.topic == *topic)
}

async fn find(
    tx: &mut Tx,
    publication: PublicationId,
    slug: &Slug,
) -> Result<Topic, RemoveTopicError> {
    let all = publications::topics(tx, publication).await?;
    let found = all.into_iter().find(|topic| topic.slug == *slug);
    found.ok_or_else(|| RemoveTopicError::Unknown(slug.to_string()))
}
