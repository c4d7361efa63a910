//! The examples of RFC 6376, 3.4.5, and the canonicaliser against a plain one.

use proptest::prelude::*;

use super::*;

fn body(pieces: &[&[u8]]) -> Vec<u8> {
    let mut body = Body::new(Vec::new());
    for piece in pieces {
        body.update(piece);
    }
    body.finish()
}

fn header(message: &[u8]) -> Vec<u8> {
    let mut canonical = Vec::new();
    for field in split(message).unwrap().0 {
        add_field(field, &mut canonical);
        canonical.extend(b"\r\n");
    }
    canonical
}

/// RFC 6376, 3.4.4, word by word.
fn naive(body: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
    let mut i = 0;
    while i < body.len() {
        if body[i..].starts_with(b"\r\n") {
            lines.push(Vec::new());
            i += 2;
        } else {
            lines.last_mut().unwrap().push(body[i]);
            i += 1;
        }
    }
    let lines = lines.into_iter().map(|line| {
        let mut reduced: Vec<u8> = Vec::new();
        for byte in line {
            let is_space = matches!(byte, b' ' | b'\t');
            if is_space && reduced.last() == Some(&b' ') {
                continue;
            }
            reduced.push(if is_space { b' ' } else { byte });
        }
        if reduced.last() == Some(&b' ') {
            reduced.pop();
        }
        reduced
    });
    let mut lines: Vec<Vec<u8>> = lines.collect();
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines
        .into_iter()
        .flat_map(|line| [line, b"\r\n".to_vec()].concat())
        .collect()
}

#[test]
fn the_example_of_the_rfc() {
    let message = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
    assert_eq!(header(message), b"a:X\r\nb:Y Z\r\n");
    assert_eq!(body(&[split(message).unwrap().1]), b" C\r\nD E\r\n");
}

#[test]
fn an_empty_body_stays_empty_and_others_end_with_one_line_end() {
    for nothing in ["", "\r\n", "\r\n\r\n", " \r\n\t\r\n", " \t"] {
        assert_eq!(body(&[nothing.as_bytes()]), b"", "{nothing:?}");
    }
    for same in ["a", "a\r\n", "a \r\n", "a\r\n\r\n \r\n", "a\t"] {
        assert_eq!(body(&[same.as_bytes()]), b"a\r\n", "{same:?}");
    }
    assert_eq!(body(&[b"\r\n\r\n.a\r\n"]), b"\r\n\r\n.a\r\n");
}

#[test]
fn a_change_is_found_wherever_it_stands() {
    for length in [1, 63, 64, 65, 128, 200] {
        for at in 0..length {
            for change in ["  x", "\tx", " \tx", " \r\ny", "\r\n\r\nx", " "] {
                let mut text = vec![b'a'; length];
                text.splice(at..at, change.bytes());
                assert_eq!(body(&[&text]), naive(&text), "{length} {at} {change:?}");
            }
        }
    }
}

#[test]
fn a_header_is_read_field_by_field() {
    let (fields, rest) =
        split(b"From: a\r\nSubject: b\r\n c\r\n\td\r\nTo :e\r\n\r\nbody\r\n").unwrap();
    let names: Vec<_> = fields.iter().map(|f| f.name).collect();
    assert_eq!(names, [&b"From"[..], b"Subject", b"To"]);
    assert_eq!(fields[1].value, b" b\r\n c\r\n\td\r\n");
    assert_eq!(rest, b"body\r\n");
    assert_eq!(split(b"From: a\r\n").unwrap().1, b"");
    for wrong in [&b"no colon\r\n\r\n"[..], b": x\r\n\r\n", b" a: x\r\n\r\n"] {
        assert!(split(wrong).is_none(), "{wrong:?}");
    }
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        4 => "[a-z.=<>]{1,90}",
        4 => Just(" ".to_owned()),
        2 => Just("\t".to_owned()),
        3 => Just("\r\n".to_owned()),
        1 => Just("\r".to_owned()),
        1 => Just("\n".to_owned()),
        1 => Just("ü".to_owned()),
    ];
    proptest::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat().into_bytes())
}

proptest! {
    #[test]
    fn streaming_gives_what_the_plain_rules_give(
        text in text(),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let expected = naive(&text);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
        prop_assert_eq!(&body(&pieces), &expected);

        let mut hashed = Body::new(Hasher::new());
        hashed.update(&text);
        let digest = hashed.finish().finish();
        let plain = digest::digest(&digest::SHA256, &expected);
        prop_assert_eq!(digest.as_ref(), plain.as_ref());
    }

    #[test]
    fn the_hash_does_not_depend_on_how_it_was_fed(
        pieces in proptest::collection::vec((any::<u8>(), 0_usize..6000), 0..12),
    ) {
        let mut hasher = Hasher::new();
        let mut whole = Vec::new();
        for (byte, length) in pieces {
            let piece = vec![byte; length];
            hasher.take(&piece);
            whole.extend(piece);
        }
        let plain = digest::digest(&digest::SHA256, &whole);
        let hashed = hasher.finish();
        prop_assert_eq!(hashed.as_ref(), plain.as_ref());
    }
}
