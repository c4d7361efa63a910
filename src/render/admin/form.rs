//! Forms: fields with help beneath, and what was wrong with them.

use serde::Serialize;

use super::frame::Choice;

/// How a field is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Text,
    Email,
    Url,
    Area,
    Select,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    pub name: &'static str,
    pub label: &'static str,
    pub kind: Kind,
    pub value: String,
    pub help: &'static str,
    pub error: Option<String>,
    pub required: bool,
    pub choices: Vec<Choice>,
}

impl Input {
    /// A field that must be filled in.
    pub fn new(kind: Kind, name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            kind,
            value: String::new(),
            help: "",
            error: None,
            required: true,
            choices: Vec::new(),
        }
    }

    /// A choice.
    pub fn select(name: &'static str, label: &'static str, choices: Vec<Choice>) -> Self {
        Self {
            choices,
            ..Self::new(Kind::Select, name, label)
        }
    }

    /// May be left empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    #[must_use]
    pub fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }
}
