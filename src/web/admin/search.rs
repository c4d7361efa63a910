//! Finds readers, digests, feeds and publications by what is typed into the top line.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::digests::path;
use super::error::AdminError;
use super::signed_in::{Reads, SignedIn};
use super::{readers, words};
use crate::domain::clock::Time;
use crate::domain::publication::Publication;
use crate::domain::subscriber::ReaderState;
use crate::domain::subscription::SubscriptionState;
use crate::render::admin::frame::{State as Shown, Tone};
use crate::render::admin::nav::Section;
use crate::render::admin::search::{Hit, HitGroup, SearchPage};
use crate::store::subscribers::{Found, Search};
use crate::store::{StoreError, Tx, digests, feeds, subscribers};
use crate::web::Web;

/// Readers that are shown; more letters find fewer.
const MOST_READERS: i64 = 20;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
}

/// `GET /admin/search`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let framing = me.frame(Section::Elsewhere, "Search").await?;
    let query = asked.q.trim().to_lowercase();
    let mut groups = Vec::new();
    if !query.is_empty() {
        let mut tx = me.deps.store.read().await?;
        let all = &framing.publications;
        groups.push(found_readers(&mut tx, &query).await?);
        groups.push(digests(&mut tx, &query, all).await?);
        groups.push(feeds(&mut tx, &query, all, me.deps.now()).await?);
        groups.retain(|group| !group.hits.is_empty());
    }
    let page = SearchPage {
        frame: framing.frame,
        query: asked.q.trim().to_owned(),
        groups,
    };
    me.page(&web, &page)
}

async fn found_readers(tx: &mut Tx, query: &str) -> Result<HitGroup, StoreError> {
    let search = Search {
        text: query,
        publication: None,
        after: "",
        limit: MOST_READERS,
    };
    let found = subscribers::search(tx, &search).await?;
    Ok(HitGroup {
        name: "Readers",
        head: "Address",
        hits: found.into_iter().map(reader).collect(),
    })
}

fn reader(found: Found) -> Hit {
    let state: Option<SubscriptionState> = found.state.and_then(|word| word.parse().ok());
    let is_suppressed = found.suppressed_at.is_some();
    let state = match state {
        Some(state) => words::of_reader(ReaderState::of(state, is_suppressed)),
        None if is_suppressed => words::of_reader(ReaderState::Suppressed),
        None => Shown::new("nowhere", Tone::Calm),
    };
    Hit {
        name: found.email,
        url: Some(readers::url(found.id)),
        publication: found.publication.unwrap_or_default(),
        state,
    }
}

async fn digests(
    tx: &mut Tx,
    query: &str,
    publications: &[Publication],
) -> Result<HitGroup, StoreError> {
    let mut hits = Vec::new();
    for publication in publications {
        for digest in digests::list(tx, publication.id).await? {
            if has(&digest.name, query) || has(digest.slug.as_str(), query) {
                hits.push(Hit {
                    name: digest.name.clone(),
                    url: Some(path(publication, &digest)),
                    publication: publication.name.clone(),
                    state: words::of_digest(&digest),
                });
            }
        }
    }
    Ok(HitGroup {
        name: "Digests",
        head: "Name",
        hits,
    })
}

async fn feeds(
    tx: &mut Tx,
    query: &str,
    publications: &[Publication],
    now: Time,
) -> Result<HitGroup, StoreError> {
    let mut hits = Vec::new();
    for publication in publications {
        for feed in feeds::list(tx, Some(publication.id)).await? {
            let title = feed.title.as_deref().unwrap_or(&feed.url);
            if has(title, query) || has(&feed.url, query) {
                hits.push(Hit {
                    name: title.to_owned(),
                    url: Some(format!("/admin/p/{}/feeds/{}", publication.slug, feed.id)),
                    publication: publication.name.clone(),
                    state: words::of_feed(&feed, now).0,
                });
            }
        }
    }
    Ok(HitGroup {
        name: "Feeds",
        head: "Feed",
        hits,
    })
}

fn has(text: &str, query: &str) -> bool {
    text.to_lowercase().contains(query)
}
