//! Somebody whose address others typed into a form wants no mail at all: the link in the mail that
//! asks to confirm suppresses the address, and its page takes that back.

use std::net::IpAddr;

use super::unsubscribe::find_in;
use super::{Deps, forgotten, suppress};
use crate::domain::email_address::EmailAddress;
use crate::domain::funnel::FunnelStep;
use crate::domain::ids::SubscriptionId;
use crate::domain::publication::Publication;
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

/// Whose address it is, and for which publication somebody typed it in.
#[derive(Debug, Clone)]
pub struct Asked {
    pub publication: Publication,
    pub email: EmailAddress,
    pub language: Option<String>,
    /// `None` once the sign-up is forgotten.
    subscription: Option<(SubscriptionId, SubscriptionState)>,
}

/// Reads a signed link; changes nothing. `None` where it is not one of ours.
pub async fn find(deps: &Deps, token: &str) -> Result<Option<(Asked, Standing)>, StoreError> {
    let mut tx = deps.store.read().await?;
    let Some(asked) = asked(deps, &mut tx, token).await? else {
        return Ok(None);
    };
    let standing = standing(deps, &mut tx, &asked).await?;
    Ok(Some((asked, standing)))
}

async fn asked(deps: &Deps, tx: &mut Tx, token: &str) -> Result<Option<Asked>, StoreError> {
    if let Some(reader) = find_in(deps, tx, token, Purpose::NeverMail).await? {
        let subscription = reader.subscription;
        return Ok(Some(Asked {
            publication: reader.publication,
            email: reader.subscriber.email,
            language: subscription.language,
            subscription: Some((subscription.id, subscription.state)),
        }));
    }
    if deps.keys.verify(token, Purpose::NeverMail).is_err() {
        return Ok(None);
    }
    let old = forgotten::find_in(tx, token).await?;
    Ok(old.map(|old| Asked {
        publication: old.publication,
        email: old.email,
        language: old.language,
        subscription: None,
    }))
}

/// Suppresses the address, and skips what is on its way to it. A second press changes nothing.
pub async fn stop(
    deps: &Deps,
    token: &str,
    address: IpAddr,
) -> Result<Option<(Asked, Standing)>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let Some(asked) = asked(deps, &mut tx, token).await? else {
        return Ok(None);
    };
    let reason = SuppressionReason::Reader;
    if suppress::add_in(deps, &mut tx, &asked.email, reason, Some(SOURCE)).await? {
        note(deps, &mut tx, &asked, ConsentKind::Refused, address).await?;
        if let Some((_, SubscriptionState::Pending)) = asked.subscription {
            let steps = Steps::one(asked.publication.id, FunnelStep::Refused);
            funnel::count(&mut tx, &steps, deps.now()).await?;
        }
    }
    let standing = standing(deps, &mut tx, &asked).await?;
    tx.commit().await?;
    Ok(Some((asked, standing)))
}

/// Takes it back, where it was the reader who stopped the mail.
pub async fn undo(
    deps: &Deps,
    token: &str,
    address: IpAddr,
) -> Result<Option<(Asked, Standing)>, StoreError> {
    let mut tx = deps.store.begin().await?;
    let Some(asked) = asked(deps, &mut tx, token).await? else {
        return Ok(None);
    };
    suppressions::lock_out(&mut tx).await?;
    if standing(deps, &mut tx, &asked).await? == Standing::Stopped {
        let hash = deps.keys.email_hash(&asked.email);
        suppressions::remove(&mut tx, hash, &asked.email).await?;
        note(deps, &mut tx, &asked, ConsentKind::Restored, address).await?;
        tracing::info!(%hash, "a reader allows mail again");
    }
    let standing = standing(deps, &mut tx, &asked).await?;
    tx.commit().await?;
    Ok(Some((asked, standing)))
}

async fn standing(deps: &Deps, tx: &mut Tx, asked: &Asked) -> Result<Standing, StoreError> {
    let hash = deps.keys.email_hash(&asked.email);
    let found = suppressions::find(tx, hash).await?;
    Ok(match found.map(|suppression| suppression.reason) {
        None => Standing::Open,
        Some(SuppressionReason::Reader) => Standing::Stopped,
        Some(_) => Standing::StoppedByOthers,
    })
}

/// Keeps the evidence, where there is a subscription that it belongs to.
async fn note(
    deps: &Deps,
    tx: &mut Tx,
    asked: &Asked,
    kind: ConsentKind,
    address: IpAddr,
) -> Result<(), StoreError> {
    let Some((subscription, _)) = asked.subscription else {
        return Ok(());
    };
    let evidence = Consent {
        subscription,
        kind,
        at: deps.now(),
        text_version: None,
        network: Some(&truncated(address)),
        source: Some(SOURCE),
        detail: None,
    };
    consents::append(tx, &evidence).await
}
