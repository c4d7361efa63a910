//! What the sink counts and writes down.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher as _};
use std::io::{self, BufWriter, Write as _};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The sums since the last reset.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    accepted: AtomicU64,
    bytes: AtomicU64,
    connections: AtomicU64,
    open: AtomicU64,
    refused: AtomicU64,
    cut: AtomicU64,
    /// Commands that came together although PIPELINING was not offered.
    early: AtomicU64,
    /// Microseconds of the UNIX clock; 0 for none yet.
    first: AtomicU64,
    last: AtomicU64,
    drawn: AtomicU64,
    ledger: Option<Mutex<Ledger>>,
    greylist: Mutex<HashMap<u64, Instant>>,
}

#[derive(Debug)]
struct Ledger {
    file: BufWriter<File>,
    seen: HashSet<u64>,
    duplicates: u64,
}

impl Tally {
    pub(crate) fn new(ledger: Option<&str>) -> io::Result<Self> {
        let ledger = match ledger {
            Some(path) => Some(Mutex::new(Ledger {
                file: BufWriter::new(File::create(path)?),
                seen: HashSet::new(),
                duplicates: 0,
            })),
            None => None,
        };
        Ok(Self {
            ledger,
            ..Self::default()
        })
    }

    pub(crate) fn opened(&self) {
        self.connections.fetch_add(1, Relaxed);
        self.open.fetch_add(1, Relaxed);
    }

    pub(crate) fn closed(&self) {
        self.open.fetch_sub(1, Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn cut(&self) {
        self.cut.fetch_add(1, Relaxed);
    }

    pub(crate) fn early(&self) {
        self.early.fetch_add(1, Relaxed);
    }

    /// Whether the message's head is of use to `accepted`.
    pub(crate) fn reads_heads(&self) -> bool {
        self.ledger.is_some()
    }

    /// A mail was taken.
    pub(crate) fn accepted(
        &self,
        recipients: &[String],
        head: &[u8],
        bytes: u64,
    ) -> io::Result<()> {
        let now = now();
        self.accepted.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
        let _ = self.first.compare_exchange(0, now, Relaxed, Relaxed);
        self.last.fetch_max(now, Relaxed);
        let Some(ledger) = &self.ledger else {
            return Ok(());
        };
        let id = message_id(head);
        let mut ledger = lock(ledger);
        for recipient in recipients {
            writeln!(ledger.file, "{id}\t{recipient}")?;
            if !ledger.seen.insert(hash(&(&id, recipient))) {
                ledger.duplicates += 1;
            }
        }
        Ok(())
    }

    /// Draws lots in an order that depends on the seed alone.
    pub(crate) fn happens(&self, share: f64, seed: u64) -> bool {
        if share <= 0.0 {
            return false;
        }
        let lot = hash(&(seed, self.drawn.fetch_add(1, Relaxed)));
        // The upper half is exact as a float.
        f64::from((lot >> 32) as u32) / f64::from(u32::MAX) < share
    }

    /// Whether the recipient has not waited long enough since it was first seen.
    pub(crate) fn is_grey(&self, recipient: &str, wait: Duration) -> bool {
        let mut seen = lock(&self.greylist);
        let first = seen.entry(hash(&recipient)).or_insert_with(Instant::now);
        first.elapsed() < wait
    }

    pub(crate) fn reset(&self) {
        let sums = [
            &self.accepted,
            &self.bytes,
            &self.connections,
            &self.refused,
            &self.cut,
            &self.early,
            &self.first,
            &self.last,
        ];
        for sum in sums {
            sum.store(0, Relaxed);
        }
    }

    /// The sums as JSON. What the ledger holds back is written.
    pub(crate) fn report(&self) -> io::Result<String> {
        let duplicates = match &self.ledger {
            Some(ledger) => {
                let mut ledger = lock(ledger);
                ledger.file.flush()?;
                ledger.duplicates
            }
            None => 0,
        };
        let n = |sum: &AtomicU64| sum.load(Relaxed);
        let time = |sum: &AtomicU64| match n(sum) {
            0 => "null".to_owned(),
            micros => format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000),
        };
        Ok(format!(
            "{{\"accepted\":{},\"bytes\":{},\"connections\":{},\"open\":{},\"refused\":{},\
             \"cut\":{},\"early_commands\":{},\"duplicates\":{duplicates},\"first_at\":{},\
             \"last_at\":{},\"cpu_seconds\":{}}}",
            n(&self.accepted),
            n(&self.bytes),
            n(&self.connections),
            n(&self.open),
            n(&self.refused),
            n(&self.cut),
            n(&self.early),
            time(&self.first),
            time(&self.last),
            cpu_seconds().unwrap_or_default(),
        ))
    }
}

/// Also after a panic elsewhere: the sums are still the best there is.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hash(of: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

#[expect(clippy::disallowed_methods, reason = "the sink is not the product")]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| u64::try_from(d.as_micros()).unwrap_or(u64::MAX))
}

/// The value of the Message-ID field; empty where there is none.
fn message_id(head: &[u8]) -> String {
    const FIELD: &[u8] = b"message-id:";
    for line in head.split(|&b| b == b'\n') {
        if line.len() <= 1 {
            break;
        }
        if line.len() > FIELD.len() && line[..FIELD.len()].eq_ignore_ascii_case(FIELD) {
            return String::from_utf8_lossy(&line[FIELD.len()..])
                .trim()
                .to_owned();
        }
    }
    String::new()
}

/// What this process has used so far: fields 14 and 15 of proc_pid_stat(5), in hundredths.
fn cpu_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let after_name = text.rsplit_once(") ")?.1;
    let mut fields = after_name.split(' ').skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(f64::from(user + system) / 100.0)
}
