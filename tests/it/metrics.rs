//! What Prometheus reads of the real program.

use std::net::SocketAddr;
use std::process::Command;

use crate::support::program::{KEY, Served, until};

fn free() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let Ok(mut stream) = tokio::net::TcpStream::connect(address).await else {
        return (0, String::new());
    };
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

#[tokio::test]
async fn a_process_shows_how_things_stand_and_what_it_has_done() {
    let folder = tempfile::tempdir().unwrap();
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paperround"));
        command
            .current_dir(folder.path())
            .env("PAPERROUND__SECURITY__SECRET_KEY", KEY);
        command
    };
    let (web, metrics) = (free(), free());
    let made = program()
        .args(["publication", "create", "ledger", "--name", "The Ledger"])
        .args([
            "--from",
            "The Ledger <news@ledger.example>",
            "--postal-address",
            "1 Old Quay",
        ])
        .args(["--timezone", "UTC"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let mut command = program();
    command
        .env("PAPERROUND__HTTP__LISTEN", web.to_string())
        .env("PAPERROUND__METRICS__LISTEN", metrics.to_string())
        .arg("serve");
    let mut served = Served::start(&mut command);
    until("a worker", async || get(web, "/readyz").await.0 == 200).await;
    assert_eq!(get(web, "/confirm/secret-of-a-reader").await.0, 404);
    let (status, shown) = get(metrics, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "content-type: text/plain; version=0.0.4",
        "# TYPE paperround_http_requests_total counter",
        "paperround_http_requests_total{method=\"GET\",route=\"/confirm/{token}\",status=\"404\"} 1",
        "# TYPE paperround_http_request_seconds histogram",
        "# HELP paperround_subscriptions Readers by publication and state.",
        "paperround_subscriptions{publication=\"ledger\",state=\"confirmed\"} 0",
        "paperround_issues{publication=\"ledger\",state=\"sending\"} 0",
        "paperround_due{what=\"notices\"} 0",
        "paperround_workers 1",
        "paperround_sending_held 0",
        "state=\"not used yet\"} 1",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(!shown.contains("secret-of-a-reader"), "paths hold tokens");
    // The address of the pages does not show it, nor this one the pages.
    assert_eq!(get(web, "/metrics").await.0, 404);
    assert_eq!(get(metrics, "/admin").await.0, 404);
    let (ended, _) = served.terminate().await;
    assert!(ended.success());
}
