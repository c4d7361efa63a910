//! Fetching feeds from a server that behaves, and from servers that do not.

#![allow(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use std::io::Write as _;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use paperround::domain::clock::Time;
use paperround::feeds::fetch::{AskError, FetchError, FetchLimits, Fetched, Fetcher, Validators};
use paperround::feeds::parse::{ParseError, parse};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const FEED: &str = include_str!("../fixtures/feeds/town.rss.xml");
const MAX_BYTES: usize = 100_000;

/// Small by its size alone.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    zip.write_all(&vec![b' '; 50_000_000]).unwrap();
    let zipped = zip.finish().unwrap();
    assert!(zipped.len() < MAX_BYTES);
    zipped
});

fn now() -> Time {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn fetcher(allow_private_addresses: bool) -> Fetcher {
    Fetcher::new(FetchLimits {
        max_bytes: MAX_BYTES,
        timeout: Duration::from_secs(2),
        allow_private_addresses,
        host_gap: Duration::ZERO,
    })
    .unwrap()
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Answers requests by their path until the test ends.
async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(respond(stream));
        }
    });
    format!("http://{address}")
}

async fn respond(mut stream: TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        // What does not start as a request does is an attempt at TLS.
        if !request.is_empty() && !request.starts_with(b"GET") {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            return;
        }
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    let request = String::from_utf8(request).unwrap().to_lowercase();
    let path = request.split(' ').nth(1).unwrap().to_owned();
    if path == "/slow" {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            .await;
        while stream.write_all(b"<").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        return;
    }
    // A client that has seen enough may hang up.
    let _ = stream.write_all(&scripted(&path, &request)).await;
}

fn scripted(path: &str, request: &str) -> Vec<u8> {
    match path {
        "/feed" if request.contains("if-none-match: \"v1\"") => {
            answer("304 Not Modified\r\nETag: \"v1\"", b"")
        }
        "/feed" => {
            assert!(request.contains("user-agent: paperround/"), "{request}");
            assert!(request.contains("application/atom+xml"), "{request}");
            let head = "200 OK\r\nETag: \"v1\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT";
            answer(head, FEED.as_bytes())
        }
        "/moved" => answer("301 Moved Permanently\r\nLocation: /feed", b""),
        "/loop" => answer("302 Found\r\nLocation: /loop", b""),
        "/nowhere" => answer("302 Found", b""),
        "/file" => answer("302 Found\r\nLocation: file:///etc/passwd", b""),
        "/large" => answer("200 OK", &vec![b'x'; MAX_BYTES + 1]),
        "/unannounced" => {
            let mut bytes = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
            bytes.extend_from_slice(&vec![b'x'; 2 * MAX_BYTES]);
            bytes
        }
        "/bomb" => answer("200 OK\r\nContent-Encoding: gzip", &BOMB),
        "/zipped" => {
            let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            zip.write_all(FEED.as_bytes()).unwrap();
            answer("200 OK\r\nContent-Encoding: gzip", &zip.finish().unwrap())
        }
        "/html" => answer("200 OK", b"<!doctype html><title>Hello</title>"),
        "/busy" => answer("503 Service Unavailable\r\nRetry-After: 120", b""),
        "/later" => {
            let head = "429 Too Many Requests\r\nRetry-After: Thu, 01 Jan 2026 01:00:00 GMT";
            answer(head, b"")
        }
        "/gone" => answer("410 Gone", b""),
        "/cut" => b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>".to_vec(),
        _ => answer("404 Not Found", b""),
    }
}

async fn fetch(path: &str) -> Result<Fetched, FetchError> {
    let url = format!("{}{path}", serve().await);
    fetcher(true)
        .fetch(&url, &Validators::default(), now())
        .await
}

#[tokio::test]
async fn asks_again_with_what_the_server_said() {
    let url = format!("{}/feed", serve().await);
    let fetcher = fetcher(true);
    let first = fetcher
        .fetch(&url, &Validators::default(), now())
        .await
        .unwrap();
    let Fetched::Body {
        bytes,
        final_url,
        etag,
        last_modified,
        moved_to: None,
        ..
    } = first
    else {
        panic!("{first:?}");
    };
    assert_eq!(bytes, FEED.as_bytes());
    assert_eq!(final_url.as_str(), url);
    assert_eq!(etag.as_deref(), Some("\"v1\""));
    assert_eq!(
        last_modified.as_deref(),
        Some("Thu, 01 Jan 2026 00:00:00 GMT")
    );

    let validators = Validators {
        etag,
        last_modified,
    };
    let second = fetcher.fetch(&url, &validators, now()).await.unwrap();
    let Validators {
        etag,
        last_modified,
    } = validators;
    assert_eq!(
        second,
        Fetched::NotModified {
            etag,
            last_modified,
            moved_to: None
        }
    );
}

#[tokio::test]
async fn follows_redirects_within_reason() {
    let moved = fetch("/moved").await.unwrap();
    assert!(matches!(moved, Fetched::Body { final_url, .. } if final_url.path() == "/feed"));
    assert!(matches!(
        fetch("/loop").await,
        Err(FetchError::TooManyRedirects)
    ));
    assert!(matches!(
        fetch("/nowhere").await,
        Err(FetchError::BadRedirect)
    ));
    assert!(matches!(fetch("/file").await, Err(FetchError::BadUrl(_))));
}

#[tokio::test]
async fn keeps_out_of_private_networks() {
    let port = serve().await.rsplit(':').next().unwrap().to_owned();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
    ] {
        let url = format!("http://{host}:{port}/feed");
        let refused = fetcher(false)
            .fetch(&url, &Validators::default(), now())
            .await;
        let error = refused.unwrap_err();
        assert!(
            matches!(error, FetchError::PrivateAddress { .. }),
            "{url}: {error}"
        );
        assert!(error.to_string().contains("feeds.allow_private_addresses"));
    }
}

#[tokio::test]
async fn refuses_addresses_that_are_none() {
    for url in [
        "",
        "feed.xml",
        "ftp://a.example/",
        "file:///etc/passwd",
        "http://u:p@a.example/",
    ] {
        let refused = fetcher(true)
            .fetch(url, &Validators::default(), now())
            .await;
        assert!(matches!(refused, Err(FetchError::BadUrl(_))), "{url}");
    }
}

#[tokio::test]
async fn stops_at_the_size_limit() {
    // Not within the time that a fetch has.
    LazyLock::force(&BOMB);
    for path in ["/large", "/unannounced", "/bomb"] {
        let error = fetch(path).await.unwrap_err();
        assert!(
            matches!(error, FetchError::TooLarge { max: MAX_BYTES }),
            "{path}: {error}"
        );
    }
    let zipped = fetch("/zipped").await.unwrap();
    assert!(matches!(zipped, Fetched::Body { bytes, .. } if bytes == FEED.as_bytes()));
}

#[tokio::test]
async fn stops_at_the_time_limit() {
    let started = Instant::now();
    let error = fetch("/slow").await.unwrap_err();
    assert!(matches!(error, FetchError::Timeout(_)), "{error}");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(error.to_string().contains("2 seconds"), "{error}");
}

#[tokio::test]
async fn tells_failures_apart() {
    let retry = |seconds| Some(Duration::from_secs(seconds));
    for (path, code, wait) in [
        ("/busy", 503, retry(120)),
        ("/later", 429, retry(3600)),
        ("/none", 404, None),
    ] {
        match fetch(path).await {
            Err(FetchError::Status {
                status,
                retry_after,
            }) => {
                assert_eq!((status, retry_after), (code, wait), "{path}");
            }
            other => panic!("{path}: {other:?}"),
        }
    }
    assert!(matches!(fetch("/gone").await, Err(FetchError::Gone)));
    assert!(matches!(fetch("/cut").await, Err(FetchError::Body(_))));

    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let ask = |url: String| async move {
        fetcher(true)
            .fetch(&url, &Validators::default(), now())
            .await
    };
    let refused = ask(format!("http://{nobody}/")).await;
    assert!(
        matches!(refused, Err(FetchError::Connect { .. })),
        "{refused:?}"
    );
    let not_tls = ask(serve().await.replace("http:", "https:")).await;
    assert!(
        matches!(not_tls, Err(FetchError::Tls { .. })),
        "{not_tls:?}"
    );
}

#[tokio::test]
async fn an_html_page_is_told_as_such() {
    let Ok(Fetched::Body {
        bytes, final_url, ..
    }) = fetch("/html").await
    else {
        panic!("the page itself can be fetched");
    };
    let error = parse(&bytes, Some(&final_url)).unwrap_err();
    assert!(matches!(error, ParseError::HtmlPage { .. }), "{error}");
}

#[tokio::test]
async fn hubs_are_asked_behind_the_same_guard_as_feeds() {
    let form = [("hub.mode", "subscribe")];
    for hub in [
        "http://127.0.0.1:9/",
        "http://[::ffff:10.0.0.1]/",
        "http://localhost:9/",
        "http://2130706433/",
    ] {
        let asked = fetcher(false).ask_hub(hub, &form, now()).await;
        let refused = matches!(
            asked,
            Err(AskError::Unreachable(FetchError::PrivateAddress { .. }))
        );
        assert!(refused, "{hub}: {asked:?}");
    }
}
