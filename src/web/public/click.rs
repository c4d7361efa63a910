//! `GET /click/{token}`: on to an article, counted on the way.

use axum::extract::{Path, State};
use axum::http::{Method, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::visitor::Visitor;
use crate::domain::links::CountedLink;
use crate::services::follow_link;
use crate::web::Web;
use crate::web::answer::or_page;
use crate::web::error::WebError;
use crate::web::language::Asked;

/// Sends on to the article. That is never kept by caches, and tells the site nothing of the link.
pub(in crate::web) async fn follow(
    State(web): State<Web>,
    asked: Asked,
    visitor: Visitor,
    Path(token): Path<String>,
    method: Method,
) -> Response {
    let followed = async {
        let found = follow_link::target(&web.deps, &token).await?;
        let (link, url) = found.ok_or(WebError::NotFound)?;
        // Who asks for the head alone does not want to read.
        if method == Method::GET {
            count(&web, link, &visitor).await;
        }
        let fields = [
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        Ok((fields, Redirect::to(&url)).into_response())
    };
    or_page(&web, &asked, followed.await)
}

/// Whoever wants to read is not kept from it by a count.
async fn count(web: &Web, link: CountedLink, visitor: &Visitor) {
    if let Err(error) = follow_link::count(&web.deps, link, &visitor.visit()).await {
        tracing::warn!(issue = %link.issue, %error, "a step on a link was not counted");
    }
}
