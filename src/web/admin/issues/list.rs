//! The list of issues.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::response::Response;
use chrono::SecondsFormat;
use serde::Deserialize;
use url::form_urlencoded;

use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::ids::{IssueId, PublicationId};
use crate::domain::issue::{Counts, Issue, IssueState};
use crate::domain::publication::Publication;
use crate::render::admin::frame::{Choice, Paging};
use crate::render::admin::issues::{IssueRow, IssuesPage};
use crate::render::admin::nav::Section;
use crate::render::admin::when::When;
use crate::services::how_far;
use crate::store::issues::{self, Filter};
use crate::store::{StoreError, Tx, digests, editions, publications};
use crate::web::Web;
use crate::web::admin::error::AdminError;
use crate::web::admin::signed_in::{Reads, SignedIn};
use crate::web::admin::words;

/// Issues on a page.
const PAGE: usize = 25;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::admin) struct Asked {
    publication: String,
    digest: String,
    state: String,
    /// The issue before which to go on, as `cursor` wrote it.
    before: String,
}

impl Asked {
    fn is_filtered(&self) -> bool {
        let filters = [&self.publication, &self.digest, &self.state];
        filters.iter().any(|value| !value.is_empty())
    }

    /// The page of the same filter, before an issue.
    fn url(&self, before: Option<&Issue>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("publication", &self.publication),
            ("digest", &self.digest),
            ("state", &self.state),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(issue) = before {
            query.append_pair("before", &cursor(issue));
        }
        format!("/admin/issues?{}", query.finish())
    }
}

/// The place of an issue in the list.
fn cursor(issue: &Issue) -> String {
    let at = issue.planned_at;
    let at = at.to_rfc3339_opts(SecondsFormat::Micros, true);
    format!("{at}_{}", issue.id)
}

fn read_cursor(text: &str) -> Result<Option<(Time, IssueId)>, AdminError> {
    if text.is_empty() {
        return Ok(None);
    }
    let (at, id) = text.split_once('_').ok_or(AdminError::NotFound)?;
    let at = at.parse().map_err(|_| AdminError::NotFound)?;
    let id = id.parse().map_err(|_| AdminError::NotFound)?;
    Ok(Some((at, id)))
}

/// `GET /admin/issues`
pub(in crate::web::admin) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let before = read_cursor(&asked.before)?;
    let framing = me.frame(Section::Issues, "Issues").await?;
    let mut tx = me.deps.store.read().await?;
    let all = publications::list(&mut tx).await?;
    let chosen = all.iter().find(|p| p.slug.as_str() == asked.publication);
    let of_chosen = match chosen {
        Some(publication) => digests::list(&mut tx, publication.id).await?,
        None => Vec::new(),
    };
    let named = of_chosen.iter().find(|d| d.slug.as_str() == asked.digest);
    let filter = Filter {
        publication: chosen.map(|p| p.id),
        digest: named.map(|d| d.id),
        state: asked.state.parse().ok(),
        after: before.map(|(at, id)| (at, id.0)),
    };
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut found = issues::page(&mut tx, &filter, limit).await?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    drop(tx);
    let open = how_far::of_open(&me.deps, &found).await?;
    let mut tx = me.deps.store.read().await?;
    let page = IssuesPage {
        publications: all.iter().map(|p| of_publication(p, &asked)).collect(),
        digests: of_chosen.iter().map(|d| of_digest(d, &asked)).collect(),
        states: Choice::of_words(IssueState::WORDS, &asked.state),
        is_filtered: asked.is_filtered(),
        paging: Paging {
            first_url: before.map(|_| asked.url(None)),
            next_url: found
                .last()
                .filter(|_| has_more)
                .map(|i| asked.url(Some(i))),
        },
        issues: rows(&mut tx, found, &open, &all).await?,
        frame: framing.frame,
    };
    drop(tx);
    me.page(&web, &page)
}

fn of_publication(publication: &Publication, asked: &Asked) -> Choice {
    Choice {
        value: publication.slug.to_string(),
        name: publication.name.clone(),
        chosen: publication.slug.as_str() == asked.publication,
    }
}

fn of_digest(digest: &Digest, asked: &Asked) -> Choice {
    Choice {
        value: digest.slug.to_string(),
        name: digest.name.clone(),
        chosen: digest.slug.as_str() == asked.digest,
    }
}

async fn rows(
    tx: &mut Tx,
    found: Vec<Issue>,
    open: &HashMap<IssueId, Option<Counts>>,
    all: &[Publication],
) -> Result<Vec<IssueRow>, StoreError> {
    let all: HashMap<PublicationId, &Publication> = all.iter().map(|p| (p.id, p)).collect();
    let mut rows = Vec::with_capacity(found.len());
    for issue in found {
        let digest = digests::find(tx, issue.digest).await?;
        let Some((digest, publication)) = digest.zip(all.get(&issue.publication)) else {
            continue;
        };
        let counts = match open.get(&issue.id) {
            Some(known) => *known,
            None => Some(issues::counts(tx, issue.id).await?),
        };
        let is_counted = counts.is_some();
        let counts = counts.unwrap_or_default();
        rows.push(IssueRow {
            id: issue.id.to_string(),
            publication: publication.name.clone(),
            digest: digest.name,
            number: issue.number,
            planned: When::at(issue.planned_at, publication.timezone),
            subject: editions::subject(tx, issue.id).await?,
            state: words::of_issue(issue.state),
            reason: issue.reason.or(issue.trouble),
            is_counted,
            recipients: counts.recipients,
            sent: counts.sent,
            failed: counts.failed + counts.unknown,
            waiting: counts.open(),
        });
    }
    Ok(rows)
}
