//! Readers by the pages: found, looked at, changed, and taken along.

use std::time::Duration;

use axum::http::StatusCode;
use paperround::domain::audit::{Entry, Kind};
use paperround::domain::operator::Role;
use paperround::domain::subscriber::ReaderState;
use paperround::services::suppress;
use paperround::store::audit::{self, Filter as LogFilter};
use paperround::store::subscribers::browse::{self, Effort, Filter, Place};
use paperround::store::{subscribers, suppressions};

use crate::support::TestApp;
use crate::support::browser::{Browser, PASSWORD};

async fn changes(app: &TestApp) -> Vec<Entry> {
    let filter = LogFilter {
        kind: Some(Kind::Subscriber),
        ..LogFilter::default()
    };
    let mut tx = app.deps.store.read().await.unwrap();
    audit::page(&mut tx, &filter, 100).await.unwrap()
}

/// The page of a reader.
async fn page_of(app: &TestApp, email: &str) -> String {
    let mut tx = app.deps.store.read().await.unwrap();
    let found = subscribers::find_by_email(&mut tx, &email.parse().unwrap()).await;
    format!("/admin/readers/{}", found.unwrap().unwrap().id)
}

/// The addresses that stand in a list, in their order.
fn addresses(page: &str) -> Vec<&str> {
    let rows = page
        .split("<th scope=\"row\"><a href=\"/admin/readers/")
        .skip(1);
    rows.map(|row| {
        let (_, rest) = row.split_once('>').unwrap();
        rest.split_once("</a>").unwrap().0
    })
    .collect()
}

#[tokio::test]
async fn readers_are_listed_filtered_and_paged() {
    let app = TestApp::new().await;
    let mut viewer = Browser::of(&app, "ann@ops.example", Role::Viewer).await;
    let empty = viewer.get("/admin/readers").await.body;
    assert!(empty.contains("Nobody has signed up yet."), "{empty}");
    app.readers((0..60).map(|n| format!("r{n:02}@inbox.example")))
        .await;
    app.advance(chrono::Duration::seconds(1));
    app.subscribe("zoe@inbox.example", "&topics=energy").await;
    app.advance(chrono::Duration::seconds(1));
    app.post("/ledger/subscribe", "email=max%40inbox.example")
        .await;
    app.take_in().await;
    let email = "r05@inbox.example".parse().unwrap();
    suppress::add(&app.deps, &email, "complaint".parse().unwrap(), None)
        .await
        .unwrap();

    let newest = viewer.get("/admin/readers").await.body;
    assert_eq!(addresses(&newest).len(), 50);
    assert_eq!(
        addresses(&newest)[..2],
        ["max@inbox.example", "zoe@inbox.example"]
    );
    let (_, next) = newest.split_once("<p class=\"paging\"><a href=\"").unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    let rest = viewer.get(&next).await.body;
    assert_eq!(addresses(&rest).len(), 12, "{rest}");
    assert!(rest.contains("From the beginning") && !rest.contains(">Next<"));

    let found =
        |page: String| -> Vec<String> { addresses(&page).into_iter().map(str::to_owned).collect() };
    let begin = viewer
        .get("/admin/readers?q=R0&publication=ledger")
        .await
        .body;
    let expected: Vec<String> = (0..10).map(|n| format!("r{n:02}@inbox.example")).collect();
    assert_eq!(found(begin), expected);
    let pending = viewer.get("/admin/readers?state=pending").await.body;
    assert_eq!(found(pending), ["max@inbox.example"]);
    let suppressed = viewer.get("/admin/readers?state=suppressed").await.body;
    assert!(suppressed.contains(">suppressed<"));
    assert_eq!(found(suppressed), ["r05@inbox.example"]);
    let confirmed = viewer
        .get("/admin/readers?state=confirmed&q=r05")
        .await
        .body;
    assert!(
        confirmed.contains("No reader passes this filter."),
        "{confirmed}"
    );
    let shipping = viewer
        .get("/admin/readers?publication=ledger&topic=markets&q=zoe")
        .await;
    assert!(found(shipping.body).is_empty());
    let energy = viewer
        .get("/admin/readers?publication=ledger&topic=energy&q=zoe")
        .await;
    assert_eq!(found(energy.body), ["zoe@inbox.example"]);
    let hostile = viewer
        .get("/admin/readers?q=%25%27%22%3Cb%3E&after=x&state=x")
        .await;
    assert_eq!(hostile.status, StatusCode::OK);
    assert!(!hostile.body.contains("<b>") && found(hostile.body).is_empty());
}

#[tokio::test]
async fn a_list_is_whole_however_little_is_looked_through_at_a_time() {
    let app = TestApp::new().await;
    app.readers((0..23).map(|n| format!("r{n:02}@inbox.example")))
        .await;
    app.advance(chrono::Duration::seconds(1));
    for n in [3, 4, 20] {
        let email = format!("r{n:02}@inbox.example").parse().unwrap();
        suppress::add(&app.deps, &email, "manual".parse().unwrap(), None)
            .await
            .unwrap();
    }
    app.post("/ledger/subscribe", "email=max%40inbox.example")
        .await;
    app.take_in().await;
    let (start, publication) = (Some("r".to_owned()), Some(app.publication.id));
    let lists = [
        (Filter::default(), 24),
        (
            Filter {
                publication,
                ..Filter::default()
            },
            24,
        ),
        (
            Filter {
                start: start.clone(),
                publication,
                ..Filter::default()
            },
            23,
        ),
        (
            Filter {
                state: Some(ReaderState::Suppressed),
                ..Filter::default()
            },
            3,
        ),
        (
            Filter {
                state: Some(ReaderState::Confirmed),
                ..Filter::default()
            },
            20,
        ),
        (
            Filter {
                start,
                state: Some(ReaderState::Pending),
                ..Filter::default()
            },
            0,
        ),
        (
            Filter {
                publication,
                topic: Some("energy".parse().unwrap()),
                ..Filter::default()
            },
            23,
        ),
    ];
    for (filter, expected) in lists {
        for (block, limit) in [(1, 1), (2, 3), (5, 2), (100, 7), (100, 100)] {
            let effort = Effort {
                block,
                patience: Duration::ZERO,
            };
            let mut tx = app.deps.store.read().await.unwrap();
            let (mut seen, mut at): (Vec<String>, Option<Place>) = (Vec::new(), None);
            loop {
                let page = browse::page(&mut tx, &filter, at.as_ref(), limit, effort)
                    .await
                    .unwrap();
                assert!(page.readers.len() <= limit);
                seen.extend(page.readers.into_iter().map(|reader| reader.email));
                at = page.next;
                if at.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), expected, "{filter:?} {block} {limit}: {seen:?}");
            if filter.is_by_address() {
                assert!(seen.is_sorted(), "{seen:?}");
            } else if expected == 24 {
                assert_eq!(seen[0], "max@inbox.example");
            }
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), expected);
        }
    }
}

#[tokio::test]
async fn a_reader_is_shown_with_all_that_happened() {
    let app = TestApp::new().await;
    app.subscribe("ada@inbox.example", "&topics=energy").await;
    app.article("one", "A berth opens", &["energy"]).await;
    let digest = app.digest("daily", None, 1).await;
    app.compose(&digest).await;
    app.deliver().await.unwrap();
    let mut viewer = Browser::of(&app, "ann@ops.example", Role::Viewer).await;
    let search = viewer.get("/admin/search?q=ada").await.body;
    let path = page_of(&app, "ada@inbox.example").await;
    assert!(search.contains(&format!("<a href=\"{path}\">")), "{search}");
    let shown = viewer.get(&path).await.body;
    for part in [
        ">confirmed<",
        "requested from 203.0.113.0/24",
        "agreed to: “",
        "confirmation mail sent",
        "daily No. 1 sent",
        "<dt>Topics</dt><dd>Energy</dd>",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    for button in ["Unsubscribe", "Erase", "Download", "Suppress the", "Save"] {
        assert!(!shown.contains(button), "a viewer is offered {button}");
    }
    let nobody = viewer
        .get("/admin/readers/01890000-0000-7000-8000-000000000000")
        .await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    for action in [
        "/suppress",
        "/lift",
        "/data",
        "/erase",
        "/in/ledger",
        "/in/ledger/unsubscribe",
    ] {
        let refused = viewer.post(&path, &format!("{path}{action}"), &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{action}");
    }
    let refused = viewer
        .post(&path, "/admin/readers/export", &[("publication", "ledger")])
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(changes(&app).await.is_empty());
}

#[tokio::test]
async fn an_editor_changes_pauses_and_ends_what_a_reader_gets() {
    let app = TestApp::new().await;
    app.digest("daily", None, 1).await;
    app.digest("weekly", None, 1).await;
    app.subscribe("ada@inbox.example", "").await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let path = page_of(&app, "ada@inbox.example").await;
    let place = format!("{path}/in/ledger");
    let wrong = [("topics", "energy"), ("timezone", "Europe/Atlantis")];
    let refused = editor.post(&path, &place, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused
            .body
            .contains("There is no time zone &quot;Europe/Atlantis&quot;"),
        "{}",
        refused.body
    );
    assert!(
        refused.body.contains("value=\"energy\" checked"),
        "{}",
        refused.body
    );
    let unknown = editor.post(&path, &place, &[("topics", "sport")]).await;
    assert!(unknown.body.contains("no topic"), "{}", unknown.body);
    let right = [
        ("topics", "energy"),
        ("digests", "weekly"),
        ("language", "de"),
        ("timezone", "Asia/Tokyo"),
    ];
    let saved = editor.post(&path, &place, &right).await;
    assert_eq!(saved.location(), path, "{}", saved.body);
    let shown = editor.get(&path).await.body;
    for part in [
        "<dd>Energy</dd>",
        "<dd>weekly</dd>",
        "<dd>de</dd>",
        "<dd>Asia/Tokyo</dd>",
        "changed by operator",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let left = editor
        .post(&path, &format!("{place}/unsubscribe"), &[])
        .await;
    assert_eq!(left.location(), path);
    let shown = editor.get(&path).await.body;
    assert!(shown.contains(">unsubscribed<") && !shown.contains("Change the choices"));
    let closed = editor.post(&path, &place, &right).await;
    let closed = editor.follow(&closed).await;
    assert!(
        closed
            .body
            .contains("only one that is confirmed can be changed"),
        "{}",
        closed.body
    );
    editor
        .post(&path, &format!("{place}/unsubscribe"), &[])
        .await;

    let log = changes(&app).await;
    let told: Vec<(&str, &str)> = log
        .iter()
        .map(|e| (e.verb.as_str(), e.actor_name.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("unsubscribe", "ann@ops.example"),
            ("update", "ann@ops.example")
        ]
    );
    let fields: Vec<String> = log[1].differences().into_iter().map(|d| d.field).collect();
    assert_eq!(fields, ["digests", "language", "timezone", "topics"]);
    assert!(!format!("{log:?}").contains("ada@inbox.example"));
}

#[tokio::test]
async fn a_pending_reader_is_asked_again_within_the_limits() {
    let app = TestApp::new().await;
    app.post("/ledger/subscribe", "email=max%40inbox.example")
        .await;
    app.send_notices().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let path = page_of(&app, "max@inbox.example").await;
    let again = format!("{path}/in/ledger/ask-again");
    let answer = editor.post(&path, &again, &[]).await;
    let told = editor.follow(&answer).await.body;
    assert!(
        told.contains("The inbox has had the confirmation mails"),
        "{told}"
    );
    app.advance(chrono::Duration::hours(25));
    let signed_in = editor.sign_in("ann@ops.example", PASSWORD).await;
    assert_eq!(signed_in.location(), "/admin");
    let answer = editor.post(&path, &again, &[]).await;
    let told = editor.follow(&answer).await.body;
    assert!(told.contains("goes out once more"), "{told}");
    app.send_notices().await;
    assert_eq!(app.mails_for("max@inbox.example"), 2);
    assert_eq!(changes(&app).await[0].verb, "ask again");
}

#[tokio::test]
async fn a_reader_is_suppressed_let_back_and_erased() {
    let app = TestApp::new().await;
    app.subscribe("ada@inbox.example", "").await;
    let path = page_of(&app, "ada@inbox.example").await;
    let mut editor = Browser::of(&app, "ben@ops.example", Role::Editor).await;
    editor
        .post(
            &path,
            &format!("{path}/suppress"),
            &[("source", "by phone")],
        )
        .await;
    let shown = editor.get(&path).await.body;
    assert!(
        shown.contains("manual, by by phone") && shown.contains("suppressed: manual (by phone)"),
        "{shown}"
    );
    editor.post(&path, &format!("{path}/lift"), &[]).await;
    assert!(editor.get(&path).await.body.contains("may get mail again"));
    let data = editor.post(&path, &format!("{path}/data"), &[]).await;
    let kept: serde_json::Value = serde_json::from_str(&data.body).unwrap();
    assert_eq!(kept["email"], "ada@inbox.example");
    assert!(
        data.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    let typed = [("typed", "Ada@inbox.example")];
    let refused = editor.post(&path, &format!("{path}/erase"), &typed).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let mut owner = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let refused = owner
        .post(&path, &format!("{path}/erase"), &[("typed", "ada")])
        .await;
    assert!(
        refused
            .body
            .contains("Nothing was erased: type ada@inbox.example"),
        "{}",
        refused.body
    );
    let erased = owner.post(&path, &format!("{path}/erase"), &typed).await;
    assert_eq!(erased.location(), "/admin/readers", "{}", erased.body);
    assert_eq!(owner.get(&path).await.status, StatusCode::NOT_FOUND);
    let list = owner.get("/admin/readers").await.body;
    assert!(addresses(&list).is_empty(), "{list}");
    let hash = app
        .deps
        .keys
        .email_hash(&"ada@inbox.example".parse().unwrap());
    let mut tx = app.deps.store.read().await.unwrap();
    assert!(suppressions::find(&mut tx, hash).await.unwrap().is_some());
    drop(tx);
    let log = changes(&app).await;
    let told: Vec<&str> = log.iter().map(|e| e.verb.as_str()).collect();
    assert_eq!(told, ["erase", "export"]);
    assert!(log.iter().all(|e| e.object == hash.to_string()));
}

#[tokio::test]
async fn readers_are_taken_along_as_a_table() {
    let app = TestApp::new().await;
    app.readers((0..2100).map(|n| format!("r{n:04}@inbox.example")))
        .await;
    app.advance(chrono::Duration::seconds(1));
    app.subscribe(
        "=zoe@inbox.example",
        "&topics=energy&name=Zoe%2C%20the%20first",
    )
    .await;
    let email = "r0005@inbox.example".parse().unwrap();
    suppress::add(&app.deps, &email, "manual".parse().unwrap(), None)
        .await
        .unwrap();
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let list = "/admin/readers?publication=ledger";
    let offered = editor.get(list).await.body;
    assert!(offered.contains("Download the table"), "{offered}");
    let all = editor
        .post(list, "/admin/readers/export", &[("publication", "ledger")])
        .await;
    let lines: Vec<&str> = all.body.lines().collect();
    assert_eq!(lines.len(), 2102);
    assert_eq!(
        lines[0],
        "email,name,language,topics,digests,status,confirmed_at"
    );
    assert!(
        lines[1]
            .starts_with("'=zoe@inbox.example,\"Zoe, the first\",,energy,,confirmed,2026-03-02T"),
        "{}",
        lines[1]
    );
    assert!(all.body.contains("\nr0005@inbox.example,,,,,suppressed,"));
    let fields = [
        ("publication", "ledger"),
        ("q", "r000"),
        ("state", "confirmed"),
    ];
    let some = editor.post(list, "/admin/readers/export", &fields).await;
    assert_eq!(some.body.lines().count(), 10);
    let nowhere = editor
        .post(list, "/admin/readers/export", &[("publication", "x")])
        .await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let log = changes(&app).await;
    assert_eq!((log.len(), log[0].object.as_str()), (2, "ledger"));
}
