//! What is wrong, what was, and that an operator knows.

use axum::extract::{Path, State};
use axum::response::Response;

use super::error::{AdminError, sentence};
use super::frame::{Framing, done, undone};
use super::posted::Posted;
use super::signed_in::{Changes, Reads, SignedIn};
use crate::domain::alert::{Alert, AlertState};
use crate::domain::webhook::EventKind;
use crate::render::admin::alerts::{AlertRow, AlertsPage};
use crate::render::admin::frame::{State as Shown, Tone};
use crate::render::admin::nav::Section;
use crate::render::admin::when::When;
use crate::services::alerts::{self as service, AlertError};
use crate::store::{alerts, webhooks};
use crate::web::Web;

const PATH: &str = "/admin/alerts";
/// The latest that are read, open or over.
const LATEST: i64 = 100;

/// `GET /admin/alerts`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
) -> Result<Response, AdminError> {
    let framing = me.frame(Section::Alerts, "Alerts").await?;
    let mut tx = me.deps.store.read().await?;
    let open = alerts::opened(&mut tx).await?;
    let latest = alerts::latest(&mut tx, LATEST).await?;
    let listening = webhooks::listening(&mut tx).await?;
    drop(tx);
    let told = me.deps.limits.alerts.to.iter();
    let hears = |kind| listening.iter().filter(move |w| w.events.has(kind));
    let page = AlertsPage {
        may_change: me.may::<Changes>(),
        open: open.iter().map(|alert| row(alert, &framing)).collect(),
        over: latest
            .iter()
            .filter(|alert| alert.closed_at.is_some())
            .map(|alert| row(alert, &framing))
            .collect(),
        told: told.map(ToString::to_string).collect(),
        webhooks: hears(EventKind::AlertOpened).count(),
        frame: framing.frame,
    };
    me.page(&web, &page)
}

/// An alert in the zone of the publication at hand.
pub(super) fn row(alert: &Alert, framing: &Framing) -> AlertRow {
    let tone = match alert.state() {
        AlertState::Over => Tone::Calm,
        AlertState::Acknowledged => Tone::Warn,
        AlertState::Open => Tone::Bad,
    };
    let mut all = framing.publications.iter();
    let publication = all.find(|p| Some(p.id) == alert.publication);
    AlertRow {
        id: alert.id.to_string(),
        state: Shown::new(alert.state(), tone),
        kind: alert.kind.to_string(),
        summary: alert.summary.clone(),
        publication: publication.map(|p| p.name.clone()),
        opened: When::at(alert.opened_at, framing.zone),
        told: When::maybe(alert.told_at, framing.zone),
        closed: When::maybe(alert.closed_at, framing.zone),
        is_unknown: alert.state() == AlertState::Open,
    }
}

/// `POST /admin/alerts/{id}/acknowledge`
pub(super) async fn acknowledge(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let id = id.parse().map_err(|_| AdminError::NotFound)?;
    match service::acknowledge(&me.deps, id).await {
        Ok(_) => Ok(done(&web, PATH, "Nobody is reminded of it any more.")),
        Err(AlertError::Store(error)) => Err(error.into()),
        Err(AlertError::Unknown(_)) => Err(AdminError::NotFound),
        Err(error) => Ok(undone(&web, PATH, sentence(&error.to_string()))),
    }
}
