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
/// How many pieces are handed over in one call.
const PIECES: usize = 64;

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

    /// Writes some of the pieces, from their byte `done` on. With an error comes how much of them
    /// may have left all the same: TLS takes bytes in before it sends them.
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        pieces: &[&[u8]],
        done: usize,
    ) -> Poll<Result<usize, (usize, io::Error)>> {
        let mut slices = [IoSlice::new(b""); PIECES];
        match self {
            Self::Plain(tcp) => {
                let (count, _) = rest(pieces, done, usize::MAX, &mut slices);
                Pin::new(tcp)
                    .poll_write_vectored(context, &slices[..count])
                    .map_err(|error| (0, error))
            }
            Self::Tls(tls) => {
                let (count, given) = rest(pieces, done, TLS_PIECE, &mut slices);
                Pin::new(tls.as_mut())
                    .poll_write_vectored(context, &slices[..count])
                    .map_err(|error| (given, error))
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

    /// Takes in what the server has said by now, without waiting; an error where it has hung up.
    pub(super) async fn glance(&mut self) -> Result<(), Broken> {
        let glance = |context: &mut Context<'_>| {
            let heard = self.incoming.poll_fill(&mut self.stream, context);
            Poll::Ready(match heard {
                Poll::Pending | Poll::Ready(Ok(1..)) => Ok(()),
                Poll::Ready(Ok(0)) => Err(ended()),
                Poll::Ready(Err(error)) => Err(failed(&error)),
            })
        };
        poll_fn(glance).await
    }

    /// Writes pieces as one, from where `done` stands, and reads what the server says meanwhile:
    /// it may not read on before it was heard. Dropped halfway, or with an error, `done` tells how
    /// much may have left.
    pub(super) async fn write(
        &mut self,
        pieces: &[&[u8]],
        done: &mut usize,
        patience: Patience,
    ) -> Result<(), Broken> {
        let end = Instant::now() + patience.total;
        loop {
            let step = poll_fn(|context| self.poll_step(context, pieces, done));
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
        pieces: &[&[u8]],
        done: &mut usize,
    ) -> Poll<Result<bool, Broken>> {
        let end: usize = pieces.iter().map(|piece| piece.len()).sum();
        while *done < end {
            match self.stream.poll_write(context, pieces, *done) {
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

/// What is left of the pieces behind their first `done` bytes, at most `most` bytes of it; returns
/// how many slices and bytes that are.
fn rest<'a>(
    pieces: &[&'a [u8]],
    mut done: usize,
    most: usize,
    slices: &mut [IoSlice<'a>; PIECES],
) -> (usize, usize) {
    let (mut count, mut given) = (0, 0);
    for piece in pieces {
        if done >= piece.len() {
            done -= piece.len();
            continue;
        }
        if count == PIECES || given == most {
            break;
        }
        let piece = &piece[done..];
        let piece = &piece[..piece.len().min(most - given)];
        done = 0;
        slices[count] = IoSlice::new(piece);
        (count, given) = (count + 1, given + piece.len());
    }
    (count, given)
}

fn ended() -> Broken {
    Broken::Ended("the server closed the connection".to_owned())
}

fn failed(error: &io::Error) -> Broken {
    Broken::Ended(format!("the connection broke ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(pieces: &[&[u8]], done: usize, most: usize) -> (Vec<u8>, usize) {
        let mut slices = [IoSlice::new(b""); PIECES];
        let (count, given) = rest(pieces, done, most, &mut slices);
        let bytes: Vec<u8> = slices[..count].iter().flat_map(|s| s.to_vec()).collect();
        assert_eq!(bytes.len(), given);
        (bytes, count)
    }

    #[test]
    fn writing_goes_on_where_it_was_broken_off() {
        let pieces: [&[u8]; 4] = [b"MAIL", b"", b"body", b"x"];
        let whole = b"MAILbodyx";
        for done in 0..=whole.len() {
            for most in 1..=whole.len() {
                let (bytes, _) = left(&pieces, done, most);
                let end = whole.len().min(done + most);
                assert_eq!(bytes, &whole[done..end], "{done} {most}");
            }
        }
        assert_eq!(left(&pieces, 0, usize::MAX).1, 3);
        let many = [b"x".as_slice(); PIECES + 5];
        assert_eq!(left(&many, 2, usize::MAX).1, PIECES);
    }
}
