//! The pages on which readers see to their address and their data, and parts of the page with their
//! choices.

use serde::Serialize;

use super::contexts::{Brand, PublicationView};
use super::pages::{Page, pages};
use crate::domain::look::Direction;

impl Page for WhichPage {
    const TEMPLATE: &'static str = "which.html";
}

pages! {
    LinkPage => "link.html",
    LinkSentPage => "link_sent.html",
    AddressPage => "address.html",
    DataPage => "data.html",
    ErasePage => "erase.html",
    ErasedPage => "erased.html",
}

/// A reader's pause, or the days that one may end on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PauseView {
    /// The day from which mail comes again, in words, while there is a pause.
    pub until: Option<String>,
    /// As in 2026-11-25.
    pub first_day: String,
    pub last_day: String,
    pub error: Option<String>,
}

/// Another publication of the service, as the reader has it or could.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherPlace {
    pub slug: String,
    pub name: String,
    pub description: Option<String>,
    /// The language of both.
    pub language: String,
    /// Where it is changed and left, for who gets it.
    pub preferences_url: Option<String>,
    pub unsubscribe_url: Option<String>,
    /// What is agreed to by asking for it.
    pub consent_text: String,
}

/// `GET /{pub}/link`: where a reader asks for the link to their choices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkPage {
    pub publication: PublicationView,
    /// As typed.
    pub email: String,
    pub email_error: Option<String>,
}

/// After asking for a link: the same page whether or not the address is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkSentPage {
    pub publication: PublicationView,
    /// As typed, or masked.
    pub email: String,
    /// The link works for an hour only.
    pub is_short: bool,
    /// The page from which it was asked for, where that is the reader's own.
    pub back_url: Option<String>,
}

/// A publication to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    pub name: String,
    /// The language of its name.
    pub language: String,
    pub url: String,
}

/// `GET /reader/link` on a service with several publications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhichPage {
    pub language: String,
    pub direction: Direction,
    pub places: Vec<Place>,
}

/// How far a reader is on the way to another address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressState {
    /// The new address is asked for.
    Form,
    /// A mail went to it, if it can.
    Sent,
    /// It is to be confirmed.
    Confirm,
    Changed,
    /// The old address may take it back.
    Told,
    Undone,
    /// It can be taken back no more.
    Kept,
}

/// The pages under `/reader/address`, `/reader/new-address` and `/reader/old-address`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressPage {
    pub publication: PublicationView,
    pub token: String,
    pub state: AddressState,
    /// Masked.
    pub old_email: String,
    /// As typed, or masked for the old address.
    pub new_email: String,
    pub email_error: Option<String>,
}

/// `GET /reader/data/{token}`: one button, which downloads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataPage {
    pub publication: PublicationView,
    pub token: String,
    pub email: String,
}

/// `GET /reader/erase/{token}`: changes nothing, says what goes, one button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErasePage {
    pub publication: PublicationView,
    pub token: String,
    pub email: String,
}

/// After the erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErasedPage {
    pub publication: PublicationView,
}
