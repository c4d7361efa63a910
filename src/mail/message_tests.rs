//! Whole messages, read back with a parser that is not ours.

use mail_parser::{MessageParser, MimeHeaders as _};

use super::*;
use crate::mail::headers::{ListHeaders, list_unsubscribe, notice_headers};

fn draft() -> Draft {
    Draft {
        from: "The Ledger <news@ledger.example>".parse().unwrap(),
        reply_to: None,
        to: "ann@example.org".parse().unwrap(),
        to_name: None,
        subject: "Five stories".into(),
        text: "Hello Ann,\nfive stories.\n".into(),
        html: "<p>Hello Ann</p>\n".into(),
        message_id: "0192.1@ledger.example".into(),
        date: "2026-01-01T09:30:00Z".parse().unwrap(),
        headers: Vec::new(),
    }
}

fn wire(draft: &Draft) -> String {
    String::from_utf8(compose(draft).unwrap()).unwrap()
}

/// The value of a header as RFC 5322, 2.2.3 unfolds it.
fn unfolded(message: &str, name: &str) -> String {
    let head = message
        .split_once("\r\n\r\n")
        .unwrap()
        .0
        .replace("\r\n ", " ");
    let start = format!("{name}: ");
    let values: Vec<&str> = head
        .split("\r\n")
        .filter_map(|line| line.strip_prefix(&start))
        .collect();
    assert_eq!(values.len(), 1, "{name} in {head}");
    values[0].to_owned()
}

#[test]
fn a_mail_has_text_then_html_and_crlf_only() {
    let message = wire(&draft());
    insta::assert_snapshot!(message.replace("\r\n", "\n"), @r#"
    From: "The Ledger" <news@ledger.example>
    To: ann@example.org
    Subject: Five stories
    Date: Thu, 01 Jan 2026 09:30:00 +0000
    Message-ID: <0192.1@ledger.example>
    MIME-Version: 1.0
    Content-Type: multipart/alternative;
     boundary="=_20e9faa0eb608c2b4c8670f00267011a"

    --=_20e9faa0eb608c2b4c8670f00267011a
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: 7bit

    Hello Ann,
    five stories.

    --=_20e9faa0eb608c2b4c8670f00267011a
    Content-Type: text/html; charset=utf-8
    Content-Transfer-Encoding: 7bit

    <p>Hello Ann</p>

    --=_20e9faa0eb608c2b4c8670f00267011a--
    "#);
    assert!(!message.replace("\r\n", "").contains(['\r', '\n']));
}

#[test]
fn the_same_draft_gives_the_same_bytes() {
    assert_eq!(compose(&draft()), compose(&draft()));
    let mut other = draft();
    other.message_id = "0192.2@ledger.example".into();
    assert_ne!(boundary(&other.message_id), boundary(&draft().message_id));
}

#[test]
fn other_than_ascii_letters_come_through() {
    let mut draft = draft();
    draft.from.name = "Zeitung für \"Bürger\", Österreich (täglich)".into();
    draft.to_name = Some("日本 太郎".into());
    draft.subject = format!("Über {} 📰 =?utf-8?q?x?=", "Größenwahn ".repeat(12));
    draft.text = "Grüße\r\nan\ralle\n.\nEnde".into();
    draft.html = format!("<p>{}</p>", "ünïcödé ".repeat(300));
    let message = wire(&draft);
    assert!(message.is_ascii());
    assert!(message.split("\r\n").all(|line| line.len() <= 78));
    let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
    let from = parsed.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some(draft.from.name.as_str()));
    assert_eq!(from.address(), Some("news@ledger.example"));
    let to = parsed.to().unwrap().first().unwrap();
    assert_eq!(to.name(), Some("日本 太郎"));
    assert_eq!(parsed.subject(), Some(draft.subject.as_str()));
    assert_eq!(
        parsed.body_text(0).unwrap(),
        "Grüße\r\nan\r\nalle\r\n.\r\nEnde"
    );
    assert_eq!(parsed.body_html(0).unwrap(), draft.html);
    assert!(message.contains("Gr=C3=BC=C3=9Fe\r\n"));
}

#[test]
fn odd_names_are_quoted() {
    for name in [
        "O'Neil & Sons",
        "a@b.example",
        "Lee, Ann",
        "<script>",
        "\\\"",
        "J.R. (x)",
        "1; boundary=x",
        "   ",
    ] {
        let mut draft = draft();
        draft.to_name = Some(name.into());
        let message = compose(&draft).unwrap();
        let parsed = MessageParser::default().parse(&message).unwrap();
        let to: Vec<_> = parsed.to().unwrap().iter().collect();
        assert_eq!(to.len(), 1, "{name}");
        assert_eq!(to[0].address(), Some("ann@example.org"), "{name}");
        assert_eq!(to[0].name().unwrap_or_default(), name.trim(), "{name}");
    }
}

#[test]
fn no_field_can_start_another() {
    let breaks: [fn(&mut Draft); 8] = [
        |d| d.subject.push_str("\r\nBcc: eve@example.net"),
        |d| d.from.name.push_str("\nBcc: eve@example.net"),
        |d| d.to_name = Some("a\rBcc: eve@example.net".into()),
        |d| d.message_id.push_str("\r\nBcc: eve@example.net"),
        |d| d.headers.push(Header::text("X-Note", "a\r\nBcc: eve")),
        |d| d.headers.push(Header::token("X-Note", "a\r\nBcc: eve")),
        |d| d.headers.push(Header::text("X\r\nBcc", "eve")),
        |d| d.headers.push(Header::text("Bcc", "eve@example.net")),
    ];
    for (index, change) in breaks.into_iter().enumerate() {
        let mut draft = draft();
        change(&mut draft);
        assert!(compose(&draft).is_err(), "{index}");
    }
    let mut twice = draft();
    twice.headers = [notice_headers(), notice_headers()].concat();
    assert!(matches!(compose(&twice), Err(ComposeError::Reserved(_))));
}

#[test]
fn an_address_may_have_utf8_before_the_at_sign() {
    let mut draft = draft();
    draft.to = "jörg@bücher.example".parse().unwrap();
    draft.to_name = Some("Jörg".into());
    let message = wire(&draft);
    assert!(message.contains("<jörg@xn--bcher-kva.example>\r\n"));
    let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
    let to = parsed.to().unwrap().first().unwrap();
    assert_eq!(to.address(), Some("jörg@xn--bcher-kva.example"));
}

#[test]
fn a_long_way_out_survives_the_wire() {
    let url = format!(
        "https://news.example.org/unsubscribe/{}",
        "aB3-_".repeat(40)
    );
    let mut draft = draft();
    let list = ListHeaders {
        publication_name: format!("Zeitung für Österreich {}", "und so weiter ".repeat(6)),
        publication_slug: "ledger".into(),
        list_domain: "news.example.org".into(),
        feedback_id: "12:ledger:digest:paperround".into(),
    };
    draft.headers = list.headers().unwrap();
    draft
        .headers
        .push(list_unsubscribe([url.as_str()]).unwrap());
    let message = wire(&draft);
    assert_eq!(unfolded(&message, "List-Unsubscribe"), format!("<{url}>"));
    assert!(message.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    assert!(message.contains("\r\nPrecedence: bulk\r\n"));
    assert!(message.contains("\r\nFeedback-ID: 12:ledger:digest:paperround\r\n"));
    let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
    assert_eq!(
        parsed
            .list_unsubscribe()
            .as_address()
            .unwrap()
            .first()
            .unwrap()
            .address(),
        Some(url.as_str())
    );
    let id = parsed
        .list_id()
        .as_address()
        .unwrap()
        .first()
        .unwrap()
        .clone();
    assert_eq!(id.address(), Some("ledger.news.example.org"));
    assert_eq!(id.name(), Some(list.publication_name.as_str()));

    let mailto = "mailto:leave+abc@bounces.example.org";
    draft.headers = vec![list_unsubscribe([url.as_str(), mailto]).unwrap()];
    assert_eq!(
        unfolded(&wire(&draft), "List-Unsubscribe"),
        format!("<{url}>, <mailto:leave+abc@bounces.example.org>")
    );
}

#[test]
fn parts_declare_their_alphabet() {
    let message = compose(&draft()).unwrap();
    let parsed = MessageParser::default().parse(&message).unwrap();
    assert_eq!(
        parsed.content_type().unwrap().subtype(),
        Some("alternative")
    );
    let kinds: Vec<_> = parsed.parts[1..]
        .iter()
        .map(|part| {
            let kind = part.content_type().unwrap();
            (kind.subtype().unwrap(), kind.attribute("charset").unwrap())
        })
        .collect();
    assert_eq!(kinds, [("plain", "utf-8"), ("html", "utf-8")]);
}

#[test]
fn what_cannot_be_written_is_refused() {
    let mut draft = draft();
    draft.headers = vec![Header::token("X-Long", "x".repeat(1200))];
    assert!(matches!(compose(&draft), Err(ComposeError::LineTooLong(_))));
    draft.headers.clear();
    for wrong in ["", "a", "@b", "a@", "<a@b>", "a b@c", "a@b@c", "ü@b"] {
        draft.message_id = wrong.into();
        assert!(
            matches!(compose(&draft), Err(ComposeError::MessageId(_))),
            "{wrong}"
        );
    }
    draft.message_id = "a@b".into();
    draft.date = "1960-01-01T00:00:00Z".parse().unwrap();
    assert!(matches!(compose(&draft), Err(ComposeError::Date(_))));
}

#[test]
fn line_ends_become_crlf() {
    assert_eq!(
        with_crlf("a\nb\rc\r\nd\n\n\r\r\n\0e"),
        "a\r\nb\r\nc\r\nd\r\n\r\n\r\n\r\ne"
    );
}
