//! Keeps the HTML of a mail below the size at which mailboxes cut it off in the middle.
//!
//! The template marks where a mail may end (`<!--cut-->`), and holds what stands there instead of
//! the rest (`<!--more-->` to `<!--/more-->`). What is cut off stays in the edition, for the page.

use super::slots;

/// Gmail shows 102 KB; the rest is for what is filled in for each reader.
pub(super) const MOST_BYTES: usize = 100_000;

const CUT: &str = "<!--cut-->";
const MORE: &str = "<!--more-->";
const MORE_END: &str = "<!--/more-->";

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fit {
    Whole(String),
    /// Its end is on the page only.
    Cut(String),
    /// Too long, and without a place to cut it off.
    TooLong(String),
}

/// Cuts a mail off behind the last article for which there is room.
pub(super) fn fit(html: &str, most: usize) -> Fit {
    let (before, more, after) = taken_apart(html);
    let whole = tidy(&[before, after]);
    if slots::for_readers(&whole).len() <= most {
        return Fit::Whole(whole);
    }
    let mailed = |pieces: &[&str]| slots::for_readers(&tidy(pieces)).len();
    let room = most.saturating_sub(mailed(&[more, after]));
    let cut = before
        .match_indices(CUT)
        .map(|(at, _)| at)
        .take_while(|at| mailed(&[&before[..*at]]) <= room)
        .last();
    match cut {
        Some(at) if !more.is_empty() => {
            let (shown, rest) = before.split_at(at);
            Fit::Cut(tidy(&[
                shown,
                slots::READER,
                more,
                slots::READER_END,
                slots::PAGE,
                rest,
                slots::PAGE_END,
                after,
            ]))
        }
        _ => Fit::TooLong(whole),
    }
}

/// What stands before, in, and behind the words for a mail that is cut off.
fn taken_apart(html: &str) -> (&str, &str, &str) {
    let Some((before, rest)) = html.split_once(MORE) else {
        return (html, "", "");
    };
    let (more, after) = rest.split_once(MORE_END).unwrap_or(("", rest));
    (before, more, after)
}

/// Joins the pieces without the marks and the empty lines that they leave.
fn tidy(pieces: &[&str]) -> String {
    let joined = pieces.concat().replace(CUT, "");
    let mut out = String::with_capacity(joined.len());
    for line in joined.lines().filter(|line| !line.is_empty()) {
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "<h1>\n<!--cut-->\n<p>1\n<!--cut-->\n<p>22222\n<!--more-->\n<a>on\n\
                        <!--/more-->\n</h1>\n";

    #[test]
    fn a_short_mail_is_whole_and_without_marks() {
        assert_eq!(
            fit(MAIL, 100),
            Fit::Whole("<h1>\n<p>1\n<p>22222\n</h1>\n".to_owned())
        );
    }

    #[test]
    fn a_long_mail_ends_between_two_articles() {
        let Fit::Cut(edition) = fit(MAIL, 24) else {
            panic!("not cut");
        };
        let mail = slots::for_readers(&edition);
        assert_eq!(mail.replace('\n', ""), "<h1><p>1<a>on</h1>");
        let page = slots::without_reader(&edition);
        assert_eq!(page.replace('\n', ""), "<h1><p>1<p>22222</h1>");
    }

    #[test]
    fn without_marks_there_is_no_place_to_cut() {
        let long = "<p>word\n".repeat(9);
        assert_eq!(fit(&long, 20), Fit::TooLong(long));
    }
}
