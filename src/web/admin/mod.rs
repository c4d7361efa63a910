//! The operators' pages: `/admin/...`.
//!
//! A handler names in its extractor who may come in: [`signed_in::SignedIn`] to read,
//! [`posted::Posted`] to change, both with the right that it takes. It works with the `deps` of that
//! extractor, which carry the operator into the audit log, reads or calls one service, and answers
//! with a page in its frame (`frame.rs`) or sends on with a word about what was done.

mod account;
mod alerts;
mod assets;
mod audit;
mod bounce_figures;
mod by_provider;
mod calendar;
mod cookies;
mod digest;
mod digest_form;
mod digest_given;
mod digests;
mod editor;
mod error;
mod feed;
mod feed_form;
mod feeds;
mod fields;
mod figures;
mod first_steps;
mod forms;
mod frame;
mod headers;
mod import;
mod import_view;
mod imports;
mod issues;
mod multipart;
mod operators;
mod origin;
mod own_parts;
mod posted;
mod publication_form;
mod publications;
mod reader;
mod reader_actions;
mod readers;
mod relays;
mod search;
mod second_step;
mod settings;
mod sign_in;
mod sign_up_rules;
mod signed_in;
mod statistics;
mod suppression;
mod switch;
mod today;
mod tokens;
mod topics;
mod typing;
mod webhook;
mod webhook_form;
mod webhooks;
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
        .merge(places())
        .merge(recipes())
        .merge(own_parts())
        .merge(service())
        .merge(readers())
        .merge(issues::routes())
        .merge(webhooks())
        .merge(of_imports())
        .merge(calendar::routes())
        .route("/admin", get(today::show))
        .route("/admin/switch", get(switch::go))
        .route("/admin/search", get(search::show))
        .route("/admin/alerts", get(alerts::show))
        .route("/admin/alerts/{id}/acknowledge", post(alerts::acknowledge))
        .route("/admin/settings", get(settings::show))
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

/// The route that takes a file, which may take its time.
pub(super) fn uploads(web: &Web) -> Router<Web> {
    Router::new()
        .route(
            "/admin/p/{publication}/imports/upload",
            post(imports::upload),
        )
        .layer(from_fn_with_state(web.clone(), error::tell))
        .layer(from_fn_with_state(web.clone(), headers::add))
}

/// Imports of readers.
fn of_imports() -> Router<Web> {
    Router::new()
        .route("/admin/p/{publication}/imports", get(imports::list))
        .route("/admin/p/{publication}/imports/{id}", get(import::show))
        .route(
            "/admin/p/{publication}/imports/{id}/check",
            post(import::check),
        )
        .route(
            "/admin/p/{publication}/imports/{id}/start",
            post(import::start),
        )
        .route(
            "/admin/p/{publication}/imports/{id}/undo",
            post(import::undo),
        )
        .route(
            "/admin/p/{publication}/imports/{id}/discard",
            post(import::discard),
        )
        .route(
            "/admin/p/{publication}/imports/{id}/rejected",
            get(import::rejected),
        )
}

/// Those where nobody is signed in yet.
fn doors() -> Router<Web> {
    Router::new()
        .route("/admin/sign-in", get(sign_in::show).post(sign_in::submit))
        .route(
            "/admin/sign-in/code",
            get(sign_in::show_code).post(sign_in::submit_code),
        )
        .route("/admin/sign-in/provider", get(by_provider::depart))
        .route("/admin/sign-in/provider/back", get(by_provider::land))
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

/// Publications, their topics and their feeds.
fn places() -> Router<Web> {
    Router::new()
        .route(
            "/admin/publications",
            get(publications::list).post(publications::make),
        )
        .route(
            "/admin/p/{publication}",
            get(publications::show).post(publications::save),
        )
        .route(
            "/admin/p/{publication}/archive",
            post(publications::archive),
        )
        .route(
            "/admin/p/{publication}/unarchive",
            post(publications::unarchive),
        )
        .route(
            "/admin/p/{publication}/topics",
            get(topics::show).post(topics::add),
        )
        .route(
            "/admin/p/{publication}/topics/{topic}/rename",
            post(topics::rename),
        )
        .route(
            "/admin/p/{publication}/topics/{topic}/remove",
            get(topics::ask_removal).post(topics::remove),
        )
        .route(
            "/admin/p/{publication}/topics-of-categories",
            post(topics::adopt),
        )
        .route("/admin/p/{publication}/topic-rules", post(topics::add_rule))
        .route(
            "/admin/p/{publication}/topic-rules/{id}/remove",
            post(topics::remove_rule),
        )
        .route(
            "/admin/p/{publication}/feeds",
            get(feeds::list).post(feeds::add),
        )
        .route(
            "/admin/p/{publication}/feeds/{id}",
            get(feed::show).post(feed::save),
        )
        .route("/admin/p/{publication}/feeds/{id}/fetch", post(feed::fetch))
        .route("/admin/p/{publication}/feeds/{id}/pause", post(feed::pause))
        .route(
            "/admin/p/{publication}/feeds/{id}/resume",
            post(feed::resume),
        )
        .route(
            "/admin/p/{publication}/feeds/{id}/remove",
            post(feed::remove),
        )
}

/// The digests of a publication.
fn recipes() -> Router<Web> {
    let digest = |rest: &str| format!("/admin/p/{{publication}}/digests/{{digest}}{rest}");
    Router::new()
        .route("/admin/p/{publication}/digests", get(digests::list))
        .route(
            "/admin/p/{publication}/make-digest",
            get(digests::show_new).post(digests::make),
        )
        .route(&digest(""), get(digest::show))
        .route(
            &digest("/settings"),
            get(digests::show_settings).post(digests::save),
        )
        .route(&digest("/pause"), post(digest::pause))
        .route(&digest("/resume"), post(digest::resume))
        .route(&digest("/skip-next"), post(digest::skip_next))
        .route(&digest("/keep-next"), post(digest::keep_next))
        .route(
            &digest("/send"),
            get(editor::send::show).post(editor::send::send),
        )
        .route(&digest("/undo"), post(editor::send::undo))
        .route(&digest("/pages"), post(editor::send::ask_pages))
        .route(&digest("/test"), post(editor::test::send))
        .route(&digest("/edit"), get(editor::page::show).post(editor::act))
        .route(&digest("/edit/order"), post(editor::order))
        .route(&digest("/edit/words"), post(editor::page::save_words))
        .route(&digest("/edit/clear"), post(editor::clear))
        .route(
            &digest("/edit/{article}"),
            get(editor::article::show).post(editor::article::save),
        )
        .route(&digest("/preview"), get(editor::views::show))
        .route(&digest("/mail"), get(editor::mail::show))
}

/// The parts of a publication's mails, and what is counted.
fn own_parts() -> Router<Web> {
    Router::new()
        .route("/admin/p/{publication}/statistics", get(statistics::show))
        .route("/admin/p/{publication}/templates", get(own_parts::list))
        .route(
            "/admin/p/{publication}/templates/{part}",
            get(own_parts::show).post(own_parts::save),
        )
        .route(
            "/admin/p/{publication}/templates/{part}/restore",
            post(own_parts::restore),
        )
        .route(
            "/admin/p/{publication}/templates/{part}/reset",
            post(own_parts::reset),
        )
}

/// Programs elsewhere that are told of events.
fn webhooks() -> Router<Web> {
    Router::new()
        .route("/admin/webhooks", get(webhooks::show).post(webhooks::add))
        .route(
            "/admin/webhooks/{id}",
            get(webhook::show).post(webhook::save),
        )
        .route("/admin/webhooks/{id}/test", post(webhook::test))
        .route("/admin/webhooks/{id}/replay", post(webhook::replay))
        .route(
            "/admin/webhooks/{id}/rotate-secret",
            post(webhook::rotate_secret),
        )
        .route("/admin/webhooks/{id}/disable", post(webhook::disable))
        .route("/admin/webhooks/{id}/enable", post(webhook::enable))
        .route("/admin/webhooks/{id}/remove", post(webhook::remove))
}

/// Relays, suppressed addresses and the rules of sign-ups.
fn service() -> Router<Web> {
    Router::new()
        .route("/admin/relays", get(relays::show))
        .route(
            "/admin/suppression",
            get(suppression::show).post(suppression::add),
        )
        .route("/admin/suppression/remove", post(suppression::remove))
        .route(
            "/admin/sign-up-rules",
            get(sign_up_rules::show).post(sign_up_rules::add),
        )
        .route("/admin/sign-up-rules/remove", post(sign_up_rules::remove))
}

/// Readers, one by one and as a list.
fn readers() -> Router<Web> {
    use reader_actions as act;
    Router::new()
        .route("/admin/readers", get(readers::list))
        .route("/admin/readers/export", post(readers::export))
        .route("/admin/readers/{id}", get(reader::show))
        .route("/admin/readers/{id}/suppress", post(act::suppress))
        .route("/admin/readers/{id}/lift", post(act::lift))
        .route("/admin/readers/{id}/data", post(act::data))
        .route("/admin/readers/{id}/erase", post(act::erase))
        .route("/admin/readers/{id}/in/{publication}", post(act::change))
        .route(
            "/admin/readers/{id}/in/{publication}/ask-again",
            post(act::ask_again),
        )
        .route(
            "/admin/readers/{id}/in/{publication}/unsubscribe",
            post(act::unsubscribe),
        )
}
