//! What operators want of the coming issue of a digest. The issue that comes takes it, and it is spent.

use std::collections::BTreeMap;

use serde::Serialize;

use super::article::Article;
use super::clock::Time;
use super::ids::{ArticleId, DigestId};

/// What they want of one article.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Where it stands among the others; `None`: behind those that have a place, as usual.
    pub place: Option<u32>,
    /// Whether it stands before all that are not pinned; `None`: as it is with the article.
    pub pinned: Option<bool>,
    /// Not in this issue, and in no later one of the digest.
    pub dropped: bool,
    /// Instead of its own.
    pub title: Option<String>,
    /// Markdown, instead of its own.
    pub summary: Option<String>,
}

impl Decision {
    /// Whether it changes what the article says.
    pub fn edits(&self) -> bool {
        self.title.is_some() || self.summary.is_some()
    }
}

/// What they want of the issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub digest: DigestId,
    /// Counts up with every change; 0 where there was none yet.
    pub version: i64,
    /// The template of the subject, instead of the digest's.
    pub subject: Option<String>,
    /// Markdown, instead of the digest's intro.
    pub intro: Option<String>,
    pub articles: BTreeMap<ArticleId, Decision>,
    pub changed_at: Option<Time>,
    /// Who changed it last.
    pub changed_by: String,
}

/// Where to move an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Before(ArticleId),
    Behind(ArticleId),
    /// Before all others.
    First,
}

impl Draft {
    /// One that wants nothing.
    pub fn none(digest: DigestId) -> Self {
        Self {
            digest,
            version: 0,
            subject: None,
            intro: None,
            articles: BTreeMap::new(),
            changed_at: None,
            changed_by: String::new(),
        }
    }

    /// Whether it wants nothing.
    pub fn is_empty(&self) -> bool {
        self.subject.is_none() && self.intro.is_none() && self.articles.is_empty()
    }

    /// Takes the articles that count as news, in their usual order, into those that the issue gets, in
    /// theirs, and those that were dropped.
    pub fn sort(&self, news: Vec<Article>) -> (Vec<Article>, Vec<Article>) {
        let decision = |article: &Article| self.articles.get(&article.id);
        let is_dropped = |article: &Article| decision(article).is_some_and(|d| d.dropped);
        let (dropped, mut kept): (Vec<_>, Vec<_>) = news.into_iter().partition(is_dropped);
        kept.sort_by_key(|article| {
            let decision = decision(article);
            let pinned = decision.and_then(|d| d.pinned);
            let place = decision.and_then(|d| d.place);
            let is_pinned = pinned.unwrap_or(article.pinned_at.is_some());
            (!is_pinned, place.unwrap_or(u32::MAX))
        });
        (kept, dropped)
    }

    /// Gives every article of an order its place in it; others lose theirs.
    pub fn set_order(&mut self, order: &[ArticleId]) {
        for decision in self.articles.values_mut() {
            decision.place = None;
        }
        for (place, id) in (0..).zip(order) {
            self.articles.entry(*id).or_default().place = Some(place);
        }
        self.tidy();
    }

    /// Moves an article within an order, which becomes the one that is wanted.
    pub fn step(&mut self, mut order: Vec<ArticleId>, id: ArticleId, step: Step) {
        order.retain(|other| *other != id);
        let of = |wanted: ArticleId| order.iter().position(|other| *other == wanted);
        let at = match step {
            Step::First => Some(0),
            Step::Before(other) => of(other),
            Step::Behind(other) => of(other).map(|at| at + 1),
        };
        order.insert(at.unwrap_or(order.len()), id);
        self.set_order(&order);
    }

    /// Changes what is wanted of one article.
    pub fn decide(&mut self, id: ArticleId, change: impl FnOnce(&mut Decision)) {
        change(self.articles.entry(id).or_default());
        self.tidy();
    }

    /// Forgets decisions that say nothing.
    fn tidy(&mut self) {
        self.articles.retain(|_, d| *d != Decision::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::article::ArticleContent;
    use crate::domain::ids::PublicationId;
    use uuid::Uuid;

    fn id(number: u128) -> ArticleId {
        ArticleId(Uuid::from_u128(number))
    }

    fn article(number: u128) -> Article {
        Article {
            id: id(number),
            publication: PublicationId(Uuid::nil()),
            feed: None,
            feed_title: None,
            content: ArticleContent::default(),
            first_seen_at: Time::default(),
            topics: Vec::new(),
            pinned_at: None,
            hidden_at: None,
            not_before: None,
            expires_at: None,
        }
    }

    fn sorted(draft: &Draft, numbers: &[u128]) -> Vec<u128> {
        let (kept, _) = draft.sort(numbers.iter().map(|n| article(*n)).collect());
        kept.iter().map(|a| a.id.0.as_u128()).collect()
    }

    fn order(numbers: &[u128]) -> Vec<ArticleId> {
        numbers.iter().map(|n| id(*n)).collect()
    }

    #[test]
    fn articles_stand_in_the_order_that_is_wanted_and_news_behind_it() {
        let mut draft = Draft::none(DigestId(Uuid::nil()));
        assert_eq!(sorted(&draft, &[1, 2, 3]), [1, 2, 3]);
        draft.step(order(&[1, 2, 3]), id(3), Step::Before(id(2)));
        assert_eq!(sorted(&draft, &[1, 2, 3]), [1, 3, 2]);
        // What comes later is the newest, and would stand first by itself.
        assert_eq!(sorted(&draft, &[4, 1, 2, 3]), [1, 3, 2, 4]);
        draft.step(order(&[1, 3, 2, 4]), id(4), Step::First);
        draft.step(order(&[4, 1, 3, 2]), id(4), Step::Behind(id(1)));
        assert_eq!(sorted(&draft, &[4, 1, 2, 3]), [1, 4, 3, 2]);
        // An article that is gone leaves the others where they are.
        assert_eq!(sorted(&draft, &[1, 2, 3]), [1, 3, 2]);
    }

    #[test]
    fn pinned_ones_stand_first_and_dropped_ones_nowhere() {
        let mut draft = Draft::none(DigestId(Uuid::nil()));
        draft.set_order(&order(&[1, 2, 3]));
        draft.decide(id(3), |d| d.pinned = Some(true));
        draft.decide(id(1), |d| d.dropped = true);
        assert_eq!(sorted(&draft, &[1, 2, 3]), [3, 2]);
        let (_, dropped) = draft.sort(vec![article(1), article(2)]);
        assert_eq!(dropped[0].id, id(1));
        let pinned = Article {
            pinned_at: Some(Time::default()),
            ..article(2)
        };
        draft.decide(id(2), |d| d.pinned = Some(false));
        let (kept, _) = draft.sort(vec![pinned, article(3)]);
        assert_eq!(
            kept[0].id,
            id(3),
            "one that is pinned for good, but not here"
        );
    }

    #[test]
    fn what_says_nothing_is_forgotten() {
        let mut draft = Draft::none(DigestId(Uuid::nil()));
        draft.decide(id(1), |d| d.dropped = true);
        assert!(!draft.is_empty());
        draft.decide(id(1), |d| d.dropped = false);
        assert!(draft.is_empty());
    }
}
