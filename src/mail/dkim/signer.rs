//! The signer of a domain: one DKIM-Signature field for each of its keys.

use std::fmt;

use aws_lc_rs::digest::{self, Digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::DkimError;
use super::canon::{self, Body, Field, Hasher};
use super::key::{Algorithm, PrivateKey};
use super::record::KeyRecord;
use crate::domain::clock::Time;

/// The fields that a signature covers where a mail has them (RFC 6376, 5.4.1; RFC 8058, 4 for the
/// List-Unsubscribe pair), From apart.
const SIGNED: [&str; 14] = [
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
    "precedence",
    "auto-submitted",
];

/// RFC 5322, 2.1.1.
const GOOD_LINE: usize = 78;

/// One key with its names.
pub(super) struct SigningKey {
    pub(super) domain: String,
    pub(super) selector: String,
    pub(super) algorithm: Algorithm,
    pub(super) key: PrivateKey,
}

impl SigningKey {
    pub(super) fn record(&self) -> KeyRecord {
        KeyRecord::new(&self.domain, &self.selector, self.algorithm, &self.key)
    }
}

/// Signs the mails of a domain; shared by all who send.
pub struct Signer {
    pub(super) keys: Vec<SigningKey>,
}

impl Signer {
    /// The DKIM-Signature fields of a message, each ended by CRLF, to be put before it. The message
    /// is whole, with CRLF line ends and without dot-stuffing.
    pub fn sign(&self, message: &[u8], now: Time) -> Result<Vec<u8>, DkimError> {
        let (fields, body) = canon::split(message).ok_or(DkimError::Header)?;
        let (names, header) = signed_fields(&fields)?;
        let body_hash = BASE64.encode(body_hash(body));
        let mut signatures = Vec::with_capacity(self.keys.len() * 1024);
        for key in &self.keys {
            let unsigned = unsigned_field(key, now, &body_hash, &names);
            let signature = key
                .key
                .sign(&header_hash(&header, &unsigned))
                .ok_or_else(|| DkimError::Sign(key.record().name()))?;
            signatures.extend(signed_field(unsigned, &signature).bytes());
        }
        Ok(signatures)
    }

    /// The domain that the signatures name.
    pub fn domain(&self) -> &str {
        self.keys.first().map_or("", |key| key.domain.as_str())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.keys.iter().map(|key| key.record().name());
        f.debug_list().entries(names).finish()
    }
}

/// The names for `h=`, and the canonical fields in that order, each with its line end.
fn signed_fields(fields: &[Field<'_>]) -> Result<(Vec<&'static str>, Vec<u8>), DkimError> {
    let mut names = Vec::with_capacity(SIGNED.len() + 2);
    let mut canonical = Vec::with_capacity(2048);
    let mut add = |name: &'static str, names: &mut Vec<&'static str>| {
        let mut count = 0;
        // RFC 6376, 5.4.2: of several fields of one name, the last one first.
        for field in fields.iter().rev() {
            if field.name.eq_ignore_ascii_case(name.as_bytes()) {
                canon::add_field(*field, &mut canonical);
                canonical.extend(b"\r\n");
                names.push(name);
                count += 1;
            }
        }
        count
    };
    if add("from", &mut names) != 1 {
        return Err(DkimError::From);
    }
    // Once more than there are: a second From, added on the way, breaks the signature (RFC 6376,
    // 8.15).
    names.push("from");
    for name in SIGNED {
        add(name, &mut names);
    }
    Ok((names, canonical))
}

fn body_hash(body: &[u8]) -> Digest {
    let mut canonical = Body::new(Hasher::new());
    canonical.update(body);
    canonical.finish().finish()
}

/// The field with an empty `b=` and without a line end.
fn unsigned_field(key: &SigningKey, now: Time, body_hash: &str, names: &[&str]) -> Folded {
    let mut field = Folded::new("DKIM-Signature:");
    for (tag, value) in [
        ("v", "1"),
        ("a", key.algorithm.name()),
        ("c", "relaxed/relaxed"),
        ("d", &key.domain),
        ("s", &key.selector),
        ("t", &now.timestamp().to_string()),
        ("bh", body_hash),
    ] {
        field.word(&format!("{tag}={value};"));
    }
    field.word("h=");
    for (i, name) in names.iter().enumerate() {
        let colon = if i + 1 < names.len() { ":" } else { ";" };
        field.piece(name, colon);
    }
    field.word("b=");
    field
}

/// RFC 6376, 3.7: the fields, then the signature's own without its value and line end.
fn header_hash(header: &[u8], unsigned: &Folded) -> Digest {
    let text = unsigned.text.as_bytes();
    let (name, value) = text.split_at("DKIM-Signature".len());
    let mut canonical = Vec::with_capacity(text.len());
    let value = value.get(1..).unwrap_or_default();
    canon::add_field(Field { name, value }, &mut canonical);
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(header);
    hash.update(&canonical);
    hash.finish()
}

/// The field with its signature and its line end.
fn signed_field(mut field: Folded, signature: &[u8]) -> String {
    let base64 = BASE64.encode(signature);
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let room = (GOOD_LINE - 1).saturating_sub(field.column);
        let (line, more) = rest.split_at(rest.len().min(room));
        field.text.push_str(line);
        rest = more;
        if !rest.is_empty() {
            field.fold();
        }
    }
    field.text.push_str("\r\n");
    field.text
}

/// A field that is folded before it becomes too long.
struct Folded {
    text: String,
    column: usize,
}

impl Folded {
    fn new(start: &str) -> Self {
        let mut text = String::with_capacity(1024);
        text.push_str(start);
        Self {
            column: start.len(),
            text,
        }
    }

    /// Adds a word after a blank, or on a line of its own.
    fn word(&mut self, word: &str) {
        if self.column + 1 + word.len() < GOOD_LINE {
            self.text.push(' ');
            self.column += 1;
        } else {
            self.fold();
        }
        self.text.push_str(word);
        self.column += word.len();
    }

    /// Adds a piece of a word, which may begin a line.
    fn piece(&mut self, piece: &str, end: &str) {
        if self.column + piece.len() + end.len() >= GOOD_LINE {
            self.fold();
        }
        self.text.push_str(piece);
        self.text.push_str(end);
        self.column += piece.len() + end.len();
    }

    fn fold(&mut self) {
        self.text.push_str("\r\n ");
        self.column = 1;
    }
}

#[cfg(test)]
#[path = "signer_tests.rs"]
mod tests;
