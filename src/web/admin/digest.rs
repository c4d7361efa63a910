//! One digest: its runs, its recipe and its issues, and what can be done with it.

use axum::extract::{Path, State};
use axum::response::Response;

use super::digests::{RUNS, goes_out, issue_row, path, run_row, run_url};
use super::error::{AdminError, sentence};
use super::frame::{done, undone};
use super::posted::Posted;
use super::signed_in::{Changes, Reads, Right, Sends, SignedIn};
use super::words;
use crate::domain::digest::{Digest, Window};
use crate::domain::publication::Publication;
use crate::domain::span;
use crate::render::admin::digests::{DigestPage, Fact};
use crate::render::admin::nav::Section;
use crate::render::admin::places::NextStep;
use crate::render::admin::when::When;
use crate::services::change_run::{self, RunError};
use crate::services::{manage_digest, runs};
use crate::store::issues;
use crate::web::Web;

type Named = Path<(String, String)>;

/// Issues that the page shows.
const ISSUES: i64 = 10;

/// `GET /admin/p/{publication}/digests/{digest}`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path((publication, slug)): Named,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let page = page(&me, &publication, &digest).await?;
    me.page(&web, &page)
}

async fn page<R: Right>(
    me: &SignedIn<R>,
    publication: &Publication,
    digest: &Digest,
) -> Result<DigestPage, AdminError> {
    let title = digest.name.as_str();
    let framing = me.frame_of(Section::Digests, title, Some(publication));
    let framing = framing.await?;
    let mut tx = me.deps.store.read().await?;
    let filter = issues::Filter {
        digest: Some(digest.id),
        ..issues::Filter::default()
    };
    let issues = issues::page(&mut tx, &filter, ISSUES).await?;
    drop(tx);
    let runs = runs::next(digest, me.deps.now(), RUNS);
    let runs = runs.map_err(|error| AdminError::Refused(error.to_string()))?;
    let next = digest.next_run_at.filter(|_| digest.paused_at.is_none());
    Ok(DigestPage {
        path: path(publication, digest),
        may_change: me.may::<Changes>(),
        may_send: me.may::<Sends>(),
        state: words::of_digest(digest),
        facts: facts(publication, digest),
        runs: runs
            .into_iter()
            .map(|run| {
                let url = run_url(publication, digest, run.at);
                run_row(digest, run, Some(url))
            })
            .collect(),
        is_paused: digest.paused_at.is_some(),
        next: When::maybe(next, digest.timezone),
        is_left_out: digest.skip_at().is_some(),
        steps: (me.may::<Changes>() && issues.is_empty()).then(|| first(publication, digest)),
        issues: issues.into_iter().map(|i| issue_row(digest, i)).collect(),
        frame: framing.frame,
    })
}

/// What is done before its first issue.
fn first(publication: &Publication, digest: &Digest) -> Vec<NextStep> {
    vec![
        NextStep {
            name: "send yourself a test",
            url: format!("{}/send", path(publication, digest)),
        },
        NextStep {
            name: "let readers sign up",
            url: format!("/admin/p/{}", publication.slug),
        },
    ]
}

/// The recipe in words; what is as usual is left out.
fn facts(publication: &Publication, d: &Digest) -> Vec<Fact> {
    let (rules, calendar) = (&d.rules, &d.rules.calendar);
    let mut facts = Vec::new();
    let mut say = |term, text: String| {
        if !text.is_empty() {
            facts.push(Fact { term, text });
        }
    };
    let joined = |texts: Vec<String>| texts.join(", ");
    say("Goes out", goes_out(d));
    say("Cron line", d.cron.clone().unwrap_or_default());
    say("Time zone", d.timezone.name().to_owned());
    if let Some(rule) = rules.breaking {
        let gap = span::written(rule.gap_minutes);
        let most = rule.most_a_day;
        say(
            "Not oftener",
            format!("than {gap} apart, and {most} in a day"),
        );
    }
    if rules.local_time {
        say(
            "Waves",
            "each reader gets it at that time of their own clocks".to_owned(),
        );
    }
    say(
        "Hours",
        joined(calendar.hours.iter().map(ToString::to_string).collect()),
    );
    say("Holidays", holidays(d));
    if let Some(minutes) = calendar.not_later_than_minutes {
        say(
            "Too late",
            format!("after {}; then it is left out", span::written(minutes)),
        );
    }
    say(
        "New is",
        match d.window {
            Window::LastIssue => "what came since the last issue".to_owned(),
            Window::Day => "what came in the last 24 hours".to_owned(),
            Window::Week => "what came in the last 7 days".to_owned(),
        },
    );
    say(
        "Topics",
        joined(d.topics.iter().map(ToString::to_string).collect()),
    );
    say(
        "Sections",
        joined(rules.sections.iter().map(ToString::to_string).collect()),
    );
    let (most, full, least) = (d.max_items, rules.full_items, d.min_items);
    say(
        "Articles",
        format!(
            "at most {most}, {full} of them with a summary; nothing goes out with fewer than {least}"
        ),
    );
    say(
        "Subject",
        rules
            .subject
            .clone()
            .unwrap_or_else(|| "the top headline".to_owned()),
    );
    say("Design", design(publication, d));
    say(
        "Approval",
        if rules.require_approval {
            "an issue waits until somebody who may send has approved it".to_owned()
        } else {
            "not needed".to_owned()
        },
    );
    facts
}

/// How its mails look.
fn design(publication: &Publication, d: &Digest) -> String {
    match d.design {
        Some(own) => own.to_string(),
        None => format!("as the publication ({})", publication.look.design),
    }
}

/// The days on which it does not go out.
fn holidays(d: &Digest) -> String {
    let days: Vec<String> = d
        .rules
        .calendar
        .holidays
        .iter()
        .map(ToString::to_string)
        .collect();
    if days.is_empty() {
        return String::new();
    }
    let what = match d.rules.calendar.on_holiday.as_str() {
        "move" => "an issue moves to the next other day",
        _ => "an issue is left out",
    };
    format!("{}: {what}", days.join(", "))
}

/// `POST /admin/p/{publication}/digests/{digest}/pause`
pub(super) async fn pause(
    State(web): State<Web>,
    Path(names): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    set_paused(&web, &me, &names, true).await
}

/// `POST /admin/p/{publication}/digests/{digest}/resume`
pub(super) async fn resume(
    State(web): State<Web>,
    Path(names): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    set_paused(&web, &me, &names, false).await
}

async fn set_paused(
    web: &Web,
    me: &SignedIn<Changes>,
    (publication, slug): &(String, String),
    paused: bool,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(publication, slug).await?;
    manage_digest::set_paused(&me.deps, &digest, paused).await?;
    let text = if paused {
        "Paused: no issue goes out by schedule until it is resumed."
    } else {
        "It goes on with the next run."
    };
    Ok(done(web, &path(&publication, &digest), text))
}

/// `POST /admin/p/{publication}/digests/{digest}/skip-next`
pub(super) async fn skip_next(
    State(web): State<Web>,
    Path(names): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    set_skip(&web, &me, &names, false).await
}

/// `POST /admin/p/{publication}/digests/{digest}/keep-next`
pub(super) async fn keep_next(
    State(web): State<Web>,
    Path(names): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    set_skip(&web, &me, &names, true).await
}

async fn set_skip(
    web: &Web,
    me: &SignedIn<Changes>,
    (publication, slug): &(String, String),
    undo: bool,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(publication, slug).await?;
    let path = path(&publication, &digest);
    let run = match change_run::skip_next(&me.deps, digest.id, undo).await {
        Ok(run) => When::at(run.at, digest.timezone).text,
        Err(error @ RunError::NoRuns) => {
            return Ok(undone(web, &path, sentence(&error.to_string())));
        }
        Err(error) => return Err(error.into()),
    };
    let what = if undo {
        "goes out after all"
    } else {
        "is left out"
    };
    Ok(done(web, &path, format!("The run of {run} {what}.")))
}
