//! Fetching, parsing and sanitising feeds: bytes from strangers in, clean articles out. Whatever else
//! is asked of the web goes through the same guarded door.

pub mod call;
pub mod discover;
pub mod fetch;
pub mod guard;
pub mod hub;
pub mod outline;
pub mod page;
pub mod parse;
pub mod probe;
pub mod sanitize;

mod decode;
mod flatten;
mod gather;
mod json_feed;
mod plain;
mod repair;
mod shape;
mod tidy;
mod tokens;
mod turns;
mod vocabulary;

use serde::Serialize;

use crate::domain::clock::Time;

/// A feed as it was read, its entries in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParsedFeed {
    /// "rss", "atom" or "json".
    pub format: &'static str,
    pub title: Option<String>,
    pub entries: Vec<ParsedEntry>,
    /// How many more the file has than are read.
    pub left_out: usize,
}

/// One item of a feed, sanitised: no field holds anything active.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ParsedEntry {
    /// What the feed calls the item; else its address, else a digest of what it says.
    pub id: String,
    pub title: String,
    /// An http(s) address, or empty where the item names none.
    pub url: String,
    pub published_at: Option<Time>,
    pub updated_at: Option<Time>,
    pub authors: Vec<String>,
    pub categories: Vec<String>,
    pub summary_html: String,
    pub summary_text: String,
    pub image_url: Option<String>,
    pub image_alt: Option<String>,
    pub language: Option<String>,
    /// Words of the longest text that the feed gives.
    pub words: Option<u32>,
}
