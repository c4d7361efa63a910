//! The progress of a send: a line that renews itself on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::TimeDelta;

use super::issue::{Whole, as_json, whole};
use super::output::Output;
use crate::domain::clock::Time;
use crate::domain::ids::IssueId;
use crate::domain::issue::IssueState;
use crate::services::Deps;

const LOOK: Duration = Duration::from_millis(300);
/// Counting a long ledger takes its time: no more than a tenth of it goes into watching.
const SHARE: u32 = 10;
/// Plain lines are for logs.
const PLAIN_EVERY: Duration = Duration::from_secs(5);
/// What is due later than this is waited for.
const AHEAD: TimeDelta = TimeDelta::seconds(5);
/// The rate is that of about the last half minute.
const MEMORY: f64 = 30.0;

/// Shows progress until the issue ends; success only where everything was sent.
pub(super) async fn watch(deps: &Deps, id: IssueId, out: &Output) -> Result<ExitCode> {
    let mut screen = Screen::new();
    let mut rate = Rate::default();
    loop {
        let began = Instant::now();
        let whole = whole(deps, id).await?;
        let counted = began.elapsed();
        let line = describe(&whole, rate.note(whole.counts.sent, began), deps.now());
        let is_final = whole.issue.state.is_final();
        screen.show(out, &line, is_final, whole.issue.state);
        if is_final {
            out.result(&as_json(&whole), &id.to_string())?;
            return Ok(if whole.issue.state == IssueState::Sent {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        tokio::time::sleep(LOOK.max(counted * SHARE)).await;
    }
}

fn describe(whole: &Whole, rate: Option<f64>, now: Time) -> String {
    let (issue, c) = (&whole.issue, &whole.counts);
    let done = c.recipients - c.open();
    let mut parts = vec![
        format!("{}: {done} of {} done", issue.state, c.recipients),
        format!("{} sent", c.sent),
    ];
    for (number, word) in [
        (c.failed, "failed"),
        (c.deferred, "deferred"),
        (c.skipped, "skipped"),
        (c.unknown, "unknown"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    let is_sending = issue.state == IssueState::Sending && c.open() > 0;
    if let Some(rate) = rate.filter(|rate| is_sending && *rate >= 0.5) {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let left = (c.pending + c.sending) as f64 / rate;
        parts.push(format!("{rate:.0}/s"));
        parts.push(format!("{} left", span(left)));
    }
    let next = whole.next_due_at.filter(|at| *at > now + AHEAD);
    if let Some(at) = next.filter(|_| issue.state == IssueState::Sending && c.sending == 0) {
        let what = if c.pending > 0 { "wave" } else { "try" };
        parts.push(format!("next {what} at {} UTC", at.format("%F %R")));
    }
    if issue.state == IssueState::Awaiting {
        parts.push(format!("`paperround issue approve {}` sends it", issue.id));
    }
    let trouble = issue.reason.as_ref().or(issue.trouble.as_ref());
    let trouble = trouble.map(|text| format!(" ({text})"));
    parts.join(", ") + &trouble.unwrap_or_default()
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

/// Mails a second, with the past forgotten little by little.
#[derive(Default)]
struct Rate {
    last: Option<(i64, Instant)>,
    rate: Option<f64>,
}

impl Rate {
    fn note(&mut self, sent: i64, now: Instant) -> Option<f64> {
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

struct Screen {
    renews: bool,
    last: String,
    state: Option<IssueState>,
    shown_at: Option<Instant>,
}

impl Screen {
    fn new() -> Self {
        Self {
            renews: io::stderr().is_terminal(),
            last: String::new(),
            state: None,
            shown_at: None,
        }
    }

    fn show(&mut self, out: &Output, line: &str, is_final: bool, state: IssueState) {
        if line == self.last {
            return;
        }
        if self.renews && !out.is_quiet() {
            // Back to the start of the line, and the rest of the old one away.
            let end = if is_final { "\n" } else { "" };
            let _ = write!(io::stderr(), "\r{line}\x1b[K{end}");
        } else {
            let is_news = is_final
                || self.state != Some(state)
                || self.shown_at.is_none_or(|at| at.elapsed() >= PLAIN_EVERY);
            if !is_news {
                return;
            }
            out.remark(line);
        }
        (self.shown_at, self.state) = (Some(Instant::now()), Some(state));
        line.clone_into(&mut self.last);
    }
}

#[cfg(test)]
mod tests {
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
}
