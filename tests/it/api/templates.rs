//! Parts of mails over the API: checked, set, listed with their versions, taken up again.

use axum::http::Method;
use paperround::domain::api_token::Role;
use serde_json::{Value, json};

use super::{Program, field, header, other, problem, read};
use crate::support::TestApp;

const PART: &str = "/publications/ledger/templates/notice.html";

#[tokio::test]
async fn a_part_is_checked_set_restored_and_reset() {
    let app = TestApp::new().await;
    let editor = Program::new(&app, Role::Editor).await;
    let parts = editor
        .all("/publications/ledger/templates", 3, async || {})
        .await;
    assert!(field(&parts, "part").contains(&"notice.html".to_owned()));
    assert!(
        parts
            .iter()
            .all(|part| part["own"] == false && part["version"].is_null())
    );
    let usual = editor.get(PART).await;
    let tag = header(&usual, "etag").to_owned();
    let usual = read(&usual)["source"].as_str().unwrap().to_owned();
    let mine = usual.replace("{{ notice.label }}", "* {{ notice.label }} *");
    assert_ne!(mine, usual);

    let check = format!("{PART}/check");
    let fine = editor.done(&check, json!({ "source": mine })).await;
    assert!(fine["html_bytes"].as_u64().unwrap() > 0);
    let wrong = json!({ "source": "{{ notice.lable | upper }" });
    let refused = problem(&editor.post(&check, wrong.clone()).await, 422);
    assert_eq!(refused["errors"][0]["pointer"], "/source");
    problem(&editor.put(PART, &[], wrong).await, 422);
    assert_eq!(editor.seen(PART).await["own"], false);

    let body = json!({ "source": mine });
    let set = editor.put(PART, &[("if-match", &tag)], body.clone()).await;
    assert_eq!(set.status.as_u16(), 200, "{}", set.body);
    let set = read(&set);
    assert_eq!(
        (&set["own"], &set["version"], &set["source"]),
        (&json!(true), &json!(1), &json!(mine))
    );
    problem(&editor.put(PART, &[("if-match", &tag)], body).await, 412);
    let reset = editor.done(&format!("{PART}/reset"), Value::Null).await;
    assert_eq!(
        (&reset["own"], &reset["source"]),
        (&json!(false), &json!(usual))
    );
    problem(
        &editor.post(&format!("{PART}/reset"), Value::Null).await,
        409,
    );
    let restored = editor
        .done(&format!("{PART}/restore"), json!({ "version": 1 }))
        .await;
    assert_eq!(
        (&restored["version"], &restored["source"]),
        (&json!(3), &json!(mine))
    );
    problem(
        &editor
            .post(&format!("{PART}/restore"), json!({ "version": 9 }))
            .await,
        404,
    );
    let versions = editor
        .all(&format!("{PART}/versions"), 2, async || {})
        .await;
    let sizes: Vec<&Value> = versions.iter().map(|version| &version["bytes"]).collect();
    assert_eq!(
        sizes,
        [&json!(mine.len()), &Value::Null, &json!(mine.len())]
    );
    assert_eq!(
        editor.seen(&format!("{PART}?version=2")).await["source"],
        json!(usual)
    );
    problem(&editor.get(&format!("{PART}?version=8")).await, 404);
    problem(
        &editor.get("/publications/ledger/templates/none.html").await,
        404,
    );
}

#[tokio::test]
async fn parts_are_for_those_who_reach_the_publication() {
    let app = TestApp::new().await;
    let elsewhere = other(&app).await;
    let limited = Program::limited(&app, Role::Owner, &[elsewhere.id]).await;
    let body = json!({ "source": "x" });
    for (method, path, body) in [
        (
            Method::GET,
            "/publications/ledger/templates".to_owned(),
            &Value::Null,
        ),
        (Method::GET, PART.to_owned(), &Value::Null),
        (Method::PUT, PART.to_owned(), &body),
        (Method::POST, format!("{PART}/check"), &body),
        (Method::GET, format!("{PART}/versions"), &Value::Null),
        (Method::POST, format!("{PART}/reset"), &Value::Null),
        (
            Method::POST,
            format!("{PART}/restore"),
            &json!({ "version": 1 }),
        ),
    ] {
        problem(&limited.call(method, &path, &[], body).await, 404);
    }
    let viewer = Program::new(&app, Role::Viewer).await;
    problem(&viewer.put(PART, &[], body).await, 403);
}
