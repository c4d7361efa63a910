//! Types that cannot be wrong, and pure rules: no async, no I/O, no SQL.

/// An enum that the database, the command line and JSON know by the same word.
macro_rules! named_states {
    ($(#[$doc:meta])* $name:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(#[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// The word for it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// All the words, for help and error texts.
            pub const WORDS: &'static [&'static str] = &[$($word),+];
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::domain::UnknownWord { given: text.to_owned(), known: Self::WORDS }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

/// A word that is none of a closed set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not one of: {}", known.join(", "))]
pub struct UnknownWord {
    given: String,
    known: &'static [&'static str],
}

pub mod alert;
pub mod api_token;
pub mod arrival;
pub mod article;
pub mod audit;
pub mod back_off;
pub mod bounce;
pub mod bounced;
pub mod cadence;
pub mod calendar;
pub mod clock;
pub mod delivery;
pub mod digest;
pub mod disposable;
pub mod draft;
pub mod email_address;
pub mod feed;
pub mod flight;
pub mod fresh_link;
pub mod funnel;
pub mod hold;
pub mod hub;
pub mod ids;
pub mod import;
pub mod issue;
pub mod job;
pub mod language;
pub mod links;
pub mod look;
pub mod mail_domain;
pub mod notice;
pub mod opens;
pub mod operator;
pub mod pace;
pub mod palette;
pub mod pause;
pub mod pressure;
pub mod progress;
pub mod proof;
pub mod publication;
pub mod random;
pub mod rarer;
pub mod relay;
pub mod reply_group;
pub mod return_address;
pub mod rhythm;
pub mod run;
pub mod schedule;
pub mod sealed;
pub mod selection;
pub mod send_rate;
pub mod session;
pub mod signup_rule;
pub mod slug;
pub mod span;
pub mod statistics;
pub mod story;
pub mod subject_line;
pub mod subscriber;
pub mod subscription;
pub mod suppression;
pub mod template;
pub mod text;
pub mod token;
#[cfg(test)]
mod token_tests;
pub mod topic_rule;
pub mod totp;
pub mod typo;
pub mod webhook;
