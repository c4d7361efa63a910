//! The readers: a list that is looked through, and taken along as a table.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::form_urlencoded;

use super::error::AdminError;
use super::frame::Framing;
use super::posted::Posted;
use super::signed_in::{Changes, Reads, SignedIn};
use super::words;
use crate::domain::ids::SubscriptionId;
use crate::domain::publication::{Publication, Topic};
use crate::domain::slug::Slug;
use crate::domain::subscriber::ReaderState;
use crate::render::admin::frame::{Choice, Paging};
use crate::render::admin::nav::Section;
use crate::render::admin::readers::{ReaderRow, ReadersPage};
use crate::render::admin::when::When;
use crate::services::export_readers;
use crate::store::publications;
use crate::store::subscribers::browse::{self, Effort, Filter, Listed, Page, Place};
use crate::web::Web;

/// Readers on a page.
const PAGE: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    publication: String,
    state: String,
    topic: String,
    /// Where the page before ended: an address, and a subscription.
    from: String,
    after: String,
}

impl Asked {
    fn filter(&self, publication: Option<&Publication>) -> Filter {
        let start = self.q.trim().to_lowercase();
        let topic: Option<Slug> = self.topic.parse().ok();
        Filter {
            start: Some(start).filter(|start| !start.is_empty()),
            publication: publication.map(|p| p.id),
            state: self.state.parse().ok(),
            // The name of a topic means nothing without its publication.
            topic: topic.filter(|_| publication.is_some()),
        }
    }

    fn place(&self) -> Option<Place> {
        let id: SubscriptionId = self.after.parse().ok()?;
        Some(Place {
            address: self.from.clone(),
            subscription: id,
        })
    }

    /// The page of the same filter behind a place.
    fn url(&self, filter: &Filter, place: Option<&Place>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("q", self.q.trim()),
            ("publication", &self.publication),
            ("state", &self.state),
            ("topic", filter.topic.as_ref().map_or("", Slug::as_str)),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(place) = place {
            if filter.is_by_address() {
                query.append_pair("from", &place.address);
            }
            query.append_pair("after", &place.subscription.to_string());
        }
        format!("/admin/readers?{}", query.finish())
    }
}

/// `GET /admin/readers`
pub(super) async fn list(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let framing = me.frame(Section::Readers, "Readers").await?;
    let mut tx = me.deps.store.read().await?;
    let all = publications::list(&mut tx).await?;
    let chosen = all.iter().find(|p| p.slug.as_str() == asked.publication);
    let topics = match chosen {
        Some(publication) => publications::topics(&mut tx, publication.id).await?,
        None => Vec::new(),
    };
    let filter = asked.filter(chosen);
    let place = asked.place();
    let found = browse::page(&mut tx, &filter, place.as_ref(), PAGE, Effort::default()).await?;
    drop(tx);
    let mut page = page(framing, &asked, &filter, &all, &topics, &found);
    page.may_export = me.may::<Changes>() && chosen.is_some();
    me.page(&web, &page)
}

fn page(
    framing: Framing,
    asked: &Asked,
    filter: &Filter,
    all: &[Publication],
    topics: &[Topic],
    found: &Page,
) -> ReadersPage {
    let choice = |value: &str, name: &str, chosen: &str| Choice {
        value: value.to_owned(),
        name: name.to_owned(),
        chosen: value == chosen,
    };
    let of = all.iter();
    let of = of.map(|p| choice(p.slug.as_str(), &p.name, &asked.publication));
    let of_topics = topics.iter();
    let of_topics = of_topics.map(|t| choice(t.slug.as_str(), &t.name, &asked.topic));
    let rows = found
        .readers
        .iter()
        .map(|reader| row(reader, all, framing.zone));
    ReadersPage {
        query: asked.q.trim().to_owned(),
        publications: of.collect(),
        states: Choice::of_words(ReaderState::WORDS, &asked.state),
        topics: of_topics.collect(),
        is_filtered: filter.start.is_some()
            || filter.publication.is_some()
            || filter.state.is_some(),
        is_by_address: filter.is_by_address(),
        readers: rows.collect(),
        is_unfinished: found.readers.len() < PAGE && found.next.is_some(),
        paging: Paging {
            first_url: asked.place().map(|_| asked.url(filter, None)),
            next_url: found.next.as_ref().map(|at| asked.url(filter, Some(at))),
        },
        may_export: false,
        topic: filter
            .topic
            .as_ref()
            .map_or_else(String::new, Slug::to_string),
        publication: asked.publication.clone(),
        state: asked.state.clone(),
        frame: framing.frame,
    }
}

/// The page of a reader.
pub(super) fn url(id: impl std::fmt::Display) -> String {
    format!("/admin/readers/{id}")
}

fn row(reader: &Listed, all: &[Publication], zone: chrono_tz::Tz) -> ReaderRow {
    let publication = all.iter().find(|p| p.id == reader.publication);
    let is_confirmed = reader.confirmed_at.is_some();
    let topics: Vec<&str> = reader.topics.0.iter().map(Slug::as_str).collect();
    ReaderRow {
        url: url(reader.subscriber),
        email: reader.email.clone(),
        name: reader.name.clone(),
        publication: publication.map_or_else(String::new, |p| p.name.clone()),
        state: words::of_reader(reader.state),
        topics: match topics.as_slice() {
            [] if is_confirmed => "all".to_owned(),
            chosen => chosen.join(", "),
        },
        since: When::at(reader.created_at, zone),
    }
}

/// `POST /admin/readers/export`: a table. Reading it changes nothing but the log, which is why it is
/// no link.
pub(super) async fn export(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let text = |name: &str| fields.text(name).to_owned();
    let asked = Asked {
        q: text("q"),
        publication: text("publication"),
        state: text("state"),
        topic: text("topic"),
        ..Asked::default()
    };
    let publication = me.publication(&asked.publication).await?;
    let filter = asked.filter(Some(&publication));
    export_readers::begin(&me.deps, &publication, &filter).await?;
    let name = format!("attachment; filename=\"{}-readers.csv\"", publication.slug);
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present".to_owned(),
        ),
        (header::CONTENT_DISPOSITION, name),
    ];
    let body = Body::from_stream(export_readers::table(web.deps.clone(), filter));
    Ok((headers, body).into_response())
}
