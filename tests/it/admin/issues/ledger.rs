//! The ledger of an issue in the pages.

use paperround::domain::operator::Role;
use paperround::store::ledger::{self, Browse};

use super::{composed, next_url};
use crate::support::TestApp;
use crate::support::browser::Browser;

#[tokio::test]
async fn the_ledger_is_read_in_pages_by_state_and_by_address() {
    let names = (0..120).map(|n| format!("reader{n:03}"));
    let names = names.chain((0..5).map(|n| format!("gone{n}")));
    let (app, id) = composed(names).await;
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let ledger = format!("/admin/issues/{id}/deliveries");
    let lines = |body: &str| body.matches("<th scope=\"row\">").count();
    let waiting = viewer.get(&format!("{ledger}?state=pending")).await.body;
    assert_eq!(lines(&waiting), 100);
    let rest = viewer.get(&next_url(&waiting)).await.body;
    assert_eq!(lines(&rest), 25, "in pages of a state, too");

    app.deliver().await.unwrap();
    let mut seen = Vec::new();
    let mut url = ledger.clone();
    loop {
        let body = viewer.get(&url).await.body;
        let rows = body.split("<th scope=\"row\">").skip(1);
        seen.extend(rows.map(|row| row.split('<').next().unwrap().to_owned()));
        if !body.contains("rel=\"next\"") {
            break;
        }
        url = next_url(&body);
    }
    assert_eq!(seen.len(), 125);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 125, "nobody twice");

    for (query, expected) in [
        ("state=sent", 100),
        ("state=failed", 5),
        ("address=READER01", 10),
        ("address=gone&state=failed", 5),
        ("address=gone&state=sent", 0),
        ("state=skipped", 0),
    ] {
        let body = viewer.get(&format!("{ledger}?{query}")).await.body;
        assert_eq!(lines(&body), expected, "{query}");
    }
    let by_address = viewer.get(&format!("{ledger}?address=r")).await.body;
    assert_eq!(lines(&by_address), 100);
    assert_eq!(lines(&viewer.get(&next_url(&by_address)).await.body), 20);
    let table = viewer.get(&format!("{ledger}.csv?state=failed")).await;
    assert_eq!(table.body.lines().count(), 6);
    assert!(table.body.starts_with("address,state,"));
    let whole = viewer.get(&format!("{ledger}.csv")).await;
    assert_eq!(whole.body.lines().count(), 126);
    assert!(whole.body.contains("\r\nreader119@inbox.example,sent,"));
    let failed = viewer.get(&format!("{ledger}?state=failed")).await.body;
    assert!(
        failed.contains("550 5.1.1 &lt;gone0@inbox.example&gt;: no such user"),
        "{failed}"
    );
}

#[tokio::test]
async fn a_few_readers_are_found_among_many() {
    let app = TestApp::new().await;
    app.digest("daily", None, 1).await;
    let weekly = app.digest("weekly", None, 1).await;
    app.readers((0..1100).map(|n| format!("r{n:04}@inbox.example")))
        .await;
    // The last in either order.
    app.advance(chrono::Duration::seconds(1));
    app.subscribe("rzoe@inbox.example", "&frequency=weekly")
        .await;
    app.article("one", "A berth opens", &[]).await;
    let id = app.send(&weekly).await;
    let issue = app.issue(id).await.0;
    for address in ["", "r"] {
        let mut wanted = Browse {
            address: address.to_owned(),
            ..Browse::default()
        };
        let mut looks = Vec::new();
        let mut tx = app.deps.store.read().await.unwrap();
        loop {
            let (lines, end) = ledger::browse(&mut tx, &issue, &wanted, 1).await.unwrap();
            looks.push(lines.len());
            let Some(end) = end else { break };
            wanted.after = end;
        }
        // No look goes through more than five times fifty readers.
        assert_eq!(looks, [0, 0, 0, 0, 1], "{address}");
    }
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    let ledger = format!("/admin/issues/{id}/deliveries");
    for query in ["", "?address=r"] {
        let body = viewer.get(&format!("{ledger}{query}")).await.body;
        assert!(body.contains("<th scope=\"row\">rzoe@inbox.example"));
        assert!(!body.contains("rel=\"next\""));
    }
}
