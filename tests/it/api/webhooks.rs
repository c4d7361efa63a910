//! Webhooks over the API: the secret is told once, calls are listed and made again.

use axum::http::Method;
use paperround::config::Settings;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::api_token::Role;
use paperround::services::call_webhook;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Program, field, header, other, problem, read};
use crate::support::TestApp;
use crate::support::receiver::Receiver;

fn open_door(settings: &mut Settings) {
    settings.webhooks.allow_private_addresses = true;
    settings.webhooks.timeout_seconds = 1;
}

async fn service() -> TestApp {
    let mailbox = Mailbox::new();
    TestApp::with(std::sync::Arc::new(mailbox.clone()), mailbox, open_door).await
}

/// Makes all calls that are due.
async fn call_out(app: &TestApp) {
    let stop = CancellationToken::new();
    for id in call_webhook::due(&app.deps).await.unwrap() {
        call_webhook::work_off(&app.deps, id, &stop).await.unwrap();
    }
}

#[tokio::test]
async fn a_webhook_is_added_with_a_secret_that_is_told_once_and_changed() {
    let app = service().await;
    let owner = Program::new(&app, Role::Owner).await;
    let body = json!({
        "publication": "ledger", "url": "https://crm.example/hook", "events": ["issue.sent"],
    });
    let made = owner.post_once("/webhooks", "w-1", body.clone()).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.body);
    let told = read(&made);
    assert!(told["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(told["publication"], "ledger");
    assert_eq!(
        (&told["state"], &told["with_addresses"]),
        (&json!("enabled"), &json!(false))
    );
    let again = read(&owner.post_once("/webhooks", "w-1", body).await);
    assert_eq!(
        (&again["id"], &again["secret"]),
        (&told["id"], &Value::Null)
    );
    assert_eq!(
        owner.seen("/webhooks").await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let path = header(&made, "location")
        .strip_prefix("/api/v1")
        .unwrap()
        .to_owned();
    let shown = owner.get(&path).await;
    assert!(!shown.body.contains("secret\":\"whsec"), "{}", shown.body);
    let tag = header(&shown, "etag").to_owned();
    let change = json!({ "events": [], "with_addresses": true });
    let changed = owner.patch_if(&path, &tag, change.clone()).await;
    assert_eq!(changed.status.as_u16(), 200, "{}", changed.body);
    assert_eq!(read(&changed)["events"], json!([]));
    problem(&owner.patch_if(&path, &tag, change).await, 412);
    for (body, pointer) in [
        (
            json!({ "url": "http://crm.example/" , "events": ["ping"] }),
            "/events",
        ),
        (json!({ "url": "nonsense" }), "/url"),
        (json!({ "events": ["issue.lost"] }), "/events/0"),
    ] {
        let refused = problem(&owner.patch(&path, body.clone()).await, 422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }

    let rotated = owner
        .done(&format!("{path}/rotate-secret"), json!({}))
        .await;
    assert_ne!(rotated["secret"], told["secret"]);
    assert!(rotated["old_secret_until"].is_string());
    let off = owner.done(&format!("{path}/disable"), json!({})).await;
    assert_eq!(off["state"], "disabled");
    problem(&owner.post(&format!("{path}/test"), json!({})).await, 409);
    let on = owner.done(&format!("{path}/enable"), json!({})).await;
    assert_eq!(on["state"], "enabled");
    assert_eq!(owner.delete(&path).await.status.as_u16(), 204);
    problem(&owner.delete(&path).await, 404);
    let log = owner.seen("/audit?kind=webhook").await;
    let log = log["items"].as_array().unwrap().clone();
    assert_eq!(field(&log, "verb")[0], "remove");
    assert!(
        field(&log, "actor")
            .iter()
            .all(|actor| actor.starts_with("owner"))
    );
    assert!(!format!("{log:?}").contains("whsec_"));
}

#[tokio::test]
async fn calls_are_listed_and_made_again() {
    let app = service().await;
    let owner = Program::new(&app, Role::Owner).await;
    let receiver = Receiver::open();
    let body = json!({ "publication": "ledger", "url": receiver.url });
    let made = owner.done("/webhooks", body.clone()).await;
    let path = format!("/webhooks/{}", made["id"].as_str().unwrap());
    let pinged = owner.post(&format!("{path}/test"), json!({})).await;
    assert_eq!(pinged.status.as_u16(), 202, "{}", pinged.body);
    call_out(&app).await;
    let calls = owner.seen(&format!("{path}/calls")).await;
    let call = &calls["items"][0];
    assert_eq!(
        (&call["id"], &call["state"]),
        (&read(&pinged)["call"], &json!("sent"))
    );
    assert_eq!(call["event"]["type"], "ping");
    assert_eq!(owner.seen(&path).await["calls"]["sent"], 1);

    receiver.be(500);
    for _ in 0..2 {
        owner.done(&format!("{path}/test"), json!({})).await;
    }
    call_out(&app).await;
    let waiting = owner.seen(&format!("{path}/calls?state=pending")).await;
    let waiting = waiting["items"].as_array().unwrap().clone();
    assert_eq!(waiting.len(), 2);
    assert_eq!(waiting[0]["status"], 500);
    let replay = format!("{path}/replay");
    let open = json!({ "call": waiting[0]["id"] });
    problem(&owner.post(&replay, open).await, 409);
    let all = owner.all(&format!("{path}/calls"), 1, async || {}).await;
    assert_eq!(all.len(), 3);
    assert!(field(&all, "id").is_sorted_by(|a, b| a > b));
    let again = owner.done(&replay, json!({ "call": call["id"] })).await;
    assert_eq!(again["replayed"], 1);
    assert_eq!(owner.done(&replay, Value::Null).await["replayed"], 0);
    let second = owner.done("/webhooks", body).await;
    let foreign = format!("/webhooks/{}/replay", second["id"].as_str().unwrap());
    let call = json!({ "call": call["id"] });
    problem(&owner.post(&foreign, call).await, 422);
}

#[tokio::test]
async fn a_token_sees_the_webhooks_of_what_it_reaches() {
    let app = service().await;
    let elsewhere = other(&app).await;
    let owner = Program::new(&app, Role::Owner).await;
    let limited = Program::limited(&app, Role::Owner, &[elsewhere.id]).await;
    let url = "https://crm.example/hook";
    for body in [
        json!({ "publication": "ledger", "url": url }),
        json!({ "publication": "other", "url": url }),
        json!({ "url": url }),
    ] {
        owner.done("/webhooks", body).await;
    }
    let all = owner.all("/webhooks", 2, async || {}).await;
    assert_eq!(all.len(), 3);
    let mine = limited.all("/webhooks", 2, async || {}).await;
    assert_eq!(field(&mine, "publication"), ["other"]);
    problem(&limited.post("/webhooks", json!({ "url": url })).await, 403);
    let foreign = json!({ "publication": "ledger", "url": url });
    problem(&limited.post("/webhooks", foreign).await, 404);
    for hidden in all
        .iter()
        .filter(|webhook| webhook["publication"] != "other")
    {
        let path = format!("/webhooks/{}", hidden["id"].as_str().unwrap());
        for (method, rest) in [
            (Method::GET, ""),
            (Method::GET, "/calls"),
            (Method::PATCH, ""),
            (Method::DELETE, ""),
            (Method::POST, "/test"),
            (Method::POST, "/replay"),
            (Method::POST, "/rotate-secret"),
        ] {
            let path = format!("{path}{rest}");
            problem(&limited.call(method, &path, &[], &json!({})).await, 404);
        }
    }
}
