//! `GET /{pub}` and `POST /{pub}/subscribe`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use validator::Validate;

use crate::domain::email_address::EmailAddress;
use crate::domain::text;
use crate::render::dates;
use crate::render::pages::{CheckInboxPage, Headline, SignUpPage};
use crate::services::consent;
use crate::services::sign_up::{self, Request};
use crate::store::articles;
use crate::web::Web;
use crate::web::answer::{Wants, or_page, page};
use crate::web::client::Client;
use crate::web::error::WebError;
use crate::web::form::SignUpForm;
use crate::web::views::{Offer, offer};

/// What was wrong with a form, by field.
#[derive(Debug, Default)]
struct Errors {
    email: Option<String>,
    topics: Option<String>,
    form: Option<String>,
}

/// The form.
pub(in crate::web) async fn show(State(web): State<Web>, Path(slug): Path<String>) -> Response {
    let shown = async {
        let offer = offer(&web, &slug).await?;
        form_page(
            &web,
            &offer,
            &SignUpForm::default(),
            Errors::default(),
            StatusCode::OK,
        )
        .await
    };
    or_page(&web, shown.await)
}

/// Somebody reloads the answer's address: back to the form.
pub(in crate::web) async fn back(Path(slug): Path<String>) -> Redirect {
    Redirect::to(&format!("/{slug}"))
}

/// The filled form, by a person or a program.
pub(in crate::web) async fn submit(
    State(web): State<Web>,
    Path(slug): Path<String>,
    Client(address): Client,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let is_json = |name| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.contains("application/json"))
    };
    let wants = if is_json(header::CONTENT_TYPE) {
        Wants::Json
    } else {
        Wants::of(&headers)
    };
    let answered = async {
        let body = body.map_err(|rejection| too_large_or_broken(&rejection))?;
        let offer = offer(&web, &slug).await?;
        let form = SignUpForm::read(&headers, &body)?;
        match checked(&offer, &form, address) {
            Ok(request) => {
                // Whoever fills the hidden field gets the usual answer and nothing else.
                if form.website.is_empty() {
                    sign_up::sign_up(&web.deps, &offer.publication, &request).await?;
                } else {
                    tracing::info!(publication = %slug, "a sign-up fell into the trap");
                }
                accepted(&web, &offer, &form, wants)
            }
            Err(errors) => refused(&web, &offer, &form, errors, wants).await,
        }
    };
    answered
        .await
        .unwrap_or_else(|error: WebError| error.answer(&web, wants))
}

fn too_large_or_broken(rejection: &BytesRejection) -> WebError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => WebError::TooLarge,
        _ => WebError::BadBody("The request broke off.".to_owned()),
    }
}

/// Turns the form into domain types, or says what is wrong, field by field.
fn checked(offer: &Offer, form: &SignUpForm, address: std::net::IpAddr) -> Result<Request, Errors> {
    let mut errors = Errors::default();
    if let Err(problems) = form.validate() {
        let first = problems.field_errors().into_values().flatten().next();
        errors.form = first.and_then(|e| e.message.as_ref().map(ToString::to_string));
    }
    let email = form
        .email
        .parse::<EmailAddress>()
        .map_err(|e| errors.email = Some(e.to_string()));
    let topics = offer
        .choice(&form.topics)
        .map_err(|text| errors.topics = Some(text));
    let digest = offer
        .frequency(&form.frequency)
        .map_err(|text| errors.form = Some(text));
    let name = (!form.name.trim().is_empty()).then(|| text::line("The name", &form.name, 100));
    let name = name
        .transpose()
        .map_err(|e| errors.form = Some(format!("{e}.")));
    match (email, topics, digest, name) {
        (Ok(email), Ok(topics), Ok(digest), Ok(name)) if errors.form.is_none() => Ok(Request {
            email,
            name,
            topics,
            digest,
            language: text::line("language", &form.language, 35).ok(),
            // Told by a script, if at all: a zone that nobody knows is none.
            timezone: form.timezone.parse().ok(),
            source: text::line("source", text::cut(&form.source, 500), 500).ok(),
            address,
        }),
        _ => Err(errors),
    }
}

/// The same for every address.
fn accepted(
    web: &Web,
    offer: &Offer,
    form: &SignUpForm,
    wants: Wants,
) -> Result<Response, WebError> {
    if wants == Wants::Json {
        let detail =
            "If the address can be signed up, a mail with a link to confirm is on its way.";
        let body = json!({ "status": "check your inbox", "detail": detail });
        return Ok((StatusCode::ACCEPTED, Json(body)).into_response());
    }
    let checked = CheckInboxPage {
        publication: offer.view(web),
        email: form.email.trim().to_owned(),
        from_email: offer.publication.from.email.to_string(),
        archive_url: Some(format!("/{}/archive", offer.publication.slug)),
    };
    page(web, StatusCode::ACCEPTED, &checked)
}

async fn refused(
    web: &Web,
    offer: &Offer,
    form: &SignUpForm,
    errors: Errors,
    wants: Wants,
) -> Result<Response, WebError> {
    if wants == Wants::Page {
        return form_page(web, offer, form, errors, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let mut fields = serde_json::Map::new();
    for (name, text) in [
        ("email", errors.email),
        ("topics", errors.topics),
        ("form", errors.form),
    ] {
        if let Some(text) = text {
            fields.insert(name.to_owned(), text.into());
        }
    }
    let body = json!({ "title": "The form needs a correction", "status": 422, "errors": fields });
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response())
}

async fn form_page(
    web: &Web,
    offer: &Offer,
    form: &SignUpForm,
    errors: Errors,
    status: StatusCode,
) -> Result<Response, WebError> {
    let mut tx = web.deps.store.read().await?;
    let latest = articles::latest(&mut tx, offer.publication.id, web.deps.now(), 5).await?;
    drop(tx);
    let (zone, language) = (offer.publication.timezone, &offer.publication.language);
    let headlines = latest
        .iter()
        .map(|article| Headline {
            title: article.content.title.clone(),
            url: article.content.url.clone(),
            date: dates::short(article.dated(), zone, language),
        })
        .collect();
    let shown = SignUpPage {
        publication: offer.view(web),
        topics: offer.topic_options(&form.topics),
        digests: offer.digest_options(&form.frequency),
        headlines,
        email: text::cut(&form.email, 300).to_owned(),
        name: text::cut(&form.name, 300).to_owned(),
        email_error: errors.email,
        topics_error: errors.topics,
        form_error: errors.form,
        consent_text: consent::text(&offer.publication),
        source: Some(form.source.clone()).filter(|source| !source.is_empty()),
    };
    page(web, status, &shown)
}
