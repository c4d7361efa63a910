//! `GET /{pub}` and `POST /{pub}/subscribe`.

use std::net::IpAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use validator::Validate;

use crate::domain::email_address::{AddressError, EmailAddress};
use crate::domain::publication::Publication;
use crate::domain::{text, typo};
use crate::render::dates;
use crate::render::pages::{CheckInboxPage, Headline, LatestIssue, SignUpPage};
use crate::render::texts::Texts;
use crate::services::guard::{self, Admission, Evidence, Refusal, Weighed};
use crate::services::sign_up::{self, Request, SignUpError};
use crate::services::{consent, links};
use crate::store::{articles, issues};
use crate::web::Web;
use crate::web::answer::{Wants, or_page, page};
use crate::web::client::{Client, foreign_page};
use crate::web::error::WebError;
use crate::web::form::SignUpForm;
use crate::web::language::Asked;
use crate::web::public::guard as fields;
use crate::web::views::{Offer, offer};

/// What was wrong with a form, by field.
#[derive(Debug, Default)]
pub(super) struct Errors {
    pub email: Option<String>,
    pub topics: Option<String>,
    pub frequency: Option<String>,
    pub form: Option<String>,
    /// Nothing, but it has to come again with a proof.
    pub is_asked: bool,
}

/// The form.
pub(in crate::web) async fn show(
    State(web): State<Web>,
    asked: Asked,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
    Client(address): Client,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        let offer = offer(&web, &slug).await?;
        let language = asked.of_page(&web, &offer.publication);
        let mut empty = SignUpForm::asked_for(query.as_deref().unwrap_or_default());
        if empty.source.is_empty() {
            empty.source = foreign_page(&web, &headers).unwrap_or_default();
        }
        let (errors, status) = (Errors::default(), StatusCode::OK);
        form_page(&web, &offer, &empty, language, address, errors, status).await
    };
    or_page(&web, &asked, shown.await)
}

/// Somebody reloads the answer's address: back to the form.
pub(in crate::web) async fn back(Path(slug): Path<String>) -> Redirect {
    Redirect::to(&format!("/{slug}"))
}

/// The filled form, by a person or a program.
pub(in crate::web) async fn submit(
    State(web): State<Web>,
    asked: Asked,
    Path(slug): Path<String>,
    Client(address): Client,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let wants = Wants::of_form(&headers);
    let mut spoken = asked.alone(&web);
    let answered = async {
        let body = body.map_err(|rejection| too_large_or_broken(&rejection))?;
        let offer = web.offers.of(&web, &slug).await?;
        let mut form = SignUpForm::read(&headers, &body)?;
        if form.source.is_empty() {
            form.source = foreign_page(&web, &headers).unwrap_or_default();
        }
        let asked = asked.or_form(&form.language).or_form(&form.lang);
        let language = asked.of_page(&web, &offer.publication);
        spoken = language;
        match take(&web, &offer, &form, language, address).await? {
            None => accepted(&web, &offer, &form, language, wants),
            Some(errors) => refused(&web, &offer, &form, language, address, errors, wants).await,
        }
    };
    let answered: Result<Response, WebError> = answered.await;
    answered.unwrap_or_else(|error| error.answer(&web, wants, spoken))
}

/// Signs up whoever filled in a form, or says what is wrong with it.
pub(super) async fn take(
    web: &Web,
    offer: &Offer,
    form: &SignUpForm,
    language: &str,
    address: IpAddr,
) -> Result<Option<Errors>, WebError> {
    let mut request = match checked(web, offer, form, language, address) {
        Ok(request) => request,
        Err(errors) => return Ok(Some(errors)),
    };
    let asked = Errors {
        is_asked: true,
        ..Errors::default()
    };
    let evidence = Evidence {
        stamp: &form.stamp,
        solution: &form.altcha,
        address,
    };
    match guard::weigh(&web.deps, offer.publication.id, evidence) {
        Weighed::Asked => return Ok(Some(asked)),
        Weighed::In(proof) => request.proof = proof,
    }
    match sign_up::sign_up(&web.deps, &offer.publication, &request).await {
        Ok(()) => Ok(None),
        Err(SignUpError::Unproven) => Ok(Some(asked)),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn too_large_or_broken(rejection: &BytesRejection) -> WebError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => WebError::TooLarge,
        _ => WebError::BadBody("The request broke off.".to_owned()),
    }
}

/// Turns the form into domain types, or says what is wrong, field by field.
fn checked(
    web: &Web,
    offer: &Offer,
    form: &SignUpForm,
    language: &str,
    address: IpAddr,
) -> Result<Request, Errors> {
    let texts = web.deps.renderer.texts();
    let say = |key: &str| Some(texts.say(language, key, &[]));
    let mut errors = Errors::default();
    if let Err(problems) = form.validate() {
        let first = problems.field_errors().into_values().flatten().next();
        errors.form = first.and_then(|e| e.message.as_deref()).and_then(say);
    }
    let email = form
        .email
        .parse::<EmailAddress>()
        .map_err(|error| address_error(texts, language, error))
        .and_then(|email| admitted(web, email, language, address))
        .map_err(|text| errors.email = Some(text));
    let topics = offer
        .choice(&form.topics)
        .map_err(|key| errors.topics = say(key));
    let digests = offer
        .frequencies(&form.frequency)
        .map_err(|key| errors.frequency = say(key));
    let name = (!form.name.trim().is_empty()).then(|| text::line("The name", &form.name, 100));
    let name = name
        .transpose()
        .map_err(|_| errors.form = say("form-error-name"));
    match (email, topics, digests, name) {
        (Ok((email, is_dropped)), Ok(topics), Ok(digests), Ok(name)) if errors.form.is_none() => {
            Ok(Request {
                email,
                name,
                topics,
                digests,
                language: remembered(texts, form, language, &offer.publication),
                timezone: offer.zone(form.timezone.as_deref()),
                source: text::line("source", text::cut(&form.source, 500), 500).ok(),
                address,
                is_trapped: is_dropped || !form.website.is_empty(),
                proof: None,
            })
        }
        _ => Err(errors),
    }
}

/// The reader's language, which decides about articles too: the one that the form tells, else
/// that of its page where this is another than the publication's.
fn remembered(
    texts: &Texts,
    form: &SignUpForm,
    language: &str,
    publication: &Publication,
) -> Option<String> {
    if !form.language.is_empty() {
        return text::line("language", &form.language, 35).ok();
    }
    (language != texts.best_of(publication, [])).then(|| language.to_owned())
}

/// What is wrong with an address, in words for the person who typed it.
pub(super) fn address_error(texts: &Texts, language: &str, error: AddressError) -> String {
    let key = match error {
        AddressError::Empty => "form-error-address-empty",
        AddressError::NoAt => "form-error-address-no-at",
        AddressError::TooLong => "form-error-address-too-long",
        AddressError::LocalLength => "form-error-address-local",
        AddressError::LocalDots => "form-error-address-dots",
        AddressError::Domain => "form-error-address-domain",
        AddressError::Character(character) => {
            let shown = character.escape_debug().to_string();
            let values = [("character", shown.into())];
            return texts.say(language, "form-error-address-character", &values);
        }
    };
    texts.say(language, key, &[])
}

/// An address that is taken, and whether only in appearance; or why it is not.
pub(super) fn admitted(
    web: &Web,
    email: EmailAddress,
    language: &str,
    from: IpAddr,
) -> Result<(EmailAddress, bool), String> {
    let meant = typo::suggestion(&email);
    let key = match guard::admit(&web.deps, &email, Some(from)) {
        Admission::Open => return Ok((email, false)),
        Admission::Dropped => return Ok((email, true)),
        Admission::Refused(Refusal::Rule) => "form-error-address-refused",
        Admission::Refused(Refusal::Disposable) => "form-error-address-disposable",
        Admission::Refused(Refusal::NoMail) => "form-error-address-no-mail",
    };
    let texts = web.deps.renderer.texts();
    let domain = [("domain", email.domain().to_owned().into())];
    let mut text = texts.say(language, key, &domain);
    // Some who give throw-away addresses away live from the slips of others.
    if let Some(meant) = meant {
        let meant = [("address", meant.into())];
        text = format!("{text} {}", texts.say(language, "form-error-meant", &meant));
    }
    Err(text)
}

/// The same for every address.
fn accepted(
    web: &Web,
    offer: &Offer,
    form: &SignUpForm,
    language: &str,
    wants: Wants,
) -> Result<Response, WebError> {
    let meant = form.meant();
    if wants == Wants::Json {
        let texts = web.deps.renderer.texts();
        let detail = texts.say(language, "check-inbox-json", &[]);
        let mut body = json!({ "status": "check your inbox", "detail": detail });
        if let Some(meant) = meant {
            body["suggestion"] = meant.address.into();
        }
        return Ok((StatusCode::ACCEPTED, Json(body)).into_response());
    }
    let checked = CheckInboxPage {
        publication: offer.view(web, language),
        email: form.email.trim().to_owned(),
        from_email: offer.publication.from.email.to_string(),
        archive_url: Some(format!("/{}/archive", offer.publication.slug)),
        meant,
    };
    page(web, StatusCode::ACCEPTED, &checked)
}

async fn refused(
    web: &Web,
    offer: &Offer,
    form: &SignUpForm,
    language: &str,
    address: IpAddr,
    errors: Errors,
    wants: Wants,
) -> Result<Response, WebError> {
    if wants == Wants::Page {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return form_page(web, offer, form, language, address, errors, status).await;
    }
    let texts = web.deps.renderer.texts();
    let say = |key: &str| texts.say(language, key, &[]);
    let mut named = serde_json::Map::new();
    for (name, text) in [
        ("email", errors.email),
        ("topics", errors.topics),
        ("frequency", errors.frequency),
        ("form", errors.form),
        ("altcha", errors.is_asked.then(|| say("form-error-proof"))),
    ] {
        if let Some(text) = text {
            named.insert(name.to_owned(), text.into());
        }
    }
    let mut body = json!({ "title": say("form-error-title"), "status": 422, "errors": named });
    if errors.is_asked {
        body["challenge"] = fields::challenge_url(web, offer).into();
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response())
}

async fn form_page(
    web: &Web,
    offer: &Offer,
    form: &SignUpForm,
    language: &str,
    address: IpAddr,
    errors: Errors,
    status: StatusCode,
) -> Result<Response, WebError> {
    let mut tx = web.deps.store.read().await?;
    let latest = articles::latest(&mut tx, offer.publication.id, web.deps.now(), 5).await?;
    let published = issues::published(&mut tx, offer.publication.id, 1).await?;
    drop(tx);
    let sample = published.into_iter().next().map(|issue| LatestIssue {
        url: links::issue(
            &web.deps,
            &offer.publication,
            &issue.digest_slug,
            issue.number,
        ),
        title: issue.subject,
    });
    let zone = offer.publication.timezone;
    let headlines = latest
        .iter()
        .map(|article| Headline {
            title: article.content.title.clone(),
            url: article.content.url.clone(),
            date: dates::short(article.dated(), zone, language),
        })
        .collect();
    let ticked = offer.frequencies(&form.frequency).unwrap_or_default();
    let shown = SignUpPage {
        publication: offer.view(web, language),
        topics: offer.topic_options(&form.topics),
        digests: offer.digest_options(&ticked, language),
        languages: offer.languages(web),
        asks_zone: offer.asks_zone(),
        headlines,
        sample,
        email: text::cut(&form.email, 300).to_owned(),
        name: text::cut(&form.name, 300).to_owned(),
        email_error: errors.email,
        topics_error: errors.topics,
        digests_error: errors.frequency,
        form_error: errors.form,
        guard: fields::fields(web, offer, form, address, errors.is_asked),
        consent_text: consent::text(web.deps.renderer.texts(), language, &offer.publication),
        source: Some(form.source.clone()).filter(|source| !source.is_empty()),
    };
    page(web, status, &shown)
}
