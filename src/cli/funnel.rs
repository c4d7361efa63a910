//! `paperround publication funnel`: what became of sign-ups, day by day.

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::{Days, NaiveDate};
use serde_json::json;

use super::context;
use super::output::{Output, Row};
use crate::domain::funnel::FunnelStep;
use crate::services::Deps;
use crate::store::funnel;

type Counts = BTreeMap<&'static str, i64>;

pub(super) async fn show(deps: &Deps, slug: &str, days: u32, out: &Output) -> Result<()> {
    let publication = context::publication(deps, slug).await?;
    let today = deps.now().date_naive();
    let first = today
        .checked_sub_days(Days::new(u64::from(days) - 1))
        .unwrap_or(today);
    let mut tx = deps.store.read().await?;
    let found = funnel::since(&mut tx, publication.id, first).await?;
    drop(tx);
    let mut by_day: BTreeMap<NaiveDate, Counts> = BTreeMap::new();
    let mut all = Counts::new();
    for (day, step, number) in found {
        by_day.entry(day).or_default().insert(step.as_str(), number);
        *all.entry(step.as_str()).or_default() += number;
    }
    let mut rows: Vec<Row> = by_day
        .iter()
        .rev()
        .map(|(day, counts)| row(&day.to_string(), counts))
        .collect();
    if rows.len() > 1 && !out.is_json() {
        rows.push(row("all", &all));
    }
    let mut head = vec!["day"];
    head.extend(FunnelStep::ALL.map(FunnelStep::as_str));
    let empty = format!("nobody has signed up to {slug} in these {days} days");
    out.list(&head, &rows, &empty)
}

fn row(day: &str, counts: &Counts) -> Row {
    let number = |step: FunnelStep| counts.get(step.as_str()).copied().unwrap_or(0);
    let mut json = json!({ "day": day });
    let mut cells = vec![day.to_owned()];
    for step in FunnelStep::ALL {
        json[step.as_str()] = number(step).into();
        cells.push(number(step).to_string());
    }
    Row { json, cells }
}
