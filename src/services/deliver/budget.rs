//! Limits an hour and a day, shared by all nodes: each leases a part, so that the database is
//! asked once for many mails.

use chrono::{DurationRound, NaiveDate, TimeDelta};

use crate::domain::clock::Time;
use crate::services::Deps;
use crate::store::{StoreError, relay_budgets};

/// A new sender's daily ceiling, which grows from day to day: mailbox providers distrust an
/// address that suddenly sends much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarmUp {
    pub since: NaiveDate,
    /// Mails on the first day.
    pub per_day: u32,
    /// By how much a day's ceiling exceeds that of the day before.
    pub growth: f64,
}

impl WarmUp {
    /// The ceiling of a day (UTC); before the first day that of the first.
    pub fn ceiling(&self, day: NaiveDate) -> i64 {
        let days = (day - self.since).num_days().clamp(0, 3650);
        let factor = self.growth.powi(i32::try_from(days).unwrap_or(3650));
        #[expect(clippy::cast_possible_truncation, reason = "clamped before")]
        let ceiling = (f64::from(self.per_day) * factor).min(1e12) as i64;
        ceiling.max(1)
    }
}

/// What a relay takes in an hour and a day of UTC; 0 = no limit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Budget {
    pub per_hour: u32,
    pub per_day: u32,
    pub warm_up: Option<WarmUp>,
}

/// What a node may use of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Granted {
    mails: i64,
    hour: Option<Time>,
    day: Option<Time>,
}

impl Granted {
    /// Whether there is something left that is still good.
    pub(super) fn has(&self, now: Time) -> bool {
        let is_of = |window: Option<Time>, length| window.is_none_or(|at| now < at + length);
        self.mails > 0
            && is_of(self.hour, TimeDelta::hours(1))
            && is_of(self.day, TimeDelta::days(1))
    }

    pub(super) fn take(&mut self) {
        self.mails -= 1;
    }

    pub(super) fn put_back(&mut self) {
        self.mails += 1;
    }

    /// A new lease takes the place of one that has run out.
    pub(super) fn add(&mut self, more: Self) {
        let left = if (self.hour, self.day) == (more.hour, more.day) {
            self.mails.max(0)
        } else {
            0
        };
        *self = Self {
            mails: left + more.mails,
            ..more
        };
    }
}

impl Budget {
    pub(super) fn is_limited(&self) -> bool {
        self.per_hour > 0 || self.per_day > 0 || self.warm_up.is_some()
    }

    fn of_day(&self, now: Time) -> Option<i64> {
        let fixed = (self.per_day > 0).then(|| i64::from(self.per_day));
        let warm = self
            .warm_up
            .map(|warm_up| warm_up.ceiling(now.date_naive()));
        fixed.into_iter().chain(warm).min()
    }

    /// Leases a part of what this hour and this day leave, or says when there will be more.
    pub(super) async fn lease(
        &self,
        deps: &Deps,
        relay: &str,
    ) -> Result<Result<Granted, Time>, StoreError> {
        let now = deps.now();
        let window = |length| now.duration_trunc(length).unwrap_or(now);
        let (hour, day) = (window(TimeDelta::hours(1)), window(TimeDelta::days(1)));
        let hourly = (self.per_hour > 0).then(|| i64::from(self.per_hour));
        let daily = self.of_day(now);
        // A part that lasts a while without starving the other nodes.
        let least = hourly.into_iter().chain(daily).min().unwrap_or(i64::MAX);
        let mut mails = (least / 50).clamp(1, 1000);
        let mut tx = deps.store.begin().await?;
        if let Some(limit) = daily {
            mails = relay_budgets::lease(&mut tx, relay, "day", day, limit, mails).await?;
            if mails == 0 {
                return Ok(Err(day + TimeDelta::days(1)));
            }
        }
        if let Some(limit) = hourly {
            let granted = relay_budgets::lease(&mut tx, relay, "hour", hour, limit, mails).await?;
            if granted == 0 {
                return Ok(Err(hour + TimeDelta::hours(1)));
            }
            if daily.is_some() {
                relay_budgets::add(&mut tx, relay, "day", day, granted - mails).await?;
            }
            mails = granted;
        }
        tx.commit().await?;
        Ok(Ok(Granted {
            mails,
            hour: hourly.map(|_| hour),
            day: daily.map(|_| day),
        }))
    }

    /// Gives back the rest of a lease.
    pub(super) async fn give_back(
        &self,
        deps: &Deps,
        relay: &str,
        left: Granted,
    ) -> Result<(), StoreError> {
        if left.mails <= 0 || !self.is_limited() {
            return Ok(());
        }
        let mut tx = deps.store.begin().await?;
        for (span, window) in [("hour", left.hour), ("day", left.day)] {
            if let Some(at) = window {
                relay_budgets::add(&mut tx, relay, span, at, -left.mails).await?;
            }
        }
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warm_up_grows_by_the_day() {
        let since: NaiveDate = "2026-11-01".parse().unwrap();
        let warm_up = WarmUp {
            since,
            per_day: 200,
            growth: 1.5,
        };
        let ceiling = |day: &str| warm_up.ceiling(day.parse().unwrap());
        assert_eq!(
            ["2026-10-30", "2026-11-01", "2026-11-02", "2026-11-04"].map(ceiling),
            [200, 200, 300, 675]
        );
        assert!(ceiling("2036-11-01") > 1_000_000_000);
    }
}
