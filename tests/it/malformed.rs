//! A hundred feeds that are deliberately wrong, and bytes that were never feeds: what is whole comes
//! through, nothing panics, and nothing takes long.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use paperround::feeds::ParsedFeed;
use paperround::feeds::parse::parse;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const ITEMS: usize = 5;
const SEED: u64 = 20_260_302;

const TITLES: [&str; ITEMS] = [
    "Cranes &amp; ships in the harbour",
    "Ferry fares rise in spring",
    "Old lighthouse opens to all",
    "Fish market: a caf\u{e9} moves in",
    "Tide gauge breaks a record",
];

/// A well-formed feed in one of the dialects, with an element of a declared namespace in each item.
fn sound(dialect: &str) -> String {
    let (head, tail, open, close) = match dialect {
        "rss 2.0" => (
            "<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>A feed</title><link>https://x.example/</link><description>D</description>",
            "</channel></rss>",
            "<item>",
            "</item>",
        ),
        "rss 0.91" => (
            "<rss version=\"0.91\"><channel><title>A feed</title><link>https://x.example/</link><description>D</description><language>en</language>",
            "</channel></rss>",
            "<item>",
            "</item>",
        ),
        "rss 1.0" => (
            "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel rdf:about=\"https://x.example/\"><title>A feed</title><link>https://x.example/</link><description>D</description></channel>",
            "</rdf:RDF>",
            "<item>",
            "</item>",
        ),
        "atom 0.3" => (
            "<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><title>A feed</title><modified>2026-03-01T00:00:00Z</modified>",
            "</feed>",
            "<entry>",
            "</entry>",
        ),
        _ => (
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><title>A feed</title><id>urn:x</id><updated>2026-03-01T00:00:00Z</updated>",
            "</feed>",
            "<entry>",
            "</entry>",
        ),
    };
    let mut xml = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{head}\n");
    for (number, title) in TITLES.iter().enumerate() {
        let link = format!("https://x.example/{number}?a=1&amp;b=2");
        let creator = if dialect == "rss 0.91" {
            ""
        } else {
            "<dc:creator>Ada</dc:creator>"
        };
        let body = if dialect.starts_with("atom") {
            format!(
                "<id>urn:x:{number}</id><link rel=\"alternate\" type=\"text/html\" href=\"{link}\"/><summary>Text one &amp; two.</summary>"
            )
        } else {
            format!("<link>{link}</link><description>Text one &amp; two.</description>")
        };
        let _ = writeln!(xml, "{open}<title>{title}</title>{body}{creator}{close}");
    }
    xml.push_str(tail);
    xml
}

/// Spoils a feed; the titles that must still come through are counted from the front.
struct Spoiled {
    bytes: Vec<u8>,
    whole: usize,
}

fn all(text: String) -> Spoiled {
    Spoiled {
        bytes: text.into_bytes(),
        whole: ITEMS,
    }
}

type Spoil = fn(&str, &mut StdRng) -> Spoiled;

const SPOILS: [(&str, Spoil); 20] = [
    ("cut off", |xml, chance| {
        let at = xml.len() * chance.random_range(50..90) / 100;
        let bytes = xml.as_bytes()[..at].to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let whole = text.matches("</item>").count() + text.matches("</entry>").count();
        Spoiled { bytes, whole }
    }),
    ("namespaces are not declared", |xml, _| {
        let (head, rest) = xml.split_once("xmlns:dc=").unwrap_or((xml, ""));
        let rest = rest.splitn(3, '"').nth(2).unwrap_or("");
        all(format!("{head}{rest}"))
    }),
    ("declares UTF-16", |xml, _| {
        all(xml.replace("\"utf-8\"", "\"utf-16\""))
    }),
    ("is Latin-1 and says UTF-8", |xml, _| Spoiled {
        bytes: xml
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
            .collect(),
        whole: ITEMS,
    }),
    ("bare ampersands", |xml, _| all(xml.replace("&amp;", "&"))),
    ("entities of HTML", |xml, _| {
        all(xml
            .replace('\u{e9}', "&eacute;")
            .replace("one ", "one&nbsp;&rsquo;&hellip; "))
    }),
    ("control characters", |xml, chance| {
        let mut text = xml.to_owned();
        for _ in 0..10 {
            let at = text.find("Text").unwrap_or(0) + chance.random_range(0..4);
            text.insert(at, char::from(chance.random_range(1..8)));
        }
        all(text)
    }),
    ("a notice of PHP in front", |xml, _| {
        all(format!(
            "\u{feff}\n\nNotice: Undefined index: x in /var/www/feed.php on line 3\n{xml}"
        ))
    }),
    ("end tags of links are missing", |xml, _| {
        all(xml
            .replace("</link>", "")
            .replace("/><summary>", "><summary>"))
    }),
    ("end tags of items are missing", |xml, _| {
        all(xml.replace("</item>", "").replace("</entry>", ""))
    }),
    ("an attribute comes twice", |xml, _| {
        all(xml
            .replace("version=\"", "version=\"9\" version=\"")
            .replace("<item>", "<item a=\"1\" a=\"2\">")
            .replace("<entry>", "<entry a=\"1\" a=\"2\">"))
    }),
    ("attributes without quotes", |xml, _| {
        all(xml
            .replace("rel=\"alternate\"", "rel=alternate")
            .replace("<item>", "<item class=news>")
            .replace("<entry>", "<entry class=news>"))
    }),
    ("the root is not closed", |xml, _| {
        let end = xml.rfind("</").unwrap_or(xml.len());
        all(xml[..end].to_owned())
    }),
    ("CDATA without an end", |xml, _| {
        let at = xml.rfind("Text one").unwrap_or(0);
        let (head, rest) = xml.split_at(at);
        Spoiled {
            bytes: format!("{head}<![CDATA[{rest}").into_bytes(),
            whole: ITEMS - 1,
        }
    }),
    ("a stray < in a text", |xml, _| {
        all(xml.replace("one &amp; two", "1 < 2 and 3<4"))
    }),
    ("more after the end", |xml, _| {
        all(format!(
            "{xml}\n<!-- cached --><script>track()</script></html>"
        ))
    }),
    ("tags that cross", |xml, _| {
        all(xml.replace("one &amp; two", "<b>one <i>and</b> two</i>"))
    }),
    ("elements of nobody's namespace", |xml, _| {
        all(xml
            .replace("<title>", "<wfw:x y:z=\"1\">no</wfw:x><title>")
            .replace(
                "A feed",
                "A feed</title><media:keywords>a</media:keywords><title>",
            ))
    }),
    ("a comment that is none", |xml, _| {
        all(xml
            .replace("<item>", "<!-- a -- b --><item>")
            .replace("<entry>", "<!-- a -- b --><entry>"))
    }),
    ("zero bytes and no declaration", |xml, _| {
        let body = xml.split_once('\n').map_or(xml, |(_, body)| body);
        all(body.replace('\n', "\0\n\0"))
    }),
];

fn titles(feed: &ParsedFeed) -> Vec<&str> {
    feed.entries
        .iter()
        .map(|entry| entry.title.as_str())
        .collect()
}

#[test]
fn of_a_hundred_spoiled_feeds_nearly_all_are_read() {
    let mut chance = StdRng::seed_from_u64(SEED);
    let mut failed = Vec::new();
    let mut count = 0;
    for dialect in ["rss 2.0", "rss 0.91", "rss 1.0", "atom 0.3", "atom 1.0"] {
        let xml = sound(dialect);
        let expected = parse(xml.as_bytes(), None).unwrap();
        let expected = titles(&expected);
        assert_eq!(expected.len(), ITEMS, "{dialect}");
        assert_eq!(expected[0], "Cranes & ships in the harbour");
        for (what, spoil) in SPOILS {
            count += 1;
            let Spoiled { bytes, whole } = spoil(&xml, &mut chance);
            let read = parse(&bytes, None);
            let found = read.as_ref().map(titles).unwrap_or_default();
            if !found.starts_with(&expected[..whole]) {
                failed.push(format!("{dialect}, {what}: {whole} of {found:?}"));
            }
        }
    }
    assert_eq!(count, 100);
    assert!(
        failed.len() <= 3,
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

/// What may come out at most, whatever comes in.
fn is_bounded(feed: &ParsedFeed) -> bool {
    feed.entries.len() <= 500
        && feed.entries.iter().all(|entry| {
            entry.title.chars().count() <= 301
                && entry.summary_text.len() <= 8_000
                && entry.summary_html.len() <= 64_000
                && entry.authors.len() <= 30
                && entry.categories.len() <= 30
                && entry.id.len() <= 2_000
                && entry.url.len() <= 2_000
        })
}

#[test]
fn what_is_made_to_hurt_is_over_soon() {
    const MANY: usize = 100_000;
    let item = |inside: String| {
        format!(
            "<rss version=\"2.0\"><channel><item><title>T</title><link>https://x.example/1</link>{inside}</item></channel></rss>"
        )
    };
    let bomb = "<!DOCTYPE rss [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let cases = [
        ("nested elements", item("<a>".repeat(MANY))),
        (
            "nested HTML",
            item(format!(
                "<description><![CDATA[{}]]></description>",
                "<div><b>".repeat(MANY)
            )),
        ),
        (
            "nested lists",
            item(format!(
                "<description><![CDATA[{}]]></description>",
                "<ul><li>".repeat(MANY)
            )),
        ),
        (
            "formatting",
            item(format!(
                "<description><![CDATA[{}]]></description>",
                "<b></p><i><p>".repeat(MANY)
            )),
        ),
        (
            "attributes",
            item(format!("<x {}/>", "a=\"1\" ".repeat(MANY))),
        ),
        (
            "entities",
            item(format!(
                "<description>{}</description>",
                "&amp;lt;".repeat(MANY)
            )),
        ),
        ("opened brackets", item("<".repeat(MANY))),
        ("comments", item("<!--".repeat(MANY))),
        ("sections", item("<![CDATA[".repeat(MANY))),
        ("end tags", item("</x>".repeat(MANY))),
        (
            "a long title",
            item(format!("<title>{}</title>", "word ".repeat(MANY))),
        ),
        ("categories", item("<category>c</category>".repeat(MANY))),
        (
            "items",
            item("</item><item><title>t</title>".repeat(MANY / 2)),
        ),
        (
            "prefixes",
            item((0..20_000).fold(String::new(), |mut all, n| {
                let _ = write!(all, "<p{n}:a xmlns:p{n}=\"urn:{n}\"/>");
                all
            })),
        ),
        (
            "an entity bomb",
            format!(
                "{bomb}{}",
                item("<description>&c;&c;&c;&x;</description>".to_owned())
            ),
        ),
        (
            "nested JSON",
            format!(
                "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":{}",
                "[".repeat(MANY)
            ),
        ),
    ];
    for (what, text) in cases {
        let began = Instant::now();
        let read = parse(text.as_bytes(), None);
        let took = began.elapsed();
        // A build without optimisation on a busy machine is twenty times slower.
        assert!(took < Duration::from_secs(10), "{what}: {took:?}");
        if let Ok(feed) = read {
            assert!(is_bounded(&feed), "{what}");
            let said = feed
                .entries
                .iter()
                .all(|entry| !entry.summary_text.contains("root:"));
            assert!(said, "{what}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let _ = parse(&bytes, None);
    }

    #[test]
    fn no_change_to_a_feed_makes_it_panic(
        dialect in 0..5_usize,
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..40_usize, "[<>&;/!\\-\\[\\]\"'= a-z\u{0}-\u{ff}]{0,12}"), 1..12),
    ) {
        let dialects = ["rss 2.0", "rss 0.91", "rss 1.0", "atom 0.3", "atom 1.0"];
        let mut text: Vec<char> = sound(dialects[dialect]).chars().collect();
        for (at, length, put) in cuts {
            let from = at.index(text.len().max(1)).min(text.len());
            let to = (from + length).min(text.len());
            text.splice(from..to, put.chars());
        }
        let text: String = text.into_iter().collect();
        if let Ok(feed) = parse(text.as_bytes(), None) {
            prop_assert!(is_bounded(&feed));
        }
    }
}
