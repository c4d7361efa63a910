//! Tokens with which programs use the API.

use std::fmt;

use super::clock::Time;
use super::ids::{ApiTokenId, PublicationId};
use super::random::Random;
use super::token::token_hash;

named_states! {
    /// What the holder of a token, or an operator, may do.
    Role {
        Viewer => "viewer",
        Editor => "editor",
        Owner => "owner",
    }
}

impl Role {
    /// Whether this role may do what another one may.
    pub fn covers(self, needed: Self) -> bool {
        self.rank() >= needed.rank()
    }

    fn rank(self) -> u8 {
        match self {
            Self::Viewer => 0,
            Self::Editor => 1,
            Self::Owner => 2,
        }
    }
}

named_states! {
    /// Whether a token opens anything.
    TokenState {
        Active => "active",
        Expired => "expired",
        Revoked => "revoked",
    }
}

/// What is known of a token; the token itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    pub id: ApiTokenId,
    pub name: String,
    pub role: Role,
    /// Approving, sending, pausing and ending issues is a right of its own, whatever the role.
    pub may_send: bool,
    /// The only publications that it reaches; empty means all of them.
    pub publications: Vec<PublicationId>,
    pub created_at: Time,
    pub expires_at: Option<Time>,
    /// Roughly: not every use is written down.
    pub last_used_at: Option<Time>,
    pub revoked_at: Option<Time>,
}

impl ApiToken {
    /// Whether it opens anything at a time.
    pub fn state(&self, now: Time) -> TokenState {
        if self.revoked_at.is_some() {
            TokenState::Revoked
        } else if self.expires_at.is_some_and(|end| end <= now) {
            TokenState::Expired
        } else {
            TokenState::Active
        }
    }

    /// Whether it reaches every publication, also those yet to come.
    pub fn reaches_all(&self) -> bool {
        self.publications.is_empty()
    }

    /// Whether it reaches a publication.
    pub fn reaches(&self, publication: PublicationId) -> bool {
        self.reaches_all() || self.publications.contains(&publication)
    }
}

/// By this, scanners for leaked secrets and people know what they have found.
const PREFIX: &str = "paperround_";
const SECRET_BYTES: usize = 32;

/// The token itself: shown once, sent with each request, and never stored or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Bearer(String);

impl Bearer {
    /// A new one, of 256 bits.
    pub fn new(random: &dyn Random) -> Self {
        let mut secret = [0_u8; SECRET_BYTES];
        random.fill(&mut secret);
        let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{PREFIX}{digits}"))
    }

    /// Reads what a request brings; `None` for what cannot be a token of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let fits = digits.len() == 2 * SECRET_BYTES
            && digits
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        fits.then(|| Self(text.to_owned()))
    }

    /// The hash under which it is stored. Looking this up tells nothing by its time: whoever does
    /// not know the token cannot choose its hash.
    pub fn hash(&self) -> Vec<u8> {
        token_hash(&self.0)
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::StdRandom;

    #[test]
    fn a_role_covers_itself_and_what_is_below() {
        assert!(Role::Owner.covers(Role::Editor) && Role::Editor.covers(Role::Editor));
        assert!(!Role::Viewer.covers(Role::Editor) && !Role::Editor.covers(Role::Owner));
    }

    #[test]
    fn a_token_is_known_by_its_form_and_not_shown_by_debug() {
        let random = StdRandom::seeded(1);
        let (one, two) = (Bearer::new(&random), Bearer::new(&random));
        assert_ne!(one, two);
        assert_ne!(one.hash(), two.hash());
        assert_eq!(Bearer::parse(one.reveal()), Some(one.clone()));
        assert!(!format!("{one:?}").contains(&one.reveal()[PREFIX.len()..]));
        let text = one.reveal();
        for wrong in [
            "",
            "paperround_",
            &text[1..],
            &text[..70],
            &format!("{text}0"),
        ] {
            assert_eq!(Bearer::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Bearer::parse(&text.to_uppercase()), None);
    }
}
