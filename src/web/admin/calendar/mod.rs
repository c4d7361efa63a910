//! The calendar: runs to come and issues that were, by week and by month; single runs, and holidays.

mod dates;
mod holidays;
mod run;
mod show;

use axum::Router;
use axum::routing::{get, post};

use super::error::AdminError;
use super::signed_in::{Right, SignedIn};
use crate::domain::digest::Digest;
use crate::domain::publication::Publication;
use crate::web::Web;

/// The pages of the calendar.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin/calendar", get(show::show))
        .route(
            "/admin/calendar/runs/{publication}/{digest}",
            get(run::show),
        )
        .route(
            "/admin/calendar/runs/{publication}/{digest}/skip",
            post(run::skip),
        )
        .route(
            "/admin/calendar/runs/{publication}/{digest}/keep",
            post(run::keep),
        )
        .route(
            "/admin/calendar/runs/{publication}/{digest}/move",
            post(run::move_to),
        )
        .route(
            "/admin/calendar/runs/{publication}/{digest}/back",
            post(run::move_back),
        )
        .route(
            "/admin/calendar/holidays",
            get(holidays::show).post(holidays::add),
        )
        .route("/admin/calendar/holidays/remove", post(holidays::remove))
        .route("/admin/calendar/holidays/rule", post(holidays::rule))
}

/// A digest with its publication.
struct Place {
    publication: Publication,
    digest: Digest,
}

impl Place {
    /// The digest that a path names.
    async fn find<R: Right>(
        me: &SignedIn<R>,
        publication: &str,
        digest: &str,
    ) -> Result<Self, AdminError> {
        let (publication, digest) = me.digest(publication, digest).await?;
        Ok(Self {
            publication,
            digest,
        })
    }

    /// As in "ledger/daily".
    fn path(&self) -> String {
        format!("{}/{}", self.publication.slug, self.digest.slug)
    }
}
