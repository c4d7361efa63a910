//! Signed mails on their way to readers, and the ones that `tests/dkim/run` has dkimpy verify.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use paperround::config::dkim::Dkim;
use paperround::demo::mailbox::Mailbox;
use paperround::mail::dkim::{Algorithm, DkimKeyConfig, DkimKeys, SignedBy};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::cli::{CREATE, fails, ok, run};
use crate::support::TestApp;

const KINDS: [(&str, &str, Algorithm); 3] = [
    ("rsa", "rsa2048-pkcs1.pem", Algorithm::RsaSha256),
    ("small", "rsa1536.pem", Algorithm::RsaSha256),
    ("ed", "ed25519.pem", Algorithm::Ed25519Sha256),
];

fn key_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/dkim")
        .join(name)
}

fn keys(selectors: &[&str]) -> DkimKeys {
    let chosen = KINDS.iter().filter(|(s, ..)| selectors.contains(s));
    let entries: Vec<DkimKeyConfig> = chosen
        .map(|(selector, file, algorithm)| DkimKeyConfig {
            domain: "ledger.example".to_owned(),
            signed_by: SignedBy::Key {
                selector: (*selector).to_owned(),
                algorithm: *algorithm,
                private_key: SecretString::from(std::fs::read_to_string(key_file(file)).unwrap()),
                origin: (*file).to_owned(),
            },
        })
        .collect();
    DkimKeys::load(&entries).unwrap()
}

/// A service whose publication has two keys.
async fn signing_app() -> TestApp {
    let mailbox = Mailbox::new();
    TestApp::with(Arc::new(mailbox.clone()), mailbox, |settings| {
        for (selector, file, algorithm) in [KINDS[0], KINDS[2]] {
            let entry =
                Dkim::with_key_file("ledger.example", selector, algorithm.name(), key_file(file));
            settings.dkim.push(entry);
        }
    })
    .await
}

fn signatures(mail: &str) -> usize {
    mail.matches("DKIM-Signature: ").count()
}

#[tokio::test]
async fn confirmations_and_digests_go_out_with_a_signature_of_each_key() {
    let app = signing_app().await;
    let digest = app.digest("daily", None, 1).await;
    app.subscribe("ann@inbox.example", "").await;
    let confirmation = app.newest("ann@inbox.example").source();
    assert!(confirmation.starts_with("DKIM-Signature: v=1; a=rsa-sha256;"));
    assert_eq!(signatures(&confirmation), 2, "{confirmation}");
    app.article("one", "One", &[]).await;
    app.send(&digest).await;
    let digest = app.newest("ann@inbox.example").source();
    assert_eq!(signatures(&digest), 2, "{digest}");
    let unfolded = digest.replace("\r\n ", "");
    assert!(
        unfolded.contains("list-unsubscribe:list-unsubscribe-post:"),
        "{unfolded}"
    );
    export(
        "sent",
        &[("confirmation", confirmation, 2), ("digest", digest, 2)],
    );
}

#[tokio::test]
async fn mails_of_every_shape_are_signed() {
    let bodies = [
        ("empty", String::new()),
        ("plain", "Hello.\r\n".to_owned()),
        ("spaces", "a \r\n\tb\t \tc  \r\n   \r\n d\r\n".to_owned()),
        ("no-end", "a last line without an end".to_owned()),
        ("empty-lines", "a\r\n\r\n\r\n \r\n\r\n".to_owned()),
        ("dots", ".\r\n..\r\n. a\r\n.b\r\n".to_owned()),
        ("large", large_html()),
    ];
    let now = "2026-03-02T08:00:00Z".parse().unwrap();
    let mut mails = Vec::new();
    for selectors in [&["rsa"][..], &["small"], &["ed"], &["rsa", "ed"]] {
        let keys = keys(selectors);
        for (name, body) in &bodies {
            let mail = format!("{HEADER}\r\n{body}").into_bytes();
            let signed = keys.seal("news.ledger.example", mail, now).unwrap();
            let signed = String::from_utf8(signed).unwrap();
            assert_eq!(signatures(&signed), selectors.len());
            let name = format!("{name}-{}", selectors.join("-"));
            mails.push((name, signed, selectors.len()));
        }
    }
    let mails: Vec<_> = mails
        .iter()
        .map(|(name, mail, count)| (name.as_str(), mail.clone(), *count))
        .collect();
    export("shapes", &mails);
}

const HEADER: &str = "From: =?utf-8?b?RGVyIEJvdGU=?= <bote@news.ledger.example>\r\n\
    To: \"Ann, B.\"   <ann@inbox.example>\r\n\
    Subject: A subject that is\r\n\tfolded  and has   spaces \r\n\
    Date: Mon, 2 Mar 2026 08:00:00 +0000\r\n\
    Message-ID: <1@news.ledger.example>\r\n\
    Reply-To: <desk@ledger.example>\r\n\
    List-Id: \"The Ledger\" <ledger.news.ledger.example>\r\n\
    List-Unsubscribe: <https://news.example/unsubscribe/abc>\r\n\
    List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\
    Precedence: bulk\r\n\
    Feedback-ID: daily-1:ledger:digest:paperround\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: text/html; charset=utf-8\r\n\
    Content-Transfer-Encoding: 8bit\r\n";

/// 30 KB with everything that canonicalisation touches.
fn large_html() -> String {
    let lines = [
        "<p>The ferry on the northern route is   late.</p>\r\n",
        "  <td style=\"padding:0\">\t\tTwo tabs and a blank at the end \r\n",
        ".A line that begins with a dot\r\n",
        "\r\n",
        " \t \r\n",
        "Grüße aus Österreich\t\r\n",
    ];
    let mut html = String::new();
    while html.len() < 30 * 1024 {
        html.extend(lines);
    }
    html.push_str("</html>  \r\n\r\n \r\n\r\n");
    html
}

#[test]
fn a_generated_key_goes_into_the_settings_as_printed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut settings = String::new();
    for (arguments, file) in [
        (
            &["--json", "dkim", "generate", "Example.org"][..],
            "dkim-example.org-s1.pem",
        ),
        (
            &[
                "--json",
                "dkim",
                "generate",
                "example.org",
                "--selector",
                "e1",
                "--algorithm",
                "ed25519-sha256",
                "--out",
                "ed.pem",
            ],
            "ed.pem",
        ),
    ] {
        let made: Value = serde_json::from_str(&ok(at, arguments, "")).unwrap();
        assert_eq!(made["private_key_file"], file);
        let mode = std::fs::metadata(at.join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let key = std::fs::read_to_string(at.join(file)).unwrap();
        let secret = key.lines().nth(1).unwrap();
        assert!(!made.to_string().contains(secret), "the key is printed");
        settings.push_str(made["config"].as_str().unwrap());
        settings.push('\n');
        // Never over an existing file.
        assert!(fails(at, arguments, 1).contains("never replaced"));
        assert_eq!(std::fs::read_to_string(at.join(file)).unwrap(), key);
    }
    std::fs::write(at.join("paperround.toml"), settings).unwrap();
    ok(at, &["config", "check"], "");
    let shown = ok(at, &["--json", "dkim", "show"], "");
    let shown: Vec<Value> = shown
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let names: Vec<_> = shown
        .iter()
        .map(|r| r["record"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["e1._domainkey.example.org", "s1._domainkey.example.org"]
    );
    let text = ok(at, &["dkim", "show"], "");
    for record in &shown {
        assert!(text.contains(record["record"]["value"].as_str().unwrap()));
        let strings = record["record"]["strings"].as_array().unwrap();
        assert!(
            strings
                .iter()
                .all(|s| text.contains(&format!("\"{}\"", s.as_str().unwrap())))
        );
    }
    assert!(fails(at, &["dkim", "generate", "localhost"], 2).contains("example.org"));
    fails(
        at,
        &["dkim", "generate", "example.org", "--bits", "1024"],
        2,
    );
}

#[test]
fn a_wrong_key_is_named_by_config_check_and_shown_by_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let entry = |file: &str| {
        format!(
            "[[dkim]]\ndomain = \"example.org\"\nselector = \"s1\"\nprivate_key_file = {file:?}\n"
        )
    };
    let write = |text: &str| std::fs::write(at.join("paperround.toml"), text).unwrap();
    let check = ["config", "check"];

    let short = key_file("rsa768.pem").display().to_string();
    write(&entry(&short));
    for arguments in [&check[..], &["serve"], &["publication", "list"]] {
        let said = fails(at, arguments, 1);
        assert!(said.contains("s1._domainkey.example.org"), "{said}");
        assert!(said.contains(&short) && said.contains("768 bits"), "{said}");
    }
    write(&entry("missing.pem"));
    let said = fails(at, &check, 1);
    assert!(
        said.contains("missing.pem") && said.contains("s1._domainkey"),
        "{said}"
    );

    let pem = std::fs::read_to_string(key_file("ed25519.pem")).unwrap();
    write(&format!(
        "[[dkim]]\ndomain = \"example.org\"\nselector = \"s1\"\nprivate_key = \"\"\"\n{pem}\"\"\"\n"
    ));
    let secret = pem.lines().nth(1).unwrap();
    assert!(!fails(at, &check, 1).contains(secret), "the key is shown");
    let shown = run(at, &["config", "show"], "").stdout;
    let shown = String::from_utf8(shown).unwrap();
    assert!(
        shown.contains("dkim[0].private_key = \"***\"") && !shown.contains(secret),
        "{shown}"
    );

    write(&entry(&key_file("rsa1536.pem").display().to_string()));
    let warned = run(at, &check, "");
    assert!(warned.status.success());
    assert!(
        String::from_utf8(warned.stderr)
            .unwrap()
            .contains("1536 bits")
    );
}

#[test]
fn serve_warns_of_a_publication_whose_mails_nobody_signs() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    ok(at, &CREATE, "");
    let said = |settings: &str| {
        std::fs::write(at.join("paperround.toml"), settings).unwrap();
        let mut service = Command::new(env!("CARGO_BIN_EXE_paperround"))
            .args(["serve", "--only", "scheduler"])
            .env_remove("RUST_LOG")
            .current_dir(at)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(service.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        for line in lines.map(Result::unwrap) {
            let is_up = line.contains("paperround works");
            said.push(line);
            if is_up {
                break;
            }
        }
        service.kill().unwrap();
        service.wait().unwrap();
        said.join("\n").matches("not signed").count()
    };
    assert_eq!(said(""), 1);
    let relay = "[[dkim]]\ndomain = \"ledger.example\"\nsigned_by = \"relay\"\n";
    assert_eq!(said(relay), 0);
    assert_eq!(said(&relay.replace("ledger", "other")), 1);
}

/// Leaves mails and key records where `tests/dkim/run` looks for them.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its runner where to leave the mails"
)]
fn export(group: &str, mails: &[(&str, String, usize)]) {
    let Ok(folder) = std::env::var("PAPERROUND_DKIM_MAILS") else {
        return;
    };
    let records: serde_json::Map<String, Value> = keys(&["rsa", "small", "ed"])
        .records()
        .iter()
        .map(|record| (record.name(), json!(record.value())))
        .collect();
    let mut listed = Vec::new();
    for (name, mail, signatures) in mails {
        let file = format!("{group}-{name}.eml");
        std::fs::write(Path::new(&folder).join(&file), mail).unwrap();
        listed.push(json!({ "file": file, "signatures": signatures }));
    }
    let list = json!({ "records": records, "mails": listed });
    let file = Path::new(&folder).join(format!("{group}.json"));
    std::fs::write(file, list.to_string()).unwrap();
}
