//! One client of the small SMTP server (RFC 5321).

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::{Action, ReceivedMail, Script};

/// What SIZE offers (RFC 1870).
const MAX_MESSAGE: usize = 25_000_000;
/// Longer than RFC 5321, 4.5.3.1.4 asks for, so that extensions fit.
const MAX_COMMAND: usize = 4096;
/// RFC 5321, 4.5.3.1.8.
const MAX_RECIPIENTS: usize = 100;

/// A conversation with one client.
pub(super) struct Session {
    stream: BufReader<TcpStream>,
    script: Arc<dyn Script>,
    received: Arc<AtomicU64>,
    /// Replies that were not sent yet: pipelined commands get theirs together (RFC 2920, 3.2).
    out: Vec<u8>,
    greeted: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// What becomes of the session after a command.
enum Next {
    /// The command was accepted.
    Accepted,
    /// It was refused; the session goes on.
    Refused,
    /// The session is over.
    End,
}

impl Session {
    pub(super) fn new(
        stream: TcpStream,
        script: Arc<dyn Script>,
        received: Arc<AtomicU64>,
    ) -> Self {
        Self {
            stream: BufReader::with_capacity(64 * 1024, stream),
            script,
            received,
            out: Vec::new(),
            greeted: false,
            from: None,
            to: Vec::new(),
        }
    }

    /// Talks until either side leaves.
    pub(super) async fn run(mut self) -> io::Result<()> {
        self.stream.get_ref().set_nodelay(true)?;
        let greeting = self.script.on_connect();
        let greeted = self.act(greeting, "220 demo.invalid ESMTP inbox").await?;
        if matches!(greeted, Next::End) {
            return self.flush().await;
        }
        let mut line = Vec::new();
        loop {
            if !self.stream.buffer().contains(&b'\n') {
                self.flush().await?;
            }
            line.clear();
            if !self.read_line(&mut line, MAX_COMMAND).await? {
                return Ok(());
            }
            let next = if line.len() > MAX_COMMAND {
                self.reply("500 5.5.2 line too long")
            } else {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                self.obey(&text).await?
            };
            if matches!(next, Next::End) {
                return self.flush().await;
            }
        }
    }

    /// One command.
    async fn obey(&mut self, line: &str) -> io::Result<Next> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let next = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => self.hello(
                "250-demo.invalid\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
                 250-ENHANCEDSTATUSCODES\r\n250 SIZE 25000000",
            ),
            "HELO" => self.hello("250 demo.invalid"),
            "MAIL" => return self.mail(rest).await,
            "RCPT" => return self.rcpt(rest).await,
            "DATA" => return self.data().await,
            "RSET" => {
                self.clear();
                let action = self.script.on_reset();
                return self.act(action, "250 2.0.0 forgotten").await;
            }
            "NOOP" => self.reply("250 2.0.0 ok"),
            "VRFY" => self.reply("252 2.1.5 send a mail and see"),
            "QUIT" => {
                self.reply("221 2.0.0 bye");
                Next::End
            }
            _ => self.reply("500 5.5.1 no such command"),
        };
        Ok(next)
    }

    fn hello(&mut self, reply: &str) -> Next {
        self.clear();
        self.greeted = true;
        self.reply(reply)
    }

    async fn mail(&mut self, argument: &str) -> io::Result<Next> {
        if !self.greeted || self.from.is_some() {
            return Ok(self.reply("503 5.5.1 not now"));
        }
        let Some((from, parameters)) = path(argument, "FROM:") else {
            return Ok(self.reply("501 5.5.4 MAIL FROM:<address> expected"));
        };
        let mut parameters = parameters.split_ascii_whitespace();
        let is_utf8 = parameters
            .clone()
            .any(|p| p.eq_ignore_ascii_case("SMTPUTF8"));
        if !from.is_ascii() && !is_utf8 {
            return Ok(self.reply("553 5.6.7 SMTPUTF8 needed"));
        }
        let is_too_long = parameters
            .find_map(|p| p.strip_prefix("SIZE=")?.parse().ok())
            .is_some_and(|size: usize| size > MAX_MESSAGE);
        if is_too_long {
            return Ok(self.reply("552 5.3.4 too long"));
        }
        let action = self.script.on_mail(from);
        let next = self.act(action, "250 2.1.0 sender ok").await?;
        if matches!(next, Next::Accepted) {
            self.from = Some(from.to_owned());
        }
        Ok(next)
    }

    async fn rcpt(&mut self, argument: &str) -> io::Result<Next> {
        if self.from.is_none() {
            return Ok(self.reply("503 5.5.1 MAIL first"));
        }
        if self.to.len() >= MAX_RECIPIENTS {
            return Ok(self.reply("452 4.5.3 too many recipients"));
        }
        let Some((to, _)) = path(argument, "TO:").filter(|(to, _)| !to.is_empty()) else {
            return Ok(self.reply("501 5.5.4 RCPT TO:<address> expected"));
        };
        let action = self.script.on_rcpt(to);
        let next = self.act(action, "250 2.1.5 recipient ok").await?;
        if matches!(next, Next::Accepted) {
            self.to.push(to.to_owned());
        }
        Ok(next)
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.to.is_empty() {
            return Ok(self.reply("503 5.5.1 RCPT first"));
        }
        let action = self.script.on_data();
        match self.act(action, "354 end with a dot").await? {
            Next::Accepted => {}
            other => return Ok(other),
        }
        self.flush().await?;
        let Some(data) = self.message().await? else {
            return Ok(Next::End);
        };
        let from = self.from.take().unwrap_or_default();
        let to = std::mem::take(&mut self.to);
        if data.len() > MAX_MESSAGE {
            return Ok(self.reply("552 5.3.4 too long"));
        }
        let mail = ReceivedMail {
            from,
            to,
            data,
            received_order: self.received.fetch_add(1, Ordering::SeqCst) + 1,
        };
        let action = self.script.on_message(&mail);
        let reply = format!("250 2.0.0 kept as {}", mail.received_order);
        self.act(action, &reply).await
    }

    /// The message up to the final dot (RFC 5321, 4.5.2), or `None` where the client or the
    /// script ended the session in the middle. What exceeds the limit is read but not kept.
    async fn message(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut data = Vec::new();
        let mut line = Vec::new();
        let mut is_first = true;
        // Only a line end of CR and LF lets a dot end the message; others would let a mail be
        // smuggled inside another.
        let mut after_crlf = true;
        loop {
            line.clear();
            if !self.read_line(&mut line, MAX_MESSAGE).await? {
                return Ok(None);
            }
            if after_crlf && line == b".\r\n" {
                return Ok(Some(data));
            }
            let stuffed = usize::from(after_crlf && line.first() == Some(&b'.'));
            after_crlf = line.ends_with(b"\r\n");
            if data.len() <= MAX_MESSAGE {
                data.extend_from_slice(&line[stuffed..]);
            }
            if std::mem::take(&mut is_first) {
                let action = self.script.on_body();
                if !matches!(action, Action::Accept)
                    && !matches!(self.act(action, "").await?, Next::Accepted)
                {
                    return Ok(None);
                }
            }
        }
    }

    /// Does what the script says.
    async fn act(&mut self, mut action: Action, usual: &str) -> io::Result<Next> {
        loop {
            match action {
                Action::Accept => {
                    self.reply(usual);
                    return Ok(Next::Accepted);
                }
                Action::Reply(code, text) => return Ok(self.reply_lines(code, &text)),
                Action::Raw(text) => {
                    self.out.extend_from_slice(text.as_bytes());
                    return Ok(if text.starts_with(['2', '3']) {
                        Next::Accepted
                    } else {
                        Next::Refused
                    });
                }
                Action::Close | Action::CloseAfterAccepting => {
                    self.flush().await?;
                    return Ok(Next::End);
                }
                Action::Hang => {
                    self.flush().await?;
                    // Until the server stops, which drops the session.
                    std::future::pending::<()>().await;
                }
                Action::Delay(wait, then) => {
                    self.flush().await?;
                    tokio::time::sleep(wait).await;
                    action = *then;
                }
            }
        }
    }

    /// A reply of one or more lines (RFC 5321, 4.2.1).
    fn reply_lines(&mut self, code: u16, text: &str) -> Next {
        let lines: Vec<&str> = text.split('\n').collect();
        for (index, line) in lines.iter().enumerate() {
            let joint = if index + 1 < lines.len() { '-' } else { ' ' };
            self.reply(&format!("{code}{joint}{line}"));
        }
        match code {
            421 => Next::End,
            200..=399 => Next::Accepted,
            _ => Next::Refused,
        }
    }

    fn reply(&mut self, line: &str) -> Next {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
        Next::Refused
    }

    async fn flush(&mut self) -> io::Result<()> {
        let out = std::mem::take(&mut self.out);
        self.stream.get_mut().write_all(&out).await
    }

    fn clear(&mut self) {
        self.from = None;
        self.to.clear();
    }

    /// A line with its end; of a line longer than `max` only that much and a bit is kept. False
    /// when the client has gone.
    async fn read_line(&mut self, line: &mut Vec<u8>, max: usize) -> io::Result<bool> {
        loop {
            let buffer = self.stream.fill_buf().await?;
            if buffer.is_empty() {
                return Ok(false);
            }
            let end = buffer.iter().position(|&b| b == b'\n');
            let used = end.map_or(buffer.len(), |at| at + 1);
            if line.len() <= max {
                line.extend_from_slice(&buffer[..used]);
            }
            self.stream.consume(used);
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

/// The address between angle brackets after a keyword, and what follows.
fn path<'a>(argument: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let start = argument.get(..keyword.len())?;
    let rest = start
        .eq_ignore_ascii_case(keyword)
        .then(|| argument[keyword.len()..].trim_start())?;
    let (address, parameters) = rest.strip_prefix('<')?.split_once('>')?;
    let fits = !address.contains(|c: char| c.is_control() || c.is_whitespace());
    fits.then_some((address, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_brackets() {
        assert_eq!(
            path("FROM:<a@b.c> SIZE=1", "FROM:"),
            Some(("a@b.c", " SIZE=1"))
        );
        assert_eq!(path("from: <>", "FROM:"), Some(("", "")));
        assert_eq!(path("TO:<ü@b.c>", "TO:"), Some(("ü@b.c", "")));
        for wrong in ["", "TO:a@b.c", "FROM:<a@b.c", "TO:<a b@c.d>", "ü"] {
            assert_eq!(path(wrong, "TO:"), None, "{wrong}");
        }
    }
}
