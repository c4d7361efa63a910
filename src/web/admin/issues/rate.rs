//! How fast an issue went out, drawn and in numbers.

use chrono_tz::Tz;

use crate::domain::clock::Time;
use crate::domain::send_rate::SendRate;
use crate::render::admin::statistics::{Figure, FigureRow};
use crate::render::plot::{self, Series, grouped};

/// The figure of a curve that was drawn at a time, which may be before the end of its issue; `None` for one
/// that is still to be drawn.
pub(super) fn figure(curve: Option<&(SendRate, Time)>, ended: Option<Time>, zone: Tz) -> Figure {
    let title = "Mails taken";
    let Some((rate, drawn_at)) = curve else {
        return shell(title);
    };
    let span = span(rate.seconds);
    let name = |at: Time, format: &str| at.with_timezone(&zone).format(format).to_string();
    let (short, long) = formats(rate);
    let all = || (0..).zip(&rate.sent);
    let names: Vec<String> = all().map(|(i, _)| name(rate.begins(i), short)).collect();
    let values = rate.sent.iter().copied().map(Some).collect();
    let drawn = Series {
        class: "good",
        values,
    };
    let mut rows: Vec<FigureRow> = all()
        .map(|(i, sent)| row(name(rate.begins(i), long), *sent, Some(rate.seconds)))
        .collect();
    let mut summary = summary(rate, &span, |i| name(rate.begins(i), "%H:%M:%S %Z"));
    if let Some((later, last)) = rate.later() {
        let last = name(last, "%a %-d %b, %H:%M");
        let later_on = format!(" {} more until {last} are not drawn.", grouped(later));
        summary.push_str(&later_on);
        rows.push(row(format!("later, until {last}"), later, None));
    }
    if ended.is_none_or(|ended| *drawn_at < ended) {
        let as_of = format!(" As of {}.", name(*drawn_at, "%H:%M:%S %Z"));
        summary.push_str(&as_of);
    }
    Figure {
        summary,
        svg: Some(plot::bars(
            &format!("Mails taken in each {span}"),
            &names,
            &[drawn],
        )),
        rows,
        ..shell(title)
    }
}

fn shell(title: &'static str) -> Figure {
    Figure {
        id: "rate",
        title,
        summary: String::new(),
        svg: None,
        keys: Vec::new(),
        head: vec!["From", "Mails", "A second"],
        rows: Vec::new(),
        empty: "It is drawn within a minute from the first mail on, and anew while the issue goes out.",
    }
}

fn row(name: String, mails: i64, seconds: Option<i64>) -> FigureRow {
    let speed = seconds.map(|seconds| per_second(mails, seconds));
    FigureRow {
        name,
        cells: vec![grouped(mails), speed.unwrap_or_default()],
        bar: None,
    }
}

/// What the plot says: how fast when it was fastest.
fn summary(rate: &SendRate, span: &str, begins: impl Fn(usize) -> String) -> String {
    // The first of several.
    let all = rate.sent.iter().enumerate().rev();
    let fastest = all.max_by_key(|(_, sent)| **sent);
    let Some((i, most)) = fastest else {
        return String::new();
    };
    format!(
        "In each {span}; at most {} a second, in the {span} from {} on.",
        per_second(*most, rate.seconds),
        begins(i)
    )
}

/// With one digit behind the point where there are few.
fn per_second(mails: i64, seconds: i64) -> String {
    let seconds = seconds.max(1);
    if mails >= 10 * seconds {
        return grouped(mails / seconds);
    }
    let tenths = mails * 10 / seconds;
    match (tenths, mails) {
        (0, 1..) => "under 0.1".to_owned(),
        _ => format!("{}.{}", tenths / 10, tenths % 10),
    }
}

/// A span in words.
fn span(seconds: i64) -> String {
    let (number, unit) = match seconds {
        ..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    match number {
        1 => unit.to_owned(),
        _ => format!("{number} {unit}s"),
    }
}

/// How the spans are named beneath the plot, and in the table.
fn formats(rate: &SendRate) -> (&'static str, &'static str) {
    let length = i64::try_from(rate.sent.len()).unwrap_or(0) * rate.seconds;
    match rate.seconds {
        ..60 => ("%H:%M:%S", "%H:%M:%S"),
        _ if length < 86_400 => ("%H:%M", "%H:%M"),
        60..86_400 => ("%-d %b %H:%M", "%a %-d %b, %H:%M"),
        _ => ("%-d %b", "%a %-d %b %Y"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_told_as_exactly_as_is_of_use() {
        let told = [(0, 1), (1, 60), (90, 60), (600, 60), (123_456, 10)];
        let told = told.map(|(mails, seconds)| per_second(mails, seconds));
        assert_eq!(told, ["0.0", "under 0.1", "1.5", "10", "12,345"]);
    }

    #[test]
    fn the_fastest_span_is_told_in_the_zone_of_the_publication() {
        // 08:00:00 UTC and on.
        let at = 1_772_438_400;
        let parts = [(at, 5), (at + 1, 400), (at + 2, 400), (at + 9000, 1)];
        let rate = SendRate::of(&parts, 1).unwrap();
        let drawn = Time::from_timestamp(at + 9001, 0).unwrap();
        let drawn = (rate, drawn);
        let at_end = |ended| figure(Some(&drawn), ended, chrono_tz::Europe::Berlin);
        let whole = at_end(Some(drawn.1));
        assert!(!whole.summary.contains("As of"), "{}", whole.summary);
        let later = at_end(Some(drawn.1 + chrono::TimeDelta::seconds(1)));
        assert!(later.summary.contains("As of"), "{}", later.summary);
        let figure = at_end(None);
        assert_eq!(
            figure.summary,
            "In each second; at most 400 a second, in the second from 09:00:01 CET on. 1 more until \
             Mon 2 Mar, 11:30 are not drawn. As of 11:30:01 CET."
        );
        assert_eq!(figure.rows.len(), 4);
        assert_eq!(figure.rows[1].name, "09:00:01");
        assert_eq!(figure.rows[1].cells, ["400", "400"]);
        assert_eq!(figure.rows[3].cells, ["1", ""]);
    }
}
