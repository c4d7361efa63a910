//! What the search box of the top line finds.

use serde::Serialize;

use super::frame::{Frame, State};

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    pub name: String,
    /// Its page, where it has one.
    pub url: Option<String>,
    pub publication: String,
    pub state: State,
}

/// Things of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HitGroup {
    pub name: &'static str,
    /// What a hit's name is, as in "Address".
    pub head: &'static str,
    pub hits: Vec<Hit>,
}

/// `GET /admin/search`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SearchPage {
    pub frame: Frame,
    pub query: String,
    pub groups: Vec<HitGroup>,
}

super::admin_pages! { SearchPage => "admin/search.html" }
