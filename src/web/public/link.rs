//! `GET|POST /{pub}/link`: mails a reader the link to their choices.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::sign_up::address_error;
use crate::domain::email_address::EmailAddress;
use crate::domain::fresh_link::LinkPurpose;
use crate::domain::look::Direction;
use crate::domain::publication::Publication;
use crate::domain::text;
use crate::render::pages::{LinkPage, LinkSentPage, Place, WhichPage};
use crate::services::mail_link::{self, Request};
use crate::store::publications;
use crate::web::Web;
use crate::web::answer::{Wants, or_page, page};
use crate::web::client::Client;
use crate::web::error::WebError;
use crate::web::form::SignUpForm;
use crate::web::language::Asked;
use crate::web::views::{Offer, offer};

/// The form.
pub(in crate::web) async fn show(
    State(web): State<Web>,
    asked: Asked,
    Path(slug): Path<String>,
) -> Response {
    let shown = async {
        let offer = offer(&web, &slug).await?;
        let language = asked.of_page(&web, &offer.publication);
        form(&web, &offer, language, StatusCode::OK, "", None)
    };
    or_page(&web, &asked, shown.await)
}

/// The filled form: the same answer for every address.
pub(in crate::web) async fn submit(
    State(web): State<Web>,
    asked: Asked,
    Path(slug): Path<String>,
    Client(address): Client,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let wants = Wants::of_form(&headers);
    let mut spoken = asked.alone(&web);
    let answered = async {
        let offer = offer(&web, &slug).await?;
        let filled = SignUpForm::read(&headers, &body)?;
        let asked = asked.or_form(&filled.language).or_form(&filled.lang);
        spoken = asked.of_page(&web, &offer.publication);
        let email = match filled.email.parse::<EmailAddress>() {
            Ok(email) => email,
            Err(error) => {
                let texts = web.deps.renderer.texts();
                let error = address_error(texts, spoken, error);
                return refused(&web, &offer, spoken, &filled.email, error, wants);
            }
        };
        let request = Request {
            purpose: LinkPurpose::Choices,
            subscriber: None,
            email,
            language: Some(spoken.to_owned()),
            address,
        };
        mail_link::ask(&web.deps, &offer.publication, &request).await?;
        accepted(&web, &offer, spoken, &filled.email, wants)
    };
    let answered: Result<Response, WebError> = answered.await;
    answered.unwrap_or_else(|error| error.answer(&web, wants, spoken))
}

fn accepted(
    web: &Web,
    offer: &Offer,
    language: &str,
    typed: &str,
    wants: Wants,
) -> Result<Response, WebError> {
    if wants == Wants::Json {
        let body = json!({ "status": "check your inbox" });
        return Ok((StatusCode::ACCEPTED, Json(body)).into_response());
    }
    let shown = LinkSentPage {
        publication: offer.view(web, language),
        email: typed.trim().to_owned(),
        is_short: false,
        back_url: None,
    };
    page(web, StatusCode::ACCEPTED, &shown)
}

fn refused(
    web: &Web,
    offer: &Offer,
    language: &str,
    typed: &str,
    error: String,
    wants: Wants,
) -> Result<Response, WebError> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    if wants == Wants::Json {
        let title = web
            .deps
            .renderer
            .texts()
            .say(language, "form-error-title", &[]);
        let body = json!({ "title": title, "status": 422, "errors": { "email": error } });
        return Ok((status, Json(body)).into_response());
    }
    form(web, offer, language, status, typed, Some(error))
}

fn form(
    web: &Web,
    offer: &Offer,
    language: &str,
    status: StatusCode,
    typed: &str,
    email_error: Option<String>,
) -> Result<Response, WebError> {
    let shown = LinkPage {
        publication: offer.view(web, language),
        email: text::cut(typed, 300).to_owned(),
        email_error,
    };
    page(web, status, &shown)
}

/// For who comes from a page that knows no publication: the form of the only one, or a list.
pub(in crate::web) async fn which(State(web): State<Web>, asked: Asked) -> Response {
    let shown = async {
        let mut tx = web.deps.store.read().await?;
        let mut all = publications::list(&mut tx).await?;
        drop(tx);
        all.retain(|publication| publication.archived_at.is_none());
        if let [only] = &all[..] {
            return Ok(Redirect::to(&format!("/{}/link", only.slug)).into_response());
        }
        let place = |publication: Publication| Place {
            url: format!("/{}/link", publication.slug),
            name: publication.name,
            language: publication.language,
        };
        let language = asked.alone(&web);
        let shown = WhichPage {
            language: language.to_owned(),
            direction: Direction::of(language),
            places: all.into_iter().map(place).collect(),
        };
        page(&web, StatusCode::OK, &shown)
    };
    or_page(&web, &asked, shown.await)
}
