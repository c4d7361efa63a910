//! The demo's inbox: keeps the last mails that the SMTP server took, and shows them parsed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mail_parser::{Address, Message, MessageParser};
use tokio::sync::Notify;

use super::smtp::{Action, ReceivedMail, Script};

/// How many mails are kept, and how many bytes of them.
const MAX_MAILS: usize = 5000;
const MAX_BYTES: usize = 256_000_000;

/// The last mails, newest at the end; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Mailbox(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    mails: Mutex<Kept>,
    came: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    mails: VecDeque<StoredMail>,
    bytes: usize,
}

/// A kept mail; the views parse it anew each time.
#[derive(Debug, Clone)]
pub struct StoredMail(Arc<ReceivedMail>);

impl Mailbox {
    /// An empty mailbox.
    pub fn new() -> Self {
        Self::default()
    }

    /// The newest mail that was handed over for an address, as soon as there is one.
    pub async fn wait_for(&self, to: &str, timeout: Duration) -> Option<StoredMail> {
        self.wait_until(|mail| mail.is_for(to), timeout).await
    }

    /// The newest mail that fits, as soon as there is one.
    pub async fn wait_until(
        &self,
        fits: impl Fn(&StoredMail) -> bool,
        timeout: Duration,
    ) -> Option<StoredMail> {
        let found = async {
            loop {
                let mut came = std::pin::pin!(self.0.came.notified());
                // Before looking, so that a mail that comes in between wakes us.
                came.as_mut().enable();
                if let Some(mail) = self.list().into_iter().rev().find(|mail| fits(mail)) {
                    return mail;
                }
                came.await;
            }
        };
        tokio::time::timeout(timeout, found).await.ok()
    }

    /// The kept mails, oldest first.
    pub fn list(&self) -> Vec<StoredMail> {
        self.kept().mails.iter().cloned().collect()
    }

    /// The mail with a number (`StoredMail::number`), where it is still kept.
    pub fn get(&self, number: u64) -> Option<StoredMail> {
        let kept = self.kept();
        kept.mails
            .iter()
            .find(|mail| mail.number() == number)
            .cloned()
    }

    /// Keeps a mail, and drops the oldest where there are too many.
    pub fn keep(&self, mail: ReceivedMail) {
        let mut kept = self.kept();
        kept.bytes += mail.data.len();
        kept.mails.push_back(StoredMail(Arc::new(mail)));
        while kept.mails.len() > MAX_MAILS || (kept.bytes > MAX_BYTES && kept.mails.len() > 1) {
            if let Some(oldest) = kept.mails.pop_front() {
                kept.bytes -= oldest.0.data.len();
            }
        }
        drop(kept);
        self.0.came.notify_waiters();
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Script for Mailbox {
    fn on_message(&self, envelope: &ReceivedMail) -> Action {
        self.keep(envelope.clone());
        Action::Accept
    }
}

impl StoredMail {
    /// Its number, counted from 1 as mails came in.
    pub fn number(&self) -> u64 {
        self.0.received_order
    }

    /// Return path, recipients and bytes as they were handed over.
    pub fn envelope(&self) -> &ReceivedMail {
        &self.0
    }

    /// Whether an address was among the recipients.
    pub fn is_for(&self, to: &str) -> bool {
        let to = to.to_lowercase();
        self.0.to.iter().any(|address| address.to_lowercase() == to)
    }

    /// The decoded subject.
    pub fn subject(&self) -> String {
        self.view(|mail| mail.subject().unwrap_or_default().to_owned())
    }

    /// The sender: `Name <address>`, or the address alone.
    pub fn from(&self) -> String {
        self.view(|mail| people(mail.from()))
    }

    /// The recipients of the header, in the same form, joined by commas.
    pub fn to(&self) -> String {
        self.view(|mail| people(mail.to()))
    }

    /// The date in the header, in RFC 3339.
    pub fn date(&self) -> Option<String> {
        self.view(|mail| mail.date().map(mail_parser::DateTime::to_rfc3339))
    }

    /// The text part, where there is one.
    pub fn text(&self) -> Option<String> {
        self.part("plain")
    }

    /// The HTML part, where there is one.
    pub fn html(&self) -> Option<String> {
        self.part("html")
    }

    /// The value of a header field, unfolded but not decoded.
    pub fn header(&self, name: &str) -> Option<String> {
        let value = self.view(|mail| mail.header_raw(name).map(str::to_owned))?;
        // RFC 5322, 2.2.3: taking out the line ends is all there is to unfolding.
        Some(value.replace(['\r', '\n'], "").trim().to_owned())
    }

    /// The message as it came over the wire.
    pub fn source(&self) -> String {
        String::from_utf8_lossy(&self.0.data).into_owned()
    }

    /// The first part of `text/` and this subtype. mail-parser's own `body_text` would turn HTML
    /// into text where there is no text.
    fn part(&self, subtype: &str) -> Option<String> {
        self.view(|mail| {
            mail.parts
                .iter()
                .find(|part| {
                    use mail_parser::MimeHeaders as _;
                    match part.content_type() {
                        Some(kind) => {
                            kind.ctype().eq_ignore_ascii_case("text")
                                && kind
                                    .subtype()
                                    .is_some_and(|s| s.eq_ignore_ascii_case(subtype))
                        }
                        // RFC 2045, 5.2.
                        None => subtype == "plain",
                    }
                })
                .and_then(|part| part.text_contents().map(str::to_owned))
        })
    }

    fn view<T: Default>(&self, read: impl FnOnce(&Message<'_>) -> T) -> T {
        MessageParser::default()
            .parse(&self.0.data)
            .map_or_else(T::default, |mail| read(&mail))
    }
}

fn people(addresses: Option<&Address<'_>>) -> String {
    let people: Vec<String> = addresses
        .into_iter()
        .flat_map(|list| list.iter())
        .map(|person| match (person.name(), person.address()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (name, address) => address.or(name).unwrap_or_default().to_owned(),
        })
        .collect();
    people.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(to: &str, number: u64, data: &str) -> ReceivedMail {
        ReceivedMail {
            from: "bounce@example.org".into(),
            to: vec![to.into()],
            data: data.replace('\n', "\r\n").into_bytes(),
            received_order: number,
        }
    }

    const ALTERNATIVES: &str = "From: =?utf-8?q?J=C3=B6rg?= <j@example.org>
To: \"Lee, Ann\" <ann@example.org>, bob@example.org
Subject: =?utf-8?b?w5xiZXI=?=
Date: Thu, 01 Jan 2026 10:00:00 +0000
List-Unsubscribe: <https://example.org/a>,
 <mailto:x@example.org>
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe
--b
Content-Type: text/html; charset=utf-8

<p>Hi</p>
--b--
";

    #[test]
    fn a_mail_is_shown_decoded() {
        let mailbox = Mailbox::new();
        mailbox.keep(mail("ann@example.org", 1, ALTERNATIVES));
        let mail = mailbox.get(1).unwrap();
        assert_eq!(mail.subject(), "Über");
        assert_eq!(mail.from(), "Jörg <j@example.org>");
        assert_eq!(mail.to(), "Lee, Ann <ann@example.org>, bob@example.org");
        assert_eq!(mail.date().unwrap(), "2026-01-01T10:00:00Z");
        assert_eq!(mail.text().unwrap().trim_end(), "Grüße");
        assert_eq!(mail.html().unwrap().trim_end(), "<p>Hi</p>");
        assert_eq!(
            mail.header("list-unsubscribe").unwrap(),
            "<https://example.org/a>, <mailto:x@example.org>"
        );
        assert_eq!(mail.header("X-Nothing"), None);
        assert!(mail.source().contains("boundary=b"));
    }

    #[test]
    fn a_plain_mail_has_no_html() {
        let mailbox = Mailbox::new();
        mailbox.keep(mail("a@example.org", 1, "Subject: x\n\nHello\n"));
        let mail = mailbox.get(1).unwrap();
        assert_eq!(mail.text().unwrap().trim_end(), "Hello");
        assert_eq!(mail.html(), None);
        assert_eq!(mail.from(), "");
    }

    #[test]
    fn only_the_last_mails_are_kept() {
        let mailbox = Mailbox::new();
        for number in 1..=5003 {
            mailbox.keep(mail("a@example.org", number, "x"));
        }
        let list = mailbox.list();
        assert_eq!((list.len(), list[0].number()), (5000, 4));
        assert!(mailbox.get(3).is_none() && mailbox.get(5003).is_some());
    }

    #[tokio::test]
    async fn waiting_ends_with_the_mail_or_the_time() {
        let mailbox = Mailbox::new();
        let waiting = mailbox.clone();
        let wait = tokio::spawn(async move {
            waiting
                .wait_for("Ann@example.org", Duration::from_secs(10))
                .await
        });
        tokio::task::yield_now().await;
        mailbox.keep(mail("bob@example.org", 1, "x"));
        mailbox.keep(mail("ann@example.org", 2, "x"));
        assert_eq!(wait.await.unwrap().unwrap().number(), 2);
        let none = mailbox
            .wait_for("eve@example.org", Duration::from_millis(10))
            .await;
        assert!(none.is_none());
    }
}
