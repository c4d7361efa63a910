//! From bytes to text: which encoding a feed is really in.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text of a feed, without what comes before its first `<` or `{` and without characters
/// that XML forbids.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    let decoded = decode(bytes);
    let start = decoded.find(['<', '{']).unwrap_or(0);
    // Junk before the root is forgiven, prose that holds a brace somewhere is not shortened.
    let start = if start <= 1024 { start } else { 0 };
    if decoded[start..].contains(|c| !is_xml(c)) {
        let sound = decoded[start..].chars().filter(|c| is_xml(*c));
        return Cow::Owned(sound.collect());
    }
    match decoded {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start..]),
        Cow::Owned(text) => Cow::Owned(text[start..].to_owned()),
    }
}

/// The characters of XML 1.0, less those that never mean anything.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r')
        || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{feff}'))
}

fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    let encoding = match bytes {
        [b'<' | b'{', 0, ..] => UTF_16LE,
        [0, b'<' | b'{', ..] => UTF_16BE,
        _ => by_content(bytes),
    };
    encoding.decode_without_bom_handling(bytes).0
}

/// What the bytes show counts more than what the declaration says: text that is valid UTF-8 by
/// chance hardly exists, wrong declarations do.
fn by_content(bytes: &[u8]) -> &'static Encoding {
    let declared = declared(bytes);
    match std::str::from_utf8(bytes) {
        Ok(_) if declared == Some(ISO_2022_JP) => ISO_2022_JP,
        Ok(_) => UTF_8,
        Err(error) => match declared {
            // A declaration that could be read as ASCII cannot be UTF-16.
            Some(encoding) if ![UTF_8, UTF_16LE, UTF_16BE].contains(&encoding) => encoding,
            _ if seems_utf8(bytes, error) => UTF_8,
            _ => WINDOWS_1252,
        },
    }
}

/// Whether there is proper UTF-8 beyond ASCII before or after the first mistake.
fn seems_utf8(bytes: &[u8], error: std::str::Utf8Error) -> bool {
    let good = &bytes[..error.valid_up_to()];
    if !good.is_ascii() {
        return true;
    }
    let rest = &bytes[error.valid_up_to()..];
    rest.utf8_chunks()
        .skip(1)
        .any(|chunk| !chunk.valid().is_ascii())
}

/// The encoding that the XML declaration names.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(512)];
    let head = String::from_utf8_lossy(head);
    let declaration = head.split("?>").next().filter(|d| d.contains("<?xml"))?;
    let value = declaration.split("encoding").nth(1)?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let label = value.trim_start_matches(['"', '\'']);
    let label = label.split(['"', '\'', ' ', '?']).next()?;
    Encoding::for_label(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn believes_the_bytes() {
        let xml = |encoding: &str, body: &[u8]| {
            let mut bytes = format!("<?xml version='1.0' encoding='{encoding}'?><a>").into_bytes();
            bytes.extend_from_slice(body);
            text(&bytes).into_owned()
        };
        assert!(xml("iso-8859-1", b"caf\xe9").ends_with("<a>café"));
        assert!(xml("utf-8", b"caf\xe9").ends_with("<a>café"));
        assert!(xml("iso-8859-1", "café".as_bytes()).ends_with("<a>café"));
        assert!(xml("nonsense", b"caf\xe9").ends_with("<a>café"));
        assert!(xml("koi8-r", b"\xd0\xd2\xc9").ends_with("<a>при"));
        assert!(xml("utf-8", b"caf\xc3\xa9 \xff caf\xc3\xa9").contains("café \u{fffd} café"));
        assert!(xml("utf-16", "café".as_bytes()).ends_with("<a>café"));
    }

    #[test]
    fn strips_what_is_in_the_way() {
        assert_eq!(text(b"\xef\xbb\xbf\n <a>\x00\x0b\x08b"), "<a>b");
        assert_eq!(text(b"Warning: x in y.php\n<?xml ?>"), "<?xml ?>");
        let utf16: Vec<u8> = "<a>é".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&utf16), "<a>é");
        assert_eq!(text(b""), "");
    }
}
