//! Digests on the command line.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::{CREATE, fails, ok, run};

const ARTICLE: &str = r#"[{"title": "Wind power grows", "url": "https://ledger.example/wind",
    "summary_markdown": "More of it.", "topics": ["energy"]}]"#;

fn digest(at: &Path, arguments: &[&str]) -> Vec<Value> {
    let all = [&["--json", "digest"], arguments].concat();
    let text = ok(at, &all, "");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A publication with a topic and a digest.
fn setting(at: &Path) {
    ok(at, &["init"], "");
    ok(at, &CREATE, "");
    let topic = ["topic", "add", "ledger", "energy", "--name", "Energy"];
    ok(at, &topic, "");
    let create = "create ledger daily --name Daily --section energy:3 --holiday 2199-01-01 \
                  --not-later-than 2h --local-time --subject {{headline}}";
    let mut create: Vec<&str> = create.split_whitespace().collect();
    create.extend(["--cron", "0 7 * * *", "--hours", "mon-fri 06:00-20:00"]);
    let made = digest(at, &create).remove(0);
    assert_eq!(made["sections"][0], "energy:3");
    assert_eq!(made["calendar"]["not_later_than_minutes"], 120);
    assert_eq!(made["local_time"], true);
}

#[test]
fn a_digest_is_made_changed_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    setting(at);
    let update = "update ledger/daily --no-sections --local-time=false --all-hours --no-holidays \
                  --holiday 2199-12-25 --not-later-than 0m";
    let mut update: Vec<&str> = update.split_whitespace().collect();
    update.extend(["--subject", ""]);
    let changed = digest(at, &update).remove(0);
    assert_eq!(changed["sections"].as_array().unwrap().len(), 0);
    assert_eq!(changed["subject"], Value::Null);
    assert_eq!(changed["calendar"]["holidays"][0], "2199-12-25");
    assert_eq!(changed["calendar"]["hours"].as_array().unwrap().len(), 0);

    let runs = digest(at, &["next", "ledger/daily", "-n", "3"]);
    assert_eq!((runs.len(), &runs[0]["note"]), (3, &Value::Null));
    let left_out = digest(at, &["skip-next", "ledger/daily"]).remove(0);
    assert_eq!(left_out["skip_at"], runs[0]["at"]);
    let runs = digest(at, &["next", "ledger/daily", "-n", "3"]);
    assert_eq!(runs[0]["note"], "left out by hand");
    assert_eq!(runs[1]["note"], Value::Null);
    digest(at, &["skip-next", "ledger/daily", "--undo"]);
    single_runs(at, &runs);
    std::fs::write(at.join("sponsor.md"), "The *fair* opens.").unwrap();
    let update = "update ledger/daily --notice-file sponsor.md --notice-label Sponsor";
    let update: Vec<&str> = update.split_whitespace().collect();
    let said = digest(at, &update).remove(0);
    assert_eq!(said["notice"], "The *fair* opens.");
    assert_eq!(said["notice_label"], "Sponsor");
    let said = digest(at, &["update", "ledger/daily", "--notice", ""]).remove(0);
    assert_eq!(
        (&said["notice"], &said["notice_label"]),
        (&"".into(), &"Sponsor".into())
    );
    let twice = [
        "update",
        "ledger/daily",
        "--topic",
        "energy",
        "--topic",
        "energy",
    ];
    assert_eq!(digest(at, &twice)[0]["topics"].as_array().unwrap().len(), 1);
    let by_hand = digest(at, &["update", "ledger/daily", "--by-hand"]).remove(0);
    assert_eq!(by_hand["next_run_at"], Value::Null);
    let none = fails(at, &["digest", "skip-next", "ledger/daily"], 1);
    assert!(none.contains("no schedule"), "{none}");
}

/// Leaves the second run out, moves it a second later and back.
fn single_runs(at: &Path, runs: &[Value]) {
    let second = runs[1]["at"].as_str().unwrap();
    let next = || digest(at, &["next", "ledger/daily", "-n", "3"]);
    digest(at, &["skip", "ledger/daily", "--at", second]);
    assert_eq!(next()[1]["note"], "left out by hand");
    digest(at, &["skip", "ledger/daily", "--at", second, "--undo"]);
    let later = second.replace(":00Z", ":01Z");
    let moved = ["move", "ledger/daily", "--at", second, "--to", &later];
    digest(at, &moved);
    let told = next().remove(1);
    assert_eq!(
        (&told["at"], &told["slot_at"]),
        (&json!(later), &runs[1]["at"])
    );
    let third = [runs[2]["at"].as_str().unwrap()];
    let again = [&["digest"][..], &moved[..5], &third[..]].concat();
    let taken = fails(at, &again, 1);
    assert!(taken.contains("already; choose another time"), "{taken}");
    digest(at, &["move", "ledger/daily", "--at", &later, "--back"]);
    assert_eq!(next(), runs_without_notes(runs));
    let nowhere = ["digest", "move", "ledger/daily", "--at", second];
    assert!(fails(at, &nowhere, 2).contains("--to"));
}

fn runs_without_notes(runs: &[Value]) -> Vec<Value> {
    let mut runs = runs.to_vec();
    for run in &mut runs {
        run["note"] = Value::Null;
    }
    runs
}

#[test]
fn who_has_no_topics_yet_learns_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    setting(at);
    let create = "publication create gazette --name Gazette --postal-address Here";
    let mut create: Vec<&str> = create.split_whitespace().collect();
    create.extend(["--from", "Gazette <gazette@gazette.example>"]);
    ok(at, &create, "");
    for wrong in [
        "digest create gazette daily --name Daily --topic sport",
        "feed add gazette https://gazette.example/feed --unchecked --topic sport",
        "topic rule add gazette sport --title ball",
    ] {
        let said = fails(at, &wrong.split_whitespace().collect::<Vec<_>>(), 1);
        assert!(
            said.contains("the publication has none yet; `paperround topic add` makes one"),
            "{wrong}: {said}"
        );
    }
}

#[test]
fn mistakes_say_what_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    setting(at);
    for (wrong, code, says) in [
        (["--subject", "{{ headlin }}"], 1, "headlin"),
        (["--section", "sport"], 1, "the topics are: energy"),
        (["--section", "energy:0"], 2, "energy:3"),
        (["--hours", "mo 6-20"], 2, "mon-fri 06:00-20:00"),
        (["--not-later-than", "2"], 2, "90m, 2h or 1d"),
        (["--holiday", "25.12.2026"], 2, "write it as 2026-12-25"),
        (
            ["--hours", "20:00-06:00"],
            2,
            "the earlier time and the later one",
        ),
        (["--min-gap", "2h"], 1, "--breaking"),
        (["--notice-file", "missing.md"], 1, "missing.md"),
        (["--max-items", "0"], 1, "--max-items"),
        (["--languages", "some"], 2, "auto, same, all"),
        (["--intro-file", "missing.md"], 1, "missing.md"),
    ] {
        let arguments = [&["digest", "update", "ledger/daily"][..], &wrong[..]].concat();
        let text = fails(at, &arguments, code);
        assert!(text.contains(says), "{wrong:?}: {text}");
    }
}

#[test]
fn a_preview_and_an_approval() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    setting(at);
    let preview = ["digest", "preview", "ledger/daily"];
    let with = |more: &[&'static str]| [&preview[..], more].concat();
    assert!(fails(at, &preview, 1).contains("nothing would go out: nothing new"));
    ok(at, &["article", "add", "ledger", "-"], ARTICLE);
    let html = ok(at, &preview, "");
    assert!(html.to_lowercase().starts_with("<!doctype html>"), "{html}");
    assert!(html.contains("Wind power grows"), "{html}");
    ok(at, &with(&["--format", "eml", "--out", "daily.eml"]), "");
    let message = std::fs::read_to_string(at.join("daily.eml")).unwrap();
    assert!(
        message.contains("Subject: Wind power grows\r\n"),
        "{message}"
    );
    let text = fails(at, &with(&["--as", "eve@inbox.example"]), 1);
    assert!(
        text.contains("eve@inbox.example is not subscribed"),
        "{text}"
    );

    let sent = run(at, &["digest", "send", "ledger/daily"], "");
    let said = String::from_utf8(sent.stderr).unwrap();
    assert_eq!(said.trim(), "nothing goes out: no confirmed readers");

    std::fs::write(at.join("readers.csv"), "email\nann@inbox.example\n").unwrap();
    let import = "subscriber import ledger readers.csv --confirmed --consent Yes";
    let import: Vec<&str> = import.split(' ').collect();
    ok(at, &import, "");
    let update = ["digest", "update", "ledger/daily", "--require-approval"];
    ok(at, &update, "");
    let id = ok(at, &["digest", "send", "ledger/daily"], "");
    let issue = |command: &'static str| ["issue", command, id.trim()];
    assert!(ok(at, &issue("show"), "").contains("awaiting approval"));
    assert!(ok(at, &issue("preview"), "").contains("Wind power grows"));
    assert!(ok(at, &issue("approve"), "").contains("No. 1"));
    let again = fails(at, &issue("approve"), 1);
    assert!(again.contains("the issue is composing"), "{again}");
}
