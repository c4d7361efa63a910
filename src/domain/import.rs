//! Readers brought along from elsewhere as a file.

use serde::{Deserialize, Serialize};

use super::audit::Actor;
use super::clock::Time;
use super::ids::{ImportId, PublicationId};

/// The largest file that is taken: some millions of readers.
pub const MOST_BYTES: u64 = 200_000_000;

named_states! {
    /// What a column of the file holds.
    Column {
        Email => "email",
        Name => "name",
        Language => "language",
        Topics => "topics",
        Digests => "digests",
        Status => "status",
        ConfirmedAt => "confirmed_at",
        ConfirmIp => "confirm_ip",
        Ignored => "ignored",
    }
}

/// Names that other services give to the columns, in lower case and without anything but letters.
const NAMES: &[(Column, &[&str])] = &[
    (
        Column::Email,
        &[
            "email",
            "mail",
            "emailaddress",
            "mailaddress",
            "emailadresse",
            "mailadresse",
            "adresseemail",
            "adressemail",
            "courriel",
            "correo",
            "correoelectronico",
            "indirizzoemail",
            "subscriberemail",
            "useremail",
        ],
    ),
    (
        Column::Name,
        &[
            "name",
            "fullname",
            "displayname",
            "vollername",
            "vollständigername",
            "nom",
            "nombre",
            "nome",
        ],
    ),
    (
        Column::Language,
        &[
            "language", "lang", "locale", "sprache", "langue", "idioma", "lingua",
        ],
    ),
    (
        Column::Topics,
        &["topics", "topic", "tags", "interests", "themen"],
    ),
    (Column::Digests, &["digests", "digest", "frequency"]),
    (
        Column::Status,
        &["status", "state", "subscriptionstatus", "memberstatus"],
    ),
    (
        Column::ConfirmedAt,
        &[
            "confirmedat",
            "confirmtime",
            "optintime",
            "optindate",
            "optinconfirmedat",
            "subscribedat",
        ],
    ),
    (
        Column::ConfirmIp,
        &[
            "confirmip",
            "optinip",
            "optinconfirmip",
            "ip",
            "ipaddress",
            "confirmedip",
        ],
    ),
];

impl Column {
    /// What a column most likely holds, by its name.
    pub fn guess(name: &str) -> Self {
        let lower = name.to_lowercase();
        let plain: String = lower.chars().filter(|c| c.is_alphabetic()).collect();
        let mut names = NAMES.iter();
        let found = names.find(|(_, names)| names.contains(&plain.as_str()));
        found.map_or(Self::Ignored, |(column, _)| *column)
    }

    /// The same for all columns of a file; of two that seem to hold the same the first counts.
    pub fn guess_all<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for name in names {
            let guess = Self::guess(name);
            let is_taken = all.contains(&guess);
            all.push(if is_taken { Self::Ignored } else { guess });
        }
        all
    }
}

named_states! {
    /// By which door an import came.
    Origin {
        Page => "page",
        Api => "api",
        CommandLine => "command line",
    }
}

named_states! {
    /// Where an import stands.
    ImportState {
        Uploading => "uploading",
        Uploaded => "uploaded",
        Checking => "checking",
        Checked => "checked",
        Importing => "importing",
        Finished => "finished",
        Failed => "failed",
        Undoing => "undoing",
        Undone => "undone",
    }
}

impl ImportState {
    /// Whether a process works on it.
    pub fn is_at_work(self) -> bool {
        matches!(self, Self::Checking | Self::Importing | Self::Undoing)
    }

    /// Whether nothing has been imported yet: what the columns are may still be said.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Uploaded | Self::Checked)
    }
}

/// What became of the rows: `read` is the sum of all but `added`, which counts the subscriptions
/// that are new.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub read: u64,
    pub added: u64,
    pub confirmed: u64,
    pub pending: u64,
    pub unchanged: u64,
    pub suppressed: u64,
    pub unsubscribed: u64,
    pub duplicates: u64,
    pub rejected: u64,
}

impl Counts {
    /// Sets the duplicates to what is left of the rows that were read. An import that was broken off
    /// and gone on with has not seen those between its last reader and the next.
    #[must_use]
    pub fn balanced(self) -> Self {
        let known = self.confirmed
            + self.pending
            + self.unchanged
            + self.suppressed
            + self.unsubscribed
            + self.rejected;
        Self {
            duplicates: self.read.saturating_sub(known),
            ..self
        }
    }
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// The line that it begins on, from 1.
    pub line: u64,
    pub reason: String,
}

/// What an undo took away, and what it left alone.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UndoCounts {
    /// Subscriptions that are gone, and their readers where nothing else is known of them.
    pub removed: u64,
    /// Left alone: the readers, or somebody else, did something since.
    pub touched: u64,
    /// Left alone: an issue went to them, or is about to.
    pub mailed: u64,
    /// Left alone: their address gets no mail, and why is to be kept.
    pub suppressed: u64,
    /// They were gone before.
    pub gone: u64,
}

impl UndoCounts {
    /// Subscriptions of the import that are still there.
    pub fn left(&self) -> u64 {
        self.touched + self.mailed + self.suppressed
    }
}

/// An import.
#[derive(Debug, Clone)]
pub struct Import {
    pub id: ImportId,
    pub publication: PublicationId,
    pub origin: Origin,
    pub actor: Actor,
    pub file_name: String,
    pub bytes: u64,
    pub state: ImportState,
    /// `None` where the first line says it in the words of the service.
    pub columns: Option<Vec<Column>>,
    /// The text that all readers of the file agreed to, where somebody vouches for that.
    pub consent: Option<String>,
    pub counts: Counts,
    /// The first of them.
    pub rejected: Vec<RejectedRow>,
    pub undo: UndoCounts,
    /// Rows that have had their turn, of how many.
    pub done: u64,
    pub total: Option<u64>,
    /// The last of their addresses, in lookup form.
    pub done_to: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    pub created_at: Time,
    /// When it last came on.
    pub changed_at: Time,
    /// When it began to import.
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_guessed_by_their_names() {
        let guess = |names: &[&str]| Column::guess_all(names.iter().copied());
        assert_eq!(
            guess(&[
                "E-Mail Address",
                "Full name",
                "OPTIN_TIME",
                "Phone",
                "Email"
            ]),
            [
                Column::Email,
                Column::Name,
                Column::ConfirmedAt,
                Column::Ignored,
                Column::Ignored
            ]
        );
        for word in Column::WORDS.iter().filter(|word| **word != "ignored") {
            assert_eq!(Column::guess(word).as_str(), *word);
        }
    }

    #[test]
    fn what_is_left_over_were_duplicates() {
        let counts = Counts {
            read: 10,
            confirmed: 4,
            rejected: 3,
            ..Counts::default()
        };
        assert_eq!(counts.balanced().duplicates, 3);
    }
}
