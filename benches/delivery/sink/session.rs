//! One client of the sink (RFC 5321, with PIPELINING of RFC 2920 and CHUNKING of RFC 3030).

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Settings;
use super::tally::Tally;

const BUFFER: usize = 256 * 1024;
/// What SIZE offers (RFC 1870); a longer message ends the session.
const MAX_MESSAGE: usize = 50_000_000;
const MAX_COMMAND: usize = 4096;
/// The ledger looks for Message-ID in this much of a message.
const HEAD: usize = 16 * 1024;
const END_OF_DATA: &[u8; 5] = b"\r\n.\r\n";

enum Mode {
    Command,
    /// After 354. The buffer begins with the line end of DATA, so that a message without a line
    /// ends like any other.
    Data,
    /// Inside a chunk of which so much is missing.
    Chunk {
        left: usize,
        is_last: bool,
    },
}

enum Step {
    Done,
    NeedsMore,
    End,
}

/// A conversation with one client.
pub(crate) struct Session<'a> {
    stream: TcpStream,
    settings: &'a Settings,
    tally: &'a Tally,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Up to here there is no end of data.
    scanned: usize,
    mode: Mode,
    has_sender: bool,
    recipients: Vec<String>,
    /// What chunks have brought.
    head: Vec<u8>,
    bytes: u64,
    out: Vec<u8>,
    replies: Replies,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        stream: TcpStream,
        settings: &'a Settings,
        tally: &'a Tally,
    ) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let replies = Replies::new(stream.try_clone()?, settings.latency);
        Ok(Self {
            stream,
            settings,
            tally,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            scanned: 0,
            mode: Mode::Command,
            has_sender: false,
            recipients: Vec::new(),
            head: Vec::new(),
            bytes: 0,
            out: b"220 sink.invalid ESMTP\r\n".to_vec(),
            replies,
        })
    }

    /// Talks until either side leaves.
    pub(crate) fn run(mut self) -> io::Result<()> {
        loop {
            match self.step()? {
                Step::Done => continue,
                Step::NeedsMore => {}
                Step::End => break,
            }
            self.replies.send(&mut self.out)?;
            if !self.fill()? {
                break;
            }
        }
        self.replies.send(&mut self.out)?;
        self.replies.finish();
        self.stream.shutdown(Shutdown::Both)
    }

    /// Reads what there is; false when the client has gone.
    fn fill(&mut self) -> io::Result<bool> {
        if self.start == self.end {
            (self.start, self.end, self.scanned) = (0, 0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.scanned -= self.start;
            self.end -= self.start;
            self.start = 0;
            if self.end * 2 > self.buffer.len() {
                if self.buffer.len() > MAX_MESSAGE {
                    return Ok(false);
                }
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
        let read = self.stream.read(&mut self.buffer[self.end..])?;
        self.end += read;
        Ok(read > 0)
    }

    /// One command, message or part of a chunk.
    fn step(&mut self) -> io::Result<Step> {
        match self.mode {
            Mode::Command => Ok(self.command()),
            Mode::Data => self.data(),
            Mode::Chunk { left, is_last } => self.chunk(left, is_last),
        }
    }

    fn command(&mut self) -> Step {
        let waiting = &self.buffer[self.start..self.end];
        let Some(length) = waiting.windows(2).position(|two| two == b"\r\n") else {
            let is_endless = waiting.len() > MAX_COMMAND;
            return if is_endless {
                Step::End
            } else {
                Step::NeedsMore
            };
        };
        let line = String::from_utf8_lossy(&waiting[..length]).into_owned();
        // A chunk belongs to its command.
        let is_alone = waiting.len() == length + 2 || line.starts_with("BDAT");
        if !self.settings.pipelining && !is_alone {
            self.tally.early();
        }
        self.start += length + 2;
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "MAIL" => return self.mail(),
            "RCPT" => self.rcpt(rest),
            "DATA" => self.begin_data(),
            "BDAT" => return self.begin_chunk(rest),
            "EHLO" => self.hello(),
            "HELO" | "RSET" => {
                self.forget();
                self.reply("250 2.0.0 Ok");
            }
            "NOOP" => self.reply("250 2.0.0 Ok"),
            "QUIT" => {
                self.reply("221 2.0.0 Bye");
                return Step::End;
            }
            _ => self.reply("500 5.5.1 no such command"),
        }
        Step::Done
    }

    fn hello(&mut self) {
        self.forget();
        self.reply("250-sink.invalid");
        if self.settings.pipelining {
            self.reply("250-PIPELINING");
        }
        if self.settings.chunking {
            self.reply("250-CHUNKING");
        }
        self.reply("250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 50000000");
    }

    fn mail(&mut self) -> Step {
        if self
            .tally
            .happens(self.settings.closing, self.settings.seed)
        {
            self.tally.refused();
            self.reply("421 4.3.2 sink.invalid is busy, closing");
            return Step::End;
        }
        if self.has_sender {
            self.reply("503 5.5.1 one at a time");
        } else {
            self.has_sender = true;
            self.reply("250 2.1.0 Ok");
        }
        Step::Done
    }

    fn rcpt(&mut self, argument: &str) {
        let address = argument
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
            .map(|(address, _)| address);
        let (settings, tally) = (self.settings, self.tally);
        match address {
            _ if !self.has_sender => self.reply("503 5.5.1 MAIL first"),
            None | Some("") => self.reply("501 5.5.4 RCPT TO:<address> expected"),
            Some(to) if settings.greylist && tally.is_grey(to, settings.greylist_wait) => {
                tally.refused();
                self.reply("450 4.2.0 greylisted, come again");
            }
            Some(_) if tally.happens(settings.defer, settings.seed) => {
                tally.refused();
                self.reply("450 4.2.0 not now");
            }
            Some(to) => {
                self.recipients.push(to.to_owned());
                self.reply("250 2.1.5 Ok");
            }
        }
    }

    fn begin_data(&mut self) {
        if self.recipients.is_empty() {
            self.reply("554 5.5.1 no valid recipients");
            return;
        }
        self.reply("354 End data with <CR><LF>.<CR><LF>");
        self.start -= 2;
        self.scanned = self.start;
        self.mode = Mode::Data;
    }

    fn data(&mut self) -> io::Result<Step> {
        let Some(found) = end_of_data(&self.buffer[self.scanned..self.end]) else {
            // The end may stand across two reads.
            self.scanned = self
                .start
                .max(self.end.saturating_sub(END_OF_DATA.len() - 1));
            return Ok(Step::NeedsMore);
        };
        let at = self.scanned + found;
        let body = self.start + 2..at + 2;
        self.start = at + END_OF_DATA.len();
        self.mode = Mode::Command;
        self.bytes = body.len() as u64;
        if self.tally.reads_heads() {
            let upto = body.end.min(body.start + HEAD);
            self.head.extend_from_slice(&self.buffer[body.start..upto]);
        }
        self.message()
    }

    fn begin_chunk(&mut self, argument: &str) -> Step {
        let mut words = argument.split_ascii_whitespace();
        let Some(left) = words.next().and_then(|size| size.parse().ok()) else {
            self.reply("501 5.5.4 BDAT size expected");
            return Step::End;
        };
        let is_last = words.next().is_some();
        self.mode = Mode::Chunk { left, is_last };
        Step::Done
    }

    fn chunk(&mut self, left: usize, is_last: bool) -> io::Result<Step> {
        let here = left.min(self.end - self.start);
        if self.tally.reads_heads() && self.head.len() < HEAD {
            let part = &self.buffer[self.start..self.start + here.min(HEAD)];
            self.head.extend_from_slice(part);
        }
        self.start += here;
        self.scanned = self.start;
        self.bytes += here as u64;
        if here < left {
            let left = left - here;
            self.mode = Mode::Chunk { left, is_last };
            return Ok(Step::NeedsMore);
        }
        self.mode = Mode::Command;
        if self.recipients.is_empty() {
            self.reply("554 5.5.1 no valid recipients");
            self.bytes = 0;
            return Ok(Step::Done);
        }
        if !is_last {
            self.reply("250 2.0.0 Ok");
            return Ok(Step::Done);
        }
        self.message()
    }

    /// The whole of a message has come.
    fn message(&mut self) -> io::Result<Step> {
        let (settings, tally) = (self.settings, self.tally);
        if tally.happens(settings.cut_after_body, settings.seed) {
            tally.cut();
            return Ok(Step::End);
        }
        tally.accepted(&self.recipients, &self.head, self.bytes)?;
        self.forget();
        if tally.happens(settings.cut_after_accepting, settings.seed) {
            tally.cut();
            return Ok(Step::End);
        }
        self.reply("250 2.0.0 Ok: taken");
        Ok(Step::Done)
    }

    fn forget(&mut self) {
        self.has_sender = false;
        self.recipients.clear();
        self.head.clear();
        self.bytes = 0;
    }

    fn reply(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }
}

/// Where `\r\n.\r\n` begins. Looks at every fifth byte only, as long as that byte cannot be part
/// of it (Horspool's way).
fn end_of_data(text: &[u8]) -> Option<usize> {
    let length = END_OF_DATA.len();
    let mut at = length - 1;
    while at < text.len() {
        at += match text[at] {
            b'\n' if text[at + 1 - length..=at] == *END_OF_DATA => return Some(at + 1 - length),
            b'\n' => 3,
            b'\r' => 1,
            b'.' => 2,
            _ => length,
        };
    }
    None
}

/// Where replies go: at once, or to a thread that holds each batch back for a while, so that
/// reading goes on meanwhile as it does with a distant server.
enum Replies {
    Now(TcpStream),
    Later {
        latency: Duration,
        queue: Sender<(Instant, Vec<u8>)>,
        writer: JoinHandle<()>,
    },
}

impl Replies {
    fn new(mut stream: TcpStream, latency: Duration) -> Self {
        if latency.is_zero() {
            return Self::Now(stream);
        }
        let (queue, batches) = mpsc::channel::<(Instant, Vec<u8>)>();
        let writer = thread::spawn(move || {
            for (due, batch) in batches {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                if stream.write_all(&batch).is_err() {
                    return;
                }
            }
        });
        Self::Later {
            latency,
            queue,
            writer,
        }
    }

    fn send(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        if out.is_empty() {
            return Ok(());
        }
        match self {
            Self::Now(stream) => {
                stream.write_all(out)?;
                out.clear();
            }
            Self::Later { latency, queue, .. } => {
                // Nobody to write for means that the client has gone; reading will say so.
                let _ = queue.send((Instant::now() + *latency, std::mem::take(out)));
            }
        }
        Ok(())
    }

    /// Waits until everything is written.
    fn finish(self) {
        if let Self::Later { queue, writer, .. } = self {
            drop(queue);
            let _ = writer.join();
        }
    }
}
