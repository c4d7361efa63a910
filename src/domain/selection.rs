//! Which articles an issue carries, and in which order.

use super::article::Article;
use super::publication::TopicChoice;

/// Orders candidates for an issue: the latest first, by date and then by id so that the order
/// is the same on every run.
pub fn order(candidates: &mut [Article]) {
    candidates.sort_by(|a, b| b.dated().cmp(&a.dated()).then_with(|| b.id.cmp(&a.id)));
}

/// The articles of one edition: those that the reader's topics want, at most `max`.
pub fn for_choice<'a>(
    ordered: &'a [Article],
    choice: &TopicChoice,
    max: usize,
) -> Vec<&'a Article> {
    ordered
        .iter()
        .filter(|article| choice.wants(article.topics.iter()))
        .take(max)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ArticleId, PublicationId};
    use uuid::Uuid;

    fn article(id: u128, hour: u32, topics: &[&str]) -> Article {
        let at = format!("2026-01-01T{hour:02}:00:00Z").parse().unwrap();
        Article {
            id: ArticleId(Uuid::from_u128(id)),
            publication: PublicationId(Uuid::nil()),
            feed: None,
            feed_title: None,
            content: crate::domain::article::ArticleContent {
                published_at: Some(at),
                ..Default::default()
            },
            first_seen_at: at,
            topics: topics.iter().map(|t| t.parse().unwrap()).collect(),
            pinned_at: None,
            hidden_at: None,
            not_before: None,
            expires_at: None,
        }
    }

    #[test]
    fn latest_first_and_only_what_is_wanted() {
        let mut all = vec![
            article(1, 7, &["a"]),
            article(2, 9, &["b"]),
            article(3, 8, &["a", "b"]),
            article(4, 9, &[]),
        ];
        order(&mut all);
        let ids = |choice: &str, max| -> Vec<u128> {
            for_choice(&all, &TopicChoice::from_key(choice), max)
                .iter()
                .map(|a| a.id.0.as_u128())
                .collect()
        };
        assert_eq!(ids("", 10), [4, 2, 3, 1]);
        assert_eq!(ids("a", 10), [3, 1]);
        assert_eq!(ids("a,b", 2), [2, 3]);
    }
}
