//! The text that a reader agrees to, and its version.

use ring::digest::{SHA256, digest};

use crate::domain::publication::Publication;
use crate::render::texts::Texts;

/// What stands beside the form's button, in a language.
pub fn text(texts: &Texts, language: &str, publication: &Publication) -> String {
    let sender = publication.from.name.as_str();
    let values = [
        ("sender", sender.into()),
        ("publication", publication.name.as_str().into()),
    ];
    texts.say(language, "sign-up-consent", &values)
}

/// The version of a text: the start of its hash, so that a changed word is a new version.
pub fn version(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
