//! What a check found.

use serde::Serialize;

/// How well it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Ok,
    /// Works, and will make trouble.
    Warn,
    /// Does not work, or is refused by large providers.
    Fail,
}

impl Level {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub check: &'static str,
    /// What was looked at; empty where there is only one.
    pub subject: String,
    pub result: Level,
    pub found: String,
    /// What to do; empty where nothing is to be done.
    pub remedy: String,
}

impl Finding {
    pub fn ok(check: &'static str, subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(Level::Ok, check, subject, found, "")
    }

    pub fn warn(
        check: &'static str,
        subject: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Level::Warn, check, subject, found, remedy)
    }

    pub fn fail(
        check: &'static str,
        subject: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Level::Fail, check, subject, found, remedy)
    }

    fn new(
        result: Level,
        check: &'static str,
        subject: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            check,
            subject: one_line(&subject.into()),
            result,
            // Servers and strangers' records have their say in here.
            found: one_line(&found.into()),
            remedy: one_line(&remedy.into()),
        }
    }
}

/// Without line ends and control characters, which could play tricks on a terminal.
fn one_line(text: &str) -> String {
    let clean = text.replace(|c: char| c.is_control(), " ");
    clean.trim().to_owned()
}
