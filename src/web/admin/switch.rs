//! Switches to another publication.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::cookies;
use super::error::AdminError;
use super::signed_in::{Reads, SignedIn};
use crate::render::admin::nav::is_publication_page;
use crate::web::Web;

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    publication: String,
    /// The page to stay on, where it is one of a publication.
    page: Option<String>,
}

/// `GET /admin/switch`: the browser is told which publication is at hand; nothing is kept here.
pub(super) async fn go(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&wanted.publication).await?;
    let page = wanted.page.filter(|page| is_publication_page(page));
    let path = match page {
        Some(page) => format!(
            "/admin/p/{}{}",
            publication.slug,
            page.trim_end_matches('/')
        ),
        None => "/admin".to_owned(),
    };
    let mut response = Redirect::to(&path).into_response();
    cookies::set_publication(&web, &mut response, publication.slug.as_str());
    Ok(response)
}
