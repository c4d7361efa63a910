//! A digest that comes less often, for readers to whom it is too much.

use chrono::TimeDelta;

use super::clock::Time;
use super::digest::{Digest, DigestChoice};
use super::schedule::Schedule;

/// The time in which runs are counted, and more runs than can be told apart.
const SPAN: TimeDelta = TimeDelta::weeks(12);
const MOST: usize = 200;

/// The digest that comes most often of those that come at most half as often as all that a reader
/// takes. One that goes out by hand, or when there is news, may come at any time and is no offer.
pub fn rarer<'a>(choice: &DigestChoice, all: &'a [Digest], now: Time) -> Option<&'a Digest> {
    let taken: usize = choice
        .among(all)
        .map(|digest| runs(digest, now))
        .sum::<Option<usize>>()?;
    let offers = all.iter().filter_map(|digest| {
        let runs = runs(digest, now).filter(|runs| *runs > 0 && runs * 2 <= taken)?;
        Some((runs, digest))
    });
    let best = offers.max_by_key(|(runs, _)| *runs)?;
    Some(best.1)
}

fn runs(digest: &Digest, now: Time) -> Option<usize> {
    let cron = digest.cron.as_deref().filter(|cron| !cron.is_empty())?;
    if digest.paused_at.is_some() {
        return None;
    }
    let schedule = Schedule::parse(cron, digest.timezone.name(), now).ok()?;
    let runs = schedule.next_runs(now, MOST);
    Some(runs.iter().filter(|at| **at <= now + SPAN).count())
}
