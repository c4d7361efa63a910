//! The mail that a report is about, as far as it came back: whole, as a header, or in a text.

use super::addresses;
use super::fields::Fields;
use super::parts::Mail;

/// The kinds of parts that bring a mail back.
pub(super) const KINDS: &[&str] = &[
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
    "text/rfc822",
];

/// What is left of the mail's header.
#[derive(Debug, Default)]
pub(super) struct Original {
    pub fields: Fields,
}

impl Original {
    /// From the part that brings it back.
    pub(super) fn attached(mail: &Mail<'_>) -> Self {
        let parts = mail.parts.iter().filter(|part| part.is(KINDS));
        let fields = parts.map(|part| {
            let bytes = part.bytes();
            let start = bytes.iter().position(|b| !b.is_ascii_whitespace());
            Fields::read(&bytes[start.unwrap_or(0)..]).0
        });
        Self {
            fields: fields
                .into_iter()
                .find(|f| !f.is_empty())
                .unwrap_or_default(),
        }
    }

    /// From what stands behind a report in a text.
    pub(super) fn in_text(text: &str) -> Self {
        let text = text.trim_start();
        Self {
            fields: Fields::read(text.as_bytes()).0,
        }
    }

    pub(super) fn message_id(&self) -> Option<String> {
        let id = self.fields.get("message-id")?;
        let id = id.trim().trim_start_matches('<');
        let id = id.split('>').next().unwrap_or_default().trim();
        let is_one = !id.is_empty() && id.len() <= 500 && !id.contains(char::is_whitespace);
        is_one.then(|| id.to_owned())
    }

    /// The address of the web in its List-Unsubscribe, else one of mail.
    pub(super) fn unsubscribe(&self) -> Option<String> {
        let mut mail = None;
        for value in self.fields.all("list-unsubscribe") {
            for link in value.split(',') {
                let link: String = link.chars().filter(|c| !c.is_whitespace()).collect();
                let link = link.trim_start_matches('<').trim_end_matches('>');
                let scheme = link
                    .split(':')
                    .next()
                    .unwrap_or_default()
                    .to_ascii_lowercase();
                match scheme.as_str() {
                    "https" | "http" => return Some(link.to_owned()),
                    "mailto" if mail.is_none() => mail = Some(link.to_owned()),
                    _ => {}
                }
            }
        }
        mail
    }

    /// Whom it was for.
    pub(super) fn recipient(&self) -> Option<&str> {
        let names = [
            "x-hmxmroriginalrecipient",
            "delivered-to",
            "x-original-to",
            "envelope-to",
            "to",
        ];
        names
            .iter()
            .filter_map(|name| self.fields.get(name))
            .find_map(addresses::first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_names_the_mail_and_the_way_to_leave() {
        let original = Original::in_text(
            "\nMessage-ID: <1.2@x.example>\r\nList-Unsubscribe: <mailto:l@x.example>,\r\n <https://x.example/u/1>\r\nTo: Ada <ada@y.example>\r\n\r\nbody",
        );
        assert_eq!(original.message_id().as_deref(), Some("1.2@x.example"));
        assert_eq!(
            original.unsubscribe().as_deref(),
            Some("https://x.example/u/1")
        );
        assert_eq!(original.recipient(), Some("ada@y.example"));
        let original = Original::in_text("List-Unsubscribe: <mailto:l@x.example?subject=a>\n\n");
        assert_eq!(
            original.unsubscribe().as_deref(),
            Some("mailto:l@x.example?subject=a")
        );
        assert_eq!(original.message_id(), None);
    }
}
