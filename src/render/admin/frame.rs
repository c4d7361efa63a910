//! What stands around every page of the operators.

use serde::Serialize;

use super::nav::{Group, Section};

/// The frame of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Of the page, for its window and its heading.
    pub title: String,
    pub section: Section,
    /// The address of who is signed in.
    pub operator: String,
    /// In words, as in "owner, may send".
    pub rights: String,
    pub nav: Vec<Group>,
    /// To switch between.
    pub publications: Vec<PublicationOption>,
    /// The one at hand, whose pages the navigation names.
    pub publication: Option<PublicationOption>,
    /// Where to stay when the publication is switched, behind `/admin/p/{publication}`.
    pub stay: Option<&'static str>,
    /// The zone that times are in, as in Europe/Berlin.
    pub zone: String,
    pub sending: Sending,
    pub flash: Option<Flash>,
    /// Goes into every form, by `admin/token.html`.
    pub form_token: String,
    pub css_url: &'static str,
}

/// A publication to switch to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicationOption {
    pub slug: String,
    pub name: String,
    pub chosen: bool,
}

/// How something is, as a word with a coloured dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Nothing to do.
    Calm,
    Good,
    /// Something is on its way.
    Busy,
    /// Somebody should look.
    Warn,
    Bad,
}

/// A state as a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    pub word: String,
    pub tone: Tone,
}

impl State {
    /// A word in a tone.
    pub fn new(word: impl ToString, tone: Tone) -> Self {
        Self {
            word: word.to_string(),
            tone,
        }
    }
}

/// What the service is sending, in the top line of every page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sending {
    /// As in "idle" or "sending 41 %".
    pub state: State,
    /// Which issue, as in "Daily No. 12".
    pub what: Option<String>,
}

/// What was just done, or could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Flash {
    pub is_error: bool,
    pub text: String,
}

/// Where to go on in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Paging {
    pub first_url: Option<String>,
    pub next_url: Option<String>,
}

/// A choice in a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    pub value: String,
    pub name: String,
    pub chosen: bool,
}

impl Choice {
    /// The choices of a closed set of words.
    pub fn of_words(words: &[&str], chosen: &str) -> Vec<Self> {
        words
            .iter()
            .map(|word| Self {
                value: (*word).to_owned(),
                name: (*word).to_owned(),
                chosen: *word == chosen,
            })
            .collect()
    }
}
