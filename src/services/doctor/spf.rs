//! SPF (RFC 7208) as far as it can be judged without a mail: one record, well formed, with no more
//! questions to the DNS than receivers ask, and with an end that says something.

use std::pin::Pin;

use super::{Finding, unanswered};
use crate::mail::dns::Dns;

const CHECK: &str = "SPF";
/// RFC 7208, 4.6.4.
const MOST_LOOKUPS: usize = 10;
const MOST_VOID: usize = 2;

const PUBLISH: &str = "publish one TXT record such as \"v=spf1 include:RELAY ~all\", where the \
                       relay's documentation names its include; Gmail and Yahoo want SPF and DKIM \
                       of whoever sends much";

/// The SPF record of a domain and of those that it refers to.
pub(super) async fn check(dns: &Dns, domain: &str) -> Finding {
    let mut walk = Walk {
        dns,
        lookups: 0,
        void: 0,
        path: Vec::new(),
    };
    match walk.record(domain).await {
        Ok(end) => judge(domain, &walk, end),
        Err(Trouble::Dns(text)) => unanswered(CHECK, domain, &text),
        Err(Trouble::Missing(of)) if of == domain => {
            Finding::fail(CHECK, domain, "there is no SPF record", PUBLISH)
        }
        // RFC 7208, 5.2 and 6.1.
        Err(Trouble::Missing(of)) => Finding::fail(
            CHECK,
            domain,
            format!("the record refers to {of}, which has no SPF record"),
            "correct or remove that include or redirect: receivers take it for an error",
        ),
        Err(Trouble::Wrong(text)) => Finding::fail(
            CHECK,
            domain,
            text,
            "correct the record: receivers take all of it for an error",
        ),
        Err(Trouble::TooMany) => Finding::fail(
            CHECK,
            domain,
            format!("more than {MOST_LOOKUPS} lookups"),
            format!(
                "remove includes that are not needed, or name addresses (ip4:, ip6:) instead: \
                 receivers stop at {MOST_LOOKUPS} (RFC 7208, 4.6.4) and take it for an error"
            ),
        ),
    }
}

fn judge(domain: &str, walk: &Walk<'_>, end: End) -> Finding {
    let lookups = walk.lookups;
    let warn = |found: &str, remedy: &str| {
        Finding::warn(CHECK, domain, format!("{found}; {lookups} lookups"), remedy)
    };
    let close = "end the record in ~all or -all";
    if walk.void > MOST_VOID {
        let found = format!("{} lookups find nothing", walk.void);
        let remedy = "remove what does not exist any more: receivers may take more than two for an \
                      error (RFC 7208, 4.6.4)";
        return warn(&found, remedy);
    }
    match end {
        End::Open => warn("the record ends in +all: the whole world may send", close),
        End::Neutral => warn("the record ends in ?all, which says nothing", close),
        End::Missing => warn("the record has neither all nor redirect at its end", close),
        End::Soft => Finding::ok(CHECK, domain, format!("ends in ~all; {lookups} lookups")),
        End::Hard => Finding::ok(CHECK, domain, format!("ends in -all; {lookups} lookups")),
    }
}

/// What becomes of those whom no term names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    Neutral,
    Soft,
    Hard,
    Missing,
}

/// Why a record is of no use.
#[derive(Debug, PartialEq, Eq)]
enum Trouble {
    Dns(String),
    /// The domain without a record.
    Missing(String),
    Wrong(String),
    TooMany,
}

/// A term of a record (RFC 7208, 4.6.1).
#[derive(Debug, PartialEq, Eq)]
enum Term<'a> {
    All(End),
    Include(&'a str),
    Redirect(&'a str),
    /// `a`, with its domain where it names another.
    Address(Option<&'a str>),
    Exchange(Option<&'a str>),
    /// `ptr` and `exists`: one lookup that depends on the mail.
    Lookup,
    /// Costs no lookup.
    Free,
}

/// A walk through a record and those that it includes.
struct Walk<'a> {
    dns: &'a Dns,
    lookups: usize,
    void: usize,
    /// The records that led here.
    path: Vec<String>,
}

type Ended<'w> = Pin<Box<dyn Future<Output = Result<End, Trouble>> + Send + 'w>>;

impl Walk<'_> {
    /// Boxed, since records lead to records.
    fn record<'w>(&'w mut self, domain: &'w str) -> Ended<'w> {
        Box::pin(async move {
            if self.path.iter().any(|seen| seen == domain) {
                return Err(Trouble::Wrong(format!("the record leads back to {domain}")));
            }
            let texts = self.dns.texts(domain).await.map_err(Trouble::Dns)?;
            let is_spf = |text: &&String| {
                let version = text.split(' ').next().unwrap_or_default();
                version.eq_ignore_ascii_case("v=spf1")
            };
            let records: Vec<&String> = texts.iter().filter(is_spf).collect();
            let record = match &records[..] {
                [] => return Err(Trouble::Missing(domain.to_owned())),
                [one] => *one,
                // RFC 7208, 4.5.
                several => {
                    let count = several.len();
                    let text = format!("{domain} has {count} SPF records; only one may be");
                    return Err(Trouble::Wrong(text));
                }
            };
            let terms = parse(record).map_err(Trouble::Wrong)?;
            self.path.push(domain.to_owned());
            let ended = self.terms(domain, &terms).await;
            self.path.pop();
            ended
        })
    }

    async fn terms(&mut self, domain: &str, terms: &[Term<'_>]) -> Result<End, Trouble> {
        let mut end = None;
        let mut redirect = None;
        for term in terms {
            match term {
                Term::All(how) => {
                    end = Some(*how);
                    // RFC 7208, 5.1: nothing behind it is looked at.
                    break;
                }
                Term::Include(target) => {
                    self.count()?;
                    if is_plain(target) {
                        let _ = self.record(&lower(target)).await?;
                    }
                }
                Term::Redirect(target) => redirect = Some(*target),
                Term::Address(target) => {
                    self.count()?;
                    self.addresses(target.unwrap_or(domain)).await?;
                }
                Term::Exchange(target) => {
                    self.count()?;
                    self.exchanges(target.unwrap_or(domain)).await?;
                }
                Term::Lookup => self.count()?,
                Term::Free => {}
            }
        }
        match (end, redirect) {
            (Some(end), _) => Ok(end),
            // RFC 7208, 6.1.
            (None, Some(target)) => {
                self.count()?;
                if is_plain(target) {
                    self.record(&lower(target)).await
                } else {
                    Ok(End::Missing)
                }
            }
            (None, None) => Ok(End::Missing),
        }
    }

    fn count(&mut self) -> Result<(), Trouble> {
        self.lookups += 1;
        if self.lookups > MOST_LOOKUPS {
            Err(Trouble::TooMany)
        } else {
            Ok(())
        }
    }

    async fn addresses(&mut self, target: &str) -> Result<(), Trouble> {
        if is_plain(target) {
            let found = self.dns.addresses(target).await.map_err(Trouble::Dns)?;
            self.void += usize::from(found.is_empty());
        }
        Ok(())
    }

    async fn exchanges(&mut self, target: &str) -> Result<(), Trouble> {
        if is_plain(target) {
            let found = self.dns.exchanges(target).await.map_err(Trouble::Dns)?;
            self.void += usize::from(found.is_empty());
            // RFC 7208, 4.6.4: the addresses of no more than ten hosts are looked up.
            if found.len() > MOST_LOOKUPS {
                return Err(Trouble::Wrong(format!(
                    "mx names {target}, which has more than {MOST_LOOKUPS} MX records"
                )));
            }
        }
        Ok(())
    }
}

/// Whether a domain stands there, and not a macro that needs a mail (RFC 7208, 7).
fn is_plain(target: &str) -> bool {
    !target.contains('%')
}

fn lower(target: &str) -> String {
    target.trim_end_matches('.').to_ascii_lowercase()
}

/// The terms of a record (RFC 7208, 4.6.1 and 12).
fn parse(record: &str) -> Result<Vec<Term<'_>>, String> {
    let words = record.split(' ').skip(1).filter(|word| !word.is_empty());
    let terms: Vec<Term<'_>> = words.map(term).collect::<Result<_, _>>()?;
    let redirects = terms.iter().filter(|t| matches!(t, Term::Redirect(_)));
    if redirects.count() > 1 {
        return Err("redirect= is there twice".to_owned());
    }
    Ok(terms)
}

fn term(word: &str) -> Result<Term<'_>, String> {
    let wrong = || format!("{word:?} is not a term of SPF");
    let name_end = word.find([':', '/', '=']).unwrap_or(word.len());
    if word[name_end..].starts_with('=') {
        let target = &word[name_end + 1..];
        return match word[..name_end].to_ascii_lowercase().as_str() {
            "redirect" if target.is_empty() => Err(wrong()),
            "redirect" => Ok(Term::Redirect(target)),
            // Unknown modifiers are passed over (RFC 7208, 6); exp= counts for nothing.
            "" => Err(wrong()),
            _ => Ok(Term::Free),
        };
    }
    let (end, mechanism) = match word.strip_prefix(['+', '-', '~', '?']) {
        Some(rest) => (qualifier(word), rest),
        None => (End::Open, word),
    };
    let at = mechanism.find([':', '/']).unwrap_or(mechanism.len());
    let target = mechanism[at..].strip_prefix(':');
    let domain = || match target.map(|t| t.split('/').next().unwrap_or_default()) {
        Some("") => Err(wrong()),
        other => Ok(other),
    };
    match mechanism[..at].to_ascii_lowercase().as_str() {
        "all" if at == mechanism.len() => Ok(Term::All(end)),
        "include" => Ok(Term::Include(domain()?.ok_or_else(wrong)?)),
        "a" => Ok(Term::Address(domain()?)),
        "mx" => Ok(Term::Exchange(domain()?)),
        "ptr" => Ok(Term::Lookup),
        "exists" => domain()?.map(|_| Term::Lookup).ok_or_else(wrong),
        "ip4" | "ip6" => network(target.unwrap_or_default())
            .then_some(Term::Free)
            .ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

fn network(text: &str) -> bool {
    text.parse::<ipnet::IpNet>().is_ok() || text.parse::<std::net::IpAddr>().is_ok()
}

fn qualifier(word: &str) -> End {
    match word.as_bytes().first() {
        Some(b'-') => End::Hard,
        Some(b'~') => End::Soft,
        Some(b'?') => End::Neutral,
        _ => End::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read() {
        let record = "v=spf1 +a mx/24 a:mail.example/24//64 ip4:192.0.2.0/24 ip6:2001:db8::1 \
                      include:_spf.example exists:%{i}.example exp=why.example ?all";
        assert_eq!(
            parse(record).unwrap(),
            [
                Term::Address(None),
                Term::Exchange(None),
                Term::Address(Some("mail.example")),
                Term::Free,
                Term::Free,
                Term::Include("_spf.example"),
                Term::Lookup,
                Term::Free,
                Term::All(End::Neutral),
            ]
        );
        let redirect = parse("v=spf1 REDIRECT=_spf.example").unwrap();
        assert_eq!(redirect, [Term::Redirect("_spf.example")]);
        let ends = ["all", "+all", "~ALL", "-all"].map(|word| term(word).unwrap());
        assert_eq!(
            ends,
            [End::Open, End::Open, End::Soft, End::Hard].map(Term::All)
        );
    }

    #[test]
    fn slips_of_the_pen_are_named() {
        for word in [
            "include",
            "include:",
            "ip4:mail.example",
            "ipv4:192.0.2.1",
            "all:x",
            "redirect=",
            "=x",
            "\u{e9}",
        ] {
            let error = parse(&format!("v=spf1 {word} -all")).unwrap_err();
            assert!(error.contains("not a term"), "{word}: {error}");
        }
        assert!(parse("v=spf1 redirect=a.example redirect=b.example").is_err());
    }
}
