//! The pages of the news site as HTML.

use super::super::content::{NEWSPAPER, TOPICS, Topic};
use super::super::html::{Page, each, esc};
use super::sign_up_box::sign_up_box;
use super::{Links, News, Published};
use crate::domain::clock::Time;

/// Headlines in the list of the latest.
const LATEST: usize = 7;
/// Stories beneath the lead of the front page.
const SECONDS: usize = 2;

/// What the box of figures shows: name, value, change.
const FIGURES: [(&str, &str, &str); 6] = [
    ("Harbour 50", "7,412", "+1.1 %"),
    ("Two-year bond", "3.29 %", "−0.12"),
    ("Power, morning", "61.00", "+2.3 %"),
    ("Power, evening", "57.00", "−4.1 %"),
    ("Forty-foot box", "2,150", "−1.8 %"),
    ("Ships waiting", "9", "−2"),
];

/// The front page: a lead, the latest, then every topic.
pub(super) fn front(links: &Links, news: &News) -> String {
    let Some((lead, others)) = news.published.split_first() else {
        return not_found(links, news);
    };
    let (seconds, others) = others.split_at(SECONDS.min(others.len()));
    let sections = each(TOPICS, |topic| front_section(news, others, topic));
    let main = format!(
        "<h1 class=\"unseen\">{NEWSPAPER}: front page</h1>\n<div class=\"top\">\n\
         <article class=\"lead\">{label}<h2><a href=\"/articles/{slug}\">{title}</a></h2>\n\
         <p class=\"standfirst\">{standfirst}</p>\n<p>{first}</p>\n{byline}</article>\n\
         <div class=\"seconds\">\n{seconds}</div>\n{latest}</div>\n\
         <div class=\"sections\">\n{sections}{figures}</div>\n\
         <p class=\"by-mail\">Stay updated on business news: \
         <a href=\"{sign_up}\">get the headlines by mail</a>, or \
         <a href=\"/feed.xml\">read the feed</a>.</p>\n",
        label = topic_label(&lead.article.topics),
        slug = esc(lead.article.slug),
        title = esc(lead.article.title),
        standfirst = esc(lead.article.standfirst),
        first = esc(lead.article.paragraphs.first().copied().unwrap_or_default()),
        byline = byline(lead),
        seconds = each(seconds, second),
        latest = latest(news, lead.article.slug),
        figures = figures(),
        sign_up = esc(&links.sign_up()),
    );
    shell(links, news, NEWSPAPER, None, &main)
}

/// One article, the sign-up box beneath it, and the latest headlines.
pub(super) fn article(links: &Links, news: &News, item: &Published) -> String {
    let article = &item.article;
    let main = format!(
        "<div class=\"reading\">\n<div>\n<article class=\"story\">\n{label}<h1>{title}</h1>\n\
         <p class=\"standfirst\">{standfirst}</p>\n{byline}<div class=\"text\">\n{text}</div>\n\
         </article>\n{sign_up}</div>\n{latest}</div>\n",
        label = topic_label(&article.topics),
        title = esc(article.title),
        standfirst = esc(article.standfirst),
        byline = byline(item),
        text = each(&article.paragraphs, |text| format!(
            "<p>{}</p>\n",
            esc(text)
        )),
        sign_up = sign_up_box(links, item),
        latest = latest(news, article.slug),
    );
    let title = format!("{} – {NEWSPAPER}", article.title);
    shell(links, news, &title, None, &main)
}

/// All the articles of a topic.
pub(super) fn topic(links: &Links, news: &News, topic: Topic) -> String {
    let items = news.published.iter();
    let stories = each(
        items.filter(|item| item.article.topics.contains(&topic)),
        |item| {
            format!(
                "<li><h2><a href=\"/articles/{}\">{}</a></h2>\n<p>{}</p>\n{}</li>\n",
                esc(item.article.slug),
                esc(item.article.title),
                esc(item.article.standfirst),
                byline(item),
            )
        },
    );
    let main = format!(
        "<div class=\"reading\">\n<div>\n<h1 class=\"topic-title\">{}</h1>\n\
         <ol class=\"stories\">\n{stories}</ol>\n</div>\n{}</div>\n",
        esc(topic.name),
        latest(news, ""),
    );
    let title = format!("{} – {NEWSPAPER}", topic.name);
    shell(links, news, &title, Some(topic), &main)
}

/// The page for an address that is not there.
pub(super) fn not_found(links: &Links, news: &News) -> String {
    let main = format!(
        "<div class=\"reading\">\n<article class=\"story\"><h1>There is no such page</h1>\n\
         <p class=\"standfirst\">The address may have a typing mistake. \
         <a href=\"/\">Go to the front page</a>.</p></article>\n{}</div>\n",
        latest(news, ""),
    );
    shell(
        links,
        news,
        &format!("No such page – {NEWSPAPER}"),
        None,
        &main,
    )
}

/// What stands at the feed's address while the feed is broken on purpose.
pub(super) fn broken_feed(links: &Links, news: &News) -> String {
    let main = "<article class=\"story\"><h1>We are working on it</h1>\n\
                <p class=\"standfirst\">This part of the site is being repaired. \
                Please come back later.</p></article>\n";
    shell(
        links,
        news,
        &format!("Being repaired – {NEWSPAPER}"),
        None,
        main,
    )
}

fn second(item: &Published) -> String {
    format!(
        "<article>{}<h2><a href=\"/articles/{}\">{}</a></h2>\n<p>{}</p>\n</article>\n",
        topic_label(&item.article.topics),
        esc(item.article.slug),
        esc(item.article.title),
        esc(item.article.standfirst),
    )
}

fn front_section(news: &News, items: &[Published], topic: Topic) -> String {
    let own: Vec<_> = items
        .iter()
        .filter(|item| item.article.topics.first() == Some(&topic))
        .collect();
    let first = each(own.first(), |item| {
        format!(
            "<h3><a href=\"/articles/{}\">{}</a></h3>\n<p>{}</p>\n",
            esc(item.article.slug),
            esc(item.article.title),
            esc(item.article.standfirst),
        )
    });
    let more = each(own.iter().skip(1).take(3), |item| headline(news, item));
    let more = if more.is_empty() {
        more
    } else {
        format!("<ul class=\"headlines\">\n{more}</ul>\n")
    };
    format!(
        "<section><h2 class=\"label\"><a href=\"/topics/{}\">{}</a></h2>\n{first}{more}</section>\n",
        esc(topic.slug),
        esc(topic.name),
    )
}

fn figures() -> String {
    let rows = each(FIGURES, |(name, value, change)| {
        format!("<tr><th scope=\"row\">{name}</th><td>{value}</td><td>{change}</td></tr>\n")
    });
    format!(
        "<section><h2 class=\"label\">The figures</h2>\n<table class=\"figures\">\n\
         <thead class=\"unseen\"><tr><th>Name</th><th>Value</th><th>Change</th></tr></thead>\n\
         <tbody>\n{rows}</tbody></table>\n\
         <p class=\"hint\">Prices in crowns: power for a megawatt hour, a box on the eastern \
         route.</p></section>\n"
    )
}

/// The latest headlines, without the article that is being read.
fn latest(news: &News, except: &str) -> String {
    let items = news.published.iter();
    let rows = each(
        items
            .filter(|item| item.article.slug != except)
            .take(LATEST),
        |item| headline(news, item),
    );
    format!(
        "<aside class=\"latest\" aria-labelledby=\"latest-title\">\n\
         <h2 class=\"label\" id=\"latest-title\">Latest headlines</h2>\n\
         <ul class=\"headlines\">\n{rows}</ul>\n</aside>\n"
    )
}

fn headline(news: &News, item: &Published) -> String {
    let other_day = item.at.date_naive() != news.changed_at.date_naive();
    let form = if other_day { "%a %H:%M" } else { "%H:%M" };
    format!(
        "<li>{} <a href=\"/articles/{}\">{}</a></li>\n",
        time(item.at, form),
        esc(item.article.slug),
        esc(item.article.title),
    )
}

fn topic_label(topics: &[Topic]) -> String {
    let links = each(topics, |topic| {
        format!(
            "<a href=\"/topics/{}\">{}</a> ",
            esc(topic.slug),
            esc(topic.name)
        )
    });
    format!("<p class=\"topics\">{links}</p>\n")
}

fn byline(item: &Published) -> String {
    format!(
        "<p class=\"byline\">By {} · {}</p>\n",
        esc(item.article.author),
        time(item.at, "%A %-d %B, %H:%M UTC"),
    )
}

fn time(at: Time, form: &str) -> String {
    format!(
        "<time datetime=\"{}\">{}</time>",
        at.format("%Y-%m-%dT%H:%M:%SZ"),
        at.format(form)
    )
}

/// Masthead, navigation and foot around the main part of a page.
fn shell(links: &Links, news: &News, title: &str, current: Option<Topic>, main: &str) -> String {
    let topics = each(TOPICS, |topic| {
        let here = if current == Some(topic) {
            " aria-current=\"page\""
        } else {
            ""
        };
        format!(
            "<li><a href=\"/topics/{}\"{here}>{}</a></li>\n",
            esc(topic.slug),
            esc(topic.name)
        )
    });
    let sign_up = links.sign_up();
    let body = format!(
        "<a class=\"skip\" href=\"#main\">Skip to the news</a>\n<div class=\"sheet\">\n\
         <header class=\"masthead\">\n<p class=\"name\"><a href=\"/\">{NEWSPAPER}</a></p>\n\
         <p class=\"dateline\"><span>{date}</span> <span>Business news from the coast</span> \
         <span><a href=\"{sign_up}\">By mail</a></span></p>\n\
         <nav aria-label=\"Topics\"><ul>\n{topics}</ul></nav>\n</header>\n\
         <main id=\"main\">\n{main}</main>\n\
         <footer>\n<p>{NEWSPAPER} is an invented newspaper, part of the demo of Paperround. \
         Its companies, people and prices do not exist.</p>\n\
         <p><a href=\"/feed.xml\">RSS feed</a></p>\n</footer>\n</div>\n",
        date = time(news.changed_at, "%A %-d %B %Y"),
        sign_up = esc(&sign_up),
    );
    let head = format!(
        "<link rel=\"alternate\" type=\"application/rss+xml\" title=\"{NEWSPAPER}\" \
         href=\"/feed.xml\">\n"
    );
    Page {
        title,
        head: &head,
        body: &body,
    }
    .document()
}
