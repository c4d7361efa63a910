//! Floods, bombers and link scanners against the form and the links in mails.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use chrono::Duration;
use futures_util::future::join_all;
use paperround::config::Settings;
use paperround::demo::mailbox::{Mailbox, StoredMail};
use paperround::domain::digest::DigestChoice;
use paperround::domain::publication::TopicChoice;
use paperround::domain::subscription::{ConsentKind, SubscriptionState};
use paperround::domain::suppression::SuppressionReason;
use paperround::services::sign_up::{self, SignUpError};
use paperround::services::{Deps, suppress};
use paperround::store::{consents, subscribers, subscriptions, suppressions};

use crate::support::{Answer, TestApp};

async fn app(change: impl FnOnce(&mut Settings)) -> TestApp {
    let mailbox = Mailbox::new();
    TestApp::with(Arc::new(mailbox.clone()), mailbox, change).await
}

async fn ask(app: &TestApp, network: &str, email: &str) -> Answer {
    let form = format!("email={}", email.replace('@', "%40").replace('+', "%2B"));
    let request = Request::post("/ledger/subscribe")
        .body(Body::from(form))
        .unwrap();
    app.request_from(network, request).await
}

async fn behind_a_proxy() -> TestApp {
    app(|settings| settings.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await
}

/// The same through a proxy.
async fn ask_through_proxy(app: &TestApp, address: &str, email: &str) -> Answer {
    let form = format!("email={}", email.replace('@', "%40").replace('+', "%2B"));
    let request = Request::post("/ledger/subscribe")
        .header("x-forwarded-for", address)
        .header("accept", "application/json")
        .body(Body::from(form))
        .unwrap();
    app.request_from("127.0.0.1", request).await
}

/// Requests that come together, many at a time; returns how many of them were accepted.
async fn flood(app: &TestApp, requests: impl Iterator<Item = (String, String)>) -> usize {
    let requests: Vec<_> = requests.collect();
    let mut accepted = 0;
    for some in requests.chunks(100) {
        let answers = some
            .iter()
            .map(|(address, email)| ask_through_proxy(app, address, email));
        for answer in join_all(answers).await {
            let status = answer.status.as_u16();
            assert!(matches!(status, 202 | 429), "{status}");
            accepted += usize::from(status == 202);
        }
    }
    accepted
}

/// Another process on the same database, or this one after a restart.
fn another(app: &TestApp) -> Deps {
    Deps {
        desk: Arc::default(),
        ..app.deps.clone()
    }
}

async fn ask_at(deps: &Deps, app: &TestApp, network: &str, email: &str) -> Result<(), SignUpError> {
    let request = sign_up::Request {
        email: email.parse().unwrap(),
        name: None,
        topics: TopicChoice::default(),
        digests: DigestChoice::default(),
        language: None,
        timezone: None,
        source: None,
        address: network.parse().unwrap(),
        is_trapped: false,
        proof: None,
    };
    sign_up::sign_up(deps, &app.publication, &request).await
}

#[tokio::test]
async fn a_victim_gets_one_mail_whatever_is_thrown_at_the_form() {
    let app = behind_a_proxy().await;
    let spellings = [
        "victim@gmail.com",
        "VICTIM@gmail.com",
        "v.i.c.t.i.m@gmail.com",
        "victim+news@googlemail.com",
    ];
    // From a thousand addresses, as a trusted proxy tells them.
    let requests = (0..10_000).map(|n| {
        let address = format!("198.51.{}.{}", n % 1000 / 250, n % 250 + 1);
        (address, spellings[n % spellings.len()].to_owned())
    });
    assert_eq!(flood(&app, requests).await, 10_000);
    app.send_notices().await;
    // The other doors: JSON, another process, and this one after a restart.
    let json = Request::post("/ledger/subscribe")
        .header("content-type", "application/json")
        .body(Body::from(r#"{"email":"victim@gmail.com"}"#))
        .unwrap();
    assert_eq!(app.request_from("192.0.2.1", json).await.status, 202);
    ask_at(&another(&app), &app, "192.0.2.2", "victim+2@gmail.com")
        .await
        .unwrap();
    app.send_notices().await;
    app.advance(Duration::hours(23));
    ask(&app, "192.0.2.3", "victim@gmail.com").await;
    app.send_notices().await;
    assert_eq!(app.mailbox.list().len(), 1);
    app.advance(Duration::hours(2));
    ask(&app, "192.0.2.3", "victim@gmail.com").await;
    app.send_notices().await;
    assert_eq!(app.mailbox.list().len(), 2);
}

#[tokio::test]
async fn a_few_networks_reach_few_victims() {
    let app = behind_a_proxy().await;
    // Ten addresses of IPv4, and one customer with a network of IPv6.
    let v4 = (0..10_000).map(|n| (format!("198.51.100.{}", n % 10), n));
    let v6 = (10_000..10_200).map(|n| (format!("2001:db8:1:2::{n:x}"), n));
    let requests = v4
        .chain(v6)
        .map(|(network, n)| (network, format!("victim{n}@inbox.example")));
    assert_eq!(flood(&app, requests).await, 11 * 20);
    app.send_notices().await;
    assert_eq!(app.mailbox.list().len(), 11 * 20);
    // A restart does not open the door again.
    let refused = ask_at(&another(&app), &app, "198.51.100.3", "x@inbox.example").await;
    assert!(
        matches!(refused, Err(SignUpError::TooMany { .. })),
        "{refused:?}"
    );
    let other = ask_at(&another(&app), &app, "2001:db8:1:3::1", "y@inbox.example").await;
    assert!(other.is_ok(), "{other:?}");
}

#[tokio::test]
async fn the_mails_of_an_hour_are_bounded_for_a_domain_and_for_all() {
    let app = app(|settings| {
        settings.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        settings.signup.per_hour = 30;
        settings.signup.per_domain_per_hour = 10;
    })
    .await;
    let to = |domain: &'static str, from: usize, number: usize| {
        (from..from + number).map(move |n| {
            let network = format!("198.51.{}.1", n % 250);
            (network, format!("victim{n}@{domain}"))
        })
    };
    // They are accepted together, before the first is counted: the rest waits its turn.
    assert_eq!(flood(&app, to("one.example", 0, 25)).await, 25);
    app.send_notices().await;
    assert_eq!(app.mailbox.list().len(), 10);
    let refused = ask(&app, "192.0.2.9", "late@one.example").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let wait = refused.headers["retry-after"].to_str().unwrap().to_owned();
    assert!((1..=3600).contains(&wait.parse::<u32>().unwrap()), "{wait}");
    assert_eq!(flood(&app, to("two.example", 0, 10)).await, 10);
    assert_eq!(flood(&app, to("three.example", 0, 9)).await, 9);
    app.send_notices().await;
    assert_eq!(app.mailbox.list().len(), 29);
    assert_eq!(ask(&app, "192.0.2.9", "a@four.example").await.status, 202);
    app.send_notices().await;
    assert_eq!(ask(&app, "192.0.2.9", "b@five.example").await.status, 429);
    app.send_notices().await;
    assert_eq!(app.mailbox.list().len(), 30);
    // In the next hour those who waited get theirs, again no more than the budget allows.
    app.advance(Duration::hours(1));
    app.send_notices().await;
    assert_eq!(app.mailbox.list().len(), 40);
    app.advance(Duration::hours(1));
    app.send_notices().await;
    assert_eq!(app.mailbox.list().len(), 45);
    let victims: BTreeSet<String> = app.mailbox.list().iter().map(StoredMail::to).collect();
    assert_eq!(victims.len(), 45);
}

/// What was promised by an answer survives the end of the process.
#[tokio::test]
async fn an_answered_sign_up_is_taken_in_by_whoever_comes_next() {
    let app = TestApp::new().await;
    let began = app.deps.now();
    assert_eq!(
        ask(&app, "203.0.113.77", "ada@inbox.example").await.status,
        202
    );
    app.advance(Duration::hours(3));
    let other = another(&app);
    while sign_up::take_in(&other).await.unwrap() {}
    let reader = reader(&app, "ada@inbox.example").await;
    let mut tx = app.deps.store.read().await.unwrap();
    let evidence = consents::list(&mut tx, reader.0).await.unwrap();
    // The evidence tells when it was asked for, not when it was looked at.
    assert_eq!(evidence[0].at, began);
    assert_eq!(evidence[0].network.as_deref(), Some("203.0.113.0/24"));
    drop(tx);
    app.send_notices().await;
    assert_eq!(app.mails_for("ada@inbox.example"), 1);
}

async fn reader(
    app: &TestApp,
    email: &str,
) -> (paperround::domain::ids::SubscriptionId, SubscriptionState) {
    let mut tx = app.deps.store.read().await.unwrap();
    let found = subscribers::find_by_email(&mut tx, &email.parse().unwrap()).await;
    let subscriber = found.unwrap().unwrap().id;
    let found = subscriptions::find_by_subscriber(&mut tx, subscriber, app.publication_id()).await;
    let subscription = found.unwrap().unwrap();
    (subscription.id, subscription.state)
}

/// Requests for addresses in all four states do the same before they are answered: they write one
/// row and look nothing up.
#[tokio::test]
async fn nothing_is_looked_up_before_the_answer() {
    let app = TestApp::new().await;
    app.subscribe("confirmed@inbox.example", "").await;
    ask(&app, "203.0.113.7", "pending@inbox.example").await;
    app.take_in().await;
    let email = "suppressed@inbox.example".parse().unwrap();
    suppress::add(&app.deps, &email, SuppressionReason::Complaint, None)
        .await
        .unwrap();
    let mut answers = BTreeSet::new();
    let states = ["new", "pending", "confirmed", "suppressed"];
    for (n, state) in states.iter().enumerate() {
        let address = format!("{state}@inbox.example");
        let answer = ask(&app, &format!("192.0.2.{n}"), &address).await;
        let headers: Vec<String> = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "content-length")
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        let body = answer.body.replace(&address, "…");
        answers.insert((answer.status, headers, body));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    // Each left one row behind, whatever is known of it, and nothing else.
    let mut tx = app.deps.store.begin().await.unwrap();
    let waiting = paperround::store::arrivals::take(&mut tx, app.deps.now(), 100).await;
    let waiting: BTreeSet<String> = waiting
        .unwrap()
        .iter()
        .map(|arrival| arrival.email.to_string())
        .collect();
    let expected: BTreeSet<String> = states
        .iter()
        .map(|s| format!("{s}@inbox.example"))
        .collect();
    assert_eq!(waiting, expected);
    let new = "new@inbox.example".parse().unwrap();
    assert!(
        subscribers::find_by_email(&mut tx, &new)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn never_mail_me_holds_and_can_be_taken_back() {
    let app = TestApp::new().await;
    ask(&app, "203.0.113.7", "victim@inbox.example").await;
    app.send_notices().await;
    let link = app.link("victim@inbox.example", "/never/");
    let html = app.newest("victim@inbox.example").html().unwrap();
    assert!(html.contains(&link));
    let page = app.get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("v•••@inbox.example") && !page.body.contains("victim@"));
    assert_eq!(page.headers["cache-control"], "no-store");
    let email = "victim@inbox.example".parse().unwrap();
    let hash = app.deps.keys.email_hash(&email);
    let reason = async || {
        let mut tx = app.deps.store.read().await.unwrap();
        let found = suppressions::find(&mut tx, hash).await.unwrap();
        found.map(|suppression| suppression.reason)
    };
    assert_eq!(reason().await, None);
    for _ in 0..2 {
        assert_eq!(app.post(&link, "").await.status, StatusCode::OK);
        assert_eq!(reason().await, Some(SuppressionReason::Reader));
    }
    // Days later the form has no effect, and says nothing of it.
    app.advance(Duration::days(3));
    let answer = ask(&app, "203.0.113.7", "victim@inbox.example").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    app.send_notices().await;
    assert_eq!(app.mails_for("victim@inbox.example"), 1);
    // The same page takes it back.
    assert!(app.get(&link).await.body.contains("value=\"undo\""));
    for _ in 0..2 {
        let page = app.post(&link, "action=undo").await;
        assert!(page.body.contains("Mail is allowed again"), "{}", page.body);
        assert_eq!(reason().await, None);
    }
    app.subscribe("victim@inbox.example", "").await;
    let (id, _) = reader(&app, "victim@inbox.example").await;
    let mut tx = app.deps.store.read().await.unwrap();
    let evidence = consents::list(&mut tx, id).await.unwrap();
    let kinds: Vec<ConsentKind> = evidence.iter().map(|c| c.kind).collect();
    assert_eq!(
        kinds,
        [
            ConsentKind::Requested,
            ConsentKind::Refused,
            ConsentKind::Restored,
            ConsentKind::Requested,
            ConsentKind::Confirmed
        ]
    );
    assert_eq!(evidence[1].network.as_deref(), Some("203.0.113.0/24"));
}

#[tokio::test]
async fn the_page_ends_no_suppression_but_its_own() {
    let app = TestApp::new().await;
    ask(&app, "203.0.113.7", "ada@inbox.example").await;
    app.send_notices().await;
    let never = app.link("ada@inbox.example", "/never/");
    let email = "ada@inbox.example".parse().unwrap();
    suppress::add(&app.deps, &email, SuppressionReason::HardBounce, None)
        .await
        .unwrap();
    app.post(&never, "").await;
    let page = app.post(&never, "action=undo").await;
    assert!(page.body.contains("news@ledger.example"), "{}", page.body);
    let mut tx = app.deps.store.read().await.unwrap();
    let hash = app.deps.keys.email_hash(&email);
    let found = suppressions::find(&mut tx, hash).await.unwrap().unwrap();
    assert_eq!(found.reason, SuppressionReason::HardBounce);
    drop(tx);
    // A link for something else, or a damaged one, opens nothing.
    let leave = paperround::services::links::unsubscribe(
        &app.deps,
        reader(&app, "ada@inbox.example").await.0,
        None,
    );
    let other = leave.replace("/unsubscribe/", "/never/");
    assert_eq!(app.post(&other, "").await.status, StatusCode::NOT_FOUND);
    let damaged = never.replace("/never/b", "/never/c");
    assert_ne!(damaged, never);
    assert_eq!(app.get(&damaged).await.status, StatusCode::NOT_FOUND);
}

/// All links of ours in a mail.
fn links(app: &TestApp, email: &str) -> BTreeSet<String> {
    let mail = app.newest(email);
    let both = format!("{} {}", mail.text().unwrap(), mail.html().unwrap());
    let mut header = mail.header("List-Unsubscribe").unwrap_or_default();
    header = header.replace(['<', '>', ','], " ");
    format!("{both} {header}")
        .split(|c: char| c.is_whitespace() || "\"'<>".contains(c))
        .filter(|word| word.starts_with("https://news.example/"))
        .map(|word| word.replace("&amp;", "&"))
        .collect()
}

#[tokio::test]
async fn scanners_that_open_every_link_change_nothing() {
    const READERS: usize = 100;
    let app = app(|settings| settings.signup.per_ip_per_hour = 0).await;
    let digest = app.digest("daily", None, 1).await;
    let pending = |n: usize| format!("pending{n}@inbox.example");
    let confirmed = |n: usize| format!("confirmed{n}@inbox.example");
    for n in 0..READERS {
        app.subscribe(&confirmed(n), "").await;
        ask(&app, "203.0.113.7", &pending(n)).await;
    }
    app.article("one", "One", &["energy"]).await;
    app.send_notices().await;
    app.send(&digest).await;
    let agents = [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks",
        "Proofpoint URL Defense",
        "Mimecast/1.0 UrlScanner",
        "BarracudaCentral",
        "GoogleImageProxy",
        "curl/8.0",
    ];
    let mut opened = 0;
    for email in (0..READERS).flat_map(|n| [pending(n), confirmed(n)]) {
        let links = links(&app, &email);
        assert!(links.len() >= 2, "{links:?}");
        for (n, link) in links.iter().enumerate() {
            for method in [Method::GET, Method::HEAD, Method::GET] {
                let request = Request::builder()
                    .method(method)
                    .uri(link.strip_prefix("https://news.example").unwrap())
                    .header("user-agent", agents[n % agents.len()])
                    .header("purpose", "prefetch")
                    .header("sec-purpose", "prefetch;prerender")
                    .body(Body::empty())
                    .unwrap();
                let answer = app.request_from("198.51.100.9", request).await;
                assert_eq!(answer.status, StatusCode::OK, "{link}");
                opened += 1;
            }
        }
    }
    assert!(opened > READERS * 12, "{opened}");
    let mut tx = app.deps.store.read().await.unwrap();
    let counts = subscriptions::count(&mut tx, app.publication_id()).await;
    let readers = u32::try_from(READERS).unwrap();
    assert_eq!(counts.unwrap(), (readers.into(), readers.into(), 0));
    assert!(suppressions::latest(&mut tx, 1).await.unwrap().is_empty());
    drop(tx);
    for n in 0..READERS {
        let (id, state) = reader(&app, &confirmed(n)).await;
        assert_eq!(state, SubscriptionState::Confirmed);
        let mut tx = app.deps.store.read().await.unwrap();
        assert_eq!(consents::list(&mut tx, id).await.unwrap().len(), 2);
    }
}
