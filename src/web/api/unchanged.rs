//! `If-Match`: a change is made only where the thing is still as the program has read it.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use serde::Serialize;

use super::page::json;
use super::problem::Problem;
use crate::web::Web;
use crate::web::conditional::tag_of;

/// The ETags that the request allows; `None` where it does not ask.
pub(super) struct IfMatch(Option<String>);

impl FromRequestParts<Web> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        let given = parts.headers.get_all(header::IF_MATCH).iter();
        let texts: Vec<&str> = given
            .map(|value| value.to_str().unwrap_or_default())
            .collect();
        Ok(Self((!texts.is_empty()).then(|| texts.join(","))))
    }
}

impl IfMatch {
    /// Whether a thing is as the program knows it.
    pub(super) fn holds(&self, present: &impl Serialize) -> bool {
        let Some(tags) = &self.0 else { return true };
        let present = tag_of(&json(present));
        let mut tags = tags.split(',').map(str::trim);
        tags.any(|tag| tag == "*" || tag == present)
    }
}
