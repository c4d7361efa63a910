//! An SMTP server that plays any part, down to the single byte, and remembers what it heard.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// One thing that the server does when it has heard something.
#[derive(Debug, Clone)]
pub enum Deed {
    Say(String),
    /// The same, each byte a write of its own.
    Spell(String),
    Wait(Duration),
    /// Forgets what it has read but not yet heard, as a server does that cannot pipeline.
    Forget,
    /// Ends the connection, under TLS without a word.
    Cut,
    /// Neither reads nor says anything more.
    Hang,
    /// Goes on in TLS.
    StartTls,
}

/// What the server has heard: a command, or `CONNECT`, or `BODY` when a message begins, or `DOT`
/// when it has ended. `BDAT` is heard with its whole chunk.
#[derive(Debug, Clone)]
pub struct Heard {
    pub connection: usize,
    pub verb: String,
    /// How many of this verb came over all connections, this one included.
    pub count: usize,
    /// The same over this one.
    pub turn: usize,
}

type Part = Arc<dyn Fn(&Heard) -> Option<Vec<Deed>> + Send + Sync>;

#[derive(Debug, Default)]
pub struct Memory {
    /// Commands, without line ends.
    pub lines: Vec<String>,
    /// Messages with dots as they came, without the final one.
    pub messages: Vec<Vec<u8>>,
    /// How often everything heard was answered and more was waited for.
    pub round_trips: usize,
    pub connections: usize,
    counts: HashMap<String, usize>,
}

/// A running server.
#[derive(Clone)]
pub struct Player {
    pub address: SocketAddr,
    pub memory: Arc<Mutex<Memory>>,
}

/// How the server speaks TLS.
#[derive(Clone)]
pub enum Tls {
    Never,
    /// From the first byte.
    Implicit(TlsAcceptor),
    /// After STARTTLS.
    Later(TlsAcceptor),
}

pub const OFFERS: &str = "250-player\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n";
/// The same and CHUNKING (RFC 3030).
pub const CHUNKS: &str =
    "250-player\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-CHUNKING\r\n250 SMTPUTF8\r\n";

/// What a friendly server does.
pub fn usual(verb: &str) -> Vec<Deed> {
    let text = match verb {
        "BODY" => return Vec::new(),
        "CONNECT" => "220 player\r\n",
        "EHLO" => OFFERS,
        "DATA" => "354 go on\r\n",
        "DOT" | "BDAT" => "250 2.0.0 kept\r\n",
        "QUIT" => return vec![say("221 2.0.0 bye\r\n"), Deed::Cut],
        "STARTTLS" => return vec![say("220 go\r\n"), Deed::StartTls],
        "MAIL" | "RCPT" | "RSET" | "HELO" => "250 ok\r\n",
        _ => "500 5.5.1 what\r\n",
    };
    vec![say(text)]
}

pub fn say(text: &str) -> Deed {
    Deed::Say(text.to_owned())
}

impl Player {
    pub async fn start(
        tls: Tls,
        part: impl Fn(&Heard) -> Option<Vec<Deed>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let memory = Arc::new(Mutex::new(Memory::default()));
        let player = Self {
            address: listener.local_addr().unwrap(),
            memory: Arc::clone(&memory),
        };
        let part: Part = Arc::new(part);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let connection = {
                    let mut memory = memory.lock().unwrap();
                    memory.connections += 1;
                    memory.connections
                };
                let mut talk = Talk {
                    connection,
                    part: Arc::clone(&part),
                    memory: Arc::clone(&memory),
                    counts: HashMap::new(),
                    input: Vec::new(),
                    output: Vec::new(),
                    said: String::new(),
                    is_refused: false,
                };
                let tls = tls.clone();
                tokio::spawn(async move {
                    match tls {
                        Tls::Never => drop(talk.serve(stream, true).await),
                        // A client may turn away from the certificate.
                        Tls::Implicit(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                talk.serve(stream, true).await;
                            }
                        }
                        Tls::Later(acceptor) => {
                            let Some(stream) = talk.serve(stream, true).await else {
                                return;
                            };
                            if let Ok(stream) = acceptor.accept(stream).await {
                                talk.serve(stream, false).await;
                            }
                        }
                    }
                });
            }
        });
        player
    }

    /// A server without TLS.
    pub async fn plain(part: impl Fn(&Heard) -> Option<Vec<Deed>> + Send + Sync + 'static) -> Self {
        Self::start(Tls::Never, part).await
    }

    pub fn lines(&self) -> Vec<String> {
        self.memory.lock().unwrap().lines.clone()
    }

    pub fn messages(&self) -> Vec<Vec<u8>> {
        self.memory.lock().unwrap().messages.clone()
    }

    pub fn round_trips(&self) -> usize {
        self.memory.lock().unwrap().round_trips
    }

    pub fn connections(&self) -> usize {
        self.memory.lock().unwrap().connections
    }
}

struct Talk {
    connection: usize,
    part: Part,
    memory: Arc<Mutex<Memory>>,
    counts: HashMap<String, usize>,
    input: Vec<u8>,
    output: Vec<u8>,
    /// The words of the last reply, however they left.
    said: String,
    /// Whether sender or recipient of the present mail were refused.
    is_refused: bool,
}

impl Talk {
    /// Until the end, or until TLS is to begin on the stream.
    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        mut stream: S,
        greets: bool,
    ) -> Option<S> {
        if greets && self.act(&mut stream, "CONNECT").await != Some(false) {
            return None;
        }
        loop {
            let line = self.until(&mut stream, b"\r\n").await?;
            let line = String::from_utf8(line).unwrap();
            let verb = line.split(' ').next().unwrap().to_owned();
            let size = line.strip_prefix("BDAT ");
            let size = size.map(|rest| rest.split(' ').next().unwrap().parse().unwrap());
            self.memory.lock().unwrap().lines.push(line);
            if let Some(size) = size {
                self.chunk(&mut stream, size).await?;
            }
            if self.act(&mut stream, &verb).await? {
                return Some(stream);
            }
            if verb == "DATA" && self.said.starts_with("354") {
                self.hear(&mut stream).await?;
                if self.act(&mut stream, "BODY").await? {
                    return Some(stream);
                }
                self.message(&mut stream).await?;
            }
        }
    }

    async fn chunk<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        size: usize,
    ) -> Option<()> {
        if self.input.is_empty() {
            self.hear(stream).await?;
        }
        self.act(stream, "BODY").await?;
        while self.input.len() < size {
            self.hear(stream).await?;
        }
        let message = self.input.drain(..size).collect();
        if !self.is_refused {
            self.memory.lock().unwrap().messages.push(message);
        }
        Some(())
    }

    async fn message<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S) -> Option<()> {
        let mut message = Vec::new();
        loop {
            let line = self.until(stream, b"\r\n").await?;
            if line == b"." {
                break;
            }
            message.extend_from_slice(&line);
            message.extend_from_slice(b"\r\n");
        }
        self.memory.lock().unwrap().messages.push(message);
        self.act(stream, "DOT").await.map(drop)
    }

    /// What came before `end`; whatever is to be said leaves before more is waited for.
    async fn until<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        end: &[u8],
    ) -> Option<Vec<u8>> {
        loop {
            let found = self.input.windows(end.len()).position(|w| w == end);
            if let Some(at) = found {
                let mut line: Vec<u8> = self.input.drain(..at + end.len()).collect();
                line.truncate(at);
                return Some(line);
            }
            self.hear(stream).await?;
        }
    }

    /// Says what is to be said and waits for more.
    async fn hear<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S) -> Option<()> {
        self.flush(stream).await?;
        let mut room = vec![0; 64 * 1024];
        let count = stream.read(&mut room).await.ok()?;
        self.input.extend_from_slice(&room[..count]);
        (count > 0).then_some(())
    }

    async fn flush<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> Option<()> {
        if self.output.is_empty() {
            return Some(());
        }
        self.memory.lock().unwrap().round_trips += 1;
        stream.write_all(&self.output).await.ok()?;
        stream.flush().await.ok()?;
        self.output.clear();
        Some(())
    }

    /// True where TLS is to begin; `None` at the end.
    async fn act<S: AsyncWrite + Unpin>(&mut self, stream: &mut S, verb: &str) -> Option<bool> {
        let count = {
            let mut memory = self.memory.lock().unwrap();
            let count = memory.counts.entry(verb.to_owned()).or_default();
            *count += 1;
            *count
        };
        let turn = self.counts.entry(verb.to_owned()).or_default();
        *turn += 1;
        let heard = Heard {
            turn: *turn,
            connection: self.connection,
            verb: verb.to_owned(),
            count,
        };
        self.said.clear();
        let deeds = (self.part)(&heard).unwrap_or_else(|| match verb {
            "BDAT" if self.is_refused => vec![say("503 5.5.1 no valid recipients\r\n")],
            _ => usual(verb),
        });
        for deed in deeds {
            match deed {
                Deed::Say(text) => {
                    self.said.push_str(&text);
                    self.output.extend_from_slice(text.as_bytes());
                }
                Deed::Spell(text) => {
                    self.said.push_str(&text);
                    self.flush(stream).await?;
                    for byte in text.bytes() {
                        stream.write_all(&[byte]).await.ok()?;
                        stream.flush().await.ok()?;
                        tokio::task::yield_now().await;
                    }
                }
                Deed::Wait(wait) => {
                    self.flush(stream).await?;
                    tokio::time::sleep(wait).await;
                }
                Deed::Forget => self.input.clear(),
                Deed::Cut => {
                    self.flush(stream).await?;
                    return None;
                }
                Deed::Hang => {
                    self.flush(stream).await?;
                    std::future::pending::<()>().await;
                }
                Deed::StartTls => {
                    self.flush(stream).await?;
                    return Some(true);
                }
            }
        }
        if ["MAIL", "RCPT"].contains(&verb) {
            let is_refused = self.said.starts_with(['4', '5']);
            self.is_refused = is_refused || (self.is_refused && verb == "RCPT");
        }
        Some(false)
    }
}
