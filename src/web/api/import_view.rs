//! Imports as programs see them: listed, shown, and taken back.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Nothing;
use super::caller::{Caller, Editor};
use super::cursor;
use super::input::{Asked, Input, Named};
use super::once::accepted;
use super::page::{Page, limit, shown};
use super::problem::Problem;
use super::schemas::{At, ImportStateWord};
use crate::domain::ids::ImportId;
use crate::domain::import::{Import, ImportState};
use crate::services::import;
use crate::store::{Tx, imports, publications};
use crate::web::Web;

/// Which imports to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The slug of the publication.
    #[param(required)]
    publication: Option<String>,
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

/// An import, and what became of its rows so far: `read` is the sum of all but `added`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(super) struct ImportView {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    publication: String,
    state: ImportStateWord,
    /// Nothing was changed, and the counts say what would have been.
    dry_run: bool,
    read: u64,
    /// New subscriptions.
    added: u64,
    confirmed: u64,
    /// They get a mail that asks them to confirm.
    pending: u64,
    /// They were there already.
    unchanged: u64,
    /// They get no mail at all.
    suppressed: u64,
    /// They have left, and stay so.
    unsubscribed: u64,
    /// They stand in an earlier row.
    duplicates: u64,
    /// They could not be read, and went nowhere.
    rejected: u64,
    /// The first of these.
    rejected_rows: Vec<Rejected>,
    /// Rows that have had their turn.
    done: u64,
    /// Why it failed.
    error: Option<String>,
    /// What taking it back did; null where nobody did that.
    undo: Option<Undo>,
    created_at: At,
    finished_at: Option<At>,
}

/// A row that could not be read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RejectedRow)]
struct Rejected {
    /// The line that it begins on, from 1.
    line: u64,
    reason: String,
}

/// What taking an import back did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportUndo)]
struct Undo {
    /// Subscriptions that are gone.
    removed: u64,
    /// Left alone: something happened to them since.
    touched: u64,
    /// Left alone: an issue counts them among its readers.
    mailed: u64,
    /// Left alone: their address gets no mail, and why is kept.
    suppressed: u64,
    /// They were gone before.
    gone: u64,
}

impl ImportView {
    pub(super) fn new(publication: &str, import: Import) -> Self {
        let counts = import.counts;
        let is_undone = matches!(import.state, ImportState::Undoing | ImportState::Undone);
        let undo = is_undone.then_some(Undo {
            removed: import.undo.removed,
            touched: import.undo.touched,
            mailed: import.undo.mailed,
            suppressed: import.undo.suppressed,
            gone: import.undo.gone,
        });
        let rejected = import.rejected.into_iter();
        Self {
            id: import.id.0,
            publication: publication.to_owned(),
            state: import.state.into(),
            dry_run: matches!(import.state, ImportState::Checking | ImportState::Checked),
            read: counts.read,
            added: counts.added,
            confirmed: counts.confirmed,
            pending: counts.pending,
            unchanged: counts.unchanged,
            suppressed: counts.suppressed,
            unsubscribed: counts.unsubscribed,
            duplicates: counts.duplicates,
            rejected: counts.rejected,
            rejected_rows: rejected
                .map(|row| Rejected {
                    line: row.line,
                    reason: row.reason,
                })
                .collect(),
            done: import.done,
            error: import.error,
            undo,
            created_at: import.created_at.into(),
            finished_at: import.finished_at.map(At),
        }
    }
}

/// Finds an import that the caller reaches.
pub(super) async fn find(
    tx: &mut Tx,
    caller: &Caller,
    id: &str,
) -> Result<(String, Import), Problem> {
    let missing = || Problem::NotFound(format!("There is no import {id:?}."));
    let known: ImportId = id.parse().map_err(|_| missing())?;
    let found = imports::find(tx, known).await?;
    let found = found.filter(|import| caller.reaches(import.publication));
    let import = found.ok_or_else(missing)?;
    let publication = publications::find(tx, import.publication).await?;
    let slug = publication.ok_or_else(missing)?.slug.to_string();
    Ok((slug, import))
}

/// Lists the imports of a publication, the latest first. They are kept for 90 days.
#[utoipa::path(get, path = "/api/v1/imports", tag = "Subscribers", operation_id = "listImports",
    params(Wanted), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of imports.", body = Page<ImportView>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(wanted): Asked<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = limit(wanted.limit)?;
    let before = wanted.cursor.as_deref().map(place).transpose()?;
    let mut tx = web.deps.store.read().await?;
    let slug = wanted.publication.as_deref();
    let publication = caller.named_publication(&mut tx, slug).await?;
    let found = imports::page(&mut tx, publication.id, before, limit + 1).await?;
    let place = |last: &Import| cursor::of_text(&last.id.to_string());
    let page = Page::of(found, limit, place, |import| {
        ImportView::new(publication.slug.as_str(), import)
    });
    Ok(shown(&headers, &page))
}

fn place(cursor: &str) -> Result<ImportId, Problem> {
    let id = cursor::text(cursor)?.parse();
    id.map_err(|_| cursor::foreign())
}

/// Shows an import: how far it is, and what became of its rows.
#[utoipa::path(get, path = "/api/v1/imports/{id}", tag = "Subscribers", operation_id = "showImport",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The import.", body = ImportView)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (slug, import) = find(&mut tx, &caller, &id).await?;
    Ok(shown(&headers, &ImportView::new(&slug, import)))
}

/// Takes an import back.
///
/// The subscriptions that it made go, and their readers where nothing else is known of them. Left alone
/// is who has done something since, has got an issue, or is suppressed, and who was there before. Nobody
/// is mailed. It is done in the background: ask for the import until its state is `undone`.
#[utoipa::path(post, path = "/api/v1/imports/{id}/undo", tag = "Subscribers", operation_id = "undoImport",
    params(("id" = String, Path, description = "Its id.")), security(("token" = ["editor"])),
    responses((status = 202, description = "It is being taken back.", body = ImportView)))]
pub(super) async fn undo(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(id): Named<String>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = async {
        let mut tx = web.deps.store.read().await?;
        let (_, found) = find(&mut tx, &caller, &id).await?;
        drop(tx);
        import::take_back(&web.deps, found.id).await?;
        let mut tx = web.deps.store.read().await?;
        let (slug, begun) = find(&mut tx, &caller, &id).await?;
        Ok(accepted(&ImportView::new(&slug, begun)))
    };
    input.once.carry_out(&web, &caller, work).await
}
