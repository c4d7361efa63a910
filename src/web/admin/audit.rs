//! Who changed what.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use url::form_urlencoded;

use super::error::AdminError;
use super::frame::Framing;
use super::signed_in::{Reads, SignedIn};
use crate::domain::audit::{ActorKind, Entry, Kind};
use crate::domain::ids::PublicationId;
use crate::domain::publication::Publication;
use crate::render::admin::frame::{Choice, Paging};
use crate::render::admin::log::{AuditPage, DifferenceRow, EntryRow};
use crate::render::admin::nav::Section;
use crate::render::admin::when::When;
use crate::store::audit::{self, Filter};
use crate::web::Web;

/// Entries on a page.
const PAGE: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    actor: String,
    kind: String,
    publication: String,
    /// The entry before which to go on.
    before: Option<i64>,
}

impl Asked {
    fn filter(&self, publications: &[Publication]) -> Filter {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let named = publications
            .iter()
            .find(|p| p.slug.as_str() == self.publication);
        Filter {
            actor: some(&self.actor),
            kind: self.kind.parse().ok(),
            publication: named.map(|p| p.id),
            before: self.before,
        }
    }

    /// The page of the same filter, before an entry.
    fn url(&self, before: Option<i64>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("actor", &self.actor),
            ("kind", &self.kind),
            ("publication", &self.publication),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        format!("/admin/audit?{}", query.finish())
    }
}

/// `GET /admin/audit`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let framing = me.frame(Section::Audit, "Audit log").await?;
    let filter = asked.filter(&framing.publications);
    let mut tx = me.deps.store.read().await?;
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut entries = audit::page(&mut tx, &filter, limit).await?;
    let actors = audit::actors(&mut tx).await?;
    drop(tx);
    let has_more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let last = entries.last().map(|entry| entry.id);
    let page = AuditPage {
        actors: actors
            .iter()
            .map(|name| choice(name, &asked.actor))
            .collect(),
        kinds: Choice::of_words(Kind::WORDS, &asked.kind),
        publications: publications(&framing, &asked),
        is_filtered: filter.actor.is_some()
            || filter.kind.is_some()
            || filter.publication.is_some(),
        paging: Paging {
            first_url: asked.before.map(|_| asked.url(None)),
            next_url: last.filter(|_| has_more).map(|id| asked.url(Some(id))),
        },
        entries: rows(&entries, &framing),
        frame: framing.frame,
    };
    me.page(&web, &page)
}

fn choice(name: &str, chosen: &str) -> Choice {
    Choice {
        value: name.to_owned(),
        name: name.to_owned(),
        chosen: name == chosen,
    }
}

fn publications(framing: &Framing, asked: &Asked) -> Vec<Choice> {
    let all = framing.publications.iter();
    all.map(|p| Choice {
        name: p.name.clone(),
        ..choice(p.slug.as_str(), &asked.publication)
    })
    .collect()
}

fn rows(entries: &[Entry], framing: &Framing) -> Vec<EntryRow> {
    let all = framing.publications.iter();
    let names: HashMap<PublicationId, &str> = all.map(|p| (p.id, p.name.as_str())).collect();
    let row = |entry: &Entry| EntryRow {
        at: When::at(entry.at, framing.zone),
        actor: entry.actor_name.clone(),
        actor_kind: matches!(entry.actor, ActorKind::Token).then(|| entry.actor.to_string()),
        verb: entry.verb.clone(),
        kind: entry.kind.to_string(),
        object: entry.object.clone(),
        publication: entry
            .publication
            .and_then(|id| names.get(&id).map(|name| (*name).to_owned())),
        differences: entry
            .differences()
            .into_iter()
            .map(|d| DifferenceRow {
                field: d.field,
                before: d.before,
                after: d.after,
            })
            .collect(),
    };
    entries.iter().map(row).collect()
}
