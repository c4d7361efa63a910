//! Webhooks, alerts, completions and manual pages by the command line.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::cli::{CREATE, fails, ok, run};
use crate::support::TestApp;
use crate::support::program::{Served, until};
use crate::support::receiver::Receiver;

fn json(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_webhook_is_set_up_shown_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    ok(at, &CREATE, "");
    let url = "https://crm.example/hook";
    let add = [
        "webhook",
        "add",
        "ledger",
        url,
        "--event",
        "subscriber.confirmed",
    ];
    let made = run(at, &add, "");
    let secret = String::from_utf8(made.stdout).unwrap();
    assert!(
        secret.starts_with("whsec_") && secret.trim_end().len() == 50,
        "{secret}"
    );
    let remark = String::from_utf8(made.stderr).unwrap();
    assert!(remark.contains("only time") && !remark.contains(secret.trim_end()));
    let all = ok(at, &["webhook", "add", "--all", url, "--json"], "");
    let all = &json(&all)[0];
    assert_eq!(
        (&all["publication"], &all["events"]),
        (&Value::Null, &serde_json::json!([]))
    );
    let listed = json(&ok(at, &["webhook", "list", "--json"], ""));
    assert_eq!(listed[0]["publication"], "ledger");
    assert_eq!(listed[0]["events"][0], "subscriber.confirmed");
    let id = listed[0]["id"].as_str().unwrap();
    let shown = ok(at, &["webhook", "show", id], "");
    assert!(shown.contains("addresses of readers  no"), "{shown}");
    let changed = ok(
        at,
        &[
            "webhook",
            "update",
            id,
            "--with-addresses",
            "--event",
            "issue.sent",
            "--json",
        ],
        "",
    );
    let changed = &json(&changed)[0];
    assert_eq!(changed["with_addresses"], true);
    assert_eq!(changed["events"], serde_json::json!(["issue.sent"]));
    let other = ok(at, &["webhook", "rotate-secret", id], "");
    assert!(other.starts_with("whsec_") && other != secret);
    ok(at, &["webhook", "disable", id], "");
    assert!(fails(at, &["webhook", "test", id], 1).contains("webhook enable"));
    ok(at, &["webhook", "enable", id], "");
    assert_eq!(
        ok(at, &["webhook", "replay", "--failed"], ""),
        "nothing has failed\n"
    );
    ok(at, &["webhook", "remove", id], "");
    assert!(fails(at, &["webhook", "show", id], 1).contains("webhook list"));

    assert!(fails(at, &["webhook", "add", url], 1).contains("--all"));
    assert!(fails(at, &["webhook", "add", "--all", "ledger", url], 1).contains("alone"));
    assert!(fails(at, &["webhook", "add", "--all", "http://crm.example/"], 1).contains("https"));
    let wrong = ["webhook", "add", "--all", url, "--event", "reader.came"];
    assert!(fails(at, &wrong, 2).contains("subscriber.confirmed"));
    fails(at, &["webhook", "replay"], 2);
}

#[tokio::test]
async fn a_worker_tells_webhooks_of_what_commands_do() {
    let app = TestApp::new().await;
    let receiver = Receiver::open();
    let program = || {
        let mut command = app.program();
        command.env("PAPERROUND__WEBHOOKS__ALLOW_PRIVATE_ADDRESSES", "true");
        command
    };
    let output = |command: &mut Command, arguments: &[&str]| {
        let done = command.args(arguments).output().unwrap();
        let error = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{arguments:?}: {error}");
        String::from_utf8(done.stdout).unwrap()
    };
    let made = output(
        &mut program(),
        &["webhook", "add", "ledger", &receiver.url, "--json"],
    );
    let made = &json(&made)[0];
    let id = made["id"].as_str().unwrap().to_owned();
    let _served = Served::start(program().args(["serve", "--only", "worker"]));
    output(&mut program(), &["webhook", "test", &id]);
    let secret = made["secret"].as_str().unwrap();
    until("the ping", async || !receiver.told().is_empty()).await;
    assert!(receiver.told()[0].is_signed_with(secret));
    let log = async || output(&mut program(), &["webhook", "log", &id, "--json"]);
    until("its result", async || {
        json(&log().await)[0]["state"] == "sent"
    })
    .await;
    let call = json(&log().await)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(call, receiver.told()[0].id);
    output(&mut program(), &["webhook", "replay", &call]);
    until("the ping again", async || receiver.told().len() == 2).await;
    assert_eq!(receiver.told()[1].id, call);
}

#[test]
fn ping_is_no_event_to_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &CREATE, "");
    let add = ["webhook", "add", "ledger", "https://crm.example/in"];
    let words = "ping is sent when it is asked for, and cannot be chosen";
    for events in [
        &["--event", "ping"][..],
        &["--event", "issue.sent", "--event", "ping"],
    ] {
        let refused = fails(at, &[&add[..], events].concat(), 2);
        assert!(refused.contains(words), "{refused}");
    }
    let told = ok(
        at,
        &[&add[..], &["--event", "issue.sent", "--json"]].concat(),
        "",
    );
    let made = &json(&told)[0];
    let id = made["id"].as_str().unwrap();
    let refused = fails(at, &["webhook", "update", id, "--event", "ping"], 2);
    assert!(refused.contains(words), "{refused}");
    let shown = &json(&ok(at, &["webhook", "show", id, "--json"], ""))[0];
    assert_eq!(shown["events"], serde_json::json!(["issue.sent"]));
}

#[test]
fn alerts_are_listed_and_unknown_ones_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    let none = run(at, &["alert", "list"], "");
    assert_eq!(
        String::from_utf8(none.stderr).unwrap(),
        "nothing is wrong\n"
    );
    let unknown = "019c1a3e-7d60-7000-8000-1d2c3b4a5f60";
    assert!(fails(at, &["alert", "show", unknown], 1).contains("alert list"));
    assert!(fails(at, &["alert", "acknowledge", unknown], 1).contains("alert list"));
}

#[test]
fn shells_complete_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = ok(at, &["completions", shell], "");
        for word in [
            "rotate-secret",
            "retry-failed",
            "completions",
            "with-addresses",
        ] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    assert!(fails(at, &["completions", "tcsh"], 2).contains("powershell"));
    // The shell itself reads it, and completes with it.
    let script = ok(at, &["completions", "bash"], "");
    std::fs::write(at.join("paperround.bash"), script).unwrap();
    let ask = "source ./paperround.bash; COMP_WORDS=(paperround webhook ro); COMP_CWORD=2; \
        _paperround paperround ro webhook; echo \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    let done = bash.args(["-c", ask]).current_dir(at).output().unwrap();
    let completed = String::from_utf8(done.stdout).unwrap();
    assert_eq!(completed.trim(), "rotate-secret", "{:?}", done.stderr);
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let first = ok(at, &["man"], "");
    assert!(
        first.starts_with(".ie") || first.contains(".TH paperround 1"),
        "{first}"
    );
    let pages = at.join("man1");
    assert!(fails(at, &["man", "man1"], 1).contains("no folder"));
    std::fs::create_dir(&pages).unwrap();
    ok(at, &["man", "man1"], "");
    for (name, words) in [
        ("paperround", "paperround\\-digest"),
        ("paperround-digest-send", "paperround digest send"),
        ("paperround-webhook-add", "with\\-addresses"),
        ("paperround-issue-pause", "paperround issue pause"),
    ] {
        let page = std::fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(words), "{name}: {page}");
    }
    let count = std::fs::read_dir(&pages).unwrap().count();
    assert!(count > 80, "{count}");
}

/// What the program prints on a terminal, where somebody answers.
fn on_terminal(folder: &Path, arguments: &str, answer: &str) -> (bool, String) {
    let program = env!("CARGO_BIN_EXE_paperround");
    let mut child = Command::new("script")
        .args(["-qec", &format!("{program} {arguments}"), "/dev/null"])
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(answer.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    drop(input);
    let text = String::from_utf8(done.stdout).unwrap();
    (done.status.success(), text)
}

#[test]
fn what_reaches_readers_is_asked_about_on_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &["init"], "");
    ok(at, &CREATE, "");
    ok(
        at,
        &["digest", "create", "ledger", "daily", "--name", "Daily"],
        "",
    );
    let list = "email\nada@inbox.example\nben@inbox.example\n";
    std::fs::write(at.join("readers.csv"), list).unwrap();
    let import = [
        "subscriber",
        "import",
        "ledger",
        "readers.csv",
        "--confirmed",
    ];
    ok(at, &[&import[..], &["--consent", "I agree."]].concat(), "");
    let send = "digest send ledger/daily";
    let (done, text) = on_terminal(at, send, "n\n");
    assert!(
        !done && text.contains("to those of 2 readers") && text.contains("[y/N]"),
        "{text}"
    );
    assert!(text.contains("nothing was changed"), "{text}");
    assert_eq!(ok(at, &["issue", "list", "--json"], ""), "");
    let (done, text) = on_terminal(at, send, "y\n");
    assert!(done, "{text}");
    let (done, text) = on_terminal(at, &format!("{send} --yes"), "");
    assert!(done && !text.contains("[y/N]"), "{text}");
    // A script has nobody who could answer.
    ok(at, &["digest", "send", "ledger/daily"], "");
    assert_eq!(json(&ok(at, &["issue", "list", "--json"], "")).len(), 3);
    let (done, text) = on_terminal(at, "publication archive ledger", "\n");
    assert!(!done && text.contains("2 readers get no more"), "{text}");
    let count = "publication update ledger --count-opens true";
    let (done, text) = on_terminal(at, count, "n\n");
    assert!(
        !done && text.contains("Little can be read from opens"),
        "{text}"
    );
    let shown = &json(&ok(at, &["publication", "show", "ledger", "--json"], ""))[0];
    assert_eq!(shown["count_opens"], false);
    std::fs::write(at.join("gone.txt"), "ada@inbox.example\n").unwrap();
    let (done, text) = on_terminal(at, "suppression import gone.txt", "no\n");
    assert!(!done && text.contains("1 reader?"), "{text}");
}

#[test]
fn help_is_plain_where_colour_is_not_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let (_, coloured) = on_terminal(folder.path(), "webhook --help", "");
    assert!(coloured.contains("\x1b["), "{coloured}");
    let program = env!("CARGO_BIN_EXE_paperround");
    let plain = format!("NO_COLOR=1 {program} webhook --help; NO_COLOR=1 {program} nonsense");
    let mut script = Command::new("script");
    let done = script.args(["-qec", &plain, "/dev/null"]).output().unwrap();
    let plain = String::from_utf8(done.stdout).unwrap();
    assert!(
        plain.contains("rotate-secret") && !plain.contains('\x1b'),
        "{plain:?}"
    );
}
