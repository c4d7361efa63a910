//! The text that a reader agrees to, and its version.

use ring::digest::{SHA256, digest};

use crate::domain::publication::Publication;

/// What stands beside the form's button.
pub fn text(publication: &Publication) -> String {
    format!(
        "By signing up you ask {} to send you {} by email. Nothing is sent before you confirm by \
         the link in a mail that we send you now. Every mail has a link to leave at once. Your \
         address is used for nothing else.",
        publication.from.name, publication.name
    )
}

/// The version of a text: the start of its hash, so that a changed word is a new version.
pub fn version(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
