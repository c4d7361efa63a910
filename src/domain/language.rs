//! Languages of readers and articles, by the first part of their BCP 47 tags.

use std::collections::BTreeSet;

named_states! {
    /// Which articles a reader gets who has told a language.
    Languages {
        Auto => "auto",
        Same => "same",
        All => "all",
    }
}

impl Languages {
    /// Whether a reader of a language gets only what is in it, and what names no language.
    ///
    /// A reader's language may come from the browser, and many feeds tell a wrong one. So `auto`
    /// looks whether the publication writes in the language at all: a German reader of a
    /// publication in English gets its news, and one of a bilingual publication the German half.
    pub fn limits(self, language: &str, written: &BTreeSet<String>) -> bool {
        match self {
            Self::All => false,
            Self::Same => true,
            Self::Auto => written.contains(language),
        }
    }
}

/// The language of a tag without region and script, so that `de-AT` and `de` are one.
pub fn primary(tag: &str) -> String {
    let first = tag.trim().split(['-', '_']).next().unwrap_or_default();
    first.trim_end().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_only_where_the_publication_writes_the_language() {
        let written: BTreeSet<String> = [primary("de-AT"), primary("EN_us")].into();
        assert!(Languages::Auto.limits("de", &written));
        assert!(!Languages::Auto.limits("fr", &written));
        assert!(Languages::Same.limits("fr", &written));
        assert!(!Languages::All.limits("de", &written));
    }
}
