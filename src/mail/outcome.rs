//! SMTP replies become outcomes here; nobody else reads codes.

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::response::Response;

use crate::domain::delivery::{Outcome, Reply};
use crate::domain::text::cut;

/// How much of a reply is kept.
const MAX_TEXT: usize = 500;

/// The server closes the connection with this reply (RFC 5321, 3.8).
pub(super) const CLOSING: u16 = 421;

/// The relay wants TLS or other credentials before it talks of mail (RFC 3207, 4; RFC 4954, 6): a
/// matter of our settings, never of a reader.
pub(super) const SIGN_IN_FIRST: [u16; 4] = [530, 534, 535, 538];

/// The reply that a command hopes for (RFC 5321, 4.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// 2xx: done.
    Completion,
    /// 3xx: go on, as after DATA.
    Continuation,
}

/// What a command came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// What was hoped for.
    Good(Reply),
    /// 4xx or 5xx: `Deferred` or `Refused`.
    Negative(Outcome),
    /// No reply, or none that makes sense here: the two sides are out of step.
    Broken(String),
}

/// Reads what lettre made of a reply.
pub(super) fn read(result: Result<Response, SmtpError>, wanted: Wanted) -> Answer {
    match result {
        Ok(response) => {
            let lines: Vec<&str> = response.message().collect();
            judge(reply(response.code().into(), &lines.join("\n")), wanted)
        }
        Err(error) => match error.status() {
            Some(code) => judge(reply(code.into(), &detail(&error)), wanted),
            None => Answer::Broken(clean(&error.to_string())),
        },
    }
}

/// A reply from its code and its lines: cleaned, bounded, the enhanced code parsed.
pub fn reply(code: u16, text: &str) -> Reply {
    let first = text.split_whitespace().next().unwrap_or_default();
    let enhanced = is_enhanced(code, first).then(|| first.to_owned());
    let text = match &enhanced {
        // RFC 2034, 4: each line of a long reply repeats the code; once is enough.
        Some(enhanced) if text.contains('\n') => {
            let mut lines = text.lines().map(str::trim_start);
            let head = lines.next().unwrap_or_default().to_owned();
            let joined = lines.fold(head, |joined, line| {
                joined + " " + line.strip_prefix(enhanced.as_str()).unwrap_or(line)
            });
            clean(&joined)
        }
        _ => clean(text),
    };
    Reply {
        code,
        enhanced,
        text,
    }
}

/// The words of a negative reply.
pub(super) fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted(reply) | Outcome::Deferred(reply) | Outcome::Refused(reply) => {
            reply.to_string()
        }
        Outcome::NotBegun(text) | Outcome::Unknown(text) => text.clone(),
    }
}

/// Whether the server wants TLS or other credentials before it talks of mail.
pub(super) fn wants_sign_in(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(reply) if SIGN_IN_FIRST.contains(&reply.code))
}

/// Whether the server hangs up after this outcome.
pub(super) fn is_closing(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Deferred(reply) if reply.code == CLOSING)
}

/// The code of one reply line, and whether it is the last of its reply (RFC 5321, 4.2.1).
pub(super) fn line_code(line: &str) -> Option<(u16, bool)> {
    let code = line
        .get(..3)
        .filter(|c| c.bytes().all(|b| b.is_ascii_digit()))?;
    match line.as_bytes().get(3) {
        None | Some(b' ') => Some((code.parse().ok()?, true)),
        Some(b'-') => Some((code.parse().ok()?, false)),
        Some(_) => None,
    }
}

/// Whether a code says that the command was done.
pub(super) fn is_completion(code: u16) -> bool {
    code / 100 == 2
}

fn judge(reply: Reply, wanted: Wanted) -> Answer {
    match (reply.code / 100, wanted) {
        (2, Wanted::Completion) | (3, Wanted::Continuation) => Answer::Good(reply),
        (4, _) => Answer::Negative(Outcome::Deferred(reply)),
        (5, _) => Answer::Negative(Outcome::Refused(reply)),
        _ => Answer::Broken(format!("unexpected reply: {reply}")),
    }
}

/// RFC 2034, 4, and RFC 3463, 2: class, subject and detail, of the class of the reply code.
fn is_enhanced(code: u16, word: &str) -> bool {
    let is_number =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = word.split('.');
    let class = parts.next().and_then(|class| match class.as_bytes() {
        [digit @ (b'2' | b'4' | b'5')] => Some(u16::from(digit - b'0')),
        _ => None,
    });
    class == Some(code / 100)
        && parts.next().is_some_and(is_number)
        && parts.next().is_some_and(is_number)
        && parts.next().is_none()
}

/// lettre keeps the text of a negative reply as the source of its error.
fn detail(error: &SmtpError) -> String {
    std::error::Error::source(error).map_or_else(String::new, ToString::to_string)
}

/// Runs of blanks and control characters become one blank, so that a reply fits on a line of a
/// log, a table or a CSV file.
pub(super) fn clean(text: &str) -> String {
    let mut words = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    let mut cleaned = String::with_capacity(text.len().min(MAX_TEXT));
    while let Some(word) = words.next().filter(|_| cleaned.len() < MAX_TEXT) {
        if !cleaned.is_empty() {
            cleaned.push(' ');
        }
        cleaned.push_str(cut(word, MAX_TEXT.saturating_sub(cleaned.len())));
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(wire: &str) -> Result<Response, SmtpError> {
        wire.parse()
    }

    #[test]
    fn a_code_decides() {
        let outcome = |code| match judge(reply(code, "x"), Wanted::Completion) {
            Answer::Good(_) => "good",
            Answer::Negative(Outcome::Deferred(_)) => "deferred",
            Answer::Negative(Outcome::Refused(_)) => "refused",
            _ => "broken",
        };
        assert_eq!(
            [250, 251, 354, 421, 451, 550, 554, 199].map(outcome),
            [
                "good", "good", "broken", "deferred", "deferred", "refused", "refused", "broken"
            ]
        );
        assert!(is_closing(&Outcome::Deferred(reply(421, "bye"))));
        assert!(!is_closing(&Outcome::Deferred(reply(450, "later"))));
    }

    #[test]
    fn data_wants_to_go_on() {
        let given = reply(354, "go ahead");
        assert_eq!(
            judge(given.clone(), Wanted::Continuation),
            Answer::Good(given)
        );
        assert!(matches!(
            read(parse("250 taken already\r\n"), Wanted::Continuation),
            Answer::Broken(_)
        ));
    }

    #[test]
    fn the_enhanced_code_is_parsed_where_it_agrees() {
        let enhanced = |code, text| reply(code, text).enhanced;
        assert_eq!(enhanced(550, "5.1.1 no such user"), Some("5.1.1".into()));
        assert_eq!(enhanced(451, "4.7.28 slow down"), Some("4.7.28".into()));
        assert_eq!(enhanced(250, "2.0.0 ok"), Some("2.0.0".into()));
        for (code, text) in [
            (550, "4.1.1 classes differ"),
            (550, "5.1 short"),
            (550, "5.1.1.1 long"),
            (550, "5.1.1234 long"),
            (550, "no 5.1.1 inside"),
            (354, "3.0.0 no such class"),
            (250, ""),
        ] {
            assert_eq!(enhanced(code, text), None, "{text}");
        }
    }

    #[test]
    fn lines_of_a_reply_are_joined() {
        let response = parse("250-2.0.0 first\r\n250-2.0.0 second\r\n250 2.0.0 third\r\n");
        assert_eq!(
            read(response, Wanted::Completion),
            Answer::Good(Reply {
                code: 250,
                enhanced: Some("2.0.0".into()),
                text: "2.0.0 first second third".into()
            })
        );
    }

    #[test]
    fn a_reply_is_one_bounded_line() {
        let text = format!("5.0.0 a\r\n\tb\u{0}\u{1b}[31mc {}", "ü".repeat(600));
        let reply = reply(550, &text);
        assert!(reply.text.starts_with("5.0.0 a b [31mc ü"));
        assert!(reply.text.len() <= MAX_TEXT && !reply.text.contains(char::is_control));
    }

    #[test]
    fn reply_lines_have_a_code() {
        assert_eq!(line_code("250 ok"), Some((250, true)));
        assert_eq!(line_code("250-ok"), Some((250, false)));
        assert_eq!(line_code("220"), Some((220, true)));
        for wrong in ["", "25", "2x0 ok", "250ok", "ü50 ok", "HTTP/1.1 400"] {
            assert_eq!(line_code(wrong), None, "{wrong}");
        }
    }
}
