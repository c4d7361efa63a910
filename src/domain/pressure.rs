//! How much has come of late.

use super::clock::Time;

/// The minutes that are looked back on.
pub const MINUTES: i64 = 10;

/// Counts over the last ten minutes.
#[derive(Debug, Default)]
pub struct Recent([(i64, i64); 10]);

impl Recent {
    /// Counts one.
    pub fn add(&mut self, now: Time) {
        let minute = minute(now);
        let slot = &mut self.0[usize::try_from(minute.rem_euclid(MINUTES)).unwrap_or(0)];
        if slot.0 != minute {
            *slot = (minute, 0);
        }
        slot.1 += 1;
    }

    /// How many were counted.
    pub fn sum(&self, now: Time) -> i64 {
        let last = minute(now);
        let slots = self.0.iter();
        let recent = slots.filter(|(minute, _)| (last - MINUTES + 1..=last).contains(minute));
        recent.map(|(_, count)| count).sum()
    }
}

fn minute(now: Time) -> i64 {
    now.timestamp().div_euclid(60)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_is_older_than_ten_minutes_is_forgotten() {
        let now: Time = "2026-03-02T08:00:00Z".parse().unwrap();
        let at = |minutes| now + TimeDelta::minutes(minutes);
        let mut recent = Recent::default();
        for minute in [0, 0, 5, 9] {
            recent.add(at(minute));
        }
        assert_eq!(recent.sum(at(9)), 4);
        assert_eq!(recent.sum(at(10)), 2);
        recent.add(at(10));
        assert_eq!(recent.sum(at(10)), 3);
        assert_eq!(recent.sum(at(60)), 0);
    }
}
