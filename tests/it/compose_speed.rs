//! How long an issue with many editions takes to build. Measured in release:
//! `cargo test --release --test it compose_speed -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use paperround::domain::article::ArticleContent;
use paperround::services::import::{self, Options};
use paperround::services::ingest_article::{self, Incoming};
use paperround::services::{compose_issue, manage_publication, plan_issue};
use paperround::store::editions;

use crate::support::TestApp;

const READERS: usize = 100_000;
const TOPICS: usize = 6;
const LANGUAGES: [&str; 4] = ["en", "de", "fr", "it"];

/// Fifty choices of topics, all of them with an article.
fn topics(reader: usize) -> String {
    let bits = reader % 50 + 1;
    let chosen: Vec<String> = (0..TOPICS)
        .filter(|topic| bits & (1 << topic) != 0)
        .map(|topic| format!("t{topic}"))
        .collect();
    chosen.join(";")
}

fn table() -> String {
    let rows = (0..READERS).map(|n| {
        let language = LANGUAGES[n / 50 % LANGUAGES.len()];
        format!("r{n}@inbox.example,{},{language}\n", topics(n))
    });
    std::iter::once("email,topics,language\n".to_owned())
        .chain(rows)
        .collect()
}

async fn articles(app: &TestApp) {
    let sentence = "The port authority has approved a second terminal on the east quay. ";
    let incoming: Vec<Incoming> = (0..30)
        .map(|n| Incoming {
            content: ArticleContent {
                title: format!("Story number {n} of the day, with a headline of the usual length"),
                url: format!("https://ledger.example/{n}"),
                summary_html: format!("<p>{}</p>", sentence.repeat(6)),
                summary_text: sentence.repeat(6),
                language: (n % 5 == 0).then(|| LANGUAGES[n % LANGUAGES.len()].to_owned()),
                published_at: Some(app.deps.now()),
                ..ArticleContent::default()
            },
            topics: vec![format!("t{}", n % TOPICS).parse().unwrap()],
            ..Incoming::default()
        })
        .collect();
    ingest_article::ingest(&app.deps, app.publication.id, &incoming)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; takes a minute in a debug build"]
async fn two_hundred_editions_for_a_hundred_thousand_readers() {
    let app = TestApp::new().await;
    for topic in 0..TOPICS {
        let slug = format!("t{topic}").parse().unwrap();
        manage_publication::add_topic(
            &app.deps,
            app.publication.id,
            slug,
            &format!("Topic {topic}"),
        )
        .await
        .unwrap();
    }
    articles(&app).await;
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        consent: Some("Yes".to_owned()),
        dry_run: false,
        source: "import readers.csv".to_owned(),
        rejected: Some(folder.path().join("rejected.csv")),
        ..Options::default()
    };
    let file = Box::new(std::io::Cursor::new(table()));
    import::import(&app.deps, &app.publication, &options, file, |_| {})
        .await
        .unwrap();
    let daily = app
        .digest_with("daily", |digest| digest.max_items = 30)
        .await;

    let began = Instant::now();
    let id = plan_issue::by_hand(&app.deps, &daily, None).await.unwrap();
    compose_issue::compose(&app.deps, id).await.unwrap();
    let took = began.elapsed();

    let mut tx = app.deps.store.read().await.unwrap();
    let made = editions::keys(&mut tx, id).await.unwrap().len();
    drop(tx);
    let (_, counts) = app.issue(id).await;
    println!(
        "{made} editions for {} readers: {took:?}",
        counts.recipients
    );
    assert_eq!((made, counts.recipients), (201, 100_000));
    assert!(
        cfg!(debug_assertions) || took < Duration::from_secs(10),
        "{took:?}"
    );
}
