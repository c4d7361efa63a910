//! How far long work is: a bar on a terminal, a plain line now and then elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::output::Output;

const WIDTH: usize = 30;
const REDRAW: Duration = Duration::from_millis(100);
const NEXT_LINE: Duration = Duration::from_secs(5);

/// Shows progress on standard error.
pub(super) struct Progress {
    started: Instant,
    shown: Instant,
    on_terminal: bool,
    quiet: bool,
    /// Something stands on the line.
    drawn: bool,
}

impl Progress {
    pub(super) fn new(out: &Output) -> Self {
        let now = Instant::now();
        Self {
            started: now,
            shown: now,
            on_terminal: io::stderr().is_terminal(),
            quiet: out.is_quiet(),
            drawn: false,
        }
    }

    /// Time since the beginning.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Shows where the work stands, unless that was shown just now. `total` is the end of the work,
    /// where it is known.
    pub(super) fn at(&mut self, done: u64, total: Option<u64>, text: &str) {
        let pause = if self.on_terminal { REDRAW } else { NEXT_LINE };
        if self.quiet || self.shown.elapsed() < pause {
            return;
        }
        self.shown = Instant::now();
        let line = line(done, total, text);
        let mut to = io::stderr().lock();
        let _ = if self.on_terminal {
            // Back to the start of the line, and clear what was longer.
            write!(to, "\r{line}\x1b[K").and_then(|()| to.flush())
        } else {
            writeln!(to, "{line}")
        };
        self.drawn = self.on_terminal;
    }

    /// Prints a line of its own between two drawings.
    pub(super) fn say(&mut self, text: &str) {
        self.clear();
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Takes the bar away.
    pub(super) fn clear(&mut self) {
        if self.drawn {
            let _ = write!(io::stderr(), "\r\x1b[K");
            self.drawn = false;
        }
    }
}

fn line(done: u64, total: Option<u64>, text: &str) -> String {
    match total.filter(|total| *total > 0) {
        Some(total) => {
            let done = done.min(total);
            let percent = u128::from(done) * 100 / u128::from(total);
            let filled = (u128::from(done) * WIDTH as u128 / u128::from(total)) as usize;
            let (bar, rest) = ("#".repeat(filled), ".".repeat(WIDTH - filled));
            format!("[{bar}{rest}] {percent:>3} %  {text}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_bar_is_as_full_as_the_work_is_done() {
        assert_eq!(
            line(50, Some(100), "x"),
            format!("[{}{}]  50 %  x", "#".repeat(15), ".".repeat(15))
        );
        assert!(line(200, Some(100), "x").contains("100 %"));
        assert_eq!(line(7, None, "x"), "x");
        assert_eq!(line(7, Some(0), "x"), "x");
    }
}
