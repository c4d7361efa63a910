//! Finding addresses in text that people or servers wrote.

use super::fields::Fields;

/// The addresses in a text, in their order.
pub(super) fn addresses(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut from = 0;
    for at in memchr::memchr_iter(b'@', text.as_bytes()) {
        if at >= from
            && let Some((start, end)) = around(text, from, at)
        {
            found.push(&text[start..end]);
            from = end;
        }
    }
    found
}

/// The first address in a text.
pub(super) fn first(text: &str) -> Option<&str> {
    addresses(text).into_iter().next()
}

fn around(text: &str, from: usize, at: usize) -> Option<(usize, usize)> {
    const MOST: usize = 254;
    let before = &text[from..at];
    let local = if let Some(inner) = before.strip_suffix('"') {
        before.len() - inner.rfind('"')?
    } else {
        let length: usize = before
            .chars()
            .rev()
            .take_while(|c| is_local(*c))
            .map(char::len_utf8)
            .sum();
        let name = &before[before.len() - length..];
        // A name is neither begun nor ended by marks that only divide.
        name.trim_start_matches(['.', '\'', '*', '=', '-', '/', '{', '`'])
            .len()
    };
    let domain: usize = text[at + 1..]
        .chars()
        .take_while(|c| c.is_alphanumeric() || "-._".contains(*c))
        .map(char::len_utf8)
        .sum();
    let domain = text[at + 1..=at + domain].trim_end_matches(['.', '-', '_']);
    let is_one =
        local > 0 && local + domain.len() < MOST && !domain.is_empty() && !domain.starts_with('.');
    is_one.then_some((at - local, at + 1 + domain.len()))
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c)
}

/// The address of a field of a delivery report, as in `rfc822; <ada@example.org>`.
pub(super) fn of_field(value: &str) -> Option<&str> {
    let value = value
        .split_once(';')
        .map_or(value, |(_, value)| value)
        .trim();
    let value = value.strip_prefix('<').unwrap_or(value);
    let value = value.split('>').next().unwrap_or_default().trim();
    let is_whole = value.contains('@') && !value.contains(char::is_whitespace) && value.len() < 320;
    let is_quoted = value.starts_with('"') && value.contains("\"@");
    if (is_whole || is_quoted) && !value.starts_with('/') {
        Some(value.trim_matches(['\'', ',']))
    } else {
        first(value)
    }
}

/// The addresses that a report went to: what the envelope said first, each once.
pub(super) fn sent_to(fields: &Fields) -> Vec<String> {
    const MOST: usize = 20;
    let names = [
        "delivered-to",
        "x-original-to",
        "envelope-to",
        "x-envelope-to",
        "x-delivered-to",
        "to",
        "cc",
    ];
    let mut found: Vec<String> = Vec::new();
    for value in names.iter().flat_map(|name| fields.all(name)) {
        for address in addresses(value) {
            let is_new = !found.iter().any(|known| known == address);
            if is_new && found.len() < MOST {
                found.push(address.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_between_marks() {
        for (text, wanted) in [
            ("<ada@x.example>: unknown", vec!["ada@x.example"]),
            ("to ada.b+c@x.example.", vec!["ada.b+c@x.example"]),
            (
                "RCPT TO:<a@x.example>, 'b@y.example'",
                vec!["a@x.example", "b@y.example"],
            ),
            ("\"a b\"@x.example...", vec!["\"a b\"@x.example"]),
            ("M\u{fc}ller@x.example", vec!["M\u{fc}ller@x.example"]),
            ("@ x@ @y", vec![]),
            ("mailto:a@x.example", vec!["a@x.example"]),
        ] {
            assert_eq!(addresses(text), wanted, "{text}");
        }
    }

    #[test]
    fn fields_name_their_address_in_many_ways() {
        for (value, wanted) in [
            ("rfc822; ada@x.example", Some("ada@x.example")),
            ("rfc822;<ada@x.example>", Some("ada@x.example")),
            ("ada@x.example", Some("ada@x.example")),
            ("<ada@x.example> (Ada)", Some("ada@x.example")),
            ("rfc822; \"a b\"@x.example", Some("\"a b\"@x.example")),
            ("X400; /S=ada/O=x", None),
            ("system;4bd3", None),
        ] {
            assert_eq!(of_field(value), wanted, "{value}");
        }
    }

    #[test]
    fn a_report_went_to_the_envelope_first() {
        let (fields, _) = Fields::read(
            b"To: Ada <ada@x.example>, b@y.example\nDelivered-To: bounce+1@z.example\nX-Original-To: ada@x.example\n\n",
        );
        assert_eq!(
            sent_to(&fields),
            ["bounce+1@z.example", "ada@x.example", "b@y.example"]
        );
    }
}
