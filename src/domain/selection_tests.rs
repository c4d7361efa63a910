//! Sections, limits and order, by example and by property.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::article::ArticleContent;
use crate::domain::clock::Time;
use crate::domain::ids::{ArticleId, PublicationId};

fn time(minute: i64) -> Time {
    let start: Time = "2026-01-01T00:00:00Z".parse().unwrap();
    start + chrono::TimeDelta::minutes(minute)
}

fn article(id: u128, minute: i64, topics: &[&str]) -> Article {
    Article {
        id: ArticleId(Uuid::from_u128(id)),
        publication: PublicationId(Uuid::nil()),
        feed: None,
        feed_title: None,
        content: ArticleContent {
            published_at: Some(time(minute)),
            ..Default::default()
        },
        first_seen_at: time(minute),
        topics: topics.iter().map(|t| t.parse().unwrap()).collect(),
        pinned_at: None,
        hidden_at: None,
        not_before: None,
        expires_at: None,
    }
}

fn number(article: &Article) -> u128 {
    article.id.0.as_u128()
}

/// Lead, sections by topic, headlines.
type Shape = (u128, Vec<(String, Vec<u128>)>, Vec<u128>);

fn shape(all: &[Article], choice: &str, sections: &[&str], full: usize, most: usize) -> Shape {
    let rules: Vec<SectionRule> = sections.iter().map(|s| s.parse().unwrap()).collect();
    let topics = TopicChoice::from_key(choice);
    let wish = Wish {
        topics: &topics,
        language: None,
    };
    let room = Room {
        most,
        full,
        sections: &rules,
    };
    let made = arrange(all, wish, room).unwrap();
    let sections = made.sections.iter().map(|section| {
        let topic = section.topic.map(ToString::to_string);
        let articles = section.articles.iter().map(|a| number(a)).collect();
        (topic.unwrap_or_default(), articles)
    });
    (
        number(made.lead.unwrap()),
        sections.collect(),
        made.also.iter().map(|a| number(a)).collect(),
    )
}

fn named(sections: &[(&str, &[u128])]) -> Vec<(String, Vec<u128>)> {
    sections
        .iter()
        .map(|(topic, ids)| ((*topic).to_owned(), ids.to_vec()))
        .collect()
}

#[test]
fn pinned_first_then_the_latest() {
    let mut all = vec![
        article(1, 7, &[]),
        article(2, 9, &[]),
        article(3, 8, &[]),
        article(4, 9, &[]),
    ];
    all[0].pinned_at = Some(time(20));
    all[2].pinned_at = Some(time(30));
    order(&mut all);
    assert_eq!(all.iter().map(number).collect::<Vec<_>>(), [3, 1, 4, 2]);
}

#[test]
fn without_rules_topics_follow_the_articles() {
    let all = [
        article(1, 9, &["ports"]),
        article(2, 8, &["energy"]),
        article(3, 7, &[]),
        article(4, 6, &["ports"]),
        article(5, 5, &["energy", "ports"]),
        article(6, 4, &["energy"]),
        article(7, 3, &["ports"]),
    ];
    let (lead, sections, also) = shape(&all, "", &[], 5, 6);
    assert_eq!((lead, also), (1, vec![6]));
    let expected: [(&str, &[u128]); 3] = [("energy", &[2, 5]), ("ports", &[4]), ("", &[3])];
    assert_eq!(sections, named(&expected));
    // A reader of ports sees the fifth under ports.
    let (lead, sections, also) = shape(&all, "ports", &[], 5, 6);
    assert_eq!((lead, also), (1, vec![]));
    assert_eq!(sections, named(&[("ports", &[4, 5, 7])]));
}

#[test]
fn sections_have_their_order_and_limit_and_the_rest_is_headlines() {
    let all = [
        article(1, 30, &["energy"]),
        article(2, 29, &["energy"]),
        article(3, 28, &["energy"]),
        article(4, 27, &["energy"]),
        article(5, 26, &["markets"]),
        article(6, 25, &["retail"]),
        article(7, 24, &["markets", "energy"]),
        article(8, 23, &["markets"]),
    ];
    let (lead, sections, also) = shape(&all, "", &["markets:2", "energy:1"], 8, 12);
    assert_eq!(lead, 1);
    // The lead is the one of its section.
    let expected: [(&str, &[u128]); 2] = [("markets", &[5, 7]), ("retail", &[6])];
    assert_eq!(sections, named(&expected));
    assert_eq!(also, [2, 3, 4, 8]);
    // Sections are served before topics that have none, though their articles are older.
    let (_, sections, also) = shape(&all, "", &["markets"], 4, 12);
    assert_eq!(sections, named(&[("markets", &[5, 7, 8])]));
    assert_eq!(also, [2, 3, 4, 6]);
    // An article of two topics goes where there is room.
    let (_, sections, also) = shape(&all, "", &["markets:1", "energy:5"], 8, 12);
    let expected: [(&str, &[u128]); 3] = [
        ("markets", &[5]),
        ("energy", &[2, 3, 4, 7]),
        ("retail", &[6]),
    ];
    assert_eq!(sections, named(&expected));
    assert_eq!(also, [8]);
}

#[test]
fn a_language_keeps_its_own_and_what_names_none() {
    let mut all = [article(1, 3, &[]), article(2, 2, &[]), article(3, 1, &[])];
    all[0].content.language = Some("fr-CA".to_owned());
    all[1].content.language = Some("de".to_owned());
    let topics = TopicChoice::default();
    let read = |language| {
        let wish = Wish {
            topics: &topics,
            language,
        };
        let room = Room {
            most: 9,
            full: 1,
            sections: &[],
        };
        arrange(&all, wish, room).map(|made| {
            let also = made.also.iter().map(|a| number(a));
            made.lead
                .map(number)
                .into_iter()
                .chain(also)
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(read(Some("fr")), Ok(vec![1, 3]));
    assert_eq!(read(Some("de")), Ok(vec![2, 3]));
    assert_eq!(read(None), Ok(vec![1, 2, 3]));
}

#[test]
fn says_why_there_is_nothing() {
    let mut all = [article(1, 3, &["energy"])];
    all[0].content.language = Some("fr".to_owned());
    let of = |choice: &str| {
        let topics = TopicChoice::from_key(choice);
        let wish = Wish {
            topics: &topics,
            language: Some("de"),
        };
        let room = Room {
            most: 9,
            full: 1,
            sections: &[],
        };
        arrange(&all, wish, room).unwrap_err()
    };
    assert_eq!(of("energy"), Nothing::InLanguage);
    assert_eq!(of("retail"), Nothing::OnTopics);
}

const TOPICS: [&str; 4] = ["a", "b", "c", "d"];

prop_compose! {
    fn some_article()(
        minute in 0..50_i64,
        topics in proptest::sample::subsequence(TOPICS.to_vec(), 0..=3),
        pinned in proptest::option::weighted(0.1, 0..50_i64),
        language in proptest::option::weighted(0.5, "de|fr"),
    ) -> Article {
        let mut made = article(0, minute, &topics);
        made.pinned_at = pinned.map(time);
        made.content.language = language;
        made
    }
}

proptest! {
    #[test]
    fn every_arrangement_keeps_the_rules(
        articles in proptest::collection::vec(some_article(), 0..40),
        choice in proptest::sample::subsequence(TOPICS.to_vec(), 0..=4),
        listed in proptest::sample::subsequence(TOPICS.to_vec(), 0..=4),
        limits in proptest::collection::vec(proptest::option::of(1..4_u32), 4),
        language in proptest::option::of("de|fr|it"),
        full in 1..12_usize,
        most in 1..20_usize,
    ) {
        let mut all = articles;
        for (article, id) in all.iter_mut().zip(1..) {
            article.id = ArticleId(Uuid::from_u128(id));
        }
        order(&mut all);
        let topics = TopicChoice::from_key(&choice.join(","));
        let rules: Vec<SectionRule> = listed.iter().zip(&limits).map(|(topic, most)| SectionRule {
            topic: topic.parse().unwrap(),
            most: *most,
        }).collect();
        let wish = Wish { topics: &topics, language: language.as_deref() };
        let wanted: Vec<&Article> =
            all.iter().filter(|a| wish.has_topic(a) && wish.reads(a)).collect();
        let Ok(made) = arrange(&all, wish, Room { most, full, sections: &rules }) else {
            prop_assert!(wanted.is_empty());
            return Ok(());
        };
        // The first of what is wanted leads.
        prop_assert_eq!(made.lead.map(|a| a.id), Some(wanted[0].id));
        // Everything is wanted, nothing is twice, and nothing is lost for which there is room.
        let mut shown: Vec<_> = made.lead.iter()
            .chain(made.sections.iter().flat_map(|s| s.articles.iter()))
            .chain(&made.also).map(|a| a.id).collect();
        prop_assert_eq!(shown.len(), made.count());
        prop_assert_eq!(shown.len(), wanted.len().min(most));
        prop_assert!(shown.iter().all(|id| wanted.iter().any(|a| a.id == *id)));
        shown.sort();
        shown.dedup();
        prop_assert_eq!(shown.len(), made.count());
        // Limits hold, the digest's own sections come first in their order, none is empty.
        prop_assert!(made.count() - made.also.len() <= full);
        let own: Vec<usize> = made.sections.iter()
            .filter_map(|s| rules.iter().position(|r| Some(&r.topic) == s.topic)).collect();
        prop_assert!(own.is_sorted());
        for section in &made.sections {
            prop_assert!(!section.articles.is_empty());
            if let Some(rule) = rules.iter().find(|r| Some(&r.topic) == section.topic) {
                // The lead counts, unless an earlier section counts it.
                let leads = rules.iter().find(|r| made.lead.is_some_and(|lead| lead.topics.contains(&r.topic))
                    && (wish.topics.0.is_empty() || wish.topics.0.contains(&r.topic)));
                let count = section.articles.len() + usize::from(leads.is_some_and(|r| r.topic == rule.topic));
                prop_assert!(rule.most.is_none_or(|most| count <= most as usize));
            }
            if let Some(topic) = section.topic {
                prop_assert!(section.articles.iter().all(|a| a.topics.contains(topic)));
            }
        }
        // Headlines keep the order of the issue.
        let place = |article: &&Article| all.iter().position(|a| a.id == article.id);
        prop_assert!(made.also.iter().map(place).is_sorted());
    }
}
