//! Attacks, and texts as people write them.

use super::*;

fn base() -> Url {
    Url::parse("https://news.example/2026/item.html").unwrap()
}

fn summary(html: &str) -> String {
    summary_html(html, Some(&base()))
}

/// Whether HTML holds nothing but the tags and attributes of a summary.
fn harmless(html: &str) -> bool {
    Tokens::new(html).all(|token| match token {
        Token::Start {
            name,
            attributes: raw,
            ..
        } => {
            SUMMARY_TAGS.contains(&name)
                && attributes(raw)
                    .iter()
                    .all(|(attribute, value)| match *attribute {
                        "href" => ["http://", "https://", "mailto:"]
                            .iter()
                            .any(|s| value.starts_with(s)),
                        "rel" => *value == "noopener",
                        _ => false,
                    })
        }
        Token::End { name } => SUMMARY_TAGS.contains(&name),
        Token::Text(_) => true,
        Token::CData(_) | Token::Doctype(_) => false,
    })
}

#[test]
fn nothing_active_survives() {
    for attack in [
        "<script>alert(1)</script>ok",
        "<img src=x onerror=alert(1)>ok",
        "<a href=javascript:alert(1)>ok</a>",
        "<a href=' java\tscript:alert(1)'>ok</a>",
        "<a href='&#106;avascript:alert(1)'>ok</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>ok</a>",
        "<a href='vbscript:x' onclick=alert(1) style='x:expression(1)'>ok</a>",
        "<a href='//evil.example\" onmouseover=\"alert(1)'>ok</a>",
        "<svg><style><img/src=x onerror=alert(1)></style></svg>ok",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>ok",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>ok",
        "<form><button formaction=javascript:alert(1)>ok</form>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>ok",
        "<<script>script>alert(1)<</script>/script>ok",
        "<p style='background:url(javascript:alert(1))' id=x class=y>ok",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>ok<base href=//evil.example>",
        "<template><script>alert(1)</script></template>ok",
        "<title><img title='</title><img src=x onerror=alert(1)>'></title>ok",
        "<!--><script>alert(1)</script>-->ok",
        "<a href=\"https://x/?a=1&quot;onclick=alert(1)\">ok</a>",
    ] {
        let clean = summary(attack);
        assert!(harmless(&clean), "{attack} -> {clean}");
        assert!(clean.contains("ok"), "{attack} -> {clean}");
    }
}

#[test]
fn keeps_what_reads_well() {
    assert_eq!(
        summary("<h2>Head</h2><div>One <b>two</b>\n three</div><div>Four<br>five<br><br>six</div>"),
        "<p>Head</p><p>One <b>two</b> three</p><p>Four<br>five</p><p>six</p>"
    );
    assert_eq!(
        summary(
            "<ul><li>a</li><li><p>b</p><p>c</p></li><li></li></ul><p></p><blockquote>q</blockquote>tail"
        ),
        "<ul><li>a</li><li>b<br>c</li></ul><blockquote><p>q</p></blockquote><p>tail</p>"
    );
    assert_eq!(
        summary(
            "<a href='/a?b=1&amp;c=2'><div>x</div></a> <a name=y>z</a> <a href='mailto:a@b.example'>m</a>"
        ),
        "<p><a href=\"https://news.example/a?b=1&amp;c=2\" rel=\"noopener\">x</a></p><p>z \
         <a href=\"mailto:a@b.example\" rel=\"noopener\">m</a></p>"
    );
    assert_eq!(
        summary("1 < 2 &amp; 3 &eacute; &lt;b&gt;"),
        "<p>1 &lt; 2 &amp; 3 é &lt;b&gt;</p>"
    );
    assert_eq!(summary_html("<a href='/x'>k</a>", None), "<p>k</p>");
    assert_eq!(summary("<p> </p><img src=a>"), "");
}

#[test]
fn cuts_long_texts_where_a_sentence_ends() {
    let sentence = "The quick brown fox jumps over the lazy dog. ";
    let clean = summary(&format!(
        "<div><p><em>{}</em></p></div>",
        sentence.repeat(40)
    ));
    assert!(clean.ends_with("dog.</em></p>"), "{clean}");
    assert!(
        (500..=620).contains(&plain_text(&clean).chars().count()),
        "{clean}"
    );

    let words = summary(&format!("<ul><li>{}</li></ul>", "word ".repeat(400)));
    assert!(words.ends_with("word…</li></ul>"), "{words}");

    let unbroken = summary(&"字".repeat(2000));
    assert_eq!(plain_text(&unbroken).chars().count(), 601);

    let paragraphs = summary(&format!("<p>{}</p>", sentence.trim()).repeat(40));
    assert!(
        paragraphs.ends_with("dog.</p>") && paragraphs.len() < 1000,
        "{paragraphs}"
    );

    let short = format!("<p>{}</p>", "w ".repeat(300).trim());
    assert_eq!(summary(&short), short);
}

#[test]
fn what_comes_behind_the_summary_changes_nothing() {
    let long = format!(
        "<ul><li>{}</li>",
        "Ein Satz &uuml;ber &#72;&#97;fen. ".repeat(40)
    );
    let more = format!("{long}{}", "<p>More &amp; more</p>".repeat(3_000));
    let (summary, whole) = (summary_html(&long, None), summary_html(&more, None));
    assert_eq!(summary, whole);
    assert!(plain_text(&whole).chars().count() > 500, "{whole}");
    assert_eq!(text_of_summary(&whole), plain_text(&whole));
    // Neither blanks nor what is not shown counts as text.
    let hidden = format!(
        "{}<script>{}</script>end",
        " &#32;".repeat(2_000),
        "x".repeat(2_000)
    );
    assert_eq!(summary_html(&hidden, None), "<p>end</p>");
}

#[test]
fn plain_text_is_readable() {
    assert_eq!(
        plain_text(
            "<h1>A</h1><p>b &amp; c<br>d</p><ul><li>e</li><li>f</li></ul><table><tr><td>g</td><td>h</td></tr></table>"
        ),
        "A\n\nb & c\nd\n\n- e\n- f\n\ng h"
    );
    assert_eq!(plain_text("  a \n b  "), "a b");
    assert_eq!(plain_text("a&#8238;b&zwnj;c<script>d</script>"), "abc");
    assert_eq!(plain_line("<p>a</p><p>b</p>"), "a b");
    assert_eq!(plain_text(""), "");
}

#[test]
fn tricks_go_and_scripts_stay() {
    assert_eq!(
        tidy("a\u{202e}b\u{200b}\u{feff}c\u{e123}\u{7}d\u{200d}"),
        "abcd"
    );
    // Persian needs its joiners, families of emoji theirs.
    assert_eq!(
        tidy("می\u{200c}خواهم 👨\u{200d}👩"),
        "می\u{200c}خواهم 👨\u{200d}👩"
    );
}

#[test]
fn finds_the_first_picture() {
    let find = |html: &str| first_picture(html, Some(&base()));
    assert_eq!(
        find("<img src=/t.gif width=1><p><IMG SRC='/a.png' alt='A &amp; <b>B</b>'>"),
        Some((
            "https://news.example/a.png".to_owned(),
            Some("A & B".to_owned())
        ))
    );
    assert_eq!(
        find("<img src='data:image/png;base64,AAAA'><img src='javascript:x'>"),
        None
    );
}

proptest::proptest! {
    #[test]
    fn any_html_comes_out_harmless(
        parts in proptest::collection::vec("(</?(a|p|li|ul|b|script|style|svg|math|img|table|form|title)( href='?(javascript:x|/y|https://z/)'?| onclick=x)?>|<!--|-->|[a-z&;<>\"' ]{1,6})", 0..40)
    ) {
        let html = parts.concat();
        let clean = summary(&html);
        proptest::prop_assert!(harmless(&clean), "{html} -> {clean}");
        // The last word of the allow-list is that there is nothing left to clean.
        proptest::prop_assert_eq!(STRICT.clean(&clean).to_string(), clean.clone());
        plain_text(&html);
    }
}
