//! Sign-ups that were forgotten, as the links in their mails still know them: the service keeps what
//! is needed to ask again, or to stop all mail, sealed so that only those links open it.

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::Deps;
use crate::domain::digest::DigestChoice;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::PublicationId;
use crate::domain::publication::{Publication, TopicChoice};
use crate::domain::sealed;
use crate::domain::token::{Link, Purpose, token_hash};
use crate::store::expired::Expired;
use crate::store::{StoreError, Tx, publications, sealed_links};

/// How long links are known after the sign-up was forgotten.
const KEPT: TimeDelta = TimeDelta::days(90);

/// A sign-up that was forgotten.
#[derive(Debug, Clone)]
pub struct Forgotten {
    pub publication: Publication,
    pub email: EmailAddress,
    pub name: Option<String>,
    pub topics: TopicChoice,
    pub digests: DigestChoice,
    pub language: Option<String>,
    pub timezone: Option<Tz>,
    pub source: Option<String>,
}

/// What is sealed. A later field needs a default: rows live on over an update.
#[derive(Serialize, Deserialize)]
struct Body {
    publication: PublicationId,
    email: String,
    name: Option<String>,
    topics: String,
    digests: String,
    language: Option<String>,
    timezone: Option<String>,
    source: Option<String>,
}

/// Seals a sign-up that is about to be forgotten with the two links of its mail.
pub(super) async fn keep(deps: &Deps, tx: &mut Tx, old: &Expired) -> Result<(), StoreError> {
    let body = Body {
        publication: old.publication,
        email: old.email.clone(),
        name: old.name.clone(),
        topics: old.topic_key.clone(),
        digests: old.digest_key.clone(),
        language: old.language.clone(),
        timezone: old.timezone.clone(),
        source: old.source.clone(),
    };
    let Ok(body) = serde_json::to_vec(&body) else {
        return Ok(());
    };
    let never = deps.keys.sign(&Link {
        purpose: Purpose::NeverMail,
        subscription: old.subscription,
        delivery: None,
    });
    for token in [deps.keys.confirm_token(old.sign_up), never] {
        if let Some(sealed) = sealed::seal(&*deps.random, &token, &body) {
            let until = deps.now() + KEPT;
            sealed_links::insert(tx, &token_hash(&token), &sealed, until).await?;
        }
    }
    Ok(())
}

/// The sign-up that a link was for; `None` where it is not one of ours or too old.
pub(super) async fn find_in(tx: &mut Tx, token: &str) -> Result<Option<Forgotten>, StoreError> {
    let Some(kept) = sealed_links::find(tx, &token_hash(token)).await? else {
        return Ok(None);
    };
    let Some(body) = sealed::open(token, &kept).and_then(|plain| read(&plain)) else {
        return Ok(None);
    };
    let Ok(email) = body.email.parse() else {
        return Ok(None);
    };
    let found = publications::find(tx, body.publication).await?;
    Ok(found.map(|publication| Forgotten {
        publication,
        email,
        name: body.name,
        topics: TopicChoice::from_key(&body.topics),
        digests: DigestChoice::from_key(&body.digests),
        language: body.language,
        timezone: body.timezone.and_then(|name| name.parse().ok()),
        source: body.source,
    }))
}

fn read(plain: &[u8]) -> Option<Body> {
    serde_json::from_slice(plain).ok()
}
