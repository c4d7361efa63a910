//! The addresses that go into mails and pages.

use super::Deps;
use crate::domain::article::Article;
use crate::domain::fresh_link::{FreshLink, LinkPurpose};
use crate::domain::ids::{DeliveryId, IssueId, SignUpId, SubscriptionId};
use crate::domain::issue::EditionKey;
use crate::domain::links::{CountedLink, LinkRules};
use crate::domain::publication::Publication;
use crate::domain::return_address::ReturnAddress;
use crate::domain::slug::Slug;
use crate::domain::token::{Link, Purpose};

/// Where a reader confirms; the hash is the one that was kept.
pub fn confirm(deps: &Deps, sign_up: SignUpId, hash: &[u8]) -> String {
    let token = deps.keys.confirm_token_of(sign_up, hash);
    format!("{}/confirm/{token}", deps.limits.public_url)
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

/// Where a mail to leave goes, which any mail program can write (RFC 6068); `None` where nobody would
/// read it.
pub fn unsubscribe_by_mail(
    deps: &Deps,
    subscription: SubscriptionId,
    delivery: Option<DeliveryId>,
) -> Option<String> {
    let address = ReturnAddress::Leave(subscription, delivery);
    let address = return_address(deps, address)?;
    Some(format!("mailto:{address}?subject=unsubscribe"))
}

/// The same in a mail that is only looked at: it names nobody and is not signed, so that it ends nothing.
pub fn unsubscribe_by_mail_of_nobody(deps: &Deps) -> Option<String> {
    let domain = deps.limits.return_path_domain.as_deref()?;
    Some(format!("mailto:leave+preview@{domain}?subject=unsubscribe"))
}

/// An address of ours to which mails come back, where there is a domain for them.
pub fn return_address(deps: &Deps, address: ReturnAddress) -> Option<String> {
    let domain = deps.limits.return_path_domain.as_deref()?;
    Some(format!("{}@{domain}", deps.keys.local_part(address)))
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

/// Where a link leads that was asked for by mail; the hash is the one that was kept.
pub fn fresh(deps: &Deps, link: &FreshLink, hash: &[u8]) -> String {
    let page = match link.purpose {
        LinkPurpose::Choices => return preferences(deps, link.subscription, None),
        LinkPurpose::Address => "address",
        LinkPurpose::NewAddress => "new-address",
        LinkPurpose::OldAddress => "old-address",
        LinkPurpose::Data => "data",
        LinkPurpose::Erasure => "erase",
    };
    let token = deps.keys.fresh_token_of(link.id, hash);
    format!("{}/reader/{page}/{token}", deps.limits.public_url)
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

/// An address by which an article is reached from a mail: through the service where the publication counts
/// that, which an issue that does not exist yet cannot do.
pub fn article(
    deps: &Deps,
    rules: &LinkRules,
    issue: Option<IssueId>,
    article: &Article,
    campaign: &str,
) -> String {
    match issue {
        Some(issue) if rules.count_clicks => {
            let link = CountedLink {
                issue,
                article: article.id,
            };
            let token = deps.keys.counted_link(&link);
            format!("{}/click/{token}", deps.limits.public_url)
        }
        _ => rules.tagged(&article.content.url, campaign),
    }
}

/// The address of the picture in the mails of an issue whose opens are counted.
pub fn picture(deps: &Deps, issue: IssueId) -> String {
    let token = deps.keys.open_token(issue);
    format!("{}/open/{token}.gif", deps.limits.public_url)
}

/// What site statistics know an issue by.
pub fn campaign(digest: &Slug, number: i64) -> String {
    format!("{digest}-{number}")
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
