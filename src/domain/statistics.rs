//! What is counted over time: readers, and what became of mails.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::clock::Time;

/// The readers of a publication at the end of a day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderDay {
    pub day: NaiveDate,
    pub active: i64,
    pub pending: i64,
    /// All that have ever left and did not come back.
    pub left: i64,
}

impl ReaderDay {
    /// How many joined and how many left since an earlier count. Whoever joined and left in between is
    /// in neither; who came back is taken off those who left.
    pub fn since(&self, earlier: &Self) -> (i64, i64) {
        let left = self.left - earlier.left;
        (self.active - earlier.active + left, left)
    }
}

/// What became of mails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MailSum {
    pub sent: i64,
    pub failed: i64,
    pub unknown: i64,
    pub skipped: i64,
}

impl MailSum {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.failed += other.failed;
        self.unknown += other.unknown;
        self.skipped += other.skipped;
    }

    /// Those that a server took or refused, or may have taken.
    pub fn tried(&self) -> i64 {
        self.sent + self.failed + self.unknown
    }

    /// Failures of a hundred tried; `None` where none was.
    pub fn failure_percent(&self) -> Option<f64> {
        percent(self.failed, self.tried())
    }
}

/// How many of a hundred; `None` where there is nothing to be a part of.
pub fn percent(part: i64, of: i64) -> Option<f64> {
    (of > 0).then(|| 100.0 * to_f64(part) / to_f64(of))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of mails are far below 2^52"
)]
fn to_f64(number: i64) -> f64 {
    number as f64
}

/// What became of mails to addresses of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainSum {
    /// Empty for all that have no line of their own.
    pub domain: String,
    pub mails: MailSum,
}

/// Puts what is left of all mails under the empty domain.
pub fn with_others(mut largest: Vec<DomainSum>, all: &MailSum) -> Vec<DomainSum> {
    largest.retain(|sum| !sum.domain.is_empty());
    let mut named = MailSum::default();
    for sum in &largest {
        named.add(&sum.mails);
    }
    let others = MailSum {
        sent: all.sent - named.sent,
        failed: all.failed - named.failed,
        unknown: all.unknown - named.unknown,
        skipped: all.skipped - named.skipped,
    };
    if others != MailSum::default() {
        largest.push(DomainSum {
            domain: String::new(),
            mails: others,
        });
    }
    largest
}

/// An issue that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedIssue {
    pub at: Time,
    pub mails: MailSum,
}

/// What became of mails by the day on which their issue ended in a zone.
pub fn by_day(issues: &[EndedIssue], zone: Tz) -> BTreeMap<NaiveDate, MailSum> {
    let mut counted: BTreeMap<NaiveDate, MailSum> = BTreeMap::new();
    for issue in issues {
        let day = issue.at.with_timezone(&zone).date_naive();
        counted.entry(day).or_default().add(&issue.mails);
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(sent: i64) -> MailSum {
        MailSum {
            sent,
            ..MailSum::default()
        }
    }

    #[test]
    fn what_has_no_line_of_its_own_is_among_the_others() {
        let of = |domain: &str, mails| DomainSum {
            domain: domain.to_owned(),
            mails,
        };
        let largest = vec![
            of("a.example", sent(5)),
            of("", sent(1)),
            of("b.example", sent(1)),
        ];
        let sums = with_others(largest.clone(), &sent(9));
        assert_eq!(sums[2], of("", sent(3)));
        assert_eq!(with_others(largest, &sent(6)).len(), 2);
    }

    #[test]
    fn joined_and_left_come_from_two_counts() {
        let day = |active, left| ReaderDay {
            day: NaiveDate::default(),
            active,
            pending: 0,
            left,
        };
        assert_eq!(day(105, 7).since(&day(100, 4)), (8, 3));
        assert_eq!(day(101, 3).since(&day(100, 4)), (0, -1), "one came back");
    }
}
