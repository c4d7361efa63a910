//! Articles: known again under other names, sorted, and decided about by editors.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::article::{Article, Visibility};
use paperround::domain::feed::{Every, Feed};
use paperround::domain::slug::Slug;
use paperround::domain::topic_rule::RuleField;
use paperround::services::article_input;
use paperround::services::edit_article::{self, EditError, Edits};
use paperround::services::fetch_feed::{self, Report};
use paperround::services::ingest_article;
use paperround::services::manage_feed::{self, NewFeed};
use paperround::services::manage_topic_rule::{self, RuleError};
use paperround::store::articles::{self, Filter, Place};

use super::support::TestApp;
use super::support::newsstand::Newsstand;

/// The service with a news stand that it may fetch from.
pub async fn app() -> (TestApp, Newsstand) {
    let mailbox = Mailbox::new();
    let app = TestApp::with(Arc::new(mailbox.clone()), mailbox, |settings| {
        settings.feeds.allow_private_addresses = true;
        settings.feeds.host_gap_seconds = 0;
    })
    .await;
    (app, Newsstand::open().await)
}

/// Connects a feed of the stand.
pub async fn connect(app: &TestApp, url: String) -> Feed {
    let new = NewFeed {
        publication: app.publication.id,
        url,
        topics: Vec::new(),
        mapping: BTreeMap::new(),
        every: Every::Fixed(Duration::from_secs(900)),
        article_pages: false,
    };
    manage_feed::add(&app.deps, new).await.unwrap()
}

/// An item of a feed.
#[derive(Clone)]
pub struct Item<'a> {
    pub guid: &'a str,
    pub title: &'a str,
    pub link: &'a str,
    pub text: &'a str,
    pub day: u32,
}

pub fn rss(items: &[Item<'_>]) -> String {
    let mut xml = "<rss version=\"2.0\"><channel><title>A feed</title>".to_owned();
    for item in items {
        let _ = write!(
            xml,
            "<item><guid isPermaLink=\"false\">{}</guid><title>{}</title><link>{}</link>\
             <description>{}</description><pubDate>{:02} Mar 2026 06:00:00 GMT</pubDate></item>",
            item.guid,
            item.title,
            item.link.replace('&', "&amp;"),
            item.text,
            item.day
        );
    }
    xml.push_str("</channel></rss>");
    xml
}

async fn fetch(app: &TestApp, feed: &Feed) -> Report {
    fetch_feed::fetch(&app.deps, feed.id).await.unwrap()
}

async fn list(app: &TestApp, filter: &Filter) -> Vec<Article> {
    let mut tx = app.deps.store.read().await.unwrap();
    articles::page(&mut tx, app.publication.id, filter, app.deps.now(), 100)
        .await
        .unwrap()
}

async fn all(app: &TestApp) -> Vec<Article> {
    list(app, &Filter::default()).await
}

#[tokio::test]
async fn what_is_not_read_of_a_long_feed_is_told() {
    let (app, stand) = app().await;
    let feed = connect(&app, stand.url("/long")).await;
    let items = (0..503).map(|n| {
        format!("<item><title>Story {n}</title><link>https://ledger.example/{n}</link></item>")
    });
    let items: String = items.collect();
    let xml = format!("<rss version='2.0'><channel>{items}</channel></rss>");
    stand.lay_feed("/long", xml);
    let report = fetch(&app, &feed).await;
    assert_eq!((report.added, report.left_out), (500, 3));
    let mut program = app.program();
    program.args(["--json", "feed", "show", &feed.id.to_string()]);
    let shown = tokio::task::spawn_blocking(move || program.output().unwrap());
    let shown: serde_json::Value = serde_json::from_slice(&shown.await.unwrap().stdout).unwrap();
    assert_eq!(shown["left_out"], 3);
}

#[tokio::test]
async fn edits_and_reposts_over_five_issues_never_repeat_an_article() {
    let (app, stand) = app().await;
    app.subscribe("reader@inbox.example", "").await;
    let digest = app.digest("daily", None, 1).await;
    let ours = connect(&app, stand.url("/ours")).await;
    let theirs = connect(&app, stand.url("/theirs")).await;
    let strike = Item {
        guid: "1",
        title: "Port strike ends after nine days",
        link: "https://ours.example/strike",
        text: "The dockers go back to work tonight.",
        day: 2,
    };
    let others = [
        "Harbour gets a second crane",
        "Ferry fares rise in spring",
        "Old lighthouse opens to visitors",
        "Fish market moves to pier nine",
        "Tide gauge breaks a long record",
    ];
    // What becomes of the same story in the five issues.
    let copies = [
        vec![strike.clone()],
        // An edit of the title and the text.
        vec![Item {
            title: "Port strike ends after nine days of talks",
            text: "The dockers went back to work.",
            ..strike.clone()
        }],
        // The page has moved; the id stays.
        vec![Item {
            title: "Port strike ends after nine days of talks",
            link: "https://ours.example/2026/strike?utm_source=rss",
            ..strike.clone()
        }],
        // A repost: another id and another page, in front of the old one.
        vec![
            Item {
                guid: "77",
                title: "UPDATE: Port strike ends after nine days of talks",
                link: "https://ours.example/again",
                day: 5,
                ..strike.clone()
            },
            strike.clone(),
        ],
        // The repost again, the old item has gone.
        vec![Item {
            guid: "77",
            title: "Port strike ends after nine days of talks",
            link: "https://ours.example/again",
            day: 5,
            ..strike.clone()
        }],
    ];
    for (number, (copies, other)) in copies.iter().zip(others).enumerate() {
        let guid = format!("other-{number}");
        let link = format!("https://ours.example/{guid}");
        let mut items = copies.clone();
        items.push(Item {
            guid: &guid,
            title: other,
            link: &link,
            text: "A short text.",
            day: 2,
        });
        stand.lay_feed("/ours", rss(&items));
        // Another paper has the story under an address of its own.
        let copy = Item {
            guid: "theirs-9",
            link: "https://theirs.example/strike",
            text: "Another paper's words about the end.",
            ..copies[0].clone()
        };
        stand.lay_feed("/theirs", rss(&[copy]));
        fetch(&app, &ours).await;
        fetch(&app, &theirs).await;
        app.send(&digest).await;
        app.advance(TimeDelta::days(1));
    }
    assert_eq!(app.mails_for("reader@inbox.example"), 6);
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for mail in app.mailbox.list() {
        let text = mail.text().unwrap();
        for title in others.iter().chain(&["Port strike ends"]) {
            *seen.entry(title).or_default() += usize::from(text.contains(title));
        }
    }
    assert_eq!(seen.len(), 6);
    assert!(seen.values().all(|count| *count == 1), "{seen:?}");
    assert_eq!(all(&app).await.len(), 6);
}

#[tokio::test]
async fn the_same_story_from_two_feeds_stays_with_the_first() {
    let (app, stand) = app().await;
    let (one, two) = (
        connect(&app, stand.url("/one")).await,
        connect(&app, stand.url("/two")).await,
    );
    let item = Item {
        guid: "a",
        title: "Crane falls into the harbour",
        link: "https://one.example/crane?utm_campaign=x&id=4",
        text: "Nobody was hurt.",
        day: 2,
    };
    stand.lay_feed("/one", rss(std::slice::from_ref(&item)));
    let copy = Item {
        guid: "b",
        title: "A crane in the water",
        link: "http://www.one.example/crane?id=4&fbclid=1#top",
        text: "Other words.",
        ..item
    };
    stand.lay_feed("/two", rss(std::slice::from_ref(&copy)));
    assert_eq!(fetch(&app, &one).await.added, 1);
    for _ in 0..2 {
        let report = fetch(&app, &two).await;
        assert_eq!((report.added, report.updated, report.unchanged), (0, 0, 1));
    }
    let found = all(&app).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].content.title, "Crane falls into the harbour");
    assert_eq!(found[0].content.url, "https://one.example/crane?id=4");
}

#[tokio::test]
async fn what_only_looks_alike_stays_apart() {
    let (app, stand) = app().await;
    let feed = connect(&app, stand.url("/feed")).await;
    let item = |guid, title, link, text, day| Item {
        guid,
        title,
        link,
        text,
        day,
    };
    stand.lay_feed(
        "/feed",
        rss(&[
            // A title that says nothing.
            item("1", "Weather", "https://x.example/w1", "Sun.", 1),
            item("2", "Weather", "https://x.example/w2", "Rain.", 2),
            // A series.
            item(
                "3",
                "The week in pictures again",
                "https://x.example/p1",
                "Boats in the harbour, a fox on the pier.",
                1,
            ),
            item(
                "4",
                "The week in pictures again",
                "https://x.example/p2",
                "Snow on roofs and children with sledges.",
                2,
            ),
            // A live page that several items share.
            item("5", "Goal for Marrow", "https://x.example/live", "One.", 2),
            item("6", "Red card", "https://x.example/live", "Two.", 2),
            // No page but the front page.
            item("7", "A note", "https://x.example/", "Three.", 2),
        ]),
    );
    assert_eq!(fetch(&app, &feed).await.added, 7);
    let again = fetch(&app, &feed).await;
    assert_eq!((again.added, again.updated, again.unchanged), (0, 0, 7));
}

#[tokio::test]
async fn a_repost_under_a_short_title_is_known_by_its_text() {
    let (app, stand) = app().await;
    let bonds = |guid, link, text, day| Item {
        guid,
        title: "Bonds rise",
        link,
        text,
        day,
    };
    let feed = connect(&app, stand.url("/feed")).await;
    let text = "Ten-year yields fell after the auction.";
    stand.lay_feed("/feed", rss(&[bonds("1", "https://x.example/1", text, 1)]));
    assert_eq!(fetch(&app, &feed).await.added, 1);
    let other = "Two-year yields fell before the auction.";
    stand.lay_feed(
        "/feed",
        rss(&[
            bonds("2", "https://x.example/2", text, 2),
            bonds("3", "https://x.example/3", other, 2),
        ]),
    );
    let report = fetch(&app, &feed).await;
    assert_eq!((report.added, report.updated + report.unchanged), (1, 1));
}

#[tokio::test]
async fn stories_of_one_name_are_not_lost() {
    let (app, stand) = app().await;
    let weather = |guid, link, text, day| Item {
        guid,
        title: "Weather today in Marrow",
        link,
        text,
        day,
    };
    let ours = connect(&app, stand.url("/ours")).await;
    let theirs = connect(&app, stand.url("/theirs")).await;
    let (sun, rain) = ("Sun from morning to night.", "Heavy showers, then fog.");
    let first = weather("1", "https://x.example/w1", sun, 1);
    let second = weather("2", "https://x.example/w2", rain, 2);
    stand.lay_feed("/ours", rss(&[first, second]));
    assert_eq!(fetch(&app, &ours).await.added, 2);
    // Another paper's words of the same day: the title has come twice, so that it tells nothing.
    let wind = weather("w", "https://y.example/w", "Gales along the coast.", 2);
    // What says the same is a repost all the same.
    let repost = weather("r", "https://y.example/r", sun, 2);
    stand.lay_feed("/theirs", rss(&[wind, repost]));
    let report = fetch(&app, &theirs).await;
    assert_eq!((report.added, report.unchanged), (1, 1));
    let texts: Vec<String> = all(&app)
        .await
        .into_iter()
        .map(|article| article.content.summary_text)
        .collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(
        [sun, rain, "Gales along the coast."]
            .iter()
            .all(|text| texts.iter().any(|t| t == text))
    );
}

#[tokio::test]
async fn an_editors_word_outlasts_the_feed() {
    let (app, stand) = app().await;
    let feed = connect(&app, stand.url("/feed")).await;
    let item = Item {
        guid: "1",
        title: "Teh crane",
        link: "https://x.example/crane",
        text: "Text.",
        day: 2,
    };
    stand.lay_feed("/feed", rss(std::slice::from_ref(&item)));
    fetch(&app, &feed).await;
    let id = all(&app).await[0].id;
    let edits = Edits {
        title: Some("The crane\r\nBcc: x@y.example".to_owned()),
        summary: Some("*Good* <script>alert(1)</script>".to_owned()),
        topics: Some(vec!["energy".parse().unwrap()]),
        ..Edits::default()
    };
    let article = edit_article::update(&app.deps, id, edits).await.unwrap();
    assert_eq!(article.content.title, "The crane Bcc: x@y.example");
    assert!(article.content.summary_html.contains("<em>Good</em>"));
    assert!(!article.content.summary_html.contains("script"));
    assert_eq!(fetch(&app, &feed).await.unchanged, 1);
    assert_eq!(all(&app).await[0].content.title, article.content.title);

    let wrong = Edits {
        topics: Some(vec!["sport".parse().unwrap()]),
        ..Edits::default()
    };
    let refused = edit_article::update(&app.deps, id, wrong).await;
    assert!(matches!(refused, Err(EditError::Topic(_))), "{refused:?}");
    let never = Edits {
        not_before: Some(Some(app.deps.now())),
        expires_at: Some(Some(app.deps.now())),
        ..Edits::default()
    };
    let refused = edit_article::update(&app.deps, id, never).await;
    assert!(matches!(refused, Err(EditError::Times(_))), "{refused:?}");
}

#[tokio::test]
async fn hidden_embargoed_and_expired_articles_do_not_go_out() {
    let (app, _stand) = app().await;
    app.subscribe("reader@inbox.example", "").await;
    let digest = app.digest("daily", None, 1).await;
    let json = r#"[
        {"title":"Open to all","url":"https://x.example/open"},
        {"title":"Not for eyes","url":"https://x.example/hidden","hidden":true},
        {"title":"Under embargo","url":"https://x.example/embargo","not_before":"2026-03-05T06:00:00Z"},
        {"title":"Past its day","url":"https://x.example/past","expires_at":"2026-03-02T07:00:00Z"}
    ]"#;
    let incoming = article_input::read(json.as_bytes(), &[]).unwrap();
    ingest_article::ingest(&app.deps, app.publication.id, &incoming)
        .await
        .unwrap();
    let page = app.get("/ledger").await.body;
    assert!(page.contains("Open to all") && !page.contains("Under embargo"));
    let titles = |text: &str| -> Vec<&str> {
        [
            "Open to all",
            "Not for eyes",
            "Under embargo",
            "Past its day",
        ]
        .into_iter()
        .filter(|title| text.contains(title))
        .collect()
    };
    app.send(&digest).await;
    let text = app.newest("reader@inbox.example").text().unwrap();
    assert_eq!(titles(&text), ["Open to all"]);

    let withheld = Filter {
        visibility: Some(Visibility::Withheld),
        ..Filter::default()
    };
    assert_eq!(list(&app, &withheld).await.len(), 3);
    // Issues in between do not make the digest forget what it has never shown.
    app.advance(TimeDelta::days(2));
    app.article("between", "Something between", &[]).await;
    app.send(&digest).await;
    app.advance(TimeDelta::days(2));
    let hidden = Filter {
        title: Some("not for eyes".to_owned()),
        ..Filter::default()
    };
    let id = list(&app, &hidden).await[0].id;
    edit_article::unhide(&app.deps, id).await.unwrap();
    app.send(&digest).await;
    let text = app.newest("reader@inbox.example").text().unwrap();
    assert_eq!(titles(&text), ["Not for eyes", "Under embargo"]);
}

#[tokio::test]
async fn rules_put_articles_under_topics() {
    let (app, stand) = app().await;
    let feed = connect(&app, stand.url("/feed")).await;
    let topic = |slug: &str| slug.parse().unwrap();
    let publication = app.publication.id;
    for (slug, field, text) in [
        ("energy", RuleField::Title, "wind"),
        ("markets", RuleField::Url, "/money/"),
    ] {
        manage_topic_rule::add(&app.deps, publication, topic(slug), field, text)
            .await
            .unwrap();
    }
    let twice = manage_topic_rule::add(
        &app.deps,
        publication,
        topic("energy"),
        RuleField::Title,
        "Wind",
    );
    assert!(matches!(twice.await, Err(RuleError::Exists(_))));
    let nothing = manage_topic_rule::add(
        &app.deps,
        publication,
        topic("energy"),
        RuleField::Title,
        "—",
    );
    assert!(matches!(nothing.await, Err(RuleError::Nothing(_))));
    let item = |guid, title, link| Item {
        guid,
        title,
        link,
        text: "",
        day: 2,
    };
    stand.lay_feed(
        "/feed",
        rss(&[
            item("1", "Windfarm sold", "https://x.example/money/windfarm"),
            item("2", "Rewind: the year", "https://x.example/culture/rewind"),
        ]),
    );
    fetch(&app, &feed).await;
    let in_energy = Filter {
        topic: Some(topic("energy")),
        ..Filter::default()
    };
    let found = list(&app, &in_energy).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].topics, [topic("energy"), topic("markets")]);
}

#[tokio::test]
async fn a_rule_finds_what_the_feed_has_brought_already() {
    let (app, stand) = app().await;
    let feed = connect(&app, stand.url("/feed")).await;
    let item = Item {
        guid: "1",
        title: "Windfarm sold",
        link: "https://x.example/windfarm",
        text: "",
        day: 2,
    };
    stand.lay("/feed", 200, &[("ETag", "\"1\"")], rss(&[item]));
    fetch(&app, &feed).await;
    assert!(list(&app, &Filter::default()).await[0].topics.is_empty());
    let energy: Slug = "energy".parse().unwrap();
    let (publication, deps) = (app.publication.id, &app.deps);
    manage_topic_rule::add(deps, publication, energy.clone(), RuleField::Title, "wind")
        .await
        .unwrap();
    // Due at once, and asked for as a whole.
    assert_eq!(fetch_feed::enqueue_due(deps).await.unwrap(), 1);
    fetch(&app, &feed).await;
    let asked = stand.asked().pop().unwrap().text.to_lowercase();
    assert!(!asked.contains("if-none-match"), "{asked}");
    assert_eq!(list(&app, &Filter::default()).await[0].topics, [energy]);
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let (app, stand) = app().await;
    let feed = connect(&app, stand.url("/feed")).await;
    let links: Vec<String> = (0..7).map(|n| format!("https://x.example/{n}")).collect();
    let items: Vec<Item<'_>> = links
        .iter()
        .zip(1..)
        .map(|(link, day)| Item {
            guid: link,
            title: link,
            link,
            text: "",
            day,
        })
        .collect();
    stand.lay_feed("/feed", rss(&items));
    fetch(&app, &feed).await;
    app.advance(TimeDelta::days(30));
    let mut seen = Vec::new();
    let mut filter = Filter::default();
    loop {
        let mut tx = app.deps.store.read().await.unwrap();
        let page = articles::page(&mut tx, app.publication.id, &filter, app.deps.now(), 3).await;
        let page = page.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some(Place::of(last));
        seen.extend(page.iter().map(|a| a.content.url.clone()));
    }
    let mut expected = links;
    // The latest first; what is dated after it was seen counts as seen.
    expected.reverse();
    assert_eq!(seen, expected);
}
