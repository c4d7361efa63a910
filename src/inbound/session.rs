//! One client of the LMTP server.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{MOST, receive};
use crate::services::{Deps, receive_mail};

/// Longer than RFC 5321, 4.5.3.1.4 asks for, so that parameters fit.
const LONGEST_COMMAND: usize = 4096;
/// RFC 5321, 4.5.3.1.8.
const MOST_RECIPIENTS: usize = 100;
/// RFC 5321, 4.5.3.2.7.
const PATIENCE: Duration = Duration::from_mins(5);
const HELLO: &str = "250-paperround\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
                     250-ENHANCEDSTATUSCODES\r\n250 SIZE 10000000";

/// A conversation with one client.
pub(super) struct Session {
    deps: Deps,
    stream: BufReader<TcpStream>,
    stop: CancellationToken,
    /// Replies that were not sent yet: pipelined commands get theirs together (RFC 2920, 3.2).
    out: Vec<u8>,
    greeted: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// Whether the session goes on.
#[derive(PartialEq, Eq)]
enum Next {
    Command,
    End,
}

impl Session {
    pub(super) fn new(deps: Deps, stream: TcpStream, stop: CancellationToken) -> Self {
        Self {
            deps,
            stream: BufReader::new(stream),
            stop,
            out: Vec::new(),
            greeted: false,
            from: None,
            to: Vec::new(),
        }
    }

    /// Talks until either side leaves.
    pub(super) async fn run(mut self) -> io::Result<()> {
        self.stream.get_ref().set_nodelay(true)?;
        self.reply("220 paperround LMTP");
        let mut line = Vec::new();
        loop {
            if !self.stream.buffer().contains(&b'\n') {
                self.flush().await?;
            }
            let stop = self.stop.clone();
            let is_there = tokio::select! {
                biased;
                there = self.line(&mut line, LONGEST_COMMAND) => there?,
                () = stop.cancelled() => {
                    self.reply("421 4.3.2 stopping");
                    return self.flush().await;
                }
            };
            if !is_there {
                return Ok(());
            }
            if self.obey(&line).await? == Next::End {
                return self.flush().await;
            }
        }
    }

    async fn obey(&mut self, line: &[u8]) -> io::Result<Next> {
        if line.len() > LONGEST_COMMAND {
            self.reply("500 5.5.2 line too long");
            return Ok(Next::Command);
        }
        let text = String::from_utf8_lossy(line).trim_end().to_owned();
        let (verb, rest) = text.split_once(' ').unwrap_or((&text, ""));
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" => {
                self.clear();
                self.greeted = true;
                self.reply(HELLO);
            }
            // RFC 2033, 4.1.
            "HELO" | "EHLO" => self.reply("500 5.5.1 this is LMTP: LHLO"),
            "MAIL" => self.mail(rest),
            "RCPT" => self.rcpt(rest),
            "DATA" => return self.data().await,
            "RSET" => {
                self.clear();
                self.reply("250 2.0.0 forgotten");
            }
            "NOOP" => self.reply("250 2.0.0 ok"),
            "VRFY" => self.reply("252 2.1.5 send a mail and see"),
            "QUIT" => {
                self.reply("221 2.0.0 bye");
                return Ok(Next::End);
            }
            _ => self.reply("500 5.5.1 no such command"),
        }
        Ok(Next::Command)
    }

    fn mail(&mut self, argument: &str) {
        if !self.greeted || self.from.is_some() {
            return self.reply("503 5.5.1 not now");
        }
        let Some((from, parameters)) = path(argument, "FROM:") else {
            return self.reply("501 5.5.4 MAIL FROM:<address> expected");
        };
        let size = parameters.split_ascii_whitespace().find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_size = name.eq_ignore_ascii_case("SIZE");
            is_size.then(|| value.parse::<u64>().ok()).flatten()
        });
        if size.is_some_and(|size| size > MOST as u64) {
            return self.reply("552 5.3.4 too long");
        }
        self.from = Some(from.to_owned());
        self.reply("250 2.1.0 sender ok");
    }

    fn rcpt(&mut self, argument: &str) {
        if self.from.is_none() {
            return self.reply("503 5.5.1 MAIL first");
        }
        if self.to.len() >= MOST_RECIPIENTS {
            return self.reply("452 4.5.3 too many recipients");
        }
        let Some((to, _)) = path(argument, "TO:").filter(|(to, _)| !to.is_empty()) else {
            return self.reply("501 5.5.4 RCPT TO:<address> expected");
        };
        if !receive_mail::is_ours(&self.deps, to) {
            return self.reply("550 5.1.1 no such address here");
        }
        self.to.push(to.to_owned());
        self.reply("250 2.1.5 recipient ok");
    }

    /// The mail, and a reply for each of its recipients (RFC 2033, 4.2).
    async fn data(&mut self) -> io::Result<Next> {
        if self.to.is_empty() {
            self.reply("503 5.5.1 RCPT first");
            return Ok(Next::Command);
        }
        self.reply("354 end with a dot");
        self.flush().await?;
        let Some(message) = self.message().await? else {
            return Ok(Next::End);
        };
        let from = self.from.take();
        for to in std::mem::take(&mut self.to) {
            let Some(message) = &message else {
                self.reply("552 5.3.4 too long");
                continue;
            };
            match receive(&self.deps, Some(&to), from.as_deref(), message).await {
                Ok(_) => self.reply("250 2.0.0 taken"),
                Err(error) => {
                    tracing::error!(%error, "a mail that came in cannot be kept now; its server is told to try again later");
                    self.reply("451 4.3.0 not now, try again later");
                }
            }
        }
        Ok(Next::Command)
    }

    /// The mail up to the final dot (RFC 5321, 4.5.2): `None` within where it is too long to be kept,
    /// and without where the client went in the middle.
    async fn message(&mut self) -> io::Result<Option<Option<Vec<u8>>>> {
        let (mut message, mut line) = (Vec::new(), Vec::new());
        // Only a line end of CR and LF lets a dot end the mail; others would let one be smuggled
        // inside another.
        let mut after_crlf = true;
        let mut fits = true;
        loop {
            if !self.line(&mut line, MOST).await? {
                return Ok(None);
            }
            if after_crlf && line == b".\r\n" {
                return Ok(Some(fits.then_some(message)));
            }
            let stuffed = usize::from(after_crlf && line.first() == Some(&b'.'));
            after_crlf = line.ends_with(b"\r\n");
            fits &= message.len() + line.len() <= MOST;
            if fits {
                message.extend_from_slice(&line[stuffed..]);
            }
        }
    }

    /// A line with its end; of one longer than `most` only that much and a bit is kept. False when the
    /// client has gone, or says nothing for too long.
    async fn line(&mut self, line: &mut Vec<u8>, most: usize) -> io::Result<bool> {
        line.clear();
        loop {
            let Ok(filled) = timeout(PATIENCE, self.stream.fill_buf()).await else {
                return Ok(false);
            };
            let buffer = filled?;
            if buffer.is_empty() {
                return Ok(false);
            }
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let used = end.map_or(buffer.len(), |at| at + 1);
            if line.len() <= most {
                line.extend_from_slice(&buffer[..used]);
            }
            self.stream.consume(used);
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    fn reply(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    async fn flush(&mut self) -> io::Result<()> {
        let out = std::mem::take(&mut self.out);
        timeout(PATIENCE, self.stream.get_mut().write_all(&out))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    fn clear(&mut self) {
        self.from = None;
        self.to.clear();
    }
}

/// The address between angle brackets after a keyword, and what follows.
fn path<'a>(argument: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let start = argument.get(..keyword.len())?;
    let rest = start
        .eq_ignore_ascii_case(keyword)
        .then(|| argument[keyword.len()..].trim_start())?;
    rest.strip_prefix('<')?.split_once('>')
}
