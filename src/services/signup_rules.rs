//! Changes the rules about sign-ups; running processes know of it within a second.

use std::collections::HashMap;
use std::io::Read;

use serde_json::json;

use super::Deps;
use super::audit::{images, note};
use super::list::{self, Kind, List, ListError, Row};
use crate::domain::audit::{self, Change};
use crate::domain::clock::Time;
use crate::domain::signup_rule::{Effect, SignUpRule, Subject};
use crate::domain::text::cut;
use crate::store::{StoreError, signup_rules};

/// Rules of a list in one transaction.
const BATCH: usize = 1000;
/// Rules of a list that stand in the audit log by themselves.
const MOST_NAMED: usize = 20;

/// Writes rules in place of those on the same subjects.
pub async fn put(deps: &Deps, rules: &[SignUpRule]) -> Result<(), StoreError> {
    for some in rules.chunks(BATCH) {
        // The last word of a list counts.
        let last: HashMap<&Subject, &SignUpRule> =
            some.iter().map(|rule| (&rule.subject, rule)).collect();
        let some: Vec<SignUpRule> = last.into_values().cloned().collect();
        let mut tx = deps.store.begin().await?;
        signup_rules::put(&mut tx, &some, deps.now()).await?;
        for entry in entries(deps, &some) {
            note(deps, &mut tx, entry).await?;
        }
        tx.commit().await?;
    }
    tracing::info!(number = rules.len(), "sign-up rules changed");
    Ok(())
}

/// How a subject is named in the audit log: an address by its keyed hash, as readers are.
fn name(deps: &Deps, subject: &Subject) -> String {
    match subject {
        Subject::Address(email) => deps.keys.email_hash(email).to_string(),
        other => other.to_string(),
    }
}

/// What stands in the audit log: each rule, or of a list how many.
fn entries(deps: &Deps, rules: &[SignUpRule]) -> Vec<Change> {
    if rules.len() > MOST_NAMED {
        let entry = Change::of("import", audit::Kind::SignUpRule, "list");
        return vec![entry.to(json!({ "rules": rules.len() }))];
    }
    let entry = |rule: &SignUpRule| {
        let change = Change::of("put", audit::Kind::SignUpRule, name(deps, &rule.subject));
        change.to(images::signup_rule(rule))
    };
    rules.iter().map(entry).collect()
}

/// Takes the rule on a subject away; false where there is none.
pub async fn remove(deps: &Deps, subject: &Subject) -> Result<bool, StoreError> {
    let mut tx = deps.store.begin().await?;
    let removed = signup_rules::remove(&mut tx, subject).await?;
    if removed {
        note(
            deps,
            &mut tx,
            Change::of("remove", audit::Kind::SignUpRule, name(deps, subject)),
        )
        .await?;
    }
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Subject,
    Effect,
    Reason,
    Source,
    /// The time of the list is not ours.
    Ignored,
}

struct Rules<'a> {
    otherwise: &'a Otherwise,
    now: Time,
}

/// Reads a list: a subject a line, with `#` before remarks, or a table as `export` prints it.
pub fn read(
    input: impl Read,
    otherwise: &Otherwise,
    now: Time,
) -> Result<List<SignUpRule>, ListError> {
    list::read(&Rules { otherwise, now }, input)
}

impl Kind for Rules<'_> {
    type Entry = SignUpRule;
    type Column = Column;
    const COLUMNS: &'static [(&'static str, Column)] = &[
        ("subject", Column::Subject),
        ("effect", Column::Effect),
        ("reason", Column::Reason),
        ("source", Column::Source),
        ("created_at", Column::Ignored),
    ];
    const PLAIN: Column = Column::Subject;

    fn is_remark(&self, row: &[&[u8]]) -> bool {
        row.first()
            .is_some_and(|field| field.trim_ascii().starts_with(b"#"))
    }

    fn is_header(&self, row: &[&[u8]]) -> bool {
        row.iter().any(|field| field.trim_ascii() == b"subject")
    }

    fn entry(&self, row: &Row<'_, Column>) -> Result<SignUpRule, String> {
        let subject = row.get(Column::Subject)?.ok_or("no subject")?;
        let effect = match row.get(Column::Effect)? {
            Some(word) => word.parse().map_err(|e| format!("effect {e}"))?,
            None => self.otherwise.effect,
        };
        let short = |text: &str| cut(text, 200).to_owned();
        let reason = row.get(Column::Reason)?.map(short);
        let source = row.get(Column::Source)?.map(short);
        Ok(SignUpRule {
            subject: subject.parse().map_err(|e| format!("{e}"))?,
            effect,
            reason: reason.or_else(|| self.otherwise.reason.clone()),
            source: source.or_else(|| self.otherwise.source.clone()),
            created_at: self.now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<List<SignUpRule>, ListError> {
        let otherwise = Otherwise {
            effect: Effect::Block,
            reason: None,
            source: Some("old list".to_owned()),
        };
        read(text.as_bytes(), &otherwise, Time::default())
    }

    fn told(list: &List<SignUpRule>) -> Vec<String> {
        let rule = |rule: &SignUpRule| {
            let (reason, source) = (rule.reason.as_deref(), rule.source.as_deref());
            format!("{} {} {reason:?} {source:?}", rule.effect, rule.subject)
        };
        list.entries.iter().map(rule).collect()
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
