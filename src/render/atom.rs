//! The issues of a publication as an Atom feed (RFC 4287).

use crate::domain::clock::Time;

/// A feed of issues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueFeed {
    pub title: String,
    pub subtitle: Option<String>,
    pub language: String,
    /// The archive's page, which is also the feed's identity.
    pub page_url: String,
    pub feed_url: String,
    pub author: String,
    /// Where there is no issue.
    pub since: Time,
    /// The latest first.
    pub issues: Vec<IssueEntry>,
}

/// An issue in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueEntry {
    pub title: String,
    pub url: String,
    /// Slug and name of its digest.
    pub digest: (String, String),
    pub at: Time,
}

impl IssueFeed {
    /// The time of its last change.
    pub fn updated_at(&self) -> Time {
        self.issues
            .iter()
            .map(|issue| issue.at)
            .max()
            .unwrap_or(self.since)
    }

    /// The document.
    pub fn xml(&self) -> String {
        let (page, feed) = (escaped(&self.page_url), escaped(&self.feed_url));
        let subtitle = self.subtitle.as_deref().map_or_else(String::new, |text| {
            format!("<subtitle>{}</subtitle>\n", escaped(text))
        });
        let head = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n\
             <title>{}</title>\n{subtitle}<id>{page}</id>\n\
             <link rel=\"self\" type=\"application/atom+xml\" href=\"{feed}\"/>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{page}\"/>\n\
             <updated>{}</updated>\n<author><name>{}</name></author>\n",
            escaped(&self.language),
            escaped(&self.title),
            time(self.updated_at()),
            escaped(&self.author)
        );
        let entries = self.issues.iter().map(IssueEntry::xml);
        std::iter::once(head)
            .chain(entries)
            .chain(["</feed>\n".to_owned()])
            .collect()
    }
}

impl IssueEntry {
    fn xml(&self) -> String {
        let (url, at) = (escaped(&self.url), time(self.at));
        format!(
            "<entry>\n<title>{}</title>\n<id>{url}</id>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{url}\"/>\n\
             <published>{at}</published>\n<updated>{at}</updated>\n\
             <category term=\"{}\" label=\"{}\"/>\n</entry>\n",
            escaped(&self.title),
            escaped(&self.digest.0),
            escaped(&self.digest.1)
        )
    }
}

fn time(at: Time) -> String {
    at.format("%FT%TZ").to_string()
}

/// Text as content or attribute, without what XML cannot hold.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_the_document() {
        let feed = IssueFeed {
            title: "A & B <b>\u{7}".to_owned(),
            subtitle: None,
            language: "en".to_owned(),
            page_url: "https://x.example/p/archive".to_owned(),
            feed_url: "https://x.example/p/archive.xml".to_owned(),
            author: "\"A\"".to_owned(),
            since: "2026-01-01T00:00:00Z".parse().unwrap(),
            issues: Vec::new(),
        };
        let xml = feed.xml();
        assert!(xml.contains("<title>A &amp; B &lt;b&gt;</title>"), "{xml}");
        assert!(xml.contains("<name>&quot;A&quot;</name>"), "{xml}");
        assert!(
            xml.contains("<updated>2026-01-01T00:00:00Z</updated>"),
            "{xml}"
        );
    }
}
