//! Writes the mails of alerts: one for all that came within some minutes, as a notice to each
//! recipient, which is sent and tried again like any other.

use super::super::Deps;
use crate::domain::alert::{Alert, AlertLine, REMIND_AFTER, Said};
use crate::domain::clock::Time;
use crate::domain::ids::{NoticeId, new_uuid};
use crate::domain::job::Job;
use crate::store::{StoreError, Tx, alerts as rows, holds, notices};

/// Writes a mail where there is something to tell and it has waited long enough. Told is what stands
/// in a mail: a row is in one mail of each kind, whoever looks at the same time.
pub async fn tell(deps: &Deps) -> Result<(), StoreError> {
    if deps.limits.alerts.to.is_empty() {
        return Ok(());
    }
    let mut tx = deps.store.read().await?;
    if holds::find(&mut tx).await?.is_some() {
        return Ok(());
    }
    let opened = rows::opened(&mut tx).await?;
    let over = rows::over(&mut tx).await?;
    drop(tx);
    if !is_time(deps, &opened, &over) {
        return Ok(());
    }
    let mut tx = deps.store.begin().await?;
    let mut lines = Vec::new();
    for alert in &opened {
        lines.extend(opened_line(deps, &mut tx, alert).await?);
    }
    for alert in &over {
        if rows::over_told(&mut tx, alert.id, deps.now()).await? {
            lines.push(line(alert, Said::Over));
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    let jobs = write(deps, &mut tx, &lines).await?;
    tx.commit().await?;
    for job in &jobs {
        deps.wake(job);
    }
    Ok(())
}

/// Whether a mail is due: news that has waited for its like, or an alert to be reminded of.
fn is_time(deps: &Deps, opened: &[Alert], over: &[Alert]) -> bool {
    let now = deps.now();
    let fresh = opened.iter().filter(|alert| alert.told_at.is_none());
    let news = fresh
        .map(|alert| alert.opened_at)
        .chain(over.iter().filter_map(|alert| alert.closed_at));
    let has_waited = |at: Time| at + deps.limits.alerts.collect <= now;
    news.min().is_some_and(has_waited) || opened.iter().any(|alert| is_to_remind(alert, now))
}

fn is_to_remind(alert: &Alert, now: Time) -> bool {
    let last = alert.reminded_at.or(alert.told_at);
    alert.acknowledged_at.is_none() && last.is_some_and(|last| last + REMIND_AFTER <= now)
}

async fn opened_line(
    deps: &Deps,
    tx: &mut Tx,
    alert: &Alert,
) -> Result<Option<AlertLine>, StoreError> {
    let now = deps.now();
    if alert.told_at.is_none() {
        let is_mine = rows::told(tx, alert.id, now).await?;
        return Ok(is_mine.then(|| line(alert, Said::Opened)));
    }
    if is_to_remind(alert, now) && rows::reminded(tx, alert.id, now - REMIND_AFTER, now).await? {
        return Ok(Some(line(alert, Said::Reminded)));
    }
    Ok(None)
}

fn line(alert: &Alert, said: Said) -> AlertLine {
    AlertLine {
        said,
        kind: alert.kind,
        summary: alert.summary.clone(),
        opened_at: alert.opened_at,
        closed_at: alert.closed_at,
    }
}

async fn write(deps: &Deps, tx: &mut Tx, lines: &[AlertLine]) -> Result<Vec<Job>, StoreError> {
    let now = deps.now();
    let mail = new_uuid(&*deps.clock, &*deps.random);
    rows::insert_mail(tx, mail, lines, now).await?;
    let mut jobs = Vec::new();
    for recipient in &deps.limits.alerts.to {
        let notice = deps.new_id(NoticeId::new);
        notices::insert_alert(tx, notice, mail, recipient, now).await?;
        let job = Job::SendNotice { notice };
        deps.push(tx, &job).await?;
        jobs.push(job);
    }
    Ok(jobs)
}
