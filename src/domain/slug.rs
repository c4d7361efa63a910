//! The short names that appear in addresses of pages and on the command line.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

/// The most characters of a slug.
const LONGEST: usize = 40;

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

    /// The slug that a name suggests, in whatever script it is written; `None` where it has neither letter
    /// nor digit.
    pub fn of_name(name: &str) -> Option<Self> {
        let text = slug::slugify(name);
        let short = match text.get(..=LONGEST) {
            // Ends with a whole word, where the first is not longer than that.
            Some(long) => long
                .rsplit_once('-')
                .map_or(&long[..LONGEST], |(words, _)| words),
            None => &text,
        };
        short.parse().ok()
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
        let fits = (1..=LONGEST).contains(&text.len())
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
    fn a_name_suggests_a_slug() {
        let of = |name| Slug::of_name(name).map(|slug| slug.to_string());
        for (name, slug) in [
            ("Morning News", "morning-news"),
            ("  Öl & Gas -- Märkte! ", "ol-gas-markte"),
            ("Città d'Italia", "citta-d-italia"),
            ("Новости", "novosti"),
            ("7 Tage", "7-tage"),
        ] {
            assert_eq!(of(name).as_deref(), Some(slug), "{name}");
        }
        assert_eq!(of(""), None);
        assert_eq!(of(" -- "), None);
        let long = of("The long and winding road that leads to your door").unwrap();
        assert_eq!(long, "the-long-and-winding-road-that-leads-to");
        assert_eq!(of(&"a".repeat(60)).unwrap(), "a".repeat(40));
    }

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
