//! Somebody whose address others typed into a form wants no mail at all: the link in the mail that
//! asks to confirm suppresses the address, and its page takes that back.

use std::net::IpAddr;

use super::unsubscribe::{Reader, find_in};
use super::{Deps, suppress};
use crate::domain::funnel::FunnelStep;
use crate::domain::subscription::{ConsentKind, SubscriptionState, truncated};
use crate::domain::suppression::SuppressionReason;
use crate::domain::token::Purpose;
use crate::store::consents::{self, Consent};
use crate::store::funnel::{self, Steps};
use crate::store::{StoreError, Tx, suppressions};

/// What stands in the evidence and beside the suppression.
const SOURCE: &str = "never-mail link";

/// Whether the address gets mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Open,
    /// The reader stopped it, and may take that back.
    Stopped,
    /// It was stopped in another way: by a bounce, a complaint or an operator.
    StoppedByOthers,
}

/// Reads a signed link; changes nothing. `None` where it is not one of ours.
pub async fn find(deps: &Deps, token: &str) -> Result<Option<(Reader, Standing)>, StoreError> {
    let mut tx = deps.store.read().await?;
    let Some(reader) = find_in(deps, &mut tx, token, Purpose::NeverMail).await? else {
        return Ok(None);
    };
    let standing = standing(deps, &mut tx, &reader).await?;
    Ok(Some((reader, standing)))
}

/// Suppresses the address, and skips what is on its way to it. A second press changes nothing.
pub async fn stop(
    deps: &Deps,
    token: &str,
    address: IpAddr,
) -> Result<Option<(Reader, Standing)>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let Some(reader) = find_in(deps, &mut tx, token, Purpose::NeverMail).await? else {
        return Ok(None);
    };
    let email = &reader.subscriber.email;
    let reason = SuppressionReason::Reader;
    if suppress::add_in(deps, &mut tx, email, reason, Some(SOURCE)).await? {
        note(deps, &mut tx, &reader, ConsentKind::Refused, address).await?;
        if reader.subscription.state == SubscriptionState::Pending {
            let steps = Steps::one(reader.publication.id, FunnelStep::Refused);
            funnel::count(&mut tx, &steps, deps.now()).await?;
        }
    }
    let standing = standing(deps, &mut tx, &reader).await?;
    tx.commit().await?;
    Ok(Some((reader, standing)))
}

/// Takes it back, where it was the reader who stopped the mail.
pub async fn undo(
    deps: &Deps,
    token: &str,
    address: IpAddr,
) -> Result<Option<(Reader, Standing)>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let Some(reader) = find_in(deps, &mut tx, token, Purpose::NeverMail).await? else {
        return Ok(None);
    };
    suppressions::lock_out(&mut tx).await?;
    if standing(deps, &mut tx, &reader).await? == Standing::Stopped {
        let email = &reader.subscriber.email;
        let hash = deps.keys.email_hash(email);
        suppressions::remove(&mut tx, hash, email).await?;
        note(deps, &mut tx, &reader, ConsentKind::Restored, address).await?;
        tracing::info!(%hash, "a reader allows mail again");
    }
    let standing = standing(deps, &mut tx, &reader).await?;
    tx.commit().await?;
    Ok(Some((reader, standing)))
}

async fn standing(deps: &Deps, tx: &mut Tx, reader: &Reader) -> Result<Standing, StoreError> {
    let hash = deps.keys.email_hash(&reader.subscriber.email);
    let found = suppressions::find(tx, hash).await?;
    Ok(match found.map(|suppression| suppression.reason) {
        None => Standing::Open,
        Some(SuppressionReason::Reader) => Standing::Stopped,
        Some(_) => Standing::StoppedByOthers,
    })
}

async fn note(
    deps: &Deps,
    tx: &mut Tx,
    reader: &Reader,
    kind: ConsentKind,
    address: IpAddr,
) -> Result<(), StoreError> {
    let evidence = Consent {
        subscription: reader.subscription.id,
        kind,
        at: deps.now(),
        text_version: None,
        network: Some(&truncated(address)),
        source: Some(SOURCE),
        detail: None,
    };
    consents::append(tx, &evidence).await
}
