//! Before an issue goes out by hand: what was looked at, who gets it, a test, and taking it back.

use std::sync::Arc;

use axum::http::StatusCode;
use chrono::Duration;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::audit::Kind;
use paperround::domain::digest::Digest;
use paperround::domain::issue::IssueState;
use paperround::domain::operator::Role;
use paperround::domain::suppression::SuppressionReason;
use paperround::services::{compose_issue, manage_digest, plan_issue, suppress};
use paperround::store::audit::{self, Filter};
use paperround::store::{issues, test_addresses};

use crate::support::TestApp;
use crate::support::browser::{Browser, PASSWORD, operator_who};
use crate::support::newsstand::Newsstand;

const DIGEST: &str = "/admin/p/ledger/digests/daily";
const EDIT: &str = "/admin/p/ledger/digests/daily/edit";
const SEND: &str = "/admin/p/ledger/digests/daily/send";

async fn setting() -> (TestApp, Digest) {
    let app = TestApp::new().await;
    let digest = app.digest("daily", Some("0 7 * * *"), 1).await;
    app.readers(["ada@inbox.example".to_owned()].into_iter())
        .await;
    app.article("one", "A berth opens", &["energy"]).await;
    app.advance(Duration::seconds(1));
    (app, digest)
}

async fn states(app: &TestApp) -> Vec<IssueState> {
    let mut tx = app.deps.store.read().await.unwrap();
    let all = issues::list(&mut tx, Some(app.publication_id()), 10).await;
    all.unwrap().iter().map(|issue| issue.state).collect()
}

/// The rows of the checks, as "what: how: found".
fn checks(page: &str) -> Vec<String> {
    let (_, rest) = page.split_once("aria-labelledby=\"checks\"").unwrap();
    let (table, _) = rest.split_once("</table>").unwrap();
    let rows = table.split("<tr><th scope=\"row\">").skip(1);
    let plain = |row: &str| {
        let mut text = String::new();
        let mut in_tag = false;
        for c in row.replace("</th>", ": ").replace("</td>", ": ").chars() {
            match c {
                '<' => in_tag = true,
                '>' => in_tag = false,
                c if !in_tag => text.push(c),
                _ => {}
            }
        }
        text.trim().to_owned()
    };
    rows.map(plain).collect()
}

fn check(page: &str, name: &str) -> String {
    let all = checks(page);
    let found = all.iter().find(|row| row.starts_with(&format!("{name}: ")));
    found.unwrap_or_else(|| panic!("{name}: {all:?}")).clone()
}

#[tokio::test]
async fn a_good_issue_passes_all_checks() {
    let (app, _) = setting().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let page = editor.get(SEND).await.body;
    let all = checks(&page);
    let names: Vec<&str> = all
        .iter()
        .map(|row| row.split(':').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Size",
            "Subject",
            "Links",
            "Articles",
            "Pictures",
            "Leaving",
            "Postal address"
        ]
    );
    assert!(all.iter().all(|row| row.contains(": well: ")), "{all:?}");
    assert!(check(&page, "Size").contains("KB of HTML"));
}

#[tokio::test]
async fn what_a_careful_editor_would_see_is_told() {
    let (app, digest) = setting().await;
    app.article_with("two", "A berth opens", &[], |content| {
        content.url = "http://192.168.1.7/x".to_owned();
        content.image_url = Some("https://ledger.example/quay.jpg".to_owned());
        content.summary_html = String::new();
        content.summary_text = String::new();
    })
    .await;
    app.advance(Duration::seconds(1));
    manage_digest::update(&app.deps, digest.id, None, |digest| {
        digest.rules.subject = Some("RE: BUY NOW AND READ!!".to_owned());
        digest.rules.intro = "[here](ftp://x.example/) and [there](http://localhost/)".to_owned();
    })
    .await
    .unwrap();
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let page = editor.get(SEND).await.body;
    for (name, how, parts) in [
        (
            "Subject",
            "look at it",
            &["capitals", "exclamation", "an answer", "buy now"][..],
        ),
        ("Links", "wrong", &["a private address"]),
        ("Articles", "look at it", &["there twice: A berth opens"]),
        ("Pictures", "look at it", &["A berth opens"]),
        ("Summaries", "look at it", &["A berth opens"]),
        ("Leaving", "well", &[]),
    ] {
        let row = check(&page, name);
        assert!(row.starts_with(&format!("{name}: {how}: ")), "{row}");
        let lower = row.to_lowercase();
        for part in parts {
            assert!(lower.contains(&part.to_lowercase()), "{part}: {row}");
        }
    }
    assert!(checks(&page).iter().any(|row| row.contains("Without TLS")));
}

#[tokio::test]
async fn the_pages_of_articles_are_asked() {
    let stand = Newsstand::open().await;
    stand.lay_feed("/here", "<html><title>Here</title></html>");
    let mailbox = Mailbox::new();
    let app = TestApp::with(Arc::new(mailbox.clone()), mailbox, |settings| {
        settings.feeds.allow_private_addresses = true;
        settings.feeds.host_gap_seconds = 0;
    })
    .await;
    app.digest("daily", None, 1).await;
    for (slug, path) in [("one", "/here"), ("two", "/nowhere")] {
        let url = stand.url(path);
        app.article_with(slug, slug, &[], |content| content.url = url)
            .await;
    }
    app.advance(Duration::seconds(1));
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let asked = editor.post(SEND, &format!("{DIGEST}/pages"), &[]).await;
    assert_eq!(asked.status, StatusCode::OK);
    let row = check(&asked.body, "Pages");
    assert!(
        row.contains("wrong: 1 of 2 do not answer") && row.contains("/nowhere"),
        "{row}"
    );
    assert!(check(&asked.body, "Links").contains("a loopback address"));
}

#[tokio::test]
async fn who_gets_it_is_counted_with_the_reasons_why_others_do_not() {
    let (app, digest) = setting().await;
    app.digest("weekly", Some("0 7 * * mon"), 1).await;
    app.readers((0..4).map(|n| format!("reader{n}@inbox.example")))
        .await;
    app.subscribe("wanda@inbox.example", "&frequency=weekly")
        .await;
    app.subscribe("bo@inbox.example", "&frequency=weekly&frequency=daily")
        .await;
    app.subscribe("paul@inbox.example", "").await;
    let mut tx = app.deps.store.begin().await.unwrap();
    let paul = "paul@inbox.example".parse().unwrap();
    let paul = paperround::store::subscribers::find_by_email(&mut tx, &paul)
        .await
        .unwrap()
        .unwrap();
    let subscription = paperround::store::subscriptions::find_by_subscriber(
        &mut tx,
        paul.id,
        app.publication_id(),
    )
    .await
    .unwrap()
    .unwrap();
    let until = app.deps.now() + Duration::days(7);
    paperround::store::subscriptions::set_pause(&mut tx, subscription.id, Some(until))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let gone = "reader0@inbox.example".parse().unwrap();
    suppress::add(&app.deps, &gone, SuppressionReason::Manual, None)
        .await
        .unwrap();

    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let page = editor.get(SEND).await.body;
    // Ada, three of the four, and who takes both.
    for part in [
        "<b>5 readers</b>",
        "<dt>Confirmed</dt><dd>8 in",
        "<dt>Other digests</dt><dd>1 of",
        "<dt>Paused</dt><dd>1 have",
        "<dt>Suppressed</dt><dd>1 may",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let issue = app.compose(&digest).await;
    let (_, counts) = app.issue(issue).await;
    assert_eq!((counts.pending, counts.skipped), (5, 2), "as it was told");

    // Counted again after a minute.
    app.readers((0..1500).map(|n| format!("more{n}@inbox.example")))
        .await;
    assert!(editor.get(SEND).await.body.contains("<b>5 readers</b>"));
    app.advance(Duration::seconds(61));
    let page = editor.get(SEND).await.body;
    assert!(
        page.contains("<b>1,505 readers</b>") && page.contains("Type the number of readers"),
        "{page}"
    );
}

#[tokio::test]
async fn many_readers_are_reached_only_where_their_number_is_typed() {
    let (app, _) = setting().await;
    app.readers((0..1000).map(|n| format!("reader{n}@inbox.example")))
        .await;
    let mut owner = Browser::of(&app, "olga@ops.example", Role::Owner).await;
    for typed in ["", "1000", "all"] {
        let fields = [("shown", "1001"), ("readers", typed)];
        let refused = owner.post(SEND, SEND, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(
            refused.body.contains("Type 1,001 to send it"),
            "{}",
            refused.body
        );
    }
    assert!(states(&app).await.is_empty());
    let fields = [("shown", "1001"), ("readers", "1,001")];
    let sent = owner.post(SEND, SEND, &fields).await;
    assert_eq!(sent.location(), SEND, "{}", sent.body);
    assert_eq!(states(&app).await, [IssueState::Planned]);
}

#[tokio::test]
async fn an_issue_that_was_sent_is_taken_back_within_a_minute_and_its_draft_stays() {
    let (app, _) = setting().await;
    let mut owner = Browser::of(&app, "olga@ops.example", Role::Owner).await;
    let words = [("version", "0"), ("subject", "Only today"), ("intro", "")];
    owner.post(EDIT, &format!("{EDIT}/words"), &words).await;
    let stale = owner.post(SEND, SEND, &[("version", "0")]).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        stale
            .body
            .contains("olga@ops.example has changed this issue"),
        "{}",
        stale.body
    );
    let over = owner
        .post(SEND, SEND, &[("version", "1"), ("at", "2026-03-01T07:00")])
        .await;
    assert!(
        over.body.contains("That time is over") && over.body.contains("value=\"2026-03-01T07:00\"")
    );

    let sent = owner.post(SEND, SEND, &[("version", "1")]).await;
    let page = owner.follow(&sent).await.body;
    assert!(
        page.contains("An issue is planned for") && page.contains(">Undo<"),
        "{page}"
    );
    app.advance(Duration::seconds(59));
    assert_eq!(
        plan_issue::plan_due(&app.deps).await.unwrap(),
        0,
        "it waits"
    );
    let (_, rest) = page.split_once("name=\"issue\" value=\"").unwrap();
    let id = rest.split('"').next().unwrap().to_owned();
    let undone = owner
        .post(SEND, &format!("{DIGEST}/undo"), &[("issue", &id)])
        .await;
    assert!(owner.follow(&undone).await.body.contains("Taken back"));
    app.advance(Duration::seconds(5));
    assert_eq!(plan_issue::plan_due(&app.deps).await.unwrap(), 0);
    assert_eq!(states(&app).await, [IssueState::Cancelled]);

    let sent = owner.post(SEND, SEND, &[("version", "1")]).await;
    assert_eq!(sent.location(), SEND, "{}", sent.body);
    app.advance(Duration::seconds(61));
    assert_eq!(plan_issue::plan_due(&app.deps).await.unwrap(), 1);
    let mut tx = app.deps.store.read().await.unwrap();
    let all = issues::list(&mut tx, Some(app.publication_id()), 10)
        .await
        .unwrap();
    drop(tx);
    compose_issue::compose(&app.deps, all[0].id).await.unwrap();
    app.deliver().await.unwrap();
    let mail = app.newest("ada@inbox.example");
    assert_eq!(mail.subject(), "Only today");
    let late = owner
        .post(
            SEND,
            &format!("{DIGEST}/undo"),
            &[("issue", &all[0].id.to_string())],
        )
        .await;
    assert!(
        owner
            .follow(&late)
            .await
            .body
            .contains("too late to take it back")
    );
    let filter = Filter {
        kind: Some(Kind::Issue),
        ..Filter::default()
    };
    let mut tx = app.deps.store.read().await.unwrap();
    let log = audit::page(&mut tx, &filter, 100).await.unwrap();
    let verbs: Vec<&str> = log.iter().map(|entry| entry.verb.as_str()).collect();
    assert_eq!(verbs, ["plan", "take back", "plan"]);
}

#[tokio::test]
async fn an_issue_is_sent_at_a_time_or_made_for_approval() {
    let (app, digest) = setting().await;
    let mut owner = Browser::of(&app, "olga@ops.example", Role::Owner).await;
    let later = owner.post(SEND, SEND, &[("at", "2026-03-05T07:00")]).await;
    let page = owner.follow(&later).await.body;
    assert!(
        page.contains("An issue is planned for Thu 5 Mar 2026, 07:00 CET."),
        "{page}"
    );
    let twice = owner.post(SEND, SEND, &[("at", "2026-03-05T07:00")]).await;
    assert!(
        owner
            .follow(&twice)
            .await
            .body
            .contains("has an issue at that very time")
    );
    manage_digest::update(&app.deps, digest.id, None, |digest| {
        digest.rules.require_approval = true;
    })
    .await
    .unwrap();
    assert!(
        owner
            .get(SEND)
            .await
            .body
            .contains("waits until somebody who may send has approved")
    );
    let waits = owner.post(SEND, SEND, &[]).await;
    assert!(
        owner
            .follow(&waits)
            .await
            .body
            .contains("waits for approval")
    );
    app.advance(Duration::seconds(1));
    let nothing = owner.post(SEND, SEND, &[]).await;
    let page = owner.follow(&nothing).await.body;
    assert!(
        page.contains("Nothing goes out: nothing new.")
            && page.contains("Nothing would go out now"),
        "{page}"
    );
}

#[tokio::test]
async fn tests_go_to_addresses_and_to_the_group_that_was_kept() {
    let (app, _) = setting().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let path = format!("{DIGEST}/test");
    let wrong = editor.post(SEND, &path, &[("to", "nobody")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.body.contains("to-error") && wrong.body.contains(">nobody</textarea>"),
        "{}",
        wrong.body
    );
    let gone = "gone@inbox.example".parse().unwrap();
    suppress::add(&app.deps, &gone, SuppressionReason::Manual, None)
        .await
        .unwrap();
    let to = "ed@inbox.example\r\ngone@inbox.example";
    let sent = editor
        .post(SEND, &path, &[("to", to), ("keep", "yes")])
        .await;
    let page = editor.follow(&sent).await.body;
    assert!(
        page.contains("A test went to ed@inbox.example.") && page.contains("is suppressed"),
        "{page}"
    );
    assert!(
        page.contains(">ed@inbox.example\ngone@inbox.example</textarea>"),
        "{page}"
    );
    let mail = app.newest("ed@inbox.example");
    assert_eq!(mail.subject(), "[Test] A berth opens");
    assert_eq!(app.mails_for("gone@inbox.example"), 0);
    let other = editor
        .post(SEND, &path, &[("to", "flo@inbox.example")])
        .await;
    assert!(
        editor
            .follow(&other)
            .await
            .body
            .contains("A test went to flo@inbox.example.")
    );
    let mut tx = app.deps.store.read().await.unwrap();
    let group = test_addresses::list(&mut tx, app.publication_id())
        .await
        .unwrap();
    assert_eq!(
        group.len(),
        2,
        "one that is not kept leaves the group alone"
    );
    let log = audit::page(&mut tx, &Filter::default(), 1).await.unwrap();
    assert_eq!(log[0].verb, "set the test group of");
    assert!(
        !format!("{log:?}").contains("ed@inbox"),
        "no address is kept for good"
    );
    assert!(states(&app).await.is_empty());
}

#[tokio::test]
async fn who_may_not_send_sees_why_and_sends_nothing() {
    let (app, _) = setting().await;
    operator_who(&app, "ann@ops.example", Role::Editor, false).await;
    let mut editor = Browser::new(&app);
    editor.sign_in("ann@ops.example", PASSWORD).await;
    let page = editor.get(SEND).await.body;
    assert!(
        page.contains("Somebody who may send can send it by hand")
            && page.contains("Send the test"),
        "{page}"
    );
    for path in [SEND.to_owned(), format!("{DIGEST}/undo")] {
        let refused = editor.post(SEND, &path, &[]).await;
        assert!(
            refused.body.contains("This takes the right to send"),
            "{path}"
        );
    }
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let page = viewer.get(SEND).await.body;
    assert!(
        page.contains("1 reader") && !page.contains("class=\"button"),
        "{page}"
    );
    for action in ["test", "pages", "undo", "send"] {
        let refused = viewer.post(SEND, &format!("{DIGEST}/{action}"), &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{action}");
    }
    assert!(states(&app).await.is_empty());
}
