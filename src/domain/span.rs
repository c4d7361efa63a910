//! Spans of time as people write them.

/// The longest span that rules know.
const MOST_MINUTES: u32 = 31 * 24 * 60;

/// Reads 90m, 2h or 1d as minutes.
pub fn minutes(text: &str) -> Result<u32, String> {
    let text = text.trim();
    let wrong = || format!("{text:?} is not a time span; write 90m, 2h or 1d");
    let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(at);
    let each = match unit {
        "m" => 1,
        "h" => 60,
        "d" => 24 * 60,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let minutes = number.checked_mul(each).filter(|m| *m <= MOST_MINUTES);
    minutes.ok_or_else(|| format!("{text:?} is more than 31 days"))
}

/// Writes minutes so that they are read back as the same: in the largest unit that fits.
pub fn written(minutes: u32) -> String {
    match minutes {
        0 => "0m".to_owned(),
        m if m % (24 * 60) == 0 => format!("{}d", m / (24 * 60)),
        m if m % 60 == 0 => format!("{}h", m / 60),
        m => format!("{m}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_minutes() {
        assert_eq!(
            ["90m", "2h", " 1d ", "0m"].map(minutes),
            [Ok(90), Ok(120), Ok(1440), Ok(0)]
        );
        for wrong in ["", "2", "h", "2 h", "-2h", "2w", "32d", "99999999999h"] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for (span, text) in [(0, "0m"), (90, "90m"), (120, "2h"), (2880, "2d")] {
            assert_eq!(written(span), text);
            assert_eq!(minutes(text), Ok(span));
        }
    }
}
