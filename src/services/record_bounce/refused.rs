//! Mails that relays refused for good while they were sent: bounces like those that come back later.

use chrono::TimeDelta;

use super::{Recorded, record};
use crate::domain::alert::is_failing;
use crate::domain::bounce::Report;
use crate::domain::bounce::diagnosis::{self, Evidence};
use crate::domain::bounced::BounceSource;
use crate::domain::delivery::{Reply, is_about_us};
use crate::domain::ids::{DeliveryId, IssueId};
use crate::services::Deps;
use crate::store::bounces::{self, Refused};
use crate::store::{StoreError, Tx, issues};

/// What is on its way when an issue is cancelled has ended by then.
const SETTLED: TimeDelta = TimeDelta::seconds(10);
/// Issues that one call looks through.
const ISSUES: i64 = 4;
/// Mails in one transaction, so that sign-ups get their turn.
const BATCH: i64 = 200;

/// Looks through the mails that were refused in issues that have ended. Not while they go out: an issue
/// of which too many are refused says more about the relay than about its readers.
pub async fn look_through(deps: &Deps) -> Result<(), StoreError> {
    let mut tx = deps.store.read().await?;
    let due = bounces::unlooked(&mut tx, deps.now() - SETTLED, ISSUES).await?;
    drop(tx);
    for issue in due {
        look(deps, issue).await?;
    }
    Ok(())
}

async fn look(deps: &Deps, issue: IssueId) -> Result<(), StoreError> {
    let mut tx = deps.store.read().await?;
    let counts = issues::counts(&mut tx, issue).await?;
    drop(tx);
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    let (failed, ended) = (number(counts.failed), number(counts.failed + counts.sent));
    let limits = &deps.limits.alerts;
    let is_suspect = is_failing(
        failed,
        ended,
        limits.failure_percent,
        limits.failure_minimum,
    );
    if is_suspect {
        tracing::warn!(%issue, failed, ended,
            "so many mails were refused that no address is suppressed for it");
    }
    if !is_suspect {
        take_all(deps, issue).await?;
    }
    let mut tx = deps.store.begin().await?;
    bounces::looked_through(&mut tx, issue, deps.now()).await?;
    tx.commit().await
}

async fn take_all(deps: &Deps, issue: IssueId) -> Result<(), StoreError> {
    let mut after = DeliveryId(0);
    loop {
        let mut tx = deps.store.begin().await?;
        let batch = bounces::refused(&mut tx, issue, after, BATCH).await?;
        let Some(last) = batch.last() else {
            return Ok(());
        };
        after = last.delivery;
        let mut kept = 0_u32;
        for mail in &batch {
            kept += u32::from(take(deps, &mut tx, mail).await?);
        }
        if kept > 0 {
            tx.commit().await?;
            tokio::time::sleep(deps.store.breather()).await;
        }
    }
}

/// Keeps one refusal, unless it is about us; whether that wrote anything.
async fn take(deps: &Deps, tx: &mut Tx, mail: &Refused) -> Result<bool, StoreError> {
    let reply = Reply {
        code: mail.code,
        enhanced: mail.enhanced.clone(),
        text: mail.text.clone(),
    };
    if is_about_us(&reply) {
        return Ok(false);
    }
    let reason = diagnosis::reason(&Evidence {
        status: mail.enhanced.as_deref(),
        said: &reply.to_string(),
        told: "",
    });
    let kind = reason.failure();
    let Some(about) = bounces::about_delivery(tx, mail.delivery).await? else {
        return Ok(false);
    };
    let report = Report {
        status: mail.enhanced.clone(),
        diagnostic: Some(mail.text.clone()),
        ..Report::new(kind, reason)
    };
    let recorded = record(deps, tx, &report, &about, None, BounceSource::Refused).await?;
    Ok(matches!(recorded, Recorded::Kept(_)))
}
