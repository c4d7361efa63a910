//! Links with which a password is chosen.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};

use super::error::{AdminError, sentence};
use super::posted::AtTheDoor;
use super::sign_in::{go_in, visitor};
use crate::domain::email_address::EmailAddress;
use crate::domain::operator::{MIN_PASSWORD, Password, PasswordToken};
use crate::render::admin::css_url;
use crate::render::admin::doors::{RefusalPage, WelcomePage};
use crate::services::sign_in::{self, LinkError, LinkFor};
use crate::web::Web;
use crate::web::client::Client;

fn page(token: &str, link: &LinkFor) -> WelcomePage {
    let operator = match link {
        LinkFor::FirstOwner => None,
        LinkFor::Operator(operator) => Some(operator.email.to_string()),
    };
    WelcomePage {
        css_url: css_url(),
        token: token.to_owned(),
        operator,
        email: String::new(),
        min_password: MIN_PASSWORD,
        email_error: None,
        password_error: None,
    }
}

/// `GET /admin/welcome/{token}`: changes nothing.
pub(super) async fn show(
    State(web): State<Web>,
    Path(token): Path<String>,
) -> Result<Response, AdminError> {
    let found = sign_in::find_link(&web.deps, &PasswordToken::of_link(&token)).await?;
    let Some(link) = found else {
        return ended(&web);
    };
    Ok(Html(web.deps.renderer.page(&page(&token, &link))?).into_response())
}

/// `POST /admin/welcome/{token}`
pub(super) async fn submit(
    State(web): State<Web>,
    Path(text): Path<String>,
    client: Client,
    headers: HeaderMap,
    AtTheDoor(fields): AtTheDoor,
) -> Result<Response, AdminError> {
    let token = PasswordToken::of_link(&text);
    let Some(link) = sign_in::find_link(&web.deps, &token).await? else {
        return ended(&web);
    };
    let mut page = page(&text, &link);
    fields.text("email").clone_into(&mut page.email);
    let email = match link {
        LinkFor::Operator(operator) => Ok(operator.email),
        LinkFor::FirstOwner => fields.read_as::<EmailAddress>("email"),
    };
    let email = match email {
        Ok(email) => email,
        Err(why) => {
            page.email_error = Some(sentence(&why));
            return again(&web, &page);
        }
    };
    let password = match Password::new(fields.text("password"), &email) {
        Ok(password) => password,
        Err(why) => {
            page.password_error = Some(sentence(&why.to_string()));
            return again(&web, &page);
        }
    };
    let visitor = visitor(&client, &headers);
    match sign_in::use_link(&web.deps, &token, &email, &password, &visitor).await {
        Ok(entered) => Ok(go_in(&web, &entered, "/admin")),
        Err(LinkError::Ended) => ended(&web),
        Err(LinkError::Operator(error)) => Err(error.into()),
        Err(LinkError::Hash(_)) => Err(AdminError::Busy),
        Err(LinkError::Store(error)) => Err(error.into()),
    }
}

fn again(web: &Web, page: &WelcomePage) -> Result<Response, AdminError> {
    let html = web.deps.renderer.page(page)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(html)).into_response())
}

fn ended(web: &Web) -> Result<Response, AdminError> {
    let page = RefusalPage {
        css_url: css_url(),
        title: "This link has ended".to_owned(),
        text: "It was used, is older than 24 hours, or was damaged on its way. An owner can make another one; for the first owner, `paperround operator first-link` does.".to_owned(),
        link_url: "/admin/sign-in".to_owned(),
        link_text: "Sign in".to_owned(),
    };
    let html = web.deps.renderer.page(&page)?;
    Ok((StatusCode::NOT_FOUND, Html(html)).into_response())
}
