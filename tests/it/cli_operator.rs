//! Operators by the command line.

use serde_json::Value;

use crate::cli::{fails, ok, run};

const PASSWORD: &str = "seven gulls on the quay\n";

#[test]
fn operators_are_taken_on_listed_and_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    let first = ok(at, &["operator", "first-link", "--json"], "");
    let first: Value = serde_json::from_str(&first).unwrap();
    assert!(
        first["link"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:8080/admin/welcome/")
    );

    let add = [
        "operator",
        "add",
        "ann@ops.example",
        "--role",
        "owner",
        "--password-stdin",
    ];
    let said = ok(at, &add, PASSWORD);
    assert_eq!(
        said,
        "ann@ops.example is an operator now: owner, may send.\n"
    );
    assert!(fails(at, &["operator", "first-link"], 1).contains("already"));
    let twice = run(at, &add, PASSWORD);
    assert_eq!(twice.status.code(), Some(1));
    assert!(
        String::from_utf8(twice.stderr)
            .unwrap()
            .contains("operator reset-password")
    );
    let short = run(
        at,
        &[
            "operator",
            "add",
            "x@ops.example",
            "--role",
            "viewer",
            "--password-stdin",
        ],
        "short\n",
    );
    assert!(
        String::from_utf8(short.stderr)
            .unwrap()
            .contains("at least 12 are needed")
    );
    assert!(
        fails(
            at,
            &[
                "operator",
                "add",
                "x@ops.example",
                "--role",
                "boss",
                "--password-stdin"
            ],
            2
        )
        .contains("viewer")
    );
    assert!(
        fails(
            at,
            &["operator", "add", "x@ops.example", "--role", "viewer"],
            1
        )
        .contains("--password-stdin")
    );
}

#[test]
fn operators_are_listed_and_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    let add = ["operator", "add", "ann@ops.example", "--role", "owner"];
    ok(at, &[&add[..], &["--password-stdin"]].concat(), PASSWORD);
    let link = [
        "operator",
        "add",
        "ben@ops.example",
        "--role",
        "viewer",
        "--may-send",
        "--link",
        "--json",
    ];
    let made: Value = serde_json::from_str(&ok(at, &link, "")).unwrap();
    assert_eq!(
        (&made["state"], &made["may_send"]),
        (&"invited".into(), &true.into())
    );
    assert!(made["link"].as_str().unwrap().contains("/admin/welcome/"));
    let editor = [
        "operator",
        "add",
        "cid@ops.example",
        "--role",
        "editor",
        "--no-send",
        "--password-stdin",
        "--json",
    ];
    let made: Value = serde_json::from_str(&ok(at, &editor, PASSWORD)).unwrap();
    assert_eq!(
        (&made["state"], &made["may_send"]),
        (&"active".into(), &false.into())
    );

    assert!(fails(at, &["operator", "disable", "ann@ops.example"], 1).contains("last owner"));
    ok(at, &["operator", "disable", "cid@ops.example"], "");
    ok(
        at,
        &[
            "operator",
            "reset-password",
            "ann@ops.example",
            "--password-stdin",
        ],
        "eight gulls on the quay\n",
    );
    assert!(fails(at, &["operator", "disable", "nobody@ops.example"], 1).contains("operator list"));
    let listed = ok(at, &["operator", "list", "--json"], "");
    let states: Vec<String> = listed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|o| {
            format!(
                "{} {}",
                o["email"].as_str().unwrap(),
                o["state"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            "ann@ops.example active",
            "ben@ops.example invited",
            "cid@ops.example disabled"
        ]
    );
    let table = ok(at, &["operator", "list"], "");
    assert!(table.starts_with("ADDRESS"), "{table}");
    assert!(!listed.contains("argon2") && !table.contains("argon2"));
}
