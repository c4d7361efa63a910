//! What a request brings: the body, the segments of its address, and its query, each refused with a
//! problem that says where the mistake is.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::once::Once;
use super::problem::{FieldError, Problem};
use crate::web::Web;

/// A body of JSON, and what makes its request this one.
pub(super) struct Input<T> {
    pub value: T,
    pub once: Once,
}

impl<T: DeserializeOwned> FromRequest<Web> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Web) -> Result<Self, Problem> {
        let (parts, bytes) = taken(request).await?;
        let once = Once::of(&parts, &bytes)?;
        let value = parsed(&bytes)?;
        Ok(Self { value, once })
    }
}

/// The body of a request that must be JSON, where there is one.
pub(super) async fn taken(request: Request) -> Result<(Parts, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    let limited = Request::from_parts(parts.clone(), body);
    let bytes = Bytes::from_request(limited, &()).await?;
    if !bytes.is_empty() && !is(&parts.headers, "application/json") {
        return Err(Problem::MediaType("application/json"));
    }
    Ok((parts, bytes))
}

/// Whether a body is of a media type, whatever its parameters.
pub(super) fn is(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case(wanted)
}

/// Reads JSON; an empty body is that of a request that need not have one.
fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value: Value = match bytes {
        [] => Value::Null,
        text => serde_json::from_slice(text)
            .map_err(|error| Problem::Request(format!("The body is not JSON: {error}.")))?,
    };
    check_value(&value)?;
    // Else a list of its fields' values would pass for an object.
    if !matches!(value, Value::Object(_) | Value::Null) {
        return Err(Problem::Invalid(vec![FieldError {
            pointer: String::new(),
            detail: "the body must be a JSON object".to_owned(),
        }]));
    }
    let read: Result<T, _> = serde_path_to_error::deserialize(value);
    read.map_err(|error| {
        if bytes.is_empty() {
            return Problem::Request("The body is missing: send a JSON object.".to_owned());
        }
        Problem::Invalid(vec![FieldError {
            pointer: pointer(error.path()),
            detail: error.inner().to_string(),
        }])
    })
}

/// Refuses a body that is JSON and has that character in a text; what is no JSON is told by who reads it.
pub(super) fn check_texts(bytes: &[u8]) -> Result<(), Problem> {
    let value: Value = serde_json::from_slice(bytes).unwrap_or_default();
    check_value(&value)
}

fn check_value(value: &Value) -> Result<(), Problem> {
    let Some(pointer) = nul(value) else {
        return Ok(());
    };
    let detail = "a text may not contain U+0000".to_owned();
    Err(Problem::Invalid(vec![FieldError { pointer, detail }]))
}

/// Where a text has the one character that PostgreSQL cannot keep.
fn nul(value: &Value) -> Option<String> {
    let below = |name: String, value| nul(value).map(|rest| format!("/{}{rest}", escaped(&name)));
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => (0_usize..)
            .zip(items)
            .find_map(|(at, item)| below(at.to_string(), item)),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            if name.contains('\0') {
                return Some(String::new());
            }
            below(name.clone(), value)
        }),
        _ => None,
    }
}

/// A place in a body as a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    let parts = path.iter().map(|segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", escaped(key)),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    });
    parts.collect()
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Segments of the address.
pub(super) struct Named<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Web> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        without_nul(parts.uri.path())?;
        let read: Result<Path<T>, _> = Path::from_request_parts(parts, web).await;
        read.map(|Path(segments)| Self(segments))
            .map_err(|_| Problem::nothing_here())
    }
}

/// What is asked behind the `?`.
pub(super) struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Web> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        without_nul(parts.uri.query().unwrap_or_default())?;
        let Query(asked) = Query::from_request_parts(parts, web).await?;
        Ok(Self(asked))
    }
}

fn without_nul(text: &str) -> Result<(), Problem> {
    if text.contains("%00") {
        let text = "The address may not contain U+0000.";
        return Err(Problem::Request(text.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code)]
    struct Body {
        name: String,
        topics: Vec<u8>,
    }

    fn place(body: &Value) -> Option<String> {
        match parsed::<Body>(body.to_string().as_bytes()) {
            Ok(_) => None,
            Err(Problem::Invalid(errors)) => Some(errors[0].pointer.clone()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        assert_eq!(place(&json!({"name": "a", "topics": [1]})), None);
        let wrong = json!({"name": "a", "topics": [1, "x"]});
        assert_eq!(place(&wrong).as_deref(), Some("/topics/1"));
        let wrong = json!({"name": "a\0", "topics": []});
        assert_eq!(place(&wrong).as_deref(), Some("/name"));
        assert_eq!(place(&json!([])).as_deref(), Some(""));
        for (body, text) in [(&b""[..], "missing"), (b"{\"name\":", "not JSON")] {
            let Err(Problem::Request(told)) = parsed::<Body>(body) else {
                panic!("{text}");
            };
            assert!(told.contains(text), "{told}");
        }
        assert!(parsed::<Option<Body>>(b"").unwrap().is_none());
    }
}
