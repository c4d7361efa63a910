//! What a form needs to get past the guard: `GET /{pub}/challenge`, `GET /proof.js`, and the fields
//! of a page's form.

use std::net::IpAddr;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::domain::proof::WAIT_SECONDS;
use crate::render::pages::{GuardFields, PROOF_SCRIPT};
use crate::services::guard;
use crate::web::Web;
use crate::web::answer::Wants;
use crate::web::form::SignUpForm;
use crate::web::language::Asked;
use crate::web::views::{Offer, offer};

/// A sum to solve, as version 1 of ALTCHA's protocol has it.
pub(in crate::web) async fn challenge(
    State(web): State<Web>,
    asked: Asked,
    Path(slug): Path<String>,
) -> Response {
    match offer(&web, &slug).await {
        Ok(offer) => {
            let challenge = guard::challenge(&web.deps, offer.publication.id);
            ([(header::CACHE_CONTROL, "no-store")], Json(challenge)).into_response()
        }
        Err(error) => error.answer(&web, Wants::Json, asked.alone(&web)),
    }
}

/// The script that solves it, for forms in other pages.
pub(in crate::web) async fn script() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        // Loaded as a module by the script of forms in other pages.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, PROOF_SCRIPT)
}

/// Where a form of the publication finds a sum.
pub(in crate::web) fn challenge_url(web: &Web, offer: &Offer) -> String {
    let base = &web.deps.limits.public_url;
    format!("{base}/{}/challenge", offer.publication.slug)
}

/// The fields of a form. Where it came without a proof, it is sent by itself when that is done; where
/// it came with one that is no good, a person has to press again, so that it does not go round in
/// circles.
pub(in crate::web) fn fields(
    web: &Web,
    offer: &Offer,
    form: &SignUpForm,
    address: IpAddr,
    is_asked: bool,
) -> GuardFields {
    let publication = offer.publication.id;
    let challenge = (is_asked || guard::is_asking(&web.deps, address))
        .then(|| guard::challenge(&web.deps, publication));
    GuardFields {
        stamp: guard::stamp(&web.deps, publication, &form.stamp, is_asked),
        challenge: challenge.and_then(|sum| serde_json::to_string(&sum).ok()),
        is_asked,
        goes_on: is_asked && form.altcha.is_empty(),
        wait_seconds: WAIT_SECONDS,
    }
}
