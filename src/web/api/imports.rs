//! `/api/v1/imports`: readers brought along from elsewhere, as a CSV file.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::{Caller, Editor};
use super::input::{Asked, is};
use super::once::{Once, done};
use super::problem::Problem;
use crate::domain::publication::Publication;
use crate::services::Deps;
use crate::services::import::{self, Counts, ImportError, Options, Progress};
use crate::store::idempotency_keys::Answer;
use crate::web::Web;

/// Some millions of readers.
const MOST_BYTES: usize = 200_000_000;
/// How long an answer waits; less than the web server does.
const PATIENCE: Duration = Duration::from_secs(35);

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
    #[param(min_length = 1, max_length = 10_000)]
    consent: Option<String>,
    /// Change nothing, count the same.
    dry_run: Option<bool>,
}

/// What became of the rows: `read` is the sum of all but `added`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(super) struct Imported {
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
}

/// A row that could not be read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RejectedRow)]
struct Rejected {
    /// The line that it begins on, from 1.
    line: u64,
    reason: String,
}

impl Imported {
    fn new(dry_run: bool, counts: Counts, rejected_rows: Vec<Rejected>) -> Self {
        Self {
            dry_run,
            read: counts.read,
            added: counts.added,
            confirmed: counts.confirmed,
            pending: counts.pending,
            unchanged: counts.unchanged,
            suppressed: counts.suppressed,
            unsubscribed: counts.unsubscribed,
            duplicates: counts.duplicates,
            rejected: counts.rejected,
            rejected_rows,
        }
    }
}

/// Imports readers from a CSV file, which is the body.
///
/// The first line names the columns: email, and any of name, language, topics and digests (slugs
/// joined by ;), status, confirmed_at, confirm_ip. Readers who are there already are not changed, who
/// left is not brought back, and suppressed addresses stay out, so an import may be sent again. One
/// that takes longer than an answer may wait is told as 503 and goes on; the same file sent again
/// tells what became of it.
#[utoipa::path(post, path = "/api/v1/imports", tag = "Subscribers", operation_id = "importSubscribers",
    params(How), security(("token" = ["editor"])),
    request_body(content = String, content_type = "text/csv", example = json!("email,name,topics\nann@example.org,Ann,markets;energy\n")),
    responses((status = 200, description = "What became of the rows.", body = Imported)))]
pub(super) async fn import(
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
    let options = options(&caller, &how)?;
    let (parts, body) = request.into_parts();
    if !is(&parts.headers, "text/csv") {
        return Err(Problem::MediaType("text/csv"));
    }
    let (file, digest) = spooled(body).await?;
    let once = Once::of(&parts, &digest)?;
    let work = answered(web.deps.clone(), publication, options, file);
    once.carry_out(&web, &caller, work).await
}

/// Imports in a task of its own, which goes on where the answer may not wait for it.
async fn answered(
    deps: Deps,
    publication: Publication,
    options: Options,
    file: File,
) -> Result<Answer, Problem> {
    let work = tokio::spawn(run(deps, publication, options, file));
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(imported)) => Ok(done(&imported?)),
        Ok(Err(panic)) => Err(Problem::Broken(panic.to_string())),
        Err(_) => Err(Problem::Unfinished(
            "The import goes on. Send the same file again later to see what became of it: \
             rows that are in count as unchanged."
                .to_owned(),
        )),
    }
}

fn options(caller: &Caller, how: &How) -> Result<Options, Problem> {
    let consent = how.consent.as_deref().map(str::trim);
    if consent == Some("") {
        let text = "consent: give the text that the readers agreed to.";
        return Err(Problem::Request(text.to_owned()));
    }
    Ok(Options {
        consent: consent.map(str::to_owned),
        dry_run: how.dry_run.unwrap_or_default(),
        source: format!("import by token {}", caller.0.name),
        rejected: None,
    })
}

/// Keeps a body in a file that has no name, and hashes it.
async fn spooled(body: Body) -> Result<(File, Vec<u8>), Problem> {
    let broken = |error: std::io::Error| Problem::Broken(format!("a temporary file: {error}"));
    let mut file = tempfile::tempfile().map_err(broken)?;
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    let mut length = 0;
    let mut stream = body.into_data_stream();
    while let Some(part) = stream.next().await {
        let broke_off = |_| Problem::Request("The request broke off.".to_owned());
        let part: Bytes = part.map_err(broke_off)?;
        length += part.len();
        if length > MOST_BYTES {
            return Err(Problem::TooLarge);
        }
        hash.update(&part);
        file.write_all(&part).map_err(broken)?;
    }
    file.rewind().map_err(broken)?;
    Ok((file, hash.finish().as_ref().to_vec()))
}

async fn run(
    deps: Deps,
    publication: Publication,
    options: Options,
    file: File,
) -> Result<Imported, ImportError> {
    let mut rejected = Vec::new();
    let watch = |now: Progress<'_>| {
        if let Progress::Rejected { line, reason } = now {
            let reason = reason.to_owned();
            rejected.push(Rejected { line, reason });
        }
    };
    let counts = import::import(&deps, &publication, &options, Box::new(file), watch).await?;
    Ok(Imported::new(options.dry_run, counts, rejected))
}
