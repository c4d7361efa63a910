//! The news site: front page, topics, articles with the sign-up box beneath, and the feed.

mod feed;
mod pages;
mod sign_up_box;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use chrono::Duration;
use url::Url;

use super::content::{self, Article, TOPICS};
use super::html;
use crate::domain::clock::Time;

/// The news site of the demo.
#[derive(Debug)]
pub struct Site {
    links: Links,
    /// What browsers may load and where forms may go.
    policy: String,
    news: RwLock<News>,
    feed_broken: AtomicBool,
}

/// Where things are.
#[derive(Debug)]
struct Links {
    /// The address of Paperround without a closing slash.
    paperround: String,
    publication: String,
    /// The address of this site without a closing slash.
    own: String,
}

impl Links {
    fn article(&self, slug: &str) -> String {
        format!("{}/articles/{slug}", self.own)
    }

    fn sign_up(&self) -> String {
        format!("{}/{}", self.paperround, self.publication)
    }

    fn script(&self) -> String {
        format!("{}/embed/{}.js?lang=en", self.paperround, self.publication)
    }
}

/// An article with its time.
#[derive(Debug, Clone)]
struct Published {
    article: Article,
    at: Time,
}

/// What the site shows at one moment.
#[derive(Debug, Clone)]
struct News {
    /// From new to old.
    published: Vec<Published>,
    waiting: VecDeque<Article>,
    opened_at: Time,
    changed_at: Time,
}

impl News {
    fn open(now: Time) -> Self {
        let mut published = Vec::new();
        let mut waiting = VecDeque::new();
        for article in content::articles() {
            match article.minutes_ago {
                Some(minutes) => published.push(Published {
                    at: now - Duration::minutes(i64::from(minutes)),
                    article,
                }),
                None => waiting.push_back(article),
            }
        }
        published.sort_by_key(|item| std::cmp::Reverse(item.at));
        Self {
            published,
            waiting,
            opened_at: now,
            changed_at: now,
        }
    }
}

impl Site {
    /// A site that opens at `now` with a dozen articles from the last hours, and whose sign-up box
    /// sends its form to a publication of the Paperround at `paperround_url`.
    pub fn new(now: Time, paperround_url: String, publication_slug: &str, own_url: String) -> Self {
        let links = Links {
            paperround: paperround_url.trim_end_matches('/').to_owned(),
            publication: publication_slug.to_owned(),
            own: own_url.trim_end_matches('/').to_owned(),
        };
        let form_target = Url::parse(&links.paperround).map_or_else(
            |_| "'none'".to_owned(),
            |url| url.origin().ascii_serialization(),
        );
        Self {
            policy: format!(
                "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                 form-action {form_target}; script-src {form_target}; connect-src {form_target}"
            ),
            links,
            news: RwLock::new(News::open(now)),
            feed_broken: AtomicBool::new(false),
        }
    }

    /// Publishes the next of the later articles and returns its title; `None` when all are out.
    pub fn publish_next(&self, now: Time) -> Option<&'static str> {
        let mut news = self.news.write().unwrap_or_else(PoisonError::into_inner);
        let article = news.waiting.pop_front()?;
        let title = article.title;
        news.published.insert(0, Published { article, at: now });
        news.changed_at = now;
        Some(title)
    }

    /// Makes the feed's address answer with an HTML page, as a broken web server would.
    pub fn set_feed_broken(&self, broken: bool) {
        self.feed_broken.store(broken, Ordering::Relaxed);
    }

    /// The addresses of the articles that are out, from new to old.
    pub fn article_urls(&self) -> Vec<String> {
        let news = self.news();
        let slugs = news.published.iter().map(|item| item.article.slug);
        slugs.map(|slug| self.links.article(slug)).collect()
    }

    /// The address of the feed.
    pub fn feed_url(&self) -> String {
        format!("{}/feed.xml", self.links.own)
    }

    /// The pages of the site.
    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/", get(front))
            .route("/articles/{slug}", get(article))
            .route("/topics/{slug}", get(topic))
            .route("/feed.xml", get(feed))
            .route("/style.css", get(html::style))
            .route("/icon.svg", get(html::icon))
            .fallback(missing)
            .with_state(self)
    }

    fn news(&self) -> News {
        let news = self.news.read().unwrap_or_else(PoisonError::into_inner);
        news.clone()
    }

    fn page(&self, status: StatusCode, html: String) -> Response {
        html::answer(status, &self.policy, html)
    }

    fn not_found(&self) -> Response {
        let html = pages::not_found(&self.links, &self.news());
        self.page(StatusCode::NOT_FOUND, html)
    }
}

async fn front(State(site): State<Arc<Site>>) -> Response {
    let html = pages::front(&site.links, &site.news());
    site.page(StatusCode::OK, html)
}

async fn article(State(site): State<Arc<Site>>, Path(slug): Path<String>) -> Response {
    let news = site.news();
    match news.published.iter().find(|item| item.article.slug == slug) {
        Some(item) => site.page(StatusCode::OK, pages::article(&site.links, &news, item)),
        None => site.not_found(),
    }
}

async fn topic(State(site): State<Arc<Site>>, Path(slug): Path<String>) -> Response {
    match TOPICS.into_iter().find(|topic| topic.slug == slug) {
        Some(topic) => {
            let html = pages::topic(&site.links, &site.news(), topic);
            site.page(StatusCode::OK, html)
        }
        None => site.not_found(),
    }
}

async fn feed(State(site): State<Arc<Site>>, request: HeaderMap) -> Response {
    if site.feed_broken.load(Ordering::Relaxed) {
        let html = pages::broken_feed(&site.links, &site.news());
        return site.page(StatusCode::OK, html);
    }
    feed::answer(&site.links, &site.news(), &request)
}

async fn missing(State(site): State<Arc<Site>>) -> Response {
    site.not_found()
}

#[cfg(test)]
mod tests;
