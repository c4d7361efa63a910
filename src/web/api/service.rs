//! `/api/v1/settings` and `/api/v1/relays`: the service itself, to read.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::caller::{Caller, Owner};
use super::page::shown;
use super::problem::Problem;
use super::schemas::RelayStateWord;
use crate::services::deliver::Condition;
use crate::store::publications;
use crate::web::Web;

/// The settings in force; they are changed in the file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Settings {
    /// Of the program.
    version: &'static str,
    /// By section, as in the file; secrets are redacted.
    #[schema(value_type = Object)]
    settings: Value,
}

/// A server that mail is handed to.
#[derive(Debug, Serialize, ToSchema)]
struct Relay {
    name: String,
    state: RelayStateWord,
    /// What was last wrong with it.
    trouble: Option<String>,
    /// Its share of the mails.
    weight: u32,
    /// Whether it is used only where no other works.
    backup: bool,
    /// The slugs of the publications that use no others.
    publications: Vec<String>,
}

/// All of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Relays {
    items: Vec<Relay>,
}

/// Shows the settings in force in the process that answers, secrets redacted.
///
/// For a token that reaches all publications.
#[utoipa::path(get, path = "/api/v1/settings", tag = "Service", operation_id = "showSettings",
    security(("token" = ["owner"])),
    responses((status = 200, description = "The settings.", body = Settings)))]
pub(super) async fn settings(
    State(web): State<Web>,
    Owner(caller): Owner,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.must_reach_all()?;
    let view = Settings {
        version: env!("CARGO_PKG_VERSION"),
        settings: (*web.deps.plans.current().settings).clone(),
    };
    Ok(shown(&headers, &view))
}

/// Lists the relays of the settings, as the process that answers sees them.
///
/// For a token that reaches all publications.
#[utoipa::path(get, path = "/api/v1/relays", tag = "Service", operation_id = "listRelays",
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The relays.", body = Relays)))]
pub(super) async fn relays(
    State(web): State<Web>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.must_reach_all()?;
    let mut tx = web.deps.store.read().await?;
    let all = publications::list(&mut tx).await?;
    drop(tx);
    let view = |relay: Condition| {
        let bound = all.iter().filter(|p| p.relays.contains(&relay.name));
        Relay {
            state: relay.relay_state().into(),
            publications: bound.map(|p| p.slug.to_string()).collect(),
            name: relay.name,
            trouble: relay.trouble,
            weight: relay.weight,
            backup: relay.is_backup,
        }
    };
    let relays = web.deps.present().routes.conditions();
    let items = relays.into_iter().map(view).collect();
    Ok(shown(&headers, &Relays { items }))
}
