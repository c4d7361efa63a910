//! Which articles an issue carries, and where in the mail they stand.

use super::article::Article;
use super::digest::{Digest, SectionRule};
use super::language::primary;
use super::publication::TopicChoice;
use super::slug::Slug;

/// Orders candidates for an issue: what is pinned first, then the latest, by date and then by id so
/// that the order is the same on every run.
pub fn order(candidates: &mut [Article]) {
    candidates.sort_by(|a, b| {
        let of = |article: &Article| (article.pinned_at, article.dated(), article.id);
        of(b).cmp(&of(a))
    });
}

/// What the readers of one edition want.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    pub topics: &'a TopicChoice,
    /// Only articles in this language, and those that name none.
    pub language: Option<&'a str>,
}

impl Wish<'_> {
    /// Whether an article is of the topics.
    fn has_topic(&self, article: &Article) -> bool {
        self.topics.wants(article.topics.iter())
    }

    /// Whether an article can be read.
    fn reads(&self, article: &Article) -> bool {
        match (self.language, &article.content.language) {
            (Some(wanted), Some(written)) => primary(written) == wanted,
            _ => true,
        }
    }
}

/// How much a mail holds, and in which order.
#[derive(Debug, Clone, Copy)]
pub struct Room<'a> {
    /// Articles in all.
    pub most: usize,
    /// Those of them with a summary, the lead among them.
    pub full: usize,
    pub sections: &'a [SectionRule],
}

impl<'a> From<&'a Digest> for Room<'a> {
    fn from(digest: &'a Digest) -> Self {
        Self {
            most: digest.max_items as usize,
            full: digest.rules.full_items as usize,
            sections: &digest.rules.sections,
        }
    }
}

/// The articles of one edition in their places.
#[derive(Debug, Clone, Default)]
pub struct Arranged<'a> {
    pub lead: Option<&'a Article>,
    pub sections: Vec<Section<'a>>,
    /// Headlines of what found no room with a summary.
    pub also: Vec<&'a Article>,
}

impl Arranged<'_> {
    /// How many articles there are.
    pub fn count(&self) -> usize {
        let in_sections: usize = self.sections.iter().map(|s| s.articles.len()).sum();
        usize::from(self.lead.is_some()) + in_sections + self.also.len()
    }
}

/// The articles under one topic; `None` for those without.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    pub topic: Option<&'a Slug>,
    pub articles: Vec<&'a Article>,
}

/// Why an edition has no article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nothing {
    OnTopics,
    InLanguage,
}

impl Nothing {
    /// What the ledger says.
    pub fn reason(self) -> &'static str {
        match self {
            Self::OnTopics => "no new article in the chosen topics",
            Self::InLanguage => "no new article in the reader's language",
        }
    }
}

/// Arranges the articles of an issue, which are in order, for the readers of one edition.
///
/// The first leads, and counts as one of its section: who limits a topic means the whole mail. The
/// sections of the digest take theirs next, each up to its limit; then the topics that have none; the
/// rest is headlines. Sections without an article do not appear.
pub fn arrange<'a>(
    ordered: &'a [Article],
    wish: Wish<'_>,
    room: Room<'a>,
) -> Result<Arranged<'a>, Nothing> {
    let on_topic: Vec<&Article> = ordered.iter().filter(|a| wish.has_topic(a)).collect();
    if on_topic.is_empty() {
        return Err(Nothing::OnTopics);
    }
    let mut wanted = on_topic.into_iter().filter(|a| wish.reads(a));
    let Some(lead) = wanted.next() else {
        return Err(Nothing::InLanguage);
    };
    let mut left = room.full.min(room.most).saturating_sub(1);
    let mut sections: Vec<Section<'a>> = room
        .sections
        .iter()
        .map(|rule| Section {
            topic: Some(&rule.topic),
            articles: Vec::new(),
        })
        .collect();
    let listed = sections.len();
    let mut taken = vec![0; listed];
    if let Some(place) = ruled(lead, wish, room.sections, &taken) {
        taken[place] += 1;
    }
    let mut others = Vec::new();
    for article in wanted {
        match ruled(article, wish, room.sections, &taken).filter(|_| left > 0) {
            Some(place) => {
                left -= 1;
                taken[place] += 1;
                sections[place].articles.push(article);
            }
            None => others.push(article),
        }
    }
    let mut also = Vec::new();
    for article in others {
        let topic = topic(article, wish.topics);
        let has_rule = room.sections.iter().any(|rule| Some(&rule.topic) == topic);
        if left == 0 || has_rule {
            also.push(article);
            continue;
        }
        left -= 1;
        match sections[listed..].iter_mut().find(|s| s.topic == topic) {
            Some(section) => section.articles.push(article),
            None => sections.push(Section {
                topic,
                articles: vec![article],
            }),
        }
    }
    sections.retain(|section| !section.articles.is_empty());
    // What has no topic comes after what has one.
    sections.sort_by_key(|section| section.topic.is_none());
    let shown = 1 + sections.iter().map(|s| s.articles.len()).sum::<usize>();
    also.truncate(room.most.saturating_sub(shown));
    Ok(Arranged {
        lead: Some(lead),
        sections,
        also,
    })
}

/// The first section of the digest that is for an article and has room.
fn ruled(article: &Article, wish: Wish<'_>, rules: &[SectionRule], taken: &[u32]) -> Option<usize> {
    rules.iter().zip(taken).position(|(rule, taken)| {
        let is_wanted = wish.topics.0.is_empty() || wish.topics.0.contains(&rule.topic);
        let has_room = rule.most.is_none_or(|most| *taken < most);
        is_wanted && has_room && article.topics.contains(&rule.topic)
    })
}

/// The topic under which a reader sees an article: one of those chosen, else its first.
pub fn topic<'a>(article: &'a Article, chosen: &TopicChoice) -> Option<&'a Slug> {
    let of_choice = article.topics.iter().find(|topic| chosen.0.contains(topic));
    of_choice.or(article.topics.first())
}

#[cfg(test)]
#[path = "selection_tests.rs"]
mod tests;
