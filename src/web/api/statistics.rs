//! `/api/v1/publications/{publication}/statistics`: what is counted over time.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{Days, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::input::{Asked, Named};
use super::page::shown;
use super::problem::Problem;
use crate::domain::statistics::{DomainSum, MailSum, ReaderDay, by_day};
use crate::services::output::issues::BouncesOutput;
use crate::store::{bounces, statistics, subscriptions};
use crate::web::Web;

/// Domains of what came back that are told.
const DOMAINS: i64 = 50;

/// How far back.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Back {
    /// How many days, with today; 30 where it is not given.
    #[param(minimum = 1, maximum = 3650)]
    days: Option<u64>,
}

/// What is counted of a publication. What became of its sign-ups is the funnel.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Statistics {
    /// The readers at the end of each day (UTC), the latest first; the first is today so far. Days on
    /// which nobody counted are left out.
    readers: Vec<OnDay>,
    /// What became of mails, by the day on which their issue ended in the zone of the publication, the
    /// latest first.
    mails: Vec<MailsOnDay>,
    /// The same by the domain of the address, the most mails first.
    domains: Vec<MailsToDomain>,
    /// What came back, by the day (UTC) on which it came, the latest first.
    bounces: Vec<BouncesOnDay>,
    /// The same by the domain of the address, the most first.
    bounces_by_domain: Vec<BouncesOfDomain>,
}

/// The readers at the end of a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReaderDay)]
struct OnDay {
    #[schema(value_type = String, format = Date)]
    day: NaiveDate,
    /// Confirmed.
    active: i64,
    pending: i64,
    /// All that have ever left and did not come back.
    left: i64,
}

/// What became of mails.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailSum)]
struct Sum {
    sent: i64,
    failed: i64,
    /// What may have arrived: mails whose outcome was lost.
    unknown: i64,
    skipped: i64,
}

/// The mails of the issues that ended on a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailDay)]
struct MailsOnDay {
    #[schema(value_type = String, format = Date)]
    day: NaiveDate,
    #[serde(flatten)]
    sum: Sum,
}

/// The mails to a domain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailDomain)]
struct MailsToDomain {
    /// Null for all but the largest domains of each issue.
    domain: Option<String>,
    #[serde(flatten)]
    sum: Sum,
}

/// Reports that came on a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BounceDay)]
struct BouncesOnDay {
    #[schema(value_type = String, format = Date)]
    day: NaiveDate,
    #[serde(flatten)]
    sum: BouncesOutput,
}

/// Reports about mails to a domain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BounceDomain)]
struct BouncesOfDomain {
    /// Null for readers who were erased.
    domain: Option<String>,
    #[serde(flatten)]
    sum: BouncesOutput,
}

impl From<MailSum> for Sum {
    fn from(sum: MailSum) -> Self {
        Self {
            sent: sum.sent,
            failed: sum.failed,
            unknown: sum.unknown,
            skipped: sum.skipped,
        }
    }
}

impl From<ReaderDay> for OnDay {
    fn from(counted: ReaderDay) -> Self {
        Self {
            day: counted.day,
            active: counted.active,
            pending: counted.pending,
            left: counted.left,
        }
    }
}

fn to_domain(sum: DomainSum) -> MailsToDomain {
    MailsToDomain {
        domain: Some(sum.domain).filter(|domain| !domain.is_empty()),
        sum: sum.mails.into(),
    }
}

fn on_day(day: bounces::Day) -> BouncesOnDay {
    BouncesOnDay {
        day: day.day,
        sum: day.counts.into(),
    }
}

fn of_domain((domain, counts): (String, bounces::Counts)) -> BouncesOfDomain {
    BouncesOfDomain {
        domain: Some(domain).filter(|domain| !domain.is_empty()),
        sum: counts.into(),
    }
}

/// Tells how many readers there were day by day, and what became of mails by day and by domain.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/statistics", tag = "Publications", operation_id = "showStatistics",
    params(("publication" = String, Path, description = "Its slug."), Back), security(("token" = ["viewer"])),
    responses((status = 200, description = "The numbers.", body = Statistics)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(slug): Named<String>,
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
    let since = first.and_time(NaiveTime::MIN).and_utc();
    let mut tx = web.deps.store.read().await?;
    let publication = caller.publication(&mut tx, &slug).await?;
    let mut readers = statistics::days(&mut tx, publication.id, first).await?;
    let (active, pending, left) = subscriptions::count(&mut tx, publication.id).await?;
    let ended = statistics::ended(&mut tx, publication.id, since).await?;
    let domains = statistics::by_domain(&mut tx, publication.id, since).await?;
    let back = bounces::by_day(&mut tx, publication.id, since).await?;
    let back_by_domain = bounces::by_domain(&mut tx, publication.id, since, DOMAINS).await?;
    drop(tx);
    readers.push(ReaderDay {
        day: today,
        active,
        pending,
        left,
    });
    let mails = by_day(&ended, publication.timezone).into_iter().rev();
    let view = Statistics {
        readers: readers.into_iter().rev().map(OnDay::from).collect(),
        mails: mails
            .map(|(day, sum)| MailsOnDay {
                day,
                sum: sum.into(),
            })
            .collect(),
        domains: domains.into_iter().map(to_domain).collect(),
        bounces: back.into_iter().rev().map(on_day).collect(),
        bounces_by_domain: back_by_domain.into_iter().map(of_domain).collect(),
    };
    Ok(shown(&headers, &view))
}
