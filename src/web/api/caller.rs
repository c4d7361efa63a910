//! Whose token a request brings, and what it may do.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::problem::Problem;
use crate::domain::api_token::{ApiToken, Role};
use crate::domain::ids::PublicationId;
use crate::domain::publication::Publication;
use crate::services::authorise;
use crate::store::{Tx, publications};
use crate::web::Web;

/// A program with a token that is in force.
pub(super) struct Caller(pub ApiToken);

impl FromRequestParts<Web> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let given = parts.headers.get(header::AUTHORIZATION);
        let given = given.ok_or(Problem::NoToken)?.to_str().unwrap_or_default();
        let (scheme, text) = given.split_once(' ').unwrap_or((given, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Problem::NoToken);
        }
        let found = authorise::bearer(&web.deps, text.trim()).await?;
        found.map(Self).ok_or(Problem::BadToken)
    }
}

impl Caller {
    /// Refuses whose role is lower.
    pub(super) fn must_be(&self, needed: Role) -> Result<(), Problem> {
        if self.0.role.covers(needed) {
            Ok(())
        } else {
            Err(Problem::Role { needed })
        }
    }

    /// Whether the token reaches a publication.
    pub(super) fn reaches(&self, publication: PublicationId) -> bool {
        self.0.reaches(publication)
    }

    /// Finds the publication that a request names. A token that reaches some only is not told which
    /// others there are.
    pub(super) async fn publication(
        &self,
        tx: &mut Tx,
        slug: Option<&str>,
    ) -> Result<Publication, Problem> {
        let slug = slug.ok_or_else(|| {
            Problem::Request("Name the publication, as in ?publication=business-news.".to_owned())
        })?;
        let found = publications::find_by_slug(tx, slug).await?;
        match found {
            Some(publication) if self.reaches(publication.id) => Ok(publication),
            None if self.0.reaches_all() => Err(Problem::NotFound(format!(
                "There is no publication {slug:?}."
            ))),
            _ => Err(Problem::Reach {
                publication: slug.to_owned(),
            }),
        }
    }
}
