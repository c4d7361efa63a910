//! The calendar in the pages: what was and what is to come, single runs, and holidays.

use axum::http::StatusCode;
use chrono::Duration;
use paperround::domain::audit::Kind;
use paperround::domain::digest::Digest;
use paperround::domain::operator::Role;
use paperround::services::{manage_digest, plan_issue};
use paperround::store::audit::{self, Filter};
use paperround::store::digests;

use crate::support::TestApp;
use crate::support::browser::{Browser, PASSWORD};

const RUN: &str = "/admin/calendar/runs/ledger/daily";

/// A digest at seven in Berlin on weekdays, with a reader.
async fn daily(change: impl FnOnce(&mut Digest)) -> (TestApp, Digest) {
    let app = TestApp::new().await;
    app.readers(["ada@inbox.example".to_owned()].into_iter())
        .await;
    let digest = app
        .digest_with("daily", |digest| {
            digest.cron = Some("0 7 * * mon-fri".to_owned());
            change(digest);
        })
        .await;
    (app, digest)
}

/// The entries of a day.
fn day<'a>(page: &'a str, iso: &str) -> &'a str {
    let (_, rest) = page
        .split_once(&format!("<h3><time datetime=\"{iso}\">"))
        .unwrap_or_else(|| panic!("no {iso} in {page}"));
    rest.split("<h3>").next().unwrap()
}

async fn found(app: &TestApp, digest: &Digest) -> Digest {
    let mut tx = app.deps.store.read().await.unwrap();
    digests::find(&mut tx, digest.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_week_and_a_month_tell_what_was_and_what_comes() {
    let (app, digest) = daily(|digest| {
        digest.rules.calendar.holidays = ["2026-03-04".parse().unwrap()].into();
        digest.rules.calendar.not_later_than_minutes = Some(60);
    })
    .await;
    app.article("one", "A berth opens", &[]).await;
    // Tuesday goes out, Wednesday is a holiday, and on Thursday nobody looks until noon.
    for time in ["03T06:00", "04T06:00", "05T11:00"] {
        app.clock_at(&format!("2026-03-{time}:00Z"));
        plan_issue::plan_due(&app.deps).await.unwrap();
    }
    app.digest_with("hourly", |digest| {
        digest.cron = Some("0 * * * *".to_owned());
        digest.timezone = chrono_tz::America::New_York;
    })
    .await;
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let week = viewer.get("/admin/calendar").await.body;
    assert!(week.contains("<h2>2 to 8 March 2026</h2>"), "{week}");
    let tuesday = day(&week, "2026-03-03");
    assert!(
        tuesday.contains("title=\"Europe/Berlin\">07:00 <span class=\"dim\">CET</span>")
            && tuesday.contains("daily No. 1</a>")
            && tuesday.contains("composing"),
        "{tuesday}"
    );
    let wednesday = day(&week, "2026-03-04");
    assert!(
        wednesday.contains("Holiday of daily") && wednesday.contains("2026-03-04 is a holiday")
    );
    let thursday = day(&week, "2026-03-05");
    assert!(
        thursday.contains("<span class=\"state bad\">missed</span>")
            && thursday.contains("at most 1 h is allowed"),
        "{thursday}"
    );
    let friday = day(&week, "2026-03-06");
    assert!(
        friday.contains(&format!("{RUN}?at=2026-03-06T06:00:00Z")) && friday.contains("planned"),
        "{friday}"
    );
    // Many runs are one line, on the clocks of their digest.
    assert!(
        friday.contains("title=\"America/New_York\">00:00 <span class=\"dim\">EST</span>")
            && friday.contains("and 23 more that day"),
        "{friday}"
    );
    let saturday = day(&week, "2026-03-07");
    assert!(!saturday.contains("daily"), "{saturday}");

    manage_digest::set_paused(&app.deps, &digest, true)
        .await
        .unwrap();
    let month = viewer
        .get("/admin/calendar?view=month&on=2026-04-15&publication=ledger")
        .await
        .body;
    assert!(month.contains("<h2>April 2026</h2>"), "{month}");
    // Clocks have changed, and it is paused.
    let first = day(&month, "2026-04-01");
    assert!(
        first.contains("07:00 <span class=\"dim\">CEST</span>")
            && first.contains("not while it is paused"),
        "{first}"
    );
    assert!(month.contains("on=2026-03-15\" rel=\"prev\"") && month.contains("By week"));
    for on in ["nonsense", "%2B262142-12-31", "-262143-01-01"] {
        let page = viewer.get(&format!("/admin/calendar?on={on}")).await;
        assert!(page.body.contains("2 to 8 March 2026"), "the week at hand");
    }
    let before = viewer.get("/admin/calendar?on=2025-01-01").await.body;
    assert!(before.contains("Nothing is planned then"), "{before}");
}

#[tokio::test]
async fn an_editor_leaves_runs_out_and_moves_them() {
    let (app, digest) = daily(|_| {}).await;
    let mut eve = Browser::of(&app, "eve@ops.example", Role::Editor).await;
    let url = |at: &str| format!("{RUN}?at={at}");
    let (tue, wed) = ("2026-03-03T06:00:00Z", "2026-03-04T06:00:00Z");
    let shown = eve.get(&url(wed)).await.body;
    assert!(shown.contains("Wed 4 Mar 2026, 07:00 CET"), "{shown}");
    let skip = eve
        .post(&url(wed), &format!("{RUN}/skip"), &[("at", wed)])
        .await;
    let said = eve.follow(&skip).await.body;
    assert!(
        said.contains("The run on Wed 4 Mar 2026, 07:00 CET is left out.")
            && said.contains("Let it go out after all"),
        "{said}"
    );
    eve.post(&url(wed), &format!("{RUN}/keep"), &[("at", wed)])
        .await;
    assert!(found(&app, &digest).await.changes.is_empty());

    let path = format!("{RUN}/move");
    for (to, why) in [
        ("yesterday", "is no day and time"),
        ("+262142-12-31T23:59", "is no day and time"),
        ("2026-03-04T07:00", "already"),
        ("2026-03-01T07:00", "is over"),
    ] {
        let fields = [("at", tue), ("to", to)];
        let refused = eve.post(&url(tue), &path, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{to}");
        assert!(refused.body.contains(why), "{to}: {}", refused.body);
        assert!(refused.body.contains(&format!("value=\"{to}\"")));
    }
    // At half past two on the Sunday the clocks skip; it is three then.
    let fields = [("at", tue), ("to", "2026-03-29T02:30")];
    let moved = eve.post(&url(tue), &path, &fields).await;
    let said = eve.follow(&moved).await.body;
    assert!(
        said.contains("The run is moved to Sun 29 Mar 2026, 03:00 CEST."),
        "{said}"
    );
    assert!(
        said.contains("moved from Tue 2026-03-03 07:00") && said.contains("By schedule"),
        "{said}"
    );
    assert_eq!(
        found(&app, &digest).await.next_run_at,
        Some(wed.parse().unwrap())
    );
    let fields = [("at", "2026-03-29T01:00:00Z")];
    let back = eve.post(&url(wed), &format!("{RUN}/back"), &fields).await;
    assert!(back.location().ends_with(tue), "{}", back.location());
    let gone = eve.get(&url("2026-03-29T01:00:00Z")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);

    let mut tx = app.deps.store.read().await.unwrap();
    let filter = Filter {
        actor: Some("eve@ops.example".to_owned()),
        kind: Some(Kind::Digest),
        ..Filter::default()
    };
    let entries = audit::page(&mut tx, &filter, 100).await.unwrap();
    let verbs: Vec<&str> = entries.iter().map(|entry| entry.verb.as_str()).collect();
    assert_eq!(
        verbs,
        [
            "move a run of",
            "move a run of",
            "no longer skip a run of",
            "skip a run of"
        ]
    );
}

#[tokio::test]
async fn who_may_send_is_led_there_from_a_run() {
    let (app, _) = daily(|_| {}).await;
    let mut ann = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let run = ann
        .get(&format!("{RUN}?at=2026-03-03T06:00:00Z"))
        .await
        .body;
    let send = "/admin/p/ledger/digests/daily/send";
    assert!(run.contains(&format!("href=\"{send}\"")), "{run}");
    assert_eq!(ann.get(send).await.status, StatusCode::OK);
}

#[tokio::test]
async fn holidays_are_added_to_all_digests_and_removed_from_one() {
    let (app, digest) = daily(|_| {}).await;
    let weekly = app.digest("weekly", Some("0 9 * * sat"), 1).await;
    let mut eve = Browser::of(&app, "eve@ops.example", Role::Editor).await;
    let page = "/admin/calendar/holidays";
    let none = eve.get(page).await.body;
    assert!(none.contains("No digest has a holiday to come."), "{none}");
    let refused = eve.post(page, page, &[("date", "Christmas")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("Christmas&quot; is no day"),
        "{}",
        refused.body
    );
    let added = eve
        .post(page, page, &[("date", "2026-12-25"), ("digest", "")])
        .await;
    let shown = eve.follow(&added).await.body;
    assert_eq!(shown.matches("<th scope=\"row\">").count(), 2, "{shown}");
    let rule = [("digest", "ledger/daily"), ("rule", "move")];
    let ruled = eve.post(page, &format!("{page}/rule"), &rule).await;
    let shown = eve.follow(&ruled).await.body;
    assert!(
        shown.contains(">goes out on the next day that is none</td>"),
        "{shown}"
    );
    let fields = [("digest", "ledger/weekly"), ("date", "2026-12-25")];
    eve.post(page, &format!("{page}/remove"), &fields).await;
    let kept = found(&app, &digest).await.rules.calendar.holidays;
    assert_eq!(kept.len(), 1);
    assert!(
        found(&app, &weekly)
            .await
            .rules
            .calendar
            .holidays
            .is_empty()
    );
}

#[tokio::test]
async fn who_may_not_changes_nothing_in_the_calendar() {
    let (app, digest) = daily(|_| {}).await;
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let at = ("at", "2026-03-03T06:00:00Z");
    let url = format!("{RUN}?at={}", at.1);
    let shown = viewer.get(&url).await.body;
    assert!(
        !shown.contains("Move it") && !shown.contains("Send"),
        "{shown}"
    );
    let moved = [at, ("to", "2026-03-03T12:00")];
    for (path, fields) in [
        (format!("{RUN}/skip"), &[at][..]),
        (format!("{RUN}/keep"), &[at]),
        (format!("{RUN}/move"), &moved),
        (format!("{RUN}/back"), &[at]),
        (
            "/admin/calendar/holidays".to_owned(),
            &[("date", "2026-12-25")],
        ),
        (
            "/admin/calendar/holidays/remove".to_owned(),
            &[("date", "2026-12-25"), ("digest", "ledger/daily")],
        ),
        (
            "/admin/calendar/holidays/rule".to_owned(),
            &[("rule", "move"), ("digest", "ledger/daily")],
        ),
    ] {
        let refused = viewer.post("/admin/account", &path, fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        let forged = viewer.post_raw(&path, &[("form_token", "guessed")]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path}");
    }
    let now = found(&app, &digest).await;
    assert!(now.changes.is_empty() && now.rules.calendar.holidays.is_empty());
    assert_eq!(app.rows("issues").await, 0);
    for path in [
        format!("{RUN}?at=2026-03-03T07:00:00Z"),
        "/admin/calendar/runs/ledger/weekly?at=2026-03-03T06:00:00Z".to_owned(),
    ] {
        assert_eq!(viewer.get(&path).await.status, StatusCode::NOT_FOUND);
    }
    app.advance(Duration::days(1));
    viewer.sign_in("vic@ops.example", PASSWORD).await;
    assert_eq!(viewer.get(&url).await.status, StatusCode::NOT_FOUND);
}
