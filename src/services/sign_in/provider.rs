//! Signing in with a service elsewhere, which vouches for an operator's address. It takes the place of
//! the password; a second step stays one. Nobody becomes an operator by it.

use thiserror::Error;
use url::Url;

use super::{Entered, Visitor, enter};
use crate::domain::flight::Flight;
use crate::domain::operator::OperatorState;
use crate::oidc::{Provider, ProviderError};
use crate::services::Deps;
use crate::store::{StoreError, operators};

/// Why nobody was let in.
#[derive(Debug, Error)]
pub enum ByProviderError {
    #[error("there is no such way to sign in")]
    None,
    #[error("the sign-in was not begun here, or too long ago; begin again")]
    Stray,
    #[error("{name} did not let you in: {reason}")]
    Denied { name: String, reason: String },
    /// What it was is in the log.
    #[error("{0} could not be asked; try again, or sign in with your password")]
    Failed(String),
    #[error("{0} vouches for no address of yours")]
    NoAddress(String),
    #[error("nobody with this address is an operator here; an owner can add you")]
    Unknown,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a browser brings back.
#[derive(Debug, Clone, Default)]
pub struct Landing {
    pub state: String,
    pub code: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// Who sends it, where that is told.
    pub issuer: Option<String>,
}

fn provider(deps: &Deps) -> Result<&Provider, ByProviderError> {
    deps.provider.as_ref().ok_or(ByProviderError::None)
}

fn failed(provider: &Provider, error: ProviderError) -> ByProviderError {
    let name = provider.name().to_owned();
    match error {
        ProviderError::NoAddress => ByProviderError::NoAddress(name),
        error => {
            tracing::warn!(%error, "an operator could not sign in with the service elsewhere");
            ByProviderError::Failed(name)
        }
    }
}

/// Where the browser is to go, and what it keeps until it is back.
pub async fn depart(deps: &Deps) -> Result<(Url, Flight), ByProviderError> {
    let provider = provider(deps)?;
    let flight = Flight::new(&*deps.random);
    let departed = provider.departure(&flight).await;
    let url = departed.map_err(|error| failed(provider, error))?;
    Ok((url, flight))
}

/// Lets in whoever came back.
pub async fn land(
    deps: &Deps,
    flight: Option<Flight>,
    landing: &Landing,
    from: &Visitor,
) -> Result<Entered, ByProviderError> {
    let provider = provider(deps)?;
    let flight = flight.filter(|flight| flight.is_back(&landing.state));
    let flight = flight.ok_or(ByProviderError::Stray)?;
    if !provider.is_from(landing.issuer.as_deref()) {
        return Err(ByProviderError::Stray);
    }
    if let Some(reason) = &landing.error {
        let name = provider.name().to_owned();
        let reason = reason.chars().take(60).collect();
        return Err(ByProviderError::Denied { name, reason });
    }
    let code = landing.code.as_deref().ok_or(ByProviderError::Stray)?;
    let redeemed = provider.redeem(code, &flight, deps.now()).await;
    let email = redeemed.map_err(|error| failed(provider, error))?;
    let mut tx = deps.store.begin().await?;
    let Some(account) = operators::account(&mut tx, &email).await? else {
        return Err(ByProviderError::Unknown);
    };
    let account = operators::account_locked(&mut tx, account.operator.id).await?;
    let account = account.filter(|a| a.operator.state() == OperatorState::Active);
    let operator = account.ok_or(ByProviderError::Unknown)?.operator;
    let entered = enter(deps, &mut tx, &operator, "service elsewhere", from).await?;
    tx.commit().await?;
    Ok(entered)
}
