//! Figures: what is counted, drawn and in numbers.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::domain::funnel::FunnelStep;
use crate::domain::statistics::{self, DomainSum, EndedIssue, MailSum, ReaderDay, percent};
use crate::render::admin::statistics::{Figure, FigureRow, Key};
use crate::render::plot::{self, Series, grouped};

const NO_DAY: &str =
    "Nothing has been counted yet: readers are counted when a day has ended, as UTC has it.";

/// The days that were counted, and today as it is so far.
pub(super) fn until_now(
    mut days: Vec<ReaderDay>,
    today: NaiveDate,
    (active, pending, left): (i64, i64, i64),
) -> Vec<ReaderDay> {
    days.push(ReaderDay {
        day: today,
        active,
        pending,
        left,
    });
    days
}

pub(super) fn day(day: NaiveDate) -> String {
    day.format("%a %-d %b %Y").to_string()
}

pub(super) fn row(name: String, numbers: &[i64]) -> FigureRow {
    FigureRow {
        name,
        cells: numbers.iter().map(|number| grouped(*number)).collect(),
        bar: None,
    }
}

/// A value for each day from the first to the last that was counted.
pub(super) fn by_day(
    counted: &BTreeMap<NaiveDate, i64>,
    days: &[NaiveDate],
    class: &'static str,
) -> Series {
    Series {
        class,
        values: days.iter().map(|day| counted.get(day).copied()).collect(),
    }
}

pub(super) fn all_days(first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
    first.iter_days().take_while(|day| *day <= last).collect()
}

/// How many readers there were.
pub(super) fn readers(counted: &[ReaderDay]) -> Figure {
    let (first, last) = (counted.first(), counted.last());
    let summary = first.zip(last).map(|(first, last)| {
        let more = last.active - first.active;
        let change = match more {
            0 => "as many as".to_owned(),
            1.. => format!("{} more than", grouped(more)),
            _ => format!("{} fewer than", grouped(-more)),
        };
        let (now, then) = (grouped(last.active), day(first.day));
        format!("{now} active now, {change} at the end of {then}.")
    });
    let days = first
        .zip(last)
        .map_or_else(Vec::new, |(f, l)| all_days(f.day, l.day));
    let active = counted.iter().map(|c| (c.day, c.active)).collect();
    let title = "Active readers";
    let rows = counted
        .iter()
        .rev()
        .map(|c| row(day(c.day), &[c.active, c.pending, c.left]));
    Figure {
        id: "growth",
        title,
        summary: summary.unwrap_or_default(),
        svg: Some(plot::lines(title, &days, &[by_day(&active, &days, "good")])),
        keys: Vec::new(),
        head: vec!["At the end of", "Active", "Pending", "Left until then"],
        // Today alone is no growth.
        rows: if counted.len() > 1 {
            rows.collect()
        } else {
            Vec::new()
        },
        empty: NO_DAY,
    }
}

/// How many joined and left.
pub(super) fn churn(counted: &[ReaderDay]) -> Figure {
    let changes: Vec<(NaiveDate, i64, i64)> = counted
        .windows(2)
        .map(|pair| {
            let (joined, left) = pair[1].since(&pair[0]);
            (pair[1].day, joined, left)
        })
        .collect();
    let days = changes
        .first()
        .zip(changes.last())
        .map_or_else(Vec::new, |(f, l)| all_days(f.0, l.0));
    let (joined, left) = changes
        .iter()
        .fold((0, 0), |(joined, left), c| (joined + c.1, left + c.2));
    // Below 0 where more were erased than joined, or came back than left: the numbers say so.
    let up = changes.iter().map(|c| (c.0, c.1.max(0))).collect();
    let down = changes.iter().map(|c| (c.0, c.2.max(0))).collect();
    let title = "Joined and left";
    let drawn = [by_day(&up, &days, "good"), by_day(&down, &days, "bad")];
    let rows = changes.iter().rev().map(|c| row(day(c.0), &[c.1, c.2]));
    Figure {
        id: "churn",
        title,
        summary: format!(
            "{} joined and {} left; who was erased counts as not having joined.",
            grouped(joined),
            grouped(left)
        ),
        svg: Some(plot::lines(title, &days, &drawn)),
        keys: vec![key("good", "joined"), key("bad", "left")],
        head: vec!["Day", "Joined", "Left"],
        rows: rows.collect(),
        empty: NO_DAY,
    }
}

pub(super) fn key(class: &'static str, name: &'static str) -> Key {
    Key { class, name }
}

/// What became of sign-ups.
pub(super) fn sign_ups(counted: &[(NaiveDate, FunnelStep, i64)], span: &str) -> Figure {
    let of = |step: FunnelStep| -> i64 {
        let of_step = counted.iter().filter(|(_, known, _)| *known == step);
        of_step.map(|(_, _, number)| number).sum()
    };
    let asked = of(FunnelStep::Asked);
    let rows = FunnelStep::ALL.map(|step| {
        let number = of(step);
        FigureRow {
            name: meaning(step).to_owned(),
            cells: vec![grouped(number), in_percent(percent(number, asked))],
            bar: Some(plot::bar(number, asked)),
        }
    });
    let (mailed, confirmed) = (of(FunnelStep::Mailed), of(FunnelStep::Confirmed));
    Figure {
        id: "sign-ups",
        title: "Sign-ups",
        summary: format!(
            "Of {} that were asked by mail within {span}, {} confirmed ({}).",
            grouped(mailed),
            grouped(confirmed),
            in_percent(percent(confirmed, mailed))
        ),
        svg: None,
        keys: Vec::new(),
        head: vec!["Step", "Sign-ups", "Of all"],
        rows: if asked > 0 { rows.to_vec() } else { Vec::new() },
        empty: "Nobody has signed up within this span.",
    }
}

fn meaning(step: FunnelStep) -> &'static str {
    match step {
        FunnelStep::Asked => "filled in the form",
        FunnelStep::Spared => "spared a mail: suppressed, or had one that day",
        FunnelStep::Mailed => "asked by mail to confirm",
        FunnelStep::Reminded => "reminded",
        FunnelStep::Confirmed => "confirmed",
        FunnelStep::Refused => "asked not to be mailed",
        FunnelStep::Expired => "let the link expire",
    }
}

/// As in "12.5 %"; empty where there is nothing to be a part of.
fn in_percent(share: Option<f64>) -> String {
    share.map_or_else(String::new, |share| format!("{share:.1} %"))
}

/// What became of mails, by the day on which their issue ended in the zone of the publication.
pub(super) fn mails(issues: &[EndedIssue], zone: Tz) -> Figure {
    let counted = statistics::by_day(issues, zone);
    let mut all = MailSum::default();
    for sum in counted.values() {
        all.add(sum);
    }
    let ends = counted.keys().next().zip(counted.keys().next_back());
    let days = ends.map_or_else(Vec::new, |(first, last)| all_days(*first, *last));
    let series = |class, of: fn(&MailSum) -> i64| {
        let values = counted.iter().map(|(day, sum)| (*day, of(sum))).collect();
        by_day(&values, &days, class)
    };
    let drawn = [
        series("good", |sum| sum.sent),
        series("warn", |sum| sum.unknown),
        series("bad", |sum| sum.failed),
    ];
    let title = "Mails";
    let rows = counted.iter().rev().map(|(date, sum)| FigureRow {
        name: day(*date),
        cells: cells(sum),
        bar: None,
    });
    Figure {
        id: "mails",
        title,
        summary: format!(
            "{} sent; {} failed ({}).",
            grouped(all.sent),
            grouped(all.failed),
            in_percent(all.failure_percent())
        ),
        svg: Some(plot::stacks("Mails by day", &days, &drawn)),
        keys: vec![
            key("good", "sent"),
            key("warn", "uncertain"),
            key("bad", "failed"),
        ],
        head: vec!["Day", "Sent", "Failed", "Share", "Uncertain", "Skipped"],
        rows: rows.collect(),
        empty: NO_ISSUE,
    }
}

const NO_ISSUE: &str = "No issue has ended within this span.";

fn cells(sum: &MailSum) -> Vec<String> {
    vec![
        grouped(sum.sent),
        grouped(sum.failed),
        in_percent(sum.failure_percent()),
        grouped(sum.unknown),
        grouped(sum.skipped),
    ]
}

/// What became of mails by the domain of the address.
pub(super) fn domains(sums: &[DomainSum]) -> Figure {
    let most = sums.iter().map(|sum| sum.mails.tried()).max().unwrap_or(0);
    let mut rows: Vec<FigureRow> = Vec::new();
    // The others stand last, however many they are.
    let (others, named): (Vec<&DomainSum>, Vec<&DomainSum>) =
        sums.iter().partition(|sum| sum.domain.is_empty());
    for sum in named.into_iter().chain(others) {
        let name = if sum.domain.is_empty() {
            "all others".to_owned()
        } else {
            sum.domain.clone()
        };
        rows.push(FigureRow {
            name,
            cells: cells(&sum.mails),
            bar: Some(plot::bar(sum.mails.tried(), most)),
        });
    }
    Figure {
        id: "domains",
        title: "Mails by domain",
        summary: "The largest domains of each issue; the bars say how many mails were tried."
            .to_owned(),
        svg: None,
        keys: Vec::new(),
        head: vec!["Domain", "Sent", "Failed", "Share", "Uncertain", "Skipped"],
        rows,
        empty: NO_ISSUE,
    }
}
