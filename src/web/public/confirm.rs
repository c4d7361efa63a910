//! `GET|POST /confirm/{token}`: the first shows a button, the second confirms.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::subscription::SignUp;
use crate::render::dates;
use crate::render::pages::{ConfirmPage, ConfirmState, ConfirmedPage, LatestIssue};
use crate::services::confirm::{self, Found, Standing};
use crate::services::links;
use crate::store::issues;
use crate::web::Web;
use crate::web::answer::{or_page, page};
use crate::web::client::Client;
use crate::web::error::WebError;
use crate::web::form::field;
use crate::web::language::Asked;
use crate::web::views::{Offer, offer_of};

/// The button; link scanners that open every link change nothing.
pub(in crate::web) async fn show(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
) -> Response {
    let shown = async {
        let found = confirm::find(&web.deps, &token)
            .await?
            .ok_or(WebError::BadLink)?;
        button(&web, &asked, found, token.clone()).await
    };
    or_page(&web, &asked, shown.await)
}

/// The button was pressed.
pub(in crate::web) async fn press(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
    Client(address): Client,
    body: Bytes,
) -> Response {
    let asked = asked.or_form(&field(&body, "lang").unwrap_or_default());
    let pressed = async {
        let found = confirm::confirm(&web.deps, &token, address)
            .await?
            .ok_or(WebError::BadLink)?;
        match found.standing {
            Standing::Confirmed => confirmed(&web, &asked, found).await,
            Standing::Open | Standing::Expired => button(&web, &asked, found, token.clone()).await,
        }
    };
    or_page(&web, &asked, pressed.await)
}

async fn button(
    web: &Web,
    asked: &Asked,
    found: Found,
    token: String,
) -> Result<Response, WebError> {
    let mut tx = web.deps.store.read().await?;
    let offer = offer_of(&mut tx, found.publication).await?;
    drop(tx);
    let language = spoken(web, asked, &offer, &found.sign_up);
    let (state, status) = match found.standing {
        Standing::Open => (ConfirmState::Open, StatusCode::OK),
        Standing::Confirmed => (ConfirmState::AlreadyConfirmed, StatusCode::OK),
        Standing::Expired => (ConfirmState::Expired, StatusCode::GONE),
    };
    let shown = ConfirmPage {
        publication: offer.view(web, language),
        token,
        topics: offer.topic_names(&found.sign_up.topics),
        digests: offer
            .chosen_digests(&found.sign_up.digests)
            .iter()
            .map(|digest| digest.name.clone())
            .collect(),
        state,
    };
    page(web, status, &shown)
}

async fn confirmed(web: &Web, asked: &Asked, found: Found) -> Result<Response, WebError> {
    let mut tx = web.deps.store.read().await?;
    let offer = offer_of(&mut tx, found.publication).await?;
    let published = issues::published(&mut tx, offer.publication.id, 1).await?;
    drop(tx);
    let language = spoken(web, asked, &offer, &found.sign_up);
    let latest = published.into_iter().next().map(|issue| LatestIssue {
        url: links::issue(
            &web.deps,
            &offer.publication,
            &issue.digest_slug,
            issue.number,
        ),
        title: issue.subject,
    });
    let shown = ConfirmedPage {
        publication: offer.view(web, language),
        next_issue: next_issue(&offer, &found.sign_up, language),
        preferences_url: links::preferences(&web.deps, found.subscription.id, None),
        latest,
    };
    page(web, StatusCode::OK, &shown)
}

/// The language that the reader signed up in, unless they chose another since.
fn spoken<'w>(web: &'w Web, asked: &Asked, offer: &Offer, sign_up: &SignUp) -> &'w str {
    let own = sign_up.language.as_deref();
    asked.of_reader(web, own, &offer.publication)
}

/// When the next issue of any chosen digest comes.
fn next_issue(offer: &Offer, sign_up: &SignUp, language: &str) -> Option<String> {
    let running = offer
        .chosen_digests(&sign_up.digests)
        .into_iter()
        .filter(|digest| digest.paused_at.is_none());
    let (next, zone) = running
        .filter_map(|digest| Some((digest.next_run_at?, digest.timezone)))
        .min_by_key(|(next, _)| *next)?;
    Some(dates::moment(next, zone, language))
}
