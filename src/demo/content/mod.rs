//! The articles of The Harbour Ledger, a newspaper that does not exist, about companies and people
//! that do not exist either.
//!
//! Each is a text file: `name: value` lines, an empty line, then paragraphs. An article with
//! `minutes-ago` is there when the site opens; one without comes later.

/// The name of the newspaper.
pub const NEWSPAPER: &str = "The Harbour Ledger";

/// A subject of the newspaper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    pub slug: &'static str,
    pub name: &'static str,
}

/// The topics in the order in which they are shown.
pub const TOPICS: [Topic; 5] = [
    topic("markets", "Markets"),
    topic("energy", "Energy"),
    topic("technology", "Technology"),
    topic("shipping", "Shipping"),
    topic("retail", "Retail"),
];

const fn topic(slug: &'static str, name: &'static str) -> Topic {
    Topic { slug, name }
}

/// One article as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    pub slug: &'static str,
    pub title: &'static str,
    pub standfirst: &'static str,
    pub author: &'static str,
    /// At least one; the first decides where the front page shows the article.
    pub topics: Vec<Topic>,
    pub paragraphs: Vec<&'static str>,
    /// How long before the site's opening it appeared; `None` for a later one.
    pub minutes_ago: Option<u32>,
}

macro_rules! files {
    ($($slug:literal),+ $(,)?) => {
        [$(($slug, include_str!(concat!($slug, ".txt")))),+]
    };
}

/// The early ones from new to old, then the later ones in the order in which they appear.
const FILES: [(&str, &str); 18] = files![
    "exchange-record-close",
    "dunmarrow-tidal-array",
    "container-queue-shrinks",
    "quillon-chip-plant",
    "pellworth-stores-results",
    "battery-storage-prices",
    "tallowmere-payroll",
    "orrin-line-methanol",
    "reserve-board-holds",
    "marrow-vale-repairs",
    "cable-ship-shortage",
    "heat-network-old-town",
    "pilots-pay-deal",
    "velloe-buys-wind",
    "grocer-price-labels",
    "crown-bond-demand",
    "open-charging-standard",
    "ferry-electric-route",
];

/// All articles, in the order of their files' list.
pub fn articles() -> Vec<Article> {
    FILES
        .iter()
        .filter_map(|(slug, text)| parse(slug, text))
        .collect()
}

fn parse(slug: &'static str, text: &'static str) -> Option<Article> {
    let (head, body) = text.split_once("\n\n")?;
    let value = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(key, value)| (key == name).then_some(value))
    };
    let topics = value("topics")?
        .split(", ")
        .map(|slug| TOPICS.into_iter().find(|topic| topic.slug == slug))
        .collect::<Option<Vec<_>>>()?;
    let minutes_ago = match value("minutes-ago") {
        Some(text) => Some(text.parse().ok()?),
        None => None,
    };
    Some(Article {
        slug,
        title: value("title")?,
        standfirst: value("standfirst")?,
        author: value("author")?,
        topics,
        paragraphs: body.split("\n\n").map(str::trim).collect(),
        minutes_ago,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_is_an_article() {
        let articles = articles();
        assert_eq!(articles.len(), FILES.len());
        for article in &articles {
            let slug = article.slug;
            assert!((3..=5).contains(&article.paragraphs.len()), "{slug}");
            assert!(article.title.chars().count() <= 90, "{slug}");
            assert!(article.paragraphs.iter().all(|p| p.len() > 40), "{slug}");
            assert!(slug.parse::<crate::domain::slug::Slug>().is_ok(), "{slug}");
        }
        let slugs: BTreeSet<_> = articles.iter().map(|a| a.slug).collect();
        assert_eq!(slugs.len(), articles.len());
    }

    #[test]
    fn a_dozen_are_there_at_once_and_cover_every_topic() {
        let articles = articles();
        let early: Vec<_> = articles
            .iter()
            .filter(|a| a.minutes_ago.is_some())
            .collect();
        assert_eq!(early.len(), 12);
        assert!(early.is_sorted_by_key(|a| a.minutes_ago));
        assert!(articles[12..].iter().all(|a| a.minutes_ago.is_none()));
        for topic in TOPICS {
            assert!(early.iter().any(|a| a.topics[0] == topic), "{topic:?}");
        }
    }

    #[test]
    fn a_file_with_an_unknown_topic_or_without_a_title_is_none() {
        assert_eq!(parse("a", "title: T\n\nText"), None);
        let text = "title: T\nstandfirst: S\nauthor: A\ntopics: sport\n\nText";
        assert_eq!(parse("a", text), None);
    }
}
