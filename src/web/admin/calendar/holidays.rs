//! Holidays of digests.

use axum::extract::State;
use axum::response::Response;
use chrono::{Days, NaiveDate};

use super::Place;
use crate::domain::calendar::OnHoliday;
use crate::domain::digest::Digest;
use crate::render::admin::calendar::{HolidayRow, HolidayRule, HolidaysPage};
use crate::render::admin::frame::Choice;
use crate::render::admin::nav::Section;
use crate::services::manage_digest;
use crate::store::digests;
use crate::web::Web;
use crate::web::admin::error::AdminError;
use crate::web::admin::fields::Fields;
use crate::web::admin::frame::{Framing, done};
use crate::web::admin::posted::Posted;
use crate::web::admin::signed_in::{Changes, Reads, Right, SignedIn};

const PATH: &str = "/admin/calendar/holidays";
/// For so long holidays that were are shown.
const SHOWN: Days = Days::new(30);

/// `GET /admin/calendar/holidays`
pub(in crate::web::admin) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
) -> Result<Response, AdminError> {
    let page = page(&me, "", None).await?;
    me.page(&web, &page)
}

/// `POST /admin/calendar/holidays`
pub(in crate::web::admin) async fn add(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let typed = fields.text("date").trim();
    let Ok(date) = typed.parse::<NaiveDate>() else {
        let why = format!("{typed:?} is no day; write it as in 2026-12-25.");
        let page = page(&me, typed, Some(why)).await?;
        return me.refused(&web, &page);
    };
    let (_, places) = places(&me).await?;
    let wanted = fields.text("digest");
    let chosen: Vec<&Place> = places
        .iter()
        .filter(|place| wanted.is_empty() || place.path() == wanted)
        .collect();
    if chosen.is_empty() {
        return Err(AdminError::NotFound);
    }
    for place in chosen {
        change(&me, place, |digest| {
            digest.rules.calendar.holidays.insert(date);
        })
        .await?;
    }
    let text = format!("{} is a holiday.", date.format("%a %-d %b %Y"));
    Ok(done(&web, PATH, text))
}

/// `POST /admin/calendar/holidays/remove`
pub(in crate::web::admin) async fn remove(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let date: NaiveDate = fields.read_as("date").map_err(|_| AdminError::NotFound)?;
    let place = named(&me, &fields).await?;
    change(&me, &place, |digest| {
        digest.rules.calendar.holidays.remove(&date);
    })
    .await?;
    let name = &place.digest.name;
    let text = format!(
        "{} is no holiday of {name} any more.",
        date.format("%a %-d %b %Y")
    );
    Ok(done(&web, PATH, text))
}

/// `POST /admin/calendar/holidays/rule`
pub(in crate::web::admin) async fn rule(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let rule: OnHoliday = fields
        .text("rule")
        .parse()
        .map_err(|_| AdminError::NotFound)?;
    let place = named(&me, &fields).await?;
    change(&me, &place, |digest| {
        digest.rules.calendar.on_holiday = rule;
    })
    .await?;
    let text = format!("On its holidays {} {}.", place.digest.name, becomes(rule));
    Ok(done(&web, PATH, text))
}

async fn change(
    me: &SignedIn<Changes>,
    place: &Place,
    change: impl FnOnce(&mut Digest),
) -> Result<(), AdminError> {
    manage_digest::update(&me.deps, place.digest.id, None, change).await?;
    Ok(())
}

async fn named(me: &SignedIn<Changes>, fields: &Fields) -> Result<Place, AdminError> {
    let (publication, digest) = fields
        .text("digest")
        .split_once('/')
        .ok_or(AdminError::NotFound)?;
    Place::find(me, publication, digest).await
}

fn becomes(rule: OnHoliday) -> &'static str {
    match rule {
        OnHoliday::Skip => "is left out",
        OnHoliday::Move => "goes out on the next day that is none",
    }
}

/// The digests that go out by themselves.
async fn places<R: Right>(me: &SignedIn<R>) -> Result<(Framing, Vec<Place>), AdminError> {
    let framing = me.frame(Section::Calendar, "Holidays").await?;
    let mut places = Vec::new();
    let mut tx = me.deps.store.read().await?;
    for publication in &framing.publications {
        let all = digests::list(&mut tx, publication.id).await?;
        let regular = all
            .into_iter()
            .filter(|d| d.cron.is_some() || d.rules.breaking.is_some());
        places.extend(regular.map(|digest| Place {
            publication: publication.clone(),
            digest,
        }));
    }
    Ok((framing, places))
}

async fn page<R: Right>(
    me: &SignedIn<R>,
    date: &str,
    error: Option<String>,
) -> Result<HolidaysPage, AdminError> {
    let (framing, places) = places(me).await?;
    let now = me.deps.now();
    let mut holidays: Vec<HolidayRow> = Vec::new();
    for place in &places {
        let today = now.with_timezone(&place.digest.timezone).date_naive();
        let since = today.checked_sub_days(SHOWN).unwrap_or(today);
        let days = place.digest.rules.calendar.holidays.range(since..);
        holidays.extend(days.map(|day| row(place, *day)));
    }
    holidays.sort_by(|a, b| (&a.date, &a.of).cmp(&(&b.date, &b.of)));
    Ok(HolidaysPage {
        holidays,
        digests: places.iter().map(choice).collect(),
        rules: places.iter().map(rule_of).collect(),
        date: date.to_owned(),
        error,
        may_change: me.may::<Changes>(),
        frame: framing.frame,
    })
}

fn row(place: &Place, day: NaiveDate) -> HolidayRow {
    HolidayRow {
        date: day.to_string(),
        name: day.format("%a %-d %b %Y").to_string(),
        of: place.path(),
        publication: place.publication.name.clone(),
        digest: place.digest.name.clone(),
        becomes: becomes(place.digest.rules.calendar.on_holiday).to_owned(),
    }
}

/// As in "Daily, The Harbour Ledger".
fn name(place: &Place) -> String {
    format!("{}, {}", place.digest.name, place.publication.name)
}

fn choice(place: &Place) -> Choice {
    Choice {
        value: place.path(),
        name: name(place),
        chosen: false,
    }
}

fn rule_of(place: &Place) -> HolidayRule {
    let chosen = place.digest.rules.calendar.on_holiday;
    let choice = |rule: OnHoliday| Choice {
        value: rule.to_string(),
        name: becomes(rule).to_owned(),
        chosen: rule == chosen,
    };
    HolidayRule {
        of: place.path(),
        name: name(place),
        choices: [OnHoliday::Skip, OnHoliday::Move].map(choice).into(),
    }
}
