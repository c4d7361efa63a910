//! Operators make and change publications and topics.

use chrono_tz::Tz;
use serde_json::json;
use thiserror::Error;

use super::Deps;
use super::audit::{images, note};
use crate::domain::audit::{Change, Kind};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{PublicationId, TopicId};
use crate::domain::language::primary;
use crate::domain::links::LinkRules;
use crate::domain::look::{Logo, LogoError, Look};
use crate::domain::publication::{Mailbox, Publication, Topic, Welcome};
use crate::domain::slug::Slug;
use crate::domain::text::{self, LineError};
use crate::store::{StoreError, Tx, publications};

/// Why a publication or topic was refused.
#[derive(Debug, Error)]
pub enum PublicationError {
    #[error("there is a publication {0:?} already")]
    Exists(String),
    #[error("there is a topic {0:?} already")]
    TopicExists(String),
    #[error("there is no publication {0:?}; `paperround publication list` shows them")]
    Unknown(String),
    #[error("there is no topic {0:?}; `paperround topic list` shows them")]
    UnknownTopic(String),
    #[error("the publication has changed since it was read")]
    Changed,
    #[error("{0:?} is not a language tag such as en or de")]
    Language(String),
    #[error("{given:?} is no language of the pages and mails; they speak: {known}")]
    Offered { given: String, known: String },
    #[error("the publication is in {0:?}, which has to be among its languages")]
    OwnLanguage(String),
    #[error("there is no relay {name:?} in the settings; they have: {known}")]
    Relay { name: String, known: String },
    #[error("{0:?} is not a web address (https://...)")]
    PrivacyUrl(String),
    #[error("there is no logo yet: name its address with --logo-url")]
    NoLogo,
    #[error(transparent)]
    Logo(#[from] LogoError),
    #[error(transparent)]
    Line(#[from] LineError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an operator says of a new publication.
#[derive(Debug, Clone)]
pub struct NewPublication {
    pub slug: Slug,
    pub name: String,
    pub from: Mailbox,
    pub reply_to: Option<EmailAddress>,
    pub postal_address: String,
    pub language: String,
    /// Empty for all.
    pub languages: Vec<String>,
    pub timezone: Tz,
    pub description: Option<String>,
    pub privacy_url: Option<String>,
    pub relays: Vec<String>,
}

/// Makes a publication.
pub async fn create(deps: &Deps, new: NewPublication) -> Result<Publication, PublicationError> {
    check_relays(deps, &new.relays)?;
    let mut publication = checked(Publication {
        id: deps.new_id(PublicationId::new),
        slug: new.slug,
        name: new.name,
        from: new.from,
        reply_to: new.reply_to,
        postal_address: new.postal_address,
        language: new.language,
        languages: new.languages,
        timezone: new.timezone,
        description: new.description,
        privacy_url: new.privacy_url,
        relays: new.relays,
        welcome: Welcome::Off,
        links: LinkRules::default(),
        count_opens: false,
        look: Look::default(),
        archived_at: None,
        created_at: deps.now(),
    })?;
    check_languages(deps, &mut publication)?;
    let mut tx = deps.store.begin().await?;
    match publications::insert(&mut tx, &publication).await {
        Err(StoreError::Conflict) => {
            return Err(PublicationError::Exists(publication.slug.to_string()));
        }
        other => other?,
    }
    let entry = change("add", &publication).to(images::publication(&publication));
    note(deps, &mut tx, entry).await?;
    tx.commit().await?;
    Ok(publication)
}

fn change(verb: &'static str, publication: &Publication) -> Change {
    Change::of(verb, Kind::Publication, &publication.slug).within(publication.id)
}

fn check_relays(deps: &Deps, names: &[String]) -> Result<(), PublicationError> {
    let known = deps.routes.names();
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(PublicationError::Relay {
            name: name.clone(),
            known: known.join(", "),
        }),
        None => Ok(()),
    }
}

/// Names each language once and without its region; the publication's own has to be among them.
fn check_languages(deps: &Deps, publication: &mut Publication) -> Result<(), PublicationError> {
    let texts = deps.renderer.texts();
    let mut languages: Vec<String> = Vec::new();
    for given in &publication.languages {
        let tag = primary(given);
        if !texts.speaks(&tag) {
            return Err(PublicationError::Offered {
                given: given.clone(),
                known: texts.languages().collect::<Vec<_>>().join(", "),
            });
        }
        if !languages.contains(&tag) {
            languages.push(tag);
        }
    }
    publication.languages = languages;
    let own = &publication.language;
    if texts.speaks(own) && !publication.offers(own) {
        return Err(PublicationError::OwnLanguage(own.clone()));
    }
    Ok(())
}

fn checked(mut publication: Publication) -> Result<Publication, PublicationError> {
    publication.name = text::line("the name", &publication.name, 80)?;
    publication.postal_address =
        text::line("the postal address", &publication.postal_address, 300)?;
    if let Some(description) = &publication.description {
        publication.description = Some(text::line("the description", description, 300)?);
    }
    let language = &publication.language;
    let is_tag = (2..=12).contains(&language.len())
        && language
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && language.as_bytes()[..2].iter().all(u8::is_ascii_lowercase);
    if !is_tag {
        return Err(PublicationError::Language(language.clone()));
    }
    if let Some(url) = &publication.privacy_url
        && crate::domain::article::check_url(url).is_err()
    {
        return Err(PublicationError::PrivacyUrl(url.clone()));
    }
    if let Some(logo) = &publication.look.logo {
        publication.look.logo = Some(Logo::checked(&logo.url, &logo.alt, logo.width)?);
    }
    Ok(publication)
}

/// Changes a publication.
pub async fn update(
    deps: &Deps,
    slug: &str,
    make: impl FnOnce(&mut Publication) -> Result<(), PublicationError>,
) -> Result<Publication, PublicationError> {
    let mut tx = deps.store.begin().await?;
    let found = publications::find_by_slug(&mut tx, slug).await?;
    let mut publication = found.ok_or_else(|| PublicationError::Unknown(slug.to_owned()))?;
    let before = images::publication(&publication);
    make(&mut publication)?;
    let mut publication = checked(publication)?;
    check_languages(deps, &mut publication)?;
    check_relays(deps, &publication.relays)?;
    publications::update(&mut tx, &publication).await?;
    let after = images::publication(&publication);
    if after != before {
        let entry = change("change", &publication).from(before).to(after);
        note(deps, &mut tx, entry).await?;
    }
    tx.commit().await?;
    Ok(publication)
}

/// Adds a topic.
pub async fn add_topic(
    deps: &Deps,
    publication: PublicationId,
    slug: Slug,
    name: &str,
) -> Result<Topic, PublicationError> {
    let mut tx = deps.store.begin().await?;
    let topic = add_topic_in(deps, &mut tx, publication, slug, name).await?;
    tx.commit().await?;
    Ok(topic)
}

/// The same with something else.
pub(super) async fn add_topic_in(
    deps: &Deps,
    tx: &mut Tx,
    publication: PublicationId,
    slug: Slug,
    name: &str,
) -> Result<Topic, PublicationError> {
    let topic = Topic {
        id: deps.new_id(TopicId::new),
        slug,
        name: text::line("the name", name, 60)?,
    };
    match publications::insert_topic(tx, publication, &topic, deps.now()).await {
        Err(StoreError::Conflict) => {
            return Err(PublicationError::TopicExists(topic.slug.to_string()));
        }
        other => other?,
    }
    let entry = Change::of("add", Kind::Topic, &topic.slug).within(publication);
    note(deps, tx, entry.to(json!({ "name": topic.name }))).await?;
    Ok(topic)
}

/// Gives a topic another name.
pub async fn rename_topic(
    deps: &Deps,
    publication: PublicationId,
    slug: &Slug,
    name: &str,
) -> Result<(), PublicationError> {
    let name = text::line("the name", name, 60)?;
    let mut tx = deps.store.begin().await?;
    let topics = publications::topics(&mut tx, publication).await?;
    if !publications::rename_topic(&mut tx, publication, slug, &name).await? {
        return Err(PublicationError::UnknownTopic(slug.to_string()));
    }
    let entry = Change::of("rename", Kind::Topic, slug).within(publication);
    let before = topics.iter().find(|topic| topic.slug == *slug);
    let before = json!({ "name": before.map(|topic| &topic.name) });
    note(
        deps,
        &mut tx,
        entry.from(before).to(json!({ "name": name })),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
