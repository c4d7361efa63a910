//! `/api/v1/publications`: what people subscribe to.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Editor};
use super::input::{Asked, Input, Named};
use super::once::made;
use super::page::{Page, Paging, changed, shown};
use super::problem::Problem;
use super::schemas::{
    AddressText, ColourText, DesignWord, FontWord, MailboxText, PublicationSlug, UtmText,
    WelcomeWord, ZoneText, changes,
};
use super::unchanged::IfMatch;
use crate::domain::clock::Time;
use crate::domain::look::{Logo, Look};
use crate::domain::publication::Publication;
use crate::services::manage_publication::{self, NewPublication, PublicationError};
use crate::services::output::publications::PublicationOutput;
use crate::store::{publications, subscriptions};
use crate::web::Web;

/// The width of a logo that is not told otherwise, in pixels.
const LOGO_WIDTH: u16 = 200;

/// A new publication.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPublication)]
pub(super) struct New {
    slug: PublicationSlug,
    /// The name for people.
    #[schema(min_length = 1, max_length = 80, examples("Business News"))]
    name: String,
    from: MailboxText,
    /// The postal address that stands in every mail.
    #[schema(min_length = 1, max_length = 300, examples("1 Quay Street, Orrin"))]
    postal_address: String,
    reply_to: Option<AddressText>,
    /// A language tag; en where it is not given.
    #[schema(examples("en"))]
    language: Option<String>,
    /// The languages of its pages and mails; empty or left out for all that there are.
    #[serde(default)]
    languages: Vec<String>,
    /// UTC where it is not given.
    timezone: Option<ZoneText>,
    /// One sentence of promise for the sign-up page.
    #[schema(max_length = 300)]
    description: Option<String>,
    privacy_url: Option<String>,
    /// The relays that its digests go through; empty or left out for any.
    #[serde(default)]
    relays: Vec<String>,
}

impl From<New> for NewPublication {
    fn from(new: New) -> Self {
        Self {
            slug: new.slug.0,
            name: new.name,
            from: new.from.0,
            reply_to: new.reply_to.map(|a| a.0),
            postal_address: new.postal_address,
            language: new.language.unwrap_or_else(|| "en".to_owned()),
            languages: new.languages,
            timezone: new.timezone.map_or(chrono_tz::UTC, |zone| zone.0),
            description: new.description,
            privacy_url: new.privacy_url,
            relays: new.relays,
        }
    }
}

changes! {
    /// What is to change about a publication; what is left out stays.
    #[schema(as = PublicationChange)]
    Change {
        /// The name for people.
        #[schema(min_length = 1, max_length = 80)]
        name: String,
        from: MailboxText,
        reply_to: Option<AddressText>,
        #[schema(min_length = 1, max_length = 300)]
        postal_address: String,
        language: String,
        /// Empty for all that there are.
        languages: Vec<String>,
        timezone: ZoneText,
        #[schema(max_length = 300)]
        description: Option<String>,
        privacy_url: Option<String>,
        /// Empty for any.
        relays: Vec<String>,
        welcome: WelcomeWord,
        /// Whether links to articles lead through the service, which counts how often each is followed.
        count_clicks: bool,
        /// What site statistics know its mails by; empty for not at all.
        utm_source: UtmText,
        /// Whether its mails carry a picture of which is counted how often it is loaded. Little can be
        /// read from that: mailbox providers and scanners load it for mails that nobody reads, and many
        /// readers see mails without pictures. In some countries readers have to be asked first.
        count_opens: bool,
        look: LookChange,
        /// Whether it takes no readers and sends no issues.
        archived: bool,
    }
}

changes! {
    /// What is to change about the look of its mails.
    LookChange {
        design: DesignWord,
        accent: ColourText,
        font: FontWord,
        logo: Option<LogoChange>,
    }
}

changes! {
    /// What is to change about the logo.
    LogoChange {
        /// https://...
        url: String,
        #[schema(min_length = 1, max_length = 120)]
        alt: String,
        #[schema(minimum = 24, maximum = 400)]
        width: u16,
    }
}

/// Takes over what was given.
pub(super) fn set<T>(place: &mut T, given: Option<impl Into<T>>) {
    if let Some(given) = given {
        *place = given.into();
    }
}

impl Change {
    fn apply(self, p: &mut Publication, now: Time) -> Result<(), PublicationError> {
        set(&mut p.name, self.name);
        set(&mut p.from, self.from.map(|from| from.0));
        set(&mut p.reply_to, self.reply_to.map(|to| to.map(|to| to.0)));
        set(&mut p.postal_address, self.postal_address);
        set(&mut p.language, self.language);
        set(&mut p.languages, self.languages);
        set(&mut p.timezone, self.timezone.map(|zone| zone.0));
        set(&mut p.description, self.description);
        set(&mut p.privacy_url, self.privacy_url);
        set(&mut p.relays, self.relays);
        set(&mut p.welcome, self.welcome.map(|word| word.0));
        set(&mut p.links.count_clicks, self.count_clicks);
        set(&mut p.links.utm_source, self.utm_source.map(|word| word.0));
        set(&mut p.count_opens, self.count_opens);
        match self.archived {
            Some(true) => p.archived_at = p.archived_at.or(Some(now)),
            Some(false) => p.archived_at = None,
            None => {}
        }
        match self.look {
            Some(look) => look.apply(&p.name, &mut p.look),
            None => Ok(()),
        }
    }
}

impl LookChange {
    fn apply(self, name: &str, look: &mut Look) -> Result<(), PublicationError> {
        set(&mut look.design, self.design.map(|word| word.0));
        set(&mut look.accent, self.accent.map(|colour| colour.0));
        set(&mut look.font, self.font.map(|word| word.0));
        match self.logo {
            Some(Some(change)) => {
                let old = look.logo.take();
                let url = change.url.or(old.as_ref().map(|logo| logo.url.clone()));
                let url = url.ok_or(PublicationError::NoLogo)?;
                let alt = change.alt.or(old.as_ref().map(|logo| logo.alt.clone()));
                let alt = alt.unwrap_or_else(|| name.to_owned());
                let width = change.width.or(old.map(|logo| logo.width));
                let width = width.unwrap_or(LOGO_WIDTH);
                look.logo = Some(Logo::checked(&url, &alt, width)?);
            }
            Some(None) => look.logo = None,
            None => {}
        }
        Ok(())
    }
}

/// Lists the publications that the token reaches, by slug.
#[utoipa::path(get, path = "/api/v1/publications", tag = "Publications", operation_id = "listPublications",
    params(Paging), security(("token" = ["viewer"])),
    responses((status = 200, description = "A page of publications.", body = Page<PublicationOutput>)))]
pub(super) async fn list(
    State(web): State<Web>,
    caller: Caller,
    Asked(paging): Asked<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let mut all = publications::list(&mut tx).await?;
    all.retain(|publication| caller.reaches(publication.id));
    let page = Page::of_all(
        all,
        &paging,
        |p| p.slug.to_string(),
        |p| PublicationOutput::from(&p),
    )?;
    Ok(shown(&headers, &page))
}

/// Makes a publication.
///
/// For a token that reaches all publications.
#[utoipa::path(post, path = "/api/v1/publications", tag = "Publications", operation_id = "createPublication",
    security(("token" = ["editor"])), request_body = New,
    responses((status = 201, description = "It is made.", body = PublicationOutput)))]
pub(super) async fn create(
    State(web): State<Web>,
    Editor(caller): Editor,
    input: Input<New>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    caller.must_reach_all()?;
    let work = async {
        let made_now = manage_publication::create(&web.deps, input.value.into()).await?;
        let place = format!("/api/v1/publications/{}", made_now.slug);
        Ok(made(place, &PublicationOutput::from(&made_now)))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Shows a publication.
#[utoipa::path(get, path = "/api/v1/publications/{publication}", tag = "Publications", operation_id = "showPublication",
    params(("publication" = String, Path, description = "Its slug.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The publication.", body = PublicationOutput)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(slug): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let found = caller.publication(&mut tx, &slug).await?;
    Ok(shown(&headers, &PublicationOutput::from(&found)))
}

/// Changes a publication; what is left out stays.
#[utoipa::path(patch, path = "/api/v1/publications/{publication}", tag = "Publications", operation_id = "updatePublication",
    params(("publication" = String, Path, description = "Its slug.")), security(("token" = ["editor"])),
    request_body = Change,
    responses((status = 200, description = "As it is now.", body = PublicationOutput)))]
pub(super) async fn update(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(slug): Named<String>,
    known: IfMatch,
    input: Input<Change>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    caller.publication(&mut tx, &slug).await?;
    drop(tx);
    let now = web.deps.now();
    let done = manage_publication::update(&web.deps, &slug, |publication| {
        if !known.holds(&PublicationOutput::from(&*publication)) {
            return Err(PublicationError::Changed);
        }
        input.value.apply(publication, now)
    });
    Ok(changed(&PublicationOutput::from(&done.await?)))
}

/// How many readers a publication has.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Readers {
    confirmed: i64,
    pending: i64,
    unsubscribed: i64,
}

/// Counts the readers of a publication.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/readers", tag = "Publications", operation_id = "countReaders",
    params(("publication" = String, Path, description = "Its slug.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The numbers of subscriptions by state.", body = Readers)))]
pub(super) async fn readers(
    State(web): State<Web>,
    caller: Caller,
    Named(slug): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let found = caller.publication(&mut tx, &slug).await?;
    let (confirmed, pending, unsubscribed) = subscriptions::count(&mut tx, found.id).await?;
    let readers = Readers {
        confirmed,
        pending,
        unsubscribed,
    };
    Ok(shown(&headers, &readers))
}
