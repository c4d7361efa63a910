//! The coming issue of a digest: what counts as news, in the order and with the words that operators
//! want. The planner freezes it, previews and tests show it, and operators edit it.

use std::collections::{HashMap, HashSet};

use super::edit_article::set_summary;
use super::{Deps, candidates};
use crate::domain::article::Article;
use crate::domain::clock::Time;
use crate::domain::digest::{Digest, Rules, Words};
use crate::domain::draft::{Decision, Draft, Step};
use crate::domain::ids::ArticleId;
use crate::domain::publication::TopicChoice;
use crate::domain::selection::{self, Room, Wish};
use crate::domain::slug::Slug;
use crate::store::{StoreError, Tx, drafts, issues};

/// What the coming issue has.
#[derive(Debug)]
pub(super) struct Coming {
    /// In their order, as they are with everybody.
    pub(super) articles: Vec<Article>,
    /// What would be among them and was dropped.
    pub(super) dropped: Vec<Article>,
    pub(super) draft: Draft,
}

impl Coming {
    /// What is wanted of an article.
    pub(super) fn decision(&self, id: ArticleId) -> Decision {
        self.draft.articles.get(&id).cloned().unwrap_or_default()
    }

    /// The articles as the issue shows them.
    pub(super) fn edited(&self) -> Vec<Article> {
        let edit = |article: &Article| edited(article.clone(), &self.decision(article.id));
        self.articles.iter().map(edit).collect()
    }

    /// What the issue says beside its articles.
    pub(super) fn words(&self, rules: &Rules) -> Words {
        let draft = self.draft.clone();
        rules.words(draft.intro, draft.subject)
    }
}

/// An article as an issue shows it of which that is wanted.
pub(super) fn edited(mut article: Article, decision: &Decision) -> Article {
    if let Some(title) = &decision.title {
        article.content.title.clone_from(title);
    }
    if let Some(summary) = &decision.summary {
        set_summary(&mut article.content, summary);
    }
    article.pinned_at = match decision.pinned {
        Some(true) => article.pinned_at.or(Some(article.first_seen_at)),
        Some(false) => None,
        None => article.pinned_at,
    };
    article
}

/// The coming issue as it is now.
pub(super) async fn find(tx: &mut Tx, digest: &Digest, now: Time) -> Result<Coming, StoreError> {
    let draft = drafts::find(tx, digest.id).await?;
    with(tx, digest, now, draft).await
}

/// The same, and nobody edits it until the transaction ends.
pub(super) async fn find_locked(
    tx: &mut Tx,
    digest: &Digest,
    now: Time,
) -> Result<Coming, StoreError> {
    let draft = drafts::find_locked(tx, digest.id).await?;
    with(tx, digest, now, draft).await
}

async fn with(tx: &mut Tx, digest: &Digest, now: Time, draft: Draft) -> Result<Coming, StoreError> {
    let news = candidates::find(tx, digest, now, None).await?;
    let (articles, dropped) = draft.sort(news);
    Ok(Coming {
        articles,
        dropped,
        draft,
    })
}

/// A part of the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    Lead,
    /// Under a topic, or of what has none.
    Section(Option<Slug>),
    /// By headline alone.
    Also,
    /// In the issue, but shown to nobody who gets everything.
    NoRoom,
}

/// An article in its place.
#[derive(Debug, Clone)]
pub struct Placed {
    /// As it is with everybody.
    pub original: Article,
    /// As the issue shows it.
    pub shown: Article,
    pub decision: Decision,
    /// What moves it up or down by one, where that changes something.
    pub up: Option<Step>,
    pub down: Option<Step>,
}

/// The coming issue as operators look at it: as readers get it who take all topics.
#[derive(Debug)]
pub struct Look {
    pub draft: Draft,
    /// The number that it will have.
    pub number: i64,
    pub parts: Vec<(Spot, Vec<Placed>)>,
    pub dropped: Vec<Placed>,
    /// Why nothing would go out now.
    pub nothing: Option<String>,
}

/// Looks at the coming issue.
pub async fn look(deps: &Deps, digest: &Digest) -> Result<Look, StoreError> {
    let mut tx = deps.store.read().await?;
    let coming = find(&mut tx, digest, deps.now()).await?;
    let number = issues::next_number(&mut tx, digest.id, None).await?;
    drop(tx);
    let parts = parts(&coming, digest);
    let dropped = coming
        .dropped
        .iter()
        .map(|article| placed(&coming, article));
    Ok(Look {
        number,
        nothing: candidates::too_few(coming.articles.len(), digest),
        dropped: dropped.collect(),
        parts,
        draft: coming.draft,
    })
}

fn placed(coming: &Coming, article: &Article) -> Placed {
    let decision = coming.decision(article.id);
    Placed {
        original: article.clone(),
        shown: edited(article.clone(), &decision),
        decision,
        up: None,
        down: None,
    }
}

/// The articles of the coming issue part by part, and how each may be moved.
pub(super) fn parts(coming: &Coming, digest: &Digest) -> Vec<(Spot, Vec<Placed>)> {
    let parts = arranged(&coming.edited(), digest);
    let moves = Moves::new(coming, &parts);
    let by_id: HashMap<ArticleId, &Article> = coming.articles.iter().map(|a| (a.id, a)).collect();
    let mut all = Vec::new();
    for (at, (spot, ids)) in parts.iter().enumerate() {
        let mut articles = Vec::new();
        for (place, id) in ids.iter().enumerate() {
            let Some(article) = by_id.get(id) else {
                continue;
            };
            articles.push(Placed {
                up: moves.up(at, place),
                down: moves.down(at, place),
                ..placed(coming, article)
            });
        }
        all.push((spot.clone(), articles));
    }
    all
}

type Parts = Vec<(Spot, Vec<ArticleId>)>;

/// Which article stands where for who takes all topics.
fn arranged(articles: &[Article], digest: &Digest) -> Parts {
    let topics = TopicChoice::default();
    let wish = Wish {
        topics: &topics,
        language: None,
    };
    let Ok(arranged) = selection::arrange(articles, wish, Room::from(digest)) else {
        return Vec::new();
    };
    let ids = |articles: &[&Article]| -> Vec<ArticleId> { articles.iter().map(|a| a.id).collect() };
    let mut parts = vec![(Spot::Lead, arranged.lead.iter().map(|a| a.id).collect())];
    for section in &arranged.sections {
        parts.push((
            Spot::Section(section.topic.cloned()),
            ids(&section.articles),
        ));
    }
    parts.push((Spot::Also, ids(&arranged.also)));
    let shown: HashSet<ArticleId> = parts.iter().flat_map(|(_, ids)| ids.clone()).collect();
    let rest = articles
        .iter()
        .map(|a| a.id)
        .filter(|id| !shown.contains(id));
    parts.push((Spot::NoRoom, rest.collect()));
    parts.retain(|(_, ids)| !ids.is_empty());
    parts
}

/// How articles may be moved: within their part, and over its ends where that changes something.
struct Moves<'a> {
    parts: &'a Parts,
    /// In the order of the issue: its place, and whether it is pinned.
    places: HashMap<ArticleId, (usize, bool)>,
}

impl<'a> Moves<'a> {
    fn new(coming: &Coming, parts: &'a Parts) -> Self {
        let edited = coming.edited();
        let place =
            |(at, article): (usize, &Article)| (article.id, (at, article.pinned_at.is_some()));
        Self {
            parts,
            places: edited.iter().enumerate().map(place).collect(),
        }
    }

    fn place(&self, id: ArticleId) -> (usize, bool) {
        self.places.get(&id).copied().unwrap_or_default()
    }

    /// The parts that one goes up into from a part: from a section only to the lead, since sections
    /// stand in the order of the digest.
    fn above(&self, part: usize) -> &[(Spot, Vec<ArticleId>)] {
        match self.parts[part].0 {
            Spot::Section(_) => &self.parts[..1],
            _ => &self.parts[..part],
        }
    }

    fn below(&self, part: usize) -> Vec<&(Spot, Vec<ArticleId>)> {
        let is_section = matches!(self.parts[part].0, Spot::Section(_));
        let below = self.parts[part + 1..].iter();
        below
            .filter(|(spot, _)| !is_section || !matches!(spot, Spot::Section(_)))
            .collect()
    }

    fn up(&self, part: usize, at: usize) -> Option<Step> {
        let ids = &self.parts[part].1;
        let (own, is_pinned) = self.place(ids[at]);
        let other = match at {
            0 => {
                let above = self.above(part).iter().flat_map(|(_, ids)| ids);
                let before = above.filter(|id| self.place(**id).0 < own);
                *before.max_by_key(|id| self.place(**id).0)?
            }
            _ => ids[at - 1],
        };
        // What is pinned stands before what is not.
        (is_pinned || !self.place(other).1).then_some(Step::Before(other))
    }

    fn down(&self, part: usize, at: usize) -> Option<Step> {
        let ids = &self.parts[part].1;
        let (own, is_pinned) = self.place(ids[at]);
        let other = match ids.get(at + 1) {
            Some(next) => *next,
            None => {
                let below = self.below(part).into_iter().flat_map(|(_, ids)| ids);
                let behind = below.filter(|id| self.place(**id).0 > own);
                *behind.min_by_key(|id| self.place(**id).0)?
            }
        };
        (!is_pinned || self.place(other).1).then_some(Step::Behind(other))
    }
}

impl Coming {
    /// The order of the issue.
    pub(super) fn order(&self) -> Vec<ArticleId> {
        self.articles.iter().map(|article| article.id).collect()
    }
}
