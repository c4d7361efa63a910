//! Publications, topics, feeds, suppressed addresses and sign-up rules by the pages.

use std::sync::Arc;

use axum::http::StatusCode;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::audit::{Entry, Kind};
use paperround::domain::operator::Role;
use paperround::store::audit::{self, Filter};
use paperround::store::{feeds, publications, signup_rules, suppressions};

use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::newsstand::Newsstand;

pub(super) async fn changes(app: &TestApp, kind: Kind) -> Vec<Entry> {
    let filter = Filter {
        kind: Some(kind),
        ..Filter::default()
    };
    let mut tx = app.deps.store.read().await.unwrap();
    audit::page(&mut tx, &filter, 100).await.unwrap()
}

pub(super) const PUBLICATION: [(&str, &str); 7] = [
    ("name", "The Evening"),
    ("slug", "evening"),
    ("from_name", "The Evening"),
    ("from_email", "news@evening.example"),
    ("postal_address", "1 Old Quay, Port Marrow"),
    ("language", "en"),
    ("timezone", "Europe/Berlin"),
];

#[tokio::test]
async fn an_editor_makes_and_changes_a_publication() {
    let app = TestApp::new().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let list = "/admin/publications";
    let mut wrong = PUBLICATION;
    wrong[1].1 = "admin";
    wrong[3].1 = "nowhere";
    wrong[6].1 = "Europe/Atlantis";
    let refused = editor.post(list, list, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "is taken by a page of the service itself",
        "timezone-error",
        "from_email-error",
        "value=\"The Evening\"",
    ] {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    let made = editor.post(list, list, &PUBLICATION).await;
    assert_eq!(made.location(), "/admin/p/evening/feeds", "{}", made.body);
    let twice = editor.post(list, list, &PUBLICATION).await;
    assert!(
        twice
            .body
            .contains("There is a publication &quot;evening&quot; already"),
        "{}",
        twice.body
    );

    let page = "/admin/p/evening";
    let shown = editor.get(page).await.body;
    assert!(
        shown.contains("value=\"news@evening.example\"")
            && shown.contains("https://news.example/evening")
    );
    let mut change: Vec<(&str, &str)> = PUBLICATION.to_vec();
    change.extend([
        ("design", "compact"),
        ("font", "serif"),
        ("accent", "#8a2b06"),
        ("welcome", "on"),
    ]);
    change[0].1 = "The Late Evening";
    let saved = editor.post(page, page, &change).await;
    assert_eq!(saved.location(), page, "{}", saved.body);
    change.push(("logo_url", "ftp://x"));
    let refused = editor.post(page, page, &change).await;
    assert!(refused.body.contains("logo_url-error"), "{}", refused.body);
    editor.post(page, &format!("{page}/archive"), &[]).await;

    let mut tx = app.deps.store.read().await.unwrap();
    let kept = publications::find_by_slug(&mut tx, "evening")
        .await
        .unwrap()
        .unwrap();
    drop(tx);
    assert_eq!(
        (kept.name.as_str(), kept.look.accent.to_string().as_str()),
        ("The Late Evening", "#8a2b06")
    );
    assert!(kept.archived_at.is_some());
    let log = changes(&app, Kind::Publication).await;
    let told: Vec<String> = log[1].differences().into_iter().map(|d| d.field).collect();
    assert_eq!(told, ["look.accent", "look.design", "name", "welcome"]);
    assert!(
        log[0..3]
            .iter()
            .all(|e| e.actor_name == "ann@ops.example" && e.object == "evening")
    );
}

#[tokio::test]
async fn topics_are_added_renamed_and_filled_by_rules() {
    let app = TestApp::new().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let page = "/admin/p/ledger/topics";
    let added = editor
        .post(page, page, &[("name", "Shipping"), ("slug", "shipping")])
        .await;
    assert_eq!(added.location(), page);
    let twice = editor
        .post(page, page, &[("name", "Shipping"), ("slug", "shipping")])
        .await;
    assert!(
        twice
            .body
            .contains("There is a topic &quot;shipping&quot; already"),
        "{}",
        twice.body
    );
    let bad = editor
        .post(page, page, &[("name", "X"), ("slug", "No Slug")])
        .await;
    assert!(bad.body.contains("slug-error"));
    editor
        .post(
            page,
            &format!("{page}/shipping/rename"),
            &[("name", "Ships")],
        )
        .await;
    let rule = [
        ("topic", "shipping"),
        ("field", "title"),
        ("words", "harbour"),
    ];
    editor
        .post(page, "/admin/p/ledger/topic-rules", &rule)
        .await;
    let shown = editor.get(page).await.body;
    assert!(
        shown.contains(">Ships<") && shown.contains(">harbour<"),
        "{shown}"
    );
    let (_, rest) = shown.split_once("/admin/p/ledger/topic-rules/").unwrap();
    let path = format!(
        "/admin/p/ledger/topic-rules/{}",
        rest.split('"').next().unwrap()
    );
    let removed = editor.post(page, &path, &[]).await;
    assert!(!editor.follow(&removed).await.body.contains(">harbour<"));
    let log = changes(&app, Kind::Topic).await;
    assert_eq!(log[0].verb, "rename");
    assert_eq!(log[0].differences()[0].before, "Shipping");
    assert_eq!(changes(&app, Kind::TopicRule).await.len(), 2);
}

#[tokio::test]
async fn a_feed_is_found_connected_fetched_paused_and_removed() {
    let stand = Newsstand::open().await;
    stand.lay_feed(
        "/feed.xml",
        include_str!("../../fixtures/feeds/town.rss.xml"),
    );
    let mailbox = Mailbox::new();
    let app = TestApp::with(Arc::new(mailbox.clone()), mailbox, |settings| {
        settings.feeds.allow_private_addresses = true;
        settings.feeds.host_gap_seconds = 0;
    })
    .await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let page = "/admin/p/ledger/feeds";
    let nothing = editor.post(page, page, &[("url", "ftp://nowhere")]).await;
    assert!(nothing.body.contains("url-error"), "{}", nothing.body);
    let silent = ("url", "127.0.0.1:1/feed");
    let asked = editor.post(page, page, &[silent]).await;
    let says = "There is no answer at https://127.0.0.1:1/feed";
    assert!(
        asked.body.contains(says) && asked.body.contains("name=\"anyway\""),
        "{}",
        asked.body
    );
    let anyway = editor.post(page, page, &[silent, ("anyway", "yes")]).await;
    assert_eq!(anyway.location(), page, "{}", anyway.body);
    let own = format!("{page}/{}", only_feed(&app).await.id);
    editor.post(&own, &format!("{own}/remove"), &[]).await;
    let url = stand.url("/feed.xml");
    let fields = [
        ("url", url.as_str()),
        ("every", "15m"),
        ("article_pages", "no"),
        ("topic", "energy"),
        ("mapping", "Oil & Gas = markets"),
    ];
    let mut wrong = fields;
    wrong[4].1 = "no topic here";
    let refused = editor.post(page, page, &wrong).await;
    assert!(refused.body.contains("mapping-error") && refused.body.contains("no topic here"));
    let added = editor.post(page, page, &fields).await;
    assert_eq!(added.location(), page, "{}", added.body);
    let feed = only_feed(&app).await;
    let own = format!("{page}/{}", feed.id);
    let fetched = editor.post(&own, &format!("{own}/fetch"), &[]).await;
    let shown = editor.follow(&fetched).await.body;
    assert!(shown.contains(" new, "), "{shown}");
    assert!(
        shown.contains("oil &amp; gas: markets") && shown.contains("every 15m"),
        "{shown}"
    );
    editor.post(&own, &format!("{own}/pause"), &[]).await;
    assert!(editor.get(page).await.body.contains(">paused<"));
    editor.post(&own, &format!("{own}/resume"), &[]).await;
    let saved = editor
        .post(
            &own,
            &own,
            &[("url", &url), ("every", "auto"), ("article_pages", "yes")],
        )
        .await;
    assert_eq!(saved.location(), own, "{}", saved.body);
    assert!(only_feed(&app).await.adaptive);
    editor.post(&own, &format!("{own}/remove"), &[]).await;
    assert_eq!(editor.get(&own).await.status, StatusCode::NOT_FOUND);
    let verbs: Vec<String> = changes(&app, Kind::Feed)
        .await
        .into_iter()
        .map(|e| e.verb)
        .collect();
    assert_eq!(
        verbs,
        [
            "remove", "change", "resume", "pause", "add", "remove", "add"
        ]
    );
}

pub(super) async fn only_feed(app: &TestApp) -> paperround::domain::feed::Feed {
    let mut tx = app.deps.store.read().await.unwrap();
    let mut all = feeds::list(&mut tx, None).await.unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[tokio::test]
async fn addresses_are_suppressed_looked_up_and_let_go() {
    let app = TestApp::new().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let page = "/admin/suppression";
    let bad = editor
        .post(page, page, &[("email", "nowhere"), ("reason", "manual")])
        .await;
    assert!(bad.body.contains("email-error"));
    editor
        .post(
            page,
            page,
            &[("email", "eve@inbox.example"), ("reason", "manual")],
        )
        .await;
    let email = "eve@inbox.example".parse().unwrap();
    let hash = app.deps.keys.email_hash(&email);
    let mut tx = app.deps.store.read().await.unwrap();
    let kept = suppressions::find(&mut tx, hash).await.unwrap().unwrap();
    drop(tx);
    assert_eq!(kept.source.as_deref(), Some("ann@ops.example"));
    assert!(
        editor
            .get(&format!("{page}?q=Eve%40inbox.example"))
            .await
            .body
            .contains(">manual<")
    );
    assert!(
        editor
            .get(&format!("{page}?q=ada%40inbox.example"))
            .await
            .body
            .contains("is not suppressed")
    );
    let log = changes(&app, Kind::Suppression).await;
    assert_eq!(log[0].object, hash.to_string());
    assert!(
        !format!("{log:?}").contains("eve@inbox.example"),
        "readers stand there by their hash"
    );
    let removed = editor
        .post(
            page,
            "/admin/suppression/remove",
            &[("email", "eve@inbox.example")],
        )
        .await;
    assert!(
        editor
            .follow(&removed)
            .await
            .body
            .contains("may get mail again")
    );
    assert_eq!(changes(&app, Kind::Suppression).await[0].verb, "remove");
}

#[tokio::test]
async fn sign_up_rules_are_added_and_removed() {
    let app = TestApp::new().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let page = "/admin/sign-up-rules";
    let bad = editor
        .post(
            page,
            page,
            &[("subject", "no subject"), ("effect", "block")],
        )
        .await;
    assert!(bad.body.contains("subject-error"));
    for subject in ["spam.example", "192.0.2.0/24", "eve@inbox.example"] {
        editor
            .post(
                page,
                page,
                &[
                    ("subject", subject),
                    ("effect", "block"),
                    ("reason", "floods"),
                ],
            )
            .await;
    }
    let shown = editor.get(page).await.body;
    assert!(shown.contains("192.0.2.0/24") && shown.contains(">block<"));
    editor
        .post(
            page,
            "/admin/sign-up-rules/remove",
            &[("subject", "spam.example")],
        )
        .await;
    let mut tx = app.deps.store.read().await.unwrap();
    assert_eq!(signup_rules::page(&mut tx, "", 10).await.unwrap().len(), 2);
    drop(tx);
    let log = changes(&app, Kind::SignUpRule).await;
    assert_eq!(
        (log[0].verb.as_str(), log[0].object.as_str()),
        ("remove", "spam.example")
    );
    assert!(log.iter().all(|entry| !entry.object.contains("eve@")));
}

#[tokio::test]
async fn a_viewer_sees_all_of_it_and_changes_nothing() {
    let app = TestApp::new().await;
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    for (page, path) in [
        ("/admin/publications", "/admin/publications"),
        ("/admin/p/ledger", "/admin/p/ledger/archive"),
        ("/admin/p/ledger/topics", "/admin/p/ledger/topics"),
        ("/admin/p/ledger/feeds", "/admin/p/ledger/feeds"),
        ("/admin/suppression", "/admin/suppression"),
        ("/admin/sign-up-rules", "/admin/sign-up-rules"),
        ("/admin/relays", "/admin/suppression/remove"),
    ] {
        let shown = viewer.get(page).await;
        assert_eq!(shown.status, StatusCode::OK, "{page}");
        assert!(
            !shown.body.contains("class=\"button"),
            "{page} offers what is refused"
        );
        let refused = viewer.post(page, path, &[("email", "a@b.example")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        assert!(refused.body.contains("This takes the role of an editor"));
    }
    assert_eq!(
        viewer.get("/admin/p/nowhere/feeds").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn an_editor_removes_a_topic_and_nobody_gets_more_for_it() {
    let app = TestApp::new().await;
    app.subscribe("ada@inbox.example", "&topics=energy").await;
    let digest = app.digest("daily", None, 1).await;
    let mut editor = Browser::of(&app, "ben@ops.example", Role::Editor).await;
    let page = "/admin/p/ledger/topics/energy/remove";
    let asked = editor.get(page).await.body;
    assert!(asked.contains("1 reader has chosen"), "{asked}");
    app.article("one", "A berth opens", &["energy"]).await;
    let removed = editor.post(page, page, &[]).await;
    let said = editor.follow(&removed).await.body;
    assert!(said.contains("energy is no topic any more."), "{said}");
    assert_eq!(editor.get(page).await.status, StatusCode::NOT_FOUND);
    assert_eq!(changes(&app, Kind::Topic).await[0].verb, "remove");

    app.article("two", "A crane falls", &[]).await;
    let before = app.mails_for("ada@inbox.example");
    app.send(&digest).await;
    assert_eq!(
        app.mails_for("ada@inbox.example"),
        before,
        "not everything instead"
    );
}

#[tokio::test]
async fn a_topic_that_a_digest_is_made_of_stays() {
    let app = TestApp::new().await;
    let topic = |slug: &str| slug.parse().unwrap();
    app.digest_with("wind", |digest| digest.topics = vec![topic("energy")])
        .await;
    app.digest_with("money", |digest| {
        digest.rules.sections = vec!["markets:3".parse().unwrap()];
    })
    .await;
    let mut editor = Browser::of(&app, "ben@ops.example", Role::Editor).await;
    for (slug, digest) in [("energy", "wind"), ("markets", "money")] {
        let page = format!("/admin/p/ledger/topics/{slug}/remove");
        let kept = editor.post(&page, &page, &[]).await;
        let said = editor.follow(&kept).await.body;
        assert!(
            said.contains(&format!("The digest {digest} is made of {slug}")),
            "{said}"
        );
    }
    let mut tx = app.deps.store.read().await.unwrap();
    let topics = publications::topics(&mut tx, app.publication_id())
        .await
        .unwrap();
    assert!(topics.len() >= 2);
}
