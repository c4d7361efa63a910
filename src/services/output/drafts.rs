//! The coming issue of a digest and what is wanted of it, as programs read of them.

use serde::Serialize;
use utoipa::ToSchema;

use super::words::At;
use crate::domain::draft::{Decision, Draft};
use crate::services::coming_issue::{Look, Placed, Spot};

/// What is wanted of the coming issue of a digest. The issue that comes takes it, and it is empty again.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Draft)]
pub struct DraftOutput {
    /// Counts up with every change, also when an issue has taken the rest.
    version: i64,
    /// The template of the subject; null: that of the digest.
    subject: Option<String>,
    /// Markdown before the articles; null: that of the digest.
    intro: Option<String>,
    /// The ids of articles in the order that is wanted; others stand behind them.
    order: Vec<String>,
    /// What else is wanted of single articles.
    articles: Vec<DecisionView>,
    changed_at: Option<At>,
    /// Who changed it last; empty where an issue has taken it.
    changed_by: String,
}

/// What is wanted of an article.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Decision)]
struct DecisionView {
    id: String,
    /// Whether it stands before all that are not pinned; null: as it is with the article.
    pinned: Option<bool>,
    /// Not in this issue, nor in a later one of the digest.
    dropped: bool,
    /// Null: its own.
    title: Option<String>,
    /// Markdown; null: its own.
    summary: Option<String>,
}

/// The coming issue as it is now, for who takes all topics.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Coming)]
pub struct ComingOutput {
    /// The number that it will have.
    pub number: i64,
    /// Why nothing would go out now; null where an issue would.
    pub nothing: Option<String>,
    pub articles: Vec<ComingArticle>,
}

/// An article of the coming issue.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ComingArticle {
    pub id: String,
    /// As the issue shows it.
    pub title: String,
    url: String,
    pub place: Place,
    /// The topic under which it stands; null for none.
    topic: Option<String>,
    pinned: bool,
}

/// Where an article stands: `headline` without a summary, `none` beyond the most articles of the digest.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ComingPlace)]
pub enum Place {
    Lead,
    Section,
    Headline,
    None,
    Dropped,
}

impl Place {
    pub fn word(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Section => "section",
            Self::Headline => "headline",
            Self::None => "none",
            Self::Dropped => "dropped",
        }
    }
}

impl From<&Draft> for DraftOutput {
    fn from(draft: &Draft) -> Self {
        let placed = draft.articles.iter();
        let mut order: Vec<_> = placed.filter_map(|(id, d)| Some((d.place?, id))).collect();
        order.sort();
        let says = |d: &Decision| d.pinned.is_some() || d.dropped || d.edits();
        let articles = draft.articles.iter().filter(|(_, d)| says(d));
        Self {
            version: draft.version,
            subject: draft.subject.clone(),
            intro: draft.intro.clone(),
            order: order.into_iter().map(|(_, id)| id.to_string()).collect(),
            articles: articles
                .map(|(id, d)| DecisionView {
                    id: id.to_string(),
                    pinned: d.pinned,
                    dropped: d.dropped,
                    title: d.title.clone(),
                    summary: d.summary.clone(),
                })
                .collect(),
            changed_at: draft.changed_at.map(At),
            changed_by: draft.changed_by.clone(),
        }
    }
}

impl From<&Look> for ComingOutput {
    fn from(look: &Look) -> Self {
        let mut articles = Vec::new();
        for (spot, placed) in &look.parts {
            articles.extend(placed.iter().map(|placed| article(spot, placed)));
        }
        let dropped = look.dropped.iter().map(|placed| ComingArticle {
            place: Place::Dropped,
            ..article(&Spot::NoRoom, placed)
        });
        articles.extend(dropped);
        Self {
            number: look.number,
            nothing: look.nothing.clone(),
            articles,
        }
    }
}

fn article(spot: &Spot, placed: &Placed) -> ComingArticle {
    let (place, topic) = match spot {
        Spot::Lead => (Place::Lead, placed.shown.topics.first()),
        Spot::Section(topic) => (Place::Section, topic.as_ref()),
        Spot::Also => (Place::Headline, placed.shown.topics.first()),
        Spot::NoRoom => (Place::None, placed.shown.topics.first()),
    };
    ComingArticle {
        id: placed.shown.id.to_string(),
        title: placed.shown.content.title.clone(),
        url: placed.shown.content.url.clone(),
        place,
        topic: topic.map(ToString::to_string),
        pinned: placed.shown.pinned_at.is_some(),
    }
}
