//! Parts of mails that a publication has in versions of its own.

use std::path::Path;

use paperround::domain::template::TemplateVersion;
use paperround::services::manage_template::{self, TemplateError};
use paperround::store::templates;
use serde_json::Value;

use crate::cli::{CREATE, fails, ok};
use crate::support::TestApp;

fn template(at: &Path, arguments: &[&str]) -> String {
    ok(at, &[&["template"], arguments].concat(), "")
}

#[test]
fn an_operator_overrides_a_part_and_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &CREATE, "");
    let list = template(at, &["list", "ledger"]);
    assert!(
        list.contains("footer.html") && !list.contains("version 1"),
        "{list}"
    );

    let usual = template(at, &["show", "ledger", "notice.html"]);
    assert!(usual.contains("{{ notice.label }}"));
    let mine = usual.replace("{{ notice.label }}", "* {{ notice.label }} *");
    std::fs::write(at.join("mine.html"), &mine).unwrap();
    let checked = template(at, &["check", "ledger", "notice.html", "mine.html"]);
    assert!(checked.contains("is in order"), "{checked}");
    assert!(!template(at, &["list", "ledger"]).contains("version 1"));

    template(at, &["set", "ledger", "notice.html", "mine.html"]);
    assert!(template(at, &["list", "ledger"]).contains("version 1"));
    assert_eq!(
        template(at, &["show", "ledger", "notice.html"]).trim(),
        mine.trim()
    );

    let wrong = mine.replace("notice.html |", "notice.hmtl |");
    std::fs::write(at.join("wrong.html"), format!("\n{wrong}")).unwrap();
    let set = ["template", "set", "ledger", "notice.html", "wrong.html"];
    let said = fails(at, &set, 1);
    assert!(
        said.contains("notice.html, line 2") && said.contains("Did you mean `html`?"),
        "{said}"
    );
    assert_eq!(said.matches("Did you mean").count(), 1, "said once: {said}");
    assert!(
        fails(
            at,
            &["template", "set", "ledger", "notice.htm", "mine.html"],
            1
        )
        .contains("footer.txt")
    );
    assert!(
        fails(
            at,
            &["template", "set", "ledger", "notice.html", "none.html"],
            1
        )
        .contains("none.html")
    );

    template(at, &["reset", "ledger", "notice.html"]);
    assert_eq!(template(at, &["show", "ledger", "notice.html"]), usual);
    assert!(fails(at, &["template", "reset", "ledger", "notice.html"], 1).contains("already"));
    template(at, &["restore", "ledger", "notice.html", "1"]);
    let history = ok(
        at,
        &["--json", "template", "history", "ledger", "notice.html"],
        "",
    );
    let versions: Vec<Value> = history
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let numbers: Vec<i64> = versions
        .iter()
        .filter_map(|v| v["version"].as_i64())
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert!(versions[1]["bytes"].is_null() && versions[0]["bytes"] == versions[2]["bytes"]);
    let first = template(at, &["show", "ledger", "notice.html", "--version", "1"]);
    assert_eq!(first.trim(), mine.trim());
    assert!(
        fails(
            at,
            &["template", "restore", "ledger", "notice.html", "9"],
            1
        )
        .contains("version 9")
    );
}

async fn app() -> TestApp {
    let app = TestApp::new().await;
    app.readers(["a@x.example".to_owned()].into_iter()).await;
    app.article("energy", "Wind auction draws eleven bidders", &["energy"])
        .await;
    app
}

const MINE: &str =
    "<tr><td><p>Mine: {{ digest_name }}</p><a href=\"{{ view_url }}\">Web</a></td></tr>";

#[tokio::test]
async fn the_next_issue_is_made_with_it() {
    let app = app().await;
    manage_template::set(&app.deps, "ledger", "masthead.html", MINE.to_owned())
        .await
        .unwrap();
    let digest = app.digest("daily", None, 1).await;
    app.send(&digest).await;
    let html = app.newest("a@x.example").html().unwrap();
    assert!(
        html.contains("Mine: ") && html.contains("Wind auction"),
        "{html}"
    );
}

#[tokio::test]
async fn what_is_refused_is_not_kept() {
    let app = app().await;
    let wrong = manage_template::set(&app.deps, "ledger", "footer.html", "<tr></tr>".to_owned());
    let Err(TemplateError::Refused(refused)) = wrong.await else {
        panic!("not refused");
    };
    assert!(
        refused.to_string().contains("{{ unsubscribe_url }}"),
        "{refused}"
    );
    let history = manage_template::history(&app.deps, "ledger", "footer.html")
        .await
        .unwrap();
    assert!(history.is_empty());
}

#[tokio::test]
async fn a_part_that_an_update_broke_does_not_stop_a_send() {
    let app = app().await;
    let publication = app.publication_id();
    let mut tx = app.deps.store.begin().await.unwrap();
    for (part, source) in [
        (
            "card.html",
            Some("{{ card.of_an_older_program }}".to_owned()),
        ),
        ("lead.html", Some("{% if".to_owned())),
        ("gone.html", Some("of an older program".to_owned())),
        ("masthead.html", Some(MINE.to_owned())),
        ("by.html", None),
    ] {
        let version = TemplateVersion {
            part: part.to_owned(),
            version: 1,
            source,
            created_at: app.deps.now(),
        };
        templates::insert(&mut tx, publication, &version)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let digest = app.digest("daily", None, 1).await;
    app.send(&digest).await;
    let html = app.newest("a@x.example").html().unwrap();
    assert!(
        html.contains("Mine: ") && html.contains("Wind auction"),
        "{html}"
    );
}
