//! How fast an issue went out.

use chrono::Duration as Span;
use paperround::domain::operator::Role;
use paperround::services::{control_issue, send_rate};
use paperround::store::curves;

use super::{composed, named};
use crate::support::TestApp;
use crate::support::browser::Browser;

async fn drawn(app: &TestApp) {
    send_rate::draw(&app.deps).await.unwrap();
}

#[tokio::test]
async fn an_issue_shows_how_fast_it_went_out() {
    let (app, id) = composed(named(&["ada", "ben", "gone", "full"])).await;
    let mut vic = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let path = format!("/admin/issues/{id}");
    let before = vic.get(&path).await.body;
    assert!(!before.contains("How fast"), "nothing was sent: {before}");

    app.deliver().await.unwrap();
    let undrawn = vic.get(&path).await.body;
    assert!(undrawn.contains("It is drawn within a minute"), "{undrawn}");
    drawn(&app).await;
    let page = vic.get(&path).await.body;
    assert!(page.contains("aria-label=\"Mails taken in each second\""));
    let at = |page: &str| {
        let (_, rest) = page.split_once("Mails taken, the numbers").unwrap();
        let (row, _) = rest.split_once("</tbody>").unwrap();
        row.to_owned()
    };
    assert!(
        at(&page).contains("</th><td class=\"n\">2</td><td class=\"n\">2.0</td>"),
        "{page}"
    );
    assert!(page.contains("As of "), "it still goes out: {page}");

    // Not anew at each look: it costs as much as the ledger is long.
    let mut tx = app.deps.store.read().await.unwrap();
    let (first, drawn_at) = curves::find(&mut tx, id).await.unwrap().unwrap();
    drop(tx);
    app.advance(Span::seconds(30));
    drawn(&app).await;
    let mut tx = app.deps.store.read().await.unwrap();
    let again = curves::find(&mut tx, id).await.unwrap().unwrap();
    drop(tx);
    assert_eq!(again, (first, drawn_at));

    control_issue::cancel(&app.deps, id).await.unwrap();
    let before = vic.get(&path).await.body;
    assert!(before.contains("As of "), "not drawn since: {before}");
    app.advance(Span::minutes(2));
    drawn(&app).await;
    let over = vic.get(&path).await.body;
    assert!(over.contains("2.0") && !over.contains("As of "), "{over}");
    let mut tx = app.deps.store.read().await.unwrap();
    let due = curves::undrawn(&mut tx, app.deps.now()).await.unwrap();
    assert_eq!(due, None, "drawn once for all");
}

#[tokio::test]
async fn an_issue_that_is_tried_again_is_drawn_again() {
    let (app, id) = composed(named(&["ada", "gone"])).await;
    app.deliver().await.unwrap();
    app.advance(Span::minutes(2));
    drawn(&app).await;
    control_issue::retry_failed(&app.deps, id, false)
        .await
        .unwrap();
    app.deliver().await.unwrap();
    app.advance(Span::minutes(2));
    let mut tx = app.deps.store.read().await.unwrap();
    let due = curves::undrawn(&mut tx, app.deps.now()).await.unwrap();
    assert_eq!(due.map(|due| due.issue), Some(id));
}
