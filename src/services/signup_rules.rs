//! Changes the rules about sign-ups; running processes know of it within a second.

use std::collections::HashMap;
use std::io::{self, Read};

use thiserror::Error;

use super::Deps;
use super::table::{Next, Table};
use crate::domain::clock::Time;
use crate::domain::signup_rule::{Effect, SignUpRule, Subject};
use crate::domain::text::cut;
use crate::store::{StoreError, signup_rules};

/// Rules of a list in one transaction.
const BATCH: usize = 1000;

/// Writes rules in place of those on the same subjects.
pub async fn put(deps: &Deps, rules: &[SignUpRule]) -> Result<(), StoreError> {
    for some in rules.chunks(BATCH) {
        // The last word of a list counts.
        let last: HashMap<&Subject, &SignUpRule> =
            some.iter().map(|rule| (&rule.subject, rule)).collect();
        let some: Vec<SignUpRule> = last.into_values().cloned().collect();
        let mut tx = deps.store.begin().await?;
        signup_rules::put(&mut tx, &some, deps.now()).await?;
        tx.commit().await?;
    }
    tracing::info!(number = rules.len(), "sign-up rules changed");
    Ok(())
}

/// Takes the rule on a subject away; false where there is none.
pub async fn remove(deps: &Deps, subject: &Subject) -> Result<bool, StoreError> {
    let mut tx = deps.store.begin().await?;
    let removed = signup_rules::remove(&mut tx, subject).await?;
    tx.commit().await?;
    Ok(removed)
}

/// What is said of a rule where the list says nothing.
#[derive(Debug, Clone)]
pub struct Otherwise {
    pub effect: Effect,
    pub reason: Option<String>,
    pub source: Option<String>,
}

/// A list as read, with the lines that are no rules.
#[derive(Debug, Default)]
pub struct List {
    pub rules: Vec<SignUpRule>,
    pub rejected: Vec<(u64, String)>,
}

/// Why a list cannot be read at all.
#[derive(Debug, Error)]
pub enum ListError {
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error(
        "there is no column {0:?}; the columns known are subject, effect, reason, source, created_at"
    )]
    Unknown(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Subject,
    Effect,
    Reason,
    Source,
    /// The time of the list is not ours.
    Ignored,
}

/// Reads a list: a subject a line, with `#` before remarks, or a table as `export` prints it.
pub fn read(input: impl Read, otherwise: &Otherwise, now: Time) -> Result<List, ListError> {
    let mut table = Table::open(input)?;
    let mut list = List::default();
    let mut columns: Option<Vec<Column>> = None;
    loop {
        match table.advance()? {
            Next::End => return Ok(list),
            Next::TooLong => {
                list.rejected.push((table.line(), "too long".to_owned()));
                continue;
            }
            Next::Row => {}
        }
        let row = table.row();
        let first = row.first().map_or(&b""[..], |field| field.trim_ascii());
        if first.starts_with(b"#") {
            continue;
        }
        if columns.is_none() {
            let is_header = row.iter().any(|field| field.trim_ascii() == b"subject");
            if is_header {
                columns = Some(header(&row)?);
                continue;
            }
        }
        let known = columns.get_or_insert_with(|| vec![Column::Subject]);
        match rule(&row, known, otherwise, now) {
            Ok(Some(rule)) => list.rules.push(rule),
            Ok(None) => {}
            Err(reason) => list.rejected.push((table.line(), reason)),
        }
    }
}

fn header(row: &[&[u8]]) -> Result<Vec<Column>, ListError> {
    row.iter()
        .map(|field| {
            let name = String::from_utf8_lossy(field).trim().to_lowercase();
            match name.as_str() {
                "subject" => Ok(Column::Subject),
                "effect" => Ok(Column::Effect),
                "reason" => Ok(Column::Reason),
                "source" => Ok(Column::Source),
                "created_at" => Ok(Column::Ignored),
                _ => Err(ListError::Unknown(cut(&name, 60).to_owned())),
            }
        })
        .collect()
}

/// Reads a row; `None` where it is empty.
fn rule(
    row: &[&[u8]],
    columns: &[Column],
    otherwise: &Otherwise,
    now: Time,
) -> Result<Option<SignUpRule>, String> {
    let field = |column: Column| {
        let index = columns.iter().position(|known| *known == column)?;
        let text = std::str::from_utf8(row.get(index)?).map(str::trim);
        Some(text.map_err(|_| "not text in UTF-8".to_owned())).filter(|t| *t != Ok(""))
    };
    let Some(subject) = field(Column::Subject).transpose()? else {
        let is_empty = row.iter().all(|field| field.trim_ascii().is_empty());
        return if is_empty {
            Ok(None)
        } else {
            Err("no subject".to_owned())
        };
    };
    let effect = match field(Column::Effect).transpose()? {
        Some(word) => word.parse().map_err(|e| format!("effect {e}"))?,
        None => otherwise.effect,
    };
    let short = |text: &str| cut(text, 200).to_owned();
    let reason = field(Column::Reason).transpose()?.map(short);
    let source = field(Column::Source).transpose()?.map(short);
    Ok(Some(SignUpRule {
        subject: subject.parse().map_err(|e| format!("{e}"))?,
        effect,
        reason: reason.or_else(|| otherwise.reason.clone()),
        source: source.or_else(|| otherwise.source.clone()),
        created_at: now,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<List, ListError> {
        let otherwise = Otherwise {
            effect: Effect::Block,
            reason: None,
            source: Some("old list".to_owned()),
        };
        read(text.as_bytes(), &otherwise, Time::default())
    }

    fn told(list: &List) -> Vec<String> {
        let rule = |rule: &SignUpRule| {
            let (reason, source) = (rule.reason.as_deref(), rule.source.as_deref());
            format!("{} {} {reason:?} {source:?}", rule.effect, rule.subject)
        };
        list.rules.iter().map(rule).collect()
    }

    #[test]
    fn a_plain_list_has_a_subject_a_line() {
        let read = list("# ours\nSpam.example\n\n192.0.2.0/24\nann@spam.example\na b\n").unwrap();
        assert_eq!(
            told(&read),
            [
                "block spam.example None Some(\"old list\")",
                "block 192.0.2.0/24 None Some(\"old list\")",
                "block ann@spam.example None Some(\"old list\")",
            ]
        );
        assert_eq!(read.rejected.len(), 1);
        assert_eq!(read.rejected[0].0, 6);
    }

    #[test]
    fn a_table_names_effects() {
        let text = "effect,subject,reason,source,created_at\nallow,a.example,ours,,2026\nbar,b.example,,,\n,c.example,,x,\n";
        let read = list(text).unwrap();
        assert_eq!(
            told(&read),
            [
                "allow a.example Some(\"ours\") Some(\"old list\")",
                "block c.example None Some(\"x\")",
            ]
        );
        let wrong = "effect \"bar\" is not one of: allow, block, refuse";
        assert_eq!(read.rejected, [(3, wrong.to_owned())]);
        let error = list("subject,colour\na.example,red\n").unwrap_err();
        assert!(error.to_string().contains("\"colour\""), "{error}");
    }
}
