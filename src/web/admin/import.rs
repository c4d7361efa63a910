//! One import: what its file holds, what would become of it, how far it is, what it did.

use std::io;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};

use super::error::{AdminError, sentence};
use super::fields::Fields;
use super::frame::{done, undone};
use super::import_view as view;
use super::imports::url;
use super::posted::Posted;
use super::signed_in::{Changes, Reads, Right, SignedIn};
use crate::domain::import::{Column, Import};
use crate::domain::publication::Publication;
use crate::render::admin::imports::{ImportForm, ImportPage};
use crate::render::admin::nav::Section;
use crate::services::Deps;
use crate::services::import::{self, ImportError, StepError};
use crate::store::imports;
use crate::store::imports::parts::{self, PartKind};
use crate::web::Web;

type Named = Path<(String, String)>;

impl From<StepError> for AdminError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Store(error) => error.into(),
            StepError::Unknown => Self::NotFound,
            other => Self::Refused(other.to_string()),
        }
    }
}

/// The publication and the import that a path names.
async fn find<R: Right>(
    me: &SignedIn<R>,
    (slug, id): &(String, String),
) -> Result<(Publication, Import), AdminError> {
    let publication = me.publication(slug).await?;
    let id = id.parse().map_err(|_| AdminError::NotFound)?;
    let mut tx = me.deps.store.read().await?;
    let found = imports::find(&mut tx, id).await?;
    let found = found.filter(|import| import.publication == publication.id);
    Ok((publication, found.ok_or(AdminError::NotFound)?))
}

fn path(publication: &Publication, import: &Import) -> String {
    format!("{}/{}", url(publication), import.id)
}

/// `GET /admin/p/{publication}/imports/{id}`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path(names): Named,
) -> Result<Response, AdminError> {
    let (publication, import) = find(&me, &names).await?;
    let page = page(&me, &publication, &import, None).await?;
    me.page(&web, &page)
}

/// What was said of a file and not taken, and why.
struct Refused<'a> {
    fields: &'a Fields,
    why: String,
}

async fn page<R: Right>(
    me: &SignedIn<R>,
    publication: &Publication,
    import: &Import,
    refused: Option<Refused<'_>>,
) -> Result<ImportPage, AdminError> {
    let title = format!("Import of {}", import.file_name);
    let framing = me
        .frame_of(Section::Imports, title, Some(publication))
        .await?;
    let mut tx = me.deps.store.read().await?;
    let has_table = parts::any(&mut tx, import.id, PartKind::Rejected).await?;
    let made = parts::batch_ids(&mut tx, import.id).await?;
    drop(tx);
    let (form, error) = form(me, import, refused).await?;
    let page = view::page(import, framing, path(publication, import));
    Ok(ImportPage {
        slug: publication.slug.to_string(),
        may_change: me.may::<Changes>(),
        may_undo: import::may_be_taken_back(import, me.deps.now()),
        error: error.or(page.error),
        form,
        has_table,
        made,
        ..page
    })
}

/// The form of a file that waits to be imported, or why it cannot be read.
async fn form<R: Right>(
    me: &SignedIn<R>,
    import: &Import,
    refused: Option<Refused<'_>>,
) -> Result<(Option<ImportForm>, Option<String>), AdminError> {
    if !import.state.is_open() || !me.may::<Changes>() {
        return Ok((None, None));
    }
    let header = match import::header(&me.deps, import.id).await {
        Ok(header) => header,
        Err(ImportError::Store(error)) => return Err(error.into()),
        Err(error) => return Ok((None, Some(sentence(&error.to_string())))),
    };
    let mut form = view::form(import, &header);
    if let Some(Refused { fields, why }) = refused {
        let chosen: Vec<&str> = fields.all("column").collect();
        for (column, chosen) in form.columns.iter_mut().zip(chosen) {
            for choice in &mut column.choices {
                choice.chosen = choice.value == chosen;
            }
        }
        form.is_vouched = fields.text("agreed") == "yes";
        fields.text("consent").clone_into(&mut form.consent);
        form.error = Some(sentence(&why));
    }
    Ok((Some(form), None))
}

/// `POST /admin/p/{publication}/imports/{id}/check`
pub(super) async fn check(
    State(web): State<Web>,
    Path(names): Named,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, import) = find(&me, &names).await?;
    let columns: Result<Vec<Column>, _> = fields.all("column").map(str::parse).collect();
    let columns = columns.map_err(|error| AdminError::Refused(error.to_string()))?;
    let consent = Some(fields.text("consent")).filter(|_| fields.text("agreed") == "yes");
    let why = match import::check(&me.deps, import.id, Some(columns), consent).await {
        Ok(()) => {
            return Ok(done(
                &web,
                &path(&publication, &import),
                "The file is being checked.",
            ));
        }
        Err(StepError::Columns(error)) => view::of_columns(&error),
        Err(error @ StepError::NoConsent) => error.to_string(),
        Err(error) => return Err(error.into()),
    };
    let fields = &fields;
    let page = page(&me, &publication, &import, Some(Refused { fields, why })).await?;
    me.refused(&web, &page)
}

/// `POST /admin/p/{publication}/imports/{id}/start`
pub(super) async fn start(
    State(web): State<Web>,
    Path(names): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, import) = find(&me, &names).await?;
    import::start(&me.deps, import.id).await?;
    Ok(done(
        &web,
        &path(&publication, &import),
        "The import has begun.",
    ))
}

/// `POST /admin/p/{publication}/imports/{id}/undo`
pub(super) async fn undo(
    State(web): State<Web>,
    Path(names): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, import) = find(&me, &names).await?;
    import::take_back(&me.deps, import.id).await?;
    Ok(done(
        &web,
        &path(&publication, &import),
        "The import is being undone.",
    ))
}

/// `POST /admin/p/{publication}/imports/{id}/discard`
pub(super) async fn discard(
    State(web): State<Web>,
    Path(names): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, import) = find(&me, &names).await?;
    match import::discard(&me.deps, import.id).await {
        Ok(()) => Ok(done(&web, &url(&publication), "The file is forgotten.")),
        Err(error @ StepError::State(_)) => {
            let why = sentence(&error.to_string());
            Ok(undone(&web, &path(&publication, &import), why))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /admin/p/{publication}/imports/{id}/rejected`: the rows that could not be read, as a table.
pub(super) async fn rejected(
    State(web): State<Web>,
    me: SignedIn<Changes>,
    Path(names): Named,
) -> Result<Response, AdminError> {
    let (_, import) = find(&me, &names).await?;
    if import::rejected_piece(&me.deps, import.id, 0)
        .await?
        .is_none()
    {
        return Err(AdminError::NotFound);
    }
    let stem = import
        .file_name
        .rsplit_once('.')
        .map_or(&*import.file_name, |(stem, _)| stem);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    let stem: String = stem.chars().filter(|c| plain(*c)).collect();
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present".to_owned(),
        ),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{stem}.rejected.csv\""),
        ),
    ];
    let body = Body::from_stream(table(web.deps.clone(), import));
    Ok((headers, body).into_response())
}

fn table(deps: Deps, import: Import) -> impl Stream<Item = io::Result<Vec<u8>>> {
    stream::try_unfold((deps, import, 0), async |(deps, import, number)| {
        let piece = import::rejected_piece(&deps, import.id, number).await;
        let piece = piece.map_err(io::Error::other)?;
        Ok(piece.map(|piece| (piece, (deps, import, number + 1))))
    })
}
