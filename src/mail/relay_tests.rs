//! The settings of a relay: what is taken, what is refused, what is never shown.

use secrecy::ExposeSecret as _;

use super::*;

fn parse(url: &str) -> Result<Relay, RelayError> {
    Relay::parse(&RelayConfig::new("main", url))
}

#[test]
fn the_scheme_sets_protection_and_port() {
    for (url, security, endpoint) in [
        ("smtp://127.0.0.1", Security::Plain, "127.0.0.1:25"),
        ("smtp://[::1]:2525", Security::Plain, "[::1]:2525"),
        (
            "smtp+starttls://mx.example",
            Security::StartTls,
            "mx.example:587",
        ),
        (
            "smtps://Bücher.example/",
            Security::Implicit,
            "xn--bcher-kva.example:465",
        ),
    ] {
        let relay = parse(url).unwrap();
        assert_eq!(relay.security(), security, "{url}");
        assert_eq!(relay.endpoint(), endpoint, "{url}");
    }
}

#[test]
fn credentials_are_percent_decoded_and_never_shown() {
    let relay = parse("smtps://ann%40example.org:p%40ss%2F%C3%BC%25@mx.example").unwrap();
    let (user, password) = relay.0.credentials.as_ref().unwrap();
    assert_eq!(user, "ann@example.org");
    assert_eq!(password.expose_secret(), "p@ss/ü%");
    assert!(!format!("{relay:?}").contains("p@ss"));
    let config = RelayConfig::new("main", "smtp://u:secret@host");
    assert!(!format!("{config:?}").contains("secret"));
}

#[test]
fn errors_say_what_is_wrong_but_not_the_password() {
    for url in [
        "mx.example:25",
        "http://u:geheim@mx.example",
        "smtp://u:gehe/im@mx.example",
        "smtp://u:geheim#@mx.example",
        "smtp://u:geheim@mx.example:99999",
        "smtp://u:geheim@mx.example:0",
        "smtp://u:geheim@",
        "smtp://u:geheim@a b",
        "smtp://:geheim@mx.example",
        "smtp://u@mx.example",
        "smtp://mx.example/?x=1",
        "smtp://",
        "",
    ] {
        let error = parse(url).unwrap_err().to_string();
        assert!(error.starts_with("relay \"main\": "), "{url}: {error}");
        assert!(
            !error.contains("geheim") && !error.contains("gehe"),
            "{error}"
        );
    }
}

#[test]
fn the_greeting_is_a_name_or_a_literal() {
    assert_eq!(hello("news.example").unwrap().to_string(), "news.example");
    assert_eq!(hello("192.0.2.1").unwrap().to_string(), "[192.0.2.1]");
    assert_eq!(hello("[IPv6:::1]").unwrap().to_string(), "[IPv6:::1]");
    for wrong in ["", "a b", "a\r\nMAIL", "ü"] {
        assert!(hello(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_password_in_the_clear_is_noticed() {
    assert!(
        parse("smtp://u:p@mx.example")
            .unwrap()
            .sends_password_in_clear()
    );
    for url in [
        "smtp://u:p@127.0.0.1",
        "smtp://mx.example",
        "smtps://u:p@mx.example",
    ] {
        assert!(!parse(url).unwrap().sends_password_in_clear(), "{url}");
    }
}
