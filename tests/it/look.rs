//! How the mails of a publication look.

use paperround::domain::look::{Colour, Design, Logo};
use paperround::services::manage_publication;
use serde_json::Value;

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
