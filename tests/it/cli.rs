//! The command line as operators use it: exit codes, messages, JSON.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_paperround"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

pub fn ok(folder: &Path, arguments: &[&str], input: &str) -> String {
    let output = run(folder, arguments, input);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

pub fn fails(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = run(folder, arguments, "");
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    text
}

pub const CREATE: [&str; 9] = [
    "publication",
    "create",
    "ledger",
    "--name",
    "The Ledger",
    "--from",
    "The Ledger <a@ledger.example>",
    "--postal-address",
    "1 Quay",
];

#[test]
fn an_operator_sets_a_publication_up() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    assert!(fails(at, &["init"], 1).contains("never replaced"));
    ok(at, &["config", "check"], "");
    ok(at, &CREATE, "");
    assert!(fails(at, &CREATE, 1).contains("already"));
    ok(
        at,
        &["topic", "add", "ledger", "energy", "--name", "Energy"],
        "",
    );
    let feed = [
        "feed",
        "add",
        "ledger",
        "https://ledger.example/feed",
        "--topic",
        "energy",
        "--map",
        "Oil & Gas=energy",
    ];
    ok(at, &feed, "");
    ok(
        at,
        &[
            "digest",
            "create",
            "ledger",
            "daily",
            "--name",
            "Daily",
            "--cron",
            "0 7 * * mon-fri",
            "--timezone",
            "Europe/Berlin",
        ],
        "",
    );
    let next = ok(
        at,
        &["--json", "digest", "next", "ledger/daily", "-n", "3"],
        "",
    );
    assert_eq!(next.lines().count(), 3);
    let article = r#"[{"title":"One","url":"https://ledger.example/1","topics":["energy"]},
        {"title":"Two","url":"https://ledger.example/2?utm_source=x","summary_markdown":"*So* it is."}]"#;
    ok(at, &["article", "add", "ledger", "-"], article);
    let known = ok(at, &["--json", "article", "add", "ledger", "-"], article);
    assert!(
        known.lines().all(|line| line.contains("unchanged")),
        "{known}"
    );
    assert_eq!(
        ok(at, &["--json", "article", "list", "ledger"], "")
            .lines()
            .count(),
        2
    );
    let id = ok(at, &["digest", "send", "ledger/daily"], "");
    let shown: Value =
        serde_json::from_str(&ok(at, &["--json", "issue", "show", id.trim()], "")).unwrap();
    assert_eq!(
        (shown["state"].as_str(), shown["reason"].as_str()),
        (Some("skipped"), Some("no confirmed readers"))
    );
    let ledger = ok(at, &["issue", "deliveries", id.trim()], "");
    assert!(ledger.starts_with("address,state,"));
}

#[test]
fn wrong_usage_and_failures_have_their_codes_and_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fails(at, &["publish"], 2);
    fails(
        at,
        &["publication", "create", "Not A Slug", "--name", "x"],
        2,
    );
    assert!(fails(at, &["digest", "next", "nowhere/daily"], 1).contains("publication list"));
    assert!(
        fails(at, &["--config", "missing.toml", "config", "check"], 1).contains("paperround init")
    );
    ok(at, &CREATE, "");
    let cron = [
        "digest", "create", "ledger", "daily", "--name", "Daily", "--cron", "0 7 * *",
    ];
    assert!(fails(at, &cron, 1).contains("five fields"));
    let zone = [
        "digest",
        "create",
        "ledger",
        "daily",
        "--name",
        "Daily",
        "--timezone",
        "Europe/Belrin",
    ];
    assert!(fails(at, &zone, 2).contains("IANA"));
    let topic = [
        "feed",
        "add",
        "ledger",
        "https://x.example/feed",
        "--topic",
        "nothing",
    ];
    assert!(fails(at, &topic, 1).contains("nothing"));
    assert!(fails(at, &["feed", "add", "ledger", "file:///etc/passwd"], 1).contains("web address"));
    std::fs::write(at.join("paperround.toml"), "[http]\nlisten_on = \"x\"\n").unwrap();
    assert!(fails(at, &["config", "check"], 1).contains("listen_on"));
}

#[test]
fn a_database_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let list = |url: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_paperround"))
            .args(["publication", "list"])
            .current_dir(folder.path())
            .env("PAPERROUND__DATABASE__URL", url)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, text) = list("sqlite://no/such/folder/paperround.db");
    assert_eq!(code, Some(1));
    assert!(text.contains("cannot open the database"), "{text}");
    let (code, text) = list("postgres://nobody@127.0.0.1:1/nothing");
    assert_eq!(code, Some(1));
    assert!(text.contains("cannot be reached"), "{text}");
    std::fs::write(
        folder.path().join("text.db"),
        "this is no database, but long enough to look like one",
    )
    .unwrap();
    let (code, text) = list("sqlite://text.db");
    assert_eq!(code, Some(1));
    assert!(text.contains("cannot open the database"), "{text}");
}

#[test]
fn addresses_are_checked_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let checked = ok(
        folder.path(),
        &["address", "check", "-"],
        "Ann@Example.org\nnobody\na@b\u{fc}cher.de\n",
    );
    let rows: Vec<Value> = checked
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["normalized"], "Ann@example.org");
    assert_eq!(
        (rows[1]["valid"].as_bool(), rows[1]["normalized"].is_null()),
        (Some(false), true)
    );
    assert_eq!(rows[2]["normalized"], "a@xn--bcher-kva.de");
}

#[test]
fn feeds_are_parsed_without_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let feed = "<rss version='2.0'><channel><title>T</title><item><title>One</title><link>/a</link>\
        <description>&lt;p onclick='x'>Hi&lt;/p>&lt;script>1&lt;/script></description></item></channel></rss>";
    let arguments = ["feed", "parse", "-", "--base", "https://ledger.example/"];
    let parsed: Value = serde_json::from_str(&ok(folder.path(), &arguments, feed)).unwrap();
    assert_eq!(parsed["format"], "rss");
    assert_eq!(parsed["entries"][0]["url"], "https://ledger.example/a");
    assert_eq!(parsed["left_out"], 0);
    assert_eq!(parsed["entries"][0]["summary_html"], "<p>Hi</p>");
    let output = run(
        folder.path(),
        &["feed", "parse", "-"],
        "<!doctype html><html><body>no</body></html>",
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("HTML page")
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing was stored"
    );
}

#[test]
fn readers_are_brought_along_and_addresses_suppressed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &CREATE, "");
    let hash_only = ["suppression", "add", "gone@b.example", "--reason", "erased"];
    ok(at, &hash_only, "");
    ok(
        at,
        &["suppression", "import", "-", "--source", "old list"],
        "spam@b.example\nnobody\n",
    );
    let list = ok(at, &["suppression", "list"], "");
    assert!(
        list.contains("old list") && !list.contains("gone@"),
        "{list}"
    );
    std::fs::write(
        at.join("old.csv"),
        "email\nann@b.example\ngone@b.example\nspam@b.example\nann@b.example\nnobody\n",
    )
    .unwrap();
    let import = ["--json", "subscriber", "import", "ledger", "old.csv"];
    let vouched = [&import[..], &["--confirmed", "--consent", "I agree."]].concat();
    let dry = [&vouched[..], &["--dry-run"]].concat();
    for (arguments, file) in [(dry, Value::Null), (vouched, "old.rejected.csv".into())] {
        let output = run(at, &arguments, "");
        assert_eq!(output.status.code(), Some(0));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            told.contains("WARNING: 1 row") && told.contains("line 6"),
            "{told}"
        );
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        let count = |name: &str| shown[name].as_u64().unwrap();
        assert_eq!(
            ["read", "added", "confirmed", "pending", "unchanged"].map(count),
            [5, 1, 1, 0, 0],
            "{shown}"
        );
        assert_eq!(
            ["suppressed", "unsubscribed", "duplicates", "rejected"].map(count),
            [2, 0, 1, 1],
            "{shown}"
        );
        assert_eq!(shown["rejected_file"], file);
    }
    // What was exported suppresses the same addresses again, erased ones included.
    let exported = ok(at, &["suppression", "export"], "");
    assert_eq!(exported.lines().count(), 3);
    ok(at, &["suppression", "remove", "gone@b.example"], "");
    assert!(fails(at, &["suppression", "remove", "gone@b.example"], 1).contains("not suppressed"));
    ok(at, &["suppression", "import", "-"], &exported);
    let again = ok(
        at,
        &["--json", "subscriber", "import", "ledger", "-"],
        "email\ngone@b.example\n",
    );
    assert!(again.contains("\"suppressed\":1"), "{again}");

    fails(
        at,
        &["subscriber", "import", "ledger", "old.csv", "--confirmed"],
        2,
    );
    assert!(fails(at, &["subscriber", "import", "ledger", "none.csv"], 1).contains("none.csv"));
}

#[test]
fn a_reader_is_added_and_nobody_is_added_against_their_will() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    ok(at, &CREATE, "");
    ok(
        at,
        &["topic", "add", "ledger", "energy", "--name", "Energy"],
        "",
    );
    for slug in ["daily", "weekly"] {
        ok(
            at,
            &["digest", "create", "ledger", slug, "--name", slug],
            "",
        );
    }
    let add = ["subscriber", "add", "ledger", "ann@b.example"];
    let choices = [
        "--digest", "weekly", "--digest", "daily", "--topic", "energy",
    ];
    let vouched = ["--confirmed", "--consent", "She asked by phone."];
    let all = [&add[..], &choices, &vouched, &["--name", "Lee, \"Ann\""]].concat();
    let added = ok(at, &[&["--json"], &all[..]].concat(), "");
    let added: Value = serde_json::from_str(&added).unwrap();
    assert_eq!(
        (&added["added"], &added["state"]),
        (&true.into(), &"confirmed".into())
    );
    assert!(ok(at, &all, "").contains("is there already"));
    let shown = ok(at, &["subscriber", "show", "ann@b.example"], "");
    assert!(shown.starts_with("ann@b.example (Lee, \"Ann\")"), "{shown}");
    assert!(shown.contains("digests           daily,weekly"), "{shown}");
    let act = "confirmed by subscriber add (topics: energy; digests: daily,weekly)";
    assert!(shown.contains(act), "{shown}");

    let bob = ["subscriber", "add", "ledger", "bob@b.example"];
    let wrong = [&bob[..], &["--digest", "hourly"]].concat();
    let told = fails(at, &wrong, 1);
    assert!(told.contains("there is no digest \"hourly\""), "{told}");
    ok(at, &["suppression", "add", "bob@b.example"], "");
    assert!(fails(at, &bob, 1).contains("bob@b.example is suppressed"));
    ok(
        at,
        &["subscriber", "import", "ledger", "-"],
        "email,status\ncid@b.example,unsubscribed\n",
    );
    let told = fails(at, &["subscriber", "add", "ledger", "cid@b.example"], 1);
    assert!(told.contains("has left"), "{told}");
    let asked = ok(at, &["subscriber", "add", "ledger", "dan@b.example"], "");
    assert!(asked.contains("dan@b.example gets a confirmation mail"));
    fails(at, &["subscriber", "add", "ledger", "nobody"], 2);
    fails(at, &[&bob[..], &["--confirmed"]].concat(), 2);
    let files = std::fs::read_dir(at).unwrap().flatten();
    let names = files.map(|file| file.file_name().into_string().unwrap());
    assert!(!names.into_iter().any(|name| name.contains("rejected")));
}

#[test]
fn what_is_known_of_a_reader_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    ok(at, &CREATE, "");
    for slug in ["daily", "weekly"] {
        ok(
            at,
            &["digest", "create", "ledger", slug, "--name", slug],
            "",
        );
    }
    let table = "email,name,digests\nann@b.example,Ann Lee,daily;weekly\n";
    let vouched = ["--confirmed", "--consent", "I agree."];
    let import = [&["subscriber", "import", "ledger", "-"][..], &vouched].concat();
    ok(at, &import, table);
    ok(
        at,
        &["subscriber", "import", "ledger", "-"],
        "email\nbob@b.example\n",
    );
    ok(at, &["suppression", "add", "ann@b.example"], "");

    let shown = ok(at, &["subscriber", "show", "Ann@B.example"], "");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "ann@b.example (Ann Lee)");
    assert!(lines[1].starts_with("suppressed since ") && lines[1].ends_with(": manual"));
    assert_eq!(lines[3], "ledger: confirmed");
    assert_eq!(lines[4], "  topics            all");
    assert_eq!(lines[5], "  digests           daily,weekly");
    let act = "confirmed by import standard input (topics: all; digests: daily,weekly)";
    assert!(lines[6].ends_with(act), "{shown}");
    let json = ["--json", "subscriber", "show", "ann@b.example"];
    let shown: Value = serde_json::from_str(&ok(at, &json, "")).unwrap();
    let one = &shown["subscriptions"][0];
    assert_eq!(one["digests"], serde_json::json!(["daily", "weekly"]));
    assert_eq!(one["consents"][0]["text"], "I agree.");
    assert_eq!(shown["suppressed"]["reason"], "manual");

    let asked = ok(at, &["subscriber", "show", "bob@b.example"], "");
    assert!(
        asked.contains("ledger: pending\n  20"),
        "no choice counts yet: {asked}"
    );
    let nobody = fails(at, &["subscriber", "show", "cid@b.example"], 1);
    assert!(nobody.contains("nobody has signed up with cid@b.example"));
}

#[test]
fn the_demo_notices_every_broken_part() {
    let folder = tempfile::tempdir().unwrap();
    let shown = ok(folder.path(), &["demo", "--once"], "");
    assert!(shown.contains("8. next issue"), "{shown}");
    for (part, step) in [
        ("feed", "step 2"),
        ("smtp", "step 3"),
        ("links", "step 4"),
        ("worker", "step 3"),
    ] {
        assert!(
            fails(folder.path(), &["demo", "--once", "--break", part], 1).contains(step),
            "{part}"
        );
    }
}
