//! `GET /open/{token}.gif`: the picture of mails whose opens are counted.

use axum::extract::{Path, State};
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};

use super::visitor::Visitor;
use crate::services::load_picture;
use crate::web::Web;

/// One pixel that cannot be seen.
const PICTURE: &[u8; 43] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x21\xf9\x04\x01\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";

/// Answers the picture, whatever is asked for: no mail shows a broken one, however old it is, and nobody
/// learns which issues there are.
pub(in crate::web) async fn picture(
    State(web): State<Web>,
    visitor: Visitor,
    Path(name): Path<String>,
    method: Method,
) -> Response {
    let token = name.strip_suffix(".gif");
    // Who asks for the head alone does not see it.
    if let (Some(token), &Method::GET) = (token, &method)
        && let Err(error) = load_picture::count(&web.deps, token, &visitor.visit()).await
    {
        tracing::warn!(%error, "a load of the picture was not counted");
    }
    let fields = [
        (header::CONTENT_TYPE, "image/gif"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (fields, PICTURE.as_slice()).into_response()
}
