//! A server for LMTP (RFC 2033): a mail server hands over what comes to the domain of the return paths.
//! It never relays, and takes only mail to addresses that our mails name.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::session::Session;
use crate::services::Deps;

/// Sessions at a time; who comes then waits.
const SESSIONS: usize = 32;
/// So that a lack of file descriptors does not become a busy loop.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Serves until `stop`; mails that are on the line then are still taken.
pub async fn serve(deps: Deps, listener: TcpListener, stop: CancellationToken) {
    let turns = Arc::new(Semaphore::new(SESSIONS));
    let tasks = TaskTracker::new();
    while let Some(stream) = next(&listener, &stop).await {
        let Ok(turn) = Arc::clone(&turns).acquire_owned().await else {
            break;
        };
        let session = Session::new(deps.clone(), stream, stop.clone());
        tasks.spawn(async move {
            // A client that goes away is an ordinary end of a session.
            if let Err(error) = session.run().await {
                tracing::debug!(%error, "an LMTP session broke off");
            }
            drop(turn);
        });
    }
    tasks.close();
    tasks.wait().await;
}

async fn next(listener: &TcpListener, stop: &CancellationToken) -> Option<TcpStream> {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => return Some(stream),
            Err(_) => tokio::time::sleep(AFTER_FAILURE).await,
        }
    }
}

/// Listens for a mail server.
pub async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    tracing::info!(listen = %listener.local_addr()?, "mail that comes back is taken by LMTP");
    Ok(listener)
}
