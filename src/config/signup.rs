//! `[signup]`

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer};
use url::{Origin, Url};

use super::Problem;
use crate::domain::feed::parse_span;

/// The limits of the sign-up form; 0 means no limit.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignUp {
    /// Confirmation mails to one address in 24 hours.
    pub per_address_per_day: u32,
    /// Sign-ups from one network address in an hour.
    pub per_ip_per_hour: u32,
    /// Confirmation mails to one domain in an hour, over all nodes.
    pub per_domain_per_hour: u32,
    /// Confirmation mails in an hour, over all nodes.
    pub per_hour: u32,
    /// Days that a confirmation link lives.
    pub pending_days: u32,
    /// How long after a sign-up its reader is reminded, once; `None`, written as "off", means never.
    #[serde(deserialize_with = "off_or_span")]
    pub reminder_after: Option<TimeDelta>,
    /// The sites that may show the form in a frame and send it by script, as origins; empty for
    /// any site.
    #[serde(deserialize_with = "origins")]
    pub embed_origins: Vec<String>,
}

impl Default for SignUp {
    fn default() -> Self {
        Self {
            per_address_per_day: 1,
            per_ip_per_hour: 20,
            per_domain_per_hour: 0,
            per_hour: 0,
            pending_days: 7,
            reminder_after: None,
            embed_origins: Vec::new(),
        }
    }
}

impl SignUp {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if !(1..=365).contains(&self.pending_days) {
            problems.push(Problem::new("signup.pending_days", "must be 1 to 365"));
        }
        let life = TimeDelta::days(self.pending_days.into());
        if self.reminder_after.is_some_and(|after| after >= life) {
            let text = "must be \"off\" or shorter than pending_days";
            problems.push(Problem::new("signup.reminder_after", text));
        }
    }

    /// The setting as it is written.
    pub(super) fn reminder_text(&self) -> String {
        self.reminder_after.map_or_else(
            || "off".to_owned(),
            |after| format!("{}s", after.num_seconds()),
        )
    }
}

fn off_or_span<'de, D: Deserializer<'de>>(from: D) -> Result<Option<TimeDelta>, D::Error> {
    let text = String::deserialize(from)?;
    if text == "off" {
        return Ok(None);
    }
    let span = parse_span(&text).map_err(|error| {
        serde::de::Error::custom(format!("{error}; or \"off\" for no reminder"))
    })?;
    TimeDelta::from_std(span)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

/// Origins as browsers write them: no path, no port that the scheme implies.
fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read = |text: &String| {
        origin(text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "{text:?} is not the address of a site such as https://www.example.org"
            ))
        })
    };
    texts.iter().map(read).collect()
}

fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_bare = matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.host_str().is_some_and(|host| !host.contains('*'));
    match url.origin() {
        Origin::Tuple(scheme, ..) if is_bare && matches!(scheme.as_str(), "http" | "https") => {
            Some(url.origin().ascii_serialization())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_named_by_its_origin() {
        let read = |text: &str| origin(text).unwrap_or_default();
        assert_eq!(read("https://WWW.Example.org/"), "https://www.example.org");
        assert_eq!(read("https://x.example:443"), "https://x.example");
        assert_eq!(read("http://localhost:8090"), "http://localhost:8090");
        for wrong in [
            "",
            "*",
            "www.example.org",
            "https://x.example/news",
            "https://x.example?a",
            "https://*.x.example",
            "ftp://x.example",
            "https://x.example; script-src *",
        ] {
            assert_eq!(read(wrong), "", "{wrong}");
        }
    }
}
