//! `GET /{pub}/archive` and `GET /{pub}/archive/{digest}-{number}`.

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use crate::domain::issue::{EditionKey, IssueState};
use crate::domain::language::primary;
use crate::domain::publication::TopicChoice;
use crate::render::dates;
use crate::render::pages::{ArchivePage, ArchivedIssue};
use crate::render::slots::without_reader;
use crate::services::links;
use crate::store::{editions, issues};
use crate::web::Web;
use crate::web::answer::{or_page, page};
use crate::web::error::WebError;
use crate::web::headers::MAIL_POLICY;
use crate::web::views::offer;

/// The most issues that the page lists.
const MOST: i64 = 200;

/// The issues that went out.
pub(in crate::web) async fn list(State(web): State<Web>, Path(slug): Path<String>) -> Response {
    let listed = async {
        let offer = offer(&web, &slug).await?;
        let mut tx = web.deps.store.read().await?;
        let published = issues::published(&mut tx, offer.publication.id, MOST).await?;
        drop(tx);
        let (zone, language) = (offer.publication.timezone, &offer.publication.language);
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
        let sign_up_url = format!("/{}", offer.publication.slug);
        page(
            &web,
            StatusCode::OK,
            &ArchivePage {
                publication: offer.view(&web),
                issues,
                sign_up_url,
            },
        )
    };
    or_page(&web, listed.await)
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
    Path((slug, name)): Path<(String, String)>,
    Query(query): Query<EditionQuery>,
) -> Response {
    let shown = async {
        let (digest, number) = name.rsplit_once('-').ok_or(WebError::NotFound)?;
        let number: i64 = number.parse().map_err(|_| WebError::NotFound)?;
        let offer = offer(&web, &slug).await?;
        let mut tx = web.deps.store.read().await?;
        let found = issues::find_by_number(&mut tx, offer.publication.id, digest, number).await?;
        let issue = found.ok_or(WebError::NotFound)?;
        if matches!(
            issue.state,
            IssueState::Planned | IssueState::Composing | IssueState::Skipped
        ) {
            return Err(WebError::NotFound);
        }
        let edition = editions::of_key(&mut tx, issue.id, &query.key().text())
            .await?
            .ok_or(WebError::NotFound)?;
        drop(tx);
        let html = without_reader(&edition.html);
        Ok(([(header::CONTENT_SECURITY_POLICY, MAIL_POLICY)], Html(html)).into_response())
    };
    or_page(&web, shown.await)
}
