//! A mail has come to one of the addresses that our mails name: a report about a mail, or the wish to
//! leave. What it says is in the rows before its sender hears that it was taken. Whoever asks for
//! something must hold a signature of ours: from the return path, or from the mail that the report
//! quotes. A file from an operator and the call of a provider may go without one.

use super::record_bounce::{Recorded, record};
use super::{Deps, unsubscribe};
use crate::domain::bounce::{Reason, Report, ReportKind};
use crate::domain::bounced::{BounceSource, Received};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{DeliveryId, NoticeId, SubscriptionId};
use crate::domain::return_address::ReturnAddress;
use crate::domain::suppression::SuppressionReason;
use crate::domain::token::Purpose;
use crate::store::bounces::{self, About};
use crate::store::{StoreError, Tx, subscribers, subscriptions};

/// Addresses at the domain of the return paths that take reports without naming a mail: those that
/// are given to mailbox providers for complaints, and those that every domain must have (RFC 2142).
const GENERAL: [&str; 6] = [
    "abuse",
    "bounces",
    "complaints",
    "feedback",
    "mailer-daemon",
    "postmaster",
];

/// A mail that has come.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// The address that the server delivers to, where it tells.
    pub recipient: Option<&'a str>,
    /// What the mail says.
    pub report: &'a Report,
    /// Its return path is empty, as that of each report has to be (RFC 3464, 2).
    pub is_from_nobody: bool,
    /// Who vouches for it, where it needs no signature: an operator, or a provider who calls.
    pub vouched: Option<BounceSource>,
}

/// Whether mail to an address is for us.
pub fn is_ours(deps: &Deps, address: &str) -> bool {
    local_of(deps, address)
        .is_some_and(|local| is_general(local) || deps.keys.read_local_part(local).is_ok())
}

fn is_general(local: &str) -> bool {
    GENERAL
        .iter()
        .any(|known| local.eq_ignore_ascii_case(known))
}

/// The local part of an address at the domain of the return paths.
fn local_of<'a>(deps: &Deps, address: &'a str) -> Option<&'a str> {
    let (local, domain) = address.trim().rsplit_once('@')?;
    let ours = deps.limits.return_path_domain.as_deref()?;
    domain.eq_ignore_ascii_case(ours).then_some(local)
}

/// Takes a mail in.
pub async fn receive(deps: &Deps, mail: Incoming<'_>) -> Result<Received, StoreError> {
    let report = mail.report;
    match address(deps, &mail) {
        Some(ReturnAddress::Leave(subscription, delivery)) => {
            // What programs write by themselves ends nobody's subscription (RFC 3834, 4); but those
            // that leave for a reader at the press of a button may mark their mails in the same way.
            let is_meant = report.kind == ReportKind::Other || report.wants_to_leave;
            if mail.is_from_nobody || !is_meant {
                return Ok(Received::Ignored);
            }
            leave(deps, subscription, delivery).await
        }
        Some(ReturnAddress::Bounce(id)) if is_wish(&mail) => {
            let mut tx = deps.store.read().await?;
            let about = bounces::about_delivery(&mut tx, id).await?;
            drop(tx);
            match about {
                Some(about) => leave(deps, about.subscription, Some(id)).await,
                None => Ok(Received::Unmatched),
            }
        }
        None if mail.vouched == Some(BounceSource::Webhook) && report.wants_to_leave => {
            leave_at_provider(deps, report).await
        }
        found => take_report(deps, &mail, found).await,
    }
}

/// A reader has left at a provider, which sends them nothing more: what the mail was of, or all of it where the
/// provider does not tell which mail it was.
async fn leave_at_provider(deps: &Deps, report: &Report) -> Result<Received, StoreError> {
    let mut tx = deps.store.read().await?;
    if let Some(about) = by_message_id(&mut tx, report).await? {
        drop(tx);
        return leave(deps, about.subscription, about.delivery).await;
    }
    let email = report
        .recipient
        .as_deref()
        .and_then(|to| to.parse::<EmailAddress>().ok());
    let places = match email {
        Some(email) => match subscribers::find_by_email(&mut tx, &email).await? {
            Some(subscriber) => subscriptions::of_subscriber(&mut tx, subscriber.id).await?,
            None => Vec::new(),
        },
        None => Vec::new(),
    };
    drop(tx);
    let mut received = Received::Unmatched;
    for place in places {
        received = leave(deps, place.id, None).await?;
    }
    Ok(received)
}

/// Whether a person answers a mail with the wish to get no more.
fn is_wish(mail: &Incoming<'_>) -> bool {
    !mail.is_from_nobody && mail.report.kind == ReportKind::Other && mail.report.wants_to_leave
}

/// Which of our addresses it came to.
fn address(deps: &Deps, mail: &Incoming<'_>) -> Option<ReturnAddress> {
    let read = |address: &str| deps.keys.read_local_part(local_of(deps, address)?).ok();
    match mail.recipient {
        Some(recipient) => read(recipient),
        None => mail.report.sent_to.iter().find_map(|to| read(to)),
    }
}

async fn leave(
    deps: &Deps,
    subscription: SubscriptionId,
    delivery: Option<DeliveryId>,
) -> Result<Received, StoreError> {
    let left = unsubscribe::leave_by_mail(deps, subscription, delivery).await?;
    Ok(left.map_or(Received::Unmatched, |_| Received::Left))
}

async fn take_report(
    deps: &Deps,
    mail: &Incoming<'_>,
    address: Option<ReturnAddress>,
) -> Result<Received, StoreError> {
    let report = mail.report;
    let is_report = matches!(
        report.kind,
        ReportKind::Hard | ReportKind::Soft | ReportKind::Complaint
    );
    // A server that still tries says later what came of it.
    if !is_report || report.reason == Reason::Delayed {
        return Ok(Received::Ignored);
    }
    let mut tx = deps.store.begin().await?;
    let Some((about, notice, source)) = whose(deps, &mut tx, mail, address).await? else {
        return Ok(Received::Unmatched);
    };
    let recorded = record(deps, &mut tx, report, &about, notice, source).await?;
    Ok(match recorded {
        Recorded::Kept(reason) => {
            tx.commit().await?;
            of_reason(reason)
        }
        Recorded::Known => Received::Known,
        Recorded::Nothing => Received::Ignored,
    })
}

fn of_reason(reason: Option<SuppressionReason>) -> Received {
    match reason {
        Some(_) => Received::Suppressed,
        None => Received::Recorded,
    }
}

/// Whose mail a report is about.
type Whose = (About, Option<NoticeId>, BounceSource);

async fn whose(
    deps: &Deps,
    tx: &mut Tx,
    mail: &Incoming<'_>,
    address: Option<ReturnAddress>,
) -> Result<Option<Whose>, StoreError> {
    let with = |source| move |about| (about, None, source);
    match address {
        Some(ReturnAddress::Bounce(id)) => {
            let about = bounces::about_delivery(tx, id).await?;
            return Ok(about.map(with(BounceSource::ReturnPath)));
        }
        Some(ReturnAddress::Notice(id)) => {
            let about = bounces::about_notice(tx, id).await?;
            return Ok(about.map(|about| (about, Some(id), BounceSource::ReturnPath)));
        }
        Some(ReturnAddress::Leave(..)) | None => {}
    }
    if let Some(about) = by_quoted_link(deps, tx, mail.report).await? {
        return Ok(Some(with(BounceSource::Feedback)(about)));
    }
    let Some(source) = mail.vouched else {
        return Ok(None);
    };
    let about = match by_message_id(tx, mail.report).await? {
        Some(about) => Some(about),
        None => by_recipient(tx, mail.report).await?,
    };
    Ok(about.map(with(source)))
}

/// The way out of the mail that a report quotes is signed, and names reader and mail (RFC 5965 has
/// such reports quote at least the header).
async fn by_quoted_link(
    deps: &Deps,
    tx: &mut Tx,
    report: &Report,
) -> Result<Option<About>, StoreError> {
    let Some(link) = report.unsubscribe.as_deref() else {
        return Ok(None);
    };
    let by_mail = link
        .strip_prefix("mailto:")
        .and_then(|rest| local_of(deps, rest.split('?').next()?))
        .and_then(|local| deps.keys.read_local_part(local).ok());
    let (subscription, delivery) = match by_mail {
        Some(ReturnAddress::Leave(subscription, delivery)) => (subscription, delivery),
        Some(_) => return Ok(None),
        None => {
            let token = link.rsplit_once("/unsubscribe/").map(|(_, token)| token);
            let token = token.unwrap_or_default();
            let token = token.split(['?', '#']).next().unwrap_or_default();
            match deps.keys.verify(token, Purpose::Unsubscribe) {
                Ok(link) => (link.subscription, link.delivery),
                Err(_) => return Ok(None),
            }
        }
    };
    if let Some(delivery) = delivery
        && let Some(about) = bounces::about_delivery(tx, delivery).await?
    {
        return Ok(Some(about));
    }
    bounces::about_subscription(tx, subscription).await
}

/// The Message-ID of a mail names issue and delivery, which anybody could make up.
async fn by_message_id(tx: &mut Tx, report: &Report) -> Result<Option<About>, StoreError> {
    let named = report.message_id.as_deref().and_then(|id| {
        let (issue, rest) = id.split_once('.')?;
        let delivery: i64 = rest.split_once('@')?.0.parse().ok()?;
        Some((issue.to_ascii_lowercase(), DeliveryId(delivery)))
    });
    let Some((issue, delivery)) = named else {
        return Ok(None);
    };
    let about = bounces::about_delivery(tx, delivery).await?;
    let is_same = |about: &About| {
        about
            .issue
            .is_some_and(|id| id.0.simple().to_string() == issue)
    };
    Ok(about.filter(is_same))
}

/// The reader with the address, in the publication that they joined last.
async fn by_recipient(tx: &mut Tx, report: &Report) -> Result<Option<About>, StoreError> {
    let named = [&report.original_recipient, &report.recipient];
    for address in named.into_iter().flatten() {
        let Ok(email) = address.parse::<EmailAddress>() else {
            continue;
        };
        let Some(subscriber) = subscribers::find_by_email(tx, &email).await? else {
            continue;
        };
        let places = subscriptions::of_subscriber(tx, subscriber.id).await?;
        if let Some(place) = places.iter().max_by_key(|place| place.created_at) {
            return bounces::about_subscription(tx, place.id).await;
        }
    }
    Ok(None)
}
