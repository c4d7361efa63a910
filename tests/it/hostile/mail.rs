//! The fifty followed to the reader: mails and archive pages are made of nothing that harmless
//! articles do not bring.

use std::collections::BTreeSet;

use paperround::demo::mailbox::StoredMail;

use super::{AFTER, ATTACKS, BEFORE, escaped, steers};
use crate::articles::{app, connect};

/// Few enough that no mail is cut off.
const IN_A_MAIL: usize = 10;
const READER: &str = "reader@inbox.example";

/// What a harmless article brings into a mail; longer or more elaborate ones come as plain text.
const HARMLESS: &str = "<p>A <a href=\"https://ok.example/\">link</a>, <b>b</b>, <em>e</em>, \
    <i>i</i>, <strong>s</strong>,<br>and a line.</p><p>Said.</p>";
const PICTURE: &str = "<img src=\"https://ok.example/p.jpg\" width=600 alt=\"A pier\">";

/// An article of a feed, as its writer would have it.
struct Written {
    title: String,
    author: &'static str,
    html: String,
}

/// What came of ten of them.
struct Shown {
    mail: StoredMail,
    page: String,
}

fn hostile() -> Vec<Written> {
    let write = |(number, (_, attack, _)): (usize, &(&str, &str, bool))| Written {
        title: format!("Story {number}:\r\nBcc: x@evil.example\u{202e}\u{200b} {attack}"),
        author: "Ada\r\nX-Evil: y <img src=x onerror=steal()>",
        html: format!("<p>{BEFORE}</p>{attack}<p>{AFTER}</p>"),
    };
    ATTACKS.iter().enumerate().map(write).collect()
}

/// Two mails' worth, with pictures and without: whichever story leads, both kinds of lead are known.
fn harmless() -> Vec<Written> {
    let write = |number: usize| Written {
        title: format!("Story {number}: a calm day"),
        author: "Ada",
        html: format!(
            "{}{HARMLESS}",
            if number < IN_A_MAIL { PICTURE } else { "" }
        ),
    };
    (0..2 * IN_A_MAIL).map(write).collect()
}

/// Sends articles from a feed, ten in each mail.
async fn send(feed_title: &str, written: &[Written]) -> Vec<Shown> {
    let (app, stand) = app().await;
    app.subscribe(READER, "").await;
    let digest = app
        .digest_with("daily", |digest| {
            digest.rules.full_items = 12;
            digest.rules.subject = Some("{{ headline }}".to_owned());
        })
        .await;
    let feed = connect(&app, stand.url("/feed")).await;
    let mut all_shown = Vec::new();
    for (number, ten) in written.chunks(IN_A_MAIL).enumerate() {
        let items: String = ten
            .iter()
            .enumerate()
            .map(|(at, article)| {
                format!(
                    "<item><guid>{number}-{at}</guid><link>https://x.example/{number}/{at}</link>\
                     <title>{}</title><author>{}</author><description>{}</description></item>",
                    escaped(&article.title),
                    escaped(article.author),
                    escaped(&article.html)
                )
            })
            .collect();
        let title = escaped(feed_title);
        let xml =
            format!("<rss version=\"2.0\"><channel><title>{title}</title>{items}</channel></rss>");
        stand.lay_feed("/feed", xml);
        let report = paperround::services::fetch_feed::fetch(&app.deps, feed.id).await;
        assert_eq!(usize::try_from(report.unwrap().added), Ok(ten.len()));
        app.send(&digest).await;
        let page = app
            .get(&format!("/ledger/archive/daily-{}", number + 1))
            .await;
        assert_eq!(page.status, 200);
        let (mail, page) = (app.newest(READER), page.body);
        all_shown.push(Shown { mail, page });
        app.advance(chrono::TimeDelta::hours(1));
    }
    all_shown
}

/// What HTML is made of: comments, style sheets, tags with attributes and their values; of
/// addresses the scheme, and nothing of what is only read.
fn parts(html: &str) -> BTreeSet<String> {
    let mut parts = BTreeSet::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<style") {
            "</style>"
        } else {
            let length = tag_length(rest);
            read_tag(&rest[1..length], &mut parts);
            rest = &rest[length..];
            continue;
        };
        let length = rest.find(end).map_or(rest.len(), |at| at + end.len());
        parts.insert(rest[..length].to_owned());
        rest = &rest[length..];
    }
    parts
}

/// How long a tag is; a `>` in quotes does not end it.
fn tag_length(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '>' => return at + 1,
            _ => {}
        }
    }
    tag.len()
}

fn read_tag(tag: &str, parts: &mut BTreeSet<String>) {
    let mut rest = tag.trim_end_matches('>');
    let name = rest.split_whitespace().next().unwrap_or_default();
    parts.insert(format!("<{name}>"));
    rest = &rest[rest.find(name).unwrap_or(0) + name.len()..];
    while let Some((attribute, after)) = rest.split_once('=') {
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, left) = match quote {
            Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        let attribute = attribute.trim();
        let value = match attribute {
            "href" | "src" => scheme(value),
            "alt" | "title" | "aria-label" | "content" => "",
            _ => value,
        };
        parts.insert(format!("<{name} {attribute}=\"{value}\">"));
        rest = left;
    }
    if !rest.trim().is_empty() {
        parts.insert(format!("<{name} {}>", rest.trim()));
    }
}

/// The scheme of an address, unless there is something odd about it.
fn scheme(url: &str) -> &str {
    match url.split_once("://") {
        Some((scheme, rest)) if !rest.split('/').next().is_some_and(|h| h.contains('@')) => scheme,
        _ => url
            .split_once(':')
            .filter(|(s, _)| *s == "mailto")
            .map_or(url, |(s, _)| s),
    }
}

/// The names of a mail's header fields, in their order.
fn fields(mail: &StoredMail) -> Vec<String> {
    let source = mail.source();
    let head = source
        .split("\r\n\r\n")
        .next()
        .unwrap_or_default()
        .to_owned();
    head.lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap_or_default().to_owned())
        .collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn nothing_active_reaches_a_reader() {
    let calm = send("The calm paper", &harmless()).await;
    let (mut known, mut known_of_page) = (BTreeSet::new(), BTreeSet::new());
    for one in &calm {
        known.extend(parts(&one.mail.html().unwrap()));
        known_of_page.extend(parts(&one.page));
    }
    let written = hostile();
    let shown = send(
        "Evil\r\nBcc: x@evil.example <img src=x onerror=steal()>",
        &written,
    )
    .await;
    assert_eq!(shown.len(), ATTACKS.len() / IN_A_MAIL);
    for (number, Shown { mail, page }) in shown.iter().enumerate() {
        let (html, text) = (mail.html().unwrap(), one_line(&mail.text().unwrap()));
        let foreign: Vec<_> = parts(&html).difference(&known).cloned().collect();
        assert!(foreign.is_empty(), "mail {number}: {foreign:#?}");
        let foreign: Vec<_> = parts(page).difference(&known_of_page).cloned().collect();
        assert!(foreign.is_empty(), "page {number}: {foreign:#?}");
        for shown in [&html, &text, page, &mail.subject()] {
            assert!(!steers(&one_line(shown)), "{number}: {shown}");
            assert!(!shown.contains("pixel.gif"), "{number}: {shown}");
        }
        assert_eq!(fields(mail), fields(&calm[0].mail));
        assert_eq!(mail.envelope().to, [READER]);
        for story in number * IN_A_MAIL..(number + 1) * IN_A_MAIL {
            let title = format!("Story {story}: Bcc: x@evil.example");
            assert!(text.contains(&title), "{title} in {text}");
            assert!(one_line(&html).contains(&title) && one_line(page).contains(&title));
        }
        assert_eq!(text.matches(BEFORE).count(), IN_A_MAIL, "{text}");
    }
}

#[tokio::test]
async fn the_judge_of_mails_sees_raw_attacks() {
    let calm = send("The calm paper", &harmless()).await.remove(0);
    let html = calm.mail.html().unwrap();
    let known = parts(&html);
    let unseen: Vec<&str> = ATTACKS
        .iter()
        .filter(|(_, attack, _)| {
            let spoiled = html.replacen("Said.", attack, 1);
            parts(&spoiled).is_subset(&known) && !steers(attack)
        })
        .map(|(name, ..)| *name)
        .collect();
    // It is text already.
    assert_eq!(unseen, ["entities of tags"]);
}
