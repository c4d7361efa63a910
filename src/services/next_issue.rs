//! When a reader's next issue comes.

use chrono_tz::Tz;

use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::run::{RunChange, Runs};
use crate::domain::schedule;

/// Runs that are looked through.
const MOST: usize = 100;

/// The next issue of any of the digests that a reader takes, and the zone to tell it in: the
/// reader's, where it is known.
pub fn of<'a>(
    digests: impl Iterator<Item = &'a Digest>,
    zone: Option<Tz>,
    now: Time,
) -> Option<(Time, Tz)> {
    digests
        .filter(|digest| digest.paused_at.is_none())
        .filter_map(|digest| {
            Some((
                of_digest(digest, zone, now)?,
                zone.unwrap_or(digest.timezone),
            ))
        })
        .min_by_key(|(at, _)| *at)
}

/// The next run that is not left out by hand and, at local time, is still to come for this reader.
fn of_digest(digest: &Digest, zone: Option<Tz>, now: Time) -> Option<Time> {
    let first = digest.next_run()?;
    let schedule = digest.schedule(now).ok()??;
    let later = Runs::new(&schedule, &digest.changes).after(first.at);
    let runs = std::iter::once(first).chain(later).take(MOST);
    let at = |run: RunChange| match zone.filter(|_| digest.rules.local_time) {
        Some(zone) => schedule::wave(run.at, digest.timezone, zone),
        None => run.at,
    };
    runs.filter(|run| !run.left_out)
        .map(at)
        .find(|at| *at > now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::{Rules, Window};
    use crate::domain::ids::{DigestId, PublicationId};

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    /// Every day at seven in Berlin.
    fn daily(local_time: bool) -> Digest {
        Digest {
            id: DigestId(uuid::Uuid::nil()),
            publication: PublicationId(uuid::Uuid::nil()),
            slug: "daily".parse().unwrap(),
            name: "Daily".into(),
            timezone: chrono_tz::Europe::Berlin,
            max_items: 12,
            min_items: 1,
            window: Window::LastIssue,
            topics: Vec::new(),
            design: None,
            rules: Rules {
                local_time,
                ..Rules::default()
            },
            paused_at: None,
            cron: Some("0 7 * * *".into()),
            next_run_at: Some(at("2026-03-02T06:00:00Z")),
            look_at: None,
            since_at: None,
            changes: Vec::new(),
            created_at: at("2026-01-01T00:00:00Z"),
        }
    }

    fn next(digest: &Digest, zone: Option<Tz>) -> Option<(Time, Tz)> {
        of(std::iter::once(digest), zone, at("2026-03-02T05:00:00Z"))
    }

    #[test]
    fn it_is_told_by_the_readers_clock_where_that_is_known() {
        let (berlin, lisbon) = (chrono_tz::Europe::Berlin, chrono_tz::Europe::Lisbon);
        let six = at("2026-03-02T06:00:00Z");
        assert_eq!(next(&daily(false), None), Some((six, berlin)));
        assert_eq!(next(&daily(false), Some(lisbon)), Some((six, lisbon)));
    }

    #[test]
    fn at_local_time_a_morning_that_is_over_is_not_promised() {
        let (lisbon, tokyo) = (chrono_tz::Europe::Lisbon, chrono_tz::Asia::Tokyo);
        let later = Some((at("2026-03-02T07:00:00Z"), lisbon));
        assert_eq!(next(&daily(true), Some(lisbon)), later);
        // Seven in Tokyo was seven hours ago.
        let tomorrow = Some((at("2026-03-02T22:00:00Z"), tokyo));
        assert_eq!(next(&daily(true), Some(tokyo)), tomorrow);
    }

    #[test]
    fn runs_that_are_left_out_and_digests_that_rest_are_not_promised() {
        let mut digest = daily(false);
        digest.changes = vec![RunChange {
            left_out: true,
            ..RunChange::none(at("2026-03-02T06:00:00Z"))
        }];
        let tomorrow = at("2026-03-03T06:00:00Z");
        assert_eq!(next(&digest, None).map(|(at, _)| at), Some(tomorrow));
        digest.paused_at = Some(at("2026-02-01T00:00:00Z"));
        assert_eq!(next(&digest, None), None);
        let by_hand = Digest {
            cron: None,
            next_run_at: None,
            ..daily(false)
        };
        assert_eq!(next(&by_hand, None), None);
    }
}
