//! The bytes of one connection, plain or under TLS, in both directions at once.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustls::ClientConnection;
use tokio::io::{AsyncRead as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::client::TlsStream;

use super::Broken;
use super::incoming::Incoming;
use crate::domain::delivery::Reply;

/// How much is given to TLS at a time, so that what an error may have let through is bounded.
const TLS_PIECE: usize = 64 * 1024;

pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub(super) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut room = ReadBuf::new(room);
        ready!(match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(context, &mut room),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_read(context, &mut room),
        })?;
        Poll::Ready(Ok(room.filled().len()))
    }

    /// Writes some of both pieces. With an error comes how much of them may have left all the
    /// same: TLS takes bytes in before it sends them.
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        first: &[u8],
        second: &[u8],
    ) -> Poll<Result<usize, (usize, io::Error)>> {
        match self {
            Self::Plain(tcp) => {
                let pieces = [IoSlice::new(first), IoSlice::new(second)];
                let from = usize::from(first.is_empty());
                Pin::new(tcp)
                    .poll_write_vectored(context, &pieces[from..])
                    .map_err(|error| (0, error))
            }
            Self::Tls(tls) => {
                let first = &first[..first.len().min(TLS_PIECE)];
                let second = if first.len() < TLS_PIECE { second } else { b"" };
                let pieces = [IoSlice::new(first), IoSlice::new(second)];
                Pin::new(tls.as_mut())
                    .poll_write_vectored(context, &pieces)
                    .map_err(|error| (first.len() + second.len(), error))
            }
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(context),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(context),
        }
    }

    async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.shutdown().await,
            Self::Tls(tls) => tls.shutdown().await,
        }
    }
}

/// How long writing may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Without any progress.
    pub(super) stall: Duration,
    /// In all.
    pub(super) total: Duration,
}

/// A connection on which replies can be waited for.
pub(super) struct Wire {
    stream: Stream,
    incoming: Incoming,
}

impl Wire {
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            incoming: Incoming::new(),
        }
    }

    /// The TCP connection again, where it is one and all that was said has been heard.
    pub(super) fn into_tcp(self) -> Option<TcpStream> {
        match self.stream {
            Stream::Plain(tcp) if self.incoming.is_empty() => Some(tcp),
            _ => None,
        }
    }

    /// The state of TLS, where it is on.
    pub(super) fn tls(&self) -> Option<&ClientConnection> {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(tls) => Some(tls.get_ref().1),
        }
    }

    /// Whether the server has said nothing that is not taken yet, as far as is known.
    pub(super) fn is_quiet(&self) -> bool {
        self.incoming.is_empty()
    }

    /// The next reply, if it has come already.
    pub(super) fn heard(&mut self) -> Result<Option<u16>, String> {
        self.incoming.take()
    }

    /// The text of the last reply.
    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        self.incoming.text()
    }

    /// The last reply, for keeping.
    pub(super) fn kept(&self) -> Reply {
        self.incoming.reply()
    }

    /// Waits for the code of the next reply. Dropped halfway it loses nothing.
    pub(super) async fn reply(&mut self, since: Instant, limit: Duration) -> Result<u16, Broken> {
        loop {
            if let Some(code) = self.incoming.take().map_err(Broken::Garbled)? {
                return Ok(code);
            }
            let more = poll_fn(|context| self.incoming.poll_fill(&mut self.stream, context));
            match timeout_at(since + limit, more).await {
                Ok(Ok(0)) => return Err(ended()),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(failed(&error)),
                Err(_) => return Err(Broken::Stalled(format!("no reply within {limit:?}"))),
            }
        }
    }

    /// Writes two pieces as one, from where `done` stands, and reads what the server says
    /// meanwhile: it may not read on before it was heard. Dropped halfway, or with an error,
    /// `done` tells how much may have left.
    pub(super) async fn write(
        &mut self,
        first: &[u8],
        second: &[u8],
        done: &mut usize,
        patience: Patience,
    ) -> Result<(), Broken> {
        let end = Instant::now() + patience.total;
        loop {
            let step = poll_fn(|context| self.poll_step(context, first, second, done));
            let limit = end.min(Instant::now() + patience.stall);
            match timeout_at(limit, step).await {
                Ok(Ok(true)) => return Ok(()),
                Ok(Ok(false)) => {}
                Ok(Err(broken)) => return Err(broken),
                Err(_) => {
                    return Err(Broken::Stalled("the server stopped reading".to_owned()));
                }
            }
        }
    }

    /// True when everything has left.
    fn poll_step(
        &mut self,
        context: &mut Context<'_>,
        first: &[u8],
        second: &[u8],
        done: &mut usize,
    ) -> Poll<Result<bool, Broken>> {
        while *done < first.len() + second.len() {
            let first_rest = first.get(*done..).unwrap_or_default();
            let second_rest = &second[done.saturating_sub(first.len())..];
            match self.stream.poll_write(context, first_rest, second_rest) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(ended())),
                Poll::Ready(Ok(count)) => *done += count,
                Poll::Ready(Err((count, error))) => {
                    *done += count;
                    return Poll::Ready(Err(failed(&error)));
                }
                Poll::Pending => return self.poll_listen(context),
            }
        }
        match self.stream.poll_flush(context) {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(true)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(failed(&error))),
            Poll::Pending => self.poll_listen(context),
        }
    }

    fn poll_listen(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Broken>> {
        match ready!(self.incoming.poll_fill(&mut self.stream, context)) {
            Ok(0) => Poll::Ready(Err(ended())),
            Ok(_) => Poll::Ready(Ok(false)),
            Err(error) => Poll::Ready(Err(failed(&error))),
        }
    }

    /// Ends the connection as its kind wants it.
    pub(super) async fn close(&mut self) {
        // Nobody is left to tell of a failure.
        let _ = self.stream.shutdown().await;
    }
}

fn ended() -> Broken {
    Broken::Ended("the server closed the connection".to_owned())
}

fn failed(error: &io::Error) -> Broken {
    Broken::Ended(format!("the connection broke ({error})"))
}
