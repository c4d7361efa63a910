//! Sends one mail of a digest to one address, to look at in a real mailbox.

use thiserror::Error;

use super::preview_digest::{self, Eyes, Preview, PreviewError};
use super::{Deps, send_notice};
use crate::domain::delivery::Outcome;
use crate::domain::digest::Digest;
use crate::domain::email_address::EmailAddress;
use crate::domain::publication::Publication;
use crate::mail::ComposeError;
use crate::mail::dkim::DkimError;
use crate::store::{StoreError, holds, suppressions};

/// Why no test mail was sent.
#[derive(Debug, Error)]
pub enum TestError {
    #[error(transparent)]
    Preview(#[from] PreviewError),
    #[error("{0} is suppressed: it gets no mail, not even a test")]
    Suppressed(EmailAddress),
    #[error("the mail could not be written: {0}")]
    Compose(#[from] ComposeError),
    #[error("the mail could not be signed: {0}")]
    Sign(#[from] DkimError),
    #[error("the mail was not taken: {0}")]
    Refused(String),
    #[error("{0}")]
    Held(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was sent.
#[derive(Debug)]
pub struct Tested {
    /// With the subject as it was marked.
    pub preview: Preview,
    /// There was no news: the mail has the latest articles.
    pub is_old: bool,
    /// What the mail server said.
    pub reply: String,
}

/// Sends what would go out now, or the latest articles where that is nothing: the same message, but
/// that its subject is marked, and that the ways to leave and to change topics lead nowhere.
pub async fn send(
    deps: &Deps,
    publication: Publication,
    digest: Digest,
    to: &EmailAddress,
) -> Result<Tested, TestError> {
    let mut tx = deps.store.read().await?;
    if let Some(hold) = holds::find(&mut tx).await? {
        return Err(TestError::Held(hold.says()));
    }
    if suppressions::find(&mut tx, deps.keys.email_hash(to))
        .await?
        .is_some()
    {
        return Err(TestError::Suppressed(to.clone()));
    }
    drop(tx);
    let now = preview_digest::digest(
        deps,
        publication.clone(),
        digest.clone(),
        None,
        Eyes::Everybody,
    )
    .await;
    let (mut preview, is_old) = match now {
        Ok(preview) => (preview, false),
        Err(PreviewError::Nothing(_)) => {
            let latest = preview_digest::of_latest(deps, publication, digest).await?;
            (latest, true)
        }
        Err(error) => return Err(error.into()),
    };
    preview.readdress(to);
    preview.edition.subject = format!("[Test] {}", preview.edition.subject);
    let sender = &preview.publication.from.email;
    let message = preview.message(deps)?;
    let bytes = deps.dkim.seal(sender.domain(), message, deps.now())?;
    let outcome = send_notice::hand_over(deps, sender.as_str(), to, &bytes).await;
    match outcome {
        Outcome::Accepted(reply) => Ok(Tested {
            preview,
            is_old,
            reply: reply.to_string(),
        }),
        Outcome::Refused(reply) | Outcome::Deferred(reply) => {
            Err(TestError::Refused(reply.to_string()))
        }
        Outcome::NotBegun(text) | Outcome::Unknown(text) => Err(TestError::Refused(text)),
    }
}
