//! The feed as RSS 2.0, with conditional requests (RFC 9110, 13).

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;

use super::super::content::NEWSPAPER;
use super::super::html::{each, esc};
use super::{Links, News, Published};
use crate::domain::clock::Time;

/// The feed, or 304 where the reader has it already.
pub(super) fn answer(links: &Links, news: &News, request: &HeaderMap) -> Response {
    let etag = etag(news);
    let validators = [
        (header::ETAG, etag.clone()),
        (header::LAST_MODIFIED, http_date(news.changed_at)),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    if unchanged(&etag, news.changed_at, request) {
        return (StatusCode::NOT_MODIFIED, validators).into_response();
    }
    let kind = [(header::CONTENT_TYPE, "application/rss+xml; charset=utf-8")];
    (validators, kind, document(links, news)).into_response()
}

/// The articles only ever grow in number, so that their count and the opening name the content.
fn etag(news: &News) -> String {
    let opened = news.opened_at.timestamp_micros();
    format!("\"{opened:x}-{}\"", news.published.len())
}

/// Whether the request's conditions hold; the date counts only where no tag was sent.
fn unchanged(etag: &str, changed_at: Time, request: &HeaderMap) -> bool {
    if request.contains_key(header::IF_NONE_MATCH) {
        return request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag);
    }
    request
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| DateTime::parse_from_rfc2822(value).ok())
        .is_some_and(|since| changed_at.timestamp() <= since.timestamp())
}

fn http_date(time: Time) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn document(links: &Links, news: &News) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n\
         <title>{NEWSPAPER}</title>\n<link>{own}/</link>\n\
         <atom:link href=\"{own}/feed.xml\" rel=\"self\" type=\"application/rss+xml\"/>\n\
         <description>Business news from the coast</description>\n<language>en-gb</language>\n\
         <lastBuildDate>{built}</lastBuildDate>\n<ttl>1</ttl>\n{items}</channel>\n</rss>\n",
        own = esc(&links.own),
        built = news.changed_at.to_rfc2822(),
        items = each(&news.published, |published| item(links, published)),
    )
}

fn item(links: &Links, published: &Published) -> String {
    let article = &published.article;
    let url = links.article(article.slug);
    let description = format!("<p>{}</p>", esc(article.standfirst));
    format!(
        "<item>\n<title>{title}</title>\n<link>{url}</link>\n\
         <guid isPermaLink=\"true\">{url}</guid>\n<pubDate>{date}</pubDate>\n\
         <dc:creator>{author}</dc:creator>\n{categories}\
         <description>{description}</description>\n</item>\n",
        title = esc(article.title),
        url = esc(&url),
        date = published.at.to_rfc2822(),
        author = esc(article.author),
        categories = each(&article.topics, |topic| format!(
            "<category>{}</category>\n",
            esc(topic.name)
        )),
        description = esc(&description),
    )
}
