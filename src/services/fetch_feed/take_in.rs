//! From the entries of a feed to its articles.

use std::collections::{HashMap, HashSet};

use super::super::Deps;
use super::super::ingest_article::{Incoming, IngestError, Ingested, Intake};
use super::{FeedError, Report};
use crate::domain::article::ArticleContent;
use crate::domain::feed::Feed;
use crate::feeds::{ParsedEntry, ParsedFeed};
use crate::store::feeds;

/// Takes all entries in, or none.
pub(super) async fn take_in(
    deps: &Deps,
    feed: &Feed,
    parsed: &ParsedFeed,
) -> Result<Report, FeedError> {
    let mut tx = deps.store.begin().await?;
    if !feeds::hold(&mut tx, feed.id).await? {
        return Err(FeedError::Unknown);
    }
    let mut intake = Intake::open(deps, &mut tx, feed.publication, Some(feed.id)).await?;
    let shared = shared_pages(&parsed.entries);
    let mut entries: Vec<&ParsedEntry> = parsed.entries.iter().collect();
    // The latest first: where an article comes twice, its last word counts.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.updated_at.or(entry.published_at)));
    let mut report = Report {
        left_out: parsed.left_out,
        ..Report::default()
    };
    for entry in entries {
        let incoming = Incoming {
            shares_page: shared.contains(entry.url.as_str()),
            ..incoming(feed, entry)
        };
        match intake.take(&mut tx, &incoming).await {
            Ok(Ingested::Added(_)) => report.added += 1,
            Ok(Ingested::Updated(_)) => report.updated += 1,
            Ok(Ingested::Unchanged(_)) => report.unchanged += 1,
            Err(IngestError::Store(error)) => return Err(error.into()),
            Err(error) => {
                tracing::debug!(feed = %feed.id, item = %entry.id, %error, "item dropped");
                report.dropped += 1;
            }
        }
    }
    tx.commit().await?;
    Ok(report)
}

/// Addresses that items with different ids and titles have in common, such as that of a live page.
fn shared_pages(entries: &[ParsedEntry]) -> HashSet<&str> {
    let mut first: HashMap<&str, &ParsedEntry> = HashMap::new();
    let mut shared = HashSet::new();
    for entry in entries.iter().filter(|entry| !entry.url.is_empty()) {
        let other = first.entry(&entry.url).or_insert(entry);
        if other.id != entry.id && other.title != entry.title {
            shared.insert(entry.url.as_str());
        }
    }
    shared
}

fn incoming(feed: &Feed, entry: &ParsedEntry) -> Incoming {
    Incoming {
        content: ArticleContent {
            title: entry.title.clone(),
            url: entry.url.clone(),
            summary_html: entry.summary_html.clone(),
            summary_text: entry.summary_text.clone(),
            authors: entry.authors.clone(),
            image_url: entry.image_url.clone(),
            image_alt: entry.image_alt.clone(),
            language: entry.language.clone(),
            published_at: entry.published_at,
            updated_at: entry.updated_at,
            words: entry.words,
        },
        guid: Some(entry.id.clone()).filter(|id| !id.is_empty()),
        topics: feed.topics_for(&entry.categories),
        categories: entry.categories.clone(),
        ..Incoming::default()
    }
}
