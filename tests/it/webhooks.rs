//! Outgoing webhooks: what is told, to whom, how it is signed, and what becomes of it after a refusal,
//! a crash and an erasure.

use std::time::Duration as Span;

use chrono::Duration;
use paperround::config::Settings;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::issue::IssueState;
use paperround::domain::webhook::{Call, CallState, EventChoice, EventKind, Webhook};
use paperround::services::manage_webhook::{self, NewWebhook, WebhookChange, WebhookError};
use paperround::services::{
    Deps, alerts, call_webhook, cleanup, control_issue, erase, import, manage_publication,
    plan_issue,
};
use paperround::store::webhook_calls::{self, Wanted};
use paperround::store::{self, webhooks};
use tokio_util::sync::CancellationToken;

use crate::support::receiver::{Answer, Receiver, Told};
use crate::support::{TestApp, new_publication};

fn open_door(settings: &mut Settings) {
    settings.webhooks.allow_private_addresses = true;
    settings.webhooks.timeout_seconds = 1;
}

async fn service() -> TestApp {
    let mailbox = Mailbox::new();
    TestApp::with(std::sync::Arc::new(mailbox.clone()), mailbox, open_door).await
}

async fn add(app: &TestApp, receiver: &Receiver, events: &[EventKind]) -> (Webhook, String) {
    let new = NewWebhook {
        publication: Some(app.publication_id()),
        url: receiver.url.clone(),
        events: EventChoice::new(events.iter().copied()).unwrap(),
        with_addresses: false,
    };
    let (webhook, secret) = manage_webhook::add(&app.deps, new).await.unwrap();
    (webhook, secret.reveal())
}

/// Makes all calls that are due.
async fn call(deps: &Deps) -> usize {
    let stop = CancellationToken::new();
    let mut made = 0;
    for id in call_webhook::due(deps).await.unwrap() {
        made += call_webhook::work_off(deps, id, &stop).await.unwrap();
    }
    made
}

async fn log(app: &TestApp) -> Vec<Call> {
    let mut tx = app.deps.store.read().await.unwrap();
    webhook_calls::log(&mut tx, &Wanted::default(), 100)
        .await
        .unwrap()
}

async fn found(app: &TestApp, webhook: &Webhook) -> Webhook {
    let mut tx = app.deps.store.read().await.unwrap();
    webhooks::find(&mut tx, webhook.id).await.unwrap().unwrap()
}

async fn leave(app: &TestApp, reader: &str) {
    let digest = app.digest("weekly", None, 1).await;
    app.article("leave", "A last story", &[]).await;
    app.send(&digest).await;
    let link = app.link(reader, "/unsubscribe/");
    assert_eq!(
        app.post(&link, "List-Unsubscribe=One-Click").await.status,
        200
    );
}

#[tokio::test]
async fn what_happens_to_a_reader_is_told_signed_and_without_an_address() {
    let app = service().await;
    let receiver = Receiver::open();
    let (webhook, secret) = add(&app, &receiver, &[]).await;
    app.subscribe("ada@inbox.example", "").await;
    leave(&app, "ada@inbox.example").await;
    call(&app.deps).await;

    let readers: Vec<String> = receiver
        .events()
        .into_iter()
        .filter(|event| event.starts_with("subscriber."))
        .collect();
    assert_eq!(
        readers,
        [
            "subscriber.subscribed",
            "subscriber.confirmed",
            "subscriber.unsubscribed"
        ]
    );
    let left = &receiver.of("subscriber.unsubscribed")[0].data();
    assert_eq!(left["publication"], "ledger");
    assert_eq!(left["reason"], "one-click");
    assert_eq!(
        left["subscriber"],
        receiver.of("subscriber.confirmed")[0].data()["subscriber"]
    );
    for told in receiver.told() {
        assert!(told.is_signed_with(&secret), "{told:?}");
        assert!(!told.is_signed_with("whsec_AAAA"));
        assert_eq!(told.at, app.deps.now().timestamp());
        assert_eq!(told.kind, "application/json");
        assert!(!told.body.contains("ada@") && told.json()["timestamp"].is_string());
    }
    assert_eq!(call(&app.deps).await, 0, "told once");
    assert!(
        log(&app)
            .await
            .iter()
            .all(|call| call.state == CallState::Sent)
    );
    let shown = format!("{:?}", found(&app, &webhook).await);
    assert!(
        !shown.contains(&secret[6..]),
        "the database holds no secret"
    );
}

#[tokio::test]
async fn addresses_are_told_where_they_are_asked_for() {
    let app = service().await;
    let (plain, full) = (Receiver::open(), Receiver::open());
    let events = [EventKind::Confirmed];
    add(&app, &plain, &events).await;
    let (webhook, _) = add(&app, &full, &events).await;
    let change = WebhookChange {
        with_addresses: Some(true),
        ..WebhookChange::default()
    };
    manage_webhook::update(&app.deps, webhook.id, change)
        .await
        .unwrap();
    app.subscribe("ada@inbox.example", "").await;
    call(&app.deps).await;
    assert_eq!(
        full.events(),
        ["subscriber.confirmed"],
        "what was chosen, and only that"
    );
    assert_eq!(full.told()[0].data()["email"], "ada@inbox.example");
    assert_eq!(plain.told()[0].data().get("email"), None);
    assert_ne!(plain.told()[0].id, full.told()[0].id);
}

#[tokio::test]
async fn without_a_webhook_nothing_is_written_and_nothing_of_the_past_is_told() {
    let app = service().await;
    app.subscribe("ada@inbox.example", "").await;
    leave(&app, "ada@inbox.example").await;
    assert_eq!(app.rows("webhook_events").await, 0);
    assert_eq!(app.rows("webhook_calls").await, 0);
    // Nor for one that wants other things, or is disabled, or another publication's.
    let receiver = Receiver::open();
    let (other, _) = add(&app, &receiver, &[EventKind::IssueCancelled]).await;
    let (disabled, _) = add(&app, &receiver, &[]).await;
    manage_webhook::disable(&app.deps, disabled.id)
        .await
        .unwrap();
    let new = new_publication("second", "Second <a@second.example>");
    let second = manage_publication::create(&app.deps, new).await.unwrap();
    let elsewhere = NewWebhook {
        publication: Some(second.id),
        url: receiver.url.clone(),
        events: EventChoice::default(),
        with_addresses: false,
    };
    manage_webhook::add(&app.deps, elsewhere).await.unwrap();
    app.subscribe("ben@inbox.example", "").await;
    assert_eq!(app.rows("webhook_events").await, 0);
    assert_eq!(call(&app.deps).await, 0);
    manage_webhook::remove(&app.deps, other.id).await.unwrap();
    let unknown = manage_webhook::enable(&app.deps, other.id).await;
    assert!(matches!(unknown, Err(WebhookError::Unknown(_))));
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    let app = service().await;
    let receiver = Receiver::open();
    let (webhook, old) = add(&app, &receiver, &[]).await;
    let (_, new) = manage_webhook::rotate_secret(&app.deps, webhook.id)
        .await
        .unwrap();
    let new = new.reveal();
    assert_ne!(old, new);
    let ping = manage_webhook::test(&app.deps, webhook.id).await.unwrap();
    call(&app.deps).await;
    let first = &receiver.told()[0];
    assert_eq!(
        (first.event().as_str(), first.id.clone()),
        ("ping", ping.to_string())
    );
    assert_eq!(first.signatures.len(), 2);
    assert!(first.is_signed_with(&old) && first.is_signed_with(&new));
    app.advance(Duration::hours(25));
    manage_webhook::test(&app.deps, webhook.id).await.unwrap();
    call(&app.deps).await;
    let later = &receiver.told()[1];
    assert_eq!(later.signatures.len(), 1);
    assert!(!later.is_signed_with(&old) && later.is_signed_with(&new));
}

#[tokio::test]
async fn what_is_refused_is_told_again_and_again_under_the_same_id() {
    let app = service().await;
    let receiver = Receiver::open();
    let (webhook, _) = add(&app, &receiver, &[]).await;
    manage_webhook::test(&app.deps, webhook.id).await.unwrap();
    receiver.then(Answer {
        body: "x".repeat(5000),
        ..Answer::from(500)
    });
    assert_eq!(call(&app.deps).await, 1);
    let refused = &log(&app).await[0];
    assert_eq!(
        (refused.state, refused.status),
        (CallState::Pending, Some(500))
    );
    assert_eq!(refused.reply.as_ref().unwrap().len(), 1024);
    let first_wait = refused.next_attempt_at - app.deps.now();
    assert!((5..=6).contains(&first_wait.num_seconds()), "{first_wait}");
    assert!(found(&app, &webhook).await.failing_since.is_some());
    assert_eq!(call(&app.deps).await, 0, "not before its time");

    // Asked for patience; led elsewhere; too slow.
    receiver.then(Answer {
        headers: vec![("retry-after", "7200".to_owned())],
        ..Answer::from(429)
    });
    receiver.then(Answer {
        headers: vec![("location", receiver.url.clone())],
        ..Answer::from(307)
    });
    receiver.then(Answer {
        after: Span::from_secs(30),
        ..Answer::from(200)
    });
    let mut troubles = Vec::new();
    for _ in 0..3 {
        app.advance(log(&app).await[0].next_attempt_at - app.deps.now());
        assert_eq!(call(&app.deps).await, 1);
        let call = log(&app).await[0].clone();
        troubles.push(call.trouble.unwrap());
        if troubles.len() == 1 {
            assert_eq!((call.next_attempt_at - app.deps.now()).num_hours(), 2);
        }
    }
    assert_eq!(troubles[0], "it answers 429");
    assert!(
        troubles[1].contains("no redirect is followed"),
        "{troubles:?}"
    );
    assert!(
        troubles[2].contains("webhooks.timeout_seconds"),
        "{troubles:?}"
    );
    app.advance(Duration::hours(8));
    assert_eq!(call(&app.deps).await, 1);
    let ids: Vec<String> = receiver.told().into_iter().map(|told| told.id).collect();
    assert_eq!(ids.len(), 5);
    assert!(ids.iter().all(|id| *id == ids[0]));
    let ended = &log(&app).await[0];
    assert_eq!(
        (ended.state, ended.attempts, ended.status),
        (CallState::Sent, 5, Some(204))
    );
    assert_eq!(found(&app, &webhook).await.failing_since, None);
}

#[tokio::test]
async fn what_is_given_up_can_be_told_again_by_hand() {
    let app = service().await;
    let receiver = Receiver::open();
    receiver.be(503);
    let (webhook, _) = add(&app, &receiver, &[]).await;
    let id = manage_webhook::test(&app.deps, webhook.id).await.unwrap();
    let began = app.deps.now();
    while log(&app).await[0].state == CallState::Pending {
        assert!(matches!(
            manage_webhook::replay(&app.deps, id).await,
            Err(WebhookError::Open)
        ));
        app.advance(log(&app).await[0].next_attempt_at - app.deps.now());
        assert_eq!(call(&app.deps).await, 1);
    }
    let given_up = &log(&app).await[0];
    assert_eq!((given_up.state, given_up.attempts), (CallState::Failed, 10));
    assert!((3..5).contains(&(app.deps.now() - began).num_days()));
    receiver.be(204);
    assert_eq!(
        manage_webhook::replay_failed(&app.deps, None)
            .await
            .unwrap(),
        1
    );
    call(&app.deps).await;
    manage_webhook::replay(&app.deps, id).await.unwrap();
    call(&app.deps).await;
    assert_eq!(receiver.told().len(), 12);
    assert!(receiver.told().iter().all(|told| told.id == id.to_string()));
    // The log forgets.
    app.advance(Duration::days(31));
    cleanup::prune(&app.deps).await.unwrap();
    assert_eq!(
        app.rows("webhook_calls").await + app.rows("webhook_events").await,
        0
    );
}

#[tokio::test]
async fn a_receiver_that_is_gone_or_fails_for_days_is_disabled_with_an_alert() {
    let app = service().await;
    let (gone, broken) = (Receiver::open(), Receiver::open());
    gone.be(410);
    broken.be(500);
    let (gone_hook, _) = add(&app, &gone, &[]).await;
    let (broken_hook, _) = add(&app, &broken, &[]).await;
    app.subscribe("ada@inbox.example", "").await;
    call(&app.deps).await;
    let disabled = found(&app, &gone_hook).await;
    assert!(disabled.disabled_reason.unwrap().contains("410"));
    let of_gone = |calls: Vec<Call>| {
        let calls = calls
            .into_iter()
            .filter(|call| call.webhook == gone_hook.id);
        calls.map(|call| call.state).collect::<Vec<_>>()
    };
    assert_eq!(of_gone(log(&app).await), [CallState::Failed; 2]);
    assert!(found(&app, &broken_hook).await.disabled_at.is_none());
    assert!(matches!(
        manage_webhook::test(&app.deps, gone_hook.id).await,
        Err(WebhookError::Disabled(_))
    ));
    app.advance(Duration::days(5));
    manage_webhook::test(&app.deps, broken_hook.id)
        .await
        .unwrap();
    call(&app.deps).await;
    assert!(found(&app, &broken_hook).await.gave_up());
    let told = broken.told().len();
    app.subscribe("ben@inbox.example", "").await;
    call(&app.deps).await;
    assert_eq!((broken.told().len(), gone.told().len()), (told, 2));
    alerts::check(&app.deps).await.unwrap();
    let mut tx = app.deps.store.read().await.unwrap();
    let open = store::alerts::opened(&mut tx).await.unwrap();
    drop(tx);
    let kinds: Vec<&str> = open.iter().map(|alert| alert.kind.as_str()).collect();
    assert_eq!(kinds, ["webhook-disabled"; 2]);
    manage_webhook::enable(&app.deps, gone_hook.id)
        .await
        .unwrap();
    // An operator who disables it knows.
    manage_webhook::disable(&app.deps, broken_hook.id)
        .await
        .unwrap();
    alerts::check(&app.deps).await.unwrap();
    let mut tx = app.deps.store.read().await.unwrap();
    assert!(store::alerts::opened(&mut tx).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_written_before_a_crash_is_told_after_it() {
    let app = service().await;
    let receiver = Receiver::open();
    let (webhook, _) = add(&app, &receiver, &[EventKind::Confirmed]).await;
    app.subscribe("ada@inbox.example", "").await;
    // A process that claims, calls, and ends before it can write the answer down.
    let dying = app.beside(open_door).await;
    cleanup::heartbeat(&dying, "worker").await.unwrap();
    let mut tx = dying.store.begin().await.unwrap();
    let claimed = webhook_calls::claim(&mut tx, webhook.id, &dying.node, app.deps.now(), 8)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(call(&app.deps).await, 0, "another has it");
    app.advance(Duration::seconds(11));
    cleanup::heartbeat(&app.deps, "worker").await.unwrap();
    assert_eq!(call(&app.deps).await, 1);
    assert_eq!(receiver.told()[0].id, claimed[0].id.to_string());
    assert_eq!(log(&app).await[0].attempts, 2);
}

#[tokio::test]
async fn erasing_a_reader_takes_the_address_out_of_all_that_is_told_later() {
    let app = service().await;
    let receiver = Receiver::open();
    receiver.be(Answer {
        body: "thank you for ada@inbox.example".to_owned(),
        ..Answer::from(200)
    });
    let (webhook, _) = add(&app, &receiver, &[]).await;
    let change = WebhookChange {
        with_addresses: Some(true),
        ..WebhookChange::default()
    };
    manage_webhook::update(&app.deps, webhook.id, change)
        .await
        .unwrap();
    app.subscribe("ada@inbox.example", "").await;
    call(&app.deps).await;
    assert_eq!(receiver.told()[0].data()["email"], "ada@inbox.example");
    assert!(app.dump("webhook_calls", "reply").await.contains("ada@"));
    assert!(!app.dump("webhook_events", "data").await.contains("ada@"));
    let email = "ada@inbox.example".parse().unwrap();
    erase::by_operator(&app.deps, &email).await.unwrap();
    for one in log(&app).await {
        if one.state == CallState::Sent {
            assert_eq!(one.reply, None);
            manage_webhook::replay(&app.deps, one.id).await.unwrap();
        }
    }
    let before = receiver.told().len();
    assert_eq!(call(&app.deps).await, 3);
    let later = &receiver.told()[before..];
    assert!(
        later.iter().all(|told| !told.body.contains("ada@")),
        "{later:?}"
    );
    let left = later
        .iter()
        .find(|told| told.event() == "subscriber.unsubscribed");
    assert_eq!(left.unwrap().data()["reason"], "erased");
    assert!(!app.dump("webhook_calls", "reply").await.contains("ada@"));
}

#[tokio::test]
async fn every_state_of_an_issue_is_told() {
    let app = service().await;
    let receiver = Receiver::open();
    add(&app, &receiver, &[]).await;
    let daily = app.digest("daily", None, 1).await;
    plan_issue::by_hand(&app.deps, &daily, None).await.unwrap();
    app.advance(Duration::seconds(1));
    let refused = app.digest_with("checked", |digest| digest.rules.require_approval = true);
    let refused = refused.await;
    app.subscribe("ada@inbox.example", "").await;
    app.subscribe("ben@inbox.example", "&frequency=checked")
        .await;
    app.article("one", "A story", &[]).await;
    let id = app.compose(&daily).await;
    control_issue::pause(&app.deps, id).await.unwrap();
    control_issue::pause(&app.deps, id).await.unwrap();
    control_issue::resume(&app.deps, id).await.unwrap();
    app.deliver().await.unwrap();
    assert_eq!(app.state(id).await, IssueState::Sent);
    app.article("two", "Another story", &[]).await;
    app.advance(Duration::seconds(1));
    let other = plan_issue::by_hand(&app.deps, &refused, None)
        .await
        .unwrap();
    control_issue::cancel(&app.deps, other).await.unwrap();
    control_issue::cancel(&app.deps, other).await.unwrap();
    call(&app.deps).await;
    let told = receiver.told();
    let states = |of: &str| -> Vec<String> {
        let of = told.iter().filter(|one| one.data()["issue"] == of);
        // In no promised order.
        let mut of: Vec<_> = of.map(Told::event).collect();
        of.sort();
        of
    };
    assert_eq!(
        states(&id.to_string()),
        [
            "composing",
            "paused",
            "planned",
            "sending",
            "sending",
            "sent"
        ]
        .map(|state| format!("issue.{state}"))
    );
    assert_eq!(
        states(&other.to_string()),
        ["awaiting_approval", "cancelled", "planned"].map(|state| format!("issue.{state}"))
    );
    let sent = receiver.of("issue.sent")[0].data();
    assert_eq!(
        (sent["digest"].as_str(), sent["number"].as_i64()),
        (Some("daily"), Some(1))
    );
    assert_eq!(sent["counts"]["sent"], 1);
    let skipped = receiver.of("issue.skipped")[0].data();
    assert_eq!(skipped["reason"], "no confirmed readers");
}

#[tokio::test]
async fn only_what_may_be_called_is() {
    let app = TestApp::new().await;
    let receiver = Receiver::open();
    let at = |url: &str| NewWebhook {
        publication: None,
        url: url.to_owned(),
        events: EventChoice::default(),
        with_addresses: false,
    };
    let plain = manage_webhook::add(&app.deps, at(&receiver.url)).await;
    assert!(plain.unwrap_err().to_string().contains("https"));
    let secure = receiver.url.replace("http:", "https:");
    let (webhook, _) = manage_webhook::add(&app.deps, at(&secure)).await.unwrap();
    manage_webhook::test(&app.deps, webhook.id).await.unwrap();
    call(&app.deps).await;
    let trouble = log(&app).await[0].trouble.clone().unwrap();
    assert!(
        trouble.contains("loopback") && trouble.contains("allow_private"),
        "{trouble}"
    );
    assert!(receiver.told().is_empty());
}

#[tokio::test]
async fn an_import_is_told_by_its_sums() {
    let app = service().await;
    let receiver = Receiver::open();
    let kinds = [
        EventKind::Confirmed,
        EventKind::ImportFinished,
        EventKind::ImportUndone,
    ];
    add(&app, &receiver, &kinds).await;
    let options = import::Options {
        consent: Some("Yes.".to_owned()),
        source: "import old.csv".to_owned(),
        ..import::Options::default()
    };
    let table = "email\nann@inbox.example\nbob@inbox.example\nnobody\n";
    let file = Box::new(std::io::Cursor::new(table));
    let publication = &app.publication;
    import::by_hand(&app.deps, publication, &options, "old.csv", file, |_| {})
        .await
        .unwrap();
    call(&app.deps).await;
    assert_eq!(receiver.events(), ["import.finished"]);
    let told = receiver.told()[0].data();
    assert_eq!(
        (&told["publication"], &told["origin"]),
        (&"ledger".into(), &"command line".into())
    );
    assert_eq!(
        (&told["counts"]["added"], &told["counts"]["rejected"]),
        (&2.into(), &1.into())
    );
    let id = told["import"].as_str().unwrap().parse().unwrap();
    import::take_back(&app.deps, id).await.unwrap();
    import::work(&app.deps, &CancellationToken::new())
        .await
        .unwrap();
    call(&app.deps).await;
    assert_eq!(receiver.events(), ["import.finished", "import.undone"]);
    assert_eq!(receiver.told()[1].data()["counts"]["removed"], 2);
}
