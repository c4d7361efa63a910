//! Takes in what a hub tells: the feed's news, as a fetch would have brought them.

use super::super::Deps;
use super::super::fetch_feed::{self, FeedError, Report};
use crate::domain::clock::Time;
use crate::domain::feed::{Feed, FeedState, MIN_INTERVAL};
use crate::domain::hub::{Hub, is_signed};
use crate::store::feeds::{self, hubs};
use crate::store::{StoreError, Tx, publications};

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    TakenIn(Report),
    /// Not signed with the hub's secret, so that anybody may have sent it.
    Unsigned,
    /// There is no feed in it.
    Unreadable,
    /// It says that there is news, but not which; the feed is fetched.
    Empty,
}

/// The hub that was given this address, with its feed; `None` for the feed of one that is to stop.
pub async fn find(deps: &Deps, token: &str) -> Result<Option<(Hub, Option<Feed>)>, StoreError> {
    let Ok(id) = deps.keys.read_hub_token(token) else {
        return Ok(None);
    };
    let mut tx = deps.store.read().await?;
    let Some(hub) = hubs::find(&mut tx, id).await? else {
        return Ok(None);
    };
    let feed = match hub.feed {
        Some(feed) => feeds::find(&mut tx, feed).await?,
        None => None,
    };
    let feed = match feed {
        Some(feed) if wants_news(deps, &mut tx, &feed).await? => Some(feed),
        _ => None,
    };
    Ok(Some((hub, feed)))
}

async fn wants_news(deps: &Deps, tx: &mut Tx, feed: &Feed) -> Result<bool, StoreError> {
    let publication = publications::find(tx, feed.publication).await?;
    let is_open = publication.is_some_and(|publication| publication.archived_at.is_none());
    Ok(is_open && deps.limits.websub && feed.state == FeedState::Active)
}

/// Takes a push in. Whatever it names, it changes the articles of this feed only.
pub async fn take(
    deps: &Deps,
    hub: &Hub,
    feed: &Feed,
    signature: &str,
    content_type: Option<String>,
    body: Vec<u8>,
) -> Result<Pushed, StoreError> {
    let mut secrets = deps.keys.hub_secrets(hub.id);
    if !secrets.any(|secret| is_signed(&secret, signature, &body)) {
        tracing::warn!(feed = %feed.id, hub = %hub.url, "a push without a valid signature is dropped");
        let trouble = "a push without a valid signature came, and was dropped";
        record(deps, hub, feed, &Effect::trouble(trouble)).await?;
        return Ok(Pushed::Unsigned);
    }
    if body.is_empty() {
        let effect = Effect {
            fetch_soon: true,
            ..Effect::default()
        };
        record(deps, hub, feed, &effect).await?;
        return Ok(Pushed::Empty);
    }
    match fetch_feed::take_push(deps, feed, body, content_type, &hub.topic).await {
        Ok((report, newest)) => {
            let Report { added, updated, .. } = report;
            tracing::info!(feed = %feed.id, added, updated, "a hub told of news");
            let effect = Effect {
                newest,
                // It is a fetch that reads the articles' pages.
                fetch_soon: feed.article_pages && added > 0,
                // Pushes may overtake each other: where one has changed something, the feed itself
                // has the last word.
                fetch_whole: updated > 0,
                ..Effect::default()
            };
            record(deps, hub, feed, &effect).await?;
            Ok(Pushed::TakenIn(report))
        }
        Err(FeedError::Store(error)) => Err(error),
        Err(error) => {
            tracing::warn!(feed = %feed.id, hub = %hub.url, %error, "a push cannot be read");
            let trouble = format!("a push could not be read: {error}");
            let effect = Effect {
                fetch_soon: true,
                ..Effect::trouble(&trouble)
            };
            record(deps, hub, feed, &effect).await?;
            Ok(Pushed::Unreadable)
        }
    }
}

/// What a push leaves behind in the rows of hub and feed, beside articles.
#[derive(Default)]
struct Effect<'a> {
    trouble: Option<&'a str>,
    /// The date of the newest item.
    newest: Option<Time>,
    fetch_soon: bool,
    fetch_whole: bool,
}

impl<'a> Effect<'a> {
    fn trouble(text: &'a str) -> Self {
        Self {
            trouble: Some(text),
            ..Self::default()
        }
    }
}

async fn record(
    deps: &Deps,
    hub: &Hub,
    feed: &Feed,
    effect: &Effect<'_>,
) -> Result<(), StoreError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    hubs::pushed(&mut tx, hub.id, effect.trouble, now).await?;
    if let Some(newest) = effect.newest {
        feeds::set_newest(&mut tx, feed.id, newest).await?;
    }
    if effect.fetch_whole {
        feeds::forget_version(&mut tx, feed.id).await?;
    }
    if effect.fetch_soon {
        // However often a hub pushes, it does not make us trouble the site.
        let since_last = feed.last_fetched_at.map(|last| last + MIN_INTERVAL);
        let soon = since_last.map_or(now, |at| at.max(now));
        feeds::fetch_by(&mut tx, feed.id, soon).await?;
    }
    tx.commit().await
}
