//! `paperround publication`

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::confirm::{Confirm, readers};
use super::output::{Output, Row};
use super::publication_embed::Embed;
use super::{Global, context, funnel};
use crate::domain::email_address::EmailAddress;
use crate::domain::links::UtmSource;
use crate::domain::look::{Colour, Design, Font, Logo};
use crate::domain::opens::WARNING;
use crate::domain::publication::{self as domain, Mailbox, Welcome};
use crate::domain::schedule;
use crate::domain::slug::Slug;
use crate::services::manage_publication::{self, NewPublication, PublicationError};
use crate::services::output::publications::PublicationOutput;
use crate::store::{publications, subscriptions};

#[derive(Debug, Subcommand)]
pub(super) enum Publication {
    /// Make a publication
    Create(Create),
    /// List the publications
    List,
    /// Show a publication
    Show {
        /// Its slug
        slug: String,
    },
    /// Print the HTML for its form on another site
    Embed(Embed),
    /// Change a publication; what is not named stays
    Update(Update),
    /// Show what became of sign-ups, day by day (UTC)
    Funnel {
        /// Its slug
        slug: String,
        /// How many days back
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
    },
    /// Take no more readers and send no more issues; everything is kept
    Archive {
        /// Its slug
        slug: String,
        /// Take it back
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        confirm: Confirm,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// The name in addresses of pages, as in business-news
    #[arg(value_parser = Slug::for_publication)]
    slug: Slug,
    /// The name for people
    #[arg(long)]
    name: String,
    /// The sender, as in 'The Ledger <news@ledger.example>'
    #[arg(long)]
    from: Mailbox,
    /// The postal address that stands in every mail
    #[arg(long)]
    postal_address: String,
    /// Where answers go
    #[arg(long)]
    reply_to: Option<EmailAddress>,
    /// Language tag
    #[arg(long, default_value = "en")]
    language: String,
    /// The languages of its pages and mails, as in de,fr; without this all that there are
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    languages: Vec<String>,
    /// IANA time zone
    #[arg(long, default_value = "UTC", value_parser = schedule::timezone)]
    timezone: chrono_tz::Tz,
    /// One sentence of promise for the sign-up page
    #[arg(long)]
    description: Option<String>,
    /// The address of the privacy statement
    #[arg(long)]
    privacy_url: Option<String>,
    /// Send its digests through this relay only; may be given several times
    #[arg(long = "relay", value_name = "NAME")]
    relays: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    /// Its slug
    slug: String,
    /// The name for people
    #[arg(long)]
    name: Option<String>,
    /// The sender, as in 'The Ledger <news@ledger.example>'
    #[arg(long)]
    from: Option<Mailbox>,
    /// The postal address that stands in every mail
    #[arg(long)]
    postal_address: Option<String>,
    /// Where answers go
    #[arg(long)]
    reply_to: Option<EmailAddress>,
    /// Language tag
    #[arg(long)]
    language: Option<String>,
    /// The languages of its pages and mails, as in de,fr
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    languages: Vec<String>,
    /// Offer all the languages that there are again
    #[arg(long, conflicts_with = "languages")]
    all_languages: bool,
    /// IANA time zone
    #[arg(long, value_parser = schedule::timezone)]
    timezone: Option<chrono_tz::Tz>,
    /// One sentence of promise for the sign-up page
    #[arg(long)]
    description: Option<String>,
    /// The address of the privacy statement
    #[arg(long)]
    privacy_url: Option<String>,
    /// Send its digests through this relay only; may be given several times
    #[arg(long = "relay", value_name = "NAME")]
    relays: Vec<String>,
    /// Send its digests through any relay again
    #[arg(long, conflicts_with = "relays")]
    any_relay: bool,
    /// What a reader gets at once on confirming: off, on (a few words), or latest-issue
    #[arg(long, value_name = "WHAT")]
    welcome: Option<Welcome>,
    /// Whether the links to articles lead through the service, which counts how often each is followed
    #[arg(long, value_name = "true|false")]
    count_clicks: Option<bool>,
    /// Name the mails to site statistics by this word (utm_source); '' for not at all
    #[arg(long, value_name = "WORD")]
    utm_source: Option<UtmSource>,
    /// Whether the mails carry a picture of which is counted how often it is loaded; asks, since little
    /// can be read from that
    #[arg(long, value_name = "true|false")]
    count_opens: Option<bool>,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    look: LookArgs,
}

/// How its mails look
#[derive(Debug, Args)]
struct LookArgs {
    /// The make-up of its digests: editorial, compact or plain
    #[arg(long)]
    design: Option<Design>,
    /// The colour of labels and links, as in '#1b5578'; it must be readable on white
    #[arg(long, value_parser = Colour::readable)]
    accent: Option<Colour>,
    /// The typeface of headlines: serif, sans or system
    #[arg(long)]
    font: Option<Font>,
    /// A picture in place of the name, https://...
    #[arg(long, value_name = "URL")]
    logo_url: Option<String>,
    /// What it says, for those who do not see it
    #[arg(long, value_name = "TEXT")]
    logo_alt: Option<String>,
    /// Its width in the mail, 24 to 400 pixels
    #[arg(long, value_name = "PIXELS")]
    logo_width: Option<u16>,
    /// Show the name again
    #[arg(long, conflicts_with_all = ["logo_url", "logo_alt", "logo_width"])]
    no_logo: bool,
}

impl LookArgs {
    fn apply(self, publication: &mut domain::Publication) -> Result<(), PublicationError> {
        let name = publication.name.clone();
        let look = &mut publication.look;
        look.design = self.design.unwrap_or(look.design);
        look.accent = self.accent.unwrap_or(look.accent);
        look.font = self.font.unwrap_or(look.font);
        if self.no_logo {
            look.logo = None;
        }
        let is_logo_named =
            self.logo_url.is_some() || self.logo_alt.is_some() || self.logo_width.is_some();
        if is_logo_named {
            let old = look.logo.take();
            let url = self.logo_url.or(old.as_ref().map(|logo| logo.url.clone()));
            let url = url.ok_or(PublicationError::NoLogo)?;
            let alt = self.logo_alt.or(old.as_ref().map(|logo| logo.alt.clone()));
            let width = self.logo_width.or(old.map(|logo| logo.width));
            look.logo = Some(Logo::checked(
                &url,
                &alt.unwrap_or(name),
                width.unwrap_or(LOGO_WIDTH),
            )?);
        }
        Ok(())
    }
}

/// The width of a logo that is not told otherwise, in pixels.
const LOGO_WIDTH: u16 = 200;

fn as_json(p: &domain::Publication) -> Value {
    let mut shown = json!(PublicationOutput::from(p));
    // As it was told here before there was one view for all.
    shown["links"] = json!(p.links);
    shown
}

impl Publication {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        match self {
            Self::Create(new) => {
                let made = manage_publication::create(&deps, new.into()).await?;
                let url = format!("{}/{}", deps.limits.public_url, made.slug);
                let text = format!(
                    "{} is made. Readers sign up at {url} as soon as `paperround serve` runs.",
                    made.slug
                );
                out.result(&as_json(&made), &text)?;
            }
            Self::List => {
                let mut tx = deps.store.read().await?;
                let mut rows = Vec::new();
                for p in publications::list(&mut tx).await? {
                    let (readers, pending, _) = subscriptions::count(&mut tx, p.id).await?;
                    let state = if p.archived_at.is_some() {
                        "archived"
                    } else {
                        "active"
                    };
                    rows.push(Row {
                        json: as_json(&p),
                        cells: vec![
                            p.slug.to_string(),
                            p.name,
                            readers.to_string(),
                            pending.to_string(),
                            state.to_owned(),
                        ],
                    });
                }
                let empty =
                    "there is no publication yet; `paperround publication create` makes one";
                out.list(
                    &["slug", "name", "readers", "pending", "state"],
                    &rows,
                    empty,
                )?;
            }
            Self::Show { slug } => {
                let found = context::publication(&deps, &slug).await?;
                let mut tx = deps.store.read().await?;
                let (confirmed, pending, left) = subscriptions::count(&mut tx, found.id).await?;
                let mut shown = as_json(&found);
                shown["subscriptions"] =
                    json!({ "confirmed": confirmed, "pending": pending, "unsubscribed": left });
                out.result(&shown, &serde_json::to_string_pretty(&shown)?)?;
            }
            Self::Embed(embed) => embed.run(&deps, out).await?,
            Self::Update(change) => {
                let slug = change.slug.clone();
                if change.count_opens == Some(true) {
                    out.warn(WARNING);
                    change.confirm.ask(&format!("Count opens of {slug}?"))?;
                }
                let changed = manage_publication::update(&deps, &slug, |p| change.apply(p)).await?;
                out.result(&as_json(&changed), &format!("{slug} is changed."))?;
            }
            Self::Funnel { slug, days } => funnel::show(&deps, &slug, days, out).await?,
            Self::Archive {
                slug,
                undo,
                confirm,
            } => {
                if !undo {
                    let publication = context::publication(&deps, &slug).await?;
                    let mut tx = deps.store.read().await?;
                    let (confirmed, ..) = subscriptions::count(&mut tx, publication.id).await?;
                    drop(tx);
                    let who = readers(confirmed);
                    confirm.ask(&format!("Archive {slug}? {who} get no more issues."))?;
                }
                let at = (!undo).then(|| deps.now());
                let changed = manage_publication::update(&deps, &slug, |p| {
                    p.archived_at = at;
                    Ok(())
                })
                .await?;
                let text = if undo {
                    "is active again"
                } else {
                    "is archived"
                };
                out.result(&as_json(&changed), &format!("{slug} {text}."))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl From<Create> for NewPublication {
    fn from(new: Create) -> Self {
        Self {
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
        }
    }
}

impl Update {
    fn apply(self, p: &mut domain::Publication) -> Result<(), PublicationError> {
        p.name = self.name.unwrap_or_else(|| p.name.clone());
        p.from = self.from.unwrap_or_else(|| p.from.clone());
        p.postal_address = self
            .postal_address
            .unwrap_or_else(|| p.postal_address.clone());
        p.language = self.language.unwrap_or_else(|| p.language.clone());
        if self.all_languages || !self.languages.is_empty() {
            p.languages = self.languages;
        }
        p.timezone = self.timezone.unwrap_or(p.timezone);
        p.reply_to = self.reply_to.or_else(|| p.reply_to.clone());
        p.description = self.description.or_else(|| p.description.clone());
        if self.any_relay || !self.relays.is_empty() {
            p.relays = self.relays;
        }
        p.privacy_url = self.privacy_url.or_else(|| p.privacy_url.clone());
        p.welcome = self.welcome.unwrap_or(p.welcome);
        let links = &mut p.links;
        links.count_clicks = self.count_clicks.unwrap_or(links.count_clicks);
        if let Some(source) = self.utm_source {
            links.utm_source = source;
        }
        p.count_opens = self.count_opens.unwrap_or(p.count_opens);
        self.look.apply(p)
    }
}
