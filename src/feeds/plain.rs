//! From clean HTML to plain text.

use super::shape::{Kind, kind};
use super::tokens::{Token, Tokens, decode_entities};

/// The text alone: paragraphs apart, list items marked, nothing encoded.
pub(super) fn plain(html: &str) -> String {
    let mut out = String::new();
    let mut pending = "";
    for token in Tokens::new(html) {
        let separator = match token {
            Token::Start { name: "li", .. } if pending == "\n\n" => "\n\n- ",
            Token::Start { name: "li", .. } => "\n- ",
            Token::End { name } if pending.ends_with("- ") && name != "p" => {
                // The item was empty.
                pending = "\n";
                continue;
            }
            Token::Start { name, .. } | Token::End { name } => match kind(name) {
                Kind::Block | Kind::Container(_) if name == "tr" || name == "li" => "\n",
                Kind::Block | Kind::Container(_) => "\n\n",
                Kind::Break => "\n",
                Kind::Space => " ",
                Kind::Inline(_) | Kind::None => "",
            },
            Token::Text(text) => {
                let text = decode_entities(text);
                if text.starts_with(char::is_whitespace) {
                    pending = stronger(pending, " ");
                }
                let words: Vec<&str> = text.split_whitespace().collect();
                if !words.is_empty() {
                    out.push_str(if out.is_empty() {
                        pending.trim_start()
                    } else {
                        pending
                    });
                    out.push_str(&words.join(" "));
                    pending = if text.ends_with(char::is_whitespace) {
                        " "
                    } else {
                        ""
                    };
                }
                continue;
            }
            Token::CData(_) | Token::Doctype(_) => "",
        };
        pending = stronger(pending, separator);
    }
    out
}

/// The separator that says more.
fn stronger(a: &'static str, b: &'static str) -> &'static str {
    let rank = |s: &str| match s {
        "" => 0,
        " " => 1,
        "\n" => 2,
        "\n\n" => 3,
        _ => 4,
    };
    if rank(b) >= rank(a) { b } else { a }
}
