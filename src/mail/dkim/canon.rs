//! Canonicalisation `relaxed/relaxed` (RFC 6376, 3.4.2 and 3.4.4), in one pass over the message.
//!
//! What stays as it is goes into the hash straight from the message; a body as `compose` writes
//! it is hardly copied at all.

use aws_lc_rs::digest;

/// Takes canonical bytes.
pub(super) trait Sink {
    /// Takes the next bytes.
    fn take(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn take(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// SHA-256 behind a small buffer, since a hash takes many small pieces slowly.
pub(super) struct Hasher {
    sha256: digest::Context,
    held: Vec<u8>,
}

impl Hasher {
    const HELD: usize = 4096;

    pub(super) fn new() -> Self {
        Self {
            sha256: digest::Context::new(&digest::SHA256),
            held: Vec::with_capacity(Self::HELD),
        }
    }

    pub(super) fn finish(mut self) -> digest::Digest {
        self.sha256.update(&self.held);
        self.sha256.finish()
    }
}

impl Sink for Hasher {
    fn take(&mut self, bytes: &[u8]) {
        if self.held.len() + bytes.len() > Self::HELD {
            self.sha256.update(&self.held);
            self.held.clear();
        }
        if bytes.len() > Self::HELD / 4 {
            // What is held comes first.
            self.sha256.update(&self.held);
            self.held.clear();
            self.sha256.update(bytes);
        } else {
            self.held.extend_from_slice(bytes);
        }
    }
}

/// The body, fed in pieces of any size.
///
/// White space and line ends are held back until it is known what follows: white space at the end
/// of a line and empty lines at the end of the body are dropped.
pub(super) struct Body<S> {
    sink: S,
    line_ends: usize,
    has_space: bool,
    has_cr: bool,
    is_empty: bool,
}

impl<S: Sink> Body<S> {
    pub(super) fn new(sink: S) -> Self {
        Self {
            sink,
            line_ends: 0,
            has_space: false,
            has_cr: false,
            is_empty: true,
        }
    }

    /// Takes the next piece.
    pub(super) fn update(&mut self, piece: &[u8]) {
        let mut at = 0;
        while let Some(&byte) = piece.get(at) {
            if self.has_cr {
                self.has_cr = false;
                if byte == b'\n' {
                    self.line_ends += 1;
                    self.has_space = false;
                    at += 1;
                    continue;
                }
                // A lone CR is a character like others (it does not occur in our own mails).
                self.release();
                self.sink.take(b"\r");
            }
            match byte {
                b' ' | b'\t' => self.has_space = true,
                b'\r' => self.has_cr = true,
                _ => {
                    self.release();
                    let length = unchanged(&piece[at..]);
                    self.sink.take(&piece[at..at + length]);
                    at += length;
                    continue;
                }
            }
            at += 1;
        }
    }

    /// Ends the body: with exactly one line end, or empty as it is.
    pub(super) fn finish(mut self) -> S {
        if self.has_cr {
            self.release();
            self.sink.take(b"\r");
        }
        if !self.is_empty {
            self.sink.take(b"\r\n");
        }
        self.sink
    }

    /// Lets go of what was held back, since something follows.
    fn release(&mut self) {
        for _ in 0..self.line_ends {
            self.sink.take(b"\r\n");
        }
        if self.has_space {
            self.sink.take(b" ");
        }
        self.line_ends = 0;
        self.has_space = false;
        self.is_empty = false;
    }
}

/// How many bytes stay as they are, without white space or a line end as the last of them, since
/// what becomes of those depends on what follows. The first byte is neither.
fn unchanged(text: &[u8]) -> usize {
    let end = first_change(text);
    let kept = text[1..end]
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\r' | b'\n'));
    kept.map_or(1, |last| last + 2)
}

/// Where the first byte is that does not stay: a tab, or a blank before a blank or a CR. A tab
/// after a blank is found one byte late, which `unchanged` takes back.
fn first_change(text: &[u8]) -> usize {
    /// Compared at a time, without a branch, so that the compiler takes vector instructions.
    const BLOCK: usize = 64;
    let changes =
        |this: u8, next: u8| this == b'\t' || (this == b' ' && (next == b' ' || next == b'\r'));
    let mut at = 0;
    while let (Some(these), Some(following)) =
        (text.get(at..at + BLOCK), text.get(at + 1..=at + BLOCK))
    {
        let any = these
            .iter()
            .zip(following)
            .fold(0, |any, (&this, &next)| any | u8::from(changes(this, next)));
        if any != 0 {
            break;
        }
        at += BLOCK;
    }
    let rest = &text[at..];
    let found = rest.iter().enumerate().position(|(i, &this)| {
        let next = rest.get(i + 1).copied().unwrap_or_default();
        changes(this, next)
    });
    found.map_or(text.len(), |i| at + i)
}

/// Adds a header field: its name in lower case, its value on one line, white space reduced
/// (RFC 6376, 3.4.2). Without a line end, which the last field of a signature must not have.
pub(super) fn add_field(field: Field<'_>, canonical: &mut Vec<u8>) {
    canonical.extend(field.name.iter().map(u8::to_ascii_lowercase));
    canonical.push(b':');
    let start = canonical.len();
    let mut has_space = false;
    for &byte in field.value {
        match byte {
            // The line ends of folding; only the white space after them counts.
            b'\r' | b'\n' => {}
            b' ' | b'\t' => has_space = true,
            other => {
                if has_space && canonical.len() > start {
                    canonical.push(b' ');
                }
                has_space = false;
                canonical.push(other);
            }
        }
    }
}

/// A header field as it stands in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// Without the white space that may stand before the colon.
    pub(super) name: &'a [u8],
    /// What follows the colon, with its folds and its line end.
    pub(super) value: &'a [u8],
}

/// Parts a message into its header fields and its body; nothing where the header is malformed.
pub(super) fn split(message: &[u8]) -> Option<(Vec<Field<'_>>, &[u8])> {
    let mut fields = Vec::with_capacity(24);
    let mut rest = message;
    while !rest.is_empty() {
        if let Some(body) = rest.strip_prefix(b"\r\n") {
            return Some((fields, body));
        }
        let field = &rest[..field_end(rest)];
        let colon = field.iter().position(|&byte| byte == b':')?;
        let name = field[..colon].trim_ascii_end();
        // RFC 5322, 2.2: printable ASCII without the colon.
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        fields.push(Field {
            name,
            value: &field[colon + 1..],
        });
        rest = &rest[field.len()..];
    }
    // A message without a body ends with its header.
    Some((fields, b""))
}

/// The length of the first field: up to the first line end that no white space follows.
fn field_end(text: &[u8]) -> usize {
    let mut from = 0;
    while let Some(i) = memchr::memmem::find(&text[from..], b"\r\n") {
        from += i + 2;
        if !matches!(text.get(from), Some(b' ' | b'\t')) {
            return from;
        }
    }
    text.len()
}

#[cfg(test)]
#[path = "canon_tests.rs"]
mod tests;
