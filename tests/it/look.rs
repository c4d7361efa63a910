//! How the mails of a publication look.

use paperround::domain::audit::Kind;
use paperround::domain::digest::Digest;
use paperround::domain::look::{Colour, Design, Logo};
use paperround::services::preview_digest::{self, Eyes, Preview};
use paperround::services::{manage_digest, manage_publication, test_digest};
use paperround::store::audit::{self, Filter};
use paperround::store::editions;
use serde_json::{Value, json};

use crate::cli::{CREATE, fails, ok};
use crate::support::TestApp;

#[test]
fn an_operator_chooses_a_look_that_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &CREATE, "");
    let update = |more: &[&'static str]| [&["publication", "update", "ledger"], more].concat();
    let faint = fails(at, &update(&["--accent", "#ffcc00"]), 2);
    assert!(faint.contains("1.5:1") && faint.contains("4.5:1") && faint.contains("nearest"));
    assert!(fails(at, &update(&["--design", "glossy"]), 2).contains("editorial, compact, plain"));
    assert!(fails(at, &update(&["--logo-alt", "The Ledger"]), 1).contains("--logo-url"));
    let insecure = update(&["--logo-url", "http://x.example/logo.png"]);
    assert!(fails(at, &insecure, 1).contains("https://"));
    let all = update(&[
        "--design",
        "compact",
        "--accent",
        "#8a2b06",
        "--font",
        "sans",
        "--logo-url",
        "https://x.example/logo.png",
    ]);
    ok(at, &all, "");
    let wider = update(&["--logo-width", "240"]);
    let shown: Value =
        serde_json::from_str(&ok(at, &[&["--json"], &wider[..]].concat(), "")).unwrap();
    let look = &shown["look"];
    assert_eq!(
        (&look["design"], &look["accent"], &look["font"]),
        (&"compact".into(), &"#8a2b06".into(), &"sans".into())
    );
    assert_eq!(
        (&look["logo"]["alt"], &look["logo"]["width"]),
        (&"The Ledger".into(), &240.into())
    );
    ok(at, &update(&["--no-logo"]), "");
    let shown: Value =
        serde_json::from_str(&ok(at, &["--json", "publication", "show", "ledger"], "")).unwrap();
    assert!(shown["look"]["logo"].is_null() && shown["look"]["font"] == "sans");
}

#[tokio::test]
async fn a_digest_goes_out_in_the_look_of_its_publication() {
    let app = TestApp::new().await;
    app.readers(["a@x.example".to_owned()].into_iter()).await;
    app.article("energy", "Wind auction draws eleven bidders", &["energy"])
        .await;
    manage_publication::update(&app.deps, "ledger", |publication| {
        publication.look.design = Design::Compact;
        publication.look.accent = Colour::readable("#8a2b06").unwrap();
        Ok(())
    })
    .await
    .unwrap();
    let digest = app.digest("daily", None, 1).await;
    app.send(&digest).await;
    let html = app.newest("a@x.example").html().unwrap();
    assert!(
        html.contains("#8a2b06") && !html.contains("#1b5578"),
        "{html}"
    );
    assert!(html.contains("border-bottom:2px solid #8a2b06"), "{html}");
}

/// The design that a mail was made in.
fn design_of(html: &str) -> Design {
    let (before, _) = html.split_once("<h1").unwrap();
    let (_, mast) = before.rsplit_once("<td").unwrap();
    match (
        mast.contains("align=\"center\""),
        html.contains("border-bottom:2px solid"),
    ) {
        (true, _) => Design::Editorial,
        (false, true) => Design::Compact,
        (false, false) => Design::Plain,
    }
}

async fn preview(app: &TestApp, digest: &Digest) -> Preview {
    let (publication, digest) = (app.publication.clone(), digest.clone());
    let made = preview_digest::digest(&app.deps, publication, digest, None, Eyes::Everybody);
    made.await.unwrap()
}

async fn dress(app: &TestApp, digest: &Digest, design: Option<Design>) -> Digest {
    let change = |digest: &mut Digest| digest.design = design;
    let changed = manage_digest::update(&app.deps, digest.id, None, change);
    changed.await.unwrap()
}

#[tokio::test]
async fn a_design_of_a_digest_goes_before_that_of_its_publication() {
    let app = TestApp::new().await;
    app.readers(["a@x.example".to_owned()].into_iter()).await;
    let daily = app
        .digest_with("daily", |digest| digest.design = Some(Design::Compact))
        .await;
    let editor = "editor@ledger.example".parse().unwrap();
    let mut made = Vec::new();
    for (n, own, design) in [
        (1, Some(Design::Compact), Design::Compact),
        (2, Some(Design::Plain), Design::Plain),
        (3, None, Design::Editorial),
    ] {
        let slug = format!("energy-{n}");
        app.article(&slug, &format!("Auction {n} draws eleven bidders"), &[])
            .await;
        let daily = dress(&app, &daily, own).await;
        assert_eq!(daily.design, own);
        let shown = preview(&app, &daily).await;
        assert_eq!(design_of(&shown.html()), design);
        let publication = app.publication.clone();
        test_digest::send(&app.deps, publication, daily.clone(), &editor)
            .await
            .unwrap();
        let test = app.newest(editor.as_str()).html().unwrap();
        assert_eq!(design_of(&test), design);

        // What is looked at goes out, to the byte.
        let id = app.send(&daily).await;
        let mut tx = app.deps.store.read().await.unwrap();
        let sent = editions::of_key(&mut tx, id, "").await.unwrap().unwrap();
        drop(tx);
        assert_eq!(sent.html, shown.edition.html);
        assert_eq!(sent.text, shown.edition.text);
        assert_eq!(
            design_of(&app.newest("a@x.example").html().unwrap()),
            design
        );
        let page = app.get(&format!("/ledger/archive/daily-{n}")).await.body;
        made.push((id, sent.html, page));
    }
    // Issues that were composed keep the look they have.
    for (n, (id, html, page)) in made.iter().enumerate() {
        let mut tx = app.deps.store.read().await.unwrap();
        let sent = editions::of_key(&mut tx, *id, "").await.unwrap().unwrap();
        drop(tx);
        assert_eq!(sent.html, *html);
        let path = format!("/ledger/archive/daily-{}", n + 1);
        assert_eq!(app.get(&path).await.body, *page, "{path}");
    }
    let filter = Filter {
        kind: Some(Kind::Digest),
        ..Filter::default()
    };
    let mut tx = app.deps.store.read().await.unwrap();
    let log = audit::page(&mut tx, &filter, 10).await.unwrap();
    let told: Vec<_> = log[0].differences();
    assert_eq!(log.len(), 3, "to be as it was is no change");
    assert_eq!((told.len(), told[0].field.as_str()), (1, "design"));
}

#[tokio::test]
async fn other_digests_stay_as_their_publication() {
    let app = TestApp::new().await;
    let daily = app.digest("daily", None, 1).await;
    let brief = app
        .digest_with("brief", |digest| digest.design = Some(Design::Plain))
        .await;
    app.article("energy", "Wind auction draws eleven bidders", &["energy"])
        .await;
    let mut publication = app.publication.clone();
    for design in [Design::Compact, Design::Editorial] {
        publication.look.design = design;
        for (digest, design) in [(&daily, design), (&brief, Design::Plain)] {
            let (publication, digest) = (publication.clone(), digest.clone());
            let made =
                preview_digest::digest(&app.deps, publication, digest, None, Eyes::Everybody);
            assert_eq!(design_of(&made.await.unwrap().html()), design);
        }
    }
}

#[test]
fn an_operator_gives_a_digest_a_design() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &CREATE, "");
    let digest = |arguments: &[&str]| -> Value {
        let told = ok(at, &[&["--json", "digest"], arguments].concat(), "");
        serde_json::from_str(&told).unwrap()
    };
    let make = ["create", "ledger", "daily", "--name", "Daily"];
    assert_eq!(digest(&make)["design"], Value::Null);
    let make = ["create", "ledger", "brief", "--name", "Brief", "--design"];
    let glossy = [&["digest"], &make[..], &["glossy"]].concat();
    let refused = fails(at, &glossy, 2);
    assert!(
        refused.contains("editorial, compact, plain, publication"),
        "{refused}"
    );
    assert_eq!(digest(&[&make[..], &["plain"]].concat())["design"], "plain");
    let listed = ok(at, &["digest", "list", "ledger"], "");
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[0].contains("DESIGN"), "{listed}");
    assert!(
        lines[1].contains("publication") && lines[2].contains("plain"),
        "{listed}"
    );
    for (word, design) in [
        ("compact", json!("compact")),
        ("", Value::Null),
        ("editorial", json!("editorial")),
        ("publication", Value::Null),
    ] {
        digest(&["update", "ledger/brief", "--design", word]);
        assert_eq!(digest(&["show", "ledger/brief"])["design"], design);
    }
    digest(&["update", "ledger/brief", "--design", "compact"]);
    let renamed = digest(&["update", "ledger/brief", "--name", "In brief"]);
    assert_eq!(renamed["design"], "compact");
}

#[tokio::test]
async fn pages_show_accent_and_logo_and_allow_no_more() {
    let app = TestApp::new().await;
    app.article("energy", "Wind auction draws eleven bidders", &["energy"])
        .await;
    let plain = app.get("/ledger").await;
    let policy = plain.headers["content-security-policy"].to_str().unwrap();
    assert!(!policy.contains("img-src") && !plain.body.contains("<img"));
    manage_publication::update(&app.deps, "ledger", |publication| {
        publication.look.accent = Colour::readable("#8a2b06").unwrap();
        publication.look.logo =
            Some(Logo::checked("https://x.example/a,b;c.png?size=2", "The Ledger", 200).unwrap());
        Ok(())
    })
    .await
    .unwrap();
    let dark = Colour::readable("#8a2b06").unwrap().in_the_dark();
    for path in ["/ledger", "/ledger/archive"] {
        let page = app.get(path).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("img-src https://x.example/a%2Cb%3Bc.png"),
            "{policy}"
        );
        assert!(!policy.contains("size=2"));
        let styles = crate::embed::hashes(&page.body);
        assert_eq!(styles.len(), 2, "{path}");
        assert!(styles.iter().all(|hash| policy.contains(hash)), "{policy}");
        assert!(page.body.contains(":root{--accent:#8a2b06}"));
        assert!(page.body.contains(&format!("--accent:{dark}")));
        assert!(
            page.body
                .contains("src=\"https://x.example/a,b;c.png?size=2\""),
            "{path}"
        );
    }
    // A page of no publication keeps the usual look.
    let missing = app.get("/nowhere/at/all").await;
    assert!(!missing.body.contains("#8a2b06"));
}
