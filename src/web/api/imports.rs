//! `/api/v1/imports`: readers brought along from elsewhere, as a CSV file.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::StreamExt as _;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

use super::caller::{Caller, Editor};
use super::import_view::find;
use super::input::{Asked, is};
use super::once::{Once, accepted, done};
use super::problem::Problem;
use crate::domain::ids::ImportId;
use crate::domain::import::{MOST_BYTES, Origin};
use crate::domain::publication::Publication;
use crate::services::Deps;
use crate::services::import::{self, Upload};
use crate::services::output::imports::ImportOutput;
use crate::store::idempotency_keys::Answer;
use crate::web::Web;

/// How long an answer waits; less than the web server does.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that are read at a time of what was spooled.
const PIECE: usize = 256 * 1024;

/// How to import.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// The slug of the publication.
    #[param(required)]
    publication: Option<String>,
    /// What all readers of the file agreed to, where you vouch for that, kept as evidence. They are
    /// confirmed at once then; else a mail asks each of them.
    #[param(min_length = 1, max_length = 10_000, pattern = r"^[^\x00]*\S[^\x00]*$")]
    consent: Option<String>,
    /// Change nothing, count the same.
    dry_run: Option<bool>,
}

/// Imports readers from a CSV file, which is the body.
///
/// The first line names the columns: email, and any of name, language, topics and digests (slugs
/// joined by ;), status, confirmed_at, confirm_ip. Readers who are there already are not changed, who
/// left is not brought back, and suppressed addresses stay out, so an import may be sent again. One
/// that takes longer than ten seconds is told as 202 with its address, and goes on whatever happens to
/// the process: ask there until it is no longer `importing`. A dry run is `checked` in the end, and
/// forgotten after a day.
#[utoipa::path(post, path = "/api/v1/imports", tag = "Subscribers", operation_id = "importSubscribers",
    params(How, ("prefer" = Option<String>, Header, description = "respond-async (RFC 7240): answer 202 at once.")), security(("token" = ["editor"])),
    request_body(content = String, content_type = "text/csv", example = json!("email,name,topics\nann@example.org,Ann,markets;energy\n")),
    responses((status = 200, description = "What became of the rows.", body = ImportOutput),
        (status = 202, description = "It goes on; Location says where to ask.", body = ImportOutput)))]
pub(super) async fn create(
    State(web): State<Web>,
    Editor(caller): Editor,
    Asked(how): Asked<How>,
    request: Request,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let slug = how.publication.as_deref();
    let publication = caller.named_publication(&mut tx, slug).await?;
    drop(tx);
    let consent = consent(&how)?;
    let (parts, body) = request.into_parts();
    if !is(&parts.headers, "text/csv") {
        return Err(Problem::MediaType("text/csv"));
    }
    let (file, digest) = spooled(body).await?;
    let once = Once::of(&parts, &digest)?;
    let work = async {
        let id = kept(&web.deps, &publication, file).await?;
        let dry_run = how.dry_run.unwrap_or_default();
        import::begin(&web.deps, id, consent, dry_run).await?;
        answered(&web, &caller, id, patience(&parts.headers)).await
    };
    once.carry_out(&web, &caller, work).await
}

/// How long the program wants to wait.
fn patience(headers: &HeaderMap) -> Duration {
    let mut preferences = headers.get_all("prefer").iter();
    let is_in_haste = preferences.any(|value| {
        let value = value.to_str().unwrap_or_default();
        let mut all = value.split(',').map(str::trim);
        all.any(|one| one.eq_ignore_ascii_case("respond-async"))
    });
    if is_in_haste {
        Duration::ZERO
    } else {
        PATIENCE
    }
}

fn consent(how: &How) -> Result<Option<&str>, Problem> {
    let consent = how.consent.as_deref().map(str::trim);
    if consent == Some("") {
        let text = "consent: give the text that the readers agreed to.";
        return Err(Problem::Request(text.to_owned()));
    }
    Ok(consent)
}

/// Puts a file into the database, where any process can go on with it.
async fn kept(deps: &Deps, publication: &Publication, mut file: File) -> Result<ImportId, Problem> {
    let mut upload = Upload::begin(deps, publication.id, Origin::Api, "a request").await?;
    let mut piece = vec![0; PIECE];
    loop {
        let count = file.read(&mut piece).map_err(broken)?;
        if count == 0 {
            return Ok(upload.finish().await?.id);
        }
        upload.push(&piece[..count]).await?;
    }
}

/// Works on an import in a task of its own, which goes on where the answer does not wait for it.
async fn answered(
    web: &Web,
    caller: &Caller,
    id: ImportId,
    patience: Duration,
) -> Result<Answer, Problem> {
    let deps = web.deps.clone();
    let stop = CancellationToken::new();
    let work = tokio::spawn(async move { import::perform(&deps, id, &stop).await });
    match tokio::time::timeout(patience, work).await {
        Ok(Ok(ended)) => ended?,
        Ok(Err(panic)) => return Err(Problem::Broken(panic.to_string())),
        Err(_) => {}
    }
    let mut tx = web.deps.store.read().await?;
    let (slug, import) = find(&mut tx, caller, &id.to_string()).await?;
    let is_at_work = import.state.is_at_work();
    let view = ImportOutput::new(&slug, import);
    Ok(if is_at_work {
        Answer {
            location: Some(format!("/api/v1/imports/{id}")),
            ..accepted(&view)
        }
    } else {
        done(&view)
    })
}

fn broken(error: std::io::Error) -> Problem {
    Problem::Broken(format!("a temporary file: {error}"))
}

/// Keeps a body in a file that has no name, and hashes it.
async fn spooled(body: Body) -> Result<(File, Vec<u8>), Problem> {
    let mut file = tempfile::tempfile().map_err(broken)?;
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    let mut length = 0;
    let mut stream = body.into_data_stream();
    while let Some(part) = stream.next().await {
        let broke_off = |_| Problem::Request("The request broke off.".to_owned());
        let part: Bytes = part.map_err(broke_off)?;
        length += part.len() as u64;
        if length > MOST_BYTES {
            return Err(Problem::TooLarge);
        }
        hash.update(&part);
        file.write_all(&part).map_err(broken)?;
    }
    file.rewind().map_err(broken)?;
    Ok((file, hash.finish().as_ref().to_vec()))
}
