//! Where the links of a mail lead.

use std::collections::BTreeSet;

use url::Url;

use super::named;
use crate::feeds::guard;
use crate::feeds::outline::outline;
use crate::services::Deps;
use crate::services::coming_issue::Placed;
use crate::services::doctor::Finding;

/// Ends of names that only a machine or a network of one's own knows.
const LOCAL: [&str; 6] = [
    ".home.arpa",
    ".internal",
    ".intranet",
    ".lan",
    ".local",
    ".localhost",
];

/// Why readers cannot go to an address; `None` where they may.
pub(super) fn refusal(link: &str) -> Option<String> {
    if link.is_empty() || link == "#" {
        return Some("leads nowhere".to_owned());
    }
    let Ok(url) = Url::parse(link) else {
        return Some("is no whole address".to_owned());
    };
    match url.scheme() {
        "mailto" | "tel" => return None,
        "http" | "https" => {}
        scheme => return Some(format!("is {scheme}:, which mailboxes do not open")),
    }
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    if let Some(kind) = guard::literal(&url).and_then(guard::refusal) {
        return Some(format!("leads to a {kind} address"));
    }
    let is_local = host == "localhost" || LOCAL.iter().any(|end| host.ends_with(end));
    let is_bare = !host.contains(['.', ':']);
    (is_local || is_bare).then(|| "leads to a name that only your network knows".to_owned())
}

/// What is wrong with links; those of the service itself are looked at elsewhere.
pub(super) fn findings(deps: &Deps, html: &str, shown: &[&Placed]) -> Vec<Finding> {
    let own = deps.limits.public_url.as_str();
    // Where clicks are counted, the mail has an address of ours in the place of an article's.
    let articles = shown.iter().map(|p| p.shown.content.url.clone());
    let links: BTreeSet<String> = outline(html).links.into_iter().chain(articles).collect();
    let others: Vec<&String> = links.iter().filter(|link| !link.starts_with(own)).collect();
    let wrong = |link: &&String| refusal(link).map(|why| format!("{link:?} {why}"));
    let told: Vec<String> = others.iter().filter_map(wrong).collect();
    let plain = shown
        .iter()
        .filter(|p| p.shown.content.url.starts_with("http:"));
    let plain: Vec<String> = plain.map(|p| p.shown.content.title.clone()).collect();
    let mut found = Vec::new();
    if told.is_empty() {
        let count = others.len();
        found.push(Finding::ok(
            "Links",
            "",
            match count {
                1 => "1 leads to the web".to_owned(),
                count => format!("{count} lead to the web"),
            },
        ));
    } else {
        let remedy = "mend the article, the intro or the notice that has it";
        found.push(Finding::fail("Links", "", named(&told), remedy));
    }
    if !plain.is_empty() {
        let text = format!("without TLS (http:): {}", named(&plain));
        found.push(Finding::warn(
            "Links",
            "",
            text,
            "use https where the site has it",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_readers_can_follow_are_told_from_others() {
        for fine in [
            "https://ledger.example/a",
            "http://1.1.1.1/",
            "mailto:a@b.example",
        ] {
            assert_eq!(refusal(fine), None, "{fine}");
        }
        for (wrong, why) in [
            ("", "leads nowhere"),
            ("#", "leads nowhere"),
            ("/articles/1", "is no whole address"),
            ("javascript:alert(1)", "is javascript:"),
            ("ftp://x.example/", "is ftp:"),
            ("http://127.0.0.1:8080/", "a loopback address"),
            ("http://[::1]/", "a loopback address"),
            ("https://192.168.1.7/x", "a private address"),
            ("http://localhost/", "only your network knows"),
            ("https://wiki/", "only your network knows"),
            ("https://news.internal/", "only your network knows"),
        ] {
            let told = refusal(wrong).unwrap();
            assert!(told.contains(why), "{wrong}: {told}");
        }
    }
}
