//! How fast an issue goes out, and how long it will still take.

use std::time::Instant;

use super::issue::{Counts, IssueState};

/// The rate is that of about the last half minute.
const MEMORY: f64 = 30.0;

/// Mails a second, with the past forgotten little by little.
#[derive(Debug, Default)]
pub struct Rate {
    last: Option<(i64, Instant)>,
    rate: Option<f64>,
}

impl Rate {
    /// Takes in how many were sent by now; the rate is known from the second time on.
    pub fn note(&mut self, sent: i64, now: Instant) -> Option<f64> {
        if let Some((before, at)) = self.last {
            let seconds = now.duration_since(at).as_secs_f64().max(0.001);
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            let current = (sent - before).max(0) as f64 / seconds;
            let weight = (seconds / MEMORY).clamp(0.05, 1.0);
            self.rate = Some(match self.rate {
                Some(rate) => rate + (current - rate) * weight,
                None => current,
            });
        }
        self.last = Some((sent, now));
        self.rate
    }
}

/// The speed of an issue that is being sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speed {
    /// As in "50/s".
    pub rate: String,
    /// As in "12 min".
    pub left: String,
}

/// The speed in words; `None` where the issue is not being sent, or too slowly to tell.
pub fn speed(state: IssueState, counts: &Counts, rate: Option<f64>) -> Option<Speed> {
    let is_sending = state == IssueState::Sending && counts.open() > 0;
    let rate = rate.filter(|rate| is_sending && *rate >= 0.5)?;
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let left = (counts.pending + counts.sending) as f64 / rate;
    Some(Speed {
        rate: format!("{rate:.0}/s"),
        left: span(left),
    })
}

fn span(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped"
    )]
    let seconds = seconds.clamp(0.0, 1e9).ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn time_left_is_told_in_words_one_can_use() {
        assert_eq!(
            [0.2, 59.0, 61.0, 7300.0].map(span),
            ["1 s", "59 s", "2 min", "2 h 1 min"]
        );
    }

    #[test]
    fn the_rate_follows_what_happens() {
        let start = Instant::now();
        let mut rate = Rate::default();
        assert_eq!(rate.note(0, start), None);
        let mut last = 0.0;
        for second in 1..=120 {
            let now = start + Duration::from_secs(second);
            last = rate.note(i64::try_from(second).unwrap() * 50, now).unwrap();
        }
        assert!((last - 50.0).abs() < 1.0, "{last}");
    }

    #[test]
    fn only_what_is_being_sent_has_a_speed() {
        let counts = Counts {
            recipients: 100,
            pending: 50,
            sent: 50,
            ..Counts::default()
        };
        let told = speed(IssueState::Sending, &counts, Some(10.0)).unwrap();
        assert_eq!((told.rate.as_str(), told.left.as_str()), ("10/s", "5 s"));
        assert_eq!(speed(IssueState::Paused, &counts, Some(10.0)), None);
        assert_eq!(speed(IssueState::Sending, &counts, Some(0.1)), None);
        assert_eq!(speed(IssueState::Sending, &counts, None), None);
    }
}
