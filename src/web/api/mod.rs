//! The API for programs: `/api/v1/...`, with a token in `Authorization` and problems as of RFC 9457.
//! Each handler describes itself; `openapi` makes the document of that.

mod accept;
mod alerts;
mod article_actions;
mod articles;
mod audit;
mod calendar;
mod caller;
mod cursor;
mod deliveries;
mod digest_actions;
mod digest_body;
mod digest_check;
mod digests;
mod drafts;
mod feed_view;
mod feeds;
mod funnel;
mod import_actions;
mod import_view;
mod imports;
mod input;
mod issue_troubles;
mod issues;
mod limit;
mod once;
mod openapi;
mod operators;
mod page;
mod preview;
mod problem;
mod publications;
mod readers;
mod run_actions;
mod schemas;
mod service;
mod signup_rules;
mod statistics;
mod subscriber_view;
mod subscribers;
mod subscriptions;
mod suppressions;
mod templates;
mod test_group;
mod tokens;
mod topic_rules;
mod topics;
mod unchanged;
mod webhook_actions;
mod webhooks;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::routing::{any, get};
use serde::Deserialize;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Web;
use problem::Problem;

pub use limit::Limiter;

/// Hundreds of articles with their texts.
const MAX_BODY: usize = 4_000_000;

/// The body of a request that needs to say nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// All routes of the API, and what they say of themselves.
fn described() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(publications::list, publications::create))
        .routes(routes!(publications::show, publications::update))
        .routes(routes!(publications::readers))
        .routes(routes!(readers::list))
        .routes(routes!(readers::export))
        .routes(routes!(funnel::show))
        .routes(routes!(statistics::show))
        .routes(routes!(test_group::show, test_group::put))
        .routes(routes!(templates::list))
        .routes(routes!(templates::show, templates::put))
        .routes(routes!(templates::check))
        .routes(routes!(templates::versions))
        .routes(routes!(templates::restore))
        .routes(routes!(templates::reset))
        .routes(routes!(topic_rules::list, topic_rules::add))
        .routes(routes!(topic_rules::show, topic_rules::remove))
        .routes(routes!(topics::list, topics::add))
        .routes(routes!(topics::show, topics::rename, topics::remove))
        .routes(routes!(feeds::list, feeds::add))
        .routes(routes!(feeds::show, feeds::update, feeds::remove))
        .routes(routes!(feeds::fetch))
        .routes(routes!(feeds::pause))
        .routes(routes!(feeds::resume))
        .routes(routes!(articles::list, articles::add))
        .routes(routes!(articles::show, article_actions::update))
        .routes(routes!(article_actions::hide))
        .routes(routes!(article_actions::unhide))
        .routes(routes!(article_actions::pin))
        .routes(routes!(article_actions::unpin))
        .routes(routes!(digests::list, digests::create))
        .routes(routes!(digests::show, digests::update))
        .routes(routes!(digest_actions::next_runs))
        .routes(routes!(digest_actions::preview_now))
        .routes(routes!(digest_actions::test))
        .routes(routes!(digest_actions::send))
        .routes(routes!(digest_actions::pause))
        .routes(routes!(digest_actions::resume))
        .routes(routes!(run_actions::skip_next))
        .routes(routes!(run_actions::keep_next))
        .routes(routes!(run_actions::skip))
        .routes(routes!(run_actions::keep))
        .routes(routes!(run_actions::move_to))
        .routes(routes!(calendar::show))
        .routes(routes!(drafts::show, drafts::put))
        .routes(routes!(drafts::coming))
        .routes(routes!(digest_check::check))
        .routes(routes!(digest_check::audience))
        .routes(routes!(issues::list))
        .routes(routes!(issues::show))
        .routes(routes!(issues::preview_issue))
        .routes(routes!(issues::clicks))
        .routes(routes!(issue_troubles::show))
        .routes(routes!(issues::approve))
        .routes(routes!(issues::pause))
        .routes(routes!(issues::resume))
        .routes(routes!(issues::cancel))
        .routes(routes!(issues::retry_failed))
        .routes(routes!(deliveries::list))
        .routes(routes!(subscribers::list, subscribers::add))
        .routes(routes!(subscribers::show, subscribers::erase_one))
        .routes(routes!(subscribers::export))
        .routes(routes!(subscriptions::show, subscriptions::update))
        .routes(routes!(subscriptions::unsubscribe))
        .routes(routes!(subscriptions::resend))
        .routes(routes!(import_view::list, imports::create))
        .routes(routes!(import_view::show, import_actions::discard))
        .routes(routes!(import_actions::start))
        .routes(routes!(import_actions::rejected))
        .routes(routes!(import_view::undo))
        .routes(routes!(suppressions::list, suppressions::add))
        .routes(routes!(suppressions::show, suppressions::remove))
        .routes(routes!(signup_rules::list, signup_rules::put))
        .routes(routes!(signup_rules::remove))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::show, tokens::revoke))
        .merge(of_the_service())
}

/// Whatever owners see to, and how the service is doing.
fn of_the_service() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(operators::list, operators::add))
        .routes(routes!(operators::show, operators::update))
        .routes(routes!(operators::disable))
        .routes(routes!(operators::enable))
        .routes(routes!(operators::reset))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhooks::show, webhooks::update, webhooks::remove))
        .routes(routes!(webhook_actions::calls))
        .routes(routes!(webhook_actions::replay))
        .routes(routes!(webhook_actions::test))
        .routes(routes!(webhook_actions::rotate_secret))
        .routes(routes!(webhook_actions::disable))
        .routes(routes!(webhook_actions::enable))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::show))
        .routes(routes!(alerts::acknowledge))
        .routes(routes!(audit::list))
        .routes(routes!(service::settings))
        .routes(routes!(service::relays))
}

/// All routes of the API.
pub(super) fn routes() -> Router<Web> {
    let own_header = SetResponseHeaderLayer::if_not_present;
    let (router, document) = described().split_for_parts();
    openapi::keep(&document);
    router
        .route("/api/v1/openapi.json", get(openapi::show))
        .method_not_allowed_fallback(async || Problem::Method)
        .route("/api/{*rest}", any(async || Problem::nothing_here()))
        .route("/api", any(async || Problem::nothing_here()))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        // What one token may see is no business of a cache that others use too.
        .layer(own_header(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ))
        .layer(own_header(
            header::VARY,
            HeaderValue::from_static("authorization"),
        ))
}
