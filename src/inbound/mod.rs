//! Mail that comes in, about mails that went out: handed over by a mail server by LMTP, or found in a
//! Maildir that it delivers to.

pub mod lmtp;
pub mod maildir;
mod session;

use crate::domain::bounced::Received;
use crate::reports;
use crate::services::Deps;
use crate::services::receive_mail::{self, Incoming};
use crate::store::StoreError;

/// The longest mail that is read, in octets. Reports quote mails, which are short of that.
pub const MOST: usize = 10_000_000;

/// Takes a mail in; `recipient` is the address that the server delivers to, and `from` the return path,
/// where they are known.
async fn receive(
    deps: &Deps,
    recipient: Option<&str>,
    from: Option<&str>,
    message: &[u8],
) -> Result<Received, StoreError> {
    let report = reports::read(message);
    let mail = Incoming {
        recipient,
        report: &report,
        is_from_nobody: from.is_some_and(str::is_empty),
        vouched: None,
    };
    let received = receive_mail::receive(deps, mail).await?;
    tracing::info!(kind = %report.kind, ?received, "a mail came in");
    Ok(received)
}
