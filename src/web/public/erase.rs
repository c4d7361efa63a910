//! `GET|POST /reader/erase/{token}`: the first says what will go, the second erases it.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::held;
use crate::domain::fresh_link::LinkPurpose;
use crate::render::contexts::PublicationView;
use crate::render::pages::{ErasePage, ErasedPage};
use crate::services::erase;
use crate::web::Web;
use crate::web::answer::{or_page, page};
use crate::web::error::WebError;
use crate::web::form::field;
use crate::web::language::Asked;

/// The button; link scanners that open every link change nothing.
pub(in crate::web) async fn show(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
) -> Response {
    let shown = async {
        let holder = held::find(&web, &token, LinkPurpose::Erasure).await?;
        let shown = ErasePage {
            publication: held::view(&web, &asked, &holder),
            token: token.clone(),
            email: holder.subscriber.email.to_string(),
        };
        page(&web, StatusCode::OK, &shown)
    };
    or_page(&web, &asked, shown.await)
}

/// Erases everything.
pub(in crate::web) async fn press(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
    body: Bytes,
) -> Response {
    let asked = asked.or_form(&field(&body, "lang").unwrap_or_default());
    let pressed = async {
        let publication = erase::by_link(&web.deps, &token).await?;
        let publication = publication.ok_or(WebError::OldLink)?;
        let language = asked.of_page(&web, &publication);
        let view = PublicationView::new(&publication, &web.deps.limits.public_url);
        let shown = ErasedPage {
            publication: view.told_in(language),
        };
        page(&web, StatusCode::OK, &shown)
    };
    or_page(&web, &asked, pressed.await)
}
