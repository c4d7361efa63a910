//! `Idempotency-Key`: a request that a program repeats, not knowing whether it arrived, is carried
//! out once (draft-ietf-httpapi-idempotency-key-header).

use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ring::digest::{Context, SHA256};
use serde::Serialize;

use super::caller::Caller;
use super::page::json;
use super::problem::Problem;
use crate::services::idempotency::{self, Begun, Claim};
use crate::store::idempotency_keys::{Answer, Request};
use crate::web::Web;

const MOST_KEY: usize = 255;

/// The key of a request, where it has one, and what tells the request from others.
pub(super) struct Once {
    key: Option<String>,
    fingerprint: Vec<u8>,
}

/// How to go on.
pub(super) enum Go {
    /// The request has no key.
    Plainly,
    Once(Claim),
    /// It was carried out before.
    Answered(Answer),
}

impl Once {
    pub(super) fn of(parts: &Parts, body: &[u8]) -> Result<Self, Problem> {
        Ok(Self {
            key: key(&parts.headers)?.map(str::to_owned),
            fingerprint: fingerprint(parts, body),
        })
    }

    /// Claims the key.
    pub(super) async fn begin(&self, web: &Web, caller: &Caller) -> Result<Go, Problem> {
        let Some(key) = &self.key else {
            return Ok(Go::Plainly);
        };
        let request = Request {
            token: caller.0.id,
            key,
            fingerprint: &self.fingerprint,
        };
        match idempotency::begin(&web.deps, request).await? {
            Begun::Claimed(claim) => Ok(Go::Once(claim)),
            Begun::Answered(answer) => Ok(Go::Answered(answer)),
            Begun::Running => Err(Problem::Running),
            Begun::Taken => Err(Problem::Refused(
                "This Idempotency-Key belongs to another request; give each request its own."
                    .to_owned(),
            )),
        }
    }

    /// Carries the request out, unless that was done before. Its answer is kept right after the work,
    /// not together with it: should the process die between the two, a repetition is carried out
    /// again after a minute. So this is for work that may be done twice.
    pub(super) fn carry_out<'a>(
        &'a self,
        web: &'a Web,
        caller: &'a Caller,
        work: impl Future<Output = Result<Answer, Problem>> + 'a,
    ) -> impl Future<Output = Result<Response, Problem>> + 'a {
        self.carry_out_keeping(web, caller, work, Answer::clone)
    }

    /// The same, where what is kept of the answer is not all of it.
    pub(super) fn carry_out_keeping<'a>(
        &'a self,
        web: &'a Web,
        caller: &'a Caller,
        work: impl Future<Output = Result<Answer, Problem>> + 'a,
        kept: fn(&Answer) -> Answer,
    ) -> impl Future<Output = Result<Response, Problem>> + 'a {
        // Work is large, and would be carried from one future into the next.
        let work = Box::pin(work);
        async move {
            let claim = match self.begin(web, caller).await? {
                Go::Answered(known) => return Ok(answer(known)),
                Go::Plainly => return work.await.map(answer),
                Go::Once(claim) => claim,
            };
            match work.await {
                Ok(done) => {
                    idempotency::keep(&web.deps, &claim, &kept(&done)).await?;
                    Ok(answer(done))
                }
                Err(problem) => {
                    idempotency::release(&web.deps, &claim).await?;
                    Err(problem)
                }
            }
        }
    }
}

/// What a request made, and where to find it.
pub(super) fn made(location: String, what: &impl Serialize) -> Answer {
    Answer {
        status: 201,
        location: Some(location),
        body: json(what),
    }
}

/// What a request did.
pub(super) fn done(what: &impl Serialize) -> Answer {
    Answer {
        status: 200,
        location: None,
        body: json(what),
    }
}

/// What a request has set going.
pub(super) fn accepted(what: &impl Serialize) -> Answer {
    Answer {
        status: 202,
        location: None,
        body: json(what),
    }
}

/// The answer as it may be kept: the database holds nothing that is shown once.
pub(super) fn without_secret(answer: &Answer) -> Answer {
    let mut body: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
    for name in ["token", "secret", "link"] {
        if let Some(value) = body.get_mut(name) {
            *value = serde_json::Value::Null;
        }
    }
    Answer {
        body: json(&body),
        ..answer.clone()
    }
}

/// The key: a quoted text as the draft has it, or what most programs send, the text alone.
fn key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut given = headers.get_all("idempotency-key").iter();
    let Some(value) = given.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let bare = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let key = bare.unwrap_or(text);
    let fits = (1..=MOST_KEY).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
    if fits && given.next().is_none() {
        Ok(Some(key))
    } else {
        Err(Problem::Request(format!(
            "Idempotency-Key must be one text of 1 to {MOST_KEY} visible ASCII characters."
        )))
    }
}

/// What makes the request this one and no other.
fn fingerprint(parts: &Parts, body: &[u8]) -> Vec<u8> {
    let mut hash = Context::new(&SHA256);
    let target = parts.uri.path_and_query().map_or("", |all| all.as_str());
    for part in [parts.method.as_str(), target] {
        hash.update(part.as_bytes());
        hash.update(b"\n");
    }
    hash.update(body);
    hash.finish().as_ref().to_vec()
}

/// The answer as JSON, now or once more.
pub(super) fn answer(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let kind = [(header::CONTENT_TYPE, "application/json")];
    let mut response = (status, kind, answer.body).into_response();
    if let Some(location) = answer.location.and_then(|l| l.parse().ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_be_quoted_and_must_be_one_sound_text() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("idempotency-key", text.parse().unwrap());
            key(&headers).ok().flatten().map(str::to_owned)
        };
        assert_eq!(read("\"8e03978e\"").as_deref(), Some("8e03978e"));
        assert_eq!(read("8e03978e").as_deref(), Some("8e03978e"));
        for wrong in ["", "\"\"", "a b", "a\"b", "é", &"x".repeat(256)] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
