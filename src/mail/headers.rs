//! The header fields that lists and automatic mails carry beside the usual ones.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::message::ComposeError;

/// A header field beside those that `compose` writes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub name: &'static str,
    pub value: HeaderValue,
}

/// How the value of a header field is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderValue {
    /// Words for people: encoded (RFC 2047) and folded where needed.
    Text(String),
    /// Structured ASCII: the tokens appear exactly as they are, a line may end only between two.
    Tokens(Vec<String>),
}

impl Header {
    /// A field with words for people.
    pub fn text(name: &'static str, value: impl Into<String>) -> Self {
        let value = HeaderValue::Text(value.into());
        Self { name, value }
    }

    /// A field with one structured value that must not be folded.
    pub fn token(name: &'static str, value: impl Into<String>) -> Self {
        let value = HeaderValue::Tokens(vec![value.into()]);
        Self { name, value }
    }
}

/// What the list headers that all mails of a digest share are made of.
#[derive(Debug, Clone)]
pub struct ListHeaders {
    pub publication_name: String,
    pub publication_slug: String,
    pub list_domain: String,
    /// Up to four fields joined by colons; the last of them names the sender.
    pub feedback_id: String,
}

impl ListHeaders {
    /// The header fields, ready for a `Draft`.
    pub fn headers(&self) -> Result<Vec<Header>, ComposeError> {
        check("Feedback-ID", &self.feedback_id, |c| c.is_ascii_graphic())?;
        Ok(vec![
            Header {
                name: "List-Id",
                value: HeaderValue::Tokens(self.list_id()?),
            },
            // RFC 8058, 3.1: the very text that the POST will carry.
            Header::token("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            Header::token("Precedence", "bulk"),
            Header::token("Feedback-ID", self.feedback_id.clone()),
        ])
    }

    /// RFC 2919, 3: a phrase for people, then an identifier that never changes.
    fn list_id(&self) -> Result<Vec<String>, ComposeError> {
        let id = format!("{}.{}", self.publication_slug, self.list_domain);
        check("List-Id", &id, |c| {
            c.is_ascii_alphanumeric() || ".-_".contains(c)
        })?;
        check("List-Id", &self.publication_name, |c| !c.is_control())?;
        let mut tokens = phrase(&self.publication_name);
        tokens.push(format!("<{id}>"));
        Ok(tokens)
    }
}

/// The ways out that a reader has, the best first (RFC 2369, 2: URIs in angle brackets, separated
/// by commas, nothing else inside).
pub fn list_unsubscribe<'a>(
    uris: impl IntoIterator<Item = &'a str>,
) -> Result<Header, ComposeError> {
    let name = "List-Unsubscribe";
    let mut tokens: Vec<String> = Vec::new();
    for uri in uris {
        check(name, uri, |c| {
            c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"')
        })?;
        if let Some(last) = tokens.last_mut() {
            last.push(',');
        }
        tokens.push(format!("<{uri}>"));
    }
    let value = HeaderValue::Tokens(tokens);
    Ok(Header { name, value })
}

/// The header fields of a notice: somebody caused it, but a program wrote it, so that no other
/// program answers (RFC 3834, 5).
pub fn notice_headers() -> Vec<Header> {
    vec![Header::token("Auto-Submitted", "auto-generated")]
}

/// Refuses a value that is empty or holds a character that does not belong.
fn check(field: &str, value: &str, fits: impl Fn(char) -> bool) -> Result<(), ComposeError> {
    if value.is_empty() {
        return Err(ComposeError::Empty(field.to_owned()));
    }
    match value.chars().find(|&c| !fits(c)) {
        Some(wrong) => Err(ComposeError::Character(field.to_owned(), wrong)),
        None => Ok(()),
    }
}

/// A name before an address: a quoted string (RFC 5322, 3.2.4), or encoded words where the name
/// has other than ASCII letters (RFC 2047, 5).
fn phrase(name: &str) -> Vec<String> {
    if !name.is_ascii() {
        return encoded_words(name);
    }
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('"');
    for c in name.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    vec![quoted]
}

/// RFC 2047, 2: each word has at most 75 characters and whole characters only.
pub(super) fn encoded_words(text: &str) -> Vec<String> {
    /// 60 characters each, so that the line, which has the name of the field too, stays within 76.
    const BYTES: usize = 36;
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, more) = rest.split_at(crate::domain::text::cut(rest, BYTES).len());
        words.push(format!("=?utf-8?b?{}?=", BASE64.encode(word)));
        rest = more;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> ListHeaders {
        ListHeaders {
            publication_name: "The \"Daily\" Ledger".into(),
            publication_slug: "ledger".into(),
            list_domain: "news.example.org".into(),
            feedback_id: "12:ledger:digest:paperround".into(),
        }
    }

    fn tokens(headers: &[Header], name: &str) -> Vec<String> {
        let found = headers.iter().find(|h| h.name == name).unwrap();
        match &found.value {
            HeaderValue::Tokens(tokens) => tokens.clone(),
            HeaderValue::Text(text) => vec![text.clone()],
        }
    }

    #[test]
    fn a_list_names_itself_and_the_way_out() {
        let headers = list().headers().unwrap();
        assert_eq!(
            tokens(&headers, "List-Id"),
            ["\"The \\\"Daily\\\" Ledger\"", "<ledger.news.example.org>"]
        );
        assert_eq!(
            tokens(&headers, "List-Unsubscribe-Post"),
            ["List-Unsubscribe=One-Click"]
        );
        assert_eq!(tokens(&headers, "Precedence"), ["bulk"]);
    }

    #[test]
    fn a_second_way_out_follows_a_comma() {
        let header = list_unsubscribe([
            "https://news.example.org/unsubscribe/abc",
            "mailto:leave+abc@bounces.example.org",
        ]);
        assert_eq!(
            tokens(&[header.unwrap()], "List-Unsubscribe"),
            [
                "<https://news.example.org/unsubscribe/abc>,",
                "<mailto:leave+abc@bounces.example.org>"
            ]
        );
    }

    #[test]
    fn refuses_what_would_break_out_of_a_field() {
        let breaks: [fn(&mut ListHeaders); 3] = [
            |l| l.list_domain.push('>'),
            |l| l.publication_name.push('\n'),
            |l| l.feedback_id.push(' '),
        ];
        for change in breaks {
            let mut list = list();
            change(&mut list);
            assert!(
                matches!(list.headers(), Err(ComposeError::Character(..))),
                "{list:?}"
            );
        }
        for uri in [
            "https://x.example\r\nBcc: x",
            "https://x.example> <x",
            "https://ü.example",
        ] {
            assert!(
                matches!(list_unsubscribe([uri]), Err(ComposeError::Character(..))),
                "{uri}"
            );
        }
    }

    #[test]
    fn encoded_words_stay_short_and_whole() {
        let name = "Zeitung für Bürgerinnen und Bürger in Österreich, täglich — 日刊".repeat(2);
        let words = encoded_words(&name);
        assert!(words.iter().all(|w| w.len() <= 75));
        let decoded: String = words
            .iter()
            .map(|w| {
                let inner = &w["=?utf-8?b?".len()..w.len() - 2];
                String::from_utf8(BASE64.decode(inner).unwrap()).unwrap()
            })
            .collect();
        assert_eq!(decoded, name);
    }
}
