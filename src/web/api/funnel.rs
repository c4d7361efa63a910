//! `/api/v1/publications/{publication}/funnel`: what became of sign-ups, day by day.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::input::{Asked, Named};
use super::page::shown;
use super::problem::Problem;
use crate::domain::funnel::FunnelStep;
use crate::store::funnel;
use crate::web::Web;

/// How far back.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Back {
    /// How many days, today included; 30 where it is not given.
    #[param(minimum = 1, maximum = 3650)]
    days: Option<u64>,
}

/// What became of sign-ups, the latest day first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Funnel {
    /// The days (UTC) on which something happened.
    items: Vec<OnOneDay>,
}

/// What became of sign-ups on a day.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = FunnelDay)]
struct OnOneDay {
    #[schema(value_type = String, format = Date)]
    day: NaiveDate,
    /// Readers asked to subscribe.
    asked: i64,
    /// They got no mail: the address is suppressed, or had one that day.
    spared: i64,
    /// They got a mail that asks them to confirm.
    mailed: i64,
    /// They were reminded.
    reminded: i64,
    confirmed: i64,
    /// They said that it was not them.
    refused: i64,
    /// They let it lie until the link ended.
    expired: i64,
}

impl OnOneDay {
    fn step(&mut self, step: FunnelStep) -> &mut i64 {
        match step {
            FunnelStep::Asked => &mut self.asked,
            FunnelStep::Spared => &mut self.spared,
            FunnelStep::Mailed => &mut self.mailed,
            FunnelStep::Reminded => &mut self.reminded,
            FunnelStep::Confirmed => &mut self.confirmed,
            FunnelStep::Refused => &mut self.refused,
            FunnelStep::Expired => &mut self.expired,
        }
    }
}

/// Tells what became of sign-ups, day by day.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/funnel", tag = "Publications", operation_id = "showFunnel",
    params(("publication" = String, Path, description = "Its slug."), Back), security(("token" = ["viewer"])),
    responses((status = 200, description = "The days.", body = Funnel)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(publication): Named<String>,
    Asked(back): Asked<Back>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let days = back.days.unwrap_or(30);
    if !(1..=3650).contains(&days) {
        let text = "days must be a number from 1 to 3650.";
        return Err(Problem::Request(text.to_owned()));
    }
    let today = web.deps.now().date_naive();
    let first = today.checked_sub_days(Days::new(days - 1)).unwrap_or(today);
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, &publication).await?;
    let mut found: BTreeMap<NaiveDate, OnOneDay> = BTreeMap::new();
    for (day, step, number) in funnel::since(&mut tx, publication.id, first).await? {
        let empty = || OnOneDay {
            day,
            ..OnOneDay::default()
        };
        *found.entry(day).or_insert_with(empty).step(step) = number;
    }
    let items = found.into_values().rev().collect();
    Ok(shown(&headers, &Funnel { items }))
}
