//! Whether the pages of the articles answer.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::named;
use crate::services::Deps;
use crate::services::coming_issue::{Look, Spot};
use crate::services::doctor::Finding;

/// Pages that are asked at most, and the time that all of them have together. A host is asked by one at
/// a time, with a pause between, as everywhere.
const MOST: usize = 40;
const TIME: Duration = Duration::from_secs(15);

/// Asks the pages of the articles that the coming issue shows.
pub async fn reach(deps: &Deps, look: &Look) -> Finding {
    let shown = look.parts.iter().filter(|(spot, _)| *spot != Spot::NoRoom);
    let articles = shown.flat_map(|(_, articles)| articles);
    let mut urls: Vec<String> = articles.map(|p| p.shown.content.url.clone()).collect();
    urls.sort();
    urls.dedup();
    let all = urls.len();
    urls.truncate(MOST);
    let until = Instant::now() + TIME;
    let now = deps.now();
    let mut asked = JoinSet::new();
    for url in urls {
        let fetcher = deps.fetcher.clone();
        asked.spawn(async move {
            let answer = timeout_at(until, fetcher.fetch_page(&url, now)).await;
            (url, answer.map(|answer| answer.map(drop)))
        });
    }
    let (mut well, mut wrong) = (0, Vec::new());
    while let Some(done) = asked.join_next().await {
        match done {
            Ok((_, Ok(Ok(())))) => well += 1,
            Ok((url, Ok(Err(error)))) => wrong.push(format!("{url}: {error}")),
            // Out of time, or broken off.
            Ok((_, Err(_))) | Err(_) => {}
        }
    }
    wrong.sort();
    told(all, well, &wrong)
}

fn told(all: usize, well: usize, wrong: &[String]) -> Finding {
    let left = all - well - wrong.len();
    let more = match left {
        0 => String::new(),
        left => format!("; {left} were not asked within {} seconds", TIME.as_secs()),
    };
    if !wrong.is_empty() {
        let text = format!(
            "{} of {all} do not answer: {}{more}",
            wrong.len(),
            named(wrong)
        );
        return Finding::fail("Pages", "", text, "mend the address, or drop the article");
    }
    let text = format!("{well} of {all} answer{more}");
    if left == 0 {
        Finding::ok("Pages", "", text)
    } else {
        Finding::warn(
            "Pages",
            "",
            text,
            "ask again: a host is asked once a second",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::doctor::Level;

    #[test]
    fn what_was_asked_is_told_apart_from_what_was_not() {
        assert_eq!(told(3, 3, &[]).result, Level::Ok);
        let late = told(3, 2, &[]);
        assert_eq!(late.result, Level::Warn);
        assert!(late.found.contains("1 were not asked"), "{}", late.found);
        let wrong = told(3, 2, &["https://x.example/: gone".to_owned()]);
        assert_eq!(wrong.result, Level::Fail);
    }
}
