//! Alerts: what is wrong is looked for in the rows, opens one alert for each thing, is told once,
//! reminded of daily, and told to be over.

mod check;
mod rates;
mod tell;

use chrono::TimeDelta;
use serde_json::json;
use thiserror::Error;

use super::audit::note;
use super::tell::Listeners;
use super::{Deps, tell as events};
use crate::domain::alert::{Alert, Finding};
use crate::domain::audit::{Change, Kind};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::AlertId;
use crate::domain::publication::Mailbox;
use crate::store::{StoreError, Tx, alerts as rows, publications};

pub(super) use check::open_failing;
pub use check::{check, note_relays};
pub use tell::tell;

/// What counts as trouble, and who is told; `None` and 0 mean that nobody looks.
#[derive(Debug, Clone, Default)]
pub struct AlertLimits {
    pub to: Vec<EmailAddress>,
    /// The sender; `None` for that of the oldest publication.
    pub from: Option<Mailbox>,
    pub digest_late: Option<TimeDelta>,
    pub digest_empty: bool,
    pub feed_failures: u32,
    pub relay_down: Option<TimeDelta>,
    pub failure_percent: u32,
    pub failure_minimum: u32,
    pub queue_late: Option<TimeDelta>,
    /// Of a hundred mails of an issue, those that came back; from then on it pauses itself.
    pub bounce_percent: f64,
    /// The same for readers who complained.
    pub complaint_percent: f64,
    /// How long a mail waits for what else may come.
    pub collect: TimeDelta,
}

/// Why an alert was left as it is.
#[derive(Debug, Error)]
pub enum AlertError {
    #[error("there is no alert {0}; `paperround alert list` shows them")]
    Unknown(AlertId),
    #[error("the alert is over; nothing is left to acknowledge")]
    Over,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An operator knows of an alert: nobody is reminded of it any more.
pub async fn acknowledge(deps: &Deps, id: AlertId) -> Result<Alert, AlertError> {
    let mut tx = deps.store.begin().await?;
    let now = deps.now();
    let is_news = rows::acknowledge(&mut tx, id, now).await?;
    let found = rows::find(&mut tx, id).await?;
    let alert = found.ok_or(AlertError::Unknown(id))?;
    if alert.closed_at.is_some() {
        return Err(AlertError::Over);
    }
    if is_news {
        let entry = Change::of("acknowledge", Kind::Alert, alert.id);
        let entry = entry.to(json!({ "kind": alert.kind, "summary": alert.summary }));
        let entry = match alert.publication {
            Some(publication) => entry.within(publication),
            None => entry,
        };
        note(deps, &mut tx, entry).await?;
    }
    tx.commit().await?;
    Ok(alert)
}

/// Opens an alert in the caller's transaction; false where one is open on the same thing.
pub(super) async fn open(deps: &Deps, tx: &mut Tx, finding: &Finding) -> Result<bool, StoreError> {
    let alert = Alert {
        id: deps.new_id(AlertId::new),
        kind: finding.kind,
        subject: finding.subject.clone(),
        publication: finding.publication,
        summary: finding.summary.clone(),
        opened_at: deps.now(),
        told_at: None,
        reminded_at: None,
        acknowledged_at: None,
        closed_at: None,
    };
    if !rows::open(tx, &alert).await? {
        return Ok(false);
    }
    tracing::error!(alert = %alert.id, kind = %alert.kind, summary = %alert.summary, "alert");
    let listeners = Listeners::read(tx).await?;
    events::alert(deps, tx, &listeners, &alert).await?;
    Ok(true)
}

async fn close(deps: &Deps, tx: &mut Tx, mut alert: Alert) -> Result<(), StoreError> {
    let now = deps.now();
    if rows::close(tx, alert.id, now).await? {
        tracing::info!(alert = %alert.id, kind = %alert.kind, summary = %alert.summary, "alert is over");
        alert.closed_at = Some(now);
        let listeners = Listeners::read(tx).await?;
        events::alert(deps, tx, &listeners, &alert).await?;
    }
    Ok(())
}

/// Who writes to operators: as set, else the oldest publication.
pub(super) async fn sender(deps: &Deps) -> Result<Option<Mailbox>, StoreError> {
    if let Some(from) = &deps.limits.alerts.from {
        return Ok(Some(from.clone()));
    }
    let mut tx = deps.store.read().await?;
    let all = publications::list(&mut tx).await?;
    let oldest = all.into_iter().min_by_key(|publication| publication.id);
    Ok(oldest.map(|publication| publication.from))
}
