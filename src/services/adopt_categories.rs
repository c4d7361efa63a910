//! Categories that feeds use become topics, so that nobody has to type what the feeds say.

use std::collections::BTreeMap;

use thiserror::Error;

use super::Deps;
use super::audit::{images, note};
use super::manage_publication::{PublicationError, add_topic_in};
use crate::domain::audit::{Change, Kind};
use crate::domain::feed::Feed;
use crate::domain::ids::PublicationId;
use crate::domain::publication::Topic;
use crate::domain::slug::Slug;
use crate::store::{StoreError, feeds, publications};

/// Why a category did not become a topic.
#[derive(Debug, Error)]
pub enum AdoptError {
    #[error("{0:?} has no letter or digit to make a topic of")]
    Nameless(String),
    #[error(transparent)]
    Topic(#[from] PublicationError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A category that means no topic yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsorted {
    /// As a feed writes it.
    pub name: String,
    /// Items of all feeds that have it.
    pub items: u32,
}

/// What the feeds use and do not sort by, that of most items first.
pub fn unsorted(feeds: &[Feed]) -> Vec<Unsorted> {
    let mut found: BTreeMap<String, Unsorted> = BTreeMap::new();
    for feed in feeds {
        for category in &feed.categories {
            let key = category.name.to_lowercase();
            if feed.mapping.contains_key(&key) {
                continue;
            }
            let entry = found.entry(key).or_insert_with(|| Unsorted {
                name: category.name.clone(),
                items: 0,
            });
            entry.items = entry.items.saturating_add(category.items);
        }
    }
    let mut all: Vec<Unsorted> = found.into_values().collect();
    all.sort_by_key(|category| std::cmp::Reverse(category.items));
    all
}

/// Makes topics of categories and has every feed that uses one sort by it: all of them, or none. A topic of
/// that short name is taken where there is one. Returns the topics that are new. The feeds are read once more
/// as a whole, for what stands in them and has no topic yet.
pub async fn adopt(
    deps: &Deps,
    publication: PublicationId,
    categories: &[&str],
) -> Result<Vec<Topic>, AdoptError> {
    let mut tx = deps.store.begin().await?;
    let mut topics = publications::topics(&mut tx, publication).await?;
    let connected = feeds::list(&mut tx, Some(publication)).await?;
    let mut made = Vec::new();
    let mut meant = BTreeMap::new();
    for name in categories {
        let nameless = || AdoptError::Nameless((*name).to_owned());
        let slug = Slug::of_name(name).ok_or_else(nameless)?;
        if !topics.iter().any(|topic| topic.slug == slug) {
            let topic = add_topic_in(deps, &mut tx, publication, slug.clone(), name).await?;
            topics.push(topic.clone());
            made.push(topic);
        }
        meant.insert(name.trim().to_lowercase(), slug);
    }
    for feed in &connected {
        let uses = feed.categories.iter().map(|c| c.name.to_lowercase());
        let uses: Vec<String> = uses.filter(|key| meant.contains_key(key)).collect();
        if uses.is_empty() {
            continue;
        }
        for key in uses {
            let topic = topics
                .iter()
                .find(|topic| Some(&topic.slug) == meant.get(&key));
            if let Some(topic) = topic {
                feeds::add_category(&mut tx, feed.id, &key, topic.id).await?;
            }
        }
        if let Some(changed) = feeds::find(&mut tx, feed.id).await? {
            let entry = Change::of("change", Kind::Feed, &feed.url).within(publication);
            let entry = entry.from(images::feed(feed)).to(images::feed(&changed));
            note(deps, &mut tx, entry).await?;
        }
    }
    feeds::read_again(&mut tx, publication, deps.now()).await?;
    tx.commit().await?;
    Ok(made)
}
