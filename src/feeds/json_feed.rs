//! JSON Feed 1.0 and 1.1, read by hand: what an item lacks is no reason to refuse the feed.

use serde_json::Value;

use super::parse::{ParseError, RawEntry, RawFeed};
use super::tokens::escape_into;
use crate::domain::clock::Time;

/// Reads a JSON Feed.
pub(super) fn read(text: &str) -> Result<RawFeed, ParseError> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| ParseError::Json(error.to_string()))?;
    let version = value["version"].as_str().unwrap_or_default();
    let Some(items) = value["items"].as_array() else {
        return Err(ParseError::NotAFeed("JSON without \"items\"".to_owned()));
    };
    if !version.contains("jsonfeed.org/version/") {
        return Err(ParseError::NotAFeed(
            "JSON without the \"version\" of JSON Feed".to_owned(),
        ));
    }
    let authors = people(&value);
    let language = string(&value, "language");
    let entries = items.iter().filter(|item| item.is_object());
    Ok(RawFeed {
        format: "json",
        title: string(&value, "title").map(|title| as_html(&title)),
        link: string(&value, "home_page_url"),
        entries: entries
            .map(|item| entry(item, &authors, language.as_deref()))
            .collect(),
    })
}

fn entry(item: &Value, authors: &[String], language: Option<&str>) -> RawEntry {
    let html = string(item, "content_html");
    let text = string(item, "content_text").map(|text| paragraphs(&text));
    let own_authors = people(item);
    let links = ["url", "external_url"]
        .iter()
        .filter_map(|key| string(item, key));
    RawEntry {
        id: id(item),
        title: string(item, "title").map(|title| as_html(&title)),
        links: links.collect(),
        published_at: time(item, "date_published"),
        updated_at: time(item, "date_modified"),
        authors: if own_authors.is_empty() {
            authors.to_vec()
        } else {
            own_authors
        },
        categories: strings(&item["tags"]),
        summary: string(item, "summary").map(|text| paragraphs(&text)),
        content: html.or(text),
        base: None,
        image: string(item, "image").or_else(|| string(item, "banner_image")),
        language: string(item, "language").or_else(|| language.map(str::to_owned)),
    }
}

fn string(value: &Value, key: &str) -> Option<String> {
    let text = value[key].as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Some write numbers as ids.
fn id(item: &Value) -> String {
    match &item["id"] {
        Value::Number(number) => number.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// The names in `authors`, or in the `author` of version 1.0.
fn people(value: &Value) -> Vec<String> {
    let list = value["authors"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let names: Vec<String> = list
        .iter()
        .filter_map(|person| string(person, "name"))
        .collect();
    if names.is_empty() {
        string(&value["author"], "name").into_iter().collect()
    } else {
        names
    }
}

fn time(value: &Value, key: &str) -> Option<Time> {
    let time = chrono::DateTime::parse_from_rfc3339(value[key].as_str()?.trim()).ok()?;
    Some(time.to_utc())
}

fn as_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    escape_into(&mut html, text);
    html
}

/// Plain text as HTML, its empty lines as paragraphs.
fn paragraphs(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for part in text.replace("\r\n", "\n").split("\n\n") {
        html.push_str("<p>");
        escape_into(&mut html, part);
        html.push_str("</p>");
    }
    html
}
