//! The short names that appear in addresses of pages and on the command line.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

/// Lower-case letters, digits and inner hyphens, 1 to 40 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

/// Why a slug was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SlugError {
    #[error(
        "{0:?} is not a slug: use lower-case letters, digits and hyphens inside, at most 40, as in business-news"
    )]
    Form(String),
    #[error("{0:?} is taken by a page of the service itself; choose another slug")]
    Reserved(String),
}

/// First segments of the service's own routes: a publication of that name could not be reached.
const RESERVED: [&str; 19] = [
    "admin",
    "api",
    "assets",
    "click",
    "confirm",
    "embed",
    "favicon",
    "healthz",
    "hooks",
    "metrics",
    "never",
    "open",
    "preferences",
    "reader",
    "readyz",
    "robots",
    "static",
    "unsubscribe",
    "websub",
];

impl Slug {
    /// The text of the slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A slug for a publication, which must not shadow a route.
    pub fn for_publication(text: &str) -> Result<Self, SlugError> {
        let slug: Self = text.parse()?;
        if RESERVED.contains(&slug.as_str()) {
            return Err(SlugError::Reserved(slug.0));
        }
        Ok(slug)
    }
}

/// Slugs as one text: sorted, and joined by commas.
pub fn joined(slugs: &BTreeSet<Slug>) -> String {
    let slugs: Vec<&str> = slugs.iter().map(Slug::as_str).collect();
    slugs.join(",")
}

/// Reads such a text back; unknown forms are dropped.
pub fn split(text: &str) -> BTreeSet<Slug> {
    text.split(',')
        .filter_map(|slug| slug.parse().ok())
        .collect()
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=40).contains(&text.len())
            && !text.starts_with('-')
            && !text.ends_with('-')
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(SlugError::Form(text.chars().take(60).collect()))
        }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_other_characters_and_reserved_names() {
        assert!("business-news".parse::<Slug>().is_ok());
        for wrong in ["", "Business", "a b", "-a", "a-", "ü", "a/b"] {
            assert!(wrong.parse::<Slug>().is_err(), "{wrong}");
        }
        assert_eq!(
            Slug::for_publication("admin"),
            Err(SlugError::Reserved("admin".into()))
        );
    }
}
