//! Lists, a page at a time.

use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::cursor;
use super::problem::Problem;
use crate::web::conditional;

/// Things on a page, where the request names no number.
const USUAL: i64 = 50;
const MOST: i64 = 200;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// The most that a page holds; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
    /// What the page before gave as `next_cursor`.
    pub cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// How many things the page is to hold.
pub(super) fn limit(asked: Option<i64>) -> Result<i64, Problem> {
    let limit = asked.unwrap_or(USUAL);
    if (1..=MOST).contains(&limit) {
        return Ok(limit);
    }
    let text = format!("limit must be a number from 1 to {MOST}.");
    Err(Problem::Request(text))
}

impl<T> Page<T> {
    /// A page of what was read: one more than it may hold, where there is a next one. `place` tells
    /// where a page ends.
    pub(super) fn of<R>(
        mut found: Vec<R>,
        limit: i64,
        place: impl FnOnce(&R) -> String,
        show: impl FnMut(R) -> T,
    ) -> Self {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = found.len() > most;
        found.truncate(most);
        let last = found.last().filter(|_| has_more);
        Self {
            next_cursor: last.map(place),
            items: found.into_iter().map(show).collect(),
        }
    }

    /// A page of a short list that is known as a whole, in the order of its keys.
    pub(super) fn of_all<R>(
        mut all: Vec<R>,
        paging: &Paging,
        key: impl Fn(&R) -> String,
        show: impl FnMut(R) -> T,
    ) -> Result<Self, Problem> {
        let limit = limit(paging.limit)?;
        let after = paging.cursor.as_deref().map(cursor::text).transpose()?;
        all.sort_by_cached_key(&key);
        all.retain(|one| after.as_ref().is_none_or(|after| key(one) > *after));
        Ok(Self::of(
            all,
            limit,
            |last| cursor::of_text(&key(last)),
            show,
        ))
    }
}

/// Our own types, whose keys are texts, can always be written as JSON.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// An answer with its ETag, or 304 where the program has it.
pub(super) fn shown(headers: &HeaderMap, value: &impl Serialize) -> Response {
    conditional::answer(headers, "application/json", None, json(value))
}

/// What a change led to, with its ETag.
pub(super) fn changed(value: &impl Serialize) -> Response {
    shown(&HeaderMap::new(), value)
}
