//! Lines of text that go into headers and tables.

use thiserror::Error;

/// Why a line of text was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LineError {
    #[error("{field} must not be empty")]
    Empty { field: &'static str },
    #[error("{field} has {length} characters; at most {max} are allowed")]
    TooLong {
        field: &'static str,
        length: usize,
        max: usize,
    },
    #[error("{field} must be one line, without control characters")]
    Control { field: &'static str },
}

/// Checks a single line for a header or a label: trimmed, not empty, bounded, no control
/// characters (so that CR and LF cannot start a header of their own).
pub fn line(field: &'static str, text: &str, max: usize) -> Result<String, LineError> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(LineError::Empty { field });
    }
    let length = trimmed.chars().count();
    if length > max {
        return Err(LineError::TooLong { field, length, max });
    }
    if trimmed.chars().any(char::is_control) {
        return Err(LineError::Control { field });
    }
    Ok(trimmed.to_owned())
}

/// Cuts at a character boundary to at most `max` bytes.
pub fn cut(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A number with a comma between thousands, as in 1,000,000.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::from(if number < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line("name", "  A b ", 10), Ok("A b".into()));
        assert!(line("name", "a\r\nBcc: x", 40).is_err());
        assert!(line("name", " ", 40).is_err());
        assert_eq!(cut("añb", 2), "a");
    }

    #[test]
    fn thousands_are_grouped() {
        let numbers = [0, 999, 1000, 1_234_567, -1000].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "1,234,567", "-1,000"]);
    }
}
