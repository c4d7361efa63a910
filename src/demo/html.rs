//! Helpers for the demo's pages, which are written in plain Rust: escaping, lists, the shell of a
//! page, and answers with a content security policy.

use std::fmt::{self, Write};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The stylesheet of all the demo's pages.
const STYLE: &str = include_str!("style.css");
/// The mark of the demo in a browser's tab.
const ICON: &str = include_str!("icon.svg");

/// Text that is escaped where it is written; see [`esc`].
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(&'a str);

/// Makes text safe for the content and the quoted attributes of HTML and XML.
///
/// Control characters that XML forbids become U+FFFD.
pub fn esc(text: &str) -> Escaped<'_> {
    Escaped(text)
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' | '\r' => f.write_char(c)?,
                '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Writes every item and joins the results.
pub fn each<T>(items: impl IntoIterator<Item = T>, write: impl Fn(T) -> String) -> String {
    items.into_iter().map(write).collect::<Vec<_>>().concat()
}

/// What a page consists of; `head` and `body` are HTML, `title` is text.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    pub title: &'a str,
    /// Further elements of the head.
    pub head: &'a str,
    pub body: &'a str,
}

impl Page<'_> {
    /// The whole document.
    pub fn document(&self) -> String {
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n\
             <link rel=\"icon\" type=\"image/svg+xml\" href=\"/icon.svg\">\n\
             <link rel=\"stylesheet\" href=\"/style.css\">\n{}</head>\n<body>\n{}</body>\n</html>\n",
            esc(self.title),
            self.head,
            self.body
        )
    }
}

/// Answers with HTML under a content security policy.
pub fn answer(status: StatusCode, policy: &str, html: String) -> Response {
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // An unreadable policy must not become no policy.
    let policy = HeaderValue::from_str(policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// `GET /style.css`
pub async fn style() -> Response {
    file("text/css; charset=utf-8", STYLE)
}

/// `GET /icon.svg`
pub async fn icon() -> Response {
    file("image/svg+xml", ICON)
}

fn file(kind: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "max-age=300"),
    ];
    (headers, content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_could_end_text_or_an_attribute() {
        let hostile = "</title><script>alert('1' & \"2\")</script>\u{0}\u{1b}é\n";
        assert_eq!(
            esc(hostile).to_string(),
            "&lt;/title&gt;&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)&lt;/script&gt;\
             \u{fffd}\u{fffd}é\n"
        );
        assert_eq!(esc("").to_string(), "");
    }

    #[test]
    fn a_document_escapes_its_title() {
        let page = Page {
            title: "<b>",
            head: "",
            body: "<p>x</p>",
        };
        let html = page.document();
        assert!(html.contains("<title>&lt;b&gt;</title>"));
        assert!(html.contains("<p>x</p>"));
    }

    #[test]
    fn an_unreadable_policy_forbids_everything() {
        let response = answer(StatusCode::OK, "default-src *\r\nX: y", String::new());
        assert_eq!(
            response.headers()[header::CONTENT_SECURITY_POLICY],
            "default-src 'none'"
        );
    }
}
