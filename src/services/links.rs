//! The addresses that go into mails and pages.

use super::Deps;
use crate::domain::ids::{DeliveryId, SignUpId, SubscriptionId};
use crate::domain::issue::EditionKey;
use crate::domain::publication::Publication;
use crate::domain::token::{Link, Purpose};

/// Where a reader confirms.
pub fn confirm(deps: &Deps, sign_up: SignUpId) -> String {
    format!(
        "{}/confirm/{}",
        deps.limits.public_url,
        deps.keys.confirm_token(sign_up)
    )
}

/// Where a reader leaves.
pub fn unsubscribe(
    deps: &Deps,
    subscription: SubscriptionId,
    delivery: Option<DeliveryId>,
) -> String {
    let token = token(deps, Purpose::Unsubscribe, subscription, delivery);
    format!("{}/unsubscribe/{token}", deps.limits.public_url)
}

/// Where a reader changes topics and frequency.
pub fn preferences(
    deps: &Deps,
    subscription: SubscriptionId,
    delivery: Option<DeliveryId>,
) -> String {
    let token = token(deps, Purpose::Preferences, subscription, delivery);
    format!("{}/preferences/{token}", deps.limits.public_url)
}

/// Where somebody whose address others typed in stops all mail to it.
pub fn never_mail(deps: &Deps, subscription: SubscriptionId) -> String {
    let token = token(deps, Purpose::NeverMail, subscription, None);
    format!("{}/never/{token}", deps.limits.public_url)
}

/// The page that lists a publication's issues.
pub fn archive(deps: &Deps, publication: &Publication) -> String {
    format!("{}/{}/archive", deps.limits.public_url, publication.slug)
}

/// The archive page of an issue.
pub fn issue(deps: &Deps, publication: &Publication, digest_slug: &str, number: i64) -> String {
    format!(
        "{}/{}/archive/{digest_slug}-{number}",
        deps.limits.public_url, publication.slug
    )
}

fn token(
    deps: &Deps,
    purpose: Purpose,
    subscription: SubscriptionId,
    delivery: Option<DeliveryId>,
) -> String {
    deps.keys.sign(&Link {
        purpose,
        subscription,
        delivery,
    })
}

/// The archive page of one edition of an issue; it names topics and a language, never a reader.
pub fn edition(
    deps: &Deps,
    publication: &Publication,
    digest_slug: &str,
    number: i64,
    key: &EditionKey,
) -> String {
    let page = issue(deps, publication, digest_slug, number);
    let topics = Some(key.topics.key()).filter(|topics| !topics.is_empty());
    let query: Vec<String> = [
        topics.map(|topics| format!("topics={topics}")),
        key.language.as_ref().map(|tag| format!("lang={tag}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if query.is_empty() {
        page
    } else {
        format!("{page}?{}", query.join("&"))
    }
}
