//! `GET|POST /reader/data/{token}`: all that is kept about a reader, as a file. The button keeps link
//! scanners from reading it.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::held;
use crate::domain::fresh_link::LinkPurpose;
use crate::render::pages::DataPage;
use crate::services::export_reader;
use crate::web::Web;
use crate::web::answer::{or_page, page};
use crate::web::error::WebError;
use crate::web::language::Asked;

/// What the file will hold, and its button.
pub(in crate::web) async fn show(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
) -> Response {
    let shown = async {
        let holder = held::find(&web, &token, LinkPurpose::Data).await?;
        let shown = DataPage {
            publication: held::view(&web, &asked, &holder),
            token: token.clone(),
            email: holder.subscriber.email.to_string(),
        };
        page(&web, StatusCode::OK, &shown)
    };
    or_page(&web, &asked, shown.await)
}

/// The file.
pub(in crate::web) async fn download(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
) -> Response {
    let sent = async {
        let holder = held::find(&web, &token, LinkPurpose::Data).await?;
        let exported = export_reader::export(&web.deps, &holder.subscriber.email).await?;
        let file = exported.ok_or(WebError::OldLink)?;
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"my-data.json\"",
            ),
        ];
        Ok((headers, format!("{file:#}\n")).into_response())
    };
    or_page(&web, &asked, sent.await)
}
