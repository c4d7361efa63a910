//! The relays of the settings, as this process sees them.

use axum::extract::State;
use axum::response::Response;

use super::error::AdminError;
use super::signed_in::{Reads, SignedIn};
use super::words;
use crate::render::admin::nav::Section;
use crate::render::admin::service::{RelayLine, RelaysPage};
use crate::services::deliver::Condition;
use crate::web::Web;

/// `GET /admin/relays`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
) -> Result<Response, AdminError> {
    let framing = me.frame(Section::Relays, "Relays").await?;
    let line = |relay: Condition| {
        let all = framing.publications.iter();
        let bound = all.filter(|p| p.relays.contains(&relay.name));
        RelayLine {
            state: words::of_relay(&relay),
            publications: bound.map(|p| p.name.clone()).collect(),
            name: relay.name,
            trouble: relay.trouble,
            weight: relay.weight,
            is_backup: relay.is_backup,
        }
    };
    let relays = me.deps.present().routes.conditions();
    let page = RelaysPage {
        relays: relays.into_iter().map(line).collect(),
        frame: framing.frame,
    };
    me.page(&web, &page)
}
