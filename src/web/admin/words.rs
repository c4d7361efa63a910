//! States as operators read them: a word and the tone of its dot.

use crate::domain::clock::Time;
use crate::domain::delivery::DeliveryState;
use crate::domain::digest::Digest;
use crate::domain::feed::{Feed, FeedState};
use crate::domain::import::ImportState;
use crate::domain::issue::IssueState;
use crate::domain::relay::RelayState;
use crate::domain::subscriber::ReaderState;
use crate::render::admin::frame::{State, Tone};
use crate::services::deliver::Condition;
use crate::services::runs::{Outcome, Run};
use crate::services::trace_reader::{Event, Turn};

/// Where an issue stands.
pub(super) fn of_issue(state: IssueState) -> State {
    let tone = match state {
        IssueState::Planned | IssueState::Composing | IssueState::Sending => Tone::Busy,
        IssueState::Awaiting | IssueState::Paused => Tone::Warn,
        IssueState::Sent => Tone::Good,
        IssueState::SentWithFailures => Tone::Bad,
        IssueState::Skipped | IssueState::Cancelled => Tone::Calm,
    };
    State::new(state, tone)
}

/// Where a mail to one reader stands.
pub(super) fn of_delivery(state: DeliveryState) -> State {
    let tone = match state {
        DeliveryState::Pending | DeliveryState::Skipped => Tone::Calm,
        DeliveryState::Sending => Tone::Busy,
        DeliveryState::Sent => Tone::Good,
        DeliveryState::Deferred => Tone::Warn,
        DeliveryState::Failed | DeliveryState::Unknown => Tone::Bad,
    };
    State::new(state, tone)
}

/// Whether a digest goes out by itself.
pub(super) fn of_digest(digest: &Digest) -> State {
    if digest.paused_at.is_some() {
        State::new("paused", Tone::Warn)
    } else if digest.skip_at().is_some() {
        State::new("left out this time", Tone::Warn)
    } else if digest.next_run_at.is_some() {
        State::new("scheduled", Tone::Good)
    } else if digest.rules.breaking.is_some() {
        State::new("when there is news", Tone::Good)
    } else {
        State::new("by hand", Tone::Calm)
    }
}

/// What becomes of a run.
pub(super) fn of_run(run: &Run) -> State {
    match run.outcome {
        Outcome::GoesOut => State::new("planned", Tone::Busy),
        Outcome::Rests => State::new("paused", Tone::Warn),
        Outcome::LeftOut => State::new("left out", Tone::Warn),
        Outcome::PutOff => State::new("put off", Tone::Warn),
    }
}

/// How a feed is doing, with what there is to say about it.
pub(super) fn of_feed(feed: &Feed, now: Time) -> (State, Option<String>) {
    let error = feed.last_error.clone().filter(|_| feed.failures > 0);
    match feed.state {
        FeedState::Paused => (State::new("paused", Tone::Calm), None),
        FeedState::Gone => {
            let text = "its server says that it is gone for good".to_owned();
            (State::new("gone", Tone::Bad), Some(text))
        }
        FeedState::Active if feed.failures > 0 => {
            let tone = if feed.failures < 3 {
                Tone::Warn
            } else {
                Tone::Bad
            };
            (State::new("failing", tone), error)
        }
        FeedState::Active => match feed.quiet_for(now) {
            Some(silent) => {
                let days = silent.as_secs() / 86_400;
                let text = format!("nothing new for {days} days, longer than it is used to");
                (State::new("quiet", Tone::Warn), Some(text))
            }
            None if feed.last_fetched_at.is_none() => {
                (State::new("not read yet", Tone::Busy), None)
            }
            None => (State::new("well", Tone::Good), None),
        },
    }
}

/// Whether a feed needs somebody to look.
pub(super) fn is_trouble(state: &State) -> bool {
    matches!(state.tone, Tone::Warn | Tone::Bad)
}

/// How a relay is doing, as this process has found out.
pub(super) fn of_relay(relay: &Condition) -> State {
    let tone = match relay.relay_state() {
        RelayState::Resting => Tone::Bad,
        RelayState::Troubled => Tone::Warn,
        RelayState::Working => Tone::Good,
        RelayState::Unused => Tone::Calm,
    };
    State::new(relay.relay_state(), tone)
}

/// Whether a reader gets a publication.
pub(super) fn of_reader(state: ReaderState) -> State {
    let tone = match state {
        ReaderState::Confirmed => Tone::Good,
        ReaderState::Pending => Tone::Busy,
        ReaderState::Unsubscribed => Tone::Calm,
        ReaderState::Suppressed => Tone::Bad,
    };
    State::new(state, tone)
}

/// Where an import stands.
pub(super) fn of_import(state: ImportState) -> State {
    let tone = match state {
        ImportState::Uploading
        | ImportState::Checking
        | ImportState::Importing
        | ImportState::Undoing => Tone::Busy,
        ImportState::Uploaded | ImportState::Checked => Tone::Warn,
        ImportState::Finished => Tone::Good,
        ImportState::Failed => Tone::Bad,
        ImportState::Undone => Tone::Calm,
    };
    State::new(state, tone)
}

/// How something turned out that happened to a reader.
pub(super) fn of_event(event: &Event) -> State {
    let tone = match event.turn {
        Turn::Noted => Tone::Calm,
        Turn::Good => Tone::Good,
        Turn::Open => Tone::Busy,
        Turn::Bad => Tone::Bad,
    };
    State::new(&event.text, tone)
}
