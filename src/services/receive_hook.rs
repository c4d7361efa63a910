//! A mail provider has called: what it says is in the rows before it hears that it was taken.

use ring::digest::{SHA256, digest};
use thiserror::Error;

use super::Deps;
use super::receive_mail::{Incoming, receive};
use crate::domain::bounced::{BounceSource, MailProvider, Received};
use crate::feeds::fetch::FetchError;
use crate::reports::hooks::{self, HookError, Told};
use crate::store::StoreError;

/// Why a call was not taken.
#[derive(Debug, Error)]
pub enum ReceiveHookError {
    #[error(transparent)]
    Read(#[from] HookError),
    #[error("Amazon's address could not be visited: {0}")]
    Visit(FetchError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A hash of the secret, so that comparing tells nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HookKey([u8; 32]);

impl HookKey {
    pub fn of(secret: &str) -> Self {
        let mut key = [0; 32];
        key.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
        Self(key)
    }
}

/// Whether whoever calls knows the secret; nobody does where there is none.
pub fn is_known(deps: &Deps, secret: &str) -> bool {
    deps.limits.hook_key == Some(HookKey::of(secret))
}

/// Takes a call in; says how many reports it brought, and how many of them were about mails or readers of
/// ours.
pub async fn receive_hook(
    deps: &Deps,
    provider: MailProvider,
    body: &[u8],
) -> Result<(usize, usize), ReceiveHookError> {
    let reports = match hooks::read(provider, body)? {
        Told::Reports(reports) => reports,
        Told::Visit(url) => {
            let visited = deps.fetcher.fetch_page(&url, deps.now()).await;
            visited.map_err(ReceiveHookError::Visit)?;
            tracing::info!(%provider, "its calls are confirmed");
            return Ok((0, 0));
        }
    };
    let mut matched = 0;
    for report in &reports {
        let mail = Incoming {
            recipient: None,
            report,
            is_from_nobody: !report.wants_to_leave,
            vouched: Some(BounceSource::Webhook),
        };
        let received = receive(deps, mail).await?;
        tracing::info!(%provider, kind = %report.kind, %received, "a provider has called");
        matched += usize::from(!matches!(received, Received::Unmatched | Received::Ignored));
    }
    Ok((reports.len(), matched))
}
