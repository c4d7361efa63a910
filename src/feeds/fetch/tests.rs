//! Addresses and headers, without a network.

use std::net::SocketAddr;

use super::resolver::admit;
use super::*;

fn addresses(list: &[&str]) -> Vec<SocketAddr> {
    list.iter()
        .map(|a| SocketAddr::new(a.parse().unwrap(), 0))
        .collect()
}

#[test]
fn only_public_addresses_are_connected_to() {
    let mixed = || addresses(&["10.0.0.1", "1.1.1.1", "::1"]);
    let admitted: Vec<_> = admit(mixed(), false).ok().unwrap().collect();
    assert_eq!(admitted, addresses(&["1.1.1.1"]));
    assert_eq!(admit(mixed(), true).ok().unwrap().count(), 3);
    let refused = admit(addresses(&["127.0.0.1", "::1"]), false)
        .err()
        .unwrap();
    assert_eq!(refused.0, "loopback");
}

#[test]
fn reads_retry_after() {
    let now: Time = "2026-01-01T00:00:00Z".parse().unwrap();
    let read = |value: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(value));
        retry_after(&headers, now)
    };
    assert_eq!(read("120"), Some(Duration::from_secs(120)));
    let date = "Thu, 01 Jan 2026 00:05:00 GMT";
    assert_eq!(read(date), Some(Duration::from_secs(300)));
    let past = "Wed, 31 Dec 2025 00:05:00 GMT";
    assert_eq!(read(past), Some(Duration::ZERO));
    assert_eq!(read("soon"), None);
}
