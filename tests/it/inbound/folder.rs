//! A mail server delivers to a Maildir.

use std::path::Path;

use super::*;

fn maildir_with(mails: &[(&str, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in ["new", "cur", "tmp"] {
        std::fs::create_dir(folder.path().join(part)).unwrap();
    }
    for (name, message) in mails {
        std::fs::write(folder.path().join("new").join(name), message).unwrap();
    }
    folder
}

fn names(folder: &Path, part: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join(part)).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// As a mail server stores a mail.
fn delivered(from: &str, to: &str, message: &str) -> String {
    format!("Return-Path: <{from}>\nDelivered-To: {to}\n{message}")
}

#[tokio::test]
async fn mails_are_taken_and_marked_as_seen() {
    let app = service(|_| {}).await;
    let (_, _, mail) = sent(&app).await;
    let to = leave_address(&mail);
    let folder = maildir_with(&[
        (
            "1.a.mx",
            delivered("", &mail.envelope().from, &report("4.2.2", FULL)),
        ),
        (
            "2.b.mx",
            delivered(ANN, &to, &letter(&to, "unsubscribe", "")),
        ),
        ("3.c.mx", "no mail at all".to_owned()),
        (".hidden", String::new()),
    ]);
    assert_eq!(maildir::take_in(&app.deps, folder.path()).await.unwrap(), 3);
    assert_eq!(names(folder.path(), "new"), [".hidden"]);
    let seen = ["1.a.mx:2,S", "2.b.mx:2,S", "3.c.mx:2,S"];
    assert_eq!(names(folder.path(), "cur"), seen);
    assert_eq!(known(&app).await.len(), 1);
    assert_eq!(place(&app).await.state, SubscriptionState::Unsubscribed);
    assert_eq!(maildir::take_in(&app.deps, folder.path()).await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_too_long_is_flagged_and_kept() {
    let app = service(|_| {}).await;
    let folder = maildir_with(&[("1.a.mx", "x".repeat(10_000_001))]);
    maildir::take_in(&app.deps, folder.path()).await.unwrap();
    assert_eq!(names(folder.path(), "cur"), ["1.a.mx:2,FS"]);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let app = service(|_| {}).await;
    let gone = tempfile::tempdir().unwrap().path().join("mail");
    let error = maildir::take_in(&app.deps, &gone).await.unwrap_err();
    assert!(error.to_string().contains("/mail/new: "), "{error}");
}

/// What the command says of each message, and what it says in the end.
fn ingest(app: &TestApp, file: &Path) -> (Vec<serde_json::Value>, String) {
    let done = app
        .program()
        .args(["bounce", "ingest", "--json"])
        .arg(file)
        .output()
        .unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{said}");
    let lines = String::from_utf8(done.stdout).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    (lines.collect(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_from_an_operator_needs_no_signature_and_counts_once() {
    let app = TestApp::new().await;
    let (_, issue, mail) = sent(&app).await;
    let id = mail.header("Message-ID").unwrap();
    let quoted = format!(
        "\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{}>\n\n--b--\n",
        id.trim_matches(['<', '>'])
    );
    let named = report("5.1.1", GONE).replace("\n--b--\n", &quoted);
    let unknown = report("5.1.1", GONE).replace(ANN, "nobody@inbox.example");
    let file = tempfile::NamedTempFile::new().unwrap();
    let mbox: String = [&named, &named, &unknown]
        .iter()
        .map(|message| format!("From MAILER-DAEMON Mon Mar  2 07:00:00 2026\n{message}\n"))
        .collect();
    std::fs::write(file.path(), mbox).unwrap();
    let (lines, _) = ingest(&app, file.path());
    let results: Vec<_> = lines.iter().map(|line| line["result"].as_str()).collect();
    assert_eq!(
        results,
        [Some("suppressed"), Some("known"), Some("unmatched")]
    );
    assert_eq!(lines[0]["kind"], "hard");
    let kept = known(&app).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].source, kept[0].issue),
        (BounceSource::File, Some(issue))
    );
    assert_eq!(reason(&app).await, Some(SuppressionReason::HardBounce));
    let shown = app
        .program()
        .args(["subscriber", "show", ANN, "--json"])
        .output();
    let shown: serde_json::Value = serde_json::from_slice(&shown.unwrap().stdout).unwrap();
    assert!(shown.to_string().contains("mailbox-unknown"), "{shown}");
}
