//! An SMTP server that takes everything as fast as it can and keeps none of it: the other end of
//! the delivery benchmark. It counts, it can be slow or faulty on purpose, and it can write down
//! who got which mail. `benches/delivery/run` starts it; docs/performance.md explains it.
//!
//! A thread per connection and no library: at thirty kilobytes a mail the work is copying, and
//! `rustc` alone builds it in seconds.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

mod blast;
mod session;
mod tally;

use session::Session;
use tally::Tally;

const USAGE: &str = "\
sink [--listen 127.0.0.1:0] [--control 127.0.0.1:0] [--latency-ms N] [--no-pipelining] [--chunking]
     [--seed N] [--defer P%] [--421 P%] [--cut-after-body P%] [--cut-after-accepting P%]
     [--greylist] [--greylist-ms 1000] [--ledger FILE]
sink --blast HOST:PORT [--connections 10] [--messages 100000] [--size 30000]

Prints `listening ADDRESS control ADDRESS`. The control port takes lines, of one visitor at a time:
`stats` answers the sums since the last reset as JSON, `reset` the same and begins anew, `stop` the
same and ends the sink, which prints it too.
  --latency-ms           each batch of replies leaves that much later, on each connection alone
  --defer                recipients refused with 450
  --421                  MAIL answered with 421 and a closed connection
  --cut-after-body       connections cut after the final dot; the mail is forgotten
  --cut-after-accepting  the same, and the mail is kept: the sender cannot know
  --greylist             each recipient is refused with 450 until --greylist-ms after the first try
  --ledger               a line `Message-ID <tab> recipient` for each accepted mail
  --blast                sends instead, without waiting for replies: what a sink can take at most";

/// What the sink was asked to be.
#[derive(Debug)]
struct Settings {
    listen: String,
    control: String,
    latency: Duration,
    pipelining: bool,
    chunking: bool,
    seed: u64,
    defer: f64,
    closing: f64,
    cut_after_body: f64,
    cut_after_accepting: f64,
    greylist: bool,
    greylist_wait: Duration,
    ledger: Option<String>,
    blast: Option<String>,
    connections: u64,
    messages: u64,
    size: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:0".to_owned(),
            control: "127.0.0.1:0".to_owned(),
            latency: Duration::ZERO,
            pipelining: true,
            chunking: false,
            seed: 1,
            defer: 0.0,
            closing: 0.0,
            cut_after_body: 0.0,
            cut_after_accepting: 0.0,
            greylist: false,
            greylist_wait: Duration::from_secs(1),
            ledger: None,
            blast: None,
            connections: 10,
            messages: 100_000,
            size: 30_000,
        }
    }
}

impl Settings {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut s = Self::default();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--listen" => s.listen = value()?,
                "--control" => s.control = value()?,
                "--latency-ms" => s.latency = Duration::from_millis(number(&value()?)?),
                "--no-pipelining" => s.pipelining = false,
                "--chunking" => s.chunking = true,
                "--seed" => s.seed = number(&value()?)?,
                "--defer" => s.defer = share(&value()?)?,
                "--421" => s.closing = share(&value()?)?,
                "--cut-after-body" => s.cut_after_body = share(&value()?)?,
                "--cut-after-accepting" => s.cut_after_accepting = share(&value()?)?,
                "--greylist" => s.greylist = true,
                "--greylist-ms" => s.greylist_wait = Duration::from_millis(number(&value()?)?),
                "--ledger" => s.ledger = Some(value()?),
                "--blast" => s.blast = Some(value()?),
                "--connections" => s.connections = number(&value()?)?,
                "--messages" => s.messages = number(&value()?)?,
                "--size" => s.size = number(&value()?)?,
                // So `cargo bench` calls it.
                "--bench" => return Err("the benchmark is benches/delivery/run".to_owned()),
                _ => return Err(format!("{word} is not known\n{USAGE}")),
            }
        }
        Ok(s)
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

/// A share of one, from `20%` or `20`.
fn share(text: &str) -> Result<f64, String> {
    let percent: f64 = number(text.trim_end_matches('%'))?;
    if (0.0..=100.0).contains(&percent) {
        Ok(percent / 100.0)
    } else {
        Err(format!("{text:?} is not between 0% and 100%"))
    }
}

fn main() -> ExitCode {
    let settings = match Settings::parse(std::env::args().skip(1)) {
        Ok(settings) => settings,
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::from(2);
        }
    };
    let ended = match &settings.blast {
        Some(target) => blast::run(target, &settings),
        None => serve(settings),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sink: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Listens until the control port says `stop`.
fn serve(settings: Settings) -> io::Result<()> {
    let listener = TcpListener::bind(settings.listen.as_str())?;
    let control = TcpListener::bind(settings.control.as_str())?;
    let (address, port) = (listener.local_addr()?, control.local_addr()?);
    let tally = Arc::new(Tally::new(settings.ledger.as_deref())?);
    println!("listening {address} control {port}");
    io::stdout().flush()?;
    let accepting = Arc::clone(&tally);
    thread::spawn(move || accept(&listener, &Arc::new(settings), &accepting));
    for stream in control.incoming() {
        // A watcher that goes away is none of our trouble.
        if let Ok(true) = answer(&stream?, &tally) {
            break;
        }
    }
    println!("{}", tally.report()?);
    Ok(())
}

fn accept(listener: &TcpListener, settings: &Arc<Settings>, tally: &Arc<Tally>) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // So that a lack of file descriptors does not become a busy loop.
            thread::sleep(Duration::from_millis(50));
            continue;
        };
        let (settings, tally) = (Arc::clone(settings), Arc::clone(tally));
        thread::spawn(move || {
            tally.opened();
            // A client that goes away is an ordinary end of a session.
            let _ = Session::new(stream, &settings, &tally).and_then(Session::run);
            tally.closed();
        });
    }
}

/// Answers the lines of one visitor; true when the sink shall end.
fn answer(stream: &TcpStream, tally: &Tally) -> io::Result<bool> {
    let peer: SocketAddr = stream.peer_addr()?;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let report = match line.trim() {
            "stats" | "stop" => tally.report()?,
            "reset" => {
                let report = tally.report()?;
                tally.reset();
                report
            }
            other => format!("{{\"error\":\"{peer}: {other:?} is not known\"}}"),
        };
        let mut stream = stream;
        stream.write_all(format!("{report}\n").as_bytes())?;
        if line.trim() == "stop" {
            return Ok(true);
        }
    }
    Ok(false)
}
