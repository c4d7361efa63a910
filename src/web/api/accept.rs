//! Which of the forms that an answer has a program wants.

use axum::http::{HeaderMap, header};

/// The first of the media types that `Accept` names; the first of all where it names none.
pub(super) fn wanted(headers: &HeaderMap, offered: &[&'static str]) -> &'static str {
    let given = headers.get_all(header::ACCEPT).iter();
    let texts: Vec<&str> = given.filter_map(|value| value.to_str().ok()).collect();
    let all = texts.join(",");
    let named = all
        .split(',')
        .map(|range| range.split(';').next().unwrap_or_default().trim());
    let mut known = named.filter_map(|name| {
        let is_same = |kind: &&&str| kind.eq_ignore_ascii_case(name);
        offered.iter().find(is_same).copied()
    });
    known
        .next()
        .or(offered.first().copied())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_known_and_else_the_usual_one() {
        let offered = ["application/json", "text/csv"];
        let found = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, text.parse().unwrap());
            wanted(&headers, &offered)
        };
        assert_eq!(
            found("text/html, Text/CSV;q=0.9, application/json"),
            "text/csv"
        );
        assert_eq!(found("*/*"), "application/json");
        assert_eq!(wanted(&HeaderMap::new(), &offered), "application/json");
    }
}
