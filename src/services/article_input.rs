//! Articles as JSON: one object or an array of them. All that is wrong is told at once.

use std::fmt::Write as _;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

use super::Deps;
use super::ingest_article::{Incoming, topic_ids};
use crate::domain::article::{ArticleContent, check_times, check_url, language_tag};
use crate::domain::ids::PublicationId;
use crate::domain::publication::Topic;
use crate::domain::slug::Slug;
use crate::domain::text;
use crate::feeds::sanitize::{count_words, plain_line, plain_text, summary_html};
use crate::store::{StoreError, publications};

/// What is wrong with one article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// The article's place in the array, from 0.
    pub index: usize,
    /// The field; empty where it is about the article as a whole.
    pub field: String,
    pub detail: String,
}

/// Why the JSON was refused.
#[derive(Debug, Error)]
pub enum InputError {
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{}", told(.0))]
    Articles(Vec<Mistake>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Mistakes that are told in one line; the rest is counted.
const TOLD: usize = 10;

/// The mistakes for people, who count from 1.
fn told(mistakes: &[Mistake]) -> String {
    let mut text = String::new();
    for mistake in mistakes.iter().take(TOLD) {
        let gap = if text.is_empty() { "" } else { "; " };
        let number = mistake.index + 1;
        let _ = write!(text, "{gap}article {number}: ");
        if !mistake.field.is_empty() {
            let _ = write!(text, "{}: ", mistake.field);
        }
        text.push_str(&mistake.detail);
    }
    if mistakes.len() > TOLD {
        let _ = write!(text, "; and {} more", mistakes.len() - TOLD);
    }
    text
}

/// Reads articles for a publication. Off the workers of the runtime, since cleaning megabytes of
/// HTML takes a while.
pub async fn read_for(
    deps: &Deps,
    publication: PublicationId,
    bytes: Vec<u8>,
) -> Result<Vec<Incoming>, InputError> {
    let mut tx = deps.store.read().await?;
    let topics = publications::topics(&mut tx, publication).await?;
    drop(tx);
    match tokio::task::spawn_blocking(move || read(&bytes, &topics)).await {
        Ok(read) => read,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Whether the JSON is an array rather than one article.
pub fn is_list(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"[")
}

/// Reads one article or an array of them, under the topics of their publication.
pub fn read(bytes: &[u8], topics: &[Topic]) -> Result<Vec<Incoming>, InputError> {
    let values = match serde_json::from_slice(bytes)? {
        Value::Array(list) => list,
        single => vec![single],
    };
    let mut articles = Vec::with_capacity(values.len());
    let mut mistakes = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        match Fields::of(index, value) {
            Ok(mut fields) => {
                articles.push(fields.article(topics));
                mistakes.append(&mut fields.end());
            }
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() {
        Ok(articles)
    } else {
        Err(InputError::Articles(mistakes))
    }
}

const TEXT: &str = "is not a text";
const TEXTS: &str = "is not a list of texts";
const TIME: &str = "is not a time such as 2026-03-02T08:00:00Z";
const SWITCH: &str = "is neither true nor false";

/// The fields of one article that have not been read yet, and what was wrong with the others.
struct Fields {
    index: usize,
    left: Map<String, Value>,
    mistakes: Vec<Mistake>,
}

impl Fields {
    fn of(index: usize, value: Value) -> Result<Self, Mistake> {
        match value {
            Value::Object(left) => Ok(Self {
                index,
                left,
                mistakes: Vec::new(),
            }),
            _ => Err(Mistake {
                index,
                field: String::new(),
                detail: "is not an object with title and url".to_owned(),
            }),
        }
    }

    fn wrong(&mut self, field: &str, detail: impl ToString) {
        self.mistakes.push(Mistake {
            index: self.index,
            field: field.to_owned(),
            detail: detail.to_string(),
        });
    }

    /// Takes a field out; `null` is as good as nothing.
    fn take<T: DeserializeOwned>(&mut self, field: &str, form: &str) -> Option<T> {
        let value = self.left.remove(field).filter(|value| !value.is_null())?;
        let read = serde_json::from_value(value);
        if read.is_err() {
            self.wrong(field, form);
        }
        read.ok()
    }

    /// The value of a check, or nothing and its complaint.
    fn sound<T, E: ToString>(&mut self, field: &str, checked: Result<T, E>) -> Option<T> {
        checked.map_err(|error| self.wrong(field, error)).ok()
    }

    /// Takes a text that must be there.
    fn required(&mut self, field: &str) -> Option<String> {
        if self.left.get(field).is_none_or(Value::is_null) {
            self.left.remove(field);
            self.wrong(field, "is missing");
        }
        self.take(field, TEXT)
    }

    fn title(&mut self) -> String {
        let Some(given) = self.required("title") else {
            return String::new();
        };
        let title = plain_line(&given);
        let checked = text::line("the title", text::cut(&title, 1000), 1000);
        self.sound("title", checked).unwrap_or_default()
    }

    fn url(&mut self) -> String {
        let Some(url) = self.required("url") else {
            return String::new();
        };
        self.sound("url", check_url(&url));
        url
    }

    fn article(&mut self, topics: &[Topic]) -> Incoming {
        let title = self.title();
        let url = self.url();
        let html = self.html();
        let base = url::Url::parse(&url).ok();
        let summary = summary_html(&html, base.as_ref());
        let authors: Vec<String> = self.take("authors", TEXTS).unwrap_or_default();
        let authors = authors.iter().map(|name| plain_line(name));
        let image_url: Option<String> = self.take("image_url", TEXT);
        if let Some(url) = &image_url {
            self.sound("image_url", check_url(url));
        }
        let image_alt: Option<String> = self.take("image_alt", TEXT);
        let not_before = self.take("not_before", TIME);
        let expires_at = self.take("expires_at", TIME);
        self.sound("expires_at", check_times(not_before, expires_at));
        Incoming {
            content: ArticleContent {
                title,
                url,
                summary_text: plain_text(&summary),
                summary_html: summary,
                authors: authors.filter(|name| !name.is_empty()).collect(),
                image_url,
                image_alt: image_alt.map(|alt| plain_line(&alt)),
                language: self.language(),
                published_at: self.take("published_at", TIME),
                updated_at: self.take("updated_at", TIME),
                words: Some(count_words(&html)).filter(|n| *n > 0),
            },
            topics: self.topics(topics),
            not_before,
            expires_at,
            pinned: self.take("pinned", SWITCH),
            hidden: self.take("hidden", SWITCH),
            ..Incoming::default()
        }
    }

    /// The summary as HTML, not yet sanitised.
    fn html(&mut self) -> String {
        let html = self.take("summary_html", TEXT);
        let markdown: Option<String> = self.take("summary_markdown", TEXT);
        match (html, markdown) {
            (Some(_), Some(_)) => {
                let both = "give summary_html or summary_markdown, not both";
                self.wrong("summary_markdown", both);
                String::new()
            }
            (Some(html), None) => html,
            (None, Some(markdown)) => markdown_html(&markdown),
            (None, None) => String::new(),
        }
    }

    fn language(&mut self) -> Option<String> {
        let tag: String = self.take("language", TEXT)?;
        let known = language_tag(&tag);
        if known.is_none() {
            let reason = format!("{tag:?} is not a language tag such as en or pt-BR");
            self.wrong("language", reason);
        }
        known
    }

    fn topics(&mut self, known: &[Topic]) -> Vec<Slug> {
        let given: Vec<String> = self.take("topics", TEXTS).unwrap_or_default();
        let mut topics = Vec::with_capacity(given.len());
        for topic in given {
            let slug = self.sound("topics", topic.parse::<Slug>());
            let Some(slug) = slug else { continue };
            if self
                .sound("topics", topic_ids(known, std::slice::from_ref(&slug)))
                .is_some()
            {
                topics.push(slug);
            }
        }
        topics
    }

    /// All that was wrong; what nobody has read is a mistake too.
    fn end(mut self) -> Vec<Mistake> {
        let unread: Vec<String> = self.left.keys().cloned().collect();
        for field in unread {
            self.wrong(text::cut(&field, 60), "there is no such field");
        }
        self.mistakes
    }
}

/// A Markdown text as HTML, not yet sanitised.
pub(super) fn markdown_html(markdown: &str) -> String {
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(markdown));
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_clean_html() {
        let json = r#"{"title":"A <b>bold</b> move","url":"https://x.example/a","summary_markdown":"It *works*. <script>alert(1)</script>"}"#;
        let read = read(json.as_bytes(), &[]).unwrap();
        assert_eq!(read[0].content.title, "A bold move");
        assert!(read[0].content.summary_html.contains("<em>works</em>"));
        assert!(!read[0].content.summary_html.contains("script"));
    }

    #[test]
    fn all_mistakes_are_named_with_article_and_field() {
        let json = r#"[
            {"title":"fine","url":"https://x.example/1","image_alt":null},
            {"url":"x","sumary_html":"","published_at":"soon","language":"en\r\nx"},
            7,
            {"title":" ","url":"javascript:1","topics":["No","gone"],"pinned":"yes",
             "image_url":"data:x","authors":"Ann","summary_html":"a","summary_markdown":"b",
             "not_before":"2026-01-02T00:00:00Z","expires_at":"2026-01-01T00:00:00Z"}
        ]"#;
        let Err(InputError::Articles(mistakes)) = read(json.as_bytes(), &[]) else {
            panic!("must be refused");
        };
        let named: Vec<(usize, &str)> = mistakes
            .iter()
            .map(|mistake| (mistake.index, mistake.field.as_str()))
            .collect();
        assert_eq!(
            named,
            [
                (1, "title"),
                (1, "url"),
                (1, "language"),
                (1, "published_at"),
                (1, "sumary_html"),
                (2, ""),
                (3, "title"),
                (3, "url"),
                (3, "summary_markdown"),
                (3, "authors"),
                (3, "image_url"),
                (3, "expires_at"),
                (3, "topics"),
                (3, "topics"),
                (3, "pinned"),
            ]
        );
        let text = InputError::Articles(mistakes).to_string();
        assert!(text.starts_with("article 2: title: is missing; article 2: url: "));
        assert!(text.ends_with("; and 5 more"), "{text}");
        let text = |json: &str| read(json.as_bytes(), &[]).unwrap_err().to_string();
        assert!(text("{\n \"title\": }").contains("line 2 column 11"));
    }
}
