//! Tests of the news site through its router.

use super::*;
use crate::demo::test_http::{Answer, get};

fn site() -> Arc<Site> {
    let now = "2026-07-14T09:41:10.5Z".parse().unwrap();
    Arc::new(Site::new(
        now,
        "http://127.0.0.1:8080/".into(),
        "harbour-ledger",
        "http://127.0.0.1:8081/".into(),
    ))
}

async fn ask(site: &Arc<Site>, path: &str) -> Answer {
    get(site.clone().router(), path, "").await
}

#[tokio::test]
async fn the_feed_parses_and_names_its_topics() {
    let site = site();
    let answer = ask(&site, "/feed.xml").await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .starts_with("application/rss+xml")
    );
    let feed = feed_rs::parser::parse(answer.body.as_bytes()).unwrap();
    assert_eq!(feed.entries.len(), 12);
    assert_eq!(feed.title.unwrap().content, content::NEWSPAPER);
    let tidal = &feed.entries[1];
    assert_eq!(
        tidal.links[0].href,
        "http://127.0.0.1:8081/articles/dunmarrow-tidal-array"
    );
    assert_eq!(tidal.id, tidal.links[0].href);
    let categories: Vec<_> = tidal.categories.iter().map(|c| c.term.as_str()).collect();
    assert_eq!(categories, ["Energy", "Markets"]);
    assert_eq!(tidal.authors[0].name.as_deref(), Some("Rafael Osei-Lund"));
    assert_eq!(
        tidal.published.unwrap().to_rfc3339(),
        "2026-07-14T09:03:10+00:00"
    );
    let summary = &tidal.summary.as_ref().unwrap().content;
    assert!(
        summary.starts_with("<p>The regulator has cleared 48"),
        "{summary}"
    );
    for entry in &feed.entries {
        assert!(!entry.categories.is_empty() && entry.summary.is_some());
    }
}

#[tokio::test]
async fn the_feed_is_sent_again_only_when_it_changed() {
    let site = site();
    let first = ask(&site, "/feed.xml").await;
    let etag = first.header("etag").to_owned();
    let modified = first.header("last-modified").to_owned();
    assert_eq!(modified, "Tue, 14 Jul 2026 09:41:10 GMT");
    let when = async |headers: String| get(site.clone().router(), "/feed.xml", &headers).await;

    let by_tag = when(format!("If-None-Match: \"other\", W/{etag}\r\n")).await;
    assert_eq!((by_tag.status, by_tag.body.as_str()), (304, ""));
    assert_eq!(by_tag.header("etag"), etag);
    let by_date = when(format!("If-Modified-Since: {modified}\r\n")).await;
    assert_eq!(by_date.status, 304);
    let tag_wins = format!("If-None-Match: \"other\"\r\nIf-Modified-Since: {modified}\r\n");
    assert_eq!(when(tag_wins).await.status, 200);
    assert_eq!(
        when("If-Modified-Since: yesterday\r\n".into()).await.status,
        200
    );

    let later = "2026-07-14T09:43:00Z".parse().unwrap();
    assert!(site.publish_next(later).is_some());
    assert_eq!(when(format!("If-None-Match: {etag}\r\n")).await.status, 200);
    assert_eq!(
        when(format!("If-Modified-Since: {modified}\r\n"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn later_articles_come_first_until_all_are_out() {
    let site = site();
    let start: Time = "2026-07-14T09:42:00Z".parse().unwrap();
    let path = "/articles/pilots-pay-deal";
    assert_eq!(ask(&site, path).await.status, 404);
    let mut titles = Vec::new();
    for minute in 0.. {
        match site.publish_next(start + Duration::minutes(minute)) {
            Some(title) => titles.push(title),
            None => break,
        }
    }
    assert_eq!(titles.len(), 6);
    assert_eq!(ask(&site, path).await.status, 200);
    let answer = ask(&site, "/feed.xml").await;
    let feed = feed_rs::parser::parse(answer.body.as_bytes()).unwrap();
    assert_eq!(feed.entries.len(), 18);
    assert_eq!(feed.entries[0].title.as_ref().unwrap().content, titles[5]);
    assert!(
        feed.entries
            .is_sorted_by_key(|e| std::cmp::Reverse(e.published))
    );
}

#[tokio::test]
async fn the_feed_can_be_broken_on_purpose() {
    let site = site();
    site.set_feed_broken(true);
    let answer = ask(&site, "/feed.xml").await;
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(feed_rs::parser::parse(answer.body.as_bytes()).is_err());
    site.set_feed_broken(false);
    assert!(ask(&site, "/feed.xml").await.body.starts_with("<?xml"));
}

#[tokio::test]
async fn every_article_has_the_sign_up_box_beneath() {
    let site = site();
    let urls = site.article_urls();
    assert_eq!(urls.len(), 12);
    for url in urls {
        let path = url.strip_prefix("http://127.0.0.1:8081").unwrap();
        let answer = ask(&site, path).await;
        assert_eq!(answer.status, 200);
        let page = &answer.body;
        assert!(page.len() < 30_000);
        for part in [
            "Stay updated on business news",
            "action=\"http://127.0.0.1:8080/harbour-ledger/subscribe\"",
            &format!("name=\"source\" value=\"{url}\""),
            "type=\"email\" id=\"email\" name=\"email\"",
            "name=\"website\" tabindex=\"-1\"",
            "name=\"frequency\" value=\"daily\" checked",
            "name=\"frequency\" value=\"weekly\">",
            "name=\"frequency\" value=\"two-minutes\">",
            "Latest headlines",
        ] {
            assert!(page.contains(part), "{path}: {part}");
        }
        assert!(page.find("</article>") < page.find("<form"), "{path}");
        assert_eq!(page.matches("name=\"topics\"").count(), 5);
        let script =
            "<script src=\"http://127.0.0.1:8080/embed/harbour-ledger.js?lang=en\" defer></script>";
        assert!(page.contains("<form data-paperround ") && page.contains(script));
        assert_eq!(page.matches("<script").count(), 1);
    }
}

#[tokio::test]
async fn only_the_topics_of_the_article_are_preselected() {
    let page = ask(&site(), "/articles/dunmarrow-tidal-array").await.body;
    for (topic, chosen) in [
        ("markets", true),
        ("energy", true),
        ("shipping", false),
        ("retail", false),
    ] {
        let ticked = page.contains(&format!("value=\"{topic}\" checked"));
        assert_eq!(ticked, chosen, "{topic}");
    }
}

#[tokio::test]
async fn the_front_page_shows_every_article_and_topic() {
    let site = site();
    let page = ask(&site, "/").await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
         form-action http://127.0.0.1:8080; script-src http://127.0.0.1:8080; \
         connect-src http://127.0.0.1:8080"
    );
    for item in &site.news().published {
        assert!(
            page.body
                .contains(&format!("/articles/{}\"", item.article.slug))
        );
    }
    for topic in TOPICS {
        let path = format!("/topics/{}", topic.slug);
        assert!(page.body.contains(&path));
        assert_eq!(ask(&site, &path).await.status, 200);
    }
    assert_eq!(ask(&site, "/topics/sport").await.status, 404);
    assert_eq!(ask(&site, "/nowhere").await.status, 404);
    assert_eq!(ask(&site, "/style.css").await.status, 200);
}
