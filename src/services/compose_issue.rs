//! Renders the editions of an issue and fills its ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use thiserror::Error;

use super::{Deps, links};
use crate::domain::article::Article;
use crate::domain::digest::Digest;
use crate::domain::ids::{EditionId, IssueId};
use crate::domain::issue::{Edition, Issue, IssueState};
use crate::domain::job::Job;
use crate::domain::publication::{Publication, Topic, TopicChoice};
use crate::domain::selection;
use crate::render::contexts::{Card, DigestHead, DigestMail, PublicationView, Rendered};
use crate::render::{RenderError, dates};
use crate::store::{StoreError, articles, deliveries, digests, issues, publications};

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

/// All that the editions are made from.
struct Material {
    issue: Issue,
    digest: Digest,
    is_first: bool,
    publication: Publication,
    topics: Vec<Topic>,
    articles: Vec<Article>,
    choices: BTreeSet<String>,
}

/// The editions by topic choice; `None` where a choice has no article.
type Editions = BTreeMap<String, Option<(i64, Edition)>>;

/// Composes an issue. Harmless to run twice: the second run finds it composed.
pub async fn compose(deps: &Deps, id: IssueId) -> Result<(), ComposeIssueError> {
    let mut editions = Editions::new();
    // A reader may confirm or change topics while editions are rendered; then the missing ones
    // are rendered too, and the ledger is filled only when none is missing.
    for _ in 0..10 {
        let Some(material) = load(deps, id).await? else {
            return Ok(());
        };
        render_missing(deps, &material, &mut editions).await?;
        if fill(deps, &material, &editions).await? {
            deps.wake(&Job::Deliver { issue: id });
            return Ok(());
        }
    }
    Err(ComposeIssueError::Restless)
}

async fn load(deps: &Deps, id: IssueId) -> Result<Option<Material>, StoreError> {
    let mut tx = deps.store.read().await?;
    let Some(issue) = issues::find(&mut tx, id).await? else {
        return Ok(None);
    };
    if issue.state != IssueState::Composing {
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
    let mut choices: BTreeSet<String> = deliveries::audience_choices(&mut tx, digest.id, is_first)
        .await?
        .into_iter()
        .collect();
    // The archive shows the edition with all topics.
    choices.insert(String::new());
    Ok(Some(Material {
        topics: publications::topics(&mut tx, publication.id).await?,
        articles: articles::of_issue(&mut tx, id).await?,
        issue,
        digest,
        is_first,
        publication,
        choices,
    }))
}

async fn render_missing(
    deps: &Deps,
    material: &Material,
    editions: &mut Editions,
) -> Result<(), ComposeIssueError> {
    for key in &material.choices {
        if editions.contains_key(key) {
            continue;
        }
        let choice = TopicChoice::from_key(key);
        let chosen = selection::for_choice(
            &material.articles,
            &choice,
            material.digest.max_items as usize,
        );
        let edition = if chosen.is_empty() {
            None
        } else {
            let mail = mail(deps, material, &choice, &chosen);
            let rendered = render(deps, mail).await?;
            let id = deps.new_id(EditionId::new);
            let Rendered {
                subject,
                text,
                html,
            } = rendered;
            let count = i64::try_from(chosen.len()).unwrap_or(i64::MAX);
            Some((
                count,
                Edition {
                    id,
                    subject,
                    text,
                    html,
                },
            ))
        };
        editions.insert(key.clone(), edition);
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
        intro: None,
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

/// Writes editions and ledger and starts the send, in one transaction; false where a choice is
/// not rendered yet.
async fn fill(deps: &Deps, material: &Material, editions: &Editions) -> Result<bool, StoreError> {
    let (issue, digest) = (&material.issue, &material.digest);
    let mut tx = deps.store.begin().await?;
    let choices = deliveries::audience_choices(&mut tx, digest.id, material.is_first).await?;
    if choices.iter().any(|key| !editions.contains_key(key)) {
        return Ok(false);
    }
    let now = deps.now();
    if !issues::advance(
        &mut tx,
        issue.id,
        IssueState::Composing,
        IssueState::Sending,
        now,
    )
    .await?
    {
        return Ok(true);
    }
    for (key, edition) in editions {
        if let Some((count, edition)) = edition {
            issues::insert_edition(&mut tx, issue.id, key, *count, edition).await?;
        }
    }
    let rows = deliveries::fill(&mut tx, issue.id, digest.id, material.is_first, now).await?;
    deps.push(&mut tx, &Job::Deliver { issue: issue.id })
        .await?;
    tx.commit().await?;
    let mut tx = deps.store.begin().await?;
    deliveries::analyse(&mut tx).await?;
    tx.commit().await?;
    tracing::info!(issue = %issue.id, rows, editions = editions.len(), "issue composed");
    Ok(true)
}
