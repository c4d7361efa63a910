//! What is counted over time: readers, sign-ups, mails.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use chrono::{Days, NaiveTime};
use serde::Deserialize;

use super::bounce_figures;
use super::error::AdminError;
use super::figures;
use super::signed_in::{Reads, SignedIn};
use crate::render::admin::frame::Choice;
use crate::render::admin::nav::Section;
use crate::render::admin::statistics::StatisticsPage;
use crate::store::{bounces, funnel, statistics, subscriptions};
use crate::web::Web;

/// Domains of what came back that are listed.
const DOMAINS: i64 = 20;

/// Spans in days, with their words.
const SPANS: [(u64, &str); 4] = [
    (30, "30 days"),
    (90, "90 days"),
    (365, "a year"),
    (1826, "five years"),
];

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    /// One of the spans; anything else counts as the shortest.
    #[serde(default)]
    days: String,
}

/// `GET /admin/p/{publication}/statistics`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let known = SPANS
        .iter()
        .find(|(days, _)| days.to_string() == asked.days);
    let (span, words) = *known.unwrap_or(&SPANS[0]);
    let framing = me
        .frame_of(Section::Statistics, "Statistics", Some(&publication))
        .await?;
    let today = me.deps.now().date_naive();
    let first = today - Days::new(span - 1);
    let since = first.and_time(NaiveTime::MIN).and_utc();
    let mut tx = me.deps.store.read().await?;
    let days = statistics::days(&mut tx, publication.id, first).await?;
    let live = subscriptions::count(&mut tx, publication.id).await?;
    let steps = funnel::since(&mut tx, publication.id, first).await?;
    let issues = statistics::ended(&mut tx, publication.id, since).await?;
    let domains = statistics::by_domain(&mut tx, publication.id, since).await?;
    let back = bounces::by_day(&mut tx, publication.id, since).await?;
    let back_by_domain = bounces::by_domain(&mut tx, publication.id, since, DOMAINS).await?;
    drop(tx);
    let days = figures::until_now(days, today, live);
    let page = StatisticsPage {
        slug,
        spans: SPANS
            .iter()
            .map(|(days, name)| Choice {
                value: days.to_string(),
                name: (*name).to_owned(),
                chosen: *days == span,
            })
            .collect(),
        figures: vec![
            figures::readers(&days),
            figures::churn(&days),
            figures::sign_ups(&steps, words),
            figures::mails(&issues, publication.timezone),
            figures::domains(&domains),
            bounce_figures::days(&back),
            bounce_figures::domains(&back_by_domain),
        ],
        frame: framing.frame,
    };
    me.page(&web, &page)
}
