//! Composing a message: text and HTML alternatives under checked header fields.
//!
//! The same draft always gives the same bytes, so that a repeated attempt sends the same mail.

use std::fmt::Write as _;
use std::time::SystemTime;

use lettre::Address;
use lettre::message::header::{self, ContentTransferEncoding, ContentType, HeaderName, Headers};
use lettre::message::{Body, Mailbox as Addressee, Mailboxes, MultiPart, SinglePart};
use thiserror::Error;

use super::headers::{Header, HeaderValue, encoded_words};
use crate::domain::clock::Time;
use crate::domain::email_address::EmailAddress;
use crate::domain::publication::Mailbox;

/// RFC 5322, 2.1.1: what a line must not exceed, and what it should not.
const MAX_LINE: usize = 998;
const GOOD_LINE: usize = 78;

/// The fields that `compose` writes itself, or that do not belong into a mail of ours.
const OWN_FIELDS: [&str; 13] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Return-Path",
];

/// Everything that one mail consists of.
#[derive(Debug, Clone)]
pub struct Draft {
    pub from: Mailbox,
    pub reply_to: Option<EmailAddress>,
    pub to: EmailAddress,
    pub to_name: Option<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Without angle brackets.
    pub message_id: String,
    pub date: Time,
    pub headers: Vec<Header>,
}

/// Why a draft could not become a message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ComposeError {
    #[error("the header {0} contains a character that does not belong there: {1:?}")]
    Character(String, char),
    #[error("the header {0} has no value")]
    Empty(String),
    #[error("{0:?} is not the name of a header")]
    Name(String),
    #[error("the header {0} is given twice, or written by the composer itself")]
    Reserved(String),
    #[error("the message id {0:?} is not of the form unique@domain")]
    MessageId(String),
    #[error("the date {0} cannot be written in a mail")]
    Date(Time),
    #[error("a line of the message has {0} octets; mail servers take {MAX_LINE}")]
    LineTooLong(usize),
}

/// The message as it goes over the wire: CRLF line ends; ASCII, but for UTF-8 addresses
/// (RFC 6532), which need SMTPUTF8.
pub fn compose(draft: &Draft) -> Result<Vec<u8>, ComposeError> {
    let mut message = fields(draft)?.to_string().into_bytes();
    message.extend(parts(draft).formatted());
    check_line(&message)?;
    Ok(message)
}

/// Refuses lines that no mail server takes.
pub(super) fn check_line(text: &[u8]) -> Result<(), ComposeError> {
    if text.len() <= MAX_LINE {
        return Ok(());
    }
    match longest_line(text) {
        too_long if too_long > MAX_LINE => Err(ComposeError::LineTooLong(too_long)),
        _ => Ok(()),
    }
}

/// A field with one mailbox, with its line end.
pub(super) fn mailbox_field(
    field: &'static str,
    name: Option<&str>,
    address: &EmailAddress,
) -> Result<String, ComposeError> {
    let mailbox = Mailboxes::from(addressee(field, name, address)?);
    let mut fields = Headers::new();
    match field {
        "From" => fields.set(header::From::from(mailbox)),
        "Reply-To" => fields.set(header::ReplyTo::from(mailbox)),
        _ => fields.set(header::To::from(mailbox)),
    }
    Ok(fields.to_string())
}

/// An extra field as text, with its line end.
pub(super) fn field_text(given: &Header) -> Result<String, ComposeError> {
    if let HeaderValue::Tokens(tokens) = &given.value {
        // What lettre would write, without its list of fields: each reader's mail has such a field.
        check_name(given.name)?;
        return Ok(format!(
            "{}: {}\r\n",
            given.name,
            folded(given.name, tokens)?
        ));
    }
    let (_, value) = field(given)?;
    let mut fields = Headers::new();
    fields.insert_raw(value);
    Ok(fields.to_string())
}

/// The header fields above those of the body.
fn fields(draft: &Draft) -> Result<Headers, ComposeError> {
    let from = addressee("From", Some(&draft.from.name), &draft.from.email)?;
    let to = addressee("To", draft.to_name.as_deref(), &draft.to)?;

    let mut fields = Headers::new();
    fields.set(header::From::from(Mailboxes::from(from)));
    if let Some(address) = &draft.reply_to {
        let reply_to = addressee("Reply-To", None, address)?;
        fields.set(header::ReplyTo::from(Mailboxes::from(reply_to)));
    }
    fields.set(header::To::from(Mailboxes::from(to)));
    let subject = HeaderName::new_from_ascii_str("Subject");
    fields.insert_raw(words(subject, draft.subject.trim())?);
    fields.set(date(draft.date)?);
    check_message_id(&draft.message_id)?;
    fields.insert_raw(exact(
        HeaderName::new_from_ascii_str("Message-ID"),
        format!("<{}>", draft.message_id),
    ));
    for extra in &draft.headers {
        let raw = field(extra)?;
        if OWN_FIELDS.iter().any(|own| raw.0 == *own) || fields.get_raw(&raw.0).is_some() {
            return Err(ComposeError::Reserved(extra.name.to_owned()));
        }
        fields.insert_raw(raw.1);
    }
    fields.set(header::MIME_VERSION_1_0);
    Ok(fields)
}

/// RFC 2046, 5.1.4: alternatives in order of growing richness.
fn parts(draft: &Draft) -> MultiPart {
    let part = |kind: ContentType, body: &str| {
        SinglePart::builder()
            .header(kind)
            .body(encoded_body(with_crlf(body)))
    };
    MultiPart::alternative()
        .boundary(boundary(&draft.message_id))
        .singlepart(part(ContentType::TEXT_PLAIN, &draft.text))
        .singlepart(part(ContentType::TEXT_HTML, &draft.html))
}

/// 7bit for short ASCII lines, else quoted-printable, or base64 for scripts that are mostly other
/// than ASCII: each of them passes every relay unchanged, and the first two can be read as they
/// are. lettre alone would take base64 for a short German text already.
fn encoded_body(text: String) -> Body {
    let other = text.bytes().filter(|b| !b.is_ascii()).count();
    if other == 0 || other > text.len() / 3 {
        return Body::new(text);
    }
    Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable)
        .unwrap_or_else(Body::new)
}

/// A boundary that follows from a name of the mail, which nobody who writes articles can guess. The
/// `=_` cannot occur in quoted-printable (RFC 2045, 6.7).
pub(super) fn boundary(seed: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, seed.as_bytes());
    digest.as_ref()[..16]
        .iter()
        .fold("=_".to_owned(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

pub(super) fn addressee(
    field: &str,
    name: Option<&str>,
    address: &EmailAddress,
) -> Result<Addressee, ComposeError> {
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    if let Some(name) = name {
        one_line(field, name)?;
    }
    // Our own type has been checked more strictly than lettre would.
    let address = Address::new_dangerous(address.local(), address.domain());
    Ok(Addressee::new(name.map(str::to_owned), address))
}

/// The Date field; lettre panics outside the years 1970 to 9999.
fn date(date: Time) -> Result<header::Date, ComposeError> {
    check_date(date)?;
    Ok(header::Date::new(SystemTime::from(date)))
}

/// Refuses a date whose year has other than four digits, or that lettre cannot write.
pub(super) fn check_date(date: Time) -> Result<(), ComposeError> {
    /// The last second of the year 9999.
    const LAST: i64 = 253_402_300_799;
    match date.timestamp() {
        0..=LAST => Ok(()),
        _ => Err(ComposeError::Date(date)),
    }
}

/// Refuses an id that is not in the dot-atom form of RFC 5322, 3.6.4.
pub(super) fn check_message_id(id: &str) -> Result<(), ComposeError> {
    let is_atom = |part: &str| !part.is_empty() && part.bytes().all(is_atom_text);
    match id.split_once('@') {
        Some((left, right)) if id.len() <= 250 && is_atom(left) && is_atom(right) => Ok(()),
        _ => Err(ComposeError::MessageId(id.chars().take(80).collect())),
    }
}

/// RFC 5322, 3.2.3, and the dot.
fn is_atom_text(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'/' | b'=' | b'?' | b'^'..=b'`' | b'{'..=b'~'
        )
}

/// An extra field, checked so that it cannot start another one.
fn field(given: &Header) -> Result<(HeaderName, header::HeaderValue), ComposeError> {
    check_name(given.name)?;
    let name = HeaderName::new_from_ascii(given.name.to_owned())
        .map_err(|_| ComposeError::Name(given.name.to_owned()))?;
    let value = match &given.value {
        HeaderValue::Text(text) => words(name.clone(), text)?,
        HeaderValue::Tokens(tokens) => exact(name.clone(), folded(given.name, tokens)?),
    };
    Ok((name, value))
}

/// Refuses what is not the name of a field: printable ASCII but for the colon (RFC 5322, 3.6.8), and no
/// longer than lettre takes.
fn check_name(name: &str) -> Result<(), ComposeError> {
    let fits = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    if name.is_empty() || name.len() > 76 || !name.bytes().all(fits) {
        return Err(ComposeError::Name(name.to_owned()));
    }
    Ok(())
}

/// Words for people. lettre folds plain ones; it loses a blank of two between words that need
/// encoding, and takes words that only look encoded as they are, so those are encoded here.
fn words(name: HeaderName, text: &str) -> Result<header::HeaderValue, ComposeError> {
    one_line(&name, text)?;
    let is_plain = text.is_ascii()
        && !text.contains("=?")
        && text
            .split(' ')
            .all(|word| word.len() < GOOD_LINE - name.len());
    if is_plain {
        return Ok(header::HeaderValue::new(name, text.to_owned()));
    }
    let encoded = folded(&name, &encoded_words(text))?;
    Ok(exact(name, encoded))
}

/// Joins tokens with blanks, or with a fold where the line would become longer than it should.
fn folded(name: &str, tokens: &[String]) -> Result<String, ComposeError> {
    let mut text = String::new();
    let mut column = name.len() + 1;
    for token in tokens {
        if token.trim().is_empty() {
            return Err(ComposeError::Empty(name.to_owned()));
        }
        let is_printable = token.bytes().all(|b| matches!(b, b' '..=b'~'));
        if !is_printable && let Some(wrong) = token.chars().find(|c| !matches!(c, ' '..='~')) {
            return Err(ComposeError::Character(name.to_owned(), wrong));
        }
        if !text.is_empty() && column + 1 + token.len() > GOOD_LINE {
            text.push_str("\r\n ");
            column = 0;
        } else if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(token);
        column += 1 + token.len();
    }
    if text.is_empty() {
        return Err(ComposeError::Empty(name.to_owned()));
    }
    Ok(text)
}

/// A field that lettre writes as it is; the caller has checked and folded the text.
fn exact(name: HeaderName, text: String) -> header::HeaderValue {
    header::HeaderValue::dangerous_new_pre_encoded(name, text.clone(), text)
}

/// Refuses control characters, so that a CR or LF cannot start a header of its own.
fn one_line(field: &str, text: &str) -> Result<(), ComposeError> {
    match text.chars().find(|c| c.is_control()) {
        Some(wrong) => Err(ComposeError::Character(field.to_owned(), wrong)),
        None => Ok(()),
    }
}

/// Every kind of line end becomes CRLF: a lone CR or LF in a mail is forbidden (RFC 5321, 2.3.8),
/// and servers that take one for a line end can be tricked into seeing a second mail. NUL is
/// dropped (RFC 5322, 4.1).
pub(super) fn with_crlf(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() + text.len() / 32);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\0' => {}
            '\n' => lines.push_str("\r\n"),
            '\r' => {
                chars.next_if_eq(&'\n');
                lines.push_str("\r\n");
            }
            other => lines.push(other),
        }
    }
    lines
}

fn longest_line(message: &[u8]) -> usize {
    message
        .split(|&b| b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line).len())
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
