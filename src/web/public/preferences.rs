//! `GET|POST /preferences/{token}`: topics and frequency.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::domain::subscription::SubscriptionState;
use crate::domain::token::Purpose;
use crate::render::pages::PreferencesPage;
use crate::services::unsubscribe::{self, Reader};
use crate::services::{links, preferences};
use crate::web::Web;
use crate::web::answer::{or_page, page};
use crate::web::error::WebError;
use crate::web::form::SignUpForm;
use crate::web::views::{Offer, offer_of};

/// What the reader gets now.
pub(in crate::web) async fn show(State(web): State<Web>, Path(token): Path<String>) -> Response {
    let shown = async {
        let (reader, offer) = load(&web, &token).await?;
        form(&web, &offer, &reader, &token, false, None)
    };
    or_page(&web, shown.await)
}

/// Saves the choices.
pub(in crate::web) async fn save(
    State(web): State<Web>,
    Path(token): Path<String>,
    body: Bytes,
) -> Response {
    let saved = async {
        let (reader, offer) = load(&web, &token).await?;
        let filled = SignUpForm::read(&HeaderMap::new(), &body)?;
        let choices = offer
            .choice(&filled.topics)
            .and_then(|topics| Ok((topics, offer.frequency(&filled.frequency)?)));
        match choices {
            Ok((topics, digest)) => {
                let saved = preferences::change(&web.deps, &token, &topics, digest).await?;
                form(
                    &web,
                    &offer,
                    &saved.ok_or(WebError::BadLink)?,
                    &token,
                    true,
                    None,
                )
            }
            Err(error) => form(&web, &offer, &reader, &token, false, Some(error)),
        }
    };
    or_page(&web, saved.await)
}

async fn load(web: &Web, token: &str) -> Result<(Reader, Offer), WebError> {
    let found = unsubscribe::find(&web.deps, token, Purpose::Preferences).await?;
    let reader = found.ok_or(WebError::BadLink)?;
    let mut tx = web.deps.store.read().await?;
    let offer = offer_of(&mut tx, reader.publication.clone()).await?;
    Ok((reader, offer))
}

fn form(
    web: &Web,
    offer: &Offer,
    reader: &Reader,
    token: &str,
    saved: bool,
    error: Option<String>,
) -> Result<Response, WebError> {
    let subscription = &reader.subscription;
    let mut ticked: Vec<String> = subscription
        .topics
        .0
        .iter()
        .map(ToString::to_string)
        .collect();
    if ticked.is_empty() {
        ticked = offer
            .topics
            .iter()
            .map(|topic| topic.slug.to_string())
            .collect();
    }
    let chosen = offer
        .digest(subscription.digest)
        .map(|d| d.slug.to_string())
        .unwrap_or_default();
    let subscribed = subscription.state == SubscriptionState::Confirmed;
    let status = if error.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let shown = PreferencesPage {
        publication: offer.view(web),
        token: token.to_owned(),
        email: reader.subscriber.email.masked(),
        topics: offer.topic_options(&ticked),
        digests: offer.digest_options(&chosen),
        saved: saved && subscribed,
        error,
        subscribed,
        unsubscribe_url: links::unsubscribe(&web.deps, subscription.id, reader.link.delivery),
    };
    page(web, status, &shown)
}
