//! Publications and their topics.

use sqlx::FromRow;
use uuid::Uuid;

use super::{StoreError, Tx, on, read};
use crate::domain::clock::Time;
use crate::domain::ids::{PublicationId, TopicId};
use crate::domain::links::LinkRules;
use crate::domain::look::{Logo, Look};
use crate::domain::publication::{Mailbox, Publication, Topic};
use crate::domain::slug::Slug;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    slug: String,
    name: String,
    from_name: String,
    from_email: String,
    reply_to: Option<String>,
    postal_address: String,
    language: String,
    languages: String,
    timezone: String,
    description: Option<String>,
    privacy_url: Option<String>,
    relays: String,
    welcome: String,
    count_clicks: bool,
    utm_source: String,
    count_opens: bool,
    design: String,
    accent: String,
    font: String,
    logo_url: Option<String>,
    logo_alt: Option<String>,
    logo_width: Option<i32>,
    archived_at: Option<Time>,
    created_at: Time,
}

impl Row {
    fn look(&self) -> Result<Look, StoreError> {
        let table = "publications";
        let logo = match (&self.logo_url, &self.logo_alt, self.logo_width) {
            (Some(url), Some(alt), Some(width)) => Some(Logo {
                url: url.clone(),
                alt: alt.clone(),
                width: u16::try_from(width).map_err(|_| StoreError::Corrupt {
                    table,
                    column: "logo_width",
                    id: self.id.to_string(),
                })?,
            }),
            _ => None,
        };
        Ok(Look {
            design: read(table, "design", self.id, &self.design)?,
            accent: read(table, "accent", self.id, &self.accent)?,
            font: read(table, "font", self.id, &self.font)?,
            logo,
        })
    }
}

impl TryFrom<Row> for Publication {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let table = "publications";
        let look = row.look()?;
        Ok(Self {
            id: PublicationId(row.id),
            slug: read(table, "slug", row.id, &row.slug)?,
            name: row.name,
            from: Mailbox {
                name: row.from_name,
                email: read(table, "from_email", row.id, &row.from_email)?,
            },
            reply_to: row
                .reply_to
                .map(|a| read(table, "reply_to", row.id, &a))
                .transpose()?,
            postal_address: row.postal_address,
            language: row.language,
            languages: listed(&row.languages),
            timezone: read(table, "timezone", row.id, &row.timezone)?,
            description: row.description,
            privacy_url: row.privacy_url,
            relays: listed(&row.relays),
            welcome: read(table, "welcome", row.id, &row.welcome)?,
            links: LinkRules {
                count_clicks: row.count_clicks,
                utm_source: read(table, "utm_source", row.id, &row.utm_source)?,
            },
            count_opens: row.count_opens,
            look,
            archived_at: row.archived_at,
            created_at: row.created_at,
        })
    }
}

/// A list that is kept by commas.
fn listed(text: &str) -> Vec<String> {
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// Adds a publication; `Conflict` where the slug is taken.
pub async fn insert(tx: &mut Tx, publication: &Publication) -> Result<(), StoreError> {
    let p = publication;
    on!(tx, |conn| sqlx::query(
        "INSERT INTO publications (id, slug, name, from_name, from_email, reply_to, postal_address,
            language, timezone, description, privacy_url, created_at, relays, design, accent, font,
            logo_url, logo_alt, logo_width, languages, welcome, count_clicks, utm_source,
            count_opens)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, $23, $24)"
    )
    .bind(p.id.0)
    .bind(p.slug.as_str())
    .bind(&p.name)
    .bind(&p.from.name)
    .bind(p.from.email.as_str())
    .bind(
        p.reply_to
            .as_ref()
            .map(super::super::domain::email_address::EmailAddress::as_str)
    )
    .bind(&p.postal_address)
    .bind(&p.language)
    .bind(p.timezone.name())
    .bind(&p.description)
    .bind(&p.privacy_url)
    .bind(p.created_at)
    .bind(p.relays.join(","))
    .bind(p.look.design.as_str())
    .bind(p.look.accent.to_string())
    .bind(p.look.font.as_str())
    .bind(p.look.logo.as_ref().map(|logo| &logo.url))
    .bind(p.look.logo.as_ref().map(|logo| &logo.alt))
    .bind(p.look.logo.as_ref().map(|logo| i32::from(logo.width)))
    .bind(p.languages.join(","))
    .bind(p.welcome.as_str())
    .bind(p.links.count_clicks)
    .bind(p.links.utm_source.as_str())
    .bind(p.count_opens)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Replaces everything but the slug.
pub async fn update(tx: &mut Tx, publication: &Publication) -> Result<(), StoreError> {
    let p = publication;
    on!(tx, |conn| sqlx::query(
        "UPDATE publications SET name = $2, from_name = $3, from_email = $4, reply_to = $5,
            postal_address = $6, language = $7, timezone = $8, description = $9, privacy_url = $10,
            archived_at = $11, relays = $12, design = $13, accent = $14, font = $15,
            logo_url = $16, logo_alt = $17, logo_width = $18,
            languages = $19, welcome = $20, count_clicks = $21, utm_source = $22,
            count_opens = $23
         WHERE id = $1"
    )
    .bind(p.id.0)
    .bind(&p.name)
    .bind(&p.from.name)
    .bind(p.from.email.as_str())
    .bind(
        p.reply_to
            .as_ref()
            .map(super::super::domain::email_address::EmailAddress::as_str)
    )
    .bind(&p.postal_address)
    .bind(&p.language)
    .bind(p.timezone.name())
    .bind(&p.description)
    .bind(&p.privacy_url)
    .bind(p.archived_at)
    .bind(p.relays.join(","))
    .bind(p.look.design.as_str())
    .bind(p.look.accent.to_string())
    .bind(p.look.font.as_str())
    .bind(p.look.logo.as_ref().map(|logo| &logo.url))
    .bind(p.look.logo.as_ref().map(|logo| &logo.alt))
    .bind(p.look.logo.as_ref().map(|logo| i32::from(logo.width)))
    .bind(p.languages.join(","))
    .bind(p.welcome.as_str())
    .bind(p.links.count_clicks)
    .bind(p.links.utm_source.as_str())
    .bind(p.count_opens)
    .execute(conn)
    .await
    .map(drop))?;
    Ok(())
}

/// Finds a publication by its slug, archived or not.
pub async fn find_by_slug(tx: &mut Tx, slug: &str) -> Result<Option<Publication>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM publications WHERE slug = $1"
    )
    .bind(slug)
    .fetch_optional(conn)
    .await)?;
    row.map(Publication::try_from).transpose()
}

/// Finds a publication by its id.
pub async fn find(tx: &mut Tx, id: PublicationId) -> Result<Option<Publication>, StoreError> {
    let row = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM publications WHERE id = $1"
    )
    .bind(id.0)
    .fetch_optional(conn)
    .await)?;
    row.map(Publication::try_from).transpose()
}

/// All publications, by slug.
pub async fn list(tx: &mut Tx) -> Result<Vec<Publication>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, Row>(
        "SELECT * FROM publications ORDER BY slug"
    )
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Publication::try_from).collect()
}

#[derive(FromRow)]
struct TopicRow {
    id: Uuid,
    slug: String,
    name: String,
}

impl TryFrom<TopicRow> for Topic {
    type Error = StoreError;

    fn try_from(row: TopicRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: TopicId(row.id),
            slug: read("topics", "slug", row.id, &row.slug)?,
            name: row.name,
        })
    }
}

/// Adds a topic; `Conflict` where the publication has one of that slug.
pub async fn insert_topic(
    tx: &mut Tx,
    publication: PublicationId,
    topic: &Topic,
    now: Time,
) -> Result<(), StoreError> {
    on!(tx, |conn| {
        sqlx::query(
        "INSERT INTO topics (id, publication_id, slug, name, created_at) VALUES ($1, $2, $3, $4, $5)"
    )
    .bind(topic.id.0)
    .bind(publication.0)
    .bind(topic.slug.as_str())
    .bind(&topic.name)
    .bind(now)
    .execute(conn)
    .await
    .map(drop)
    })?;
    Ok(())
}

/// Gives a topic another name; false where there is no such topic.
pub async fn rename_topic(
    tx: &mut Tx,
    publication: PublicationId,
    slug: &Slug,
    name: &str,
) -> Result<bool, StoreError> {
    let changed = on!(tx, |conn| sqlx::query(
        "UPDATE topics SET name = $3 WHERE publication_id = $1 AND slug = $2"
    )
    .bind(publication.0)
    .bind(slug.as_str())
    .bind(name)
    .execute(conn)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed > 0)
}

/// The topics of a publication, in the order in which they were added.
pub async fn topics(tx: &mut Tx, publication: PublicationId) -> Result<Vec<Topic>, StoreError> {
    let rows = on!(tx, |conn| sqlx::query_as::<_, TopicRow>(
        "SELECT id, slug, name FROM topics WHERE publication_id = $1 ORDER BY created_at, slug"
    )
    .bind(publication.0)
    .fetch_all(conn)
    .await)?;
    rows.into_iter().map(Topic::try_from).collect()
}
