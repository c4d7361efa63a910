//! What comes back is read: by the command on files, mailboxes and Maildirs, and whatever it is
//! without a panic and in bounded time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use paperround::domain::bounce::{Report, ReportKind};
use paperround::reports::read;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cli::{ok, run};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bounces")
}

/// The fixtures with what `expected.tsv` says of them, in its order.
fn expected() -> Vec<(String, Value)> {
    let table = fs::read_to_string(fixtures().join("expected.tsv")).unwrap();
    let rows = table.lines().skip(1).map(|line| {
        let cells: Vec<Option<&str>> = line
            .split('\t')
            .map(|c| Some(c).filter(|c| *c != "-"))
            .collect();
        let row = json!({
            "kind": cells[1], "recipient": cells[2], "status": cells[3], "reason": cells[4],
            "message_id": cells[5],
        });
        (cells[0].unwrap().to_owned(), row)
    });
    rows.collect()
}

fn message(name: &str) -> Vec<u8> {
    fs::read(fixtures().join(name)).unwrap()
}

/// The lines that the command printed, without the name of the file.
fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("file");
        line
    });
    lines.collect()
}

/// The fixtures as one mailbox, quoted as mboxrd wants it.
fn mbox() -> Vec<u8> {
    let mut mailbox = Vec::new();
    for (name, _) in expected() {
        mailbox.extend_from_slice(b"From MAILER-DAEMON Mon Mar  2 07:00:00 2026\n");
        for line in message(&name).split_inclusive(|b| *b == b'\n') {
            let marks = line.iter().take_while(|b| **b == b'>').count();
            if line[marks..].starts_with(b"From ") {
                mailbox.push(b'>');
            }
            mailbox.extend_from_slice(line);
        }
        mailbox.extend_from_slice(b"\n");
    }
    mailbox
}

#[test]
fn each_fixture_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<String> = expected()
        .iter()
        .map(|(name, _)| fixtures().join(name).display().to_string())
        .collect();
    let mut arguments = vec!["bounce", "classify"];
    arguments.extend(paths.iter().map(String::as_str));
    let printed = ok(folder.path(), &arguments, "");
    let mut found = BTreeMap::new();
    for line in printed.lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let file = line.as_object_mut().unwrap().remove("file").unwrap();
        let name = Path::new(file.as_str().unwrap())
            .file_name()
            .unwrap()
            .to_owned();
        found.insert(name.into_string().unwrap(), line);
    }
    for (name, wanted) in expected() {
        assert_eq!(found.get(&name), Some(&wanted), "{name}");
    }
}

#[test]
fn mailboxes_folders_and_standard_input_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let wanted: Vec<Value> = expected().into_iter().map(|(_, row)| row).collect();
    fs::write(at.join("all.mbox"), mbox()).unwrap();
    assert_eq!(
        lines(&ok(at, &["bounce", "classify", "all.mbox"], "")),
        wanted
    );

    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(at.join("Maildir").join(part)).unwrap();
    }
    for (number, (name, _)) in expected().iter().enumerate() {
        let part = if number < 10 { "new" } else { "cur" };
        let file = at
            .join("Maildir")
            .join(part)
            .join(format!("{number:03}.x:2,S"));
        fs::write(file, message(name)).unwrap();
    }
    fs::write(at.join("Maildir/tmp/999"), "half a mess").unwrap();
    assert_eq!(
        lines(&ok(at, &["bounce", "classify", "Maildir"], "")),
        wanted
    );

    let one = String::from_utf8(message("qmail.eml")).unwrap();
    for arguments in [&["bounce", "classify", "-"][..], &["bounce", "classify"]] {
        let printed = ok(at, arguments, &one);
        let line: Value = serde_json::from_str(printed.trim()).unwrap();
        assert_eq!(line["file"], "-");
        assert_eq!(line["kind"], "hard");
    }
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let good = fixtures().join("exim.eml").display().to_string();
    let output = run(at, &["bounce", "classify", "gone.eml", &good], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("gone.eml"));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines(&printed).len(), 1);
    assert_eq!(lines(&printed)[0]["reason"], "mailbox-full");
    let wrong = run(at, &["bounce", "classify", "--wrong"], "");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        fs::read_dir(at).unwrap().next().is_none(),
        "something was stored"
    );
}

#[test]
fn what_came_back_tells_the_way_to_the_reader() {
    let report = read(&message("arf-redacted.eml"));
    assert_eq!(report.kind, ReportKind::Complaint);
    assert_eq!(report.message_id.as_deref(), Some("17@news.example"));
    assert_eq!(
        report.unsubscribe.as_deref(),
        Some("https://news.example/unsubscribe/abc")
    );
    assert_eq!(report.sent_to, ["abuse@news.example"]);
    let report = read(&message("forwarded-address.eml"));
    assert_eq!(report.recipient.as_deref(), Some("ada.l@inner.x.example"));
    assert_eq!(report.original_recipient.as_deref(), Some("ada@x.example"));
    assert_eq!(report.sent_to, ["bounce+17@news.example"]);
}

/// What holds of any report.
fn is_bounded(report: &Report) -> bool {
    let texts = [
        &report.recipient,
        &report.status,
        &report.message_id,
        &report.diagnostic,
    ];
    let is_short = texts
        .iter()
        .filter_map(|text| text.as_deref())
        .all(|text| text.chars().count() <= Report::MOST_WORDS && !text.contains(['\n', '\r']));
    let is_known = report.kind != ReportKind::Hard || report.reason.failure() == ReportKind::Hard;
    is_short && is_known && report.sent_to.len() <= 20
}

#[test]
fn what_is_made_to_hurt_takes_no_long_time() {
    let part = |boundary: &str| {
        format!("Content-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n")
    };
    let deep: String = (0..100_000).map(|n| part(&format!("b{n}"))).collect();
    let mut many = part("b");
    (0..200_000).for_each(|_| many.push_str("--b\n\nx\n"));
    let inside = "Content-Type: message/rfc822\n\n".repeat(200_000);
    let mut groups = "Content-Type: message/delivery-status\n\n".to_owned();
    for n in 0..100_000 {
        let _ = write!(
            groups,
            "Final-Recipient: rfc822; a{n}@x.example\nAction: delivered\n\n"
        );
    }
    let daemon = "From: MAILER-DAEMON@x.example\nSubject: failure notice\n";
    let tags = format!(
        "{daemon}Content-Type: text/html\n\n{}",
        "<".repeat(5_000_000)
    );
    let cases: [(&str, Vec<u8>); 10] = [
        ("parts in parts", deep.into_bytes()),
        ("many parts", many.into_bytes()),
        ("mails in mails", inside.into_bytes()),
        ("many groups", groups.into_bytes()),
        (
            "one line",
            format!("{daemon}\n{}", "x".repeat(12_000_000)).into_bytes(),
        ),
        (
            "one field",
            format!("Subject: {}", "failed ".repeat(2_000_000)).into_bytes(),
        ),
        (
            "folded",
            format!("Subject: a\n{}\n", " x\n".repeat(3_000_000)).into_bytes(),
        ),
        (
            "addresses",
            format!("{daemon}\n{}", "a@x.example ".repeat(800_000)).into_bytes(),
        ),
        ("nothing", vec![0; 10_000_000]),
        ("tags", tags.into_bytes()),
    ];
    for (what, bytes) in cases {
        let began = Instant::now();
        let report = read(&bytes);
        let took = began.elapsed();
        // A build without optimisation on a busy machine is twenty times slower.
        assert!(took < Duration::from_secs(10), "{what}: {took:?}");
        assert!(is_bounded(&report), "{what}: {report:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert!(is_bounded(&read(&bytes)));
    }

    #[test]
    fn no_change_to_a_report_makes_it_panic(
        which in any::<prop::sample::Index>(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..60_usize, "[<>:;=/\\-\\[\\]\"'@.\r\n a-z0-9\u{0}-\u{ff}]{0,12}"), 1..12),
    ) {
        let all = expected();
        let mut bytes = message(&all[which.index(all.len())].0);
        for (at, length, put) in cuts {
            let from = at.index(bytes.len().max(1)).min(bytes.len());
            let to = (from + length).min(bytes.len());
            bytes.splice(from..to, put.bytes());
        }
        prop_assert!(is_bounded(&read(&bytes)));
    }
}
