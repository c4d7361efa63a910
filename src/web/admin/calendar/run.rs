//! A run to come: what becomes of it, and leaving it out or moving it.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use chrono::{Datelike as _, NaiveDateTime};
use serde::Deserialize;

use super::Place;
use crate::domain::clock::Time;
use crate::domain::run::{RunChange, YEARS};
use crate::domain::schedule::instant;
use crate::render::admin::calendar::RunPage;
use crate::render::admin::nav::Section;
use crate::render::admin::when::When;
use crate::services::change_run::{self, RunError};
use crate::services::runs;
use crate::web::Web;
use crate::web::admin::digests::{path, run_url};
use crate::web::admin::error::{AdminError, sentence};
use crate::web::admin::fields::Fields;
use crate::web::admin::frame::{done, undone};
use crate::web::admin::posted::Posted;
use crate::web::admin::signed_in::{Changes, Reads, Right, Sends, SignedIn};
use crate::web::admin::words;

/// As browsers send it, with seconds where they see fit.
const WALL: [&str; 2] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];

#[derive(Debug, Deserialize)]
pub(in crate::web::admin) struct Asked {
    /// When the run is.
    at: Time,
}

/// `GET /admin/calendar/runs/{publication}/{digest}`
pub(in crate::web::admin) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path((publication, digest)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let place = Place::find(&me, &publication, &digest).await?;
    let page = page(&me, &place, asked.at, None).await?;
    me.page(&web, &page)
}

/// The page of a run; of what was typed where that was refused.
async fn page<R: Right>(
    me: &SignedIn<R>,
    place: &Place,
    at: Time,
    typed: Option<(&str, String)>,
) -> Result<RunPage, AdminError> {
    let (digest, now, zone) = (&place.digest, me.deps.now(), place.digest.timezone);
    let run = digest.run_to_come(at, now).ok().flatten();
    let run = run.ok_or(AdminError::NotFound)?;
    let title = format!("A run of {}", digest.name);
    let framing = me
        .frame_of(Section::Calendar, title, Some(&place.publication))
        .await?;
    let told = runs::told(digest, run);
    let local = run.at.with_timezone(&zone);
    let (to, error) = match typed {
        Some((to, error)) => (to.to_owned(), Some(error)),
        None => (local.format(WALL[0]).to_string(), None),
    };
    Ok(RunPage {
        path: place.path(),
        publication: place.publication.name.clone(),
        digest: digest.name.clone(),
        at: When::at(run.at, zone),
        slot: run.is_moved().then(|| When::at(run.slot, zone)),
        cron: digest.cron.clone().unwrap_or_default(),
        state: words::of_run(&told),
        note: told.note,
        is_left_out: run.left_out,
        zone: zone.name().to_owned(),
        to,
        error,
        may_change: me.may::<Changes>(),
        may_send: me.may::<Sends>(),
        digest_url: path(&place.publication, digest),
        calendar_url: format!("/admin/calendar?on={}", local.format("%F")),
        frame: framing.frame,
    })
}

/// `POST /admin/calendar/runs/{publication}/{digest}/skip`
pub(in crate::web::admin) async fn skip(
    state: State<Web>,
    path: Path<(String, String)>,
    posted: Posted<Changes>,
) -> Result<Response, AdminError> {
    set_skipped(state, path, posted, false).await
}

/// `POST /admin/calendar/runs/{publication}/{digest}/keep`
pub(in crate::web::admin) async fn keep(
    state: State<Web>,
    path: Path<(String, String)>,
    posted: Posted<Changes>,
) -> Result<Response, AdminError> {
    set_skipped(state, path, posted, true).await
}

async fn set_skipped(
    State(web): State<Web>,
    Path((publication, digest)): Path<(String, String)>,
    Posted { me, fields }: Posted<Changes>,
    undo: bool,
) -> Result<Response, AdminError> {
    let place = Place::find(&me, &publication, &digest).await?;
    let at = at(&fields)?;
    let what = if undo {
        "goes out after all"
    } else {
        "is left out"
    };
    match change_run::skip(&me.deps, place.digest.id, at, undo).await {
        Ok(run) => Ok(said(&web, &place, run, what)),
        Err(error) => refused(&web, error),
    }
}

/// `POST /admin/calendar/runs/{publication}/{digest}/move`
pub(in crate::web::admin) async fn move_to(
    State(web): State<Web>,
    Path((publication, digest)): Path<(String, String)>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let place = Place::find(&me, &publication, &digest).await?;
    let at = at(&fields)?;
    let typed = fields.text("to").trim();
    let why = match wall(typed) {
        Some(wall) => {
            let to = instant(place.digest.timezone, wall);
            match change_run::move_to(&me.deps, place.digest.id, at, Some(to)).await {
                Ok(run) => return Ok(moved(&web, &place, run, "is moved to")),
                Err(
                    why @ (RunError::Over(_)
                    | RunError::Far(_)
                    | RunError::Taken(_)
                    | RunError::Closed { .. }),
                ) => sentence(&why.to_string()),
                Err(error) => return refused(&web, error),
            }
        }
        None => format!("{typed:?} is no day and time; write it as in 2026-03-02T18:00."),
    };
    let page = page(&me, &place, at, Some((typed, why))).await?;
    me.refused(&web, &page)
}

/// `POST /admin/calendar/runs/{publication}/{digest}/back`
pub(in crate::web::admin) async fn move_back(
    State(web): State<Web>,
    Path((publication, digest)): Path<(String, String)>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let place = Place::find(&me, &publication, &digest).await?;
    match change_run::move_to(&me.deps, place.digest.id, at(&fields)?, None).await {
        Ok(run) => Ok(moved(&web, &place, run, "is back at")),
        Err(error) => refused(&web, error),
    }
}

/// The run that a form is about.
fn at(fields: &Fields) -> Result<Time, AdminError> {
    fields.read_as("at").map_err(|_| AdminError::NotFound)
}

fn wall(text: &str) -> Option<NaiveDateTime> {
    let mut formats = WALL.iter();
    let wall = formats.find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    wall.filter(|wall| YEARS.contains(&wall.year()))
}

/// As in "The run on Tuesday is left out."
fn said(web: &Web, place: &Place, run: RunChange, what: &str) -> Response {
    let when = When::at(run.at, place.digest.timezone).text;
    shown(web, place, run, format!("The run on {when} {what}."))
}

/// As in "The run is moved to Tuesday."
fn moved(web: &Web, place: &Place, run: RunChange, what: &str) -> Response {
    let when = When::at(run.at, place.digest.timezone).text;
    shown(web, place, run, format!("The run {what} {when}."))
}

fn shown(web: &Web, place: &Place, run: RunChange, text: String) -> Response {
    let url = run_url(&place.publication, &place.digest, run.at);
    done(web, &url, text)
}

fn refused(web: &Web, error: RunError) -> Result<Response, AdminError> {
    match error {
        RunError::Store(_) | RunError::Unknown => Err(error.into()),
        // Its page is gone, or shows another run.
        why => Ok(undone(web, "/admin/calendar", sentence(&why.to_string()))),
    }
}
