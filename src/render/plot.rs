//! Plots as SVG (<https://www.w3.org/TR/SVG2/>). Colours are those of the page, by class; a table beneath
//! says the same to those who cannot see them.

use std::fmt::Write as _;

use chrono::NaiveDate;

/// The size of a plot in its own units; it fills the width that it is given.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 200.0;
/// Room for the words at the left and beneath.
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 12.0;
const RIGHT: f64 = 12.0;
/// Words that fit beneath.
const NAMES: usize = 5;

/// What is drawn in one colour.
#[derive(Debug, Clone)]
pub struct Series {
    /// What the style calls it, as in "good".
    pub class: &'static str,
    /// One for each day; `None` where nobody counted.
    pub values: Vec<Option<i64>>,
}

/// Lines over days. The scale need not begin at 0: few who come or go would not be seen among many.
pub fn lines(title: &str, days: &[NaiveDate], series: &[Series]) -> String {
    let all = || {
        series
            .iter()
            .flat_map(|s| s.values.iter().flatten().copied())
    };
    let scale = Scale::around(all().min().unwrap_or(0), all().max().unwrap_or(0));
    let mut svg = begin(title, &scale);
    let step = step(days.len());
    for line in series {
        let path = path(&line.values, step, &scale);
        let _ = write!(svg, r#"<path class="trace {}" d="{path}"/>"#, line.class);
        if let [.., Some(last)] = line.values[..] {
            let x = LEFT + step * (to_f64(line.values.len()) - 0.5);
            let y = scale.y(last);
            let class = line.class;
            let _ = write!(
                svg,
                r#"<circle class="dot {class}" cx="{x:.1}" cy="{y:.1}" r="3"/>"#
            );
        }
    }
    end(svg, &names(days), step)
}

/// The way of a line; where nobody counted it is drawn through.
fn path(values: &[Option<i64>], step: f64, scale: &Scale) -> String {
    let mut path = String::new();
    for (i, value) in values.iter().enumerate() {
        if let Some(value) = value {
            let verb = if path.is_empty() { 'M' } else { 'L' };
            let (x, y) = (LEFT + step * (to_f64(i) + 0.5), scale.y(*value));
            let _ = write!(path, "{verb}{x:.1} {y:.1}");
        }
    }
    path
}

/// A bar for each day, the series upon each other in their order.
pub fn stacks(title: &str, days: &[NaiveDate], series: &[Series]) -> String {
    bars(title, &names(days), series)
}

fn names(days: &[NaiveDate]) -> Vec<String> {
    let name = |day: &NaiveDate| day.format("%-d %b").to_string();
    days.iter().map(name).collect()
}

/// The same for whatever spans of time, each with its name.
pub fn bars(title: &str, names: &[String], series: &[Series]) -> String {
    let height = |i: usize| -> i64 {
        let parts = series
            .iter()
            .filter_map(|s| s.values.get(i).copied().flatten());
        parts.sum()
    };
    let scale = Scale::from_zero((0..names.len()).map(height).max().unwrap_or(0));
    let mut svg = begin(title, &scale);
    let step = step(names.len());
    let width = (step * 0.8).min(24.0);
    for i in 0..names.len() {
        let x = LEFT + step * (to_f64(i) + 0.5) - width / 2.0;
        let mut below = 0;
        for part in series {
            let value = part.values.get(i).copied().flatten().unwrap_or(0);
            if value > 0 {
                let (top, foot) = (scale.y(below + value), scale.y(below));
                let (class, height) = (part.class, (foot - top).max(0.5));
                let _ = write!(
                    svg,
                    r#"<rect class="block {class}" x="{x:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}"/>"#
                );
                below += value;
            }
        }
    }
    end(svg, names, step)
}

/// Bars from left to right, for words without an order in time; each with its number. The words stand
/// beside, in the table.
pub fn bar(value: i64, most: i64) -> String {
    let share = if most > 0 {
        100.0 * to_f64(value.max(0)) / to_f64(most)
    } else {
        0.0
    };
    format!(
        r#"<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="block calm" width="{share:.1}" height="8"/></svg>"#
    )
}

fn step(number: usize) -> f64 {
    (WIDTH - LEFT - RIGHT) / to_f64(number.max(1))
}

fn begin(title: &str, scale: &Scale) -> String {
    let mut svg = format!(
        r#"<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{}">"#,
        escaped(title)
    );
    for tick in scale.ticks() {
        let y = scale.y(tick);
        let (left, right) = (LEFT - 8.0, WIDTH - RIGHT);
        let _ = write!(
            svg,
            r#"<path class="grid" d="M{LEFT} {y:.1}H{right}"/><text x="{left}" y="{:.1}" text-anchor="end">{}</text>"#,
            y + 4.0,
            grouped(tick)
        );
    }
    svg
}

fn end(mut svg: String, names: &[String], step: f64) -> String {
    let every = names.len().div_ceil(NAMES).max(1);
    for (i, name) in names.iter().enumerate().step_by(every) {
        let x = LEFT + step * (to_f64(i) + 0.5);
        let y = HEIGHT - 6.0;
        let _ = write!(
            svg,
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="middle">{}</text>"#,
            escaped(name)
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Numbers on the way up, at round steps.
struct Scale {
    low: i64,
    high: i64,
    step: i64,
}

impl Scale {
    fn from_zero(most: i64) -> Self {
        Self::between(0, most)
    }

    /// Near what is drawn, where that is far from 0.
    fn around(least: i64, most: i64) -> Self {
        let spread = most - least;
        if spread * 4 < most {
            Self::between((least - spread / 2).max(0), most)
        } else {
            Self::between(0, most)
        }
    }

    fn between(low: i64, high: i64) -> Self {
        // A quarter, rounded up.
        let step = round_step(((high - low).max(1) + 3) / 4);
        let low = low / step * step;
        let high = high.max(low + 1);
        let high = low + (high - low + step - 1) / step * step;
        Self { low, high, step }
    }

    fn ticks(&self) -> impl Iterator<Item = i64> {
        let (low, step) = (self.low, self.step);
        (0..=(self.high - low) / step).map(move |i| low + i * step)
    }

    fn y(&self, value: i64) -> f64 {
        let share = to_f64(value - self.low) / to_f64(self.high - self.low);
        HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)
    }
}

/// The next of 1, 2, 5, 10, 20, 50 and so on.
fn round_step(least: i64) -> i64 {
    let mut unit = 1;
    loop {
        for step in [unit, 2 * unit, 5 * unit] {
            if step >= least {
                return step;
            }
        }
        unit *= 10;
    }
}

/// A number in groups of three digits.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::new();
    if number < 0 {
        grouped.push('\u{2212}');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[expect(clippy::cast_precision_loss, reason = "positions on a plot")]
fn to_f64(number: impl TryInto<i64>) -> f64 {
    number.try_into().unwrap_or(i64::MAX) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(number: u64) -> Vec<NaiveDate> {
        let first = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        first
            .iter_days()
            .take(usize::try_from(number).unwrap())
            .collect()
    }

    #[test]
    fn scales_have_round_steps() {
        let ticks = |scale: Scale| scale.ticks().collect::<Vec<_>>();
        assert_eq!(ticks(Scale::from_zero(0)), [0, 1]);
        assert_eq!(ticks(Scale::from_zero(7)), [0, 2, 4, 6, 8]);
        assert_eq!(ticks(Scale::from_zero(101)), [0, 50, 100, 150]);
        assert_eq!(
            ticks(Scale::around(1_000_000, 1_000_040)),
            [999_980, 1_000_000, 1_000_020, 1_000_040]
        );
        assert_eq!(ticks(Scale::around(10, 40)), [0, 10, 20, 30, 40]);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(-1000), "\u{2212}1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn a_line_goes_through_days_that_nobody_counted() {
        let series = Series {
            class: "good",
            values: vec![Some(1), None, Some(3)],
        };
        let svg = lines("Readers & \"more\"", &days(3), &[series]);
        assert!(svg.contains("aria-label=\"Readers &amp; &quot;more&quot;\""));
        assert_eq!(svg.matches('L').count(), 1, "{svg}");
        assert!(svg.contains(">1 Mar<") && svg.contains(">3 Mar<"));
    }

    #[test]
    fn parts_stand_upon_each_other() {
        let part = |class, values: &[i64]| Series {
            class,
            values: values.iter().copied().map(Some).collect(),
        };
        let svg = stacks(
            "Mails",
            &days(2),
            &[part("good", &[10, 0]), part("bad", &[10, 0])],
        );
        assert_eq!(svg.matches("<rect").count(), 2, "no bar for nothing: {svg}");
        assert!(
            svg.contains(r#"class="block good" x="#) && svg.contains(r#"y="94.0""#),
            "{svg}"
        );
        assert!(
            svg.contains(r#"class="block bad""#) && svg.contains(r#"y="12.0""#),
            "{svg}"
        );
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert!(lines("Readers", &[], &[]).ends_with("</svg>"));
        assert!(stacks("Mails", &days(2), &[]).ends_with("</svg>"));
        assert!(bar(1, 0).contains(r#"width="0.0""#));
    }
}
