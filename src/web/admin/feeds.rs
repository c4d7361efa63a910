//! The feeds of a publication: the list, and a new one.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Response;
use chrono_tz::Tz;

use super::error::{AdminError, sentence};
use super::feed_form::{Wish, inputs};
use super::fields::Fields;
use super::first_steps::next_steps;
use super::forms::{Errors, filled};
use super::frame::done;
use super::posted::Posted;
use super::signed_in::{Changes, Reads, Right, SignedIn};
use super::words;
use crate::domain::article::check_url;
use crate::domain::clock::Time;
use crate::domain::feed::{Every, Feed};
use crate::domain::publication::Publication;
use crate::render::admin::nav::Section;
use crate::render::admin::places::{FeedRow, FeedsPage, OfferRow};
use crate::render::admin::when::When;
use crate::services::Deps;
use crate::services::discover_feed::{Found, discover};
use crate::services::fetch_feed;
use crate::services::manage_feed::{self, ManageFeedError, NewFeed};
use crate::store::{digests, feeds, publications};
use crate::web::Web;

pub(super) fn row(feed: &Feed, now: Time, zone: Tz) -> FeedRow {
    let (state, text) = words::of_feed(feed, now);
    FeedRow {
        id: feed.id.to_string(),
        name: feed.title.clone().unwrap_or_else(|| feed.url.clone()),
        url: feed.url.clone(),
        state,
        text,
        fetched: When::maybe(feed.last_fetched_at, zone),
        newest: When::maybe(feed.health.last_new_at, zone),
        added: feed.health.last_added,
    }
}

/// How long the page of a new feed waits for its first reading.
const PATIENCE: Duration = Duration::from_secs(4);

/// `GET /admin/p/{publication}/feeds`
pub(super) async fn list(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path(slug): Path<String>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let page = page(
        &me,
        &publication,
        &Fields::of(&[("every", "auto")]),
        &Errors::new(),
    )
    .await?;
    me.page(&web, &page)
}

async fn page<R: Right>(
    me: &SignedIn<R>,
    publication: &Publication,
    values: &Fields,
    errors: &Errors,
) -> Result<FeedsPage, AdminError> {
    let framing = me
        .frame_of(Section::Feeds, "Feeds", Some(publication))
        .await?;
    let mut tx = me.deps.store.read().await?;
    let all = feeds::list(&mut tx, Some(publication.id)).await?;
    let topics = publications::topics(&mut tx, publication.id).await?;
    let has_digest = !digests::list(&mut tx, publication.id).await?.is_empty();
    drop(tx);
    let now = me.deps.now();
    Ok(FeedsPage {
        slug: publication.slug.to_string(),
        may_change: me.may::<Changes>(),
        feeds: all
            .iter()
            .map(|feed| row(feed, now, framing.zone))
            .collect(),
        inputs: filled(inputs(&topics, all.is_empty()), values, errors),
        next: next_steps(&publication.slug, !topics.is_empty(), has_digest)
            .filter(|_| !all.is_empty()),
        error: None,
        offers: Vec::new(),
        may_insist: false,
        frame: framing.frame,
    })
}

/// `POST /admin/p/{publication}/feeds`
pub(super) async fn add(
    State(web): State<Web>,
    Path(slug): Path<String>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let mut errors = Errors::new();
    let wish = Wish::read(&fields, &mut errors);
    let url = with_scheme(fields.text("url").trim());
    if let Err(why) = check_url(&url) {
        errors.insert("url", sentence(&why.to_string()));
    }
    let (true, Some(wish)) = (errors.is_empty(), wish) else {
        let page = page(&me, &publication, &fields, &errors).await?;
        return me.refused(&web, &page);
    };
    let mut seen = look(&me, &url).await;
    if let (Look::Silent(_), Some(rest)) = (&seen, url.strip_prefix("https://"))
        && !fields.text("url").contains("://")
    {
        // Nobody said how it is to be asked, and some sites have no TLS.
        if let found @ (Look::At(_) | Look::Several(_)) = look(&me, &format!("http://{rest}")).await
        {
            seen = found;
        }
    }
    let url = match seen {
        Look::At(url) => url,
        Look::Silent(_) if fields.ticked("anyway") => url,
        Look::Silent(why) => {
            errors.insert("url", why);
            let mut page = page(&me, &publication, &fields, &errors).await?;
            page.may_insist = true;
            return me.refused(&web, &page);
        }
        Look::Several(offers) => {
            let mut page = page(&me, &publication, &fields, &errors).await?;
            page.offers = offers;
            return me.refused(&web, &page);
        }
        Look::None(why) => {
            errors.insert("url", why);
            let page = page(&me, &publication, &fields, &errors).await?;
            return me.refused(&web, &page);
        }
    };
    match manage_feed::add(&me.deps, new(&publication, url, wish)).await {
        Ok(feed) => {
            let text = format!(
                "{} is connected{}",
                feed.url,
                first_reading(&me.deps, &feed).await
            );
            Ok(done(&web, &format!("/admin/p/{slug}/feeds"), text))
        }
        Err(ManageFeedError::Store(error)) => Err(error.into()),
        Err(error) => {
            let mut page = page(&me, &publication, &fields, &errors).await?;
            page.error = Some(sentence(&error.to_string()));
            me.refused(&web, &page)
        }
    }
}

/// Reads a new feed at once, so that its page has something to show; a slow one goes on being read.
async fn first_reading(deps: &Deps, feed: &Feed) -> String {
    let (deps, id) = (deps.clone(), feed.id);
    let reading = tokio::spawn(async move { fetch_feed::fetch_by_hand(&deps, id).await });
    match tokio::time::timeout(PATIENCE, reading).await {
        Ok(Ok(Ok(report))) => match report.added {
            0 => ". It has no article that is not here already.".to_owned(),
            1 => ": 1 article.".to_owned(),
            added => format!(": {added} articles."),
        },
        Ok(Ok(Err(error))) => format!(", and asked again and again: {error}."),
        // Nothing is known of it yet.
        Ok(Err(_)) | Err(_) => ", and read in a moment.".to_owned(),
    }
}

fn new(publication: &Publication, url: String, wish: Wish) -> NewFeed {
    NewFeed {
        publication: publication.id,
        url,
        topics: wish.topics,
        mapping: wish.mapping,
        every: wish.every.unwrap_or(Every::Adaptive),
        article_pages: wish.article_pages.unwrap_or(false),
    }
}

/// An address as people say it, which begins with the name of its site.
fn with_scheme(given: &str) -> String {
    if given.is_empty() || given.contains("://") {
        return given.to_owned();
    }
    format!("https://{given}")
}

/// What an address turned out to be.
enum Look {
    /// A feed, at this address.
    At(String),
    /// Nobody answers there, for this reason.
    Silent(String),
    Several(Vec<OfferRow>),
    None(String),
}

async fn look(me: &SignedIn<Changes>, url: &str) -> Look {
    match discover(&me.deps, url).await {
        Ok(Found::Feed { url, .. }) => Look::At(url),
        Ok(Found::Several(offers)) => {
            let offers = offers.into_iter().map(|offer| OfferRow {
                title: offer.title.unwrap_or_else(|| "without a title".to_owned()),
                url: offer.url,
            });
            Look::Several(offers.collect())
        }
        Ok(Found::Unreachable(error)) => Look::Silent(format!(
            "There is no answer at {url}: {error}. Nothing was connected."
        )),
        Err(error) => Look::None(sentence(&error.to_string())),
    }
}
