//! Issues: the list, each with its progress, its readers and its mail, and what can be done with it.

mod control;
mod deliveries;
mod events;
mod export;
mod list;
mod preview;
mod rate;
mod show;

use axum::Router;
use axum::routing::{get, post};

use super::error::AdminError;
use super::signed_in::{Right, SignedIn};
use crate::domain::digest::Digest;
use crate::domain::ids::IssueId;
use crate::domain::issue::Issue;
use crate::domain::publication::Publication;
use crate::store::{digests, issues, publications};
use crate::web::Web;

/// The pages of issues.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin/issues", get(list::show))
        .route("/admin/issues/{id}", get(show::show))
        .route("/admin/issues/{id}/events", get(events::follow))
        .route("/admin/issues/{id}/preview", get(preview::show))
        .route("/admin/issues/{id}/deliveries", get(deliveries::show))
        .route("/admin/issues/{id}/deliveries.csv", get(export::show))
        .route("/admin/issues/{id}/approve", post(control::approve))
        .route("/admin/issues/{id}/pause", post(control::pause))
        .route("/admin/issues/{id}/resume", post(control::resume))
        .route("/admin/issues/{id}/retry", post(control::retry))
        .route(
            "/admin/issues/{id}/cancel",
            get(control::ask).post(control::cancel),
        )
}

/// An issue with what it belongs to.
struct Whole {
    issue: Issue,
    publication: Publication,
    digest: Digest,
}

impl Whole {
    /// The issue that a path names.
    async fn find<R: Right>(me: &SignedIn<R>, id: &str) -> Result<Self, AdminError> {
        let id: IssueId = id.parse().map_err(|_| AdminError::NotFound)?;
        let mut tx = me.deps.store.read().await?;
        let issue = issues::find(&mut tx, id).await?;
        let issue = issue.ok_or(AdminError::NotFound)?;
        let publication = publications::find(&mut tx, issue.publication).await?;
        let digest = digests::find(&mut tx, issue.digest).await?;
        Ok(Self {
            issue,
            publication: publication.ok_or(AdminError::NotFound)?,
            digest: digest.ok_or(AdminError::NotFound)?,
        })
    }

    /// As in "Daily No. 12".
    fn name(&self) -> String {
        match self.issue.number {
            Some(number) => format!("{} No. {number}", self.digest.name),
            None => self.digest.name.clone(),
        }
    }

    fn path(&self) -> String {
        format!("/admin/issues/{}", self.issue.id)
    }
}
