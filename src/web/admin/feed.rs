//! One feed: how it is doing, and what can be done about it.

use axum::extract::{Path, State};
use axum::response::Response;

use super::error::{AdminError, sentence};
use super::feed_form::{Wish, inputs};
use super::feeds::row;
use super::fields::Fields;
use super::forms::{Errors, filled};
use super::frame::{done, undone};
use super::posted::Posted;
use super::signed_in::{Changes, Reads, Right, SignedIn};
use crate::domain::feed::{Feed, FeedCategory, FeedState};
use crate::domain::publication::Publication;
use crate::render::admin::nav::Section;
use crate::render::admin::places::{CategoryRow, FeedPage};
use crate::render::admin::when::When;
use crate::services::fetch_feed::{self, FeedError, Report};
use crate::services::manage_feed::{self, FeedEdits, ManageFeedError};
use crate::store::feeds::Change;
use crate::store::{feeds, publications};
use crate::web::Web;

type Named = Path<(String, String)>;

impl From<ManageFeedError> for AdminError {
    fn from(error: ManageFeedError) -> Self {
        match error {
            ManageFeedError::Store(error) => error.into(),
            ManageFeedError::Unknown(_) => Self::NotFound,
            other => Self::Refused(other.to_string()),
        }
    }
}

/// The publication and the feed that a path names.
async fn find<R: Right>(
    me: &SignedIn<R>,
    slug: &str,
    id: &str,
) -> Result<(Publication, Feed), AdminError> {
    let publication = me.publication(slug).await?;
    let id = id.parse().map_err(|_| AdminError::NotFound)?;
    let mut tx = me.deps.store.read().await?;
    let feed = feeds::find(&mut tx, id).await?;
    let feed = feed.filter(|feed| feed.publication == publication.id);
    Ok((publication, feed.ok_or(AdminError::NotFound)?))
}

fn path(publication: &Publication, feed: &Feed) -> String {
    format!("/admin/p/{}/feeds/{}", publication.slug, feed.id)
}

/// `GET /admin/p/{publication}/feeds/{id}`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path((slug, id)): Named,
) -> Result<Response, AdminError> {
    let (publication, feed) = find(&me, &slug, &id).await?;
    let every = every(&feed);
    let pages = if feed.article_pages { "yes" } else { "no" };
    let values = Fields::of(&[
        ("url", feed.url.as_str()),
        ("every", every.as_str()),
        ("article_pages", pages),
    ]);
    let page = page(&me, &publication, &feed, &values, &Errors::new()).await?;
    me.page(&web, &page)
}

/// As the form takes it.
fn every(feed: &Feed) -> String {
    if feed.adaptive {
        "auto".to_owned()
    } else {
        format!("{}m", feed.every.as_secs() / 60)
    }
}

async fn page<R: Right>(
    me: &SignedIn<R>,
    publication: &Publication,
    feed: &Feed,
    values: &Fields,
    errors: &Errors,
) -> Result<FeedPage, AdminError> {
    let shown = row(feed, me.deps.now(), publication.timezone);
    let title = shown.name.clone();
    let framing = me
        .frame_of(Section::Feeds, title, Some(publication))
        .await?;
    let mut tx = me.deps.store.read().await?;
    let topics = publications::topics(&mut tx, publication.id).await?;
    drop(tx);
    let pairs = feed.mapping.iter();
    Ok(FeedPage {
        slug: publication.slug.to_string(),
        may_change: me.may::<Changes>(),
        next: When::at(feed.next_fetch_at, publication.timezone),
        last_ok: When::maybe(feed.health.last_ok_at, publication.timezone),
        every: if feed.adaptive {
            "after its own rhythm".to_owned()
        } else {
            format!("every {}", every(feed))
        },
        left_out: feed.health.left_out,
        topics: feed.topics.iter().map(ToString::to_string).collect(),
        mapping: pairs.map(|(c, t)| (c.clone(), t.to_string())).collect(),
        categories: feed
            .categories
            .iter()
            .map(|category| category_row(feed, category))
            .collect(),
        is_active: feed.state == FeedState::Active,
        inputs: filled(inputs(&topics, false), values, errors),
        error: None,
        feed: shown,
        frame: framing.frame,
    })
}

fn category_row(feed: &Feed, category: &FeedCategory) -> CategoryRow {
    let topic = feed.mapping.get(&category.name.to_lowercase());
    CategoryRow {
        name: category.name.clone(),
        items: category.items,
        topic: topic.map(ToString::to_string),
    }
}

/// `POST /admin/p/{publication}/feeds/{id}`
pub(super) async fn save(
    State(web): State<Web>,
    Path((slug, id)): Named,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, feed) = find(&me, &slug, &id).await?;
    let mut errors = Errors::new();
    let wish = Wish::read(&fields, &mut errors);
    let (true, Some(wish)) = (errors.is_empty(), wish) else {
        let page = page(&me, &publication, &feed, &fields, &errors).await?;
        return me.refused(&web, &page);
    };
    let url = fields.optional("url").map(str::to_owned);
    let edits = FeedEdits {
        url: url.filter(|url| *url != feed.url),
        asking: Change {
            every: wish.every,
            article_pages: wish.article_pages,
        },
        topics: wish.topics,
        mapping: wish.mapping,
    };
    match manage_feed::update(&me.deps, feed.id, edits).await {
        Ok(_) => Ok(done(&web, &path(&publication, &feed), "Saved.")),
        Err(ManageFeedError::Store(error)) => Err(error.into()),
        Err(error) => {
            let mut page = page(&me, &publication, &feed, &fields, &errors).await?;
            page.error = Some(sentence(&error.to_string()));
            me.refused(&web, &page)
        }
    }
}

/// `POST /admin/p/{publication}/feeds/{id}/fetch`
pub(super) async fn fetch(
    State(web): State<Web>,
    Path((slug, id)): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, feed) = find(&me, &slug, &id).await?;
    let path = path(&publication, &feed);
    match fetch_feed::fetch_by_hand(&me.deps, feed.id).await {
        Ok(report) => Ok(done(&web, &path, brought(&report))),
        Err(FeedError::Store(error)) => Err(error.into()),
        Err(error) => Ok(undone(&web, &path, sentence(&error.to_string()))),
    }
}

fn brought(report: &Report) -> String {
    if report.not_modified {
        return "Its server says that nothing has changed.".to_owned();
    }
    let Report {
        added,
        updated,
        unchanged,
        dropped,
        left_out,
        ..
    } = report;
    format!(
        "{added} new, {updated} changed, {unchanged} known, {dropped} without title or address, {left_out} left out."
    )
}

/// `POST /admin/p/{publication}/feeds/{id}/pause`
pub(super) async fn pause(
    State(web): State<Web>,
    Path((slug, id)): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, feed) = find(&me, &slug, &id).await?;
    manage_feed::set_state(&me.deps, feed.id, FeedState::Paused).await?;
    Ok(done(
        &web,
        &path(&publication, &feed),
        "The feed is paused.",
    ))
}

/// `POST /admin/p/{publication}/feeds/{id}/resume`
pub(super) async fn resume(
    State(web): State<Web>,
    Path((slug, id)): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, feed) = find(&me, &slug, &id).await?;
    manage_feed::set_state(&me.deps, feed.id, FeedState::Active).await?;
    Ok(done(
        &web,
        &path(&publication, &feed),
        "The feed is asked again.",
    ))
}

/// `POST /admin/p/{publication}/feeds/{id}/remove`
pub(super) async fn remove(
    State(web): State<Web>,
    Path((slug, id)): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, feed) = find(&me, &slug, &id).await?;
    manage_feed::remove(&me.deps, feed.id).await?;
    let path = format!("/admin/p/{}/feeds", publication.slug);
    Ok(done(&web, &path, format!("{} is disconnected.", feed.url)))
}
