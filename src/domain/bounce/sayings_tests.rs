//! What well-known servers say, against the reasons that it has to mean.

use super::diagnosis::{Evidence, reason, status_in};

/// A line each: the reason, the words, and the status code where the words have none.
const SAYINGS: &str = include_str!("sayings.tsv");

#[test]
fn well_known_servers_are_understood() {
    let mut wrong = Vec::new();
    for line in SAYINGS.lines() {
        let mut cells = line.split('\t');
        let (wanted, said) = (cells.next().unwrap(), cells.next().unwrap());
        let status = cells.next().or_else(|| status_in(said));
        let found = reason(&Evidence {
            status,
            said,
            told: "",
        });
        if found.as_str() != wanted {
            wrong.push(format!("{wanted}, not {found}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
