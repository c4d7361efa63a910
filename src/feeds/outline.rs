//! The links and pictures of a piece of HTML.

use super::tokens::{Token, Tokens, attributes, decode_entities};

/// A picture as the HTML has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub url: String,
    /// `None` where the HTML says nothing; empty for mere decoration.
    pub alt: Option<String>,
}

/// What was found, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// Where links lead, as they are written.
    pub links: Vec<String>,
    pub pictures: Vec<Picture>,
}

/// Reads links and pictures; it never fails.
pub fn outline(html: &str) -> Outline {
    let mut found = Outline::default();
    for token in Tokens::new(html) {
        let Token::Start {
            name, attributes, ..
        } = token
        else {
            continue;
        };
        if name.eq_ignore_ascii_case("a") {
            found.links.extend(value(attributes, "href"));
        } else if name.eq_ignore_ascii_case("img") {
            found.pictures.push(Picture {
                url: value(attributes, "src").unwrap_or_default(),
                alt: value(attributes, "alt"),
            });
        }
    }
    found
}

fn value(source: &str, wanted: &str) -> Option<String> {
    let all = attributes(source);
    let found = all
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.map(|(_, value)| decode_entities(value).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_pictures_are_found() {
        let html = "<!-- <a href='no'> --><p><A HREF=\"https://x.example/?a=1&amp;b=2\">x</A>\
            <a name=\"y\">y</a><a href>z</a><img src=p.png><img src='q.png' alt=''>";
        let found = outline(html);
        assert_eq!(found.links, ["https://x.example/?a=1&b=2", ""]);
        let alts: Vec<_> = found.pictures.iter().map(|p| p.alt.as_deref()).collect();
        assert_eq!(alts, [None, Some("")]);
    }
}
