//! Finds whose a link is that was asked for by mail, and whether it still works.

use super::Deps;
use crate::domain::fresh_link::{FreshLink, LinkPurpose};
use crate::domain::publication::Publication;
use crate::domain::subscriber::Subscriber;
use crate::domain::subscription::Subscription;
use crate::domain::token::token_hash;
use crate::store::{StoreError, Tx, fresh_links, publications, subscribers, subscriptions};

/// Whose link it is.
#[derive(Debug, Clone)]
pub struct Holder {
    pub link: FreshLink,
    pub subscriber: Subscriber,
    pub subscription: Subscription,
    pub publication: Publication,
}

/// Looks a token up; changes nothing. `None` where it opens nothing, or nothing any more.
pub async fn find(
    deps: &Deps,
    token: &str,
    purpose: LinkPurpose,
) -> Result<Option<Holder>, StoreError> {
    let mut tx = deps.store.read().await?;
    find_in(deps, &mut tx, token, purpose).await
}

pub(super) async fn find_in(
    deps: &Deps,
    tx: &mut Tx,
    token: &str,
    purpose: LinkPurpose,
) -> Result<Option<Holder>, StoreError> {
    let found = find_any(tx, token, purpose).await?;
    let now = deps.now();
    Ok(found.filter(|holder| holder.link.is_open(now)))
}

/// The same for a link that may have been used or have ended.
pub(super) async fn find_any(
    tx: &mut Tx,
    token: &str,
    purpose: LinkPurpose,
) -> Result<Option<Holder>, StoreError> {
    let found = fresh_links::find_by_token(tx, &token_hash(token)).await?;
    match found.filter(|link| link.purpose == purpose) {
        Some(link) => holder(tx, link).await,
        None => Ok(None),
    }
}

/// Whose a link is.
pub(super) async fn holder(tx: &mut Tx, link: FreshLink) -> Result<Option<Holder>, StoreError> {
    let Some(subscriber) = subscribers::find(tx, link.subscriber).await? else {
        return Ok(None);
    };
    let Some(subscription) = subscriptions::find(tx, link.subscription).await? else {
        return Ok(None);
    };
    let publication = publications::find(tx, subscription.publication).await?;
    Ok(publication.map(|publication| Holder {
        link,
        subscriber,
        subscription,
        publication,
    }))
}
