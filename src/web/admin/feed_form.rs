//! The form of a feed: its fields, and what they mean.

use std::collections::BTreeMap;

use super::error::sentence;
use super::fields::Fields;
use super::forms::{Errors, choice, text};
use crate::domain::feed::{Every, parse_interval};
use crate::domain::publication::Topic;
use crate::domain::slug::Slug;
use crate::render::admin::form::{Input, Kind};

/// The fields.
pub(super) fn inputs(topics: &[Topic], is_first: bool) -> Vec<Input> {
    let mut all = vec![
        text("url", "Address")
            .first(is_first)
            .help("Of the feed, or of a page that names it, as in news.example.org."),
        text("every", "How often").help("As in 15m or 1h, or auto: after its own rhythm."),
        Input::select(
            "article_pages",
            "Read the articles' pages",
            vec![
                choice("no", "no"),
                choice("yes", "yes, for picture, description and address"),
            ],
        ),
    ];
    if !topics.is_empty() {
        let mut choices = vec![choice("", "none")];
        choices.extend(topics.iter().map(|t| choice(t.slug.as_str(), &t.name)));
        all.push(Input::select(
            "topic",
            "A topic of all its articles",
            choices,
        ));
        all.push(
            Input::new(Kind::Area, "mapping", "Categories")
                .optional()
                .help("One a line: the category as the feed writes it, =, and the short name of a topic, as in Oil & Gas = energy."),
        );
    }
    all
}

/// What the form says, read.
pub(super) struct Wish {
    pub(super) every: Option<Every>,
    pub(super) article_pages: Option<bool>,
    pub(super) topics: Vec<Slug>,
    pub(super) mapping: BTreeMap<String, Slug>,
}

impl Wish {
    /// Reads the fields; notes all that is wrong.
    pub(super) fn read(fields: &Fields, errors: &mut Errors) -> Option<Self> {
        let every = fields.optional("every").and_then(|text| match every(text) {
            Ok(every) => Some(every),
            Err(why) => {
                errors.insert("every", sentence(&why));
                None
            }
        });
        let topic = fields.optional("topic").map(str::parse::<Slug>);
        let topic = topic.transpose().map_err(|e| {
            errors.insert("topic", sentence(&e.to_string()));
        });
        let mapping = mapping(fields.text("mapping")).map_err(|why| {
            errors.insert("mapping", sentence(&why));
        });
        let is_told = fields.ticked("article_pages");
        Some(Self {
            every,
            article_pages: is_told.then(|| fields.text("article_pages") == "yes"),
            topics: topic.ok()?.into_iter().collect(),
            mapping: mapping.ok()?,
        })
    }
}

fn every(text: &str) -> Result<Every, String> {
    if text == "auto" {
        return Ok(Every::Adaptive);
    }
    let span = parse_interval(text).map_err(|e| format!("{e}, or auto"))?;
    Ok(Every::Fixed(span))
}

fn mapping(text: &str) -> Result<BTreeMap<String, Slug>, String> {
    let mut found = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (category, topic) = line
            .rsplit_once('=')
            .ok_or_else(|| format!("{line:?} has no =, as in Oil & Gas = energy"))?;
        let topic: Slug = topic.trim().parse().map_err(|e| format!("{line:?}: {e}"))?;
        found.insert(category.trim().to_owned(), topic);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_read_line_by_line() {
        let read = mapping("Oil & Gas = energy\n\n a=b=markets\r\n").unwrap();
        let told: Vec<_> = read.iter().map(|(c, t)| format!("{c}>{t}")).collect();
        assert_eq!(told, ["Oil & Gas>energy", "a=b>markets"]);
        assert!(mapping("energy").unwrap_err().contains("has no ="));
        assert!(mapping("a = B C").is_err());
        assert!(every("10s").unwrap_err().contains("or auto"));
    }
}
