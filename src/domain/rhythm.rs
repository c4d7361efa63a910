//! How often a feed has something new, and what follows from that.

use std::time::Duration;

use super::clock::Time;

/// How often a feed is asked of which nothing is known yet.
pub const FIRST_INTERVAL: Duration = Duration::from_secs(30 * 60);
const SHORTEST: Duration = Duration::from_secs(10 * 60);
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);
/// Silence that is no matter for any feed.
const NEVER_LONG: Duration = Duration::from_secs(24 * 60 * 60);
/// Items that tell the rhythm.
const RECENT: usize = 21;

/// The rhythm of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// The usual time between two items.
    pub gap: Duration,
    /// Silence after which something may be wrong.
    pub quiet_after: Duration,
}

impl Rhythm {
    /// Reads the rhythm from the dates of items; nothing where there are too few.
    pub fn of(dates: impl IntoIterator<Item = Time>, now: Time) -> Option<Self> {
        let mut dates: Vec<Time> = dates.into_iter().filter(|date| *date <= now).collect();
        dates.sort_unstable_by(|a, b| b.cmp(a));
        dates.truncate(RECENT);
        let mut gaps: Vec<Duration> = dates
            .windows(2)
            .filter_map(|pair| (pair[0] - pair[1]).to_std().ok())
            .collect();
        if gaps.len() < 2 {
            return None;
        }
        gaps.sort_unstable();
        let longest = *gaps.last()?;
        let gap = gaps[gaps.len() / 2];
        Some(Self {
            gap,
            // The longest pause seen is usual, as over a weekend.
            quiet_after: (longest * 3 / 2).max(gap * 4).max(NEVER_LONG),
        })
    }

    /// What one more arrival says of a feed without dates: the mean of what was known and of the
    /// time that went by for each new item.
    pub fn learnt(known: Option<Self>, since: Duration, items: u32) -> Self {
        let seen = since / items.max(1);
        let gap = known.map_or(seen, |known| (known.gap + seen) / 2);
        Self {
            gap,
            quiet_after: (gap * 4)
                .max(known.map_or(Duration::ZERO, |known| known.quiet_after))
                .max(NEVER_LONG),
        }
    }

    /// How often the feed should be asked: twice in its usual time, less when it has long been
    /// silent, within bounds.
    pub fn interval(self, silent_for: Duration) -> Duration {
        (self.gap / 2).max(silent_for / 10).clamp(SHORTEST, LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(count: u64) -> Duration {
        Duration::from_secs(count * 3600)
    }

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    /// Items with these gaps in hours before `now`.
    fn dates(now: Time, gaps: &[u64]) -> Vec<Time> {
        gaps.iter()
            .scan(now, |date, gap| {
                *date -= hours(*gap);
                Some(*date)
            })
            .collect()
    }

    #[test]
    fn a_feed_is_asked_at_its_own_pace() {
        let now = at("2026-03-09T08:00:00Z");
        let of = |gaps: &[u64]| Rhythm::of(dates(now, gaps), now).unwrap();
        // A paper with a weekend.
        let paper = of(&[1, 2, 2, 3, 64, 2, 1, 2]);
        assert_eq!((paper.gap, paper.quiet_after), (hours(2), hours(96)));
        assert_eq!(paper.interval(hours(1)), hours(1));
        let weekly = of(&[24, 168, 168, 167, 169]);
        assert_eq!(weekly.gap, hours(168));
        assert_eq!(weekly.interval(hours(24)), LONGEST);
        let wire = of(&[0, 0, 0, 0, 0]);
        assert_eq!(wire.interval(Duration::ZERO), SHORTEST);
        assert_eq!(wire.quiet_after, NEVER_LONG);
        // Silence slows down.
        assert_eq!(paper.interval(hours(40)), hours(4));
    }

    #[test]
    fn too_few_dates_tell_nothing() {
        let now = at("2026-03-09T08:00:00Z");
        assert_eq!(Rhythm::of(dates(now, &[1, 2]), now), None);
        let future = vec![at("2027-01-01T00:00:00Z"); 5];
        assert_eq!(Rhythm::of(future, now), None);
        let first = Rhythm::learnt(None, hours(12), 3);
        assert_eq!(first.gap, hours(4));
        assert_eq!(Rhythm::learnt(Some(first), hours(8), 1).gap, hours(6));
    }
}
