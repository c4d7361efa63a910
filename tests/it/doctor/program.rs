//! The command itself: exit codes, lines, JSON.

use std::process::Command;

use serde_json::Value;

use super::Zone;
use crate::cli::{CREATE, fails, ok};
use crate::smtp_session::player::Player;

fn doctor(folder: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_paperround"))
        .arg("doctor")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_says_whether_something_fails() {
    let zone = Zone::default()
        .txt("ledger.example", "v=spf1 ip4:9.9.9.9 ~all")
        .txt("_dmarc.ledger.example", "v=DMARC1; p=none")
        .mx("ledger.example", "mx.ledger.example")
        .address("mx.ledger.example", "9.9.9.9");
    let well = zone.clone().serve().await.to_string();
    let ill = zone.without("ledger.example").serve().await.to_string();
    let relay = Player::plain(|_| None).await;
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(
        at.join("paperround.toml"),
        format!(
            "[http]\npublic_url = \"http://127.0.0.1:1\"\n[[relay]]\nurl = \"smtp://{}\"\n",
            relay.address
        ),
    )
    .unwrap();
    ok(at, &CREATE, "");

    let (code, text) = doctor(at, &["--resolver", &well]);
    assert_eq!(code, Some(0), "{text}");
    let checks: Vec<&str> = text
        .lines()
        .map(|line| {
            line[6..]
                .split(':')
                .next()
                .unwrap()
                .split(' ')
                .next()
                .unwrap()
        })
        .collect();
    assert_eq!(
        checks,
        [
            "settings", "secret", "database", "disk", "clock", "workers", "public", "relay",
            "EHLO", "reverse", "signing", "SPF", "DMARC", "MX"
        ],
        "{text}"
    );
    assert!(!text.contains('\x1b'), "no colours away from a terminal");
    assert!(text.lines().any(|line| line.starts_with("warn  workers: ")));

    let (code, text) = doctor(at, &["ledger", "--json", "--resolver", &ill]);
    assert_eq!(code, Some(1), "{text}");
    let spf = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|finding| finding["check"] == "SPF")
        .unwrap();
    assert_eq!(spf["subject"], "ledger.example");
    assert_eq!(spf["result"], "fail");
    assert!(spf["found"].is_string() && spf["remedy"].as_str().unwrap().contains("v=spf1"));

    fails(at, &["doctor", "nothing", "--resolver", &well], 1);
    fails(at, &["doctor", "--resolver", "127.0.0.1:x"], 1);
    std::fs::write(at.join("paperround.toml"), "[http]\nlisten_on = \"x\"\n").unwrap();
    let (code, text) = doctor(at, &[]);
    assert_eq!(code, Some(1));
    assert!(
        text.starts_with("fail  settings: ") && text.contains("listen_on"),
        "{text}"
    );
}
