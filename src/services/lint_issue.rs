//! What a careful editor would look at before an issue goes out: its size, its links, its pictures, what
//! the law asks for, its subject. It finds; it forbids nothing.

mod links;
mod reach;

use std::collections::BTreeMap;

use super::Deps;
use super::coming_issue::{Look, Placed, Spot};
use super::doctor::Finding;
use super::preview_digest::Preview;
use crate::domain::article::{check_url, url_key};
use crate::domain::subject_line;
use crate::feeds::outline::outline;
use crate::feeds::sanitize::plain_text;
use crate::render::slots;

pub use reach::reach;

/// Gmail shows so much of a mail, and cuts off the rest.
pub const GMAIL_BYTES: usize = 102 * 1024;
/// From here on there is little room for what is filled in for each reader.
const NEARLY: usize = 92 * 1024;
/// Names that one finding tells.
const MOST_NAMES: usize = 3;

/// Looks at the mail of the coming issue.
pub fn lint(deps: &Deps, mail: &Preview, look: &Look) -> Vec<Finding> {
    let html = mail.html();
    let shown: Vec<&Placed> = look
        .parts
        .iter()
        .filter(|(spot, _)| *spot != Spot::NoRoom)
        .flat_map(|(_, articles)| articles)
        .collect();
    let mut found = vec![size(&html, slots::is_cut(&mail.edition.html))];
    found.push(subject(&mail.edition.subject));
    found.extend(links::findings(deps, &html, &shown));
    found.push(twice(&shown));
    found.push(pictures(&html, &shown));
    found.extend(without_summary(look));
    found.extend(duties(deps, mail, &html));
    found
}

fn size(html: &str, is_cut: bool) -> Finding {
    let kilobytes = html.len().div_ceil(1024);
    let text = format!("{kilobytes} KB of HTML");
    if is_cut {
        let text = format!("{text}: the last articles stand on the page of the issue alone");
        let remedy = "drop articles or shorten summaries, so that the whole issue is in the mail";
        Finding::warn("Size", "", text, remedy)
    } else if html.len() > GMAIL_BYTES {
        let text = format!("{text}: Gmail cuts a mail off behind 102 KB");
        Finding::fail("Size", "", text, "drop articles or shorten summaries")
    } else if html.len() > NEARLY {
        let text = format!("{text}: Gmail cuts a mail off behind 102 KB");
        Finding::warn("Size", "", text, "drop an article or shorten summaries")
    } else {
        Finding::ok("Size", "", text)
    }
}

fn subject(subject: &str) -> Finding {
    let remarks = subject_line::remarks(subject);
    if remarks.is_empty() {
        return Finding::ok("Subject", "", subject);
    }
    let told: Vec<String> = remarks.iter().map(ToString::to_string).collect();
    let remedy = "give the issue a subject of its own";
    Finding::warn("Subject", subject, told.join("; "), remedy)
}

/// A list that names the first few.
fn named(names: &[String]) -> String {
    let few = names.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>();
    let few = few.join("; ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => few,
        more => format!("{few}; and {more} more"),
    }
}

/// Articles that say the same, or lead to the same page.
fn twice(shown: &[&Placed]) -> Finding {
    let mut by_key: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for placed in shown {
        let content = &placed.shown.content;
        let page = check_url(&content.url).map(|url| url_key(&url));
        let title = content.title.to_lowercase();
        for key in [page.unwrap_or_default(), format!("title {title}")] {
            by_key.entry(key).or_default().push(&content.title);
        }
    }
    let mut names: Vec<String> = by_key
        .into_values()
        .filter(|titles| titles.len() > 1)
        .map(|titles| titles[0].to_owned())
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Finding::ok("Articles", "", "none is there twice");
    }
    let text = format!("there twice: {}", named(&names));
    Finding::warn("Articles", "", text, "drop one of each")
}

fn pictures(html: &str, shown: &[&Placed]) -> Finding {
    let all = outline(html).pictures;
    let silent = all.iter().filter(|picture| picture.alt.is_none()).count();
    if silent > 0 {
        let text =
            format!("{silent} without an alt attribute: a screen reader says their addresses");
        let remedy = "give each <img> of the publication's own parts an alt";
        return Finding::fail("Pictures", "", text, remedy);
    }
    let has_none = |placed: &&&Placed| {
        let content = &placed.shown.content;
        let alt = content.image_alt.as_deref().unwrap_or_default();
        let is_used = content
            .image_url
            .as_ref()
            .is_some_and(|url| all.iter().any(|p| p.url == *url));
        is_used && alt.trim().is_empty()
    };
    let titles = shown.iter().filter(has_none);
    let titles: Vec<String> = titles.map(|p| p.shown.content.title.clone()).collect();
    if titles.is_empty() {
        return Finding::ok(
            "Pictures",
            "",
            match all.len() {
                0 => "there is none".to_owned(),
                1 => "there is 1, with words".to_owned(),
                more => format!("there are {more}, with words"),
            },
        );
    }
    let text = format!(
        "without words for who does not see them: {}",
        named(&titles)
    );
    Finding::warn(
        "Pictures",
        "",
        text,
        "`paperround article update --image-alt` gives them words",
    )
}

/// Articles that stand where a summary is shown and have none.
fn without_summary(look: &Look) -> Option<Finding> {
    let full = look
        .parts
        .iter()
        .filter(|(spot, _)| matches!(spot, Spot::Lead | Spot::Section(_)))
        .flat_map(|(_, articles)| articles);
    let bare = full.filter(|p| p.shown.content.summary_text.trim().is_empty());
    let titles: Vec<String> = bare.map(|p| p.shown.content.title.clone()).collect();
    (!titles.is_empty()).then(|| {
        let text = format!("without any: {}", named(&titles));
        Finding::warn(
            "Summaries",
            "",
            text,
            "edit them, for this issue or for good",
        )
    })
}

/// What the law and the mailbox providers ask for.
fn duties(deps: &Deps, mail: &Preview, html: &str) -> Vec<Finding> {
    let text = mail.text();
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (plain, words) = (squeezed(&plain_text(html)), squeezed(&text));
    let has = |needle: &str| {
        let needle = squeezed(needle);
        plain.contains(&needle) && words.contains(&needle)
    };
    let unsubscribe = mail.unsubscribe_url();
    let links = outline(html).links;
    let is_linked = links.iter().any(|link| link == unsubscribe) && text.contains(unsubscribe);
    let remedy = "look at the publication's own parts: `paperround template list`";
    let duty = |check, is_there: bool, there: &str, missing: &str| {
        if is_there {
            Finding::ok(check, "", there)
        } else {
            Finding::fail(check, "", missing, remedy)
        }
    };
    let mut found = vec![
        duty(
            "Leaving",
            is_linked,
            "the link is in both parts of the mail",
            "the link is missing in a part of the mail",
        ),
        duty(
            "Postal address",
            has(&mail.publication.postal_address),
            "it is in both parts of the mail",
            "it is missing in a part of the mail",
        ),
    ];
    let service = &deps.limits.public_url;
    if let Some(why) = links::refusal(service) {
        let text = format!("its address {service} {why}: readers cannot open its pages");
        found.push(Finding::fail(
            "The service",
            "",
            text,
            "set http.public_url",
        ));
    }
    found
}
