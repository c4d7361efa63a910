//! `/api/v1/publications/{publication}/subscriptions`: the readers of a publication, as a list and as a
//! table.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::caller::{Caller, Editor};
use super::cursor;
use super::input::{Asked, Named};
use super::page::{Page, limit, shown};
use super::problem::Problem;
use super::schemas::{At, ReaderStateWord, SlugText};
use crate::domain::publication::Publication;
use crate::services::export_readers;
use crate::store::subscribers::browse::{self, Effort, Filter, Listed, Place};
use crate::web::Web;

/// Which readers to take along.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those whose address begins like this.
    find: Option<String>,
    /// Only those in this state.
    #[param(inline, value_type = Option<ReaderStateWord>)]
    state: Option<ReaderStateWord>,
    /// Only those who get this topic, chosen by name or with all others.
    #[param(inline, value_type = Option<SlugText>)]
    topic: Option<SlugText>,
}

/// Which readers to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only those whose address begins like this.
    find: Option<String>,
    /// Only those in this state.
    #[param(inline, value_type = Option<ReaderStateWord>)]
    state: Option<ReaderStateWord>,
    /// Only those who get this topic, chosen by name or with all others.
    #[param(inline, value_type = Option<SlugText>)]
    topic: Option<SlugText>,
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

/// A reader's place in a publication.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedSubscription)]
pub(super) struct Line {
    /// The id of the reader.
    #[schema(value_type = String, format = "uuid")]
    subscriber: Uuid,
    email: String,
    name: Option<String>,
    state: ReaderStateWord,
    /// The slugs of those chosen; empty for all, and of who is pending: their choice waits until they
    /// confirm.
    topics: Vec<String>,
    /// The slugs of those taken; empty for the first.
    digests: Vec<String>,
    language: Option<String>,
    created_at: At,
    confirmed_at: Option<At>,
}

impl From<Listed> for Line {
    fn from(listed: Listed) -> Self {
        let words = |key: String| -> Vec<String> {
            let all = key.split(',').filter(|word| !word.is_empty());
            all.map(str::to_owned).collect()
        };
        Self {
            subscriber: listed.subscriber.0,
            state: listed.state.into(),
            topics: words(listed.topics.key()),
            digests: words(listed.digests.key()),
            email: listed.email,
            name: listed.name,
            language: listed.language,
            created_at: listed.created_at.into(),
            confirmed_at: listed.confirmed_at.map(At),
        }
    }
}

impl Which {
    fn filter(self, publication: &Publication) -> Filter {
        let start = self.find.unwrap_or_default().trim().to_lowercase();
        Filter {
            start: Some(start).filter(|start| !start.is_empty()),
            publication: Some(publication.id),
            state: self.state.map(|word| word.0),
            topic: self.topic.map(|slug| slug.0),
        }
    }
}

fn of_place(place: &Place) -> String {
    cursor::of_text(&format!("{} {}", place.subscription, place.address))
}

fn place(cursor: &str) -> Result<Place, Problem> {
    let text = cursor::text(cursor)?;
    let (id, address) = text.split_once(' ').ok_or_else(cursor::foreign)?;
    Ok(Place {
        subscription: id.parse().map_err(|_| cursor::foreign())?,
        address: address.to_owned(),
    })
}

/// Lists the readers of a publication: in the order of their addresses where these are looked for, else
/// the newest first.
///
/// A filter that few pass is not searched to the end for one page: a page may hold fewer than it may,
/// or none, and still have a next one.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/subscriptions", tag = "Subscribers", operation_id = "listSubscriptions",
    params(("publication" = String, Path, description = "Its slug."), Wanted), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of readers.", body = Page<Line>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Named(slug): Named<String>,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = usize::try_from(limit(wanted.limit)?).unwrap_or_default();
    let after = wanted.cursor.as_deref().map(place).transpose()?;
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, &slug).await?;
    let which = Which {
        find: wanted.find,
        state: wanted.state,
        topic: wanted.topic,
    };
    let filter = which.filter(&publication);
    let effort = Effort::default();
    let found = browse::page(&mut tx, &filter, after.as_ref(), limit, effort).await?;
    drop(tx);
    let page = Page {
        next_cursor: found.next.as_ref().map(of_place),
        items: found.readers.into_iter().map(Line::from).collect(),
    };
    Ok(shown(&headers, &page))
}

/// Hands the readers of a publication out as a table that an import can read again.
///
/// It stands in the audit log. Where the table breaks off, the connection ends in the middle.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/subscriptions/export", tag = "Subscribers", operation_id = "exportSubscriptions",
    params(("publication" = String, Path, description = "Its slug."), Which), security(("token" = ["editor"])),
    responses((status = 200, description = "The table.", body = String, content_type = "text/csv")))]
pub(super) async fn export(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(slug): Named<String>,
    Asked(which): Asked<Which>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, &slug).await?;
    drop(tx);
    let filter = which.filter(&publication);
    export_readers::begin(&web.deps, &publication, &filter).await?;
    let body = Body::from_stream(export_readers::table(web.deps, filter));
    Ok((csv(), body).into_response())
}

/// What a table is.
pub(super) fn csv() -> [(header::HeaderName, &'static str); 1] {
    let kind = "text/csv; charset=utf-8; header=present";
    [(header::CONTENT_TYPE, kind)]
}
