//! What the server has said: one buffer, from which replies are taken as they become whole.

use std::io;
use std::task::{Context, Poll, ready};

use super::stream::Stream;
use crate::domain::delivery::Reply;
use crate::mail::outcome;

/// RFC 5321, 4.5.3.1.5 allows 512 octets; servers send more.
const MAX_LINE: usize = 4096;
const MAX_LINES: usize = 100;
/// The replies to one group of commands fit easily.
const USUAL_ROOM: usize = 8 * 1024;
/// How much may wait while we are still writing.
const MOST_ROOM: usize = 64 * 1024;

/// Bytes read and not yet understood, and the reply that was understood last.
pub(super) struct Incoming {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// How much from `start` on is known to hold no line end.
    scanned: usize,
    /// The lines of the reply so far, joined by line feeds, without their codes.
    text: Vec<u8>,
    lines: usize,
    code: u16,
}

impl Incoming {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; USUAL_ROOM],
            start: 0,
            end: 0,
            scanned: 0,
            text: Vec::with_capacity(256),
            lines: 0,
            code: 0,
        }
    }

    /// Whether everything that came was taken.
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end && self.lines == 0
    }

    /// The code of the next whole reply; its text is there until the next call.
    pub(super) fn take(&mut self) -> Result<Option<u16>, String> {
        loop {
            let unread = &self.buffer[self.start..self.end];
            let found = unread[self.scanned..].iter().position(|&b| b == b'\n');
            let Some(at) = found.map(|at| at + self.scanned) else {
                self.scanned = unread.len();
                return if self.scanned > MAX_LINE {
                    Err(format!(
                        "a line of a reply is longer than {MAX_LINE} octets"
                    ))
                } else {
                    Ok(None)
                };
            };
            let line = self.start..self.start + at;
            self.start += at + 1;
            self.scanned = 0;
            if self.line(line.start, line.end)? {
                self.lines = 0;
                return Ok(Some(self.code));
            }
        }
    }

    /// Takes one line into the reply; true where it is the last (RFC 5321, 4.2.1).
    fn line(&mut self, start: usize, end: usize) -> Result<bool, String> {
        let line = &self.buffer[start..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() + 2 > MAX_LINE {
            return Err(format!(
                "a line of a reply is longer than {MAX_LINE} octets"
            ));
        }
        let Some((code, is_last)) = code(line) else {
            let shown = outcome::clean(&String::from_utf8_lossy(&line[..line.len().min(100)]));
            return Err(format!("{shown:?} is not SMTP"));
        };
        if self.lines == 0 {
            self.code = code;
            self.text.clear();
        } else if code != self.code {
            return Err(format!("one reply has the codes {} and {code}", self.code));
        } else {
            self.text.push(b'\n');
        }
        self.lines += 1;
        if self.lines > MAX_LINES {
            return Err(format!("a reply has more than {MAX_LINES} lines"));
        }
        self.text
            .extend_from_slice(line.get(4..).unwrap_or_default());
        Ok(is_last)
    }

    /// The lines of the reply that was taken last, without their codes.
    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.text)
    }

    /// The reply that was taken last, for keeping.
    pub(super) fn reply(&self) -> Reply {
        outcome::reply(self.code, &self.text())
    }

    /// Reads what there is; 0 where the server has ended the connection.
    pub(super) fn poll_fill(
        &mut self,
        stream: &mut Stream,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.make_room()?;
        }
        let count = ready!(stream.poll_read(context, &mut self.buffer[self.end..]))?;
        self.end += count;
        Poll::Ready(Ok(count))
    }

    fn make_room(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        } else if self.buffer.len() < MOST_ROOM {
            self.buffer.resize(self.buffer.len() * 2, 0);
        } else {
            return Err(io::Error::other("the server talks without end"));
        }
        Ok(())
    }
}

/// The code of a reply line, and whether it is the last of its reply (RFC 5321, 4.2.1).
fn code(line: &[u8]) -> Option<(u16, bool)> {
    let digit = |at: usize| {
        let byte = *line.get(at)?;
        byte.is_ascii_digit().then(|| u16::from(byte - b'0'))
    };
    let code = digit(0)? * 100 + digit(1)? * 10 + digit(2)?;
    match line.get(3) {
        _ if !(200..600).contains(&code) => None,
        None | Some(b' ') => Some((code, true)),
        Some(b'-') => Some((code, false)),
        Some(_) => None,
    }
}

#[cfg(test)]
impl Incoming {
    /// As if the server had said this.
    fn hear(&mut self, said: &[u8]) {
        self.buffer.truncate(self.end);
        self.buffer.extend_from_slice(said);
        self.end = self.buffer.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(said: &[u8]) -> Incoming {
        let mut incoming = Incoming::new();
        incoming.hear(said);
        incoming
    }

    #[test]
    fn replies_are_taken_in_order() {
        let mut incoming = heard(b"250 2.1.0 ok\r\n250-two\r\n250-lines\r\n250 \r\n354\r\n4");
        assert_eq!(incoming.take(), Ok(Some(250)));
        assert_eq!(incoming.text(), "2.1.0 ok");
        assert_eq!(incoming.reply().enhanced.as_deref(), Some("2.1.0"));
        assert_eq!(incoming.take(), Ok(Some(250)));
        assert_eq!(incoming.text(), "two\nlines\n");
        assert_eq!(incoming.take(), Ok(Some(354)));
        assert_eq!(incoming.take(), Ok(None));
        assert!(!incoming.is_empty());
    }

    #[test]
    fn a_reply_may_come_byte_by_byte() {
        let said = b"550-5.1.1 no\r\n550 5.1.1 such user\r\n";
        let mut incoming = heard(b"");
        for (at, byte) in said.iter().enumerate() {
            assert_eq!(incoming.take(), Ok(None), "{at}");
            incoming.hear(&[*byte]);
        }
        assert_eq!(incoming.take(), Ok(Some(550)));
        assert_eq!(incoming.reply().text, "5.1.1 no such user");
        assert!(incoming.is_empty());
    }

    #[test]
    fn what_is_not_smtp_is_an_error() {
        for wrong in [
            "",
            "25\r",
            "2x0 ok\r",
            "250ok\r",
            "100 early\r",
            "600 late\r",
            "250-a\r\n251 b\r",
            "HTTP/1.1 400\r",
            "\u{fc}50 ok",
        ] {
            let mut incoming = heard(format!("{wrong}\n").as_bytes());
            assert!(incoming.take().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn lines_and_replies_have_bounds() {
        let long = |length: usize| format!("250 {}\r\n", "x".repeat(length - 6));
        assert_eq!(heard(long(MAX_LINE).as_bytes()).take(), Ok(Some(250)));
        assert!(heard(long(MAX_LINE + 1).as_bytes()).take().is_err());
        assert!(heard(&[b'2'; MAX_LINE + 1]).take().is_err());
        let many = |count: usize| "250-x\r\n".repeat(count - 1) + "250 x\r\n";
        assert_eq!(heard(many(MAX_LINES).as_bytes()).take(), Ok(Some(250)));
        assert!(heard(many(MAX_LINES + 1).as_bytes()).take().is_err());
    }
}
