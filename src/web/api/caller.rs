//! Whose token a request brings, and what it may do.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::problem::Problem;
use crate::domain::api_token::{ApiToken, Role};
use crate::domain::audit::Actor;
use crate::domain::ids::PublicationId;
use crate::domain::publication::Publication;
use crate::services::authorise;
use crate::store::{Tx, publications};
use crate::web::Web;

/// A program with a token that is in force.
pub(super) struct Caller(pub ApiToken);

/// One that may change things.
pub(super) struct Editor(pub Caller);

/// One that may approve, send, pause and end issues, whatever its role.
pub(super) struct Sender(pub Caller);

/// One that may do everything.
pub(super) struct Owner(pub Caller);

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
        let token = found.ok_or(Problem::BadToken)?;
        let counted = web.api_limiter.take(token.id, web.deps.now());
        counted.map_err(|seconds| Problem::TooMany { seconds })?;
        Ok(Self(token))
    }
}

impl FromRequestParts<Web> for Editor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, web).await?;
        caller.must_be(Role::Editor)?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<Web> for Sender {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, web).await?;
        if !caller.0.may_send {
            return Err(Problem::Sending);
        }
        Ok(Self(caller))
    }
}

impl FromRequestParts<Web> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, web).await?;
        caller.must_be(Role::Owner)?;
        Ok(Self(caller))
    }
}

impl Caller {
    /// The same for changes, which stand in the audit log as the token's.
    pub(super) fn acting(&self, web: Web) -> Web {
        Web {
            deps: web.deps.by(Actor::from(&self.0)),
            ..web
        }
    }

    /// Refuses whose role is lower.
    fn must_be(&self, needed: Role) -> Result<(), Problem> {
        if self.0.role.covers(needed) {
            Ok(())
        } else {
            Err(Problem::Role { needed })
        }
    }

    /// Refuses who reaches some publications only: for what is about all of them.
    pub(super) fn must_reach_all(&self) -> Result<(), Problem> {
        if self.0.reaches_all() {
            Ok(())
        } else {
            Err(Problem::Narrow)
        }
    }

    /// Whether the token reaches a publication.
    pub(super) fn reaches(&self, publication: PublicationId) -> bool {
        self.0.reaches(publication)
    }

    /// Whether the token reaches what concerns a publication, or, where it concerns none, all of them.
    pub(super) fn reaches_what(&self, publication: Option<PublicationId>) -> bool {
        publication.map_or(self.0.reaches_all(), |id| self.reaches(id))
    }

    /// Finds the publication that a request names. A token that reaches some only is not told which
    /// others there are.
    pub(super) async fn publication(
        &self,
        tx: &mut Tx,
        slug: &str,
    ) -> Result<Publication, Problem> {
        let found = publications::find_by_slug(tx, slug).await?;
        let found = found.filter(|publication| self.reaches(publication.id));
        found.ok_or_else(|| {
            let reached = if self.0.reaches_all() {
                ""
            } else {
                " that this token reaches"
            };
            Problem::NotFound(format!("There is no publication {slug:?}{reached}."))
        })
    }

    /// The same for a request that has to name one behind the `?`.
    pub(super) async fn named_publication(
        &self,
        tx: &mut Tx,
        slug: Option<&str>,
    ) -> Result<Publication, Problem> {
        let slug = slug.ok_or_else(|| {
            Problem::Request("Name the publication, as in ?publication=business-news.".to_owned())
        })?;
        self.publication(tx, slug).await
    }

    /// The publication that a list is limited to: the one that is named, or the only one that the
    /// token reaches; `None` for all.
    pub(super) async fn scope(
        &self,
        tx: &mut Tx,
        slug: Option<&str>,
    ) -> Result<Option<PublicationId>, Problem> {
        match (slug, self.0.publications.as_slice()) {
            (Some(slug), _) => Ok(Some(self.publication(tx, slug).await?.id)),
            (None, []) => Ok(None),
            (None, [only]) => Ok(Some(*only)),
            (None, _) => self.named_publication(tx, None).await.map(|p| Some(p.id)),
        }
    }
}
