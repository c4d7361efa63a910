//! When feeds are asked, how politely, and what becomes of those that move, go or fall silent.

use std::process::Command;
use std::time::Duration;

use chrono::TimeDelta;
use paperround::domain::feed::{Every, Feed, FeedState};
use paperround::domain::ids::FeedId;
use paperround::services::discover_feed::{DiscoverError, Found, discover};
use paperround::services::fetch_feed::{self, FeedError};
use paperround::services::manage_feed::{self, FeedEdits};
use paperround::store::articles;
use paperround::store::feeds::{self, Change};

use super::articles::{Item, app, connect, rss};
use super::support::TestApp;
use super::support::newsstand::Newsstand;

async fn stored(app: &TestApp, id: FeedId) -> Feed {
    let mut tx = app.deps.store.read().await.unwrap();
    feeds::find(&mut tx, id).await.unwrap().unwrap()
}

fn item(guid: &str, day: u32) -> Item<'_> {
    Item {
        guid,
        title: guid,
        link: guid,
        text: "",
        day,
    }
}

fn minutes(from: chrono::DateTime<chrono::Utc>, to: chrono::DateTime<chrono::Utc>) -> i64 {
    (to - from).num_minutes()
}

#[tokio::test]
async fn a_feed_is_asked_at_its_own_rhythm_and_silence_shows() {
    let (app, stand) = app().await;
    let feed = connect(&app, stand.url("/feed")).await;
    let edits = FeedEdits {
        asking: Change {
            every: Some(Every::Adaptive),
            ..Change::default()
        },
        ..FeedEdits::default()
    };
    manage_feed::update(&app.deps, feed.id, edits)
        .await
        .unwrap();
    // It is the 31st of March; a paper of one item a day.
    app.advance(TimeDelta::days(29));
    let links: Vec<String> = (0..12).map(|n| format!("https://x.example/{n}")).collect();
    let items: Vec<Item<'_>> = links.iter().zip(20..).map(|(l, d)| item(l, d)).collect();
    stand.lay_feed("/feed", rss(&items[..11]));
    fetch_feed::fetch(&app.deps, feed.id).await.unwrap();
    let after = stored(&app, feed.id).await;
    let rhythm = after.health.rhythm.unwrap();
    assert_eq!(rhythm.gap, Duration::from_secs(86_400));
    assert_eq!(after.every, Duration::from_secs(6 * 3600));
    assert_eq!(after.health.last_added, 11);
    let wait = minutes(app.deps.now(), after.next_fetch_at);
    assert!((360..=396).contains(&wait), "{wait}");
    assert_eq!(after.quiet_for(app.deps.now()), None);

    app.advance(TimeDelta::days(5));
    fetch_feed::fetch(&app.deps, feed.id).await.unwrap();
    let after = stored(&app, feed.id).await;
    assert_eq!(after.health.last_added, 0);
    assert!(after.quiet_for(app.deps.now()).is_some());
    stand.lay_feed("/feed", rss(&items));
    fetch_feed::fetch(&app.deps, feed.id).await.unwrap();
    assert_eq!(stored(&app, feed.id).await.health.last_added, 1);

    let fixed = FeedEdits {
        asking: Change {
            every: Some(Every::Fixed(Duration::from_secs(300))),
            ..Change::default()
        },
        ..FeedEdits::default()
    };
    manage_feed::update(&app.deps, feed.id, fixed)
        .await
        .unwrap();
    fetch_feed::fetch(&app.deps, feed.id).await.unwrap();
    let after = stored(&app, feed.id).await;
    let wait = minutes(app.deps.now(), after.next_fetch_at);
    assert_eq!((wait, after.every), (5, Duration::from_secs(300)));
}

#[tokio::test]
async fn a_move_for_good_is_believed_the_third_time() {
    let (app, stand) = app().await;
    stand.lay_feed("/new", rss(&[item("https://x.example/1", 1)]));
    stand.lay("/old", 301, &[("Location", "/new")], "");
    stand.lay("/then", 302, &[("Location", "/new")], "");
    let old = connect(&app, stand.url("/old")).await;
    let then = connect(&app, stand.url("/then")).await;
    for fetches in 1..=3 {
        assert_eq!(stored(&app, old.id).await.url, stand.url("/old"));
        fetch_feed::fetch(&app.deps, old.id).await.unwrap();
        fetch_feed::fetch(&app.deps, then.id).await.unwrap();
        let seen = stored(&app, old.id).await.moved.map_or(3, |(_, n)| n);
        assert_eq!(seen, fetches);
    }
    assert_eq!(stored(&app, old.id).await.url, stand.url("/new"));
    // A move for now changes nothing.
    assert_eq!(stored(&app, then.id).await.url, stand.url("/then"));

    // Another one that moves there would be the same feed twice.
    stand.lay("/older", 308, &[("Location", "/new")], "");
    let older = connect(&app, stand.url("/older")).await;
    for _ in 0..3 {
        fetch_feed::fetch(&app.deps, older.id).await.unwrap();
    }
    let after = stored(&app, older.id).await;
    assert_eq!(after.state, FeedState::Gone);
    assert!(after.last_error.unwrap().contains(&old.id.to_string()));
}

#[tokio::test]
async fn a_feed_that_is_gone_is_asked_no_more() {
    let (app, stand) = app().await;
    stand.lay("/feed", 410, &[], "");
    let feed = connect(&app, stand.url("/feed")).await;
    assert!(fetch_feed::fetch(&app.deps, feed.id).await.is_err());
    let after = stored(&app, feed.id).await;
    assert_eq!(after.state, FeedState::Gone);
    assert!(after.last_error.unwrap().contains("410"));
    app.advance(TimeDelta::days(30));
    assert_eq!(fetch_feed::enqueue_due(&app.deps).await.unwrap(), 0);
    let again = fetch_feed::fetch(&app.deps, feed.id).await;
    assert!(matches!(again, Err(FeedError::Gone)), "{again:?}");
    manage_feed::set_state(&app.deps, feed.id, FeedState::Active)
        .await
        .unwrap();
    stand.lay_feed("/feed", rss(&[item("https://x.example/1", 1)]));
    assert_eq!(
        fetch_feed::fetch(&app.deps, feed.id).await.unwrap().added,
        1
    );
}

#[tokio::test]
async fn trouble_is_waited_out_as_the_server_asks() {
    let (app, stand) = app().await;
    stand.lay("/feed", 503, &[("Retry-After", "7200")], "");
    let feed = connect(&app, stand.url("/feed")).await;
    assert!(fetch_feed::fetch(&app.deps, feed.id).await.is_err());
    let after = stored(&app, feed.id).await;
    let wait = minutes(app.deps.now(), after.next_fetch_at);
    assert!((120..=132).contains(&wait), "{wait}");
    assert_eq!((after.state, after.failures), (FeedState::Active, 1));
    stand.lay("/feed", 500, &[], "");
    assert!(fetch_feed::fetch(&app.deps, feed.id).await.is_err());
    let after = stored(&app, feed.id).await;
    // 15 minutes, twice doubled.
    let wait = minutes(app.deps.now(), after.next_fetch_at);
    assert!((60..=66).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_host_is_asked_by_one_at_a_time() {
    let (app, stand) = app().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let path = format!("/feed{number}");
        let link = format!("https://x.example/{number}");
        stand.lay_feed(&path, rss(&[item(&link, 1)]));
        ids.push(connect(&app, stand.url(&path)).await.id);
    }
    let elsewhere = Newsstand::open().await;
    let port = elsewhere.root.rsplit(':').next().unwrap().to_owned();
    connect(&app, format!("http://localhost:{port}/feed")).await;
    // One of each host.
    assert_eq!(fetch_feed::enqueue_due(&app.deps).await.unwrap(), 2);
    assert_eq!(fetch_feed::enqueue_due(&app.deps).await.unwrap(), 0);
    let mut tx = app.deps.store.read().await.unwrap();
    let left = feeds::due(&mut tx, app.deps.now(), 10).await.unwrap();
    drop(tx);
    assert_eq!(left.len(), 2);
    let taken = ids.iter().find(|id| left.iter().all(|(l, _)| l != *id));
    fetch_feed::fetch(&app.deps, *taken.unwrap()).await.unwrap();
    assert_eq!(fetch_feed::enqueue_due(&app.deps).await.unwrap(), 1);
    // A node that died with a host in hand does not keep it.
    app.advance(TimeDelta::minutes(6));
    assert!(fetch_feed::enqueue_due(&app.deps).await.unwrap() > 0);

    // Whoever asks, requests to one host never overlap.
    stand.slow_down(Duration::from_millis(60));
    let fetches = ids.iter().map(|id| fetch_feed::fetch(&app.deps, *id));
    for done in futures_util::future::join_all(fetches).await {
        done.unwrap();
    }
    let mut asked = stand.asked();
    asked.sort_by_key(|request| request.began);
    assert!(asked.len() >= 4);
    for pair in asked.windows(2) {
        assert!(
            pair[1].began >= pair[0].ended,
            "{} {}",
            pair[0].path,
            pair[1].path
        );
    }
}

#[tokio::test]
async fn a_page_leads_to_its_feed() {
    let (app, stand) = app().await;
    let html = [("Content-Type", "text/html")];
    let link = |href: &str| {
        format!("<link rel=alternate type='application/rss+xml' href='{href}' title='T'>")
    };
    stand.lay_feed("/feed.xml", rss(&[item("https://x.example/1", 1)]));
    stand.lay_feed("/more.xml", rss(&[item("https://x.example/2", 1)]));
    let head = "<!doctype html><html><head>";
    stand.lay("/one", 200, &html, format!("{head}{}", link("feed.xml")));
    let two = format!("{head}{}{}", link("/feed.xml"), link("/more.xml"));
    stand.lay("/two", 200, &html, two);
    let anchors = "<a href='/feed.xml'>RSS</a><a href='/gone/rss.xml'>x</a>";
    stand.lay("/anchors", 200, &html, format!("{head}<body>{anchors}"));
    stand.lay("/none", 200, &html, format!("{head}<body>Hello"));
    stand.lay("/wrong", 200, &html, format!("{head}{}", link("/none")));
    for page in ["/one", "/anchors"] {
        match discover(&app.deps, &stand.url(page)).await.unwrap() {
            Found::Feed { url, by_page, .. } => {
                assert_eq!((url, by_page), (stand.url("/feed.xml"), true));
            }
            other => panic!("{page}: {other:?}"),
        }
    }
    let direct = discover(&app.deps, &stand.url("/feed.xml")).await.unwrap();
    assert!(matches!(direct, Found::Feed { by_page: false, .. }));
    let several = discover(&app.deps, &stand.url("/two")).await.unwrap();
    assert!(matches!(several, Found::Several(offers) if offers.len() == 2));
    let none = discover(&app.deps, &stand.url("/none")).await;
    assert!(matches!(none, Err(DiscoverError::NoOffer { .. })));
    let wrong = discover(&app.deps, &stand.url("/wrong")).await;
    assert!(matches!(wrong, Err(DiscoverError::BadOffer { .. })));
    let missing = discover(&app.deps, &stand.url("/missing")).await;
    assert!(matches!(missing, Err(DiscoverError::Fetch(_))));
    stand.lay("/broken", 500, &[], "");
    let broken = discover(&app.deps, &stand.url("/broken")).await;
    assert!(matches!(broken, Ok(Found::Unreachable(_))));
    // Nothing was guessed.
    let paths: Vec<String> = stand.asked().into_iter().map(|a| a.path).collect();
    assert!(!paths.iter().any(|path| path == "/feed"), "{paths:?}");
}

#[tokio::test]
async fn pages_fill_in_what_the_feed_leaves_out() {
    let (app, stand) = app().await;
    let feed = connect(&app, stand.url("/feed")).await;
    let other = connect(&app, stand.url("/other")).await;
    for id in [feed.id, other.id] {
        let edits = FeedEdits {
            asking: Change {
                article_pages: Some(true),
                ..Change::default()
            },
            ..FeedEdits::default()
        };
        manage_feed::update(&app.deps, id, edits).await.unwrap();
    }
    let page = |canonical: &str| {
        format!(
            "<html><head><meta property=og:image content=/pic.jpg>\
             <meta property=og:image:alt content='A crane'>\
             <meta name=description content='It &quot;fell&quot; &amp;amp; sank'>\
             <link rel=canonical href='{canonical}'></head>"
        )
    };
    stand.lay("/r/1", 302, &[("Location", "/crane")], "");
    stand.lay_feed("/crane", page("/crane?utm_medium=x"));
    let link = stand.url("/r/1");
    let first = Item {
        title: "Crane falls in the harbour",
        ..item(&link, 1)
    };
    stand.lay_feed("/feed", rss(std::slice::from_ref(&first)));
    for (added, unchanged) in [(1, 0), (0, 1)] {
        let report = fetch_feed::fetch(&app.deps, feed.id).await.unwrap();
        assert_eq!((report.added, report.unchanged), (added, unchanged));
    }
    let all = async || {
        let mut tx = app.deps.store.read().await.unwrap();
        let filter = articles::Filter::default();
        articles::page(&mut tx, app.publication.id, &filter, app.deps.now(), 10)
            .await
            .unwrap()
    };
    let found = all().await;
    let content = &found[0].content;
    assert_eq!(content.url, stand.url("/crane"));
    assert_eq!(content.image_url, Some(stand.url("/pic.jpg")));
    assert_eq!(content.image_alt.as_deref(), Some("A crane"));
    assert_eq!(content.summary_text, "It \"fell\" & sank");
    assert_eq!(content.summary_html, "<p>It \"fell\" &amp; sank</p>");

    // Another feed has it under a redirect of its own; and one page claims what is not its own.
    stand.lay_feed("/copy", page("/crane"));
    stand.lay_feed("/liar", page("/crane"));
    let (copy, liar) = (stand.url("/copy"), stand.url("/liar"));
    let items = [
        Item {
            title: "A crane falls in the harbour!",
            ..item(&copy, 1)
        },
        Item {
            title: "Ferry fares rise",
            ..item(&liar, 1)
        },
    ];
    stand.lay_feed("/other", rss(&items));
    for (added, unchanged) in [(2, 0), (0, 2)] {
        let report = fetch_feed::fetch(&app.deps, other.id).await.unwrap();
        assert_eq!((report.added, report.unchanged), (added, unchanged));
    }
    let mut titles: Vec<String> = all().await.into_iter().map(|a| a.content.title).collect();
    titles.sort();
    assert_eq!(titles, ["Crane falls in the harbour", "Ferry fares rise"]);
    let pages = ["/r/1", "/copy", "/liar"];
    let asked = stand.asked();
    assert!(
        asked
            .iter()
            .all(|a| a.text.to_lowercase().contains("user-agent: paperround/"))
    );
    for page in pages {
        let times = asked.iter().filter(|a| a.path == page).count();
        assert_eq!(times, 1, "{page}");
    }
}

#[tokio::test]
async fn the_command_line_asks_to_choose_and_shows_health() {
    let stand = Newsstand::open().await;
    let page = "<!doctype html><head>\
        <link rel=alternate type='application/rss+xml' href=/a.xml title=News>\
        <link rel=alternate type='application/atom+xml' href=/b.xml>";
    stand.lay("/", 200, &[], page);
    stand.lay_feed("/a.xml", rss(&[item("https://x.example/1", 1)]));
    let folder = tempfile::tempdir().unwrap();
    let run = async |args: &[&str]| {
        let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        let at = folder.path().to_owned();
        let ran = tokio::task::spawn_blocking(move || {
            Command::new(env!("CARGO_BIN_EXE_paperround"))
                .args(args)
                .current_dir(at)
                .env("PAPERROUND__FEEDS__ALLOW_PRIVATE_ADDRESSES", "true")
                .env("PAPERROUND__FEEDS__HOST_GAP_SECONDS", "0")
                .output()
                .unwrap()
        });
        let output = ran.await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let create = [
        "publication",
        "create",
        "p",
        "--name",
        "P",
        "--from",
        "A <a@b.example>",
        "--postal-address",
        "x",
    ];
    let made = run(&create).await;
    assert_eq!(made.0, Some(0), "{made:?}");
    let (code, said, why) = run(&["feed", "add", "p", &stand.root]).await;
    assert_eq!(code, Some(1), "{said}{why}");
    assert!(said.contains("/a.xml  (News)") && said.contains("/b.xml"));
    assert!(why.contains("offers 2 feeds"), "{why}");
    let added = run(&["feed", "add", "p", &stand.url("/a.xml"), "--json"]).await;
    assert_eq!(added.0, Some(0), "{added:?}");
    let feed: serde_json::Value = serde_json::from_str(&added.1).unwrap();
    assert_eq!(feed["adaptive"], true);
    let id = feed["id"].as_str().unwrap();
    assert!(run(&["feed", "fetch", id]).await.1.contains("1 new"));
    let shown = run(&["feed", "show", id]).await.1;
    assert!(shown.contains("new last time 1"), "{shown}");
    let list = run(&["feed", "list"]).await.1;
    assert!(
        list.contains("auto") && list.contains("2026-03-01"),
        "{list}"
    );
    let changed = run(&["feed", "update", id, "--every", "5s"]).await;
    assert_eq!(changed.0, Some(2));
    assert!(changed.2.contains("too often"), "{}", changed.2);
}
