//! Before an issue goes out by hand: what was looked at, who gets it, and the button, which can be taken
//! back for a minute.

use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use super::{Named, faster, seen};
use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::IssueId;
use crate::domain::issue::IssueState;
use crate::domain::publication::Publication;
use crate::domain::schedule;
use crate::render::admin::editor::{AudienceView, FindingRow, PlannedRow, SendPage};
use crate::render::admin::editor_script_url;
use crate::render::admin::form::{Input, Kind};
use crate::render::admin::frame::{State as Shown, Tone};
use crate::render::admin::nav::Section;
use crate::render::admin::when::When;
use crate::services::coming_issue::{self, Look};
use crate::services::control_issue::{self, ControlError};
use crate::services::doctor::{Finding, Level};
use crate::services::edit_draft;
use crate::services::plan_issue::{self, PlanError};
use crate::services::preview_digest::{self, Eyes, Preview, PreviewError};
use crate::services::{audience, lint_issue};
use crate::store::{issues, test_addresses};
use crate::web::Web;
use crate::web::admin::digests::path;
use crate::web::admin::error::{AdminError, sentence};
use crate::web::admin::fields::Fields;
use crate::web::admin::forms::{Errors, filled};
use crate::web::admin::frame::{done, undone};
use crate::web::admin::posted::Posted;
use crate::web::admin::signed_in::{Changes, Reads, Right, Sends, SignedIn};
use crate::web::admin::typing;

/// How long an issue that is sent at once can be taken back.
const UNDO: TimeDelta = TimeDelta::seconds(60);
/// Issues that can be taken back, on the page.
const MOST_PLANNED: i64 = 5;

/// What was typed, and what was wrong with it.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) values: Fields,
    pub(super) errors: Errors,
    pub(super) error: Option<String>,
    /// Another number of readers was typed.
    pub(super) is_other_number: bool,
    /// What asking the pages has found.
    pub(super) pages: Option<Finding>,
}

/// `GET /admin/p/{publication}/digests/{digest}/send`
pub(in crate::web::admin) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path((publication, slug)): Named,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let page = page(&me, &publication, &digest, Typed::default()).await?;
    me.page(&web, &page)
}

/// `POST /admin/p/{publication}/digests/{digest}/pages`: asks them whether they answer.
pub(in crate::web::admin) async fn ask_pages(
    State(web): State<Web>,
    Path((publication, slug)): Named,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let look = coming_issue::look(&me.deps, &digest).await?;
    let typed = Typed {
        pages: Some(lint_issue::reach(&me.deps, &look).await),
        ..Typed::default()
    };
    let page = page(&me, &publication, &digest, typed).await?;
    me.page(&web, &page)
}

pub(super) async fn page<R: Right>(
    me: &SignedIn<R>,
    publication: &Publication,
    digest: &Digest,
    typed: Typed,
) -> Result<SendPage, AdminError> {
    let title = format!("Send the coming issue of {}", digest.name);
    let framing = me.frame_of(Section::Digests, title, Some(publication));
    let framing = framing.await?;
    let look = coming_issue::look(&me.deps, digest).await?;
    let mail = mail(me, publication, digest).await?;
    let mut tx = me.deps.store.read().await?;
    let group = test_addresses::list(&mut tx, publication.id).await?;
    drop(tx);
    let mut group: Vec<&str> = group.iter().map(EmailAddress::as_str).collect();
    if group.is_empty() {
        group.push(me.operator.email.as_str());
    }
    let audience = audience(me, digest).await?;
    let next = digest.next_run_at.filter(|_| digest.paused_at.is_none());
    let mut typing = typing::needed(audience.readers, "send it");
    if let Some(typing) = &mut typing {
        typing.is_wrong = typed.is_other_number;
    }
    Ok(SendPage {
        path: path(publication, digest),
        may_change: me.may::<Changes>(),
        may_send: me.may::<Sends>(),
        version: look.draft.version,
        planned: planned(me, digest).await?,
        nothing: mail.as_ref().err().cloned(),
        subject: mail
            .as_ref()
            .map_or_else(|_| String::new(), |m| m.edition.subject.clone()),
        articles: mail.as_ref().map_or(0, |mail| mail.articles),
        findings: mail.map_or_else(|_| Vec::new(), |mail| findings(me, &mail, &look, &typed)),
        test_inputs: test_inputs(&group.join("\n"), &typed),
        needs_approval: digest.rules.require_approval,
        next: When::maybe(next, digest.timezone),
        undo_seconds: UNDO.num_seconds(),
        zone: digest.timezone.name().to_owned(),
        at: typed.values.text("at").to_owned(),
        at_error: typed.errors.get("at").cloned(),
        error: typed.error,
        audience,
        typing,
        script_url: editor_script_url(),
        frame: framing.frame,
    })
}

/// The mail, or why there would be none.
async fn mail<R: Right>(
    me: &SignedIn<R>,
    publication: &Publication,
    digest: &Digest,
) -> Result<Result<Preview, String>, AdminError> {
    let (publication, digest) = (publication.clone(), digest.clone());
    let made = preview_digest::digest(&me.deps, publication, digest, None, Eyes::Everybody);
    match made.await {
        Ok(made) => Ok(Ok(made)),
        Err(PreviewError::Store(error)) => Err(error.into()),
        Err(PreviewError::Nothing(reason)) => Ok(Err(reason)),
        Err(error) => Ok(Err(error.to_string())),
    }
}

async fn audience<R: Right>(me: &SignedIn<R>, digest: &Digest) -> Result<AudienceView, AdminError> {
    let (numbers, at) = audience::of(&me.deps, digest).await?;
    Ok(AudienceView {
        readers: numbers.readers(),
        confirmed: numbers.confirmed,
        others: numbers.others(),
        paused: numbers.paused,
        suppressed: numbers.suppressed,
        counted: When::at(at, digest.timezone),
    })
}

/// What was planned by hand and has not begun, the latest first.
async fn planned<R: Right>(
    me: &SignedIn<R>,
    digest: &Digest,
) -> Result<Vec<PlannedRow>, AdminError> {
    let filter = issues::Filter {
        digest: Some(digest.id),
        state: Some(IssueState::Planned),
        ..issues::Filter::default()
    };
    let mut tx = me.deps.store.read().await?;
    let found = issues::page(&mut tx, &filter, MOST_PLANNED).await?;
    let row = |issue: crate::domain::issue::Issue| PlannedRow {
        id: issue.id.to_string(),
        at: When::at(issue.planned_at, digest.timezone),
    };
    Ok(found.into_iter().map(row).collect())
}

fn findings<R: Right>(
    me: &SignedIn<R>,
    mail: &Preview,
    look: &Look,
    typed: &Typed,
) -> Vec<FindingRow> {
    let found = lint_issue::lint(&me.deps, mail, look).into_iter();
    let all = found.chain(typed.pages.clone());
    let row = |finding: Finding| FindingRow {
        check: finding.check,
        state: match finding.result {
            Level::Ok => Shown::new("well", Tone::Good),
            Level::Warn => Shown::new("look at it", Tone::Warn),
            Level::Fail => Shown::new("wrong", Tone::Bad),
        },
        found: match finding.subject.as_str() {
            "" => sentence(&finding.found),
            subject => format!("“{subject}”: {}.", finding.found),
        },
        remedy: match finding.remedy.as_str() {
            "" => String::new(),
            remedy => sentence(remedy),
        },
    };
    all.map(row).collect()
}

fn test_inputs(group: &str, typed: &Typed) -> Vec<Input> {
    let input = Input::new(Kind::Area, "to", "To")
        .help("Addresses, one a line, at most 20. The test group of the publication stands here, where it has one, else you.");
    let kept = Fields::of(&[("to", group)]);
    let values = if typed.values.ticked("to") {
        &typed.values
    } else {
        &kept
    };
    filled(vec![input], values, &typed.errors)
}

/// `POST /admin/p/{publication}/digests/{digest}/send`
pub(in crate::web::admin) async fn send(
    State(web): State<Web>,
    Path((publication, slug)): Named,
    Posted { me, fields }: Posted<Sends>,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let now = me.deps.now();
    let mut typed = Typed::default();
    let at = time(fields.text("at").trim(), digest.timezone, now);
    let at = at.map_err(|why| typed.errors.insert("at", why));
    let (numbers, _) = audience::of(&me.deps, &digest).await?;
    let many = typing::needed(numbers.readers(), "send it").is_some();
    typed.is_other_number = many && !typing::is_done(&fields);
    let draft = edit_draft::find(&me.deps, digest.id).await?;
    if fields.ticked("version") && draft.version != seen(&fields) {
        let who = faster(&draft.changed_by, draft.changed_at, &digest);
        typed.error = Some(format!("{who} Nothing was sent: look at it as it is now."));
    }
    let (Ok(at), false, None) = (at, typed.is_other_number, &typed.error) else {
        typed.values = fields;
        let page = page(&me, &publication, &digest, typed).await?;
        return me.refused(&web, &page);
    };
    // What somebody has to approve waits anyway.
    let undoable = (!digest.rules.require_approval).then(|| now + UNDO);
    match plan_issue::by_hand(&me.deps, &digest, at.or(undoable)).await {
        Ok(id) => what_follows(&web, &me, (&publication, &digest), id).await,
        Err(PlanError::Store(error)) => Err(error.into()),
        Err(error) => {
            let to = format!("{}/send", path(&publication, &digest));
            Ok(undone(&web, &to, sentence(&error.to_string())))
        }
    }
}

/// Reads the time to send at, on the clocks of the digest; `None` for now.
fn time(typed: &str, zone: Tz, now: Time) -> Result<Option<Time>, String> {
    if typed.is_empty() {
        return Ok(None);
    }
    let read = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(typed, form).ok());
    let wall = read.ok_or("Write the day and the time as 2026-12-01 07:00.")?;
    let at = schedule::instant(zone, wall);
    if at <= now {
        let now = When::at(now, zone).text;
        return Err(format!(
            "That time is over: it is {now}. Leave it empty to send now."
        ));
    }
    Ok(Some(at))
}

/// Says what an issue made by hand waits for, or why nothing goes out.
async fn what_follows(
    web: &Web,
    me: &SignedIn<Sends>,
    (publication, digest): (&Publication, &Digest),
    id: IssueId,
) -> Result<Response, AdminError> {
    let mut tx = me.deps.store.read().await?;
    let issue = issues::find(&mut tx, id).await?;
    drop(tx);
    let issue = issue.ok_or(AdminError::NotFound)?;
    let to = format!("{}/send", path(publication, digest));
    let own = format!("/admin/issues/{id}");
    match issue.state {
        IssueState::Skipped => {
            let reason = issue.reason.unwrap_or_default();
            Ok(undone(web, &to, format!("Nothing goes out: {reason}.")))
        }
        IssueState::Planned => {
            let at = When::at(issue.planned_at, digest.timezone).text;
            Ok(done(web, &to, format!("An issue is planned for {at}.")))
        }
        IssueState::Awaiting => {
            let text = "The issue is made, and waits for approval.";
            Ok(done(web, &own, text))
        }
        _ => Ok(done(web, &own, "The issue is on its way.")),
    }
}

/// `POST /admin/p/{publication}/digests/{digest}/undo`
pub(in crate::web::admin) async fn undo(
    State(web): State<Web>,
    Path((publication, slug)): Named,
    Posted { me, fields }: Posted<Sends>,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let id: IssueId = fields.read_as("issue").map_err(|_| AdminError::NotFound)?;
    let to = format!("{}/send", path(&publication, &digest));
    let mut tx = me.deps.store.read().await?;
    let issue = issues::find(&mut tx, id).await?;
    drop(tx);
    issue
        .filter(|issue| issue.digest == digest.id)
        .ok_or(AdminError::NotFound)?;
    match control_issue::undo(&me.deps, id).await {
        Ok(()) => Ok(done(
            &web,
            &to,
            "Taken back: nothing went out, and the coming issue is as it was.",
        )),
        Err(ControlError::Store(error)) => Err(error.into()),
        Err(why) => Ok(undone(&web, &to, sentence(&why.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Berlin;

    #[test]
    fn the_time_to_send_at_is_on_the_clocks_of_the_digest_and_to_come() {
        let now = "2026-03-02T08:00:00Z".parse().unwrap();
        let read = |typed| time(typed, Berlin, now);
        assert_eq!(read(""), Ok(None));
        let seven = "2026-03-03T06:00:00Z".parse().unwrap();
        assert_eq!(read("2026-03-03T07:00"), Ok(Some(seven)));
        assert_eq!(read("2026-03-03 07:00"), Ok(Some(seven)));
        let over = read("2026-03-02T09:00").unwrap_err();
        assert!(over.contains("it is Mon 2 Mar 2026, 09:00 CET"), "{over}");
        assert!(read("tomorrow").unwrap_err().contains("2026-12-01 07:00"));
    }
}
