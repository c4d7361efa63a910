//! The imports of a publication: the list, and a file that comes in.

use axum::extract::{Path, Query, Request, State};
use axum::response::Response;
use serde::Deserialize;

use super::error::{AdminError, sentence};
use super::frame::done;
use super::multipart::{Broken, Multipart};
use super::origin;
use super::signed_in::{Changes, Reads, Right, SignedIn};
use super::words;
use crate::domain::ids::ImportId;
use crate::domain::import::{Import, MOST_BYTES, Origin};
use crate::domain::publication::Publication;
use crate::render::admin::frame::Paging;
use crate::render::admin::imports::{ImportRow, ImportsPage};
use crate::render::admin::nav::Section;
use crate::render::admin::when::When;
use crate::services::import::{Upload, UploadError};
use crate::store::imports;
use crate::web::Web;

/// Imports on a page.
const PAGE: usize = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The import before which to go on.
    before: String,
}

/// Where the imports of a publication stand.
pub(super) fn url(publication: &Publication) -> String {
    format!("/admin/p/{}/imports", publication.slug)
}

/// `GET /admin/p/{publication}/imports`
pub(super) async fn list(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let page = page(&me, &publication, asked.before.parse().ok(), None).await?;
    me.page(&web, &page)
}

async fn page<R: Right>(
    me: &SignedIn<R>,
    publication: &Publication,
    before: Option<ImportId>,
    error: Option<String>,
) -> Result<ImportsPage, AdminError> {
    let framing = me
        .frame_of(Section::Imports, "Imports", Some(publication))
        .await?;
    let mut tx = me.deps.store.read().await?;
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut found = imports::page(&mut tx, publication.id, before, limit).await?;
    drop(tx);
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let base = url(publication);
    let last = found.last().filter(|_| has_more);
    let row = |import: &Import| ImportRow {
        url: format!("{base}/{}", import.id),
        file: import.file_name.clone(),
        by: import.actor.name().to_owned(),
        at: When::at(import.created_at, framing.zone),
        state: words::of_import(import.state),
        read: import.counts.read,
        added: import.counts.added,
        rejected: import.counts.rejected,
    };
    Ok(ImportsPage {
        slug: publication.slug.to_string(),
        imports: found.iter().map(row).collect(),
        paging: Paging {
            first_url: before.map(|_| base.clone()),
            next_url: last.map(|last| format!("{base}?before={}", last.id)),
        },
        may_change: me.may::<Changes>(),
        most_megabytes: MOST_BYTES / 1_000_000,
        error,
        frame: framing.frame,
    })
}

/// `POST /admin/p/{publication}/imports/upload`: the form's token comes before the file, of which
/// nothing is kept before that.
pub(super) async fn upload(
    State(web): State<Web>,
    Path(slug): Path<String>,
    request: Request,
) -> Result<Response, AdminError> {
    origin::check(&web, request.headers())?;
    let me: SignedIn<Changes> = SignedIn::of(request.headers(), &web).await?;
    let publication = me.publication(&slug).await?;
    let (head, body) = request.into_parts();
    let mut form = Multipart::of(&head.headers, body)?;
    let token = match form.field().await? {
        Some(field) if field.name == "form_token" => form.text().await?,
        _ => return Err(AdminError::Forged),
    };
    if !me.token.has_made(&token) {
        return Err(AdminError::Forged);
    }
    match take(&me, &publication, &mut form).await {
        Ok(import) => {
            let path = format!("{}/{}", url(&publication), import.id);
            Ok(done(&web, &path, "The file is here. Say what it holds."))
        }
        Err(Refused::Page(why)) => {
            let page = page(&me, &publication, None, Some(sentence(&why))).await?;
            me.refused(&web, &page)
        }
        Err(Refused::Otherwise(error)) => Err(error),
    }
}

/// Why a file was not taken: as the page says it, or as any request.
enum Refused {
    Page(String),
    Otherwise(AdminError),
}

impl From<UploadError> for Refused {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Store(error) => Self::Otherwise(error.into()),
            other => Self::Page(other.to_string()),
        }
    }
}

impl From<Broken> for Refused {
    fn from(broken: Broken) -> Self {
        Self::Otherwise(broken.into())
    }
}

impl From<Broken> for AdminError {
    fn from(_: Broken) -> Self {
        let text = "the upload broke off before the file was whole; nothing was kept, try again";
        Self::Refused(text.to_owned())
    }
}

async fn take(
    me: &SignedIn<Changes>,
    publication: &Publication,
    form: &mut Multipart,
) -> Result<Import, Refused> {
    let field = form.field().await?.filter(|field| field.name == "file");
    let name = field.and_then(|field| field.file_name);
    // Without a choice browsers send a file without a name.
    let name = name.filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| Refused::Page("choose a file".to_owned()))?;
    let name = name.rsplit(['/', '\\']).next().unwrap_or(&name);
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let begun = Upload::begin(&me.deps, publication.id, Origin::Page, &name).await;
    let mut upload = begun.map_err(UploadError::from)?;
    match fill(&mut upload, form).await {
        Ok(()) => Ok(upload.finish().await?),
        Err(refused) => {
            upload.give_up().await.map_err(UploadError::from)?;
            Err(refused)
        }
    }
}

async fn fill(upload: &mut Upload<'_>, form: &mut Multipart) -> Result<(), Refused> {
    while let Some(piece) = form.piece().await? {
        if let Err(error) = upload.push(&piece).await {
            if matches!(error, UploadError::TooLarge) {
                // A browser reads the answer once it has sent its file, if that ever ends.
                let mut rest = 0;
                while rest < MOST_BYTES
                    && let Some(piece) = form.piece().await?
                {
                    rest += piece.len() as u64;
                }
            }
            return Err(error.into());
        }
    }
    Ok(())
}
