//! An HTTP server on loopback that answers what a test lays out, and remembers who asked.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    /// Head and body, as text.
    pub text: String,
    pub began: Instant,
    pub ended: Instant,
}

/// What is answered for a path.
#[derive(Debug, Clone)]
struct Laid {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

#[derive(Default)]
struct State {
    laid: HashMap<String, Laid>,
    asked: Vec<Asked>,
    takes: Duration,
}

/// The server; it stops with the test's runtime.
#[derive(Clone)]
pub struct Newsstand {
    pub root: String,
    state: Arc<Mutex<State>>,
}

impl Newsstand {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stand = Self {
            root: format!("http://{}", listener.local_addr().unwrap()),
            state: Arc::default(),
        };
        let serving = stand.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let stand = serving.clone();
                tokio::spawn(async move { stand.answer(stream).await });
            }
        });
        stand
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }

    /// Answers a path from now on.
    pub fn lay(&self, path: &str, status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let laid = Laid {
            status,
            headers,
            body: body.as_ref().to_vec(),
        };
        let mut state = self.state.lock().unwrap();
        state.laid.insert(path.to_owned(), laid);
    }

    /// Answers a path with a document.
    pub fn lay_feed(&self, path: &str, body: impl AsRef<[u8]>) {
        self.lay(path, 200, &[], body);
    }

    /// Lets every answer take its time.
    pub fn slow_down(&self, takes: Duration) {
        self.state.lock().unwrap().takes = takes;
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.clone()
    }

    async fn answer(&self, mut stream: TcpStream) {
        let began = Instant::now();
        let Some(text) = read_request(&mut stream).await else {
            return;
        };
        let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
        let takes = self.state.lock().unwrap().takes;
        tokio::time::sleep(takes).await;
        let laid = {
            let mut state = self.state.lock().unwrap();
            state.asked.push(Asked {
                path: path.clone(),
                text,
                began,
                ended: Instant::now(),
            });
            let without_query = path.split('?').next().unwrap_or_default();
            let found = state.laid.get(&path).or(state.laid.get(without_query));
            found.cloned()
        };
        let laid = laid.unwrap_or(Laid {
            status: 404,
            headers: Vec::new(),
            body: Vec::new(),
        });
        let mut head = format!(
            "HTTP/1.1 {} Said\r\nContent-Length: {}\r\nConnection: close\r\n",
            laid.status,
            laid.body.len()
        );
        for (name, value) in &laid.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&laid.body);
        // A client that has seen enough may hang up.
        let _ = stream.write_all(&bytes).await;
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}
