//! Output with an end: a template may neither fill the memory nor go on for ever.

use std::io::{self, Write};
use std::time::{Duration, Instant};

/// More than any mail or page has.
const MOST_BYTES: usize = 4 * 1024 * 1024;
const MOST_TIME: Duration = Duration::from_secs(5);

/// Collects output up to a size and a time.
#[derive(Debug)]
pub(super) struct Bounded {
    out: Vec<u8>,
    most: usize,
    until: Instant,
    stopped: Option<&'static str>,
}

impl Default for Bounded {
    fn default() -> Self {
        Self::new(MOST_BYTES, MOST_TIME)
    }
}

impl Bounded {
    fn new(most: usize, time: Duration) -> Self {
        Self {
            out: Vec::new(),
            most,
            until: Instant::now() + time,
            stopped: None,
        }
    }

    /// When it ends.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    /// Why no more was taken.
    pub(super) fn stopped(&self) -> Option<&'static str> {
        self.stopped
    }

    /// What was written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    fn stop(&mut self, why: &'static str) -> io::Error {
        self.stopped = Some(why);
        io::Error::other(why)
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.out.len() + bytes.len() > self.most {
            return Err(self.stop("it makes more than 4 MB of output"));
        }
        if Instant::now() > self.until {
            return Err(self.stop("it takes more than 5 seconds"));
        }
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_and_time_have_an_end() {
        let mut small = Bounded::new(4, MOST_TIME);
        assert!(small.write_all(b"abcd").is_ok());
        assert!(small.write_all(b"e").is_err());
        assert!(small.stopped().is_some_and(|why| why.contains("MB")));
        assert_eq!(small.into_bytes(), b"abcd");
        let mut late = Bounded::new(4, Duration::ZERO);
        std::thread::sleep(Duration::from_millis(2));
        assert!(late.write_all(b"a").is_err());
        assert!(late.stopped().is_some_and(|why| why.contains("seconds")));
    }
}
