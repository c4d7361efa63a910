//! `GET|POST /websub/{token}`: where hubs ask whether we asked them, and push news.
//!
//! The GET may write "verified until", unlike any other: WebSub has the hub confirm with it what we
//! have asked for. It does nothing else, and nothing for what we have not asked.

use axum::body::{Body, to_bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::services::websub::{self, Question};
use crate::web::Web;
use crate::web::answer::Wants;
use crate::web::error::WebError;
use crate::web::language::Asked;

const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature");

/// What a hub adds to our address.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct CallBack {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.topic")]
    topic: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
    #[serde(rename = "hub.lease_seconds", default)]
    lease_seconds: String,
    #[serde(rename = "hub.reason", default)]
    reason: String,
}

impl CallBack {
    fn question(&self) -> Option<Question<'_>> {
        match self.mode.as_str() {
            "subscribe" if !self.challenge.is_empty() => Some(Question::Subscribe {
                lease_seconds: self.lease_seconds.trim().parse().ok(),
            }),
            "unsubscribe" if !self.challenge.is_empty() => Some(Question::Unsubscribe),
            "denied" => Some(Question::Denied {
                reason: &self.reason,
            }),
            _ => None,
        }
    }
}

/// A hub asks whether we asked it, or says that it will not tell of news.
pub(in crate::web) async fn called_back(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
    said: Result<Query<CallBack>, QueryRejection>,
) -> Response {
    let agreed = async {
        let Query(said) = said.map_err(|_| WebError::NotFound)?;
        let question = said.question().ok_or(WebError::NotFound)?;
        if !websub::answer(&web.deps, &token, &said.topic, question).await? {
            return Err(WebError::NotFound);
        }
        Ok(said.challenge)
    };
    match agreed.await {
        // Plain text, so that a challenge cannot be a page.
        Ok(challenge) => challenge.into_response(),
        Err(error) => error.answer(&web, Wants::Page, asked.alone(&web)),
    }
}

/// A hub pushes news.
pub(in crate::web) async fn push(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let taken = async {
        let found = websub::find(&web.deps, &token).await?;
        let (hub, feed) = found.ok_or(WebError::NotFound)?;
        let Some(feed) = feed else {
            // So that the hub need not tell us again.
            return Ok(StatusCode::GONE);
        };
        let Ok(body) = to_bytes(body, web.deps.fetcher.max_bytes()).await else {
            return Err(WebError::TooLarge);
        };
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let signature = text(SIGNATURE).unwrap_or_default();
        let content_type = text(header::CONTENT_TYPE).map(str::to_owned);
        websub::take(&web.deps, &hub, &feed, signature, content_type, body.into()).await?;
        // Also for what is dropped: the answer tells nobody whether a signature was right.
        Ok(StatusCode::ACCEPTED)
    };
    match taken.await {
        Ok(status) => status.into_response(),
        Err(error) => error.answer(&web, Wants::Page, asked.alone(&web)),
    }
}
