//! Figures of what came back, drawn and in numbers.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::figures::{all_days, by_day, day, key, row};
use crate::render::admin::statistics::{Figure, FigureRow};
use crate::render::plot::{self, grouped};
use crate::store::bounces::{Counts, Day};

const NOTHING: &str = "Nothing has come back within this span.";

/// What came back, by day.
pub(super) fn days(counted: &[Day]) -> Figure {
    let ends = counted.first().zip(counted.last());
    let all = ends.map_or_else(Vec::new, |(first, last)| all_days(first.day, last.day));
    let series = |class, of: fn(&Counts) -> i64| {
        let values: BTreeMap<NaiveDate, i64> = counted
            .iter()
            .map(|one| (one.day, of(&one.counts)))
            .collect();
        by_day(&values, &all, class)
    };
    let drawn = [
        series("warn", |counts| counts.soft),
        series("bad", |counts| counts.hard + counts.complaints),
    ];
    let sum = |of: fn(&Counts) -> i64| counted.iter().map(|one| of(&one.counts)).sum::<i64>();
    let (hard, soft) = (sum(|c| c.hard), sum(|c| c.soft));
    let complaints = sum(|c| c.complaints);
    Figure {
        id: "bounces",
        title: "Bounces and complaints",
        summary: format!(
            "Hard bounces: {}; soft bounces: {}; complaints: {}. By the day (UTC) on which they came.",
            grouped(hard),
            grouped(soft),
            grouped(complaints)
        ),
        svg: Some(plot::stacks("Bounces and complaints by day", &all, &drawn)),
        keys: vec![key("warn", "soft"), key("bad", "hard, and complaints")],
        head: vec!["Day", "Hard", "Soft", "Complaints"],
        rows: counted
            .iter()
            .rev()
            .map(|one| row(day(one.day), &numbers(&one.counts)))
            .collect(),
        empty: NOTHING,
    }
}

fn numbers(counts: &Counts) -> [i64; 3] {
    [counts.hard, counts.soft, counts.complaints]
}

/// The domains from which most came back.
pub(super) fn domains(sums: &[(String, Counts)]) -> Figure {
    let all = |counts: &Counts| numbers(counts).iter().sum::<i64>();
    let most = sums
        .iter()
        .map(|(_, counts)| all(counts))
        .max()
        .unwrap_or(0);
    let rows = sums.iter().map(|(domain, counts)| {
        let name = if domain.is_empty() {
            "erased readers".to_owned()
        } else {
            domain.clone()
        };
        FigureRow {
            bar: Some(plot::bar(all(counts), most)),
            ..row(name, &numbers(counts))
        }
    });
    Figure {
        id: "bounces-by-domain",
        title: "Bounces by domain",
        summary: "The domains from which most came back.".to_owned(),
        svg: None,
        keys: Vec::new(),
        head: vec!["Domain", "Hard", "Soft", "Complaints"],
        rows: rows.collect(),
        empty: NOTHING,
    }
}
