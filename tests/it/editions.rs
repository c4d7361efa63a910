//! One issue, several editions: sections, topics and languages, and what the editor says.

use chrono::Duration;
use paperround::domain::digest::Digest;
use paperround::domain::ids::IssueId;
use paperround::domain::language::Languages;
use paperround::services::preview_digest::Eyes;
use paperround::services::{approve_issue, compose_issue, manage_digest, preview_digest};
use paperround::store::editions;

use crate::support::TestApp;

/// Headlines in the order of the text part.
fn headlines(text: &str, titles: &[&str]) -> Vec<String> {
    let mut found: Vec<(usize, String)> = titles
        .iter()
        .filter_map(|title| text.find(title).map(|at| (at, (*title).to_owned())))
        .collect();
    found.sort();
    found.into_iter().map(|(_, title)| title).collect()
}

async fn edition_count(app: &TestApp, id: IssueId) -> usize {
    let mut tx = app.deps.store.read().await.unwrap();
    editions::keys(&mut tx, id).await.unwrap().len()
}

async fn reason(app: &TestApp, id: IssueId, email: &str) -> Option<String> {
    let lines = app.ledger(id).await;
    let line = lines.into_iter().find(|line| line.email == email).unwrap();
    line.reason
}

#[tokio::test]
async fn sections_stand_in_the_editors_order_with_their_limits() {
    let app = TestApp::new().await;
    let daily = app
        .digest_with("daily", |digest| {
            digest.rules.sections = vec!["markets:1".parse().unwrap(), "energy".parse().unwrap()];
        })
        .await;
    app.subscribe("all@inbox.example", "").await;
    app.subscribe("markets@inbox.example", "&topics=markets")
        .await;
    let stories = [
        ("Gulls return", "retail"),
        ("Bonds fall", "markets"),
        ("Shares rise", "markets"),
        ("Wind power grows", "energy"),
        ("Cables are scarce", "energy"),
    ];
    for (n, (title, topic)) in stories.iter().enumerate() {
        app.article(&format!("a{n}"), title, &[topic]).await;
        app.advance(Duration::minutes(-1));
    }
    app.advance(Duration::minutes(30));
    app.send(&daily).await;

    let titles = stories.map(|(title, _)| title);
    let mail = app.newest("all@inbox.example");
    assert_eq!(mail.subject(), "Gulls return");
    assert_eq!(
        headlines(&mail.text().unwrap(), &titles),
        [
            "Gulls return",
            "Bonds fall",
            "Wind power grows",
            "Cables are scarce",
            "Shares rise"
        ]
    );
    let mail = app.newest("markets@inbox.example");
    assert_eq!(
        headlines(&mail.text().unwrap(), &titles),
        ["Bonds fall", "Shares rise"]
    );
}

#[tokio::test]
async fn the_rest_is_headlines_up_to_the_most() {
    let app = TestApp::new().await;
    let daily = app
        .digest_with("daily", |digest| {
            digest.max_items = 4;
            digest.rules.full_items = 2;
        })
        .await;
    app.subscribe("ada@inbox.example", "").await;
    for n in 1..=6 {
        app.article(&format!("a{n}"), &format!("Story number {n}"), &[])
            .await;
        app.advance(Duration::minutes(-1));
    }
    app.advance(Duration::minutes(30));
    app.send(&daily).await;
    let text = app.newest("ada@inbox.example").text().unwrap();
    let has = |words: String| text.contains(&words);
    assert!((1..=4).all(|n| has(format!("Story number {n}"))), "{text}");
    assert!((5..=6).all(|n| !has(format!("Story number {n}"))), "{text}");
    assert!((1..=2).all(|n| has(format!("About Story number {n}."))));
    assert!((3..=4).all(|n| !has(format!("About Story number {n}."))));
}

#[tokio::test]
async fn the_editor_has_the_first_and_the_last_word() {
    let app = TestApp::new().await;
    let daily = app
        .digest_with("daily", |digest| {
            digest.rules.subject = Some("{{ publication }} {{ number }}: {{ headline }}".into());
            digest.rules.intro = "Good *morning*.<script>alert(1)</script>".into();
            digest.rules.outro = "See you [tomorrow](https://ledger.example/t).".into();
        })
        .await;
    app.subscribe("ada@inbox.example", "").await;
    app.article("one", "A story", &[]).await;
    manage_digest::update(&app.deps, daily.id, Some("The port is **closed**."), |_| {})
        .await
        .unwrap();
    app.send(&daily).await;
    let mail = app.newest("ada@inbox.example");
    assert_eq!(mail.subject(), "The Harbour Ledger 1: A story");
    let html = mail.html().unwrap();
    assert!(html.contains("<strong>closed</strong>"), "{html}");
    assert!(!html.contains("Good"), "the next issue has its own intro");
    let text = mail.text().unwrap();
    assert!(text.contains("The port is closed."));
    assert!(
        text.contains("tomorrow (https://ledger.example/t)"),
        "{text}"
    );

    app.article("two", "Another story", &[]).await;
    app.send(&daily).await;
    let html = app.newest("ada@inbox.example").html().unwrap();
    assert!(html.contains("Good <em>morning</em>."), "{html}");
    assert!(!html.contains("closed") && !html.contains("script"));
}

async fn bilingual(app: &TestApp, languages: Languages) -> Digest {
    let daily = app
        .digest_with("daily", |digest| digest.rules.languages = languages)
        .await;
    for (slug, title, language) in [
        ("fr", "Le port ferme", Some("fr-CH")),
        ("en", "The port closes", Some("en")),
        ("any", "1,000 boxes", None),
    ] {
        app.article_with(slug, title, &["energy"], |content| {
            content.language = language.map(str::to_owned);
        })
        .await;
    }
    daily
}

fn reads(app: &TestApp, email: &str) -> [bool; 3] {
    let text = app.newest(email).text().unwrap();
    ["Le port ferme", "The port closes", "1,000 boxes"].map(|title| text.contains(title))
}

#[tokio::test]
async fn readers_get_their_language_where_the_publication_writes_it() {
    let app = TestApp::new().await;
    for (name, form) in [
        ("none", ""),
        ("none2", ""),
        ("fr", "&language=fr"),
        ("frbe", "&language=fr-BE"),
        ("en", "&language=en-GB"),
        ("it", "&language=it"),
        ("retail", "&language=fr&topics=retail"),
    ] {
        app.subscribe(&format!("{name}@inbox.example"), form).await;
    }
    let daily = bilingual(&app, Languages::Auto).await;
    let id = app.send(&daily).await;
    assert_eq!(reads(&app, "none@inbox.example"), [true, true, true]);
    assert_eq!(reads(&app, "fr@inbox.example"), [true, false, true]);
    assert_eq!(reads(&app, "frbe@inbox.example"), [true, false, true]);
    assert_eq!(reads(&app, "en@inbox.example"), [false, true, true]);
    // Nothing is written in Italian: its readers get everything, in an edition of their own.
    assert_eq!(reads(&app, "it@inbox.example"), [true, true, true]);
    assert_eq!(edition_count(&app, id).await, 4);
    assert_eq!(
        reason(&app, id, "retail@inbox.example").await.as_deref(),
        Some("no new article in the chosen topics")
    );
    // Each edition has its page, and no page names a reader.
    let page = app.get(&app.link("fr@inbox.example", "/archive/")).await;
    assert!(page.body.contains("Le port ferme") && !page.body.contains("The port closes"));
    let page = app.get("/ledger/archive/daily-1?lang=de").await;
    assert_eq!(page.status, 404);
}

#[tokio::test]
async fn a_strict_digest_tells_why_it_has_nothing() {
    let app = TestApp::new().await;
    app.subscribe("it@inbox.example", "&language=it").await;
    app.subscribe("all@inbox.example", "").await;
    let daily = app
        .digest_with("daily", |digest| digest.rules.languages = Languages::Same)
        .await;
    app.article_with("fr", "Le port ferme", &[], |content| {
        content.language = Some("fr".to_owned());
    })
    .await;
    let id = app.send(&daily).await;
    assert_eq!(
        reason(&app, id, "it@inbox.example").await.as_deref(),
        Some("no new article in the reader's language")
    );
    assert_eq!(reads(&app, "all@inbox.example"), [true, false, false]);
}

#[tokio::test]
async fn a_digest_without_limits_gives_everybody_everything() {
    let app = TestApp::new().await;
    app.subscribe("fr@inbox.example", "&language=fr").await;
    app.subscribe("en@inbox.example", "&language=en").await;
    let daily = bilingual(&app, Languages::All).await;
    let id = app.send(&daily).await;
    assert_eq!(reads(&app, "fr@inbox.example"), [true, true, true]);
    assert_eq!(reads(&app, "en@inbox.example"), [true, true, true]);
    // English is the publication's own: its reader shares the edition of the archive.
    assert_eq!(edition_count(&app, id).await, 2);
}

#[tokio::test]
async fn a_notice_stands_in_its_block_until_it_is_taken_away() {
    let app = TestApp::new().await;
    let daily = app
        .digest_with("daily", |digest| {
            digest.rules.require_approval = true;
            digest.rules.notice = "See the [fair](https://fair.example/).<img src=x \
                onerror=alert(1)> <b onclick=\"x()\">Free</b> \u{e000}"
                .into();
        })
        .await;
    app.subscribe("ada@inbox.example", "").await;
    app.subscribe("berta@inbox.example", "&language=de").await;
    app.article("one", "A story", &[]).await;
    app.advance(Duration::seconds(1));
    let preview = preview_digest::digest(
        &app.deps,
        app.publication.clone(),
        daily.clone(),
        None,
        Eyes::Everybody,
    );
    let preview = preview.await.unwrap();
    app.advance(Duration::seconds(-1));
    let issue = app.compose(&daily).await;
    // What waits for approval keeps the notice that it was shown with.
    let changed = manage_digest::update(&app.deps, daily.id, None, |digest| {
        digest.rules.notice = String::new();
        digest.rules.require_approval = false;
    });
    let without = changed.await.unwrap();
    approve_issue::approve(&app.deps, issue).await.unwrap();
    compose_issue::compose(&app.deps, issue).await.unwrap();
    app.deliver().await.unwrap();
    let mut tx = app.deps.store.read().await.unwrap();
    let sent = editions::of_key(&mut tx, issue, "").await.unwrap().unwrap();
    drop(tx);
    assert_eq!(
        (&preview.edition.html, &preview.edition.text),
        (&sent.html, &sent.text)
    );
    let mail = app.newest("ada@inbox.example");
    let (html, text) = (mail.html().unwrap(), mail.text().unwrap());
    assert!(
        html.contains(">Notice</div>") && html.contains("<b>Free</b>"),
        "{html}"
    );
    assert!(html.contains("href=\"https://fair.example/\""), "{html}");
    assert!(
        !html.contains("onerror") && !html.contains("onclick"),
        "{html}"
    );
    assert!(text.contains("NOTICE\r\n======\r\n") || text.contains("NOTICE\n======\n"));
    assert!(text.contains("See the fair (https://fair.example/). Free"));
    let german = app.newest("berta@inbox.example").html().unwrap();
    assert!(german.contains(">Hinweis</div>"), "{german}");

    app.article("two", "Another story", &[]).await;
    app.send(&without).await;
    let html = app.newest("ada@inbox.example").html().unwrap();
    assert!(
        !html.contains("Notice</div>") && !html.contains("fair"),
        "{html}"
    );
}

#[tokio::test]
async fn what_is_said_of_a_digest_is_checked() {
    let app = TestApp::new().await;
    let daily = app.digest("daily", None, 1).await;
    let refused = async |change: &dyn Fn(&mut Digest)| {
        let refused = manage_digest::update(&app.deps, daily.id, None, |d| change(d)).await;
        refused.unwrap_err().to_string()
    };
    let text = refused(&|d| d.rules.subject = Some("{{ headlin }}".into())).await;
    assert!(text.contains("headlin"), "{text}");
    let text = refused(&|d| d.rules.sections = vec!["sport".parse().unwrap()]).await;
    assert!(text.contains("energy, markets, retail"), "{text}");
    let text = refused(&|d| {
        d.rules.sections = vec!["energy:1".parse().unwrap(), "energy".parse().unwrap()];
    })
    .await;
    assert!(text.contains("two sections"), "{text}");
    let text = refused(&|d| d.max_items = 101).await;
    assert!(text.contains("1 to 100"), "{text}");
    let text = refused(&|d| d.rules.intro = "x".repeat(4001)).await;
    assert!(text.contains("4001"), "{text}");
    let text = refused(&|d| d.rules.notice = "x".repeat(4001)).await;
    assert!(text.contains("the notice has 4001"), "{text}");
    let text = refused(&|d| d.rules.notice_label = "Spon\nsor".into()).await;
    assert!(
        text.contains("the notice's label must be one line"),
        "{text}"
    );
    let text = refused(&|d| d.cron = Some("0 7 * *".into())).await;
    assert!(text.contains("4 fields"), "{text}");
}

#[tokio::test]
async fn a_changed_schedule_runs_from_now_on() {
    let app = TestApp::new().await;
    let daily = app.digest("daily", Some("0 7 * * *"), 1).await;
    let changed = manage_digest::update(&app.deps, daily.id, None, |digest| {
        digest.cron = Some("30 18 * * *".to_owned());
    })
    .await
    .unwrap();
    let next = changed.next_run_at.unwrap().to_rfc3339();
    assert_eq!(next, "2026-03-02T17:30:00+00:00");
    let changed = manage_digest::update(&app.deps, daily.id, None, |d| d.cron = None)
        .await
        .unwrap();
    assert_eq!(changed.next_run_at, None);
}
