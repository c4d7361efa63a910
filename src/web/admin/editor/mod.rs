//! The editor of a digest's coming issue. Every form says which version of the draft it was made from;
//! where somebody else was faster nothing is done, and the page says so.

pub(super) mod article;
pub(super) mod mail;
pub(super) mod page;
pub(super) mod send;
pub(super) mod test;
pub(super) mod views;

use axum::extract::{Path, State};
use axum::response::Response;

use super::digests::path;
use super::error::{AdminError, sentence};
use super::fields::Fields;
use super::frame::{done, undone};
use super::posted::Posted;
use super::signed_in::{Changes, SignedIn};
use crate::domain::digest::Digest;
use crate::domain::draft::{Decision, Draft};
use crate::domain::ids::ArticleId;
use crate::domain::publication::Publication;
use crate::render::admin::when::When;
use crate::services::edit_draft::{self, Direction, DraftError};
use crate::web::Web;

type Named = Path<(String, String)>;

impl From<DraftError> for AdminError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Store(error) => error.into(),
            DraftError::Unknown => Self::NotFound,
            other => Self::Refused(other.to_string()),
        }
    }
}

/// The version that a form was made from; one that no draft has where it says none.
fn seen(fields: &Fields) -> i64 {
    fields.read_as("version").unwrap_or(-1)
}

fn article_id(fields: &Fields) -> Result<ArticleId, AdminError> {
    fields.read_as("article").map_err(|_| AdminError::NotFound)
}

/// Where an article stands on the page.
fn place(path: &str, article: ArticleId) -> String {
    format!("{path}/edit#a-{article}")
}

/// Who was faster, and when.
fn faster(by: &str, at: Option<crate::domain::clock::Time>, digest: &Digest) -> String {
    let at = at.map_or(String::new(), |at| {
        format!(", {}", When::at(at, digest.timezone).text)
    });
    let who = match by {
        "" => {
            return format!(
                "An issue has taken what stood here{at}. This page is about the one after it."
            );
        }
        "command line" | "service" => format!("The {by}"),
        by => by.to_owned(),
    };
    format!("{who} has changed this issue since you opened the page{at}.")
}

/// Goes back to the page after a press of a button: to the article, where it is about one.
fn pressed(
    web: &Web,
    (publication, digest): (&Publication, &Digest),
    article: Option<ArticleId>,
    came: Result<Draft, DraftError>,
    text: &str,
) -> Result<Response, AdminError> {
    let path = path(publication, digest);
    let to = match article {
        Some(article) => place(&path, article),
        None => format!("{path}/edit"),
    };
    match came {
        Ok(_) => Ok(done(web, &to, text)),
        Err(DraftError::Changed { by, at }) => {
            let text = format!(
                "{} Nothing was done: see how it is now, and press again.",
                faster(&by, at, digest)
            );
            Ok(undone(web, &format!("{path}/edit"), text))
        }
        Err(error @ DraftError::Article(_)) => {
            let text = sentence(&error.to_string());
            Ok(undone(web, &format!("{path}/edit"), text))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /admin/p/{publication}/digests/{digest}/edit`: a button beside an article.
pub(super) async fn act(
    State(web): State<Web>,
    Path((publication, slug)): Named,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let (id, seen) = (article_id(&fields)?, seen(&fields));
    let came = match fields.text("act") {
        "up" => edit_draft::step(&me.deps, &digest, seen, id, Direction::Up).await,
        "down" => edit_draft::step(&me.deps, &digest, seen, id, Direction::Down).await,
        "first" => edit_draft::step(&me.deps, &digest, seen, id, Direction::First).await,
        "pin" => decide(&me, &digest, seen, id, |d| d.pinned = Some(true)).await,
        "unpin" => decide(&me, &digest, seen, id, |d| d.pinned = Some(false)).await,
        "drop" => decide(&me, &digest, seen, id, |d| d.dropped = true).await,
        "put-back" => decide(&me, &digest, seen, id, |d| d.dropped = false).await,
        _ => return Err(AdminError::NotFound),
    };
    let text = match fields.text("act") {
        "pin" => "Pinned: it stands before all that are not.",
        "unpin" => "No longer pinned.",
        "drop" => "Dropped. It stands at the end of the page, and can be put back.",
        "put-back" => "Put back.",
        _ => "Moved.",
    };
    pressed(&web, (&publication, &digest), Some(id), came, text)
}

async fn decide(
    me: &SignedIn<Changes>,
    digest: &Digest,
    seen: i64,
    id: ArticleId,
    change: impl FnOnce(&mut Decision),
) -> Result<Draft, DraftError> {
    edit_draft::decide(&me.deps, digest, seen, id, change).await
}

/// `POST /admin/p/{publication}/digests/{digest}/edit/order`: what dragging has made.
pub(super) async fn order(
    State(web): State<Web>,
    Path((publication, slug)): Named,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let ids = fields.all("article").map(str::parse);
    let ids = ids.collect::<Result<Vec<ArticleId>, _>>();
    let ids = ids.map_err(|_| AdminError::NotFound)?;
    let moved = fields.read_as("moved").ok();
    let came = edit_draft::set_order(&me.deps, &digest, seen(&fields), ids).await;
    pressed(&web, (&publication, &digest), moved, came, "Moved.")
}

/// `POST /admin/p/{publication}/digests/{digest}/edit/clear`
pub(super) async fn clear(
    State(web): State<Web>,
    Path((publication, slug)): Named,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let nothing = Draft::none(digest.id);
    let came = edit_draft::replace(&me.deps, &digest, Some(seen(&fields)), nothing).await;
    let text = "The issue is as usual again.";
    pressed(&web, (&publication, &digest), None, came, text)
}
