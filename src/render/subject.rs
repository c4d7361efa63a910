//! The subject of a digest from the publication's own template.

use serde::Serialize;

use super::{RenderError, engine};

/// What the template of a subject may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectView {
    pub publication: String,
    pub digest: String,
    /// The top headline of the edition.
    pub headline: String,
    pub number: i64,
    /// Weekday and date, in words.
    pub date: String,
    /// How many articles the edition has.
    pub articles: usize,
}

impl SubjectView {
    /// For trying a template out.
    pub fn sample() -> Self {
        Self {
            publication: "The Harbour Ledger".to_owned(),
            digest: "Daily".to_owned(),
            headline: "Wind auction draws eleven bidders".to_owned(),
            number: 128,
            date: "Tuesday, 24 November 2026".to_owned(),
            articles: 12,
        }
    }
}

/// Fills the template of a subject; whatever it names must be there.
pub fn subject(template: &str, view: &SubjectView) -> Result<String, RenderError> {
    let wrong = |reason: String| RenderError::Template {
        name: "subject".to_owned(),
        reason,
    };
    // Loops could run for ever, and a subject needs none.
    if template.contains("{%") {
        return Err(wrong(
            "only placeholders like {{ headline }} are allowed, no {% ... %}".to_owned(),
        ));
    }
    let context = tera::Context::from_serialize(view).map_err(|e| engine::wrong("subject", &e))?;
    let subject =
        tera::Tera::one_off(template, &context, false).map_err(|e| engine::wrong("subject", &e))?;
    if subject.trim().is_empty() {
        return Err(RenderError::NoSubject);
    }
    Ok(subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_mistakes_are_named() {
        let of = |template: &str| subject(template, &SubjectView::sample());
        assert_eq!(
            of("{{ publication }}: {{ headline }} ({{ number }})").unwrap(),
            "The Harbour Ledger: Wind auction draws eleven bidders (128)"
        );
        let unknown = of("{{ headlin }}").unwrap_err().to_string();
        assert!(unknown.contains("headlin"), "{unknown}");
        for wrong in [
            "{{ headline",
            "{% for x in range(end=9) %}a{% endfor %}",
            " ",
            "{{ '' }}",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
