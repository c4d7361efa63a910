//! Feeds as they should be, and as they are.

use super::*;

const RSS: &[u8] = include_bytes!("../../../tests/fixtures/feeds/town.rss.xml");
const ATOM: &[u8] = include_bytes!("../../../tests/fixtures/feeds/harbour.atom.xml");
const JSON: &[u8] = include_bytes!("../../../tests/fixtures/feeds/garden.json");
const BROKEN: &[u8] = include_bytes!("../../../tests/fixtures/feeds/broken.rss.xml");

fn read(bytes: &[u8]) -> ParsedFeed {
    parse(bytes, None).unwrap()
}

/// The only entry of an RSS feed with these children.
fn item(children: &str) -> ParsedEntry {
    let feed = format!("<rss version='2.0'><channel><item>{children}</item></channel></rss>");
    read(feed.as_bytes()).entries.remove(0)
}

fn atom_title(title: &str) -> String {
    let feed = format!("<feed xmlns='http://www.w3.org/2005/Atom'><entry>{title}</entry></feed>");
    read(feed.as_bytes()).entries.remove(0).title
}

fn time(text: &str) -> Option<Time> {
    text.parse().ok()
}

#[test]
fn reads_rss() {
    let feed = read(RSS);
    assert_eq!(feed.format, "rss");
    assert_eq!(feed.title.as_deref(), Some("Town & Country"));
    let titles: Vec<_> = feed.entries.iter().map(|e| e.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "Bridge opens & traffic flows",
            "Market day moves to Friday",
            "The river is low this year. Ferries stop at noon."
        ]
    );
    let first = &feed.entries[0];
    assert_eq!(first.id, "town-1001");
    assert_eq!(first.url, "https://town.example/news/bridge");
    assert_eq!(first.published_at, time("2026-03-02T07:30:00Z"));
    assert_eq!(first.authors, ["Ada Holm"]);
    assert_eq!(first.categories, ["Traffic", "Town hall"]);
    assert_eq!(
        first.summary_html,
        "<p>The new bridge is <strong>open</strong>. See <a href=\"https://town.example/plan.html\" rel=\"noopener\">the plan</a>.</p>"
    );
    assert_eq!(first.summary_text, "The new bridge is open. See the plan.");
    assert_eq!(
        first.image_url.as_deref(),
        Some("https://town.example/img/bridge.jpg")
    );
    assert_eq!(first.image_alt.as_deref(), Some("The bridge at dawn"));
    assert_eq!(first.language.as_deref(), Some("en-gb"));
    let second = &feed.entries[1];
    assert_eq!(
        second.image_url.as_deref(),
        Some("https://town.example/img/market.png")
    );
    let third = &feed.entries[2];
    assert_eq!(third.id, third.url);
}

#[test]
fn reads_atom_with_relative_links() {
    let base = Url::parse("https://harbour.example/feeds/all.atom").unwrap();
    let feed = parse(ATOM, Some(&base)).unwrap();
    assert_eq!((feed.format, feed.entries.len()), ("atom", 2));
    let first = &feed.entries[0];
    assert_eq!(first.url, "https://harbour.example/log/tide");
    assert_eq!(first.id, "tag:harbour.example,2026:tide");
    assert_eq!(first.title, "High tide <again>");
    assert_eq!(first.published_at, time("2026-04-01T06:00:00Z"));
    assert_eq!(first.updated_at, time("2026-04-01T08:15:00.250Z"));
    assert_eq!(
        first.summary_html,
        "<p>Water at <em>6 m</em>; <a href=\"https://harbour.example/log/table\" rel=\"noopener\">table</a>.</p>"
    );
    assert_eq!(first.categories, ["Tides"]);
    assert_eq!(feed.entries[1].url, "https://harbour.example/log/crane");
}

#[test]
fn reads_json_feed() {
    let feed = read(JSON);
    assert_eq!((feed.format, feed.entries.len()), ("json", 3));
    let first = &feed.entries[0];
    assert_eq!(first.url, "https://garden.example/beans");
    assert_eq!(first.authors, ["Ivo"]);
    assert_eq!(
        first.image_url.as_deref(),
        Some("https://garden.example/beans.jpg")
    );
    assert_eq!(first.published_at, time("2026-05-03T08:00:00Z"));
    assert_eq!(feed.entries[1].id, "2");
    assert_eq!(
        feed.entries[1].summary_html,
        "<p>Rain &lt;b&gt; came.</p><p>Good.</p>"
    );
    assert_eq!(feed.entries[2].title, "Only words, no link.");
    assert_eq!(feed.entries[2].url, "");
}

#[test]
fn saves_what_is_whole_of_a_broken_feed() {
    let feed = read(BROKEN);
    let titles: Vec<_> = feed.entries.iter().map(|e| e.title.as_str()).collect();
    assert_eq!(titles, ["Fish & chips", "Unclosed"]);
    assert_eq!(feed.entries[0].summary_text, "Café, naïve");
}

#[test]
fn says_why_there_is_no_feed() {
    let why = |bytes: &[u8]| parse(bytes, None).unwrap_err().to_string();
    assert_eq!(why(b" \n"), "the answer is empty");
    assert_eq!(
        why(b"<html><body>404</body></html>"),
        "this is an HTML page, not a feed (found <html>)"
    );
    assert_eq!(
        why(b"<!-- x --><!doctype html><p>hi"),
        "this is an HTML page, not a feed (found <!DOCTYPE html>)"
    );
    assert_eq!(why(b"<svg/>"), "this is not a feed: it starts with <svg>");
    assert!(why(b"hello").starts_with("this is not a feed"));
    assert!(why(b"{\"a\":").starts_with("this is broken JSON: EOF"));
    assert!(why(b"{\"items\":[]}").contains("without the \"version\""));
    assert_eq!(
        why(b"<rss><channel><title>A</title><item><title>B"),
        "this is broken XML: the document ends before its elements do"
    );
    assert_eq!(read(b"<rss version='2.0'><channel/></rss>").entries, []);
}

#[test]
fn titles_are_plain() {
    let title = |t: &str| item(&format!("<title>{t}</title>")).title;
    assert_eq!(
        title("A &amp;amp; <b>B</b>\n <![CDATA[<i>C</i>]]> &eacute;"),
        "A & B C é"
    );
    assert_eq!(
        title("a\u{202e}b\u{200b}c\u{e000}d&#x202E;e&amp;#8206;f"),
        "abcdef"
    );
    assert_eq!(title("1 &lt; 2"), "1 < 2");
    assert_eq!(
        title("Tom & Jerry &nbsp; &unknown; x"),
        "Tom & Jerry &unknown; x"
    );
    assert_eq!(atom_title("<title>a &lt;b> &amp; c</title>"), "a <b> & c");
    assert_eq!(
        atom_title("<title type='html'>&lt;b>a&lt;/b> &amp;lt;c></title>"),
        "a <c>"
    );
    assert_eq!(
        atom_title(
            "<title type='xhtml'><x:div xmlns:x='http://www.w3.org/1999/xhtml'>a <x:i>b</x:i> &amp; c</x:div></title>"
        ),
        "a b & c"
    );
    assert_eq!(
        atom_title("<title type='application/unknown' mode='base64'>SGVsbG8=</title>"),
        "Hello"
    );
    let long = title(&"word ".repeat(200));
    assert!(
        long.chars().count() <= 301 && long.ends_with("word…"),
        "{long}"
    );
}

#[test]
fn fills_in_what_is_missing() {
    let entry = item("<description>Some words here.</description>");
    assert_eq!(entry.title, "Some words here.");
    assert!(entry.id.starts_with("sha256:") && entry.url.is_empty());
    assert_ne!(entry.id, item("<description>Others.</description>").id);
    assert_eq!(
        item("<guid>https://a.example/1</guid>").url,
        "https://a.example/1"
    );
    assert_eq!(item("<link>javascript:alert(1)</link>").url, "");
    assert_eq!(item("<link>https://u:p@a.example/</link>").url, "");
    assert_eq!(
        item("<link> \n https://a.example/1 \n</link>").url,
        "https://a.example/1"
    );
    assert_eq!(
        item("<pubDate>2026-01-02 03:04:05</pubDate>").published_at,
        time("2026-01-02T03:04:05Z")
    );
    assert_eq!(item("<pubDate>yesterday</pubDate>").published_at, None);
}

#[test]
fn understands_old_and_odd_dialects() {
    let rdf = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://my.netscape.com/rdf/simple/0.9/'>\
        <channel><title>Old</title></channel><item><title>A</title><link>https://a.example/</link></item></rdf:RDF>";
    let feed = read(rdf.as_bytes());
    assert_eq!(
        (feed.title.as_deref(), feed.entries[0].title.as_str()),
        (Some("Old"), "A")
    );

    let atom03 = "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title mode='escaped' type='text/html'>a &lt;b>c&lt;/b></title>\
        <issued>2004-05-06T07:08:09Z</issued><link rel='alternate' href='https://a.example/'/></entry></feed>";
    let entry = &read(atom03.as_bytes()).entries[0];
    assert_eq!(
        (entry.title.as_str(), entry.published_at),
        ("a c", time("2004-05-06T07:08:09Z"))
    );

    let undeclared = "<rss><channel><item><media:title>no</media:title><foo:title>no</foo:title>\
        <title>yes</title><dc:creator>Zoë</dc:creator><content:encoded>&lt;p>text</content:encoded></item></channel></rss>";
    let entry = &read(undeclared.as_bytes()).entries[0];
    assert_eq!(
        (entry.title.as_str(), entry.summary_html.as_str()),
        ("yes", "<p>text</p>")
    );
    assert_eq!(entry.authors, ["Zoë"]);

    let prefixed = "<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry><a:title>T</a:title></a:entry></a:feed>";
    assert_eq!(read(prefixed.as_bytes()).entries[0].title, "T");
}

#[test]
fn an_item_says_its_own_language() {
    let feed = read(
        b"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='fr'>
        <entry xml:lang='de-AT'><title>a</title><summary>b</summary></entry>
        <entry><title>c</title></entry>
        <entry xml:lang='it'><title>d</title><content xml:lang='en'>e</content></entry>
        <entry xml:lang='es'><title>cut</title>",
    );
    let languages: Vec<_> = feed.entries.iter().map(|e| e.language.as_deref()).collect();
    assert_eq!(languages, [Some("de-AT"), Some("fr"), Some("en")]);
    let rss = item("<title>a</title>");
    assert_eq!(rss.language, None);
}

#[test]
fn takes_a_thumbnail_that_stands_alone() {
    let entry = item("<title>t</title><media:thumbnail url='https://a.example/p?id=1'/>");
    assert_eq!(entry.image_url.as_deref(), Some("https://a.example/p?id=1"));
    let film = "<enclosure url='https://a.example/a.mp3' type='audio/mpeg' length='1'/>";
    assert_eq!(item(film).image_url, None);
}

#[test]
fn survives_what_makes_the_parser_panic() {
    for author in [
        "a@example.org\u{ff08}山田\u{ff09}",
        "山田太郎「a@example.org」",
        "\u{201c}ann\u{201d}a@example.org",
    ] {
        let entry = item(&format!("<title>t</title><author>{author}</author>"));
        assert_eq!(entry.authors.len(), 1, "{author}");
    }
}

#[test]
fn tells_how_many_entries_of_a_long_feed_are_left_out() {
    for (given, left_out) in [(MAX_ENTRIES, 0), (MAX_ENTRIES + 3, 3)] {
        let item = r#"{"id": "1", "title": "t"}"#;
        let json = format!(
            r#"{{"version": "https://jsonfeed.org/version/1.1", "items": [{}]}}"#,
            vec![item; given].join(",")
        );
        let atom = format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'>{}</feed>",
            "<entry><title>t</title></entry>".repeat(given)
        );
        for text in [json, atom] {
            let feed = read(text.as_bytes());
            assert_eq!(
                (feed.entries.len(), feed.left_out),
                (MAX_ENTRIES, left_out),
                "{}",
                feed.format
            );
        }
    }
}

#[test]
fn hostile_sizes_stay_cheap() {
    let deep = format!("<rss><channel>{}", "<item>".repeat(50_000));
    assert!(parse(deep.as_bytes(), None).is_ok());
    let unknown = format!("<rss><channel>{}", "<x>".repeat(200_000));
    assert!(parse(unknown.as_bytes(), None).is_err());
    let tags: Vec<String> = (0..5000).map(|n| format!("<b a{n}>")).collect();
    let formatting = tags.concat();
    let text = format!("{formatting}{}", "<p>x".repeat(10_000));
    assert!(
        item(&format!("<description><![CDATA[{text}]]></description>"))
            .summary_html
            .len()
            < 100_000
    );
    let many = format!(
        "<rss><channel>{}</channel></rss>",
        "<item><title>a</title></item>".repeat(2000)
    );
    let many = read(many.as_bytes());
    assert_eq!(
        (many.entries.len(), many.left_out),
        (MAX_ENTRIES, 2000 - MAX_ENTRIES)
    );
}

proptest::proptest! {
    #[test]
    fn never_panics_on_bytes(bytes: Vec<u8>) {
        let _ = parse(&bytes, None);
    }

    #[test]
    fn never_panics_on_nearly_feeds(
        parts in proptest::collection::vec("(</?(item|title|description|a:link|author|media:content|pubDate|rss|channel)( url='x'| type=html|)/?>|&[a-z#0-9]{1,4};?|<!\\[CDATA\\[|\\]\\]>|[a-zé@「]{1,5}|[<>&'\"=])", 0..40)
    ) {
        let text = parts.concat();
        let _ = parse(format!("<rss><channel><item>{text}").as_bytes(), None);
        let _ = parse(format!("<feed><entry>{text}</entry></feed>").as_bytes(), None);
    }
}
