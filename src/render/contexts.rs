//! What a mail template is told, as types. Everything is a finished text: dates, names and
//! addresses are put into words before they get here, so that templates only place them.

use serde::Serialize;

use crate::domain::look::{Colour, Design, Direction, Font, Logo, Look};
use crate::domain::publication::Publication;

/// The colours, logo and typeface of a publication's mails and pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brand {
    /// Can be read on white.
    pub accent: Colour,
    /// The same accent for the dark.
    pub accent_dark: Colour,
    pub logo: Option<Logo>,
    pub font: Font,
    /// The accent as a style for pages; empty where it is the one that all pages have.
    pub page_css: String,
}

impl From<&Look> for Brand {
    fn from(look: &Look) -> Self {
        let (accent, accent_dark) = (look.accent, look.accent.in_the_dark());
        let page_css = if accent == Colour::ACCENT {
            String::new()
        } else {
            format!(
                ":root{{--accent:{accent}}}@media(prefers-color-scheme:dark){{:root{{--accent:{accent_dark}}}}}"
            )
        };
        Self {
            accent,
            accent_dark,
            page_css,
            logo: look.logo.clone(),
            font: look.font,
        }
    }
}

/// A publication as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicationView {
    pub name: String,
    pub slug: String,
    /// The language of the texts around it; its own, unless a reader has another.
    pub language: String,
    /// Which way that language is written.
    pub direction: Direction,
    /// The language of its name, description and articles.
    pub own_language: String,
    pub description: Option<String>,
    pub from_name: String,
    pub from_email: String,
    pub postal_address: String,
    pub privacy_url: Option<String>,
    /// The sign-up page, without a closing slash.
    pub home_url: String,
    pub brand: Brand,
}

impl PublicationView {
    /// The view of a publication on a service that is reached at `public_url`.
    pub fn new(publication: &Publication, public_url: &str) -> Self {
        let base = public_url.trim_end_matches('/');
        Self {
            name: publication.name.clone(),
            slug: publication.slug.to_string(),
            language: publication.language.clone(),
            direction: Direction::of(&publication.language),
            own_language: publication.language.clone(),
            description: publication.description.clone(),
            from_name: publication.from.name.clone(),
            from_email: publication.from.email.to_string(),
            postal_address: publication.postal_address.clone(),
            privacy_url: publication.privacy_url.clone(),
            home_url: format!("{base}/{}", publication.slug),
            brand: Brand::from(&publication.look),
        }
    }

    /// The same for a reader of another language.
    #[must_use]
    pub fn told_in(self, language: &str) -> Self {
        Self {
            language: language.to_owned(),
            direction: Direction::of(language),
            ..self
        }
    }
}

/// The mail that brings a link which was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkMail {
    pub publication: PublicationView,
    pub words: LinkWords,
    pub url: String,
}

/// What such a mail says of its link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkWords {
    pub title: String,
    pub lead: String,
    pub button: String,
    /// How long it works, where that is not for years.
    pub lifetime: Option<String>,
    /// What to do for who did not ask.
    pub not_you: Option<String>,
}

/// The mail that tells operators what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertMail {
    /// Where the service is.
    pub site: String,
    pub opened: Vec<AlertWords>,
    pub reminded: Vec<AlertWords>,
    pub over: Vec<AlertWords>,
}

/// What it says of one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertWords {
    pub kind: String,
    pub summary: String,
    pub opened_at: String,
    pub closed_at: Option<String>,
}

/// The mail that brings an operator a link to choose a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperatorMail {
    /// Where the service is, and its host alone.
    pub site: String,
    pub host: String,
    pub url: String,
    /// The operator's address.
    pub email: String,
    /// As in "editor who may send".
    pub rights: String,
    /// Whether they have never signed in.
    pub is_new: bool,
    pub ends_at: String,
}

/// The mail that asks whether the owner of an address wants what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfirmationMail {
    pub publication: PublicationView,
    pub confirm_url: String,
    /// Where somebody who did not ask stops all mail to the address.
    pub never_url: String,
    /// When it was asked for, in words.
    pub requested_at: String,
    /// The site on which it was asked for.
    pub source: Option<String>,
    /// What the internet address began with from which it was asked for.
    pub network: Option<String>,
    /// Names of the chosen topics; empty means all of them.
    pub topics: Vec<String>,
    /// Names of the chosen digests.
    pub digests: Vec<String>,
    pub expires_days: u32,
    /// When the link ends, in words: in the mail that reminds.
    pub expires_at: Option<String>,
    /// The address is confirmed already; the mail asks to confirm other choices.
    pub changes: bool,
}

/// The mail that welcomes a reader who has just confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WelcomeMail {
    pub publication: PublicationView,
    /// When the next issue comes, in words.
    pub next_issue: Option<String>,
    /// Names of the chosen topics; empty means all of them.
    pub topics: Vec<String>,
    /// Names of the chosen digests.
    pub digests: Vec<String>,
    pub archive_url: String,
    /// Where choices are changed.
    pub change_url: String,
    pub leave_url: String,
}

/// An article as a mail shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Card {
    pub title: String,
    pub url: String,
    /// Sanitised HTML; shown instead of the text where it is short and plain enough.
    pub summary_html: Option<String>,
    pub summary_text: String,
    pub source: String,
    pub reading_minutes: usize,
    /// A short date, in words.
    pub date: String,
    pub topic: Option<String>,
    pub image_url: Option<String>,
    pub image_alt: Option<String>,
    /// The editor put it before the others.
    pub pinned: bool,
    /// Its place in the mail, from 1; [`DigestMail::new`] sets it.
    pub number: usize,
}

/// The articles of one topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Empty above articles without a topic.
    pub title: String,
    pub cards: Vec<Card>,
}

/// A block between the articles: a sponsor's words, or a notice of the publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What it is, as in "Sponsor".
    pub label: String,
    /// Sanitised HTML.
    pub html: String,
    pub text: String,
}

/// What a digest mail says apart from its articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestHead {
    pub publication: PublicationView,
    pub digest_name: String,
    pub number: i64,
    /// Weekday and date, in words.
    pub date: String,
    /// How often it comes, in words, as in "every weekday at 7:00".
    pub when: Option<String>,
    /// The language of the edition as a BCP 47 tag, and which way it is written.
    pub language: String,
    pub direction: Direction,
    pub design: Design,
    /// Two or three sentences by the editor before the articles, as sanitised HTML and as text.
    pub intro_html: Option<String>,
    pub intro_text: Option<String>,
    /// The same behind them.
    pub outro_html: Option<String>,
    pub outro_text: Option<String>,
    pub notice: Option<Notice>,
    /// Names of the reader's topics; empty means all of them.
    pub topics: Vec<String>,
    /// The page that shows this issue.
    pub view_url: String,
}

/// A digest mail. [`DigestMail::new`] makes one from a head and the articles in their places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestMail {
    #[serde(flatten)]
    pub head: DigestHead,
    /// The first headline.
    pub subject: String,
    /// The second headline: the first is the subject already.
    pub preheader: String,
    pub lead: Option<Card>,
    pub sections: Vec<Section>,
    /// What is shown by headline alone.
    pub also: Vec<Card>,
}

/// A mail, ready for its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line, without control characters.
    pub subject: String,
    pub text: String,
    pub html: String,
}
