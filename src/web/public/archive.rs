//! `GET /{pub}/archive`, `/{pub}/archive.xml` and `/{pub}/archive/{digest}-{number}`.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::domain::issue::EditionKey;
use crate::domain::language::primary;
use crate::domain::publication::TopicChoice;
use crate::render::atom::{IssueEntry, IssueFeed};
use crate::render::dates;
use crate::render::pages::{ArchivePage, ArchivedIssue, Page as _};
use crate::render::slots::without_reader;
use crate::services::links;
use crate::store::{editions, issues};
use crate::web::Web;
use crate::web::answer::or_page;
use crate::web::conditional;
use crate::web::error::WebError;
use crate::web::headers::{MAIL_POLICY, allow_brand};
use crate::web::language::Asked;
use crate::web::views::offer;

/// The issues of a page.
const MOST: i64 = 30;
/// And the feed.
const MOST_FED: i64 = 50;
const HTML: &str = "text/html; charset=utf-8";
const ATOM: &str = "application/atom+xml; charset=utf-8";

/// Which part of the list.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Part {
    /// From 1, which has the latest.
    #[serde(default)]
    page: String,
}

/// The issues that went out.
pub(in crate::web) async fn list(
    State(web): State<Web>,
    asked: Asked,
    Path(slug): Path<String>,
    Query(part): Query<Part>,
    headers: HeaderMap,
) -> Response {
    let listed = async {
        let offer = offer(&web, &slug).await?;
        let number: i64 = part.page.parse().unwrap_or(1).clamp(1, 10_000);
        let mut tx = web.deps.store.read().await?;
        let newer = (number - 1) * MOST;
        let listed = issues::published_behind(&mut tx, offer.publication.id, newer, MOST + 1);
        let mut published = listed.await?;
        drop(tx);
        let has_older = published.len() > usize::try_from(MOST).unwrap_or_default();
        published.truncate(usize::try_from(MOST).unwrap_or_default());
        if published.is_empty() && number > 1 {
            return Err(WebError::NotFound);
        }
        let zone = offer.publication.timezone;
        let language = asked.of_page(&web, &offer.publication);
        let issues = published
            .into_iter()
            .map(|issue| ArchivedIssue {
                date: dates::long(issue.planned_at, zone, language),
                url: links::issue(
                    &web.deps,
                    &offer.publication,
                    &issue.digest_slug,
                    issue.number,
                ),
                title: issue.subject,
                number: issue.number,
                digest_name: issue.digest_name,
            })
            .collect();
        let of_page = |number: i64| format!("/{}/archive?page={number}", offer.publication.slug);
        let page = ArchivePage {
            publication: offer.view(&web, language),
            issues,
            sign_up_url: format!("/{}", offer.publication.slug),
            newer_url: (number > 1).then(|| of_page(number - 1)),
            older_url: has_older.then(|| of_page(number + 1)),
        };
        let html = web.deps.renderer.page(&page)?;
        let archive = links::archive(&web.deps, &offer.publication);
        let own = if number > 1 {
            format!("{archive}?page={number}")
        } else {
            archive.clone()
        };
        let html = with_links(&html, &own, &archive);
        // Other issues, other texts, another style: only the whole page tells.
        let mut answer = conditional::answer(&headers, HTML, None, html);
        allow_brand(&mut answer, page.brand());
        Ok(answer)
    };
    or_page(&web, &asked, listed.await)
}

/// The issues as an Atom feed.
pub(in crate::web) async fn feed(
    State(web): State<Web>,
    asked: Asked,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Response {
    let fed = async {
        let offer = offer(&web, &slug).await?;
        let publication = &offer.publication;
        let mut tx = web.deps.store.read().await?;
        let published = issues::published(&mut tx, publication.id, MOST_FED).await?;
        drop(tx);
        let entry = |issue: issues::Published| IssueEntry {
            url: links::issue(&web.deps, publication, &issue.digest_slug, issue.number),
            title: issue.subject,
            digest: (issue.digest_slug, issue.digest_name),
            at: issue.planned_at,
        };
        let page_url = links::archive(&web.deps, publication);
        let feed = IssueFeed {
            title: publication.name.clone(),
            subtitle: publication.description.clone(),
            language: publication.language.clone(),
            feed_url: format!("{page_url}.xml"),
            page_url,
            author: publication.from.name.clone(),
            since: publication.created_at,
            issues: published.into_iter().map(entry).collect(),
        };
        let modified = Some(feed.updated_at());
        Ok(conditional::answer(&headers, ATOM, modified, feed.xml()))
    };
    or_page(&web, &asked, fed.await)
}

/// A page that names its one address for search engines, and the feed for readers of feeds.
fn with_links(html: &str, canonical: &str, archive: &str) -> String {
    let links = format!(
        "<link rel=\"canonical\" href=\"{canonical}\">\n\
         <link rel=\"alternate\" type=\"application/atom+xml\" href=\"{archive}.xml\">\n</head>"
    );
    html.replacen("</head>", &links, 1)
}

/// Which edition of an issue.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct EditionQuery {
    /// Topics joined by commas; nothing for the edition with all of them.
    #[serde(default)]
    topics: String,
    /// The language; nothing for the publication's, with the articles of all.
    #[serde(default)]
    lang: String,
}

impl EditionQuery {
    fn key(&self) -> EditionKey {
        EditionKey {
            topics: TopicChoice::from_key(&self.topics),
            language: Some(primary(&self.lang)).filter(|lang| !lang.is_empty()),
        }
    }
}

/// An issue as its readers got it, less what concerns a single reader.
pub(in crate::web) async fn issue(
    State(web): State<Web>,
    asked: Asked,
    Path((slug, name)): Path<(String, String)>,
    Query(query): Query<EditionQuery>,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        let (digest, number) = name.rsplit_once('-').ok_or(WebError::NotFound)?;
        let number: i64 = number.parse().map_err(|_| WebError::NotFound)?;
        let offer = offer(&web, &slug).await?;
        let mut tx = web.deps.store.read().await?;
        let found = issues::find_by_number(&mut tx, offer.publication.id, digest, number).await?;
        let issue = found.ok_or(WebError::NotFound)?;
        if !issue.state.is_public() {
            return Err(WebError::NotFound);
        }
        let edition = editions::of_key(&mut tx, issue.id, &query.key().text())
            .await?
            .ok_or(WebError::NotFound)?;
        drop(tx);
        // All editions of an issue are one page to the world: that with everything.
        let page = links::issue(&web.deps, &offer.publication, digest, number);
        let archive = links::archive(&web.deps, &offer.publication);
        let html = with_links(&without_reader(&edition.html), &page, &archive);
        let modified = issue.started_at.unwrap_or(issue.planned_at);
        let answer = conditional::answer(&headers, HTML, Some(modified), html);
        Ok(([(header::CONTENT_SECURITY_POLICY, MAIL_POLICY)], answer).into_response())
    };
    or_page(&web, &asked, shown.await)
}
