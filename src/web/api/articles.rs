//! `/api/v1/articles`: programs bring articles, and see what became of them.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::{Caller, Editor};
use super::cursor;
use super::input::{Asked, Named, check_texts, taken};
use super::once::{self, Go, Once};
use super::page::{Page, json, limit, shown};
use super::problem::Problem;
use super::schemas::{At, SlugText, VisibilityWord};
use crate::domain::article::Article;
use crate::domain::clock::Time;
use crate::domain::ids::{ArticleId, PublicationId};
use crate::domain::publication::Publication;
use crate::domain::slug::Slug;
use crate::domain::story::title_key;
use crate::services::ingest_article::{self, Incoming, Ingested};
use crate::services::output::articles::{ArticleOutput, OutcomeOutput};
use crate::services::{article_input, idempotency};
use crate::store::articles::{self, Filter, Place};
use crate::store::idempotency_keys::Answer;
use crate::store::{Tx, publications};
use crate::web::Web;

/// Articles in one request: while they are written, others wait for the database.
const MOST_ARTICLES: usize = 500;

/// Where articles go.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Target {
    /// The slug of the publication.
    #[param(required)]
    publication: Option<String>,
}

/// Which articles to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The slug of the publication.
    #[param(required)]
    publication: Option<String>,
    /// Only those of this topic, by its slug.
    topic: Option<String>,
    /// Whether readers see it, and else why not.
    #[param(inline, value_type = Option<VisibilityWord>)]
    state: Option<VisibilityWord>,
    /// Only those that are pinned.
    pinned: Option<bool>,
    /// Only those in this language.
    language: Option<String>,
    /// Only those with these words in the title.
    title: Option<String>,
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

/// An article with the publication that it is in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Article)]
pub(super) struct Listed<'a> {
    /// The slug of its publication.
    #[schema(value_type = String)]
    publication: &'a Slug,
    #[serde(flatten)]
    article: ArticleOutput<'a>,
}

/// An article that a program brings. HTML is cleaned: what is not on the list of harmless elements goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewArticle)]
#[expect(dead_code, reason = "it describes what article_input reads")]
pub(super) struct New {
    #[schema(min_length = 1, examples("Port strike ends"))]
    title: String,
    /// By this it is known again.
    #[schema(examples("https://example.org/strike"))]
    url: String,
    summary_html: Option<String>,
    /// In place of HTML.
    #[schema(examples("The dockers go back to work *tonight*."))]
    summary_markdown: Option<String>,
    published_at: Option<At>,
    updated_at: Option<At>,
    topics: Option<Vec<SlugText>>,
    authors: Option<Vec<String>>,
    image_url: Option<String>,
    image_alt: Option<String>,
    language: Option<String>,
    /// Readers do not see it before.
    not_before: Option<At>,
    /// It is no news from then on.
    expires_at: Option<At>,
    pinned: Option<bool>,
    hidden: Option<bool>,
}

/// One article, or an array of at most 500.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = NewArticles)]
#[expect(dead_code, reason = "it describes what article_input reads")]
pub(super) enum NewArticles {
    One(Box<New>),
    Several(Vec<New>),
}

/// What became of one article, or of all that were given.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Outcome)]
#[expect(dead_code, reason = "it describes what `told` writes")]
pub(super) enum AnyOutcome<'a> {
    One(OutcomeOutput<'a>),
    Several(Outcomes<OutcomeOutput<'a>>),
}

impl<'a> Listed<'a> {
    pub(super) fn new(publication: &'a Slug, article: &'a Article, now: Time) -> Self {
        let article = ArticleOutput::new(article, now);
        Self {
            publication,
            article,
        }
    }
}

/// What became of all that was given.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Outcomes<T> {
    items: Vec<T>,
}

/// Lists the articles of a publication, those seen last first.
#[utoipa::path(get, path = "/api/v1/articles", tag = "Articles", operation_id = "listArticles",
    params(Wanted), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of articles.", body = Page<Listed<'static>>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = limit(wanted.limit)?;
    let now = web.deps.now();
    let mut tx = web.deps.store.read().await?;
    let slug = wanted.publication.as_deref();
    let publication = caller.named_publication(&mut tx, slug).await?;
    let filter = filter(&mut tx, &publication, wanted).await?;
    // One more than is shown tells whether there is a next page.
    let found = articles::page(&mut tx, publication.id, &filter, now, limit + 1).await?;
    drop(tx);
    let found: Vec<&Article> = found.iter().collect();
    let place = |last: &&Article| cursor::of_place(Place::of(last));
    let page = Page::of(found, limit, place, |article| {
        Listed::new(&publication.slug, article, now)
    });
    Ok(shown(&headers, &page))
}

async fn filter(tx: &mut Tx, publication: &Publication, wanted: Wanted) -> Result<Filter, Problem> {
    let mut topic = None;
    if let Some(slug) = &wanted.topic {
        let known = publications::topics(tx, publication.id).await?;
        topic = known
            .into_iter()
            .map(|t| t.slug)
            .find(|t| t.as_str() == slug);
        if topic.is_none() {
            let text = format!("There is no topic {slug:?} in this publication.");
            return Err(Problem::Request(text));
        }
    }
    Ok(Filter {
        topic,
        visibility: wanted.state.map(|word| word.0),
        pinned: wanted.pinned.unwrap_or_default(),
        title: wanted.title.map(|words| title_key(&words)),
        language: wanted.language,
        after: wanted.cursor.as_deref().map(cursor::place).transpose()?,
        ..Filter::default()
    })
}

/// Finds an article that the caller reaches, and its publication.
pub(super) async fn find(
    tx: &mut Tx,
    caller: &Caller,
    id: &str,
) -> Result<(Publication, Article), Problem> {
    let missing = || Problem::NotFound(format!("There is no article {id:?}."));
    let known: ArticleId = id.parse().map_err(|_| missing())?;
    let found = articles::find(tx, known).await?;
    let found = found.filter(|article| caller.reaches(article.publication));
    let article = found.ok_or_else(missing)?;
    let publication = publications::find(tx, article.publication).await?;
    Ok((publication.ok_or_else(missing)?, article))
}

/// Shows an article.
#[utoipa::path(get, path = "/api/v1/articles/{id}", tag = "Articles", operation_id = "showArticle",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The article.", body = Listed<'static>)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (publication, article) = find(&mut tx, &caller, &id).await?;
    let view = Listed::new(&publication.slug, &article, web.deps.now());
    Ok(shown(&headers, &view))
}

/// Takes in one article or an array of them: all or none.
///
/// An article whose address is known is updated. At most 500 articles and 4 MB.
#[utoipa::path(post, path = "/api/v1/articles", tag = "Articles", operation_id = "addArticles",
    params(Target), security(("token" = ["editor"])), request_body = NewArticles,
    responses(
        (status = 201, description = "Something was added.", body = AnyOutcome<'static>),
        (status = 200, description = "Nothing was added: all was known.", body = AnyOutcome<'static>)))]
pub(super) async fn add(
    State(web): State<Web>,
    Editor(caller): Editor,
    Asked(target): Asked<Target>,
    request: Request,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let slug = target.publication.as_deref();
    let publication = caller.named_publication(&mut tx, slug).await?.id;
    drop(tx);
    let (parts, bytes) = taken(request).await?;
    let is_list = article_input::is_list(&bytes);
    let incoming = incoming(&web, publication, &bytes, is_list).await?;
    let tell = |outcomes: &[Ingested]| told(outcomes, &incoming, is_list);
    let once = Once::of(&parts, &bytes)?;
    let claim = match once.begin(&web, &caller).await? {
        Go::Answered(known) => return Ok(once::answer(known)),
        Go::Once(claim) => claim,
        Go::Plainly => {
            let outcomes = ingest_article::ingest(&web.deps, publication, &incoming).await?;
            return Ok(once::answer(tell(&outcomes)));
        }
    };
    let done = ingest_article::ingest_once(&web.deps, publication, &incoming, &claim, tell).await;
    if done.is_err() {
        idempotency::release(&web.deps, &claim).await?;
    }
    Ok(once::answer(done?))
}

/// The articles of a body.
async fn incoming(
    web: &Web,
    publication: PublicationId,
    bytes: &[u8],
    is_list: bool,
) -> Result<Vec<Incoming>, Problem> {
    check_texts(bytes)?;
    let read = article_input::read_for(&web.deps, publication, bytes.to_vec()).await;
    let incoming = read.map_err(|error| Problem::of_articles(error, is_list))?;
    if incoming.len() > MOST_ARTICLES {
        let count = incoming.len();
        let text = format!("There are {count} articles; send {MOST_ARTICLES} at most.");
        return Err(Problem::Refused(text));
    }
    Ok(incoming)
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
