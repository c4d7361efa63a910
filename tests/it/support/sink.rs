//! A fast SMTP server that keeps of each mail only what tells copies from one another.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the sink has heard, with the reader it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    Mail,
    Rcpt(&'a str),
    /// The end of a message.
    Dot(&'a str),
}

/// What it does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// What a friendly server does.
    Usual,
    /// The same after a while.
    After(Duration),
    /// Refuses with this reply.
    Refuse(&'static str),
    /// The same, and hangs up.
    Dismiss(&'static str),
    /// Keeps the message where there is one, and hangs up without a word.
    Cut,
}

/// One message as it came.
#[derive(Debug, Clone)]
pub struct Kept {
    pub message_id: String,
    /// Of all its bytes.
    pub hash: u64,
    pub at: Instant,
}

type Part = dyn Fn(Heard<'_>) -> Act + Send + Sync;

/// A running sink; what it keeps it keeps by reader.
#[derive(Clone)]
pub struct Sink {
    pub address: SocketAddr,
    kept: Arc<Mutex<Memory>>,
}

#[derive(Default)]
struct Memory {
    count: usize,
    resets: usize,
    by_reader: HashMap<String, Vec<Kept>>,
}

impl Sink {
    /// Answers each message after a while.
    pub async fn paced(pace: Duration) -> Self {
        Self::start(move |heard| match heard {
            Heard::Dot(_) if !pace.is_zero() => Act::After(pace),
            _ => Act::Usual,
        })
        .await
    }

    pub async fn start(part: impl Fn(Heard<'_>) -> Act + Send + Sync + 'static) -> Self {
        Self::offering(false, part).await
    }

    /// One that takes messages in chunks (RFC 3030), so that several come in one go.
    pub async fn chunking(part: impl Fn(Heard<'_>) -> Act + Send + Sync + 'static) -> Self {
        Self::offering(true, part).await
    }

    async fn offering(
        offers_chunks: bool,
        part: impl Fn(Heard<'_>) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sink = Self {
            address: listener.local_addr().unwrap(),
            kept: Arc::default(),
        };
        let part: Arc<Part> = Arc::new(part);
        let kept = Arc::clone(&sink.kept);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let talk = Talk {
                    stream,
                    offers_chunks,
                    part: Arc::clone(&part),
                    kept: Arc::clone(&kept),
                    input: Vec::new(),
                    at: 0,
                    output: Vec::new(),
                    reader: String::new(),
                };
                tokio::spawn(talk.serve());
            }
        });
        sink
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.kept.lock().unwrap()
    }

    /// Messages, copies included.
    pub fn count(&self) -> usize {
        self.memory().count
    }

    /// How often RSET stood between two mails, as it does where several come in one go.
    pub fn resets(&self) -> usize {
        self.memory().resets
    }

    /// Those that came for a reader.
    pub fn of(&self, reader: &str) -> Vec<Kept> {
        let kept = self.memory().by_reader.get(reader).cloned();
        kept.unwrap_or_default()
    }

    /// All of them, by reader.
    pub fn all(&self) -> HashMap<String, Vec<Kept>> {
        self.memory().by_reader.clone()
    }
}

struct Talk {
    stream: TcpStream,
    offers_chunks: bool,
    part: Arc<Part>,
    kept: Arc<Mutex<Memory>>,
    input: Vec<u8>,
    /// How much of `input` has been heard.
    at: usize,
    output: Vec<u8>,
    reader: String,
}

impl Talk {
    async fn serve(mut self) -> Option<()> {
        self.say("220 sink");
        loop {
            let line = self.until(b"\r\n").await?;
            let line = String::from_utf8_lossy(&self.input[line]).into_owned();
            let verb = line.split(' ').next().unwrap_or_default();
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" if self.offers_chunks => {
                    self.say("250-sink\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME");
                }
                "EHLO" => self.say("250-sink\r\n250-PIPELINING\r\n250 8BITMIME"),
                "MAIL" => {
                    self.reader.clear();
                    self.act(Heard::Mail, "250 2.1.0 ok").await?;
                }
                "RCPT" => {
                    let reader = line.split(['<', '>']).nth(1)?.to_owned();
                    if self.act(Heard::Rcpt(&reader), "250 2.1.5 ok").await? {
                        self.reader = reader;
                    }
                }
                "DATA" if self.reader.is_empty() => self.say("554 5.5.1 no valid recipients"),
                "DATA" => {
                    self.say("354 go on");
                    let message = self.until(b"\r\n.\r\n").await?;
                    self.message(message.start..message.end + 2).await?;
                }
                "BDAT" => {
                    let size = line.split(' ').nth(1)?.parse().ok()?;
                    let message = self.bytes(size).await?;
                    if self.reader.is_empty() {
                        self.say("554 5.5.1 no valid recipients");
                    } else {
                        self.message(message).await?;
                    }
                }
                "RSET" => {
                    self.kept.lock().unwrap().resets += 1;
                    self.reader.clear();
                    self.say("250 2.0.0 ok");
                }
                "NOOP" => self.say("250 2.0.0 ok"),
                "QUIT" => {
                    self.say("221 2.0.0 bye");
                    return self.flush().await;
                }
                _ => self.say("500 5.5.1 what"),
            }
        }
    }

    async fn message(&mut self, message: Range<usize>) -> Option<()> {
        let message = &self.input[message];
        let mut hasher = DefaultHasher::new();
        message.hash(&mut hasher);
        let head = memmem::find(message, b"\r\n\r\n").unwrap_or(message.len());
        let head = String::from_utf8_lossy(&message[..head]);
        let id = head.lines().find_map(|l| l.strip_prefix("Message-ID:"));
        let kept = Kept {
            message_id: id.unwrap_or_default().trim().to_owned(),
            hash: hasher.finish(),
            at: Instant::now(),
        };
        let reader = std::mem::take(&mut self.reader);
        let act = (self.part)(Heard::Dot(&reader));
        if !matches!(act, Act::Refuse(_) | Act::Dismiss(_)) {
            let mut memory = self.kept.lock().unwrap();
            memory.count += 1;
            memory.by_reader.entry(reader).or_default().push(kept);
        }
        self.play(act, "250 2.0.0 kept").await.map(drop)
    }

    async fn act(&mut self, heard: Heard<'_>, usual: &str) -> Option<bool> {
        let act = (self.part)(heard);
        self.play(act, usual).await
    }

    /// Whether the server agreed; `None` at the end.
    async fn play(&mut self, act: Act, usual: &str) -> Option<bool> {
        match act {
            Act::Usual => self.say(usual),
            Act::After(pace) => {
                self.flush().await?;
                tokio::time::sleep(pace).await;
                self.say(usual);
            }
            Act::Refuse(reply) => {
                self.say(reply);
                return Some(false);
            }
            Act::Dismiss(reply) => {
                self.say(reply);
                self.flush().await;
                return None;
            }
            Act::Cut => {
                self.flush().await;
                return None;
            }
        }
        Some(true)
    }

    fn say(&mut self, reply: &str) {
        self.output.extend_from_slice(reply.as_bytes());
        self.output.extend_from_slice(b"\r\n");
    }

    async fn flush(&mut self) -> Option<()> {
        self.stream.write_all(&self.output).await.ok()?;
        self.output.clear();
        Some(())
    }

    /// Where in `input` that stands which comes before `end`; replies leave before more is waited
    /// for.
    async fn until(&mut self, end: &[u8]) -> Option<Range<usize>> {
        let mut seen = self.at;
        loop {
            if let Some(found) = memmem::find(&self.input[seen..], end) {
                let range = self.at..seen + found;
                self.at = range.end + end.len();
                return Some(range);
            }
            // What is read may end what stands there already.
            seen = (self.input.len() - self.at).saturating_sub(end.len() - 1);
            self.hear().await?;
        }
    }

    /// Where the next bytes stand, as many as these.
    async fn bytes(&mut self, size: usize) -> Option<Range<usize>> {
        while self.input.len() - self.at < size {
            self.hear().await?;
        }
        let start = self.at;
        self.at += size;
        Some(start..self.at)
    }

    async fn hear(&mut self) -> Option<()> {
        self.flush().await?;
        self.input.drain(..self.at);
        self.at = 0;
        self.input.reserve(64 * 1024);
        let read = self.stream.read_buf(&mut self.input).await.ok()?;
        (read > 0).then_some(())
    }
}
