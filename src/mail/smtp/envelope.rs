//! The envelope of one mail, and the commands that it becomes.

use super::capabilities::Capabilities;
use crate::domain::delivery::Outcome;
use crate::domain::email_address::EmailAddress;
use crate::mail::outcome;

/// RFC 3461, 4.4.
const MAX_ENVID: usize = 100;
/// RFC 5321, 4.5.3.1.3: a path has 256 octets with its angle brackets.
const MAX_PATH: usize = 254;

/// Who sends a mail to whom, and what it needs of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The return path; empty for the null one.
    pub from: String,
    pub to: EmailAddress,
    /// The octets of the message with its line ends (RFC 1870, 5).
    pub size: usize,
    /// What reports about the mail shall carry (RFC 3461, 4.4).
    pub envid: Option<String>,
    /// The header or an address is not ASCII (RFC 6531).
    pub needs_utf8: bool,
    /// The message is not ASCII (RFC 6152).
    pub needs_8bit: bool,
}

impl Envelope {
    /// What must be refused without asking the server.
    pub(super) fn check(&self, server: &Capabilities) -> Result<(), Outcome> {
        let refused = |code, text| Err(Outcome::Refused(outcome::reply(code, text)));
        // What could be read as more than one command is our own mistake, which must not count
        // against the reader.
        let is_path = self.from.len() <= MAX_PATH
            && !self
                .from
                .chars()
                .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>'));
        if !is_path {
            let text = "the return path is not an address";
            return Err(Outcome::NotBegun(text.to_owned()));
        }
        // RFC 6531, 3.5 has the client give up on the address; the code is that of 4.2.
        if self.is_utf8() && !server.smtp_utf8 {
            return refused(
                553,
                "5.6.7 the relay does not take addresses with other than ASCII letters (SMTPUTF8)",
            );
        }
        if self.needs_8bit && !server.eight_bit_mime {
            return refused(
                554,
                "5.6.3 the relay does not take 8-bit messages (8BITMIME)",
            );
        }
        // RFC 1870, 6.1.
        match server.size {
            Some(most) if most > 0 && self.size as u64 > most => refused(
                552,
                &format!("5.3.4 the message is longer than the relay takes ({most} octets)"),
            ),
            _ => Ok(()),
        }
    }

    fn is_utf8(&self) -> bool {
        self.needs_utf8 || !self.from.is_ascii() || !self.to.as_str().is_ascii()
    }

    /// MAIL with the parameters that the server knows.
    pub(super) fn write_mail(&self, server: &Capabilities, out: &mut Vec<u8>) {
        out.extend_from_slice(b"MAIL FROM:<");
        out.extend_from_slice(self.from.as_bytes());
        out.push(b'>');
        if server.size.is_some() {
            out.extend_from_slice(b" SIZE=");
            write_number(self.size, out);
        }
        if self.needs_8bit {
            out.extend_from_slice(b" BODY=8BITMIME");
        }
        if self.is_utf8() {
            out.extend_from_slice(b" SMTPUTF8");
        }
        if server.dsn {
            out.extend_from_slice(b" RET=HDRS");
            if let Some(envid) = &self.envid {
                write_envid(envid, out);
            }
        }
        out.extend_from_slice(b"\r\n");
    }

    /// RCPT.
    pub(super) fn write_rcpt(&self, server: &Capabilities, out: &mut Vec<u8>) {
        out.extend_from_slice(b"RCPT TO:<");
        out.extend_from_slice(self.to.as_str().as_bytes());
        out.push(b'>');
        if server.dsn {
            out.extend_from_slice(b" NOTIFY=FAILURE");
        }
        out.extend_from_slice(b"\r\n");
    }
}

fn write_number(mut number: usize, out: &mut Vec<u8>) {
    let start = out.len();
    loop {
        // A digit fits.
        #[expect(clippy::cast_possible_truncation)]
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out[start..].reverse();
}

/// As xtext (RFC 3461, 4); left out where it is longer than allowed, for a report can be matched
/// without it.
fn write_envid(envid: &str, out: &mut Vec<u8>) {
    let before = out.len();
    out.extend_from_slice(b" ENVID=");
    let start = out.len();
    for &byte in envid.as_bytes() {
        if matches!(byte, b'!'..=b'~') && !matches!(byte, b'+' | b'=') {
            out.push(byte);
        } else {
            let hex = |nibble: u8| b"0123456789ABCDEF"[usize::from(nibble)];
            out.extend_from_slice(&[b'+', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    if out.len() == start || out.len() - start > MAX_ENVID {
        out.truncate(before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope() -> Envelope {
        Envelope {
            from: "bounce+1=a@ledger.example".to_owned(),
            to: "ann@example.org".parse().unwrap(),
            size: 1234,
            envid: Some("d7+a=b c".to_owned()),
            needs_utf8: false,
            needs_8bit: false,
        }
    }

    fn able() -> Capabilities {
        Capabilities {
            size: Some(2000),
            eight_bit_mime: true,
            smtp_utf8: true,
            dsn: true,
            ..Capabilities::default()
        }
    }

    fn written(envelope: &Envelope, server: &Capabilities) -> String {
        let mut out = Vec::new();
        envelope.write_mail(server, &mut out);
        envelope.write_rcpt(server, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn parameters_are_given_where_the_server_knows_them() {
        assert_eq!(
            written(&envelope(), &able()),
            "MAIL FROM:<bounce+1=a@ledger.example> SIZE=1234 RET=HDRS ENVID=d7+2Ba+3Db+20c\r\n\
             RCPT TO:<ann@example.org> NOTIFY=FAILURE\r\n"
        );
        assert_eq!(
            written(&envelope(), &Capabilities::default()),
            "MAIL FROM:<bounce+1=a@ledger.example>\r\nRCPT TO:<ann@example.org>\r\n"
        );
        let mut other = envelope();
        other.from.clear();
        (other.needs_8bit, other.needs_utf8) = (true, true);
        (other.size, other.envid) = (0, Some("x".repeat(101)));
        assert!(
            written(&other, &able())
                .starts_with("MAIL FROM:<> SIZE=0 BODY=8BITMIME SMTPUTF8 RET=HDRS\r\n")
        );
    }

    #[test]
    fn what_the_server_cannot_take_is_not_asked() {
        let refused = |change: fn(&mut Envelope, &mut Capabilities)| {
            let (mut envelope, mut server) = (envelope(), able());
            change(&mut envelope, &mut server);
            match envelope.check(&server) {
                Err(Outcome::Refused(reply)) => Some((reply.code, reply.enhanced.unwrap())),
                Err(other) => panic!("{other:?}"),
                Ok(()) => None,
            }
        };
        assert_eq!(refused(|_, _| {}), None);
        assert_eq!(refused(|e, _| e.size = 2000), None);
        assert_eq!(refused(|e, s| (e.size, s.size) = (9000, Some(0))), None);
        let too_long = refused(|e, _| e.size = 2001);
        assert_eq!(too_long, Some((552, "5.3.4".to_owned())));
        let bits = refused(|e, s| (e.needs_8bit, s.eight_bit_mime) = (true, false));
        assert_eq!(bits, Some((554, "5.6.3".to_owned())));
        let letters = Some((553, "5.6.7".to_owned()));
        let utf8 = refused(|e, s| (e.needs_utf8, s.smtp_utf8) = (true, false));
        assert_eq!(utf8, letters);
        let utf8 = refused(|e, s| {
            e.to = "jörg@example.org".parse().unwrap();
            s.smtp_utf8 = false;
        });
        assert_eq!(utf8, letters);
    }

    #[test]
    fn a_return_path_is_one_address() {
        for wrong in ["a b@c.d", "a@b.c> SIZE=1", "a@b.c\r\nRCPT TO:<x@y.z"] {
            let envelope = Envelope {
                from: wrong.to_owned(),
                ..envelope()
            };
            let checked = envelope.check(&able());
            assert!(matches!(checked, Err(Outcome::NotBegun(_))), "{wrong:?}");
        }
    }
}
