//! Articles as JSON: one object or an array of them.

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::ingest_article::Incoming;
use crate::domain::article::{ArticleContent, check_times, check_url, language_tag};
use crate::domain::clock::Time;
use crate::domain::slug::Slug;
use crate::feeds::sanitize::{count_words, plain_line, plain_text, summary_html};

/// An article as written by a person or a program; unknown keys are mistakes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    title: String,
    url: String,
    #[serde(default)]
    summary_html: Option<String>,
    #[serde(default)]
    summary_markdown: Option<String>,
    #[serde(default)]
    published_at: Option<Time>,
    #[serde(default)]
    updated_at: Option<Time>,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    authors: Vec<String>,
    #[serde(default)]
    image_url: Option<String>,
    #[serde(default)]
    image_alt: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    not_before: Option<Time>,
    #[serde(default)]
    expires_at: Option<Time>,
    #[serde(default)]
    pinned: Option<bool>,
    #[serde(default)]
    hidden: Option<bool>,
}

/// Why the JSON was refused.
#[derive(Debug, Error)]
pub enum InputError {
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("article {number}: {path}{reason}")]
    Article {
        number: usize,
        path: String,
        reason: String,
    },
}

/// Reads one article or an array of them.
pub fn read(bytes: &[u8]) -> Result<Vec<Incoming>, InputError> {
    let values = match serde_json::from_slice(bytes)? {
        Value::Array(list) => list,
        single => vec![single],
    };
    values
        .into_iter()
        .zip(1..)
        .map(|(value, number)| article(value, number))
        .collect()
}

fn article(value: Value, number: usize) -> Result<Incoming, InputError> {
    let wrong = |path: &str, reason: String| InputError::Article {
        number,
        path: path.to_owned(),
        reason,
    };
    let input: Input = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." {
            String::new()
        } else {
            format!("{path}: ")
        };
        wrong(&path, error.into_inner().to_string())
    })?;
    let html = match (input.summary_html, input.summary_markdown) {
        (Some(_), Some(_)) => {
            return Err(wrong(
                "",
                "give summary_html or summary_markdown, not both".to_owned(),
            ));
        }
        (Some(html), None) => html,
        (None, Some(markdown)) => markdown_html(&markdown),
        (None, None) => String::new(),
    };
    let base = url::Url::parse(&input.url).ok();
    let summary = summary_html(&html, base.as_ref());
    let mut topics = Vec::with_capacity(input.topics.len());
    for topic in &input.topics {
        topics.push(
            topic
                .parse::<Slug>()
                .map_err(|e| wrong("topics: ", e.to_string()))?,
        );
    }
    let language = match input.language {
        Some(tag) => Some(language_tag(&tag).ok_or_else(|| {
            let reason = format!("{tag:?} is not a language tag such as en or pt-BR");
            wrong("language: ", reason)
        })?),
        None => None,
    };
    if let Some(url) = &input.image_url {
        check_url(url).map_err(|e| wrong("image_url: ", e.to_string()))?;
    }
    check_times(input.not_before, input.expires_at).map_err(|e| wrong("", e.to_string()))?;
    Ok(Incoming {
        content: ArticleContent {
            title: plain_line(&input.title),
            url: input.url,
            summary_text: plain_text(&summary),
            summary_html: summary,
            authors: input
                .authors
                .iter()
                .map(|a| plain_line(a))
                .filter(|a| !a.is_empty())
                .collect(),
            image_url: input.image_url,
            image_alt: input.image_alt.map(|alt| plain_line(&alt)),
            language,
            published_at: input.published_at,
            updated_at: input.updated_at,
            words: Some(count_words(&html)).filter(|n| *n > 0),
        },
        topics,
        not_before: input.not_before,
        expires_at: input.expires_at,
        pinned: input.pinned,
        hidden: input.hidden,
        ..Incoming::default()
    })
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
        let json = r#"{"title":"A <b>bold</b> move","url":"https://x.example/a","summary_markdown":"It *works*. <script>alert(1)</script>","topics":["energy"]}"#;
        let read = read(json.as_bytes()).unwrap();
        assert_eq!(read[0].content.title, "A bold move");
        assert!(read[0].content.summary_html.contains("<em>works</em>"));
        assert!(!read[0].content.summary_html.contains("script"));
    }

    #[test]
    fn names_the_article_and_the_field() {
        let text = |json: &str| read(json.as_bytes()).unwrap_err().to_string();
        assert!(text(r#"[{"title":"a","url":"u"},{"title":"b"}]"#).starts_with("article 2: "));
        assert!(text(r#"{"title":"a","url":"u","published_at":"soon"}"#).contains("published_at"));
        assert!(text(r#"{"title":"a","url":"u","sumary_html":""}"#).contains("sumary_html"));
        assert!(text("{").contains("not JSON"));
        assert!(text(r#"{"title":"a","url":"u","language":"en\r\nx"}"#).contains("language"));
        assert!(
            text(r#"{"title":"a","url":"u","image_url":"javascript:1"}"#).contains("image_url")
        );
        let ended = r#"{"title":"a","url":"u","not_before":"2026-01-02T00:00:00Z","expires_at":"2026-01-01T00:00:00Z"}"#;
        assert!(text(ended).contains("expires_at"));
    }
}
