//! Who signs in to the admin pages, and with what.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

pub use super::api_token::Role;
use super::clock::Time;
use super::email_address::EmailAddress;
use super::ids::OperatorId;
use super::random::Random;
use super::token::token_hash;

/// Somebody who runs newsletters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    pub id: OperatorId,
    pub email: EmailAddress,
    pub role: Role,
    /// Approving, sending, pausing and ending issues is a right of its own, whatever the role.
    pub may_send: bool,
    pub has_password: bool,
    /// Signing in takes a code besides the password.
    pub has_totp: bool,
    pub created_at: Time,
    pub signed_in_at: Option<Time>,
    pub disabled_at: Option<Time>,
}

named_states! {
    /// Whether an operator can sign in; one who is invited has not chosen a password yet.
    OperatorState {
        Active => "active",
        Invited => "invited",
        Disabled => "disabled",
    }
}

impl Operator {
    /// Whether the operator can sign in.
    pub fn state(&self) -> OperatorState {
        if self.disabled_at.is_some() {
            OperatorState::Disabled
        } else if self.has_password {
            OperatorState::Active
        } else {
            OperatorState::Invited
        }
    }

    /// Whether nobody could manage operators without this one, if there is no other.
    pub fn is_working_owner(&self) -> bool {
        self.role == Role::Owner && self.state() == OperatorState::Active
    }
}

/// Whether a role sends where nothing is said about it.
pub fn sends_by_default(role: Role) -> bool {
    role.covers(Role::Editor)
}

/// A password as it was chosen: long enough, and shown by nothing.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

/// Why a password was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PasswordError {
    #[error(
        "the password has {0} characters; at least {MIN_PASSWORD} are needed, as in a few words in a row"
    )]
    Short(usize),
    #[error("the password has more than {MAX_PASSWORD} bytes")]
    Long,
    #[error("the password must not be the address")]
    Address,
    #[error("the password repeats a single character")]
    Single,
}

/// Long enough against guessing at the pace that signing in allows.
pub const MIN_PASSWORD: usize = 12;
/// Hashing takes no longer for it, but reading it does.
pub const MAX_PASSWORD: usize = 1000;

impl Password {
    /// Takes a password for an operator with this address.
    pub fn new(text: &str, email: &EmailAddress) -> Result<Self, PasswordError> {
        let length = text.chars().count();
        if length < MIN_PASSWORD {
            return Err(PasswordError::Short(length));
        }
        if text.len() > MAX_PASSWORD {
            return Err(PasswordError::Long);
        }
        if text.trim().to_lowercase() == email.key() {
            return Err(PasswordError::Address);
        }
        let mut chars = text.chars();
        let first = chars.next();
        if chars.all(|c| Some(c) == first) {
            return Err(PasswordError::Single);
        }
        Ok(Self(SecretString::from(text.to_owned())))
    }

    /// The text, to be hashed.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A link with which a password is chosen: shown once, and kept as a hash.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordToken(String);

impl PasswordToken {
    /// A new one, of 256 bits.
    pub fn new(random: &dyn Random) -> Self {
        Self(super::session::chance(random))
    }

    /// What a link brings.
    pub fn of_link(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The hash under which it is kept.
    pub fn hash(&self) -> Vec<u8> {
        token_hash(&self.0)
    }

    /// The page of the link.
    pub fn path(&self) -> String {
        format!("/admin/welcome/{}", self.0)
    }
}

impl fmt::Debug for PasswordToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordToken(…)")
    }
}

/// What a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordLink {
    /// `None` for the first owner, who has no address yet.
    pub operator: Option<OperatorId>,
    pub created_at: Time,
    pub expires_at: Time,
    pub used_at: Option<Time>,
}

impl PasswordLink {
    /// Whether it still opens something.
    pub fn is_open(&self, now: Time) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_not_the_address() {
        let email: EmailAddress = "ann@harbour-ledger.example".parse().unwrap();
        let refused = |text: &str| Password::new(text, &email).unwrap_err();
        assert_eq!(refused("short"), PasswordError::Short(5));
        assert_eq!(
            refused("Ann@harbour-ledger.example"),
            PasswordError::Address
        );
        assert_eq!(refused("aaaaaaaaaaaaaa"), PasswordError::Single);
        assert_eq!(refused(&"ab".repeat(501)), PasswordError::Long);
        let taken = Password::new("vier Möwen im Regen", &email).unwrap();
        assert!(!format!("{taken:?}").contains("Regen"));
    }
}
