//! What may keep a subject from being read, or its mail from the inbox.

use thiserror::Error;

/// Letters of a subject that most phones show.
const PHONE: usize = 60;
/// A subject with fewer letters may be an abbreviation.
const FEW_LETTERS: usize = 8;

/// Words that filters count against a mail, and readers too.
const CHEAP: [&str; 12] = [
    "100% free",
    "act now",
    "buy now",
    "cash bonus",
    "click here",
    "earn money",
    "free!!!",
    "make money",
    "no obligation",
    "risk-free",
    "winner!",
    "you have won",
];

/// One thing about a subject.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Remark {
    #[error("it has {0} characters, and most phones show {PHONE} at most")]
    Long(usize),
    #[error("it is written in capitals")]
    Shouts,
    #[error("it has several exclamation marks")]
    Exclaims,
    #[error("it looks like an answer or a forwarded mail, which it is not")]
    Poses,
    #[error("it says {0:?}, as unwanted mail does")]
    Cheap(&'static str),
}

/// What is to be said about a subject.
pub fn remarks(subject: &str) -> Vec<Remark> {
    let mut found = Vec::new();
    let length = subject.chars().count();
    if length > PHONE {
        found.push(Remark::Long(length));
    }
    let letters: Vec<char> = subject.chars().filter(|c| c.is_alphabetic()).collect();
    let capitals = letters.iter().filter(|c| c.is_uppercase()).count();
    // Scripts without capitals have none.
    if letters.len() >= FEW_LETTERS && capitals * 10 > letters.len() * 7 {
        found.push(Remark::Shouts);
    }
    if subject.matches(['!', '！']).count() > 1 {
        found.push(Remark::Exclaims);
    }
    let lower = subject.to_lowercase();
    let start = lower.trim_start();
    if ["re:", "fw:", "fwd:", "aw:", "wg:"]
        .iter()
        .any(|s| start.starts_with(s))
    {
        found.push(Remark::Poses);
    }
    let cheap = CHEAP.into_iter().find(|words| lower.contains(words));
    found.extend(cheap.map(Remark::Cheap));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_headline_is_fine() {
        for fine in [
            "Wind auction draws eleven bidders",
            "NATO: 3 Fragen",
            "¡Hola!",
            "港口重新开放，三艘船只抵达",
            "Reform of the harbour dues",
        ] {
            assert_eq!(remarks(fine), [], "{fine}");
        }
    }

    #[test]
    fn what_puts_readers_and_filters_off_is_told() {
        assert_eq!(remarks(&"x".repeat(61)), [Remark::Long(61)]);
        assert_eq!(remarks("GREAT NEWS TODAY"), [Remark::Shouts]);
        assert_eq!(remarks("Great news!!"), [Remark::Exclaims]);
        assert_eq!(remarks("Re: your invoice"), [Remark::Poses]);
        assert_eq!(remarks("Click here to read"), [Remark::Cheap("click here")]);
    }
}
