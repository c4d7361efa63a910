//! Too many mails of an issue come back, or too many of its readers complain: providers hold that
//! against the sender.

use chrono::TimeDelta;

use crate::domain::alert::{AlertKind, Finding};
use crate::domain::bounced::is_over;
use crate::domain::ids::{IssueId, PublicationId};
use crate::services::{Deps, control_issue};
use crate::store::bounces::{self, Rate};
use crate::store::{StoreError, Tx, issues};

/// How long after the last report an issue is looked at.
const RECENT: TimeDelta = TimeDelta::days(3);

/// Issues that are over a limit.
pub(super) async fn look(
    deps: &Deps,
    tx: &mut Tx,
    found: &mut Vec<Finding>,
) -> Result<(), StoreError> {
    for rate in bounces::rates(tx, deps.now() - RECENT).await? {
        let sent = issues::counts(tx, IssueId(rate.issue)).await?.sent;
        found.extend(over(deps, &rate, sent));
    }
    Ok(())
}

fn over(deps: &Deps, rate: &Rate, sent: i64) -> impl Iterator<Item = Finding> {
    let limits = &deps.limits.alerts;
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    let name = &rate.name;
    let finding = |kind, count: i64, limit: f64, what: &str| {
        is_over(number(count), number(sent), limit, limits.failure_minimum).then(|| Finding {
            kind,
            subject: rate.issue.to_string(),
            publication: Some(PublicationId(rate.publication)),
            summary: format!(
                "of {sent} mails of an issue of {name} {count} {what} (limit: {limit} %)"
            ),
        })
    };
    let (bounced, complained) = (limits.bounce_percent, limits.complaint_percent);
    let bounces = finding(AlertKind::BounceRate, rate.bounced, bounced, "came back");
    let what = "led to a complaint";
    let complaints = finding(AlertKind::ComplaintRate, rate.complained, complained, what);
    [bounces, complaints].into_iter().flatten()
}

/// Stops an issue for which such an alert has just been opened. Once it was resumed, the alert that is
/// open already stops it no more.
pub(super) async fn stop(deps: &Deps, tx: &mut Tx, finding: &Finding) -> Result<(), StoreError> {
    let is_rate = matches!(
        finding.kind,
        AlertKind::BounceRate | AlertKind::ComplaintRate
    );
    if let Ok(id) = finding.subject.parse::<IssueId>()
        && is_rate
    {
        control_issue::pause_itself(deps, tx, id, &finding.summary).await?;
    }
    Ok(())
}
