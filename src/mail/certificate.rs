//! The one thing about a certificate that TLS itself does not tell: until when it is valid.

use chrono::NaiveDateTime;

use super::dkim::der::value;
use crate::domain::clock::Time;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The version, a tag of its own in front of the serial number.
const VERSION: u8 = 0xa0;

/// The end of a certificate's validity (RFC 5280, 4.1.2.5).
pub(super) fn ends_at(der: &[u8]) -> Option<Time> {
    let (certificate, _) = value(der, SEQUENCE)?;
    let (body, _) = value(certificate, SEQUENCE)?;
    let body = value(body, VERSION).map_or(body, |(_, rest)| rest);
    let (_serial, rest) = value(body, INTEGER)?;
    let (_algorithm, rest) = value(rest, SEQUENCE)?;
    let (_issuer, rest) = value(rest, SEQUENCE)?;
    let (validity, _) = value(rest, SEQUENCE)?;
    let (_, from_end) = time(validity)?;
    time(from_end)?.0
}

/// A time, where it can be read, and what follows it.
fn time(der: &[u8]) -> Option<(Option<Time>, &[u8])> {
    let (text, rest, century) = match value(der, GENERALIZED_TIME) {
        Some((text, rest)) => (text, rest, String::new()),
        None => {
            let (text, rest) = value(der, UTC_TIME)?;
            // RFC 5280, 4.1.2.5.1: two digits of a year stand for 1950 to 2049.
            let is_past = text.first().is_some_and(|&digit| digit >= b'5');
            (text, rest, if is_past { "19" } else { "20" }.to_owned())
        }
    };
    let text = century + std::str::from_utf8(text).ok()?;
    let time = NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok();
    Some((time.map(|time| time.and_utc()), rest))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_read() {
        let pem = include_bytes!("../../tests/fixtures/tls/localhost.pem");
        let der = CertificateDer::from_pem_slice(pem).unwrap();
        assert_eq!(ends_at(&der), Some("2126-10-31T00:43:25Z".parse().unwrap()));
        for cut in 0..der.len().min(120) {
            assert_eq!(ends_at(&der[..cut]), None);
        }
    }

    #[test]
    fn two_digits_of_a_year_have_their_century() {
        let read = |text: &[u8]| {
            let length = u8::try_from(text.len()).unwrap();
            time(&[&[UTC_TIME, length], text].concat()).unwrap().0
        };
        assert_eq!(
            read(b"491231235959Z"),
            Some("2049-12-31T23:59:59Z".parse().unwrap())
        );
        assert_eq!(
            read(b"500101000000Z"),
            Some("1950-01-01T00:00:00Z".parse().unwrap())
        );
        assert_eq!(read(b"soon"), None);
    }
}
