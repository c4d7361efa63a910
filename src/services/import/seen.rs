//! Which addresses a file has had already: a hash table in a temporary file, so that memory does
//! not grow with the file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::domain::suppression::EmailHash;

const SLOT: usize = 16;
/// Slots at first; a power of two.
const FIRST: u64 = 1 << 16;
/// Slots copied at a time when the table grows.
const CHUNK: usize = 4096;

/// A set of hashes on disk.
pub struct Seen {
    file: File,
    slots: u64,
    used: u64,
}

impl Seen {
    pub fn new() -> io::Result<Self> {
        Self::with(FIRST)
    }

    fn with(slots: u64) -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        file.set_len(slots * SLOT as u64)?;
        Ok(Self {
            file,
            slots,
            used: 0,
        })
    }

    /// Adds a hash; false where it is there already.
    pub fn insert(&mut self, hash: EmailHash) -> io::Result<bool> {
        if self.used * 2 >= self.slots {
            self.grow()?;
        }
        self.put(hash)
    }

    /// Open addressing: from the slot that the hash names to the next free one. A slot of zeros is
    /// free; no hash in practice is all zeros.
    fn put(&mut self, hash: EmailHash) -> io::Result<bool> {
        let (start, _) = hash.0.split_at(8);
        let start = start
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        let mut slot = start & (self.slots - 1);
        loop {
            let mut found = [0; SLOT];
            let at = slot * SLOT as u64;
            self.file.read_exact_at(&mut found, at)?;
            if found == hash.0 {
                return Ok(false);
            }
            if found == [0; SLOT] {
                self.file.write_all_at(&hash.0, at)?;
                self.used += 1;
                return Ok(true);
            }
            slot = (slot + 1) & (self.slots - 1);
        }
    }

    fn grow(&mut self) -> io::Result<()> {
        let mut larger = Self::with(self.slots * 4)?;
        let mut chunk = vec![0; CHUNK * SLOT];
        let mut at = 0;
        while at < self.slots * SLOT as u64 {
            self.file.read_exact_at(&mut chunk, at)?;
            at += chunk.len() as u64;
            for slot in chunk.as_chunks::<SLOT>().0 {
                if *slot != [0; SLOT] {
                    larger.put(EmailHash(*slot))?;
                }
            }
        }
        *self = larger;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::{Random, StdRandom};

    #[test]
    fn every_hash_is_new_once_however_many_there_are() {
        let random = StdRandom::seeded(3);
        let hashes: Vec<EmailHash> = (0..100_000)
            .map(|_| {
                let mut bytes = [0; SLOT];
                random.fill(&mut bytes);
                EmailHash(bytes)
            })
            .collect();
        let mut seen = Seen::new().unwrap();
        assert!(hashes.iter().all(|hash| seen.insert(*hash).unwrap()));
        assert!(seen.slots > FIRST, "the table has grown");
        assert!(!hashes.iter().any(|hash| seen.insert(*hash).unwrap()));
    }

    #[test]
    fn hashes_that_name_the_same_slot_are_told_apart() {
        let mut seen = Seen::new().unwrap();
        let hash = |first: u8| {
            let mut bytes = [0xff; SLOT];
            bytes[15] = first;
            EmailHash(bytes)
        };
        assert!((1..=100).all(|n| seen.insert(hash(n)).unwrap()));
        assert!(!(1..=100).any(|n| seen.insert(hash(n)).unwrap()));
    }
}
