//! Webhooks, alerts, own parts of mails, settings and statistics by the pages.

use std::sync::Arc;

use axum::http::StatusCode;
use chrono::Duration;
use paperround::config::Settings;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::audit::{Entry, Kind};
use paperround::domain::operator::Role;
use paperround::domain::webhook::CallState;
use paperround::services::{alerts, call_webhook, sum_up};
use paperround::store::audit::{self, Filter};
use paperround::store::webhook_calls::{self, Wanted};
use paperround::store::{self, webhooks};
use tokio_util::sync::CancellationToken;

use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::receiver::Receiver;

fn open_door(settings: &mut Settings) {
    settings.alerts.to = vec!["ops@desk.example".to_owned()];
    settings.webhooks.allow_private_addresses = true;
    settings.webhooks.timeout_seconds = 1;
}

async fn service() -> TestApp {
    let mailbox = Mailbox::new();
    TestApp::with(Arc::new(mailbox.clone()), mailbox, open_door).await
}

async fn changes(app: &TestApp, kind: Kind) -> Vec<Entry> {
    let filter = Filter {
        kind: Some(kind),
        ..Filter::default()
    };
    let mut tx = app.deps.store.read().await.unwrap();
    audit::page(&mut tx, &filter, 100).await.unwrap()
}

async fn call(app: &TestApp) {
    let stop = CancellationToken::new();
    for id in call_webhook::due(&app.deps).await.unwrap() {
        call_webhook::work_off(&app.deps, id, &stop).await.unwrap();
    }
}

#[tokio::test]
async fn an_owner_adds_a_webhook_reads_its_log_and_makes_a_call_again() {
    let app = service().await;
    let receiver = Receiver::open();
    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let list = "/admin/webhooks";
    let empty = owner.get(list).await.body;
    assert!(empty.contains("No program is told of anything yet."));

    let wrong = [("url", "ftp://x.example"), ("events", "issue.sent")];
    let refused = owner.post(list, list, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "url-error",
        "value=\"ftp://x.example\"",
        "value=\"issue.sent\" checked",
    ] {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    let unknown = owner.post(list, list, &[("url", "https://x.example"), ("events", "x")]);
    assert_eq!(unknown.await.status, StatusCode::UNPROCESSABLE_ENTITY);

    let new = [("url", receiver.url.as_str()), ("publication", "ledger")];
    let made = owner.post(list, list, &new).await;
    assert_eq!(made.status, StatusCode::OK);
    let (_, secret) = made.body.split_once("<code>whsec_").unwrap();
    let secret = format!("whsec_{}", secret.split('<').next().unwrap());
    let mut tx = app.deps.store.read().await.unwrap();
    let webhook = webhooks::list(&mut tx).await.unwrap().remove(0);
    drop(tx);
    let page = format!("{list}/{}", webhook.id);
    assert!(!owner.get(&page).await.body.contains(&secret), "shown once");

    owner.post(&page, &format!("{page}/test"), &[]).await;
    call(&app).await;
    assert!(receiver.of("ping")[0].is_signed_with(&secret));
    let log = owner.get(&page).await.body;
    assert!(log.contains(">ping<") && log.contains(">sent<"), "{log}");

    let mut tx = app.deps.store.read().await.unwrap();
    let made = webhook_calls::log(&mut tx, &Wanted::default(), 9)
        .await
        .unwrap();
    drop(tx);
    let id = made[0].id.to_string();
    let again = owner
        .post(&page, &format!("{page}/replay"), &[("call", &id)])
        .await;
    assert!(
        owner
            .follow(&again)
            .await
            .body
            .contains("1 call is made again.")
    );
    call(&app).await;
    assert_eq!(receiver.of("ping").len(), 2);
    let entries = changes(&app, Kind::Webhook).await;
    let said: Vec<String> = entries.iter().map(|e| e.verb.clone()).collect();
    assert_eq!(said, ["replay a call of", "make"]);
}

#[tokio::test]
async fn a_webhook_that_fails_is_seen_changed_disabled_and_removed() {
    let app = service().await;
    let receiver = Receiver::open();
    receiver.be(410);
    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let list = "/admin/webhooks";
    owner.post(list, list, &[("url", &receiver.url)]).await;
    let mut tx = app.deps.store.read().await.unwrap();
    let webhook = webhooks::list(&mut tx).await.unwrap().remove(0);
    drop(tx);
    let page = format!("{list}/{}", webhook.id);
    owner.post(&page, &format!("{page}/test"), &[]).await;
    call(&app).await;
    let shown = owner.get(&page).await.body;
    assert!(
        shown.contains(">disabled<") && shown.contains("410"),
        "{shown}"
    );
    let again = owner.post(&page, &format!("{page}/replay"), &[]).await;
    let said = owner.follow(&again).await.body;
    assert!(said.contains("The webhook is disabled"), "{said}");

    owner.post(&page, &format!("{page}/enable"), &[]).await;
    let change = [
        ("url", receiver.url.as_str()),
        ("events", "issue.sent"),
        ("events", "issue.paused"),
        ("with_addresses", "yes"),
    ];
    let saved = owner.post(&page, &page, &change).await;
    assert_eq!(saved.location(), page);
    let shown = owner.get(list).await.body;
    assert!(shown.contains("issue.paused, issue.sent"), "{shown}");
    let refused = owner.post(&page, &page, &[("url", "nowhere")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let rotated = owner
        .post(&page, &format!("{page}/rotate-secret"), &[])
        .await;
    assert!(rotated.body.contains("whsec_"));
    assert!(owner.get(&page).await.body.contains("signs along until"));
    owner.post(&page, &format!("{page}/disable"), &[]).await;
    assert!(
        owner
            .get(&page)
            .await
            .body
            .contains("disabled by an operator")
    );
    owner.post(&page, &format!("{page}/remove"), &[]).await;
    assert_eq!(owner.get(&page).await.status, StatusCode::NOT_FOUND);

    let mut editor = Browser::of(&app, "ben@ops.example", Role::Editor).await;
    assert_eq!(editor.get(list).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn ping_cannot_be_chosen_and_nothing_is_left_of_the_wish() {
    let app = service().await;
    let receiver = Receiver::open();
    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let list = "/admin/webhooks";
    assert!(!owner.get(list).await.body.contains("value=\"ping\""));
    let url = ("url", receiver.url.as_str());
    let wishes = [
        vec![url, ("events", "ping")],
        vec![url, ("events", "issue.sent"), ("events", "ping")],
    ];
    let words = "Ping is sent when it is asked for, and cannot be chosen.";
    for wish in &wishes {
        let refused = owner.post(list, list, wish).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(words), "{}", refused.body);
    }
    owner
        .post(list, list, &[url, ("events", "issue.sent")])
        .await;
    let kept = async || {
        let mut tx = app.deps.store.read().await.unwrap();
        webhooks::list(&mut tx).await.unwrap()
    };
    let made = kept().await;
    assert_eq!(made.len(), 1);
    let page = format!("{list}/{}", made[0].id);
    for wish in &wishes {
        let refused = owner.post(&page, &page, wish).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(words), "{}", refused.body);
    }
    assert_eq!(kept().await[0].events.key(), "issue.sent");
}

#[tokio::test]
async fn a_call_of_another_webhook_is_not_made_again() {
    let app = service().await;
    let (one, two) = (Receiver::open(), Receiver::open());
    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let list = "/admin/webhooks";
    for receiver in [&one, &two] {
        owner.post(list, list, &[("url", &receiver.url)]).await;
    }
    let mut tx = app.deps.store.read().await.unwrap();
    let all = webhooks::list(&mut tx).await.unwrap();
    drop(tx);
    let page = |n: usize| format!("{list}/{}", all[n].id);
    owner
        .post(&page(0), &format!("{}/test", page(0)), &[])
        .await;
    call(&app).await;
    let mut tx = app.deps.store.read().await.unwrap();
    let made = webhook_calls::log(&mut tx, &Wanted::default(), 9)
        .await
        .unwrap();
    drop(tx);
    let id = made[0].id.to_string();
    let path = format!("{}/replay", page(1));
    let refused = owner.post(&page(1), &path, &[("call", &id)]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    call(&app).await;
    let mut tx = app.deps.store.read().await.unwrap();
    let after = webhook_calls::log(&mut tx, &Wanted::default(), 9).await;
    let after: Vec<_> = after
        .unwrap()
        .into_iter()
        .map(|call| (call.id, call.state, call.attempts))
        .collect();
    assert_eq!(after, [(made[0].id, CallState::Sent, 1)]);
    assert_eq!(one.told().len() + two.told().len(), 1);
}

#[tokio::test]
async fn an_editor_says_that_they_know_of_an_alert() {
    let app = service().await;
    app.digest("daily", Some("0 6 * * *"), 1).await;
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let page = "/admin/alerts";
    let quiet = viewer.get(page).await.body;
    assert!(quiet.contains("Nothing is wrong.") && quiet.contains("ops@desk.example"));
    app.clock_at("2026-03-03T05:16:00Z");
    alerts::check(&app.deps).await.unwrap();
    let mut viewer = Browser::new(&app);
    viewer
        .sign_in("vic@ops.example", crate::support::browser::PASSWORD)
        .await;
    let today = viewer.get("/admin").await.body;
    assert!(
        today.contains("1 alert") && today.contains("daily"),
        "{today}"
    );
    let shown = viewer.get(page).await.body;
    assert!(
        shown.contains(">open<") && !shown.contains("I know"),
        "{shown}"
    );

    let mut editor = Browser::of(&app, "ben@ops.example", Role::Editor).await;
    let mut tx = app.deps.store.read().await.unwrap();
    let alert = store::alerts::opened(&mut tx).await.unwrap().remove(0);
    drop(tx);
    let path = format!("{page}/{}/acknowledge", alert.id);
    for _ in 0..2 {
        assert_eq!(
            editor.post("/admin/account", &path, &[]).await.location(),
            page
        );
    }
    assert!(editor.get(page).await.body.contains(">acknowledged<"));
    let entries = changes(&app, Kind::Alert).await;
    assert_eq!(entries.len(), 1, "noted once");
    assert_eq!(entries[0].actor_name, "ben@ops.example");
}

#[tokio::test]
async fn an_editor_gives_a_publication_a_part_of_its_own() {
    let app = TestApp::new().await;
    let mut editor = Browser::of(&app, "ben@ops.example", Role::Editor).await;
    let list = "/admin/p/ledger/templates";
    assert!(editor.get(list).await.body.contains("card.html"));
    let page = format!("{list}/card.html");
    let usual = editor.get(&page).await.body;
    assert!(
        usual.contains("state calm") && !usual.contains("/reset"),
        "{usual}"
    );

    let broken = "{% if article %}\r\nno end";
    let refused = editor
        .post(&page, &page, &[("source", broken), ("do", "save")])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("id=\"mistakes\"") && refused.body.contains("no end"),
        "{}",
        refused.body
    );

    let source = paperround::render::parts::find("card.html").unwrap().source;
    let own = format!("{source}<!-- ours -->\n").replace('\n', "\r\n");
    let checked = editor
        .post(&page, &page, &[("source", &own), ("do", "check")])
        .await;
    assert!(checked.body.contains("It is in order"), "{}", checked.body);
    assert_eq!(app.rows("template_versions").await, 0, "only asked");
    let saved = editor
        .post(&page, &page, &[("source", &own), ("do", "save")])
        .await;
    assert_eq!(saved.location(), page, "{}", saved.body);
    let kept =
        paperround::services::manage_template::source(&app.deps, "ledger", "card.html", None);
    assert_eq!(
        kept.await.unwrap(),
        format!("{source}<!-- ours -->\n"),
        "lines end as in files"
    );

    editor.post(&page, &format!("{page}/reset"), &[]).await;
    let shown = editor.get(&page).await.body;
    assert!(shown.contains("set back to the program"), "{shown}");
    let old = editor.get(&format!("{page}?version=1")).await.body;
    assert!(
        old.contains("This is version 1") && old.contains("ours"),
        "{old}"
    );
    editor
        .post(&page, &format!("{page}/restore"), &[("version", "1")])
        .await;
    assert_eq!(app.rows("template_versions").await, 3);
    assert_eq!(
        editor.get(&format!("{list}/nothing.html")).await.status,
        StatusCode::NOT_FOUND
    );

    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let shown = viewer.get(&page).await.body;
    assert!(shown.contains("readonly") && !shown.contains("value=\"save\""));
    let refused = viewer
        .post("/admin/account", &page, &[("source", "x"), ("do", "save")])
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_owner_reads_the_settings_without_secrets() {
    let app = TestApp::new().await;
    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let page = owner.get("/admin/settings").await.body;
    assert!(
        page.contains("per_ip_per_hour") && page.contains(">relay 1<"),
        "{page}"
    );
    assert!(page.contains("secret_key_file") && !page.contains("secret_key<"));
    let mut editor = Browser::of(&app, "ben@ops.example", Role::Editor).await;
    assert_eq!(
        editor.get("/admin/settings").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn statistics_tell_of_readers_sign_ups_and_mails() {
    let app = TestApp::new().await;
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let path = "/admin/p/ledger/statistics";
    let empty = viewer.get(path).await.body;
    assert!(empty.contains("Nothing has been counted yet") && empty.contains("No issue has ended"));
    assert!(empty.contains("Nobody has signed up within this span."));

    app.readers((0..30).map(|n| format!("r{n}@d{}.example", n % 25)))
        .await;
    app.advance(Duration::days(1));
    for _ in 0..2 {
        sum_up::count_readers(&app.deps).await.unwrap();
    }
    assert_eq!(app.rows("reader_days").await, 1, "a day is counted once");
    app.subscribe("ada@inbox.example", "").await;
    app.article("one", "A berth opens", &[]).await;
    let digest = app.digest("daily", None, 1).await;
    app.send(&digest).await;
    sum_up::sum_issues(&app.deps).await.unwrap();
    assert_eq!(
        app.rows("issue_domains").await,
        0,
        "not before all has settled"
    );
    app.advance(Duration::minutes(2));
    for _ in 0..2 {
        sum_up::sum_issues(&app.deps).await.unwrap();
    }
    assert_eq!(
        app.rows("issue_domains").await,
        21,
        "twenty domains, and the others"
    );

    let mut viewer = Browser::new(&app);
    viewer
        .sign_in("vic@ops.example", crate::support::browser::PASSWORD)
        .await;
    let page = viewer.get(path).await.body;
    for part in [
        "31 active now, 1 more than at the end of",
        "1 joined and 0 left",
        "Of 1 that were asked by mail within 30 days, 1 confirmed (100.0 %).",
        "31 sent; 0 failed (0.0 %).",
        "all others",
        "<svg class=\"plot\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(
        viewer
            .get("/admin")
            .await
            .body
            .contains("All statistics of")
    );
    let longer = viewer.get(&format!("{path}?days=365")).await.body;
    assert!(longer.contains("<option value=\"365\" selected>"));
}

#[tokio::test]
async fn an_issue_that_goes_on_is_summed_again() {
    let app = TestApp::new().await;
    app.readers(std::iter::once("ada@inbox.example".to_owned()))
        .await;
    app.article("one", "A berth opens", &[]).await;
    let digest = app.digest("daily", None, 1).await;
    let id = app.send(&digest).await;
    app.advance(Duration::minutes(2));
    sum_up::sum_issues(&app.deps).await.unwrap();
    let mut tx = app.deps.store.begin().await.unwrap();
    let (ended, going) = (
        app.state(id).await,
        paperround::domain::issue::IssueState::Sending,
    );
    assert!(
        store::issues::advance(&mut tx, id, ended, going, app.deps.now())
            .await
            .unwrap()
    );
    assert!(
        !store::statistics::keep_sums(&mut tx, id, &[], app.deps.now())
            .await
            .unwrap()
    );
    assert!(
        store::issues::advance(&mut tx, id, going, ended, app.deps.now())
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    app.advance(Duration::minutes(2));
    let mut tx = app.deps.store.read().await.unwrap();
    let due = store::statistics::unsummed(&mut tx, app.deps.now(), 9)
        .await
        .unwrap();
    assert_eq!(due, [(id, app.publication_id())]);
}
