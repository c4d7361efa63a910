//! Whole mails, read back with a parser that is not ours.

use mail_parser::MessageParser;
use proptest::prelude::*;

use super::*;
use crate::mail::headers::list_unsubscribe;

fn shared(text: &[&str], html: &[&str]) -> Shared {
    let pieces = |parts: &[&str]| {
        parts
            .iter()
            .enumerate()
            .flat_map(|(at, part)| {
                let place = at.checked_sub(1).map(Piece::Place);
                place.into_iter().chain([Piece::Shared((*part).to_owned())])
            })
            .collect()
    };
    Shared {
        from: "The Ledger <news@ledger.example>".parse().unwrap(),
        reply_to: Some("desk@ledger.example".parse().unwrap()),
        subject: "Fünf stories".into(),
        text: pieces(text),
        html: pieces(html),
        headers: vec![Header::token("Precedence", "bulk")],
        seed: "edition 1".into(),
    }
}

fn wire(shared: &Shared, name: Option<&str>, text: &[&str], html: &[&str]) -> String {
    let reader = Reader {
        to: &"ann@example.org".parse().unwrap(),
        to_name: name,
        message_id: "0192.1@ledger.example",
        date: "2026-01-01T09:30:00Z".parse().unwrap(),
        headers: &[list_unsubscribe(["https://news.example/unsubscribe/abc"]).unwrap()],
        text,
        html,
    };
    let skeleton = Arc::new(Skeleton::compose(shared).unwrap());
    let mut out = Vec::new();
    skeleton.write(&reader, &mut out).unwrap();
    let mut spliced = Spliced::default();
    spliced.whole().extend_from_slice(b"a mail before");
    skeleton.splice(&reader, &mut spliced).unwrap();
    assert_eq!(spliced.pieces().concat(), out);
    assert_eq!(spliced.len(), out.len());
    String::from_utf8(out).unwrap()
}

#[test]
fn a_mail_is_spliced_from_pieces() {
    let edition = shared(
        &["Leave at ", ".\nBye.\n"],
        &["<a href=\"", "\">leave</a>\n"],
    );
    let link = "https://news.example/unsubscribe/abc?x=1";
    let mail = wire(&edition, None, &[link], &[link]);
    insta::assert_snapshot!(mail.replace("\r\n", "\n"), @r#"
    To: ann@example.org
    Date: Thu, 01 Jan 2026 09:30:00 +0000
    Message-ID: <0192.1@ledger.example>
    List-Unsubscribe: <https://news.example/unsubscribe/abc>
    From: "The Ledger" <news@ledger.example>
    Reply-To: desk@ledger.example
    Subject: =?utf-8?b?RsO8bmYgc3Rvcmllcw==?=
    Precedence: bulk
    MIME-Version: 1.0
    Content-Type: multipart/alternative;
     boundary="=_6207011d58e060dbbb905618bd64977d"

    --=_6207011d58e060dbbb905618bd64977d
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    Leave at =
    https://news.example/unsubscribe/abc?x=3D1=
    =2E
    Bye.

    --=_6207011d58e060dbbb905618bd64977d
    Content-Type: text/html; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    <a href=3D"=
    https://news.example/unsubscribe/abc?x=3D1=
    ">leave</a>

    --=_6207011d58e060dbbb905618bd64977d--
    "#);
    let parsed = MessageParser::default().parse(mail.as_bytes()).unwrap();
    assert_eq!(
        parsed.body_text(0).unwrap(),
        format!("Leave at {link}.\r\nBye.\r\n")
    );
    assert_eq!(
        parsed.body_html(0).unwrap(),
        format!("<a href=\"{link}\">leave</a>\r\n")
    );
    assert_eq!(parsed.subject(), Some("Fünf stories"));
}

#[test]
fn readers_share_all_but_their_values() {
    let edition = shared(&["Hello ", ", good day.\n"], &["<p>Hello ", "</p>\n"]);
    let ann = wire(&edition, Some("Ann \"the\" Än"), &["Ann"], &["Ann"]);
    let bob = wire(&edition, None, &["Bob"], &["Bob"]);
    let differing: Vec<_> = ann
        .lines()
        .filter(|line| !bob.lines().any(|other| other == *line))
        .collect();
    assert_eq!(differing.len(), 3, "{differing:?}");
    let parsed = MessageParser::default().parse(ann.as_bytes()).unwrap();
    let to = parsed.to().unwrap().first().unwrap();
    assert_eq!(to.name(), Some("Ann \"the\" Än"));
}

#[test]
fn other_scripts_go_in_base64() {
    let edition = shared(
        &["これは", "です。これはニュースです。\n"],
        &["<p>これはニュースです。これはニュースです。", "</p>\n"],
    );
    let mail = wire(&edition, None, &["ann"], &["ann"]);
    assert_eq!(mail.matches("Content-Transfer-Encoding: base64").count(), 2);
    let parsed = MessageParser::default().parse(mail.as_bytes()).unwrap();
    assert_eq!(
        parsed.body_text(0).unwrap(),
        "これはannです。これはニュースです。\r\n"
    );
}

#[test]
fn what_could_start_a_header_is_refused() {
    let edition = shared(&["x"], &["x"]);
    let skeleton = Skeleton::compose(&edition).unwrap();
    let reader = Reader {
        to: &"ann@example.org".parse().unwrap(),
        to_name: Some("Ann\r\nBcc: x@y.z"),
        message_id: "1@ledger.example",
        date: "2026-01-01T09:30:00Z".parse().unwrap(),
        headers: &[],
        text: &[],
        html: &[],
    };
    assert!(skeleton.write(&reader, &mut Vec::new()).is_err());
    let reader = Reader {
        to_name: None,
        message_id: "1>\r\n@x",
        ..reader
    };
    assert!(skeleton.write(&reader, &mut Vec::new()).is_err());
    let mut edition = edition;
    edition.subject = "a\r\nBcc: x@y.z".into();
    assert!(Skeleton::compose(&edition).is_err());
}

#[test]
fn long_shared_pieces_are_not_copied() {
    let long = "The harbour council votes again. ".repeat(40);
    let skeleton = Skeleton::compose(&shared(&["Dear ", &long], &["<p>", &long])).unwrap();
    let skeleton = Arc::new(skeleton);
    let reader = Reader {
        to: &"ann@example.org".parse().unwrap(),
        to_name: None,
        message_id: "1@ledger.example",
        date: "2026-01-01T09:30:00Z".parse().unwrap(),
        headers: &[],
        text: &["Ann"],
        html: &["Ann"],
    };
    let mut mail = Spliced::default();
    skeleton.splice(&reader, &mut mail).unwrap();
    let shared: Vec<_> = skeleton.long().map(<[u8]>::as_ptr).collect();
    let taken = mail.pieces().into_iter().map(<[u8]>::as_ptr);
    let taken: Vec<_> = taken.filter(|piece| shared.contains(piece)).collect();
    assert_eq!((taken.len(), &taken), (2, &shared));
}

proptest! {
    #[test]
    fn whatever_is_written_is_read(
        parts in prop::collection::vec("[ -~üß€\n\t]{0,900}", 2..5),
        value in "[ -~ü.=]{0,200}",
    ) {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let values = vec![value.as_str(); parts.len()];
        let mail = wire(&shared(&parts, &parts), None, &values, &values);
        prop_assert!(mail.split("\r\n").all(|line| line.len() <= 78 && !line.starts_with('.') && !line.contains('\n')));
        let parsed = MessageParser::default().parse(mail.as_bytes()).unwrap();
        let expected = parts.join(&value).replace('\n', "\r\n");
        prop_assert_eq!(parsed.body_text(0).unwrap(), expected.as_str());
        prop_assert_eq!(parsed.body_html(0).unwrap(), expected.as_str());
    }
}
