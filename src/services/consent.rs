//! What a reader agrees to: the text with its version, and what they chose.

use ring::digest::{SHA256, digest};

use crate::domain::digest::DigestChoice;
use crate::domain::publication::{Publication, TopicChoice};
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

/// What was chosen, as it stands in the evidence.
pub fn chosen(topics: &TopicChoice, digests: &DigestChoice) -> String {
    let or = |key: String, nothing: &str| {
        if key.is_empty() {
            nothing.to_owned()
        } else {
            key
        }
    };
    let topics = or(topics.key(), "all");
    let digests = or(digests.key(), "the first");
    format!("topics: {topics}; digests: {digests}")
}

/// The version of a text: the start of its hash, so that a changed word is a new version.
pub fn version(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
