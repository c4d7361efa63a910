//! The text of a report: where it ends, which lines are about whom, and which are a server's words.

use super::addresses::first;
use super::failed::weight;
use super::original::Original;
use crate::domain::bounce::diagnosis::{self, Evidence, reply_code, status_in};
use crate::domain::bounce::{Reason, Report};

/// How many lines of a text are looked at: a report is short, what follows it need not be.
pub(super) const MOST_LINES: usize = 400;

/// How many lines behind an address are taken to be about it.
const MOST_ABOUT: usize = 25;

/// The report and the mail behind it, where a text has both.
pub(super) fn divided(text: &str) -> (&str, Option<Original>) {
    let mut at = 0;
    for line in text.split_inclusive('\n').take(MOST_LINES) {
        let here = at;
        at += line.len();
        let plain = line.trim().to_lowercase();
        if is_divider(&plain) {
            let behind = text[at..].trim_start();
            // Some draw a second line below the words.
            let behind = behind.trim_start_matches(['-', '=', '_', '*', ' ', '\r', '\n']);
            return (&text[..here], Some(Original::in_text(behind)));
        }
        if here > 0 && (line.starts_with("Received: ") || line.starts_with("Return-Path: <")) {
            return (&text[..here], Some(Original::in_text(&text[here..])));
        }
    }
    (&text[..at.min(text.len())], None)
}

fn is_divider(line: &str) -> bool {
    let words = [
        "original message",
        "copy of the message",
        "copy of your message",
        "copy of message",
        "unsent message",
        "message follows",
        "message headers follow",
        "returned message",
        "original mail",
        "undelivered message",
        "header of the message",
        "message header",
        "headers follow",
        "original headers",
        "text of your message",
        "contents of your message",
        "message text follows",
        "the message that you sent",
        "ursprüngliche nachricht",
        "message d'origine",
        "mensaje original",
        "オリジナルメッセージ",
        "元のメッセージ",
        "原邮件",
    ];
    let is_drawn = line.starts_with("--")
        || line.starts_with("==")
        || line.starts_with("__")
        || line.starts_with("**");
    let is_announced = line.trim_end_matches('.').ends_with("follows");
    let is_short = line.chars().count() < 90;
    is_short
        && (is_drawn || line.ends_with(':') || is_announced)
        && words.iter().any(|w| line.contains(w))
        && !line.contains("for more")
        && !line.contains("not be delivered")
}

/// The lines of a text that are about an address: from the one that names it to the next address
/// that stands alone.
pub(super) fn about(text: &str, recipient: &str) -> String {
    let is_named = |line: &str| line.to_lowercase().contains(&recipient.to_lowercase());
    let lines: Vec<&str> = text.lines().take(MOST_LINES).collect();
    let Some(start) = lines.iter().position(|line| is_named(line)) else {
        return text.to_owned();
    };
    let mut kept = String::new();
    for (number, line) in lines[start..].iter().take(MOST_ABOUT).enumerate() {
        let opens_other = number > 0
            && !is_named(line)
            && first(line).is_some_and(|other| {
                let start = line.trim_start_matches(|c: char| !c.is_alphanumeric());
                start.starts_with(other) || weight(line, other) == Some(9)
            });
        if opens_other {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// Why it failed, by what the server said and the lines near the address tell, else by the whole text:
/// some name the reason in front of the address.
pub(super) fn reason(status: Option<&str>, said: &str, near: &str, whole: &str) -> Reason {
    let by = |told| diagnosis::reason(&Evidence { status, said, told });
    match by(near) {
        Reason::Undetermined => by(whole),
        found => found,
    }
}

/// The server's words: from the first line with a code to where it leaves off.
pub(super) fn words_of_server(text: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| {
        let is_command = line.trim_start().starts_with(">>>");
        is_command || (reply_code(line).is_none() && status_in(line).is_none())
    });
    let mut words = lines.next()?.trim().to_owned();
    for line in lines.take(8) {
        let line = line.trim();
        if line.is_empty() || line.starts_with("--") || line.starts_with(">>>") {
            break;
        }
        words.push(' ');
        words.push_str(line);
    }
    Some(one_line(&words)).filter(|words| !words.is_empty())
}

/// A server's reply in the transcript of a report inside this one: `<<<`, a code, and the address.
pub(super) fn in_transcript(message: &[u8], recipient: &str) -> Option<String> {
    const MOST: usize = 64 * 1024;
    let text = String::from_utf8_lossy(&message[..message.len().min(MOST)]);
    let replies = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("<<<"));
    let mut found = replies.filter(|said| said.contains(recipient) && reply_code(said).is_some());
    found.next().map(one_line)
}

/// A text in one line of the length that a report may keep.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
    {
        if line.len() > 4 * Report::MOST_WORDS {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line.chars()
        .take(Report::MOST_WORDS)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mail_behind_a_report_is_no_part_of_it() {
        let text = "<a@x.example>: gone\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <1@z.example>\n\n550 spam";
        let (report, original) = divided(text);
        assert!(!report.contains("spam"));
        assert_eq!(
            original.unwrap().message_id().as_deref(),
            Some("1@z.example")
        );
        let whole = "You can\ndelete your own text from the attached returned message.\n\n<a@x.example>: gone\n";
        assert_eq!(divided(whole).0, whole);
        let (report, original) = divided("gone\nReceived: by x\nMessage-ID: <2@z.example>\n");
        assert_eq!(report, "gone\n");
        assert_eq!(
            original.unwrap().message_id().as_deref(),
            Some("2@z.example")
        );
    }

    #[test]
    fn lines_about_one_address_end_where_another_begins() {
        let text = "Sorry.\n<a@x.example>:\n550 User unknown\n\n<b@x.example>:\n552 Mailbox full\n";
        assert!(!about(text, "a@x.example").contains("full"));
        assert!(!about(text, "b@x.example").contains("unknown"));
    }

    #[test]
    fn the_words_of_a_server_are_one_line() {
        let text = "a\n>>> RCPT TO:<a@x.example>\n<<< 550-5.1.1 no such\n<<< 550 user\n\nmore";
        assert_eq!(
            words_of_server(text).as_deref(),
            Some("<<< 550-5.1.1 no such <<< 550 user")
        );
        assert_eq!(one_line(&"\u{e4} ".repeat(5000)).chars().count(), 499);
    }
}
