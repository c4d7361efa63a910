//! The operators' pages: `/admin/...`.
//!
//! A handler names in its extractor who may come in: [`signed_in::SignedIn`] to read,
//! [`posted::Posted`] to change, both with the right that it takes. It works with the `deps` of that
//! extractor, which carry the operator into the audit log, reads or calls one service, and answers
//! with a page in its frame (`frame.rs`) or sends on with a word about what was done.

mod account;
mod assets;
mod audit;
mod cookies;
mod error;
mod fields;
mod frame;
mod headers;
mod operators;
mod origin;
mod posted;
mod search;
mod second_step;
mod sign_in;
mod signed_in;
mod switch;
mod today;
mod tokens;
mod welcome;
mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};

use super::Web;
use error::AdminError;

/// A recipe or a list of addresses, typed into a form.
const MAX_BODY: usize = 1_000_000;

/// All routes of the operators.
pub(super) fn routes(web: &Web) -> Router<Web> {
    Router::new()
        .merge(doors())
        .merge(people())
        .route("/admin", get(today::show))
        .route("/admin/switch", get(switch::go))
        .route("/admin/search", get(search::show))
        .route("/admin/audit", get(audit::show))
        .route("/admin/tokens", get(tokens::show).post(tokens::make))
        .route("/admin/tokens/revoke", post(tokens::revoke))
        .route("/admin/assets/{file}", get(assets::show))
        .route("/admin/{*rest}", any(async || AdminError::NotFound))
        .method_not_allowed_fallback(async || AdminError::Method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(web.clone(), error::tell))
        .layer(from_fn_with_state(web.clone(), headers::add))
}

/// Those where nobody is signed in yet.
fn doors() -> Router<Web> {
    Router::new()
        .route("/admin/sign-in", get(sign_in::show).post(sign_in::submit))
        .route(
            "/admin/sign-in/code",
            get(sign_in::show_code).post(sign_in::submit_code),
        )
        .route("/admin/sign-out", post(sign_in::sign_out))
        .route(
            "/admin/welcome/{token}",
            get(welcome::show).post(welcome::submit),
        )
}

/// Operators and one's own account.
fn people() -> Router<Web> {
    Router::new()
        .route(
            "/admin/operators",
            get(operators::list).post(operators::add),
        )
        .route("/admin/operators/{id}", get(operators::show))
        .route("/admin/operators/{id}/rights", post(operators::set_rights))
        .route("/admin/operators/{id}/reset", post(operators::reset))
        .route("/admin/operators/{id}/disable", post(operators::disable))
        .route("/admin/operators/{id}/enable", post(operators::enable))
        .route("/admin/account", get(account::show))
        .route("/admin/account/password", post(account::set_password))
        .route(
            "/admin/account/sessions/{id}/end",
            post(account::end_session),
        )
        .route(
            "/admin/account/sessions/end-others",
            post(account::end_others),
        )
        .route(
            "/admin/account/second-step",
            get(second_step::show).post(second_step::begin),
        )
        .route(
            "/admin/account/second-step/confirm",
            post(second_step::confirm),
        )
        .route("/admin/account/second-step/off", post(second_step::off))
        .route(
            "/admin/account/recovery-codes",
            post(second_step::renew_codes),
        )
}
