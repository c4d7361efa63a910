//! Quoted-printable (RFC 2045, 6.7), written in pieces.
//!
//! Each piece is encoded for itself, from the start of a line on, and a soft line break joins it
//! to the next: so the pieces that all readers share are encoded once, and what is written in
//! between for one reader can neither break a line nor an escape.

/// Octets of a line, with the `=` of a soft break (RFC 2045, 6.7, rule 5).
const LINE: usize = 76;
const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Encodes a piece whose line ends are CRLF. It must begin at the start of a line; where it does
/// not end there, a soft break is added, so that the next piece does.
///
/// No line begins with a dot, so that the result needs no dot-stuffing (RFC 5321, 4.5.2) and is
/// the same for DATA, for BDAT and under a signature.
pub(super) fn encode_piece(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut column = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\r' && bytes.get(at + 1) == Some(&b'\n') {
            out.extend_from_slice(b"\r\n");
            column = 0;
            at += 2;
            continue;
        }
        // At once what stays as it is wherever a soft break may follow: most of most texts.
        if column > 0 || byte != b'.' {
            let most = (LINE - 1).saturating_sub(column).min(bytes.len() - at);
            let run = &bytes[at..at + most];
            let end = run.iter().position(|b| !is_itself(*b)).unwrap_or(most);
            if end > 0 {
                out.extend_from_slice(&run[..end]);
                column += end;
                at += end;
                continue;
            }
        }
        let ends_line = matches!(bytes.get(at + 1..at + 3), Some(b"\r\n"));
        let is_plain = match byte {
            b'.' => column != 0,
            // A blank at the end of a line would be lost on the way (rule 3).
            b' ' | b'\t' => !ends_line,
            b'=' => false,
            other => other.is_ascii_graphic(),
        };
        let width = if is_plain { 1 } else { 3 };
        // The last character of a line may take the place that a soft break would need.
        let room = if ends_line { LINE } else { LINE - 1 };
        if column + width > room {
            out.extend_from_slice(b"=\r\n");
            column = 0;
            // A dot would now stand at the start of a line.
            continue;
        }
        if is_plain {
            out.push(byte);
        } else {
            let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
            out.extend_from_slice(&[b'=', digits[0], digits[1]]);
        }
        column += width;
        at += 1;
    }
    if column > 0 {
        out.extend_from_slice(b"=\r\n");
    }
}

/// Whether an octet stands for itself wherever it is, but for a dot at the start of a line.
fn is_itself(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'='
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(pieces: &[&str]) -> String {
        let mut out = Vec::new();
        for piece in pieces {
            encode_piece(piece, &mut out);
        }
        String::from_utf8(out).unwrap()
    }

    /// A decoder that is not ours.
    fn decode(encoded: &str) -> String {
        let mail = format!("Content-Transfer-Encoding: quoted-printable\r\n\r\n{encoded}");
        let message = mail_parser::MessageParser::default()
            .parse(mail.as_bytes())
            .unwrap();
        message.body_text(0).unwrap().into_owned()
    }

    #[test]
    fn plain_lines_stay_readable() {
        assert_eq!(
            encode(&["Hello Ann,\r\nyours\r\n"]),
            "Hello Ann,\r\nyours\r\n"
        );
        assert_eq!(encode(&["a=b ü \r\n.x\r\n"]), "a=3Db =C3=BC=20\r\n=2Ex\r\n");
        assert_eq!(
            encode(&["see ", "https://x.example", "\r\n"]),
            "see =\r\nhttps://x.example=\r\n\r\n"
        );
    }

    proptest! {
        #[test]
        fn pieces_read_back_as_their_text(pieces in prop::collection::vec("([ -~ü.=\t]|\r\n){0,200}", 1..5)) {
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            let encoded = encode(&pieces);
            for line in encoded.split("\r\n") {
                prop_assert!(line.len() <= LINE, "{line}");
                prop_assert!(!line.starts_with('.') && !line.ends_with([' ', '\t']), "{line:?}");
                prop_assert!(!line.contains(['\r', '\n']));
            }
            prop_assert_eq!(decode(&encoded), pieces.concat());
        }
    }
}
