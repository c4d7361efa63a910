//! Answers that a client may have already (RFC 9110, 13).

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use ring::digest::{SHA256, digest};

use crate::domain::clock::Time;

/// An answer with its body's ETag and the time of its last change, or 304 where the client has it.
pub(super) fn answer(
    request: &HeaderMap,
    content_type: &'static str,
    modified: Option<Time>,
    body: String,
) -> Response {
    let tag = tag_of(&body);
    let mut response = if is_known(request, &tag, modified) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], body).into_response()
    };
    let changed = modified.map(|at| at.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    let fields = [(header::ETAG, Some(tag)), (header::LAST_MODIFIED, changed)];
    for (name, value) in fields {
        if let Some(value) = value.and_then(|text| HeaderValue::from_str(&text).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The ETag of a body.
pub(super) fn tag_of(body: &str) -> String {
    let hash = digest(&SHA256, body.as_bytes());
    let short = hash.as_ref().iter().take(12);
    let digits: String = short.map(|b| format!("{b:02x}")).collect();
    format!("\"{digits}\"")
}

/// Whether the client names the tag; only where it names none at all does its time count.
fn is_known(request: &HeaderMap, tag: &str, modified: Option<Time>) -> bool {
    let text = |name| {
        request
            .get(name)
            .and_then(|v: &HeaderValue| v.to_str().ok())
    };
    if let Some(tags) = text(header::IF_NONE_MATCH) {
        let mut tags = tags.split(',').map(str::trim);
        return tags.any(|known| known == "*" || known.trim_start_matches("W/") == tag);
    }
    let since = text(header::IF_MODIFIED_SINCE).and_then(|t| DateTime::parse_from_rfc2822(t).ok());
    match (since, modified) {
        (Some(since), Some(at)) => at.timestamp() <= since.timestamp(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_counts_before_a_time() {
        let at: Time = "2026-03-02T08:00:00.5Z".parse().unwrap();
        let status = |fields: &[(header::HeaderName, &str)]| {
            let mut request = HeaderMap::new();
            for (name, value) in fields {
                request.insert(name, value.parse().unwrap());
            }
            let answer = answer(&request, "text/plain", Some(at), "body".to_owned());
            assert_eq!(
                answer.headers()[header::LAST_MODIFIED],
                "Mon, 02 Mar 2026 08:00:00 GMT"
            );
            (
                answer.status().as_u16(),
                answer.headers()[header::ETAG].to_str().unwrap().to_owned(),
            )
        };
        let (fresh, tag) = status(&[]);
        assert_eq!(fresh, 200);
        let weak = format!("\"x\", W/{tag}");
        let time = "Mon, 02 Mar 2026 08:00:00 GMT";
        assert_eq!(status(&[(header::IF_NONE_MATCH, &weak)]).0, 304);
        assert_eq!(status(&[(header::IF_MODIFIED_SINCE, time)]).0, 304);
        let other = [
            (header::IF_NONE_MATCH, "\"x\""),
            (header::IF_MODIFIED_SINCE, time),
        ];
        assert_eq!(status(&other).0, 200);
        let earlier = "Mon, 02 Mar 2026 07:59:59 GMT";
        assert_eq!(status(&[(header::IF_MODIFIED_SINCE, earlier)]).0, 200);
    }
}
