//! Names become addresses that may be asked.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use crate::feeds::guard;

/// Resolves names to public addresses only. The connection goes to an address that was checked:
/// nothing is resolved a second time.
pub(in crate::feeds) struct GuardedResolver {
    pub allow_private: bool,
}

/// A name whose addresses are all refused.
#[derive(Debug, Error)]
#[error("{0} address")]
pub(in crate::feeds) struct Refused(pub &'static str);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(admit(found.collect(), allow_private)?)
        })
    }
}

/// The addresses that may be used, if there are any.
pub(super) fn admit(found: Vec<SocketAddr>, allow_private: bool) -> Result<Addrs, Refused> {
    if allow_private {
        return Ok(Box::new(found.into_iter()));
    }
    let refusal = found
        .iter()
        .find_map(|address| guard::refusal(address.ip()));
    let public: Vec<SocketAddr> = found
        .into_iter()
        .filter(|address| guard::refusal(address.ip()).is_none())
        .collect();
    match refusal {
        Some(kind) if public.is_empty() => Err(Refused(kind)),
        _ => Ok(Box::new(public.into_iter())),
    }
}
