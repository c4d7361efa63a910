//! The pages that readers see, each with what it is told.

use std::sync::LazyLock;

use ring::digest::{SHA256, digest};
use serde::Serialize;

use super::contexts::{Brand, PublicationView};
pub use super::own_pages::{
    AddressPage, AddressState, DataPage, ErasePage, ErasedPage, LinkPage, LinkSentPage, OtherPlace,
    PauseView, Place, WhichPage,
};
use super::zones::ZoneChoice;
use super::{RenderError, Renderer};
use crate::domain::look::Direction;

/// The whole style of all pages; the page layout puts it into one `<style>`.
pub const PAGE_CSS: &str = include_str!("../web/assets/page.css");

/// Fills in the time zone, where the form asks for it.
pub const ZONE_SCRIPT: &str = include_str!("../web/assets/zone.js");

/// Does the sum of a form that has to prove itself.
pub const PROOF_SCRIPT: &str = include_str!("../web/assets/proof.js");

/// The source expression for `style-src` that allows the pages' style and no other.
pub fn style_hash() -> String {
    // Every answer carries it.
    static HASH: LazyLock<String> = LazyLock::new(|| source_hash(PAGE_CSS));
    HASH.clone()
}

/// The source expression that allows the accent of a publication, with a blank before it; empty
/// where it has none of its own.
pub fn brand_hash(brand: &Brand) -> String {
    if brand.page_css.is_empty() {
        String::new()
    } else {
        format!(" {}", source_hash(&brand.page_css))
    }
}

/// The source expressions for `script-src` that allow the pages' scripts and no other.
pub fn script_hashes() -> String {
    static HASHES: LazyLock<String> =
        LazyLock::new(|| [ZONE_SCRIPT, PROOF_SCRIPT].map(source_hash).join(" "));
    HASHES.clone()
}

pub(super) fn source_hash(source: &str) -> String {
    use base64::Engine as _;
    let hash = digest(&SHA256, source.as_bytes());
    let text = base64::engine::general_purpose::STANDARD.encode(hash.as_ref());
    format!("'sha256-{text}'")
}

/// A context that knows its template.
pub trait Page: Serialize {
    const TEMPLATE: &'static str;

    /// The look of its publication, where it is a page of one.
    fn brand(&self) -> Option<&Brand> {
        None
    }
}

impl Renderer {
    /// The HTML of a page.
    pub fn page<P: Page>(&self, page: &P) -> Result<String, RenderError> {
        self.fill(P::TEMPLATE, page)
    }

    /// All languages, each under its own name.
    pub fn languages(&self) -> Vec<LanguageOption> {
        let texts = self.texts();
        let option = |tag: &str| LanguageOption {
            tag: tag.to_owned(),
            name: texts.say(tag, "language-name", &[]),
        };
        texts.languages().map(option).collect()
    }
}

/// Names the template of each page of a publication.
macro_rules! pages {
    ($($page:ident => $template:literal),+ $(,)?) => {
        $(impl Page for $page {
            const TEMPLATE: &'static str = $template;

            fn brand(&self) -> Option<&Brand> {
                Some(&self.publication.brand)
            }
        })+
    };
}

impl Page for MessagePage {
    const TEMPLATE: &'static str = "message.html";
}

pub(super) use pages;

pages! {
    SignUpPage => "sign_up.html",
    CheckInboxPage => "check_inbox.html",
    ConfirmPage => "confirm.html",
    ConfirmedPage => "confirmed.html",
    LeavePage => "leave.html",
    GoodbyePage => "goodbye.html",
    ReturnedPage => "returned.html",
    NeverMailPage => "never_mail.html",
    PreferencesPage => "preferences.html",
    ArchivePage => "archive.html",
}

/// A language to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LanguageOption {
    pub tag: String,
    /// In that language.
    pub name: String,
}

/// A topic to tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopicOption {
    pub slug: String,
    pub name: String,
    pub checked: bool,
}

/// A digest to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestOption {
    pub slug: String,
    pub name: String,
    /// How often it comes, in words, as in "every weekday at 7:00".
    pub when: String,
    pub checked: bool,
}

/// A recent article, as proof of what one will get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Headline {
    pub title: String,
    pub url: String,
    pub date: String,
}

/// What a form needs to get past the guard; `guard.html` writes it into the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuardFields {
    /// Tells when the form was shown.
    pub stamp: String,
    /// The sum as JSON, where the form has to come with a proof.
    pub challenge: Option<String>,
    /// The form came without one and is shown again.
    pub is_asked: bool,
    /// The script sends the form by itself when it has done the sum.
    pub goes_on: bool,
    /// How long a browser without script has to wait instead.
    pub wait_seconds: u32,
}

/// `GET /{pub}`, and the answer to a form that needs correcting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignUpPage {
    pub publication: PublicationView,
    pub topics: Vec<TopicOption>,
    pub digests: Vec<DigestOption>,
    pub headlines: Vec<Headline>,
    /// The latest issue, to see what one will get.
    pub sample: Option<LatestIssue>,
    /// As typed.
    pub email: String,
    /// As typed.
    pub name: String,
    pub email_error: Option<String>,
    pub topics_error: Option<String>,
    pub digests_error: Option<String>,
    pub form_error: Option<String>,
    pub guard: GuardFields,
    /// The languages that the page can be read in.
    pub languages: Vec<LanguageOption>,
    /// Mails go out at the reader's local time.
    pub asks_zone: bool,
    /// What the reader agrees to by sending the form.
    pub consent_text: String,
    /// Where the form stands, kept with the consent.
    pub source: Option<String>,
}

/// Another address that may have been meant, and the form that was sent, to be sent again with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Meant {
    pub address: String,
    /// The other fields of the form, by name.
    pub fields: Vec<(String, String)>,
}

/// After the form: the same page whether or not the address was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckInboxPage {
    pub publication: PublicationView,
    /// As typed.
    pub email: String,
    /// Which sender to look for.
    pub from_email: String,
    pub archive_url: Option<String>,
    /// Where the address looks like a slip.
    pub meant: Option<Meant>,
}

/// What a confirmation link can still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmState {
    Open,
    AlreadyConfirmed,
    Expired,
    /// Used, and the reader has left since.
    Ended,
}

/// `GET /confirm/{token}`: changes nothing, shows one button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfirmPage {
    pub publication: PublicationView,
    pub token: String,
    /// Names of the chosen topics; empty means all of them.
    pub topics: Vec<String>,
    /// Names of the chosen digests.
    pub digests: Vec<String>,
    pub state: ConfirmState,
    /// What the reader agrees to by asking for another link.
    pub consent_text: String,
}

/// After the button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfirmedPage {
    pub publication: PublicationView,
    /// When the next issue comes, in words, as in "Wednesday, 25 November 2026, at 7:00".
    pub next_issue: Option<String>,
    pub preferences_url: String,
    pub latest: Option<LatestIssue>,
}

/// The latest issue, to read while waiting for the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LatestIssue {
    pub title: String,
    pub url: String,
}

/// `GET /unsubscribe/{token}`: changes nothing, shows one button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeavePage {
    pub publication: PublicationView,
    pub token: String,
    /// Masked: whoever was forwarded the mail need not learn it.
    pub email: String,
    /// For who wants less rather than nothing.
    pub preferences_url: String,
    /// A digest that comes less often, and where it is chosen.
    pub rarer: Option<DigestOption>,
    /// False for who has not confirmed anything that could be changed.
    pub subscribed: bool,
}

/// After leaving; offers to undo it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GoodbyePage {
    pub publication: PublicationView,
    pub token: String,
    /// False for who was erased since.
    pub can_undo: bool,
    /// Said just now why.
    pub thanked: bool,
}

/// After undoing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReturnedPage {
    pub publication: PublicationView,
    pub preferences_url: String,
}

/// Whether an address gets mail at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NeverMailState {
    /// It does; the button stops it.
    Open,
    Stopped,
    StoppedByOthers,
    Undone,
}

/// `GET /never/{token}`: changes nothing, shows one button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeverMailPage {
    pub publication: PublicationView,
    pub token: String,
    /// Masked.
    pub email: String,
    pub state: NeverMailState,
}

/// `GET /preferences/{token}`, and after saving.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreferencesPage {
    pub publication: PublicationView,
    pub token: String,
    /// Masked.
    pub email: String,
    pub topics: Vec<TopicOption>,
    pub digests: Vec<DigestOption>,
    pub languages: Vec<LanguageOption>,
    /// Where mails go out at the reader's local time.
    pub zones: Option<ZoneChoice>,
    /// The form has just been saved.
    pub saved: bool,
    pub error: Option<String>,
    /// No digest was ticked.
    pub digests_error: Option<String>,
    pub subscribed: bool,
    pub unsubscribe_url: String,
    pub pause: PauseView,
    /// The service's other publications.
    pub others: Vec<OtherPlace>,
}

/// An issue in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchivedIssue {
    /// Its first headline.
    pub title: String,
    pub number: i64,
    pub digest_name: String,
    pub date: String,
    pub url: String,
}

/// `GET /{pub}/archive`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchivePage {
    pub publication: PublicationView,
    /// The latest first.
    pub issues: Vec<ArchivedIssue>,
    pub sign_up_url: String,
    /// The pages before and behind this one.
    pub newer_url: Option<String>,
    pub older_url: Option<String>,
}

/// Not found, too many requests, out of order: a page without a publication or a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessagePage {
    pub language: String,
    pub direction: Direction,
    pub title: String,
    pub text: String,
    pub link: Option<MessageLink>,
}

/// Where to go on from a page that cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageLink {
    pub url: String,
    pub text: String,
}
