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
use crate::domain::progress::{Rate, speed};
use crate::services::Deps;

const LOOK: Duration = Duration::from_millis(300);
/// Counting a long ledger takes its time: no more than a tenth of it goes into watching.
const SHARE: u32 = 10;
/// Plain lines are for logs.
const PLAIN_EVERY: Duration = Duration::from_secs(5);
/// What is due later than this is waited for.
const AHEAD: TimeDelta = TimeDelta::seconds(5);

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
    if let Some(speed) = speed(issue.state, c, rate) {
        parts.push(speed.rate);
        parts.push(format!("{} left", speed.left));
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
