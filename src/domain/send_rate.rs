//! How fast an issue went out: how many mails were taken, span by span.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::clock::Time;

/// The most spans of a curve.
const MOST: i64 = 60;
/// Of a hundred mails, those that the curve is about where the others took much longer: what was
/// deferred may come hours later, and all the rest would be one point.
const MOST_OF_THEM: i64 = 99;
/// How much longer that is.
const MUCH: i64 = 3;
/// Seconds of a span.
const SPANS: [i64; 17] = [
    1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200,
];
const DAY: i64 = 86_400;

/// Mails that were taken, in spans of the same length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendRate {
    /// When the first span begins, in seconds since 1970.
    from: i64,
    /// The length of a span.
    pub seconds: i64,
    /// How many were taken in each span.
    pub sent: Vec<i64>,
    /// How many were taken later, and when the last of them was, in seconds since 1970.
    later: i64,
    last: i64,
}

/// The seconds of the parts in which a ledger is counted: a few thousand of them at most.
pub fn grain(took: TimeDelta) -> i64 {
    match took.num_hours() {
        ..1 => 1,
        1..10 => 10,
        _ => 60,
    }
}

impl SendRate {
    /// Puts parts of `grain` seconds together, each with its number since 1970 and its mails, in their
    /// order; `None` where nothing was sent.
    pub fn of(parts: &[(i64, i64)], grain: i64) -> Option<Self> {
        let (first, end) = (parts.first()?.0, parts.last()?.0 + 1);
        let all: i64 = parts.iter().map(|(_, mails)| mails).sum();
        let mut so_far = 0;
        let most = parts.iter().find(|(_, mails)| {
            so_far += mails;
            so_far * 100 >= all * MOST_OF_THEM
        })?;
        let most = most.0 + 1;
        let until = if end - first > MUCH * (most - first) {
            most
        } else {
            end
        };
        let least = ((until - first) * grain + MOST - 1) / MOST;
        let known = SPANS
            .into_iter()
            .find(|span| *span >= least && span % grain == 0);
        let seconds = known.unwrap_or((least + DAY - 1) / DAY * DAY);
        // At a round time, as long as the zone is one of whole hours.
        let from = (first * grain).div_euclid(seconds) * seconds;
        let number = (until * grain - from + seconds - 1) / seconds;
        let mut sent = vec![0; usize::try_from(number).unwrap_or(0)];
        let mut later = 0;
        for (part, mails) in parts {
            let span = usize::try_from((part * grain - from) / seconds).ok();
            match span.and_then(|span| sent.get_mut(span)) {
                Some(span) => *span += mails,
                None => later += mails,
            }
        }
        Some(Self {
            from,
            seconds,
            sent,
            later,
            last: parts.last()?.0 * grain,
        })
    }

    /// When a span begins.
    pub fn begins(&self, span: usize) -> Time {
        let after = i64::try_from(span).unwrap_or(0) * self.seconds;
        Time::from_timestamp(self.from + after, 0).unwrap_or_default()
    }

    /// How many were taken behind the last span, and when the last one was; `None` where none was.
    pub fn later(&self) -> Option<(i64, Time)> {
        let last = Time::from_timestamp(self.last, 0).unwrap_or_default();
        (self.later > 0).then_some((self.later, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mail in each part.
    fn steady(parts: i64) -> Vec<(i64, i64)> {
        (0..parts).map(|part| (1_000_000 + part, 1)).collect()
    }

    #[test]
    fn a_curve_has_enough_points_and_not_too_many() {
        for (parts, grain) in [
            (20, 1),
            (59, 1),
            (61, 1),
            (150, 1),
            (3599, 1),
            (700, 10),
            (3600, 10),
            (2880, 60),
            (14_000, 60),
            (300_000, 60),
        ] {
            let curve = SendRate::of(&steady(parts), grain).unwrap();
            let points = curve.sent.len();
            // One more where it does not begin with a span.
            assert!((20..=61).contains(&points), "{parts} x {grain} s: {points}");
            assert_eq!(curve.sent.iter().sum::<i64>(), parts);
            assert_eq!(curve.later(), None);
        }
        assert_eq!(SendRate::of(&[], 1), None);
        assert_eq!(SendRate::of(&steady(1), 1).unwrap().sent, [1]);
    }

    #[test]
    fn a_few_that_come_hours_later_do_not_press_the_rest_into_one_point() {
        let mut parts: Vec<(i64, i64)> = steady(50).iter().map(|(at, _)| (*at, 100)).collect();
        parts.push((1_007_200, 3));
        let curve = SendRate::of(&parts, 1).unwrap();
        assert_eq!((curve.seconds, curve.sent.len()), (1, 50));
        let last = Time::from_timestamp(1_007_200, 0).unwrap();
        assert_eq!(curve.later(), Some((3, last)));
        // As many as that are no stragglers.
        parts.push((1_007_201, 500));
        let curve = SendRate::of(&parts, 1).unwrap();
        assert_eq!(curve.later(), None);
        assert_eq!(curve.seconds, 300);
    }

    #[test]
    fn spans_begin_at_round_times() {
        let curve = SendRate::of(&[(61, 1), (61 + 240, 2)], 1).unwrap();
        assert_eq!(curve.seconds, 5);
        assert_eq!(curve.begins(0).to_rfc3339(), "1970-01-01T00:01:00+00:00");
        assert_eq!(curve.begins(48).to_rfc3339(), "1970-01-01T00:05:00+00:00");
        assert_eq!((curve.sent[0], curve.sent[48]), (1, 2));
    }

    #[test]
    fn longer_sends_are_counted_in_larger_parts() {
        let hours = |n| grain(TimeDelta::hours(n));
        assert_eq!([hours(0), hours(2), hours(30)], [1, 10, 60]);
    }
}
