//! How the API shows what came of a fetch.

use serde::Serialize;
use utoipa::ToSchema;

use crate::services::fetch_feed::{FeedError, Report};

/// What came of a fetch.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct Fetched {
    /// Why it brought nothing; null where it went well.
    error: Option<String>,
    /// The server said that nothing had changed.
    not_modified: bool,
    added: u32,
    updated: u32,
    unchanged: u32,
    /// Items without a title or an address.
    dropped: u32,
    /// Items beyond the most that are read of a feed.
    left_out: usize,
}

impl From<Report> for Fetched {
    fn from(report: Report) -> Self {
        Self {
            error: None,
            not_modified: report.not_modified,
            added: report.added,
            updated: report.updated,
            unchanged: report.unchanged,
            dropped: report.dropped,
            left_out: report.left_out,
        }
    }
}

impl Fetched {
    pub(super) fn failed(error: &FeedError) -> Self {
        let error = match error {
            FeedError::Gone => {
                "its server said that the feed is gone; resume it to ask again".to_owned()
            }
            other => other.to_string(),
        };
        Self {
            error: Some(error),
            ..Self::default()
        }
    }
}
