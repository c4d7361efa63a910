//! What a digest would send now or at another time, as any reader: stores and sends nothing.

use std::sync::Arc;

use thiserror::Error;

use super::deliver::{self, Sample};
use super::edition::{self, Material};
use super::{Deps, candidates, coming_issue};
use crate::domain::article::Article;
use crate::domain::clock::Time;
use crate::domain::digest::{Digest, Words};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{EditionId, IssueId};
use crate::domain::issue::{Edition, Issue, IssueState};
use crate::domain::publication::Publication;
use crate::domain::selection::Nothing;
use crate::domain::subscription::SubscriptionState;
use crate::mail::ComposeError;
use crate::render::RenderError;
use crate::render::slots::{SlotValues, fill_html, fill_text};
use crate::store::deliveries::Choice;
use crate::store::{
    StoreError, Tx, articles, digests, editions, issues, publications, subscribers, subscriptions,
};

/// Why there is nothing to show.
#[derive(Debug, Error)]
pub enum PreviewError {
    #[error("nothing would go out: {0}")]
    Nothing(String),
    #[error("the publication has had no article yet; fetch a feed or add one")]
    NoArticles,
    #[error("{0} is not subscribed to the publication")]
    NotSubscribed(EmailAddress),
    #[error("there is no issue {0}; `paperround issue list` shows them")]
    Unknown(IssueId),
    #[error("the issue is {0} and has no articles to show")]
    NotFrozen(IssueState),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("the mail could not be written: {0}")]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A mail that was not sent.
#[derive(Debug)]
pub struct Preview {
    pub publication: Publication,
    pub digest: Digest,
    pub number: i64,
    /// The time that it is made for.
    pub at: Time,
    /// How many articles it has.
    pub articles: usize,
    /// As it is stored for all readers of the edition: with places for each.
    pub edition: Edition,
    pub reader: EmailAddress,
    values: SlotValues,
}

/// As whom a mail is looked at.
#[derive(Debug, Clone)]
pub enum Eyes<'a> {
    /// Who takes all topics.
    Everybody,
    Reader(&'a EmailAddress),
    /// Whoever chose these topics and that language.
    Chosen(Choice),
}

impl<'a> Eyes<'a> {
    /// Those of a reader, where one is named.
    pub fn of(reader: Option<&'a EmailAddress>) -> Self {
        reader.map_or(Self::Everybody, Self::Reader)
    }

    fn reader(&self) -> Option<&'a EmailAddress> {
        match self {
            Self::Reader(email) => Some(email),
            Self::Everybody | Self::Chosen(_) => None,
        }
    }
}

/// What would go out at a time: the news that there is, or was, or will be of what is known now; of
/// now with what operators want of the coming issue, and the date of its run.
pub async fn digest(
    deps: &Deps,
    publication: Publication,
    digest: Digest,
    at: Option<Time>,
    eyes: Eyes<'_>,
) -> Result<Preview, PreviewError> {
    let now = at.unwrap_or_else(|| deps.now());
    let mut tx = deps.store.read().await?;
    let run = digest.next_run().filter(|_| digest.paused_at.is_none());
    let dated = at.or(run.map(|run| run.at)).unwrap_or(now);
    let (found, words) = match at {
        None => {
            let coming = coming_issue::find(&mut tx, &digest, now).await?;
            (coming.edited(), coming.words(&digest.rules))
        }
        Some(_) => {
            let next_intro = digests::next_intro(&mut tx, digest.id).await?;
            let found = candidates::find(&mut tx, &digest, now, at).await?;
            (found, digest.rules.words(next_intro, None))
        }
    };
    if let Some(reason) = candidates::too_few(found.len(), &digest) {
        return Err(PreviewError::Nothing(reason));
    }
    let reader = eyes.reader();
    let choice = match eyes {
        Eyes::Chosen(choice) => choice,
        _ => choice(&mut tx, &publication, reader).await?,
    };
    let material = Material {
        issue: None,
        topics: publications::topics(&mut tx, publication.id).await?,
        written: edition::written(&mut tx, publication.id, now).await?,
        number: issues::next_number(&mut tx, digest.id, at).await?,
        dated,
        words,
        articles: found,
        digest,
        publication,
    };
    drop(tx);
    make(deps, material, &choice, reader).await
}

/// The same of the latest articles, where there is no news: for trying a digest out.
pub async fn of_latest(
    deps: &Deps,
    publication: Publication,
    digest: Digest,
) -> Result<Preview, PreviewError> {
    let now = deps.now();
    let mut tx = deps.store.read().await?;
    let most = digest.max_items.into();
    let found = articles::latest(&mut tx, publication.id, now, most).await?;
    if found.is_empty() {
        return Err(PreviewError::NoArticles);
    }
    let next_intro = digests::next_intro(&mut tx, digest.id).await?;
    let material = Material {
        issue: None,
        topics: publications::topics(&mut tx, publication.id).await?,
        written: edition::written(&mut tx, publication.id, now).await?,
        number: issues::next_number(&mut tx, digest.id, None).await?,
        dated: now,
        words: digest.rules.words(next_intro, None),
        articles: found,
        digest,
        publication,
    };
    drop(tx);
    make(deps, material, &Choice::default(), None).await
}

/// The mail of an issue whose articles are frozen, as an edition of now.
pub async fn issue(
    deps: &Deps,
    id: IssueId,
    reader: Option<&EmailAddress>,
) -> Result<Preview, PreviewError> {
    of_issue(deps, id, reader, "").await
}

/// The same for a reader, with a greeting in Markdown before the rest.
pub(super) async fn greeting(
    deps: &Deps,
    id: IssueId,
    reader: &EmailAddress,
    greeting: &str,
) -> Result<Preview, PreviewError> {
    of_issue(deps, id, Some(reader), greeting).await
}

async fn of_issue(
    deps: &Deps,
    id: IssueId,
    reader: Option<&EmailAddress>,
    greeting: &str,
) -> Result<Preview, PreviewError> {
    let mut tx = deps.store.read().await?;
    let found = issues::find(&mut tx, id).await?;
    let issue = found.ok_or(PreviewError::Unknown(id))?;
    let publication = publications::find(&mut tx, issue.publication).await?;
    let digest = digests::find(&mut tx, issue.digest).await?;
    let (publication, digest) = publication.zip(digest).ok_or(PreviewError::Unknown(id))?;
    let frozen = edition::frozen(&mut tx, &issue, deps.now()).await?;
    if frozen.is_empty() {
        return Err(PreviewError::NotFrozen(issue.state));
    }
    let number = match issue.number {
        Some(number) => number,
        None => issues::next_number(&mut tx, digest.id, None).await?,
    };
    let choice = choice(&mut tx, &publication, reader).await?;
    let dated = issue.dated();
    let mut words = issue.words;
    if !greeting.is_empty() {
        words.intro = format!("{greeting}\n\n{}", words.intro);
    }
    let material = Material {
        issue: Some(id),
        topics: publications::topics(&mut tx, publication.id).await?,
        written: edition::written(&mut tx, publication.id, issue.planned_at).await?,
        number,
        dated,
        words,
        articles: frozen,
        digest,
        publication,
    };
    drop(tx);
    make(deps, material, &choice, reader).await
}

/// What a reader chose; nothing where none is named.
async fn choice(
    tx: &mut Tx,
    publication: &Publication,
    reader: Option<&EmailAddress>,
) -> Result<Choice, PreviewError> {
    let Some(email) = reader else {
        return Ok(Choice::default());
    };
    let unknown = || PreviewError::NotSubscribed(email.clone());
    let subscriber = subscribers::find_by_email(tx, email).await?;
    let subscriber = subscriber.ok_or_else(unknown)?;
    let found = subscriptions::find_by_subscriber(tx, subscriber.id, publication.id).await?;
    let subscription = found
        .filter(|s| s.state == SubscriptionState::Confirmed)
        .ok_or_else(unknown)?;
    Ok(Choice {
        topic_key: subscription.topics.key(),
        language: subscriptions::language(tx, subscription.id)
            .await?
            .unwrap_or_default(),
    })
}

async fn make(
    deps: &Deps,
    material: Material,
    choice: &Choice,
    reader: Option<&EmailAddress>,
) -> Result<Preview, PreviewError> {
    let key = material.key(choice);
    if let Err(nothing) = material.arrange(&key) {
        return Err(PreviewError::Nothing(nothing.reason().to_owned()));
    }
    let material = Arc::new(material);
    let mut rendered = edition::render_all(deps, &material, vec![key]).await?;
    let Some((_, articles, mail)) = rendered.pop() else {
        let reason = Nothing::OnTopics.reason().to_owned();
        return Err(PreviewError::Nothing(reason));
    };
    let publication = material.publication.clone();
    let reader = match reader {
        Some(email) => email.clone(),
        None => publication.from.email.clone(),
    };
    // Nobody signs up in the time to come.
    let signed_up = material.dated.min(deps.now());
    Ok(Preview {
        values: values(deps, &publication, &mail.html, &reader, signed_up),
        digest: material.digest.clone(),
        number: material.number,
        at: material.dated,
        articles,
        edition: Edition {
            id: deps.new_id(EditionId::new),
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
        },
        reader,
        publication,
    })
}

/// What stands in the places for a reader; its links lead nowhere.
fn values(
    deps: &Deps,
    publication: &Publication,
    html: &str,
    reader: &EmailAddress,
    signed_up: Time,
) -> SlotValues {
    let nowhere = format!("{}/{}#preview", deps.limits.public_url, publication.slug);
    let language = deliver::language_of(html, publication);
    SlotValues {
        unsubscribe_url: nowhere.clone(),
        preferences_url: nowhere,
        email: reader.to_string(),
        signed_up: deliver::signed_up(publication, language, Some(signed_up), None),
    }
}

/// The articles of an issue, as its mails tell of them.
pub async fn articles(tx: &mut Tx, issue: &Issue, now: Time) -> Result<Vec<Article>, StoreError> {
    edition::frozen(tx, issue, now).await
}

/// The HTML part and the text part of an edition as it was made for its readers.
pub async fn edition(
    deps: &Deps,
    id: IssueId,
    edition: EditionId,
) -> Result<(String, String), PreviewError> {
    let unknown = || PreviewError::Unknown(id);
    let mut tx = deps.store.read().await?;
    let issue = issues::find(&mut tx, id).await?.ok_or_else(unknown)?;
    let publication = publications::find(&mut tx, issue.publication).await?;
    let publication = publication.ok_or_else(unknown)?;
    let made = editions::of_issue(&mut tx, id, edition).await?;
    let made = made.ok_or_else(unknown)?;
    drop(tx);
    let reader = &publication.from.email;
    let values = values(deps, &publication, &made.html, reader, issue.dated());
    Ok((
        fill_html(&made.html, &values),
        fill_text(&made.text, &values),
    ))
}

impl Preview {
    /// Makes it out to another address.
    pub(super) fn readdress(&mut self, to: &EmailAddress) {
        self.values.email = to.to_string();
        self.reader = to.clone();
    }

    /// The same with links that lead somewhere.
    pub(super) fn with(self, values: SlotValues) -> Self {
        Self { values, ..self }
    }

    /// Where its links to leave lead: nowhere.
    pub(super) fn unsubscribe_url(&self) -> &str {
        &self.values.unsubscribe_url
    }

    /// The HTML part; its links to leave and to change topics lead nowhere.
    pub fn html(&self) -> String {
        fill_html(&self.edition.html, &self.values)
    }

    /// The text part, with the same links.
    pub fn text(&self) -> String {
        fill_text(&self.edition.text, &self.values)
    }

    /// The whole message as it would go over the line, but for its signatures.
    pub fn message(&self, deps: &Deps) -> Result<Vec<u8>, ComposeError> {
        let issue = Issue {
            id: deps.new_id(IssueId::new),
            digest: self.digest.id,
            publication: self.publication.id,
            number: Some(self.number),
            state: IssueState::Composing,
            reason: None,
            trouble: None,
            audience: None,
            is_filled: false,
            words: Words::default(),
            planned_at: self.at,
            slot_at: None,
            started_at: None,
            finished_at: None,
        };
        deliver::sample(
            deps,
            Sample {
                issue,
                publication: &self.publication,
                digest: &self.digest,
                edition: &self.edition,
                to: &self.reader,
                date: self.at,
                values: &self.values,
            },
        )
    }
}
