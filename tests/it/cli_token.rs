//! Tokens and articles by the command line: what is shown, and what never is.

use serde_json::Value;

use crate::cli::{CREATE, fails, ok, run};

fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_token_is_shown_once_and_listed_without() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    ok(at, &CREATE, "");
    let create = [
        "token",
        "create",
        "web site",
        "--role",
        "editor",
        "--no-send",
    ];
    let limited = [
        &create[..],
        &["--publication", "ledger", "--expires", "90d"],
    ]
    .concat();
    let made = run(at, &limited, "");
    let shown = String::from_utf8(made.stdout).unwrap();
    let token = shown.trim_end();
    assert!(
        token.starts_with("paperround_") && token.len() == 75,
        "{shown}"
    );
    let remark = String::from_utf8(made.stderr).unwrap();
    assert!(remark.contains("only time") && !remark.contains(token));

    assert!(fails(at, &create, 1).contains("token revoke"));
    assert!(fails(at, &["token", "create", "x", "--role", "boss"], 2).contains("viewer"));
    assert!(
        fails(
            at,
            &[
                "token",
                "create",
                "x",
                "--role",
                "viewer",
                "--publication",
                "no"
            ],
            1
        )
        .contains("publication list")
    );
    let all = ok(
        at,
        &["token", "create", "all", "--role", "viewer", "--json"],
        "",
    );
    assert_eq!(lines(&all)[0]["publications"], Value::Null);
    assert_eq!(lines(&all)[0]["may_send"], false);
    let sends = ["token", "create", "desk", "--role", "editor", "--json"];
    assert_eq!(lines(&ok(at, &sends, ""))[0]["may_send"], true);
    ok(at, &["token", "revoke", "desk"], "");

    ok(at, &["token", "revoke", "web site"], "");
    assert!(fails(at, &["token", "revoke", "web site"], 1).contains("token list"));
    let listed = ok(at, &["token", "list", "--json"], "");
    assert!(!listed.contains(token));
    let listed = lines(&listed);
    assert_eq!(
        (&listed[0]["name"], &listed[1]["name"]),
        (&"desk".into(), &"all".into())
    );
    assert_eq!(listed[2]["state"], "revoked");
    assert_eq!(listed[2]["publications"], serde_json::json!(["ledger"]));
    assert!(listed[2]["expires_at"].is_string() && listed[2]["last_used_at"].is_null());
    let table = ok(at, &["token", "list"], "");
    assert!(
        table.contains("web site  editor  no        ledger") && !table.contains(token),
        "{table}"
    );
}

#[test]
fn articles_with_mistakes_are_refused_with_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    ok(at, &CREATE, "");
    let list = r#"[{"title":"A","url":"https://x.example/1"},{"url":"x"},
        {"title":"B","url":"https://x.example/2","topics":["energy"]}]"#;
    let refused = run(at, &["article", "add", "ledger", "-"], list);
    assert_eq!(refused.status.code(), Some(1));
    let text = String::from_utf8(refused.stderr).unwrap();
    for part in [
        "article 2: title: is missing",
        "article 2: url: \"x\" is not a web address",
        "article 3: topics: there is no topic \"energy\"; the publication has none",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(ok(at, &["article", "list", "ledger", "--json"], ""), "");
}
