//! Publications, as programs read of them.

use serde::Serialize;
use utoipa::ToSchema;

use super::words::{At, DesignWord, FontWord, WelcomeWord};
use crate::domain::look::Look;
use crate::domain::publication::Publication;

/// What people subscribe to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Publication)]
pub struct PublicationOutput {
    #[schema(examples("business-news"))]
    slug: String,
    /// The name for people.
    name: String,
    /// The sender of its mails.
    #[schema(examples("The Ledger <news@ledger.example>"))]
    from: String,
    /// Where answers go; null: to the sender.
    reply_to: Option<String>,
    /// The postal address that stands in every mail.
    postal_address: String,
    language: String,
    /// The languages of its pages and mails; empty for all that there are.
    languages: Vec<String>,
    timezone: &'static str,
    /// One sentence of promise for the sign-up page.
    description: Option<String>,
    privacy_url: Option<String>,
    /// The relays that its digests go through; empty for any.
    relays: Vec<String>,
    welcome: WelcomeWord,
    /// Whether links to articles lead through the service, which counts how often each is followed.
    count_clicks: bool,
    /// What site statistics know its mails by; empty for not at all.
    utm_source: String,
    /// Whether its mails carry a picture of which is counted how often it is loaded.
    count_opens: bool,
    look: LookView,
    /// Since when it takes no readers and sends no issues.
    archived_at: Option<At>,
    created_at: At,
}

/// How the mails of a publication look.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Look)]
struct LookView {
    design: DesignWord,
    #[schema(examples("#1b5578"))]
    accent: String,
    font: FontWord,
    logo: Option<LogoView>,
}

/// The picture at the head of a mail.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Logo)]
struct LogoView {
    url: String,
    /// What it says, for those who do not see it.
    alt: String,
    /// In pixels.
    width: u16,
}

impl From<&Look> for LookView {
    fn from(look: &Look) -> Self {
        Self {
            design: look.design.into(),
            accent: look.accent.to_string(),
            font: look.font.into(),
            logo: look.logo.as_ref().map(|logo| LogoView {
                url: logo.url.clone(),
                alt: logo.alt.clone(),
                width: logo.width,
            }),
        }
    }
}

impl From<&Publication> for PublicationOutput {
    fn from(p: &Publication) -> Self {
        Self {
            slug: p.slug.to_string(),
            name: p.name.clone(),
            from: p.from.to_string(),
            reply_to: p.reply_to.as_ref().map(ToString::to_string),
            postal_address: p.postal_address.clone(),
            language: p.language.clone(),
            languages: p.languages.clone(),
            timezone: p.timezone.name(),
            description: p.description.clone(),
            privacy_url: p.privacy_url.clone(),
            relays: p.relays.clone(),
            welcome: p.welcome.into(),
            count_clicks: p.links.count_clicks,
            utm_source: p.links.utm_source.as_str().to_owned(),
            count_opens: p.count_opens,
            look: (&p.look).into(),
            archived_at: p.archived_at.map(At),
            created_at: p.created_at.into(),
        }
    }
}
