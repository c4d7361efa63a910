//! An issue is followed while it goes out.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures_util::StreamExt;
use paperround::domain::ids::IssueId;
use paperround::domain::operator::Role;

use super::{composed, named};
use crate::support::TestApp;
use crate::support::browser::Browser;

/// Opens the stream of an issue as a browser does.
async fn follow(app: &TestApp, browser: &Browser<'_>, id: IssueId) -> axum::body::BodyDataStream {
    let cookies = browser.cookies.iter();
    let cookies: Vec<String> = cookies.map(|(n, v)| format!("{n}={v}")).collect();
    let request = Request::get(format!("/admin/issues/{id}/events"))
        .header("cookie", cookies.join("; "))
        .body(Body::empty())
        .unwrap();
    let response = app.open(request).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

/// The figures of the next event; `None` at the end.
async fn next(stream: &mut axum::body::BodyDataStream) -> Option<serde_json::Value> {
    let bytes = stream.next().await?.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (_, rest) = text.split_once("event: figures\ndata: ").unwrap();
    Some(serde_json::from_str(rest.trim()).unwrap())
}

#[tokio::test]
async fn an_issue_is_followed_to_its_end() {
    let (app, id) = composed(named(&["ada", "gone"])).await;
    let mut ann = Browser::of(&app, "ann@ops.example", Role::Owner).await;
    let mut stream = follow(&app, &ann, id).await;
    let first = next(&mut stream).await.unwrap();
    assert_eq!(
        (
            &first["state"]["word"],
            &first["recipients"],
            &first["waiting"]
        ),
        (&"sending".into(), &2.into(), &2.into())
    );
    app.deliver().await.unwrap();
    let last = next(&mut stream).await.unwrap();
    assert_eq!(
        (&last["is_over"], &last["sent"], &last["failed"]),
        (&true.into(), &1.into(), &1.into())
    );
    assert!(next(&mut stream).await.is_none(), "and then it stops");

    let page = format!("/admin/issues/{id}");
    ann.post(&page, &format!("{page}/retry"), &[]).await;
    let mut stream = follow(&app, &ann, id).await;
    next(&mut stream).await.unwrap();
    ann.post("/admin", "/admin/sign-out", &[]).await;
    assert!(
        next(&mut stream).await.is_none(),
        "nothing for who has signed out"
    );
}
