//! A small SMTP server for the demo's inbox and for tests. It never relays: a mail ends in the
//! script that the server was started with.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

mod session;

use session::Session;

/// What the server does next.
#[derive(Debug, Clone)]
pub enum Action {
    /// The usual positive reply.
    Accept,
    /// This reply instead; line feeds make it a multi-line one.
    Reply(u16, String),
    /// This text instead, as it is.
    Raw(String),
    /// Cuts the connection without a reply.
    Close,
    /// The same for a message that the script has kept: taken, but the client never learns it.
    CloseAfterAccepting,
    /// Never replies, and reads no further.
    Hang,
    /// Waits, then acts.
    Delay(Duration, Box<Action>),
}

/// A mail as it was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    /// The return path; empty for the null one.
    pub from: String,
    pub to: Vec<String>,
    /// Without dot-stuffing and without the final dot.
    pub data: Vec<u8>,
    /// Counted from 1 over all connections.
    pub received_order: u64,
}

/// What the server answers at each step; by default it accepts everything.
pub trait Script: Send + Sync {
    /// A client has connected.
    fn on_connect(&self) -> Action {
        Action::Accept
    }

    /// MAIL with this return path.
    fn on_mail(&self, _from: &str) -> Action {
        Action::Accept
    }

    /// RCPT with this address.
    fn on_rcpt(&self, _to: &str) -> Action {
        Action::Accept
    }

    /// DATA.
    fn on_data(&self) -> Action {
        Action::Accept
    }

    /// The first line of a message has come: the moment to cut or hang in the middle of it.
    fn on_body(&self) -> Action {
        Action::Accept
    }

    /// The final dot has come. A script that wants the mail keeps it here.
    fn on_message(&self, _envelope: &ReceivedMail) -> Action {
        Action::Accept
    }

    /// RSET.
    fn on_reset(&self) -> Action {
        Action::Accept
    }
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct SmtpServer {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl SmtpServer {
    /// Listens; port 0 picks a free one.
    pub async fn start(listen: SocketAddr, script: Arc<dyn Script>) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let server = Self {
            address: listener.local_addr()?,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let accepting = accept(listener, script, server.stop.clone(), server.tasks.clone());
        server.tasks.spawn(accepting);
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and cuts the open connections.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Serves each connection on a task of its own until told to stop.
async fn accept(
    listener: TcpListener,
    script: Arc<dyn Script>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    /// So that a lack of file descriptors does not become a busy loop.
    const AFTER_FAILURE: Duration = Duration::from_millis(50);
    let received = Arc::new(AtomicU64::new(0));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(AFTER_FAILURE).await;
            continue;
        };
        let session = Session::new(stream, Arc::clone(&script), Arc::clone(&received));
        let stop = stop.clone();
        tasks.spawn(async move {
            // A client that goes away is an ordinary end of a session.
            let _ = stop.run_until_cancelled(session.run()).await;
        });
    }
}
