//! Slips in the domain of an address that is typed often, as in `ada@gmial.com`. A suggestion is
//! offered and never made: nobody knows all domains.

use strsim::osa_distance;

use super::email_address::EmailAddress;

/// Where most readers have their mail, in the countries whose languages we speak; the most used
/// come first. The others are there because they look like slips of those.
const KNOWN: [&str; 81] = [
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "outlook.com",
    "yahoo.com",
    "icloud.com",
    "live.com",
    "msn.com",
    "aol.com",
    "me.com",
    "mac.com",
    "proton.me",
    "protonmail.com",
    "gmx.com",
    "gmx.net",
    "gmx.de",
    "gmx.at",
    "gmx.ch",
    "web.de",
    "t-online.de",
    "freenet.de",
    "posteo.de",
    "mailbox.org",
    "arcor.de",
    "hotmail.de",
    "outlook.de",
    "yahoo.de",
    "live.de",
    "icloud.de",
    "aon.at",
    "chello.at",
    "bluewin.ch",
    "sunrise.ch",
    "hispeed.ch",
    "orange.fr",
    "wanadoo.fr",
    "free.fr",
    "sfr.fr",
    "laposte.net",
    "bbox.fr",
    "neuf.fr",
    "hotmail.fr",
    "outlook.fr",
    "yahoo.fr",
    "live.fr",
    "libero.it",
    "virgilio.it",
    "tiscali.it",
    "alice.it",
    "tin.it",
    "tim.it",
    "inwind.it",
    "fastwebnet.it",
    "hotmail.it",
    "outlook.it",
    "yahoo.it",
    "live.it",
    "hotmail.es",
    "outlook.es",
    "yahoo.es",
    "telefonica.net",
    "movistar.es",
    "terra.es",
    "ono.com",
    "hotmail.co.uk",
    "yahoo.co.uk",
    "live.co.uk",
    "btinternet.com",
    "sky.com",
    "fastmail.com",
    "comcast.net",
    "verizon.net",
    // Real, and close to others.
    "mail.com",
    "email.com",
    "ymail.com",
    "rocketmail.com",
    "mail.de",
    "email.de",
    "mail.ru",
    "email.it",
    "post.com",
];

/// Names that exist under `.com` alone.
const ONLY_COM: [&str; 2] = ["gmail", "googlemail"];

/// The address that was most likely meant; none where the domain is well known or like no other.
pub fn suggestion(typed: &EmailAddress) -> Option<String> {
    let domain = typed.domain();
    let (name, rest) = domain.split_once('.')?;
    let known = KNOWN.contains(&domain);
    let meant = if ONLY_COM.contains(&name) && rest != "com" {
        Some(format!("{name}.com"))
    } else if known {
        None
    } else {
        let slips = KNOWN.iter().map(|known| (slips(name, rest, known), *known));
        let nearest = slips.filter_map(|(slips, known)| Some((slips?, known)));
        // Of equally near ones the first, which is the most used.
        let nearest = nearest.min_by_key(|(slips, _)| *slips);
        nearest.map(|(_, known)| known.to_owned())
    };
    Some(format!("{}@{}", typed.local(), meant?))
}

/// How many slips lead from a known domain to what was typed; none where these are too many.
fn slips(name: &str, rest: &str, known: &str) -> Option<usize> {
    let (known_name, known_rest) = known.split_once('.')?;
    let in_name = osa_distance(name, known_name);
    let in_rest = osa_distance(rest, known_rest);
    // Short names are near to many others: only letters in another order are a slip.
    let is_turned =
        in_name == 1 && name.len() == known_name.len() && sorted(name) == sorted(known_name);
    let fits = match known_name.len() {
        0..=4 => in_name == 0 || is_turned,
        5..=6 => in_name <= 1,
        _ => in_name <= 2,
    };
    // The end of a country is a domain of its own right, but for those that lack a letter.
    let is_end = rest.len() == 2 && !["co", "cm", "om"].contains(&rest);
    let is_whole = in_rest == 0 || (in_rest == 1 && !is_end && known_rest.len() > 2);
    (fits && is_whole && in_name + in_rest > 0).then_some(in_name + in_rest)
}

fn sorted(text: &str) -> Vec<u8> {
    let mut letters = text.as_bytes().to_vec();
    letters.sort_unstable();
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(domain: &str) -> Option<String> {
        let typed: EmailAddress = format!("Ada.L@{domain}").parse().unwrap();
        let meant = suggestion(&typed)?;
        assert!(meant.parse::<EmailAddress>().is_ok(), "{meant}");
        Some(meant.strip_prefix("Ada.L@").unwrap().to_owned())
    }

    #[test]
    fn common_slips_are_seen() {
        for (typed, expected) in [
            ("gmial.com", "gmail.com"),
            ("gamil.com", "gmail.com"),
            ("gmal.com", "gmail.com"),
            ("gmaill.com", "gmail.com"),
            ("gmail.co", "gmail.com"),
            ("gmail.con", "gmail.com"),
            ("gmail.cmo", "gmail.com"),
            ("gmail.de", "gmail.com"),
            ("GMIAL.COM", "gmail.com"),
            ("hotnail.com", "hotmail.com"),
            ("hotmial.fr", "hotmail.fr"),
            ("homtail.es", "hotmail.es"),
            ("outlok.com", "outlook.com"),
            ("outloook.it", "outlook.it"),
            ("yaho.com", "yahoo.com"),
            ("yahooo.de", "yahoo.de"),
            ("iclould.com", "icloud.com"),
            ("gxm.de", "gmx.de"),
            ("wbe.de", "web.de"),
            ("t-onlin.de", "t-online.de"),
            ("frenet.de", "freenet.de"),
            ("ornage.fr", "orange.fr"),
            ("wandoo.fr", "wanadoo.fr"),
            ("laposte.ner", "laposte.net"),
            ("libreo.it", "libero.it"),
            ("vigilio.it", "virgilio.it"),
            ("moviestar.es", "movistar.es"),
            ("hotmail.co.ik", "hotmail.co.uk"),
        ] {
            assert_eq!(meant(typed).as_deref(), Some(expected), "{typed}");
        }
    }

    #[test]
    fn nothing_is_suggested_for_what_may_be_meant() {
        for typed in KNOWN {
            assert_eq!(meant(typed), None, "{typed}");
        }
        for typed in [
            "example.org",
            "inbox.example",
            "hotmail.be",
            "yahoo.ca",
            "yahoo.com.br",
            "outlook.at",
            "ledger.example",
            "mail.example.org",
            "web.com",
            "gmd.de",
            "love.com",
            "life.it",
            "tum.de",
            "uni-wien.ac.at",
            "gmail-test.example",
        ] {
            assert_eq!(meant(typed), None, "{typed}");
        }
    }
}
