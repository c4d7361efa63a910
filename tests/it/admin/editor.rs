//! The editor of the coming issue: order, pins, what is dropped, words of its own, and that the issue, the
//! preview and the test mail all take it.

use axum::http::StatusCode;
use paperround::domain::audit::{Actor, Kind};
use paperround::domain::digest::Digest;
use paperround::domain::ids::ArticleId;
use paperround::domain::operator::Role;
use paperround::services::preview_digest::{self, Eyes, Preview};
use paperround::services::{manage_digest, plan_issue};
use paperround::store::audit::{self, Filter};
use paperround::store::{articles, drafts, editions, issues};

use crate::support::TestApp;
use crate::support::browser::Browser;

const DIGEST: &str = "/admin/p/ledger/digests/daily";
const EDIT: &str = "/admin/p/ledger/digests/daily/edit";

/// A digest with six articles: the later, the newer.
async fn setting() -> (TestApp, Digest) {
    let app = TestApp::new().await;
    let digest = app
        .digest_with("daily", |digest| {
            digest.max_items = 5;
            digest.rules.full_items = 4;
            digest.rules.sections = vec!["energy".parse().unwrap(), "markets".parse().unwrap()];
        })
        .await;
    app.readers(["ada@inbox.example".to_owned()].into_iter())
        .await;
    for (slug, title, topic) in [
        ("one", "Alpha", "markets"),
        ("two", "Bravo", "markets"),
        ("three", "Charlie", "markets"),
        ("four", "Delta", "energy"),
        ("five", "Echo", "energy"),
        ("six", "Foxtrot", "energy"),
    ] {
        app.article(slug, title, &[topic]).await;
        app.advance(chrono::Duration::seconds(1));
    }
    (app, digest)
}

async fn id(app: &TestApp, title: &str) -> ArticleId {
    let mut tx = app.deps.store.read().await.unwrap();
    let all = articles::latest(&mut tx, app.publication_id(), app.deps.now(), 100).await;
    let all = all.unwrap();
    all.iter().find(|a| a.content.title == title).unwrap().id
}

/// The headings and titles of the page, in their order.
fn outline(page: &str) -> Vec<String> {
    let (_, main) = page.split_once("<main").unwrap();
    let mut found = Vec::new();
    for piece in main.split('<') {
        if let Some((tag, text)) = piece.split_once('>') {
            let is_title = tag.starts_with("a href=\"https://ledger.example/");
            if (tag == "h2" || is_title) && !text.trim().is_empty() {
                found.push(text.trim().to_owned());
            }
        }
    }
    found
}

fn version(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"version\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Presses a button beside an article.
async fn press(app: &TestApp, browser: &mut Browser<'_>, act: &str, title: &str) -> String {
    let id = id(app, title).await.to_string();
    let version = version(&browser.get(EDIT).await.body);
    let fields = [
        ("version", version.as_str()),
        ("article", &id),
        ("act", act),
    ];
    let pressed = browser.post(EDIT, EDIT, &fields).await;
    assert_eq!(pressed.status, StatusCode::SEE_OTHER, "{}", pressed.body);
    let to = pressed.location();
    browser.get(to.split('#').next().unwrap()).await.body
}

async fn preview(app: &TestApp, digest: &Digest) -> Preview {
    let publication = app.publication.clone();
    let made = preview_digest::digest(
        &app.deps,
        publication,
        digest.clone(),
        None,
        Eyes::Everybody,
    );
    made.await.unwrap()
}

/// The titles in the order of a text.
fn titles(text: &str) -> Vec<&'static str> {
    let all = ["Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot"];
    let mut found: Vec<(usize, &str)> = all
        .into_iter()
        .filter_map(|title| text.find(title).map(|at| (at, title)))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, title)| title).collect()
}

#[tokio::test]
async fn articles_are_ordered_pinned_and_dropped_for_the_coming_issue_alone() {
    let (app, digest) = setting().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let page = editor.get(EDIT).await.body;
    let usual = [
        "Lead",
        "Foxtrot",
        "Energy",
        "Echo",
        "Delta",
        "Markets",
        "Charlie",
        "Headlines",
        "Bravo",
        "No room",
        "Alpha",
    ];
    assert_eq!(outline(&page), usual);
    assert!(page.contains("Subject: <b>Foxtrot</b>"), "{page}");

    let page = press(&app, &mut editor, "up", "Delta").await;
    assert_eq!(outline(&page)[2..5], ["Energy", "Delta", "Echo"]);
    // The first of a section goes up to be the lead; the first headline gets a summary.
    let page = press(&app, &mut editor, "up", "Charlie").await;
    assert_eq!(outline(&page)[..2], ["Lead", "Charlie"]);
    let page = press(&app, &mut editor, "pin", "Alpha").await;
    assert_eq!(outline(&page)[..2], ["Lead", "Alpha"]);
    assert!(page.contains(">pinned<"));
    let page = press(&app, &mut editor, "drop", "Foxtrot").await;
    let now = outline(&page);
    assert_eq!(now[now.len() - 2..], ["Dropped", "Foxtrot"], "{now:?}");
    let page = press(&app, &mut editor, "first", "Echo").await;
    assert_eq!(outline(&page)[1], "Alpha", "what is pinned stays first");

    // News that comes later stands behind what was put in order.
    app.article("seven", "Golf", &["retail"]).await;
    app.advance(chrono::Duration::seconds(1));
    let page = editor.get(EDIT).await.body;
    assert_eq!(outline(&page)[1], "Alpha");
    press(&app, &mut editor, "drop", "Golf").await;

    let shown = preview(&app, &digest).await;
    let issue = app.compose(&digest).await;
    let mut tx = app.deps.store.read().await.unwrap();
    let edition = editions::of_key(&mut tx, issue, "").await.unwrap().unwrap();
    assert_eq!(edition.text, shown.edition.text, "byte for byte");
    assert_eq!(edition.html, shown.edition.html);
    let frozen = articles::of_issue(&mut tx, issue).await.unwrap();
    drop(tx);
    assert_eq!(
        titles(&edition.text),
        ["Alpha", "Echo", "Delta", "Charlie", "Bravo"]
    );
    assert_eq!(frozen.len(), 5, "what was dropped is not in it");

    // It is spent, and what was dropped does not come again.
    let after = editor.get(EDIT).await.body;
    assert!(
        after.contains("No article is new for this digest"),
        "{after}"
    );
    app.article("eight", "Hotel", &["retail"]).await;
    app.advance(chrono::Duration::seconds(1));
    let after = editor.get(EDIT).await.body;
    assert_eq!(outline(&after)[..2], ["Lead", "Hotel"]);
    assert!(!after.contains("Dropped"));
}

#[tokio::test]
async fn an_issue_has_words_of_its_own() {
    let (app, digest) = setting().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let words = format!("{EDIT}/words");
    for (subject, intro, name) in [
        ("{{ headlin }}", "", "subject"),
        ("two\nlines", "", "subject"),
        ("", &*"x".repeat(4001), "intro"),
    ] {
        let fields = [("version", "0"), ("subject", subject), ("intro", intro)];
        let refused = editor.post(EDIT, &words, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(
            refused.body.contains(&format!("id=\"{name}-error\"")),
            "{}",
            refused.body
        );
    }
    let fields = [
        ("version", "0"),
        ("subject", "Only today: {{ headline }}"),
        ("intro", "Good *morning*\r\nto you"),
    ];
    let saved = editor.post(EDIT, &words, &fields).await;
    assert!(
        editor
            .follow(&saved)
            .await
            .body
            .contains("Subject: <b>Only today: Foxtrot</b>")
    );

    let id = id(&app, "Foxtrot").await.to_string();
    let own = format!("{EDIT}/{id}");
    let page = editor.get(&own).await.body;
    assert!(
        page.contains("value=\"Foxtrot\"") && page.contains(">About Foxtrot.<"),
        "{page}"
    );
    let version = version(&page);
    let long = "y".repeat(1001);
    let refused = editor
        .post(&own, &own, &[("version", &version), ("title", &long)])
        .await;
    assert!(refused.body.contains("title-error"), "{}", refused.body);
    let fields = [
        ("version", version.as_str()),
        ("title", "A finer word"),
        ("summary", "With *stress* <script>x</script>"),
    ];
    let saved = editor.post(&own, &own, &fields).await;
    assert_eq!(saved.location(), format!("{EDIT}#a-{id}"), "{}", saved.body);
    let page = editor.get(EDIT).await.body;
    assert!(
        page.contains(">edited<") && page.contains("Its own title: Foxtrot"),
        "{page}"
    );

    let shown = preview(&app, &digest).await;
    assert_eq!(shown.edition.subject, "Only today: A finer word");
    let html = editor.get(&format!("{DIGEST}/mail")).await;
    assert!(html.body.contains("<em>stress</em>") && html.body.contains("<em>morning</em>"));
    assert!(!html.body.contains("<script"));
    let policy = html.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("sandbox; default-src 'none'"),
        "{policy}"
    );

    let issue = app.send(&digest).await;
    let mail = app.newest("ada@inbox.example");
    assert!(mail.text().unwrap().contains("Good morning to you"));
    assert!(
        mail.text().unwrap().contains("A finer word") && !mail.text().unwrap().contains("Foxtrot")
    );
    let archive = app.get("/ledger/archive/daily-1").await;
    assert!(archive.body.contains("A finer word"), "{}", archive.body);
    let frozen = preview_digest::issue(&app.deps, issue, None).await.unwrap();
    assert_eq!(
        frozen.edition.html, shown.edition.html,
        "an issue is looked at as it went out"
    );
    let mut tx = app.deps.store.read().await.unwrap();
    let article = articles::find(&mut tx, id.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        article.content.title, "Foxtrot",
        "the article stays as it is"
    );
    assert!(drafts::find(&mut tx, digest.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_who_edit_at_once_lose_nothing() {
    let (app, digest) = setting().await;
    let mut ann = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let mut ben = Browser::of(&app, "ben@ops.example", Role::Editor).await;
    let seen = version(&ann.get(EDIT).await.body);
    press(&app, &mut ben, "drop", "Echo").await;
    let id = id(&app, "Foxtrot").await.to_string();
    let late = ann
        .post(
            EDIT,
            EDIT,
            &[("version", &seen), ("article", &id), ("act", "drop")],
        )
        .await;
    let page = ann.follow(&late).await.body;
    assert!(
        page.contains("Ben@ops.example has changed this issue since")
            || page.contains("ben@ops.example has changed this issue since"),
        "{page}"
    );
    assert!(!outline(&page).join(" ").contains("Dropped Foxtrot"));

    let words = format!("{EDIT}/words");
    let fields = [
        ("version", seen.as_str()),
        ("subject", "Mine"),
        ("intro", "My words"),
    ];
    let late = ann.post(EDIT, &words, &fields).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        late.body.contains("value=\"Mine\"") && late.body.contains(">My words<"),
        "what was typed stays"
    );
    let seen = version(&late.body);
    let fields = [
        ("version", seen.as_str()),
        ("subject", "Mine"),
        ("intro", "My words"),
    ];
    let again = ann.post(EDIT, &words, &fields).await;
    assert_eq!(again.location(), EDIT, "{}", again.body);
    let own = format!("{EDIT}/{id}");
    let late = ben
        .post(&own, &own, &[("version", "1"), ("title", "Other")])
        .await;
    assert!(
        late.body.contains("value=\"Other\"") && late.body.contains("ann@ops.example has changed")
    );

    // The words by another door count too, and an issue that takes the draft.
    let hand = app.deps.by(Actor::CommandLine);
    manage_digest::update(&hand, digest.id, Some("By the command line"), |_| {})
        .await
        .unwrap();
    let fields = [("version", seen.as_str()), ("subject", ""), ("intro", "")];
    let late = ann.post(EDIT, &words, &fields).await;
    assert!(
        late.body
            .contains("The command line has changed this issue"),
        "{}",
        late.body
    );
    let seen = version(&ann.get(EDIT).await.body);
    app.compose(&digest).await;
    app.article("nine", "India", &["retail"]).await;
    app.advance(chrono::Duration::seconds(1));
    let late = ann
        .post(EDIT, &words, &[("version", &seen), ("subject", "Too late")])
        .await;
    assert!(
        late.body.contains("An issue has taken what stood here"),
        "{}",
        late.body
    );

    let filter = Filter {
        kind: Some(Kind::Digest),
        ..Filter::default()
    };
    let mut tx = app.deps.store.read().await.unwrap();
    let log = audit::page(&mut tx, &filter, 100).await.unwrap();
    let edits: Vec<_> = log
        .iter()
        .filter(|e| e.verb == "edit the coming issue of")
        .map(|e| e.actor_name.as_str())
        .collect();
    assert_eq!(edits, ["ann@ops.example", "ben@ops.example"]);
}

#[tokio::test]
async fn an_order_that_was_dragged_is_kept_and_all_can_be_forgotten() {
    let (app, digest) = setting().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let mut fields = vec![("version", "0".to_owned())];
    for title in ["Bravo", "Alpha", "Echo"] {
        fields.push(("article", id(&app, title).await.to_string()));
    }
    fields.push(("moved", fields[1].1.clone()));
    // One that is none of the issue's any more is passed over.
    fields.push(("article", "01900000-0000-7000-8000-000000000000".to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let moved = editor.post(EDIT, &format!("{EDIT}/order"), &fields).await;
    assert_eq!(
        moved.location(),
        format!("{EDIT}#a-{}", fields[1].1),
        "{}",
        moved.body
    );
    let text = preview(&app, &digest).await.edition.text;
    assert_eq!(
        titles(&text),
        ["Bravo", "Echo", "Foxtrot", "Alpha", "Delta"]
    );
    let page = editor.get(EDIT).await.body;
    let cleared = editor
        .post(
            EDIT,
            &format!("{EDIT}/clear"),
            &[("version", &version(&page))],
        )
        .await;
    let page = editor.follow(&cleared).await.body;
    assert_eq!(outline(&page)[1], "Foxtrot");
    assert!(!page.contains("Forget all changes"));
}

#[tokio::test]
async fn news_that_breaks_and_issues_that_wait_for_approval_take_the_draft_too() {
    let (app, digest) = setting().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    press(&app, &mut editor, "drop", "Foxtrot").await;
    press(&app, &mut editor, "first", "Bravo").await;
    let digest = manage_digest::update(&app.deps, digest.id, None, |digest| {
        digest.rules.breaking = Some(paperround::domain::digest::Breaking::default());
        digest.rules.require_approval = true;
    })
    .await
    .unwrap();
    app.advance(chrono::Duration::minutes(2));
    assert_eq!(plan_issue::plan_due(&app.deps).await.unwrap(), 1);
    let mut tx = app.deps.store.read().await.unwrap();
    let issue = issues::latest_of(&mut tx, digest.id)
        .await
        .unwrap()
        .unwrap();
    drop(tx);
    let shown = preview_digest::issue(&app.deps, issue.id, None)
        .await
        .unwrap();
    assert_eq!(shown.edition.subject, "Bravo");
    assert!(!shown.edition.text.contains("Foxtrot"));
    let page = editor.get(EDIT).await.body;
    assert!(!outline(&page).contains(&"Bravo".to_owned()), "{page}");
    // Refused before anybody saw it, all of it is news again.
    paperround::services::control_issue::cancel(&app.deps, issue.id)
        .await
        .unwrap();
    let page = editor.get(EDIT).await.body;
    assert!(outline(&page).contains(&"Foxtrot".to_owned()));
}

#[tokio::test]
async fn a_viewer_looks_in_every_way_and_edits_nothing() {
    let (app, _) = setting().await;
    app.subscribe("eve@inbox.example", "&topics=markets").await;
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let page = viewer.get(EDIT).await.body;
    assert!(
        page.contains("Foxtrot")
            && !page.contains("class=\"button")
            && !page.contains("name=\"act\"")
    );
    let id = id(&app, "Foxtrot").await;
    assert_eq!(
        viewer.get(&format!("{EDIT}/{id}")).await.status,
        StatusCode::FORBIDDEN
    );
    for action in ["", "/order", "/words", "/clear"] {
        let refused = viewer
            .post(EDIT, &format!("{EDIT}{action}"), &[("version", "0")])
            .await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{action}");
    }
    let views = format!("{DIGEST}/preview");
    let mail = format!("{DIGEST}/mail");
    let all = viewer.get(&views).await.body;
    assert!(
        all.contains("<b>Foxtrot</b>") && all.contains("Gmail cuts off"),
        "{all}"
    );
    for (question, has, has_not) in [
        ("as=eve%40inbox.example", "Charlie", "Foxtrot"),
        ("topic=markets&view=text", "Charlie", "Foxtrot"),
        ("view=text", "Foxtrot", "<html"),
        (
            "view=source",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "nobody",
        ),
        ("view=dark", "(min-width:0)", "prefers-color-scheme"),
        ("view=phone", "not all", "prefers-color-scheme"),
    ] {
        let shown = viewer.get(&format!("{mail}?{question}")).await;
        assert_eq!(shown.status, StatusCode::OK, "{question}: {}", shown.body);
        assert!(shown.body.contains(has), "{question}: {}", shown.body);
        assert!(!shown.body.contains(has_not), "{question}: {}", shown.body);
        assert_eq!(
            viewer.get(&format!("{views}?{question}")).await.status,
            StatusCode::OK
        );
    }
    for (reader, why) in [
        ("nobody%40inbox.example", "is not subscribed"),
        ("nobody", "as-error"),
    ] {
        let none = viewer.get(&format!("{views}?as={reader}")).await.body;
        assert!(none.contains(why), "{none}");
        let none = viewer.get(&format!("{mail}?as={reader}")).await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}
