//! `GET|POST /confirm/{token}`: the first shows a button, the second confirms.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::publication::Publication;
use crate::domain::subscription::SignUp;
use crate::render::contexts::PublicationView;
use crate::render::dates;
use crate::render::pages::{CheckInboxPage, ConfirmPage, ConfirmState, ConfirmedPage, LatestIssue};
use crate::services::confirm::{self, Found, Standing};
use crate::services::sign_up::{self, Request};
use crate::services::{consent, links, next_issue};
use crate::store::{issues, sign_ups};
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
        match confirm::find(&web.deps, &token).await? {
            Some(found) => button(&web, &asked, found, token.clone()).await,
            None => forgotten(&web, &asked, token.clone()).await,
        }
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
        if field(&body, "action").as_deref() == Some("again")
            && let Some((publication, request)) = sign_up::again(&web.deps, &token, address).await?
        {
            return asked_again(&web, &asked, publication, &request).await;
        }
        match confirm::confirm(&web.deps, &token, address).await? {
            Some(found) if found.standing == Standing::Confirmed => {
                confirmed(&web, &asked, found).await
            }
            Some(found) => button(&web, &asked, found, token.clone()).await,
            None => forgotten(&web, &asked, token.clone()).await,
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
        Standing::Ended => (ConfirmState::Ended, StatusCode::GONE),
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
        consent_text: consent::text(web.deps.renderer.texts(), language, &offer.publication),
    };
    page(web, status, &shown)
}

/// The page of a link whose sign-up is forgotten: another one can be had by it all the same.
async fn forgotten(web: &Web, asked: &Asked, token: String) -> Result<Response, WebError> {
    let old = sign_up::ended(&web.deps, &token).await?;
    let old = old.ok_or(WebError::BadLink)?;
    let language = asked.of_reader(web, old.language.as_deref(), &old.publication);
    let view = PublicationView::new(&old.publication, &web.deps.limits.public_url);
    let shown = ConfirmPage {
        publication: view.told_in(language),
        token,
        topics: Vec::new(),
        digests: Vec::new(),
        state: ConfirmState::Expired,
        consent_text: consent::text(web.deps.renderer.texts(), language, &old.publication),
    };
    page(web, StatusCode::GONE, &shown)
}

/// Another mail is on its way, or not, as after any sign-up.
async fn asked_again(
    web: &Web,
    asked: &Asked,
    publication: Publication,
    request: &Request,
) -> Result<Response, WebError> {
    let mut tx = web.deps.store.read().await?;
    let offer = offer_of(&mut tx, publication).await?;
    drop(tx);
    let language = asked.of_reader(web, request.language.as_deref(), &offer.publication);
    let shown = CheckInboxPage {
        publication: offer.view(web, language),
        email: request.email.masked(),
        from_email: offer.publication.from.email.to_string(),
        archive_url: Some(format!("/{}/archive", offer.publication.slug)),
        meant: None,
    };
    page(web, StatusCode::ACCEPTED, &shown)
}

async fn confirmed(web: &Web, asked: &Asked, found: Found) -> Result<Response, WebError> {
    let mut tx = web.deps.store.read().await?;
    let offer = offer_of(&mut tx, found.publication).await?;
    let published = issues::published(&mut tx, offer.publication.id, 1).await?;
    let zone = sign_ups::timezone(&mut tx, found.sign_up.id).await?;
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
    let zone = zone.or(found.subscription.timezone);
    let chosen = offer.chosen_digests(&found.sign_up.digests);
    let next = next_issue::of(chosen.into_iter(), zone, web.deps.now());
    let shown = ConfirmedPage {
        publication: offer.view(web, language),
        next_issue: next.map(|(at, zone)| dates::moment(at, zone, language)),
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
