//! Owners make API tokens and take them back.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;

use super::error::{AdminError, sentence};
use super::fields::Fields;
use super::frame::{Framing, done, undone};
use super::posted::Posted;
use super::signed_in::{Manages, SignedIn};
use crate::domain::api_token::{ApiToken, Role, TokenState};
use crate::domain::feed::parse_span;
use crate::domain::publication::Publication;
use crate::render::admin::frame::{Choice, State as Shown, Tone};
use crate::render::admin::nav::Section;
use crate::render::admin::tokens::{TokenMadePage, TokenRow, TokensPage};
use crate::render::admin::when::When;
use crate::services::manage_token::{self, NewToken, TokenError};
use crate::store::api_tokens;
use crate::web::Web;

type Me = SignedIn<Manages>;

const PATH: &str = "/admin/tokens";
/// For how long a token may be valid, with what the form says; empty for good.
const SPANS: [(&str, &str); 4] = [
    ("90d", "90 days"),
    ("365d", "a year"),
    ("30d", "30 days"),
    ("", "until it is revoked"),
];

/// `GET /admin/tokens`
pub(super) async fn show(State(web): State<Web>, me: Me) -> Result<Response, AdminError> {
    let page = page(&me, &Fields::default()).await?;
    me.page(&web, &page)
}

async fn page(me: &Me, fields: &Fields) -> Result<TokensPage, AdminError> {
    let framing = me.frame(Section::Tokens, "API tokens").await?;
    let mut tx = me.deps.store.read().await?;
    let tokens = api_tokens::list(&mut tx).await?;
    drop(tx);
    let rows = tokens
        .iter()
        .map(|token| row(me, token, &framing))
        .collect();
    let ticked: Vec<&str> = fields.all("publications").collect();
    let publication = |p: &Publication| Choice {
        value: p.slug.to_string(),
        name: p.name.clone(),
        chosen: ticked.contains(&p.slug.as_str()),
    };
    let span = |(value, name): &(&str, &str)| Choice {
        value: (*value).to_owned(),
        name: (*name).to_owned(),
        chosen: fields.ticked("expires") && fields.text("expires") == *value,
    };
    Ok(TokensPage {
        tokens: rows,
        name: fields.text("name").to_owned(),
        roles: Choice::of_words(Role::WORDS, fields.text("role")),
        may_send: fields.ticked("may_send"),
        publications: framing.publications.iter().map(publication).collect(),
        spans: SPANS.iter().map(span).collect(),
        frame: framing.frame,
        error: None,
    })
}

fn row(me: &Me, token: &ApiToken, framing: &Framing) -> TokenRow {
    let state = token.state(me.deps.now());
    let tone = match state {
        TokenState::Active => Tone::Good,
        TokenState::Expired => Tone::Warn,
        TokenState::Revoked => Tone::Calm,
    };
    let all = framing.publications.iter();
    let reached = all.filter(|p| token.publications.contains(&p.id));
    TokenRow {
        name: token.name.clone(),
        role: token.role.to_string(),
        may_send: token.may_send,
        publications: reached.map(|p| p.name.clone()).collect(),
        state: Shown::new(state, tone),
        is_active: state == TokenState::Active,
        created: When::at(token.created_at, framing.zone),
        last_used: When::maybe(token.last_used_at, framing.zone),
        expires: When::maybe(token.expires_at, framing.zone),
    }
}

/// `POST /admin/tokens`
pub(super) async fn make(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let new = new_token(&me, &fields).await?;
    match manage_token::create(&me.deps, new).await {
        Ok((token, bearer)) => {
            let framing = me.frame(Section::Tokens, "A new token").await?;
            let page = TokenMadePage {
                frame: framing.frame,
                name: token.name,
                token: bearer.reveal().to_owned(),
            };
            me.page(&web, &page)
        }
        Err(TokenError::Store(error)) => Err(error.into()),
        Err(error) => {
            let mut page = page(&me, &fields).await?;
            page.error = Some(sentence(&error.to_string()));
            me.refused(&web, &page)
        }
    }
}

async fn new_token(me: &Me, fields: &Fields) -> Result<NewToken, AdminError> {
    let mut publications = Vec::new();
    for slug in fields.all("publications") {
        publications.push(me.publication(slug).await?.id);
    }
    let span = |text: &str| -> Result<Duration, AdminError> {
        parse_span(text).map_err(|e| AdminError::Refused(e.to_string()))
    };
    Ok(NewToken {
        name: fields.text("name").to_owned(),
        role: fields.read_as("role").map_err(AdminError::Refused)?,
        may_send: fields.ticked("may_send"),
        publications,
        valid_for: fields.optional("expires").map(span).transpose()?,
    })
}

/// `POST /admin/tokens/revoke`
pub(super) async fn revoke(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let name = fields.text("name");
    match manage_token::revoke(&me.deps, name).await {
        Ok(()) => Ok(done(&web, PATH, format!("{name} is revoked."))),
        Err(TokenError::Store(error)) => Err(error.into()),
        Err(error) => Ok(undone(&web, PATH, sentence(&error.to_string()))),
    }
}
