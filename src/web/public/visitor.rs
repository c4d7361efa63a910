//! Who follows a link that is counted, or loads a picture that is, as far as a request tells.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::domain::subscription::counted;
use crate::services::visit::Visit;
use crate::web::Web;
use crate::web::client::Client;

/// What of a request is looked at, and forgotten.
pub(in crate::web) struct Visitor {
    network: String,
    user_agent: String,
    is_ahead: bool,
}

impl Visitor {
    pub(super) fn visit(&self) -> Visit<'_> {
        Visit {
            network: &self.network,
            user_agent: &self.user_agent,
            is_ahead: self.is_ahead,
        }
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        let Client(address) = Client::from_request_parts(parts, web).await?;
        Ok(Self {
            network: counted(address),
            user_agent: text(&parts.headers, "user-agent").to_owned(),
            is_ahead: is_ahead(&parts.headers),
        })
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// Whether a browser loads what nobody has asked for.
fn is_ahead(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .iter()
        .any(|name| text(headers, name).contains("pre"))
}
