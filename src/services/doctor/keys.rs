//! Checks of DKIM keys: they can be read, and DNS publishes their other half.

use super::{Case, Finding, KeyCase, dns, limited, unanswered};
use crate::mail::dkim::KeyRecord;
use crate::mail::dns::Dns;

const CHECK: &str = "DKIM";

/// A `[[dkim]]`, which holds one key at most.
pub(super) async fn check(case: &Case, key: &KeyCase) -> Vec<Finding> {
    if key.is_signed_by_relay {
        let found = "the relay signs; see there for its key and that d= fits the sender";
        return vec![Finding::ok(CHECK, &key.name, found)];
    }
    let keys = match &key.keys {
        Ok(keys) => keys,
        Err(text) => {
            let remedy = "correct this [[dkim]]; `paperround dkim generate` makes a new key";
            return vec![Finding::fail(CHECK, &key.name, text.as_str(), remedy)];
        }
    };
    let weakness = keys.warnings().first();
    let mut findings = Vec::new();
    for record in keys.records() {
        let name = record.name();
        let published = limited(CHECK, &name, async {
            match dns(case, CHECK, &name) {
                Ok(dns) => published(dns, &name, &record).await,
                Err(finding) => finding,
            }
        });
        let mut finding = published.await;
        if let Some(weakness) = weakness
            && finding.result == super::Level::Ok
        {
            let remedy = "change to a key of 2048 bits under a new selector (`paperround dkim \
                          generate`)";
            finding = Finding::warn(CHECK, name, weakness.as_str(), remedy);
        }
        findings.push(finding);
    }
    findings
}

async fn published(dns: &Dns, name: &str, record: &KeyRecord) -> Finding {
    let publish = format!("publish the TXT record {name}: {}", record.value());
    let texts = match dns.texts(name).await {
        Ok(texts) => texts,
        Err(text) => return unanswered(CHECK, name, &text),
    };
    match &texts[..] {
        [] => Finding::fail(CHECK, name, "there is no such record", publish),
        [text] => compare(name, text, record, publish),
        // RFC 6376, 3.6.2.2: what comes of several is not defined.
        several => Finding::fail(
            CHECK,
            name,
            format!("there are {} records; only one may be", several.len()),
            format!("remove all but one; {publish}"),
        ),
    }
}

/// RFC 6376, 3.6.1.
fn compare(name: &str, text: &str, record: &KeyRecord, publish: String) -> Finding {
    let fail = |found: &str| Finding::fail(CHECK, name, found, publish.clone());
    let theirs = tags(text);
    let ours = tags(record.value());
    let tag = |wanted: &str| value(&theirs, wanted);
    if tag("v").is_some_and(|version| version != "DKIM1") {
        return fail("the record does not begin with v=DKIM1");
    }
    match tag("p") {
        None => return fail("the record holds no key (p=)"),
        Some("") => return fail("the record says that the key is revoked (an empty p=)"),
        Some(key) if Some(key) != value(&ours, "p") => return fail("the record has another key"),
        Some(_) => {}
    }
    if tag("k").unwrap_or("rsa") != value(&ours, "k").unwrap_or("rsa") {
        return fail("the record names another kind of key (k=)");
    }
    let lists = |wanted: &str, words: &[&str]| {
        tag(wanted).is_none_or(|list| list.split(':').any(|word| words.contains(&word)))
    };
    if !lists("h", &["sha256"]) {
        return fail("the record does not allow sha256 (h=)");
    }
    if !lists("s", &["*", "email"]) {
        return fail("the record is not for mail (s=)");
    }
    if tag("t").is_some_and(|flags| flags.split(':').any(|flag| flag == "y")) {
        let found = "published, but in test mode (t=y): a signature counts for nothing";
        let remedy = format!("take t=y out: {publish}");
        return Finding::warn(CHECK, name, found, remedy);
    }
    Finding::ok(CHECK, name, format!("{}, published", record.algorithm))
}

/// The tags of a record (RFC 6376, 3.2), without white space in their values.
fn tags(text: &str) -> Vec<(String, String)> {
    text.split(';')
        .filter_map(|part| part.split_once('='))
        .map(|(tag, value)| (bare(tag), bare(value)))
        .collect()
}

fn bare(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

fn value<'a>(tags: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    tags.iter()
        .find(|(tag, _)| tag == wanted)
        .map(|(_, value)| value.as_str())
}
