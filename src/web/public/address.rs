//! `/reader/address/{token}` asks for the new address, `/reader/new-address/{token}` has it
//! confirmed there, and under `/reader/old-address/{token}` the old one takes it back.

use std::net::IpAddr;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::held;
use super::sign_up::{address_error, admitted};
use crate::domain::email_address::EmailAddress;
use crate::domain::fresh_link::LinkPurpose;
use crate::domain::text;
use crate::render::pages::{AddressPage, AddressState};
use crate::services::change_address::{self, Standing};
use crate::services::fresh_link::Holder;
use crate::services::mail_link::{self, Request};
use crate::web::Web;
use crate::web::answer::{or_page, page};
use crate::web::client::Client;
use crate::web::error::WebError;
use crate::web::form::field;
use crate::web::language::Asked;

/// The form.
pub(in crate::web) async fn ask(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
) -> Response {
    show(&web, &asked, &token, LinkPurpose::Address).await
}

/// The filled form: the same answer whether or not the new address is known.
pub(in crate::web) async fn send(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
    Client(address): Client,
    body: Bytes,
) -> Response {
    let asked = asked.or_form(&field(&body, "lang").unwrap_or_default());
    let sent = async {
        let holder = held::find(&web, &token, LinkPurpose::Address).await?;
        let typed = field(&body, "email").unwrap_or_default();
        let mut page = shown(&web, &asked, &holder, &token, AddressState::Sent);
        text::cut(&typed, 300)
            .trim()
            .clone_into(&mut page.new_email);
        match read(&web, &holder, &page.publication.language, &typed, address) {
            Ok(email) => {
                let request = Request {
                    purpose: LinkPurpose::NewAddress,
                    subscriber: Some(holder.subscriber.id),
                    email,
                    language: Some(page.publication.language.clone()),
                    address,
                };
                mail_link::ask(&web.deps, &holder.publication, &request).await?;
            }
            Err(error) => {
                page.state = AddressState::Form;
                page.email_error = Some(error);
            }
        }
        answer(&web, &page)
    };
    or_page(&web, &asked, sent.await)
}

/// The address that was typed, or what is wrong with it. One that is only in appearance taken gets
/// no mail later.
fn read(
    web: &Web,
    holder: &Holder,
    language: &str,
    typed: &str,
    from: IpAddr,
) -> Result<EmailAddress, String> {
    let texts = web.deps.renderer.texts();
    let email = typed.parse::<EmailAddress>();
    let email = email.map_err(|error| address_error(texts, language, error))?;
    if change_address::is_own(&holder.subscriber, &email) {
        return Err(texts.say(language, "form-error-address-same", &[]));
    }
    admitted(web, email, language, from).map(|(email, _)| email)
}

/// What will happen, and a button.
pub(in crate::web) async fn show_new(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
) -> Response {
    show(&web, &asked, &token, LinkPurpose::NewAddress).await
}

/// Moves the reader.
pub(in crate::web) async fn confirm(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
    Client(address): Client,
    body: Bytes,
) -> Response {
    let asked = asked.or_form(&field(&body, "lang").unwrap_or_default());
    let pressed = async {
        let moved = change_address::confirm(&web.deps, &token, address).await?;
        let holder = moved.ok_or(WebError::OldLink)?;
        answer(
            &web,
            &shown(&web, &asked, &holder, &token, AddressState::Changed),
        )
    };
    or_page(&web, &asked, pressed.await)
}

/// What has happened, and a button that takes it back.
pub(in crate::web) async fn show_old(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
) -> Response {
    show(&web, &asked, &token, LinkPurpose::OldAddress).await
}

/// Takes it back.
pub(in crate::web) async fn undo(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
    body: Bytes,
) -> Response {
    let asked = asked.or_form(&field(&body, "lang").unwrap_or_default());
    let pressed = async {
        let undone = change_address::undo(&web.deps, &token).await?;
        let (holder, standing) = undone.ok_or(WebError::OldLink)?;
        let state = state(&standing);
        answer(&web, &shown(&web, &asked, &holder, &token, state))
    };
    or_page(&web, &asked, pressed.await)
}

fn state(standing: &Standing) -> AddressState {
    match standing {
        Standing::Open(_) => AddressState::Told,
        Standing::Undone => AddressState::Undone,
        Standing::Kept => AddressState::Kept,
    }
}

/// What a link opens; changes nothing.
async fn show(web: &Web, asked: &Asked, token: &str, purpose: LinkPurpose) -> Response {
    let shown = async {
        let holder = held::find(web, token, purpose).await?;
        let state = match purpose {
            LinkPurpose::NewAddress => AddressState::Confirm,
            LinkPurpose::OldAddress => state(&change_address::standing(&web.deps, &holder).await?),
            _ => AddressState::Form,
        };
        answer(web, &shown(web, asked, &holder, token, state))
    };
    or_page(web, asked, shown.await)
}

/// The page with what the link knows.
fn shown(
    web: &Web,
    asked: &Asked,
    holder: &Holder,
    token: &str,
    state: AddressState,
) -> AddressPage {
    let (link, reader) = (&holder.link.email, &holder.subscriber.email);
    let (old, new) = match (holder.link.purpose, link) {
        (LinkPurpose::NewAddress, Some(new)) => (reader.masked(), new.to_string()),
        (LinkPurpose::OldAddress, Some(old)) => (old.masked(), reader.masked()),
        _ => (reader.masked(), String::new()),
    };
    AddressPage {
        publication: held::view(web, asked, holder),
        token: token.to_owned(),
        state,
        old_email: old,
        new_email: new,
        email_error: None,
    }
}

fn answer(web: &Web, shown: &AddressPage) -> Result<Response, WebError> {
    let status = match shown.state {
        AddressState::Sent => StatusCode::ACCEPTED,
        AddressState::Form if shown.email_error.is_some() => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    page(web, status, shown)
}
