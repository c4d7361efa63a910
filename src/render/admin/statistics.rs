//! What is counted over time, as plots with their numbers beneath.

use serde::Serialize;

use super::frame::{Choice, Frame};

/// What a colour stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    pub class: &'static str,
    pub name: &'static str,
}

/// A line of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FigureRow {
    pub name: String,
    pub cells: Vec<String>,
    /// A bar as SVG, where the table itself is the plot.
    pub bar: Option<String>,
}

/// A plot, and the numbers that it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    pub id: &'static str,
    pub title: &'static str,
    /// What it says in a sentence.
    pub summary: String,
    /// SVG; `None` where the table is the plot.
    pub svg: Option<String>,
    pub keys: Vec<Key>,
    /// Of the numbers.
    pub head: Vec<&'static str>,
    pub rows: Vec<FigureRow>,
    /// What is said where there are no numbers.
    pub empty: &'static str,
}

/// `GET /admin/p/{publication}/statistics`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatisticsPage {
    pub frame: Frame,
    pub slug: String,
    /// Spans to choose from, in days.
    pub spans: Vec<Choice>,
    pub figures: Vec<Figure>,
}

super::admin_pages! { StatisticsPage => "admin/statistics.html" }
