//! A mail has come back, or its reader complains of it: that is kept once, and addresses to which
//! nothing should be sent get nothing more.

use chrono::TimeDelta;
use ring::digest;
use serde_json::json;

use super::tell::{Listeners, News};
use super::{Deps, suppress, unsubscribe};
use crate::domain::bounce::{Report, ReportKind};
use crate::domain::bounced::{BounceSource, Subject, suppression};
use crate::domain::ids::{BounceId, NoticeId};
use crate::domain::subscription::LeaveReason;
use crate::domain::suppression::SuppressionReason;
use crate::domain::webhook::EventKind;
use crate::store::bounces::{self, About, Bounce};
use crate::store::{
    StoreError, Tx, address_changes, notices, publications, subscriptions, suppressions,
};

mod refused;

pub use refused::look_through;

/// When mails are taken to be over for good, and how long they count.
#[derive(Debug, Clone, Copy, Default)]
pub struct BounceLimits {
    /// Mails that bounced softly; 0 for never.
    pub soft: u32,
    pub soft_days: u32,
}

/// What came of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Kept; the address gets no more mail for this reason, if for any.
    Kept(Option<SuppressionReason>),
    /// It was there already.
    Known,
    /// Whoever it was about is gone, or it is no bounce and no complaint.
    Nothing,
}

/// Keeps a report about somebody's mail and acts on it, in the caller's transaction.
pub(super) async fn record(
    deps: &Deps,
    tx: &mut Tx,
    report: &Report,
    about: &About,
    notice: Option<NoticeId>,
    source: BounceSource,
) -> Result<Recorded, StoreError> {
    let kind = report.kind;
    if about.is_gone
        || !matches!(
            kind,
            ReportKind::Hard | ReportKind::Soft | ReportKind::Complaint
        )
    {
        return Ok(Recorded::Nothing);
    }
    // First of all locks, so that two reports at once do not wait for each other.
    suppressions::lock_out(tx).await?;
    let bounce = Bounce {
        id: deps.new_id(BounceId::new),
        key: key(report, about, notice),
        kind,
        reason: report.reason,
        status: report.status.clone(),
        diagnostic: report.diagnostic.clone(),
        source,
        received_at: deps.now(),
    };
    if !bounces::insert(tx, &bounce, about).await? {
        return Ok(Recorded::Known);
    }
    let subject = match (about.delivery, notice) {
        (Some(_), _) => Subject::Delivery,
        (None, Some(_)) => Subject::Notice,
        (None, None) => Subject::Reader,
    };
    if let (Some(notice), ReportKind::Hard) = (notice, kind) {
        let reply = bounce.diagnostic.as_deref().or(bounce.status.as_deref());
        let reply = format!("came back: {}", reply.unwrap_or(bounce.reason.as_str()));
        notices::came_back(tx, notice, &reply).await?;
    }
    let reason = reason(deps, tx, kind, subject, about).await?;
    if let Some(reason) = reason {
        suppress::add_in(deps, tx, &about.email, reason, Some(source.as_str())).await?;
    }
    if kind == ReportKind::Complaint {
        withdraw(deps, tx, about).await?;
    }
    tell(deps, tx, &bounce, about, reason).await?;
    tracing::info!(
        subscription = %about.subscription, delivery = ?about.delivery.map(|id| id.0), %kind,
        reason = %bounce.reason, suppressed = reason.is_some(), "a mail came back"
    );
    Ok(Recorded::Kept(reason))
}

/// The same report has the same key, by whichever way and however often it comes.
fn key(report: &Report, about: &About, notice: Option<NoticeId>) -> Vec<u8> {
    let whose = json!([about.subscription, about.delivery, notice]);
    let what = json!([
        whose,
        report.kind,
        report.reason,
        report.status,
        report.diagnostic,
    ]);
    let hash = digest::digest(&digest::SHA256, what.to_string().as_bytes());
    hash.as_ref().to_vec()
}

async fn reason(
    deps: &Deps,
    tx: &mut Tx,
    kind: ReportKind,
    subject: Subject,
    about: &About,
) -> Result<Option<SuppressionReason>, StoreError> {
    let limits = deps.limits.bounces;
    let soft = if kind == ReportKind::Soft {
        let since = deps.now() - TimeDelta::days(limits.soft_days.into());
        bounces::soft_mails(tx, about.subscriber, since).await?
    } else {
        0
    };
    let reason = suppression(kind, subject, soft, limits.soft);
    // The mail went to another address, which gets none any more.
    if reason.is_some() && has_moved(tx, about).await? {
        return Ok(None);
    }
    Ok(reason)
}

/// Whether the reader's address has changed since the mail went out.
async fn has_moved(tx: &mut Tx, about: &About) -> Result<bool, StoreError> {
    let Some(sent_at) = about.sent_at else {
        return Ok(false);
    };
    let changes = address_changes::of_subscriber(tx, about.subscriber).await?;
    Ok(changes
        .iter()
        .any(|change| change.changed_at > sent_at && change.undone_at.is_none()))
}

/// Who complains has withdrawn their consent, whatever becomes of the suppression.
async fn withdraw(deps: &Deps, tx: &mut Tx, about: &About) -> Result<(), StoreError> {
    let (Some(place), Some(publication)) = (
        subscriptions::find(tx, about.subscription).await?,
        publications::find(tx, about.publication).await?,
    ) else {
        return Ok(());
    };
    let reason = LeaveReason::Complaint;
    unsubscribe::end(deps, tx, &publication, &place, reason, about.delivery)
        .await
        .map(drop)
}

async fn tell(
    deps: &Deps,
    tx: &mut Tx,
    bounce: &Bounce,
    about: &About,
    suppressed: Option<SuppressionReason>,
) -> Result<(), StoreError> {
    let kind = match bounce.kind {
        ReportKind::Complaint => EventKind::DeliveryComplained,
        _ => EventKind::DeliveryBounced,
    };
    let publication = publications::find(tx, about.publication).await?;
    let news = News {
        kind,
        publication: Some(about.publication),
        subscriber: Some(about.subscriber),
        data: json!({
            "publication": publication.map(|publication| publication.slug),
            "issue": about.issue,
            "delivery": about.delivery,
            "subscriber": about.subscriber,
            "subscription": about.subscription,
            "kind": bounce.kind,
            "reason": bounce.reason,
            // Servers like to repeat the address in their words: the code tells enough.
            "status": bounce.status,
            "suppressed": suppressed,
        }),
    };
    let listeners = Listeners::read(tx).await?;
    listeners.tell(deps, tx, vec![news]).await.map(drop)
}
