//! The coming issue and imports on the command line.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::{CREATE, fails, ok, run};

const ARTICLES: &str = r#"[
    {"title": "Wind power grows", "url": "https://ledger.example/wind"},
    {"title": "Port opens", "url": "https://ledger.example/port"},
    {"title": "Bank closes", "url": "https://ledger.example/bank"}]"#;

fn told(at: &Path, arguments: &str) -> Value {
    let mut all = vec!["--json", "draft"];
    all.extend(arguments.split_whitespace());
    serde_json::from_str(&ok(at, &all, "")).unwrap()
}

/// The titles of the coming issue with their places.
fn coming(at: &Path) -> Vec<(String, String)> {
    let coming = told(at, "coming ledger/daily");
    let articles = coming["articles"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let one = |article: &Value| (text(&article["title"]), text(&article["place"]));
    articles.iter().map(one).collect()
}

fn titles(at: &Path) -> Vec<String> {
    coming(at).into_iter().map(|(title, _)| title).collect()
}

#[test]
fn the_coming_issue_is_edited() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    ok(at, &CREATE, "");
    let create = "digest create ledger daily --name Daily";
    ok(at, &create.split_whitespace().collect::<Vec<_>>(), "");
    ok(at, &["article", "add", "ledger", "-"], ARTICLES);
    let first = told(at, "show ledger/daily");
    assert_eq!(
        (&first["version"], &first["order"]),
        (&json!(0), &json!([]))
    );
    let usual = titles(at);
    assert_eq!(usual.len(), 3);
    let all = told(at, "coming ledger/daily");
    let id = |title: &str| {
        let articles = all["articles"].as_array().unwrap();
        let found = articles.iter().find(|article| article["title"] == title);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (wind, port, bank) = (id("Wind power grows"), id("Port opens"), id("Bank closes"));

    told(
        at,
        &format!("set ledger/daily --order {bank} --order {wind}"),
    );
    assert_eq!(
        titles(at),
        ["Bank closes", "Wind power grows", "Port opens"]
    );
    told(at, &format!("up ledger/daily {port}"));
    told(at, &format!("first ledger/daily {port}"));
    assert_eq!(
        titles(at),
        ["Port opens", "Bank closes", "Wind power grows"]
    );
    told(at, &format!("down ledger/daily {port}"));
    told(at, &format!("pin ledger/daily {wind}"));
    assert_eq!(titles(at)[0], "Wind power grows");
    let dropped = told(at, &format!("drop ledger/daily {bank}"));
    let decisions = dropped["articles"].as_array().unwrap();
    assert!(
        decisions
            .iter()
            .any(|one| one["id"] == bank && one["dropped"] == true)
    );
    assert!(coming(at).contains(&("Bank closes".to_owned(), "dropped".to_owned())));
    told(at, &format!("put-back ledger/daily {bank}"));
    told(at, &format!("unpin ledger/daily {wind}"));
    assert_eq!(titles(at)[2], "Wind power grows");

    let subject = [
        "draft",
        "set",
        "ledger/daily",
        "--subject",
        "Ports: {{ headline }}",
    ];
    ok(at, &subject, "");
    let intro = ["draft", "set", "ledger/daily", "--intro", "Good *morning*."];
    ok(at, &intro, "");
    let title = [
        "draft",
        "article",
        "ledger/daily",
        &port,
        "--title",
        "Harbour opens",
    ];
    ok(at, &title, "");
    let kept = told(at, "show ledger/daily");
    assert_eq!(kept["subject"], "Ports: {{ headline }}");
    assert_eq!(
        (&kept["intro"], &kept["changed_by"]),
        (&json!("Good *morning*."), &json!("command line"))
    );
    assert!(titles(at).contains(&"Harbour opens".to_owned()));
    let preview = ["digest", "preview", "ledger/daily", "--format", "text"];
    assert!(ok(at, &preview, "").contains("Harbour opens"));
    let gone = ["draft", "set", "ledger/daily", "--subject", ""];
    ok(at, &gone, "");
    assert_eq!(told(at, "show ledger/daily")["subject"], Value::Null);

    let strange = "019c1a3e-7d60-7000-8000-1d2c3b4a5f60";
    let said = fails(at, &["draft", "pin", "ledger/daily", strange], 1);
    assert!(said.contains("draft coming"), "{said}");
    let wrong = ["draft", "set", "ledger/daily", "--subject", "{{ nothing }}"];
    assert!(fails(at, &wrong, 1).contains("nothing"));
    assert!(fails(at, &["draft", "set", "ledger/daily"], 2).contains("--subject"));
    let cleared = told(at, "clear ledger/daily");
    assert_eq!(
        (&cleared["articles"], &cleared["order"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(titles(at), usual);
}

#[test]
fn an_import_is_listed_shown_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    ok(at, &CREATE, "");
    let json = |text: &str| -> Value { serde_json::from_str(text.trim()).unwrap() };
    let table = "email\nann@inbox.example\nben@inbox.example\nnobody\n";
    std::fs::write(at.join("old.csv"), table).unwrap();
    let vouched = ["--confirmed", "--consent", "I agreed."];
    let import = ["--json", "subscriber", "import", "ledger", "old.csv"];
    let dry = [&import[..], &vouched, &["--dry-run"]].concat();
    assert_eq!(json(&ok(at, &dry, ""))["import"], Value::Null);
    let done = json(&ok(at, &[&import[..], &vouched].concat(), ""));
    let id = done["import"].as_str().unwrap();
    assert_eq!(
        (&done["added"], &done["dry_run"]),
        (&json!(2), &json!(false))
    );

    let listed = json(&ok(at, &["--json", "import", "list", "ledger"], ""));
    assert_eq!(
        (&listed["id"], &listed["added"]),
        (&done["import"], &json!(2))
    );
    let shown = ok(at, &["import", "show", id], "");
    assert!(
        shown.contains("old.csv") && shown.contains("rejected      1"),
        "{shown}"
    );
    let undone = json(&ok(at, &["--json", "import", "undo", id, "--yes"], ""));
    assert_eq!(
        (&undone["state"], &undone["undo"]["removed"]),
        (&json!("undone"), &json!(2))
    );
    assert!(ok(at, &["subscriber", "find", "ann"], "").is_empty());
    assert!(fails(at, &["import", "undo", id], 1).contains("undone"));
    let strange = "019c1a3e-7d60-7000-8000-1d2c3b4a5f60";
    assert!(fails(at, &["import", "show", strange], 1).contains("import list"));

    // People are told how to take it back.
    let again = run(at, &["subscriber", "import", "ledger", "old.csv"], "");
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(said.contains("paperround import undo "), "{said}");
}
