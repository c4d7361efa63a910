//! What a browser holds that has signed in, and what is known of it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use ring::digest;

use super::clock::Time;
use super::ids::{OperatorId, SessionId};
use super::random::Random;
use super::token::{same, token_hash};

/// A session that is not used for so long is over.
pub const IDLE: TimeDelta = TimeDelta::hours(12);
/// A session is over after so long, used or not.
pub const LONGEST: TimeDelta = TimeDelta::days(7);
/// How long there is for the second step.
pub const FOR_CODE: TimeDelta = TimeDelta::minutes(10);
/// How exact `seen_at` is: one write in this time rather than one for each page.
pub const SEEN_STEP: TimeDelta = TimeDelta::minutes(1);

named_states! {
    /// How far signing in has come: the password was right and the code of the second step is due, or
    /// all is done.
    Stage {
        CodeDue => "code due",
        Open => "open",
    }
}

/// A browser that has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub operator: OperatorId,
    pub stage: Stage,
    pub created_at: Time,
    /// To the minute.
    pub seen_at: Time,
    pub expires_at: Time,
    pub user_agent: String,
    /// The network of the request that signed in, cut as evidence of consent is.
    pub network: String,
}

impl Session {
    /// Whether it still counts.
    pub fn is_alive(&self, now: Time) -> bool {
        let idle = match self.stage {
            Stage::CodeDue => FOR_CODE,
            Stage::Open => IDLE,
        };
        now < self.expires_at && now < self.seen_at + idle
    }
}

/// 256 bits of chance in base64url.
pub(super) fn chance(random: &dyn Random) -> String {
    let mut bytes = [0_u8; 32];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The content of the cookie: never stored or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl SessionToken {
    /// A new one.
    pub fn new(random: &dyn Random) -> Self {
        Self(chance(random))
    }

    /// Reads a cookie; `None` for what cannot be a token of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The hash under which the session is kept.
    pub fn hash(&self) -> Vec<u8> {
        token_hash(&self.0)
    }

    /// The text, for the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What each form of the session's pages carries: made from the token, so that it is as secret,
    /// goes with the session, and need not be kept. It tells nothing about the token.
    pub fn form_token(&self) -> String {
        let mut hashed = digest::Context::new(&digest::SHA256);
        hashed.update(b"paperround form\0");
        hashed.update(self.0.as_bytes());
        URL_SAFE_NO_PAD.encode(hashed.finish().as_ref())
    }

    /// Whether a form comes from a page of this session.
    pub fn has_made(&self, form_token: &str) -> bool {
        same(self.form_token().as_bytes(), form_token.as_bytes())
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::StdRandom;

    #[test]
    fn a_form_belongs_to_its_session() {
        let random = StdRandom::seeded(1);
        let (one, two) = (SessionToken::new(&random), SessionToken::new(&random));
        assert!(one.has_made(&one.form_token()));
        assert!(!one.has_made(&two.form_token()));
        assert!(!one.has_made("") && !one.has_made(one.reveal()));
        assert_eq!(SessionToken::parse(one.reveal()), Some(one.clone()));
        assert_eq!(SessionToken::parse("short"), None);
        assert!(!format!("{one:?}").contains(one.reveal()));
    }

    #[test]
    fn a_session_ends_by_rest_and_by_age() {
        let start: Time = "2026-03-02T08:00:00Z".parse().unwrap();
        let mut session = Session {
            id: SessionId(uuid::Uuid::nil()),
            operator: OperatorId(uuid::Uuid::nil()),
            stage: Stage::Open,
            created_at: start,
            seen_at: start,
            expires_at: start + LONGEST,
            user_agent: String::new(),
            network: String::new(),
        };
        assert!(session.is_alive(start + IDLE - TimeDelta::seconds(1)));
        assert!(!session.is_alive(start + IDLE));
        session.seen_at = start + LONGEST - TimeDelta::hours(1);
        assert!(session.is_alive(start + LONGEST - TimeDelta::seconds(1)));
        assert!(!session.is_alive(start + LONGEST));
        session.stage = Stage::CodeDue;
        session.seen_at = start;
        assert!(!session.is_alive(start + FOR_CODE));
    }
}
