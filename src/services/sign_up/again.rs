//! A reader whose link to confirm has ended asks for another by its page.

use std::net::IpAddr;
use std::sync::Arc;

use super::{Request, SignUpError, sign_up};
use crate::domain::publication::Publication;
use crate::services::Deps;
use crate::services::confirm::{self, Standing};
use crate::services::forgotten::{self, Forgotten};
use crate::store::{StoreError, sign_ups, subscribers};

/// The request behind a link that has ended, be it forgotten or not; `None` where the link is not one
/// of ours, or its button still does something.
pub async fn ended(deps: &Deps, token: &str) -> Result<Option<Forgotten>, StoreError> {
    let mut tx = deps.store.read().await?;
    let Some(found) = confirm::find_in(deps, &mut tx, token).await? else {
        return forgotten::find_in(&mut tx, token).await;
    };
    if matches!(found.standing, Standing::Open | Standing::Confirmed) {
        return Ok(None);
    }
    let subscriber = subscribers::find(&mut tx, found.subscription.subscriber).await?;
    let timezone = sign_ups::timezone(&mut tx, found.sign_up.id).await?;
    Ok(subscriber.map(|subscriber| Forgotten {
        publication: found.publication,
        email: subscriber.email,
        name: found.sign_up.name,
        topics: found.sign_up.topics,
        digests: found.sign_up.digests,
        language: found.sign_up.language,
        timezone,
        source: found.sign_up.source,
    }))
}

/// Asks again with the same choices: a sign-up like any other, with its limits and its answer.
pub async fn again(
    deps: &Deps,
    token: &str,
    address: IpAddr,
) -> Result<Option<(Publication, Request)>, SignUpError> {
    let ended = ended(deps, token).await;
    let ended = ended.map_err(|error| SignUpError::Store(Arc::new(error)))?;
    let Some(old) = ended.filter(|old| old.publication.archived_at.is_none()) else {
        return Ok(None);
    };
    let request = Request {
        email: old.email,
        name: old.name,
        topics: old.topics,
        digests: old.digests,
        language: old.language,
        timezone: old.timezone,
        source: old.source,
        address,
        is_trapped: false,
        // The link itself is proof enough.
        proof: None,
    };
    sign_up(deps, &old.publication, &request).await?;
    Ok(Some((old.publication, request)))
}
