//! `GET /click/{token}`: on to an article, counted on the way.

use std::net::IpAddr;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::domain::links::CountedLink;
use crate::domain::subscription::counted;
use crate::services::follow_link::{self, Visit};
use crate::web::Web;
use crate::web::answer::or_page;
use crate::web::client::Client;
use crate::web::error::WebError;
use crate::web::language::Asked;

/// Sends on to the article. That is never kept by caches, and tells the site nothing of the link.
pub(in crate::web) async fn follow(
    State(web): State<Web>,
    asked: Asked,
    Client(address): Client,
    Path(token): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let followed = async {
        let found = follow_link::target(&web.deps, &token).await?;
        let (link, url) = found.ok_or(WebError::NotFound)?;
        // Who asks for the head alone does not want to read.
        if method == Method::GET {
            count(&web, link, address, &headers).await;
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
async fn count(web: &Web, link: CountedLink, address: IpAddr, headers: &HeaderMap) {
    let visit = Visit {
        network: &counted(address),
        user_agent: text(headers, "user-agent"),
        is_ahead: is_ahead(headers),
    };
    if let Err(error) = follow_link::count(&web.deps, link, &visit).await {
        tracing::warn!(issue = %link.issue, %error, "a step on a link was not counted");
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// Whether a browser loads what nobody has pressed yet.
fn is_ahead(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .iter()
        .any(|name| text(headers, name).contains("pre"))
}
