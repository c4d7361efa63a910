//! From nothing to a publication that goes out: what the pages fill in and lead to by themselves.

use std::sync::Arc;

use paperround::demo::mailbox::Mailbox;
use paperround::domain::audit::Kind;
use paperround::domain::operator::Role;
use paperround::services::test_digest;

use super::places::{PUBLICATION, changes, only_feed};
use crate::support::TestApp;
use crate::support::browser::Browser;
use crate::support::newsstand::Newsstand;

#[tokio::test]
async fn what_has_no_short_name_gets_one_of_its_name() {
    let app = TestApp::new().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let list = "/admin/publications";
    let mut fields = PUBLICATION;
    fields[0].1 = "The Evening: Öl & Gas";
    fields[1].1 = "";
    fields[2].1 = "";
    let made = editor.post(list, list, &fields).await;
    assert_eq!(
        made.location(),
        "/admin/p/the-evening-ol-gas/feeds",
        "{}",
        made.body
    );
    fields[0].1 = "Admin";
    let taken = editor.post(list, list, &fields).await;
    assert!(taken.body.contains("slug-error"), "{}", taken.body);
    let page = "/admin/p/the-evening-ol-gas/topics";
    let nameless = editor.post(page, page, &[("name", "!!!")]).await;
    assert!(
        nameless
            .body
            .contains("No short name can be made of that name"),
        "{}",
        nameless.body
    );
    let empty = editor.post(page, page, &[("name", " ")]).await;
    assert!(empty.body.contains("Give it a name."), "{}", empty.body);
    editor
        .post(page, page, &[("name", "Politik & Recht")])
        .await;
    let shown = editor.get(page).await.body;
    assert!(shown.contains(">politik-recht<"), "{shown}");
}

#[tokio::test]
async fn categories_of_a_feed_become_topics_with_a_tick() {
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
    let (feeds_page, page) = ("/admin/p/ledger/feeds", "/admin/p/ledger/topics");
    let url = stand.url("/feed.xml");
    let added = editor.post(feeds_page, feeds_page, &[("url", &url)]).await;
    let told = editor.follow(&added).await.body;
    assert!(told.contains("is connected: "), "read at once: {told}");
    let feed = only_feed(&app).await;
    let own = format!("{feeds_page}/{}", feed.id);
    assert!(editor.get(&own).await.body.contains(">Town hall<"));
    let shown = editor.get(page).await.body;
    assert!(
        shown.contains("name=\"category\" value=\"Town hall\"")
            && shown.contains("<option value=\"Traffic\">"),
        "{shown}"
    );

    let post = "/admin/p/ledger/topics-of-categories";
    let none = editor.post(page, post, &[]).await;
    assert!(none.body.contains("Tick the categories"), "{}", none.body);
    let chosen = [("category", "Town hall"), ("category", "Traffic")];
    let adopted = editor.post(page, post, &chosen).await;
    let shown = editor.follow(&adopted).await.body;
    assert!(
        shown.contains("Town hall and Traffic are topics now"),
        "{shown}"
    );
    assert!(
        !shown.contains("name=\"category\" value=\"Town hall\""),
        "{shown}"
    );
    let feed = only_feed(&app).await;
    let mapped: Vec<String> = feed
        .mapping
        .iter()
        .map(|(c, t)| format!("{c}={t}"))
        .collect();
    assert_eq!(mapped, ["town hall=town-hall", "traffic=traffic"]);
    // What has come already is sorted with the next reading, which is due.
    assert!(feed.etag.is_none() && feed.next_fetch_at <= app.deps.now());
    editor.post(&own, &format!("{own}/fetch"), &[]).await;
    assert_eq!(changes(&app, Kind::Topic).await[0].verb, "add");
    let change = &changes(&app, Kind::Feed).await[0];
    assert_eq!(change.verb, "change");
    assert!(
        change
            .differences()
            .iter()
            .any(|d| d.field.starts_with("mapping")),
        "{change:?}"
    );
}

#[tokio::test]
async fn today_leads_through_the_first_steps_and_then_no_more() {
    let app = TestApp::new().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    editor
        .post("/admin/publications", "/admin/publications", &PUBLICATION)
        .await;
    editor.get("/admin/p/evening/feeds").await;
    let shown = editor.get("/admin").await.body;
    for part in [
        "Make a publication <span class=\"state good\">done",
        "<a href=\"/admin/p/evening/feeds\">Connect a feed</a>",
        "<a href=\"/admin/p/evening/digests\">Make a digest</a>",
        "<a href=\"/admin/relays\">Send yourself a test</a>",
        "<a href=\"/admin/p/evening\">Let readers sign up</a>",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    assert!(!viewer.get("/admin").await.body.contains("First steps"));
}

#[tokio::test]
async fn a_new_digest_leads_to_a_test_and_that_is_a_step() {
    let app = TestApp::new().await;
    let digest = app.digest("daily", Some("0 7 * * *"), 1).await;
    app.article("one", "One", &[]).await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let page = format!("/admin/p/{}/digests/daily", app.publication.slug);
    let next = format!("<a href=\"{page}/send\">send yourself a test</a>");
    assert!(editor.get(&page).await.body.contains(&next));
    let open = format!("<a href=\"{page}/send\">Send yourself a test</a>");
    assert!(editor.get("/admin").await.body.contains(&open));

    let to = "ann@ops.example".parse().unwrap();
    let tested = test_digest::send(&app.deps, app.publication.clone(), digest, &to).await;
    assert!(tested.is_ok(), "{:?}", tested.err());
    let shown = editor.get("/admin").await.body;
    assert!(
        shown.contains("Send yourself a test <span class=\"state good\">done"),
        "{shown}"
    );
}
