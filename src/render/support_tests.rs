//! How much of what a digest uses the great mail programs support, by the data of caniemail.com.

use std::collections::BTreeMap;

use super::contexts::DigestMail;
use super::design_tests::{DESIGNS, received, thirty};
use super::samples;

/// The figures and where they come from.
const TABLE: &str = include_str!("../../tests/fixtures/caniemail.tsv");
const FAMILIES: [&str; 4] = ["Gmail", "Apple Mail", "Outlook", "Yahoo"];
/// What the table does not know because everybody has it, and what only Outlook is told.
const TAKEN_FOR_GRANTED: [&str; 3] = ["color", "font-family", "mso-hide"];

type Table = BTreeMap<&'static str, Vec<Option<f64>>>;
type Uses = BTreeMap<String, usize>;

fn table() -> Table {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| {
        let mut cells = row.split('\t');
        let feature = cells.next().unwrap();
        (feature, cells.map(|cell| cell.parse().ok()).collect())
    })
    .collect()
}

/// Counts what a mail uses, each time it uses it.
struct Count<'a> {
    table: &'a Table,
    uses: Uses,
}

impl Count<'_> {
    fn add(&mut self, feature: &str) -> bool {
        let known = self.table.contains_key(feature);
        if known {
            *self.uses.entry(feature.to_owned()).or_default() += 1;
        }
        known
    }

    fn document(&mut self, html: &str) {
        let mut rest = html;
        while let Some((_, tag)) = rest.split_once('<') {
            rest = tag;
            if tag.starts_with('/') {
                continue;
            }
            if tag.starts_with("!--") {
                self.add("html-comments");
                rest = tag.split_once("-->").unwrap().1;
                continue;
            }
            let (inside, after) = tag.split_once('>').unwrap();
            rest = after;
            self.element(inside);
            if inside.starts_with("style") {
                let (style, after) = after.split_once("</style>").unwrap();
                self.style(style);
                rest = after;
            }
        }
    }

    fn element(&mut self, inside: &str) {
        let (name, mut attributes) = inside.split_once(' ').unwrap_or((inside, ""));
        let feature = match name.to_ascii_lowercase().as_str() {
            "!doctype" => "html-doctype".to_owned(),
            "h1" | "h2" | "h3" => "html-h1-h6".to_owned(),
            "b" | "strong" => "html-strong".to_owned(),
            other => format!("html-{other}"),
        };
        self.add(&feature);
        if inside.contains("name=\"color-scheme\"") {
            self.add("html-meta-color-scheme");
        }
        while let Some((name, rest)) = attributes.split_once("=\"") {
            let (value, rest) = rest.split_once('"').unwrap();
            attributes = rest.trim_start();
            match name {
                "style" => self.declarations(value),
                "src" => assert!(self.add("image-jpg") || value.is_empty()),
                other => drop(self.add(&format!("html-{other}"))),
            }
        }
    }

    fn style(&mut self, style: &str) {
        for rule in style.split('}') {
            let Some((before, declarations)) = rule.rsplit_once('{') else {
                continue;
            };
            let selectors = match before.split_once('{') {
                Some((media, selectors)) => {
                    let dark = media.contains("prefers-color-scheme");
                    let feature = if dark { "-prefers-color-scheme" } else { "" };
                    assert!(self.add(&format!("css-at-media{feature}")));
                    selectors
                }
                None => before,
            };
            if selectors.contains(',') {
                self.add("css-selector-grouping");
            }
            for selector in selectors.split(',').map(str::trim) {
                assert!(!selector.contains(['>', '+', '~', ':', '[', '*', '#']));
                if selector.contains(' ') {
                    self.add("css-selector-descendant");
                }
                let class = selector.contains('.');
                self.add(if class {
                    "css-selector-class"
                } else {
                    "css-selector-type"
                });
            }
            self.declarations(declarations);
        }
    }

    fn declarations(&mut self, text: &str) {
        for declaration in text.split(';').filter(|text| !text.trim().is_empty()) {
            let (property, value) = declaration.split_once(':').unwrap();
            let property = property.trim();
            let base = ["border", "padding", "margin"]
                .into_iter()
                .find(|base| property.starts_with(base))
                .unwrap_or(property);
            let feature = match (base, value.trim()) {
                ("display", "none") => "css-display-none".to_owned(),
                _ => format!("css-{base}"),
            };
            assert!(
                self.add(&feature) || TAKEN_FOR_GRANTED.contains(&property),
                "what is {property}?"
            );
            if value.contains("!important") {
                self.add("css-important");
            }
            for (sign, unit) in [("px", "px"), ("em", "em"), ("%", "percent")] {
                for (at, _) in value.match_indices(sign) {
                    if value[..at].ends_with(|c: char| c.is_ascii_digit()) {
                        self.add(&format!("css-unit-{unit}"));
                    }
                }
            }
        }
    }
}

/// The support of each family, weighted by how often a mail uses what is supported.
fn support(html: &str) -> [f64; 4] {
    let table = table();
    let mut count = Count {
        table: &table,
        uses: Uses::new(),
    };
    count.document(html);
    [0, 1, 2, 3].map(|family| {
        let (mut sum, mut weight) = (0.0, 0.0);
        for (feature, times) in &count.uses {
            let times = f64::from(u32::try_from(*times).unwrap());
            if let Some(support) = table[feature.as_str()][family] {
                sum += support * times;
                weight += times;
            }
        }
        sum / weight
    })
}

#[test]
fn the_great_mail_programs_support_what_a_digest_uses() {
    let mut short = Vec::new();
    for design in DESIGNS {
        for articles in [5, 12, 30] {
            let mut head = samples::head();
            head.design = design;
            let mut cards = thirty();
            if articles <= 12 {
                cards = samples::cards();
                cards.truncate(articles);
            }
            let found = support(&received(&DigestMail::arrange(head, cards)).html);
            let mean = found.iter().sum::<f64>() / 4.0;
            let told = FAMILIES.iter().zip(found);
            let told: Vec<String> = told.map(|(name, one)| format!("{name} {one:.3}")).collect();
            let line = format!(
                "{design}, {articles} articles: {mean:.4}, {}",
                told.join(", ")
            );
            println!("{line}");
            if mean < 0.95 || found.iter().any(|one| *one < 0.90) {
                short.push(line);
            }
        }
    }
    assert!(short.is_empty(), "{}", short.join("\n"));
}

#[test]
fn what_is_badly_supported_is_seen() {
    let good = support("<p style=\"font:15px/1.5 Arial\">A</p>");
    assert!(good.iter().all(|one| *one > 0.99), "{good:?}");
    let bad = support("<div style=\"display:flex;background-image:none\"></div>");
    assert!(bad[2] < 0.90, "{bad:?}");
}
