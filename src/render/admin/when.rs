//! Times as operators read them: in the zone of the publication at hand, with the zone beside.

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::clock::Time;

/// A time for `<time>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct When {
    /// RFC 3339 in UTC.
    pub iso: String,
    /// As in "Mon 2 Mar 2026, 09:00 CET".
    pub text: String,
    /// As in "Europe/Berlin".
    pub zone: String,
}

impl When {
    /// A time in a zone.
    pub fn at(time: Time, zone: Tz) -> Self {
        let local = time.with_timezone(&zone);
        Self {
            iso: time.format("%FT%TZ").to_string(),
            text: local.format("%a %-d %b %Y, %H:%M %Z").to_string(),
            zone: zone.name().to_owned(),
        }
    }

    /// The same where there may be none.
    pub fn maybe(time: Option<Time>, zone: Tz) -> Option<Self> {
        time.map(|time| Self::at(time, zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_says_its_zone() {
        let time = "2026-07-02T07:00:00.5Z".parse().unwrap();
        let when = When::at(time, chrono_tz::Europe::Berlin);
        assert_eq!(when.text, "Thu 2 Jul 2026, 09:00 CEST");
        assert_eq!(when.iso, "2026-07-02T07:00:00Z");
        assert_eq!(When::at(time, Tz::UTC).text, "Thu 2 Jul 2026, 07:00 UTC");
    }
}
