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
    /// Text, with words to choose from while one types.
    Suggested,
    /// A time of day.
    Time,
    /// Any number of choices, each with a box to tick.
    Picks,
}

/// The number of readers that has to be typed to do what they would all notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Typing {
    pub number: i64,
    /// As in "cancel it".
    pub to: &'static str,
    /// Something else was typed.
    pub is_wrong: bool,
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
    /// The class of the choices elsewhere in the form that it belongs to; empty for all.
    pub only: &'static str,
    /// One begins to type here.
    pub is_first: bool,
}

/// Fields that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    pub name: &'static str,
    pub help: &'static str,
    pub inputs: Vec<Input>,
    /// Shown by its name alone until somebody asks for it.
    pub is_folded: bool,
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
            only: "",
            is_first: false,
        }
    }

    /// A choice.
    pub fn select(name: &'static str, label: &'static str, choices: Vec<Choice>) -> Self {
        Self {
            choices,
            ..Self::new(Kind::Select, name, label)
        }
    }

    /// Any number of choices.
    pub fn picks(name: &'static str, label: &'static str, choices: Vec<Choice>) -> Self {
        Self {
            choices,
            ..Self::new(Kind::Picks, name, label)
        }
    }

    /// Counts only with certain choices elsewhere: a class that the style knows.
    #[must_use]
    pub fn only(mut self, class: &'static str) -> Self {
        self.only = class;
        self
    }

    /// Has the focus when the page opens, where `so`.
    #[must_use]
    pub fn first(mut self, so: bool) -> Self {
        self.is_first = so;
        self
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
