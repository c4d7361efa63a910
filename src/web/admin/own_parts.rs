//! The parts of a publication's mails: which are its own, and their sources.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use chrono_tz::Tz;
use serde::Deserialize;

use super::error::AdminError;
use super::frame::done;
use super::posted::Posted;
use super::signed_in::{Changes, Reads, Right, SignedIn};
use crate::domain::publication::Publication;
use crate::domain::template::TemplateVersion;
use crate::render::admin::frame::{State as Shown, Tone};
use crate::render::admin::nav::Section;
use crate::render::admin::own_parts::{PartRow, TemplatePage, TemplatesPage, VersionRow};
use crate::render::admin::when::When;
use crate::render::own::Checked;
use crate::services::manage_template::{self as service, PartState, TemplateError};
use crate::web::Web;

type Named = Path<(String, String)>;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// An earlier version to look at.
    version: Option<i64>,
}

/// `GET /admin/p/{publication}/templates`
pub(super) async fn list(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path(slug): Path<String>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let framing = me
        .frame_of(Section::Templates, "Templates", Some(&publication))
        .await?;
    let parts = service::list(&me.deps, &slug).await?;
    let row = |part: &PartState| row(part, publication.timezone);
    let page = TemplatesPage {
        frame: framing.frame,
        slug,
        parts: parts.iter().map(row).collect(),
    };
    me.page(&web, &page)
}

fn row(state: &PartState, zone: Tz) -> PartRow {
    let word = if state.is_own() {
        Shown::new("its own", Tone::Good)
    } else {
        Shown::new("the program's", Tone::Calm)
    };
    let newest = state.newest.as_ref();
    PartRow {
        name: state.part.name.to_owned(),
        about: state.part.about,
        state: word,
        version: newest.map(|version| version.version),
        changed: newest.map(|version| When::at(version.created_at, zone)),
    }
}

/// What stands in the form, and what is to be said of it.
#[derive(Default)]
struct Draft {
    /// `None` for the part in use.
    source: Option<String>,
    mistakes: Vec<String>,
    checked: Option<String>,
}

/// `GET /admin/p/{publication}/templates/{part}`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path((slug, part)): Named,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let page = page(&me, &publication, &part, asked.version, Draft::default()).await?;
    me.page(&web, &page)
}

async fn page<R: Right>(
    me: &SignedIn<R>,
    publication: &Publication,
    part: &str,
    version: Option<i64>,
    draft: Draft,
) -> Result<TemplatePage, AdminError> {
    let slug = publication.slug.as_str();
    let parts = service::list(&me.deps, slug).await?;
    let state = parts.iter().find(|state| state.part.name == part);
    let state = state.ok_or(AdminError::NotFound)?;
    let source = match draft.source {
        Some(source) => source,
        None => service::source(&me.deps, slug, part, version).await?,
    };
    let history = service::history(&me.deps, slug, part).await?;
    let newest = history.first().map(|newest| newest.version);
    let shown_version = version.filter(|shown| Some(*shown) != newest);
    let framing = me
        .frame_of(Section::Templates, part, Some(publication))
        .await?;
    let line = |known: &TemplateVersion| VersionRow {
        version: known.version,
        made: When::at(known.created_at, publication.timezone),
        is_usual: known.source.is_none(),
        is_newest: Some(known.version) == newest,
        is_shown: Some(known.version) == shown_version.or(newest),
    };
    Ok(TemplatePage {
        slug: slug.to_owned(),
        may_change: me.may::<Changes>(),
        part: row(state, publication.timezone),
        is_own: state.is_own(),
        source,
        shown_version,
        versions: history.iter().map(line).collect(),
        mistakes: draft.mistakes,
        checked: draft.checked,
        frame: framing.frame,
    })
}

fn path(publication: &Publication, part: &str) -> String {
    format!("/admin/p/{}/templates/{part}", publication.slug)
}

/// `POST /admin/p/{publication}/templates/{part}`: saves the source, or only says whether it would be
/// taken.
pub(super) async fn save(
    State(web): State<Web>,
    Path((slug, part)): Named,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    // Browsers send lines with both ends (HTML, form submission).
    let source = fields.text("source").replace("\r\n", "\n");
    let only_check = fields.text("do") == "check";
    let (said, mistakes) = if only_check {
        let checked = service::check(&me.deps, &slug, &part, source.clone()).await;
        split(checked.map(in_order))?
    } else {
        match service::set(&me.deps, &slug, &part, source.clone()).await {
            Ok((version, _)) => {
                let text = format!("Saved as version {version}; the next issue is made with it.");
                return Ok(done(&web, &path(&publication, &part), text));
            }
            Err(error) => split(Err(error))?,
        }
    };
    let is_refused = !mistakes.is_empty();
    let draft = Draft {
        source: Some(source),
        mistakes,
        checked: said,
    };
    let page = page(&me, &publication, &part, None, draft).await?;
    if is_refused {
        me.refused(&web, &page)
    } else {
        me.page(&web, &page)
    }
}

fn in_order(checked: Checked) -> String {
    let Checked {
        html_bytes,
        text_bytes,
    } = checked;
    format!(
        "It is in order: mails made of samples have up to {html_bytes} bytes of HTML and {text_bytes} of text."
    )
}

/// What there is to say, or the mistakes of the source; other errors have pages of their own.
fn split(
    result: Result<String, TemplateError>,
) -> Result<(Option<String>, Vec<String>), AdminError> {
    match result {
        Ok(text) => Ok((Some(text), Vec::new())),
        Err(TemplateError::Refused(refused)) => {
            let mistakes = refused.0.iter().map(ToString::to_string).collect();
            Ok((None, mistakes))
        }
        Err(error @ (TemplateError::Raced(_) | TemplateError::Broken(_))) => {
            Ok((None, vec![error.to_string()]))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /admin/p/{publication}/templates/{part}/restore`
pub(super) async fn restore(
    State(web): State<Web>,
    Path((slug, part)): Named,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let version = fields.read_as("version").map_err(AdminError::Refused)?;
    let made = service::restore(&me.deps, &slug, &part, version).await?;
    let text = format!("Version {version} is in use again, as version {made}.");
    Ok(done(&web, &path(&publication, &part), text))
}

/// `POST /admin/p/{publication}/templates/{part}/reset`
pub(super) async fn reset(
    State(web): State<Web>,
    Path((slug, part)): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    service::reset(&me.deps, &slug, &part).await?;
    let text = "The part that comes with the program is in use again.";
    Ok(done(&web, &path(&publication, &part), text))
}

impl From<TemplateError> for AdminError {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::Store(error) => error.into(),
            TemplateError::Publication(_)
            | TemplateError::Part { .. }
            | TemplateError::Version { .. } => Self::NotFound,
            other => Self::Refused(other.to_string()),
        }
    }
}
