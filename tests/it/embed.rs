//! The form on other people's pages: in a frame, by script, and as plain HTML.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use paperround::config::Settings;
use paperround::demo::mailbox::Mailbox;
use paperround::store::{consents, subscribers, subscriptions};
use serde_json::Value;

use crate::cli::{CREATE, fails, ok};
use crate::support::{Answer, TestApp};

async fn app_with(change: impl FnOnce(&mut Settings)) -> TestApp {
    let mailbox = Mailbox::new();
    TestApp::with(Arc::new(mailbox.clone()), mailbox, change).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let value = answer.headers.get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

/// Sends a request as a page of another site does.
async fn from_site(app: &TestApp, method: Method, path: &str, body: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("origin", "https://www.ledger.example")
        .header("referer", "https://www.ledger.example/")
        .header("accept", "application/json")
        .header(
            "content-type",
            "application/x-www-form-urlencoded;charset=UTF-8",
        )
        .header("access-control-request-method", "POST")
        .body(Body::from(body.to_owned()))
        .unwrap();
    app.request_from("203.0.113.7", request).await
}

/// The source expression of each style and script of a page.
pub fn hashes(page: &str) -> Vec<String> {
    use base64::Engine as _;
    let parts = ["style", "script"].into_iter().flat_map(|tag| {
        let (start, end) = (format!("<{tag}>"), format!("</{tag}>"));
        let parts = page.split(&start).skip(1);
        let parts = parts.map(|part| part.split(&end).next().unwrap().to_owned());
        parts.collect::<Vec<_>>()
    });
    let hash = |text: String| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let code = |text| base64::engine::general_purpose::STANDARD.encode(hash(text));
    parts
        .map(|part| format!("'sha256-{}'", code(part)))
        .collect()
}

/// Presses the button, and gives the topics and the source that come of it.
async fn confirmed(app: &TestApp, email: &str) -> (String, Option<String>) {
    let link = app.link(email, "/confirm/");
    assert_eq!(app.post(&link, "").await.status, StatusCode::OK);
    let mut tx = app.deps.store.read().await.unwrap();
    let reader = subscribers::find_by_email(&mut tx, &email.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let subscription = subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id())
        .await
        .unwrap()
        .unwrap();
    let evidence = consents::list(&mut tx, subscription.id).await.unwrap();
    (subscription.topics.key(), evidence[0].source.clone())
}

#[tokio::test]
async fn a_frame_takes_readers_in() {
    let app = TestApp::new().await;
    let path = "/embed/ledger?topic=energy&topic=gone&accent=8a2b06&source=https%3A%2F%2Fwww.ledger.example%2Fwind&lang=de";
    let page = app.get(path).await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = header(&page, "content-security-policy");
    assert!(policy.ends_with("frame-ancestors *"), "{policy}");
    assert!(
        page.headers.get("set-cookie").is_none() && page.headers.get("x-frame-options").is_none()
    );
    let styles = hashes(&page.body);
    assert!(
        styles.len() == 2 && styles.iter().all(|hash| policy.contains(hash)),
        "{policy}"
    );
    assert!(page.body.contains("--accent:#8a2b06;") && page.body.len() < 8000);
    assert!(page.body.contains("<html lang=\"de\"") && page.body.contains("Energy"));
    assert_eq!(page.body.matches("name=\"topics\"").count(), 1);
    let action = page.body.split("<form action=\"").nth(1).unwrap();
    let action = action.split('"').next().unwrap().replace("&amp;", "&");

    let form = "topics=energy&lang=de&source=https%3A%2F%2Fwww.ledger.example%2Fwind";
    let wrong = app
        .post(&action, &format!("email=ada%40nowhere&{form}"))
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.body.contains("value=\"ada@nowhere\"") && wrong.body.contains("aria-describedby")
    );
    let done = app
        .post(&action, &format!("email=ada%40inbox.example&{form}"))
        .await;
    assert_eq!(done.status, StatusCode::ACCEPTED);
    for answer in [&wrong, &done] {
        let policy = header(answer, "content-security-policy");
        assert!(policy.ends_with("frame-ancestors *"), "{policy}");
        assert!(answer.body.contains("--accent:#8a2b06;"));
    }
    assert!(done.body.contains("role=\"status\"") && done.body.contains("ada@inbox.example"));
    app.send_notices().await;
    assert!(
        app.newest("ada@inbox.example")
            .subject()
            .contains("bestätigen")
    );
    let (topics, source) = confirmed(&app, "ada@inbox.example").await;
    assert_eq!(topics, "energy");
    assert_eq!(source.as_deref(), Some("https://www.ledger.example/wind"));
    // What is not there says so within the frame too.
    let missing = app.get("/embed/nobody").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(header(&missing, "content-security-policy").ends_with("frame-ancestors *"));
}

#[tokio::test]
async fn a_script_may_send_the_form_from_any_site() {
    let app = TestApp::new().await;
    let may = from_site(&app, Method::OPTIONS, "/ledger/subscribe", "").await;
    assert_eq!(may.status, StatusCode::OK);
    assert!(header(&may, "access-control-allow-methods").contains("POST"));
    assert!(header(&may, "access-control-allow-headers").contains("content-type"));
    let form = "email=ada%40inbox.example&topics=energy";
    let done = from_site(&app, Method::POST, "/ledger/subscribe", form).await;
    let wrong = from_site(&app, Method::POST, "/ledger/subscribe", "email=ada").await;
    let lost = from_site(&app, Method::POST, "/nobody/subscribe", "email=ada").await;
    for (answer, status) in [(&may, 200), (&done, 202), (&wrong, 422), (&lost, 404)] {
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(header(answer, "access-control-allow-origin"), "*");
        assert_eq!(header(answer, "access-control-allow-credentials"), "");
    }
    let said: Value = serde_json::from_str(&done.body).unwrap();
    assert_eq!(said["status"], "check your inbox");
    let said: Value = serde_json::from_str(&wrong.body).unwrap();
    assert!(said["errors"]["email"].as_str().unwrap().contains('@'));
    // Nothing else is open to other sites.
    for path in ["/ledger", "/ledger/archive", "/api/v1/articles"] {
        let answer = from_site(&app, Method::GET, path, "").await;
        assert_eq!(header(&answer, "access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn an_operator_names_the_sites() {
    let named = "https://www.ledger.example";
    let other = "https://other.example";
    for (sites, allowed) in [(vec![named, other], true), (vec![other], false)] {
        let app = app_with(|settings| {
            settings.signup.embed_origins = sites.iter().map(|s| (*s).to_owned()).collect();
        })
        .await;
        for method in [Method::OPTIONS, Method::POST] {
            let form = "email=ada%40inbox.example";
            let answer = from_site(&app, method, "/ledger/subscribe", form).await;
            let expected = if allowed { named } else { "" };
            assert_eq!(header(&answer, "access-control-allow-origin"), expected);
        }
        let page = app.get("/embed/ledger").await;
        let ends = format!("frame-ancestors {}", sites.join(" "));
        assert!(header(&page, "content-security-policy").ends_with(&ends));
    }
}

#[tokio::test]
async fn the_script_is_small_and_kept_by_browsers() {
    let app = TestApp::new().await;
    let script = app.get("/embed/ledger.js").await;
    assert_eq!(script.status, StatusCode::OK);
    assert_eq!(
        header(&script, "content-type"),
        "text/javascript; charset=utf-8"
    );
    assert_eq!(header(&script, "cache-control"), "public, max-age=300");
    assert_eq!(
        header(&script, "cross-origin-resource-policy"),
        "cross-origin"
    );
    assert!(
        script
            .body
            .contains("\"url\":\"https://news.example/ledger\"")
    );
    assert!(script.body.contains("\"energy\":\"Energy\""));
    let tag = header(&script, "etag");
    let again = Request::get("/embed/ledger.js").header("if-none-match", tag);
    let again = again.body(Body::empty()).unwrap();
    let again = app.request_from("203.0.113.7", again).await;
    assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""));
    // The language of the page that names it, never of the browser: it is kept for all.
    let french = app.get("/embed/ledger.js?lang=fr").await;
    assert!(french.body.contains("Adresse e-mail"));
    let accepts = Request::get("/embed/ledger.js").header("accept-language", "fr");
    let accepts = accepts.body(Body::empty()).unwrap();
    let accepts = app.request_from("203.0.113.7", accepts).await;
    assert_eq!(accepts.body, script.body);
    assert_eq!(
        app.get("/embed/nobody.js").await.status,
        StatusCode::NOT_FOUND
    );
}

#[test]
fn the_command_line_prints_what_a_site_needs() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &CREATE, "");
    let topic = ["topic", "add", "ledger", "energy", "--name", "Oil & Gas"];
    ok(at, &topic, "");
    let embed = [
        "--json",
        "publication",
        "embed",
        "ledger",
        "--topic",
        "energy",
        "--language",
        "de",
    ];
    let code: Value = serde_json::from_str(&ok(at, &embed, "")).unwrap();
    insta::assert_snapshot!(format!(
        "{}\n\n{}\n\n{}",
        code["form"].as_str().unwrap(),
        code["place"].as_str().unwrap(),
        code["frame"].as_str().unwrap()
    ));
    assert_eq!(code["policy"]["script-src"], "http://127.0.0.1:8080");
    let unknown = ["publication", "embed", "ledger", "--topic", "sport"];
    assert!(fails(at, &unknown, 1).contains("no topic sport"));
    let text = ok(at, &["publication", "embed", "ledger"], "");
    assert!(
        text.contains("connect-src http://127.0.0.1:8080;"),
        "{text}"
    );
}

#[tokio::test]
async fn a_slip_is_taken_as_typed_and_the_other_address_is_offered() {
    let app = TestApp::new().await;
    app.subscribe("ada@gmail.com", "").await;
    let form =
        "email=ada%40gamil.com&topics=energy&topics=retail&name=Ada+%22L%22&source=x.example";
    let page = app.post("/ledger/subscribe", form).await;
    assert_eq!(page.status, StatusCode::ACCEPTED);
    let (_, offer) = page.body.split_once("<form class=\"meant\"").unwrap();
    let (offer, _) = offer.split_once("</form>").unwrap();
    for field in [
        "name=\"email\" value=\"ada@gmail.com\"",
        "name=\"topics\" value=\"energy\"",
        "name=\"topics\" value=\"retail\"",
        "name=\"name\" value=\"Ada &quot;L&quot;\"",
        "name=\"source\" value=\"x.example\"",
        "Did you mean ada@gmail.com?",
    ] {
        assert!(offer.contains(field), "{field} in {offer}");
    }
    app.send_notices().await;
    assert_eq!(app.mails_for("ada@gamil.com"), 1);
    let suggestion = async |email: &str| {
        let form = format!("email={email}");
        let answer = from_site(&app, Method::POST, "/ledger/subscribe", &form).await;
        let said: Value = serde_json::from_str(&answer.body).unwrap();
        said["suggestion"].as_str().map(str::to_owned)
    };
    // Whether one of the addresses is known makes no difference.
    for name in ["ada", "eve"] {
        let meant = suggestion(&format!("{name}%40gamil.com")).await;
        assert_eq!(meant, Some(format!("{name}@gmail.com")));
    }
    assert_eq!(suggestion("ada%40inbox.example").await, None);
    // This slip is on the list of throw-away domains: it is refused, with the hint.
    let refused = app.post("/ledger/subscribe", "email=ada%40gmial.com").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Did you mean ada@gmail.com?"));
    let frame = app.post("/embed/ledger?accent=8a2b06", form).await;
    let (_, offer) = frame.body.split_once("<form class=\"meant\"").unwrap();
    assert!(
        offer.starts_with(" action=\"/embed/ledger?accent=8a2b06\""),
        "{offer}"
    );
}
