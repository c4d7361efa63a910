//! `/api/v1/articles`: programs bring articles, and see what became of them.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::caller::Caller;
use super::cursor;
use super::once::{self, Go};
use super::problem::Problem;
use crate::domain::api_token::Role;
use crate::domain::article::Article;
use crate::domain::clock::Time;
use crate::domain::ids::ArticleId;
use crate::domain::slug::Slug;
use crate::domain::story::title_key;
use crate::services::article_output::{ArticleOutput, OutcomeOutput};
use crate::services::ingest_article::{self, Incoming, Ingested};
use crate::services::{article_input, idempotency};
use crate::store::articles::{self, Filter, Place};
use crate::store::idempotency_keys::Answer;
use crate::store::publications;
use crate::web::Web;
use crate::web::conditional;

/// Articles in one request: while they are written, others wait for the database.
const MOST_ARTICLES: usize = 500;
/// Articles on one page of a list, and the most that may be asked for.
const PAGE: i64 = 50;
const MOST_ON_PAGE: i64 = 200;

/// Where articles go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    publication: Option<String>,
}

/// Which articles to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    publication: Option<String>,
    topic: Option<String>,
    /// Whether readers see it, see [`crate::domain::article::Visibility`].
    state: Option<String>,
    pinned: Option<bool>,
    language: Option<String>,
    title: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// An article with the publication that it is in.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    publication: &'a Slug,
    #[serde(flatten)]
    article: ArticleOutput<'a>,
}

impl<'a> Listed<'a> {
    fn new(publication: &'a Slug, article: &'a Article, now: Time) -> Self {
        let article = ArticleOutput::new(article, now);
        Self {
            publication,
            article,
        }
    }
}

/// A page of a list.
#[derive(Debug, Serialize)]
struct Page<T> {
    items: Vec<T>,
    /// What to ask for next; none on the last page.
    next_cursor: Option<String>,
}

/// What became of all that was given.
#[derive(Debug, Serialize)]
struct Outcomes<T> {
    items: Vec<T>,
}

/// Lists the articles of a publication, the latest first.
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted?;
    let limit = wanted.limit.unwrap_or(PAGE);
    if !(1..=MOST_ON_PAGE).contains(&limit) {
        let text = format!("limit must be a number from 1 to {MOST_ON_PAGE}.");
        return Err(Problem::Request(text));
    }
    let now = web.deps.now();
    let mut tx = web.deps.store.read().await?;
    let publication = caller
        .publication(&mut tx, wanted.publication.as_deref())
        .await?;
    let filter = filter(wanted)?;
    if let Some(topic) = &filter.topic {
        let known = publications::topics(&mut tx, publication.id).await?;
        if !known.iter().any(|t| t.slug == *topic) {
            let text = format!(
                "There is no topic {:?} in this publication.",
                topic.as_str()
            );
            return Err(Problem::Request(text));
        }
    }
    // One more than is shown tells whether there is a next page.
    let mut found = articles::page(&mut tx, publication.id, &filter, now, limit + 1).await?;
    drop(tx);
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > shown;
    found.truncate(shown);
    let last = found.last().filter(|_| has_more);
    let page = Page {
        next_cursor: last.map(|article| cursor::of_place(Place::of(article))),
        items: found
            .iter()
            .map(|article| Listed::new(&publication.slug, article, now))
            .collect(),
    };
    let body = json(&page);
    Ok(conditional::answer(
        &headers,
        "application/json",
        None,
        body,
    ))
}

fn filter(wanted: Wanted) -> Result<Filter, Problem> {
    let named =
        |field, error: &dyn ToString| Problem::Request(format!("{field}: {}.", error.to_string()));
    let topic = wanted.topic.map(|text| text.parse());
    let topic = topic.transpose().map_err(|e| named("topic", &e))?;
    let visibility = wanted.state.map(|text| text.parse());
    let visibility = visibility.transpose().map_err(|e| named("state", &e))?;
    let after = wanted.cursor.as_deref().map(cursor::place).transpose()?;
    Ok(Filter {
        topic,
        visibility,
        pinned: wanted.pinned.unwrap_or_default(),
        title: wanted.title.map(|words| title_key(&words)),
        language: wanted.language,
        after,
        ..Filter::default()
    })
}

/// Shows one article.
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::NotFound(format!("There is no article {id:?}."));
    let known: ArticleId = id.parse().map_err(|_| missing())?;
    let mut tx = web.deps.store.read().await?;
    let found = articles::find(&mut tx, known).await?;
    let found = found.filter(|article| caller.reaches(article.publication));
    let article = found.ok_or_else(missing)?;
    let publication = publications::find(&mut tx, article.publication).await?;
    let publication = publication.ok_or_else(missing)?;
    drop(tx);
    let body = json(&Listed::new(&publication.slug, &article, web.deps.now()));
    Ok(conditional::answer(
        &headers,
        "application/json",
        None,
        body,
    ))
}

/// Takes in one article or an array of them: all or none.
pub(super) async fn add(
    State(web): State<Web>,
    caller: Caller,
    target: Result<Query<Target>, QueryRejection>,
    request: Request,
) -> Result<Response, Problem> {
    caller.must_be(Role::Editor)?;
    let Query(target) = target?;
    let mut tx = web.deps.store.read().await?;
    let publication = caller
        .publication(&mut tx, target.publication.as_deref())
        .await?
        .id;
    drop(tx);
    let (parts, bytes) = taken(request).await?;
    let is_list = article_input::is_list(&bytes);
    let incoming = article_input::read_for(&web.deps, publication, bytes.to_vec()).await?;
    if incoming.len() > MOST_ARTICLES {
        let text = format!(
            "There are {} articles; send {MOST_ARTICLES} at most.",
            incoming.len()
        );
        return Err(Problem::Refused(text));
    }
    let tell = |outcomes: &[Ingested]| told(outcomes, &incoming, is_list);
    let answer = match once::begin(&web, &caller, &parts, &bytes).await? {
        Go::Answered(answer) => answer,
        Go::Plainly => {
            let outcomes = ingest_article::ingest(&web.deps, publication, &incoming).await?;
            tell(&outcomes)
        }
        Go::Once(claim) => {
            let done =
                ingest_article::ingest_once(&web.deps, publication, &incoming, &claim, tell).await;
            if done.is_err() {
                idempotency::release(&web.deps, &claim).await?;
            }
            done?
        }
    };
    Ok(once::answer(answer))
}

/// The body of a request that must be JSON.
async fn taken(request: Request) -> Result<(Parts, Bytes), Problem> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Problem::MediaType);
    }
    let (parts, body) = request.into_parts();
    let limited = Request::from_parts(parts.clone(), body);
    let bytes: Result<Bytes, BytesRejection> = Bytes::from_request(limited, &()).await;
    Ok((parts, bytes?))
}

fn told(outcomes: &[Ingested], incoming: &[Incoming], is_list: bool) -> Answer {
    let items: Vec<OutcomeOutput<'_>> = outcomes
        .iter()
        .zip(incoming)
        .map(|(outcome, article)| OutcomeOutput::new(*outcome, &article.content.url))
        .collect();
    let is_new = outcomes.iter().any(|o| matches!(o, Ingested::Added(_)));
    let status = if is_new { 201 } else { 200 };
    match items.first() {
        Some(item) if !is_list => Answer {
            status,
            location: Some(format!("/api/v1/articles/{}", item.id)),
            body: json(item),
        },
        _ => Answer {
            status,
            location: None,
            body: json(&Outcomes { items }),
        },
    }
}

/// Our own types, whose keys are texts, can always be written as JSON.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
