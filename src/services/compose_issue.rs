//! Renders the editions of an issue and fills its ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::{Deps, links};
use crate::domain::article::Article;
use crate::domain::digest::Digest;
use crate::domain::ids::{EditionId, IssueId};
use crate::domain::issue::{Edition, Issue, IssueState};
use crate::domain::job::Job;
use crate::domain::look::Direction;
use crate::domain::publication::{Publication, Topic, TopicChoice};
use crate::domain::selection;
use crate::render::contexts::{Card, DigestHead, DigestMail, PublicationView, Rendered};
use crate::render::{RenderError, dates};
use crate::store::deliveries::{self, Audience};
use crate::store::{StoreError, articles, digests, editions as rows, issues, publications};

/// Why an issue could not be composed.
#[derive(Debug, Error)]
pub enum ComposeIssueError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("the readers' choices changed faster than the issue could be rendered")]
    Restless,
}

/// Readers whose rows are written in one transaction.
const PART: i64 = 20_000;
/// Times that a part is begun again because readers changed their topics meanwhile.
const MOST_TRIES: u32 = 10;

/// All that the editions are made from.
struct Material {
    issue: Issue,
    digest: Digest,
    is_first: bool,
    publication: Publication,
    topics: Vec<Topic>,
    articles: Vec<Article>,
}

/// The editions by topic choice; `None` where a choice has no article, or where the edition is in
/// the database already.
type Editions = BTreeMap<String, Option<(i64, Edition)>>;

/// What came of an attempt to fill a part.
enum Filled {
    Part,
    Whole,
    /// A reader chose topics for which there is no edition yet.
    Again,
    /// Another process fills the ledger, or the issue was cancelled.
    Elsewhere,
}

/// Composes an issue: renders its editions and fills its ledger, part by part, while the first
/// mails go out. Harmless to run twice, and to break off: the next run goes on.
pub async fn compose(deps: &Deps, id: IssueId) -> Result<(), ComposeIssueError> {
    let Some(material) = load(deps, id).await? else {
        return Ok(());
    };
    let mut tx = deps.store.read().await?;
    let known = rows::keys(&mut tx, id).await?;
    drop(tx);
    let mut editions: Editions = known.into_iter().map(|key| (key, None)).collect();
    let mut tries = 0;
    loop {
        match fill_part(deps, &material, &mut editions).await? {
            Filled::Part => tries = 0,
            Filled::Whole => {
                tracing::info!(issue = %id, editions = editions.len(), "issue composed");
                return Ok(());
            }
            Filled::Elsewhere => return Ok(()),
            Filled::Again => {
                tries += 1;
                if tries > MOST_TRIES {
                    return Err(ComposeIssueError::Restless);
                }
            }
        }
    }
}

async fn load(deps: &Deps, id: IssueId) -> Result<Option<Material>, StoreError> {
    let mut tx = deps.store.read().await?;
    let Some(issue) = issues::find(&mut tx, id).await? else {
        return Ok(None);
    };
    let is_open = match issue.state {
        IssueState::Composing => true,
        IssueState::Sending | IssueState::Paused => !issue.is_filled,
        _ => false,
    };
    if !is_open {
        return Ok(None);
    }
    let Some(publication) = publications::find(&mut tx, issue.publication).await? else {
        return Ok(None);
    };
    let all = digests::list(&mut tx, issue.publication).await?;
    let is_first = all.first().is_some_and(|first| first.id == issue.digest);
    let Some(digest) = all.into_iter().find(|d| d.id == issue.digest) else {
        return Ok(None);
    };
    Ok(Some(Material {
        topics: publications::topics(&mut tx, publication.id).await?,
        articles: articles::of_issue(&mut tx, id).await?,
        issue,
        digest,
        is_first,
        publication,
    }))
}

/// Renders what the next part needs, and fills it.
async fn fill_part(
    deps: &Deps,
    material: &Material,
    editions: &mut Editions,
) -> Result<Filled, ComposeIssueError> {
    let id = material.issue.id;
    let mut tx = deps.store.read().await?;
    let mut audience = Audience {
        publication: material.publication.id,
        digest: material.digest.id,
        is_first: material.is_first,
        after: issues::filled_to(&mut tx, id).await?,
        until: None,
    };
    audience.until = deliveries::part_end(&mut tx, &audience, PART).await?;
    let choices = deliveries::audience_choices(&mut tx, &audience).await?;
    drop(tx);
    // The archive shows the edition with all topics.
    render_missing(
        deps,
        material,
        std::iter::once(String::new()).chain(choices),
        editions,
    )
    .await?;
    let filled = write_part(deps, material, &audience, editions).await?;
    if matches!(filled, Filled::Part | Filled::Whole) {
        for edition in editions.values_mut() {
            *edition = None;
        }
        deps.wake(&Job::Deliver { issue: id });
        if audience.after.0.is_nil() || audience.until.is_none() {
            let mut tx = deps.store.begin().await?;
            deliveries::analyse(&mut tx).await?;
            tx.commit().await?;
        }
    }
    Ok(filled)
}

/// Writes a part of the ledger with its editions, and with the first one starts the send.
async fn write_part(
    deps: &Deps,
    material: &Material,
    audience: &Audience,
    editions: &Editions,
) -> Result<Filled, StoreError> {
    let id = material.issue.id;
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    let choices = deliveries::audience_choices(&mut tx, audience).await?;
    if choices.iter().any(|key| !editions.contains_key(key)) {
        return Ok(Filled::Again);
    }
    let (composing, sending) = (IssueState::Composing, IssueState::Sending);
    let is_begun = issues::advance(&mut tx, id, composing, sending, now).await?;
    let state = issues::find(&mut tx, id).await?.map(|issue| issue.state);
    let goes_on = matches!(state, Some(IssueState::Sending | IssueState::Paused));
    let (after, until) = (audience.after, audience.until);
    if !goes_on || !issues::fill_to(&mut tx, id, after, until, now).await? {
        return Ok(Filled::Elsewhere);
    }
    for (key, edition) in editions {
        if let Some((count, edition)) = edition {
            rows::insert(&mut tx, id, key, *count, edition).await?;
        }
    }
    deliveries::fill(&mut tx, id, audience, now).await?;
    if is_begun {
        deps.push(&mut tx, &Job::Deliver { issue: id }).await?;
    }
    tx.commit().await?;
    Ok(if until.is_some() {
        Filled::Part
    } else {
        Filled::Whole
    })
}

async fn render_missing(
    deps: &Deps,
    material: &Material,
    choices: impl Iterator<Item = String>,
    editions: &mut Editions,
) -> Result<(), ComposeIssueError> {
    for key in choices {
        if editions.contains_key(&key) {
            continue;
        }
        let choice = TopicChoice::from_key(&key);
        let most = material.digest.max_items as usize;
        let chosen = selection::for_choice(&material.articles, &choice, most);
        let edition = if chosen.is_empty() {
            None
        } else {
            let mail = mail(deps, material, &choice, &chosen);
            let Rendered {
                subject,
                text,
                html,
            } = render(deps, mail).await?;
            let count = i64::try_from(chosen.len()).unwrap_or(i64::MAX);
            let id = deps.new_id(EditionId::new);
            let edition = Edition {
                id,
                subject,
                text,
                html,
            };
            Some((count, edition))
        };
        editions.insert(key, edition);
    }
    Ok(())
}

/// Rendering and inlining take milliseconds of computing: not on the threads that serve requests.
async fn render(deps: &Deps, mail: DigestMail) -> Result<Rendered, ComposeIssueError> {
    let renderer = Arc::clone(&deps.renderer);
    let rendered = tokio::task::spawn_blocking(move || renderer.digest(&mail)).await;
    match rendered {
        Ok(result) => Ok(result?),
        Err(panic) => Err(RenderError::Template {
            name: "digest".to_owned(),
            reason: panic.to_string(),
        }
        .into()),
    }
}

fn mail(deps: &Deps, material: &Material, choice: &TopicChoice, chosen: &[&Article]) -> DigestMail {
    let Material {
        issue,
        digest,
        publication,
        ..
    } = material;
    let number = issue.number.unwrap_or_default();
    let language = &publication.language;
    let names = |wanted: &TopicChoice| -> Vec<String> {
        material
            .topics
            .iter()
            .filter(|t| wanted.0.contains(&t.slug))
            .map(|t| t.name.clone())
            .collect()
    };
    let head = DigestHead {
        publication: PublicationView::new(publication, &deps.limits.public_url),
        digest_name: digest.name.clone(),
        number,
        date: dates::long(issue.planned_at, digest.timezone, language),
        when: digest
            .cron
            .as_deref()
            .map(|cron| dates::when(Some(cron), language)),
        language: language.clone(),
        direction: Direction::of(language),
        design: publication.look.design,
        intro_html: None,
        intro_text: None,
        outro_html: None,
        outro_text: None,
        notice: None,
        topics: names(choice),
        view_url: links::edition(deps, publication, digest.slug.as_str(), number, choice),
    };
    let cards = chosen
        .iter()
        .map(|article| card(article, material, choice))
        .collect();
    DigestMail::arrange(head, cards)
}

fn card(article: &Article, material: &Material, choice: &TopicChoice) -> Card {
    // A reader who chose topics sees the article under one of them.
    let topic = article
        .topics
        .iter()
        .find(|t| choice.0.contains(t))
        .or(article.topics.first());
    let topic = topic.and_then(|slug| material.topics.iter().find(|t| t.slug == *slug));
    let language = &material.publication.language;
    Card::new(
        article,
        topic.map(|t| t.name.clone()),
        material.digest.timezone,
        language,
    )
}
