//! The names that a template uses, held against those that there are. The engine itself lets a
//! field that is missing pass in conditions and in joined texts, and shows nothing in its place.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::mistakes::{self, Mistake};
use super::parts::Part;
use super::tags::{Tag, tags};

/// A name with fields, as in `card.title`, and where it stands.
struct Path<'a> {
    line: usize,
    column: usize,
    fields: Vec<&'a str>,
}

/// The fields in a template that are not in `known`, where its root is.
pub(super) fn unknown(part: &Part, source: &str, known: &Map<String, Value>) -> Vec<Mistake> {
    let mut names: BTreeMap<&str, &Value> = known.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let mut found = Vec::new();
    for tag in tags(source) {
        let paths = paths(source, &tag);
        found.extend(paths.iter().filter_map(|path| lacking(part, path, &names)));
        let words: Vec<&Path<'_>> = paths.iter().collect();
        let word = |at: usize| words.get(at).map(|path| path.fields.as_slice());
        // `for card in also` and `set card = lead` give a thing another name.
        let bound = match (word(0), word(1), word(2), word(3)) {
            (Some(["for"]), Some([name]), Some(["in"]), Some(list)) => {
                Some((*name, get(list, &names).and_then(|list| list.get(0))))
            }
            (Some(["set"]), Some([name]), Some(value), None) => Some((*name, get(value, &names))),
            _ => None,
        };
        if let Some((name, value)) = bound {
            match value {
                Some(value) => names.insert(name, value),
                None => names.remove(name),
            };
        }
    }
    found
}

/// What a path leads to; nothing where that cannot be said.
fn get<'a>(fields: &[&str], names: &BTreeMap<&str, &'a Value>) -> Option<&'a Value> {
    let (root, fields) = fields.split_first()?;
    let mut value = *names.get(root)?;
    for field in fields {
        value = value.get(field)?;
    }
    Some(value)
}

fn lacking(part: &Part, path: &Path<'_>, names: &BTreeMap<&str, &Value>) -> Option<Mistake> {
    let (root, fields) = path.fields.split_first()?;
    let mut value = *names.get(root)?;
    for field in fields {
        let object = value.as_object()?;
        match object.get(*field) {
            Some(next) => value = next,
            None => {
                let list: Vec<&str> = object.keys().map(String::as_str).collect();
                let what = format!(
                    "Field `{field}` is not defined. Available fields: {}",
                    list.join(", ")
                );
                return Some(Mistake {
                    part: part.name.to_owned(),
                    line: Some(path.line),
                    column: Some(path.column),
                    what: mistakes::with_advice(&what),
                });
            }
        }
    }
    None
}

/// The names in a tag: no strings, numbers, filters, functions or names of arguments.
fn paths<'a>(source: &'a str, tag: &Tag<'a>) -> Vec<Path<'a>> {
    let (start, tag) = (tag.start, tag.text);
    let mut paths = Vec::new();
    let mut at = 0;
    let mut before = ' ';
    while let Some(c) = tag[at..].chars().next() {
        let rest = &tag[at..];
        if matches!(c, '"' | '\'' | '`') {
            at += rest[1..].find(c).map_or(rest.len(), |close| close + 2);
        } else if c.is_alphanumeric() || c == '_' {
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            let after = rest[length..].trim_start();
            let is_argument = after.starts_with('=') && !after.starts_with("==");
            let is_set = paths
                .last()
                .is_some_and(|last: &Path<'_>| last.fields == ["set"]);
            let is_plain = before != '|' && !after.starts_with('(') && !c.is_numeric();
            if is_plain && (is_set || !is_argument) {
                let above = &source[..start + at];
                let line_start = above.rfind('\n').map_or(0, |line| line + 1);
                paths.push(Path {
                    line: above.matches('\n').count() + 1,
                    column: source[line_start..start + at].chars().count() + 1,
                    fields: rest[..length].split('.').collect(),
                });
            }
            at += length;
        } else {
            at += c.len_utf8();
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::parts;

    fn said(source: &str) -> Vec<String> {
        let known = json!({
            "card": {"title": "x", "url": "y", "image_url": null},
            "lead": {"title": "x"},
            "also": [{"title": "x"}],
        });
        let part = parts::find("card.txt").unwrap();
        let found = unknown(part, source, known.as_object().unwrap());
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_field_that_is_not_there_is_found_wherever_it_stands() {
        for source in [
            "{% if card.titel %}",
            "{{ (\"a\" ~ card.titel) | wrap(hang=\"  \") }}",
            "{{ card.titel | safe }}",
            "{% for item in also %}{{ item.titel }}",
            "{% set it = lead %}\n{{ it.titel or 'x' }}",
        ] {
            let said = said(source);
            assert_eq!(said.len(), 1, "{source}: {said:?}");
            assert!(said[0].contains("Did you mean `title`?"), "{said:?}");
        }
        let place = said("a\nää {{ card.url ~ card.ulr }}");
        assert!(
            place[0].starts_with("card.txt, line 2, column 18:"),
            "{place:?}"
        );
    }

    #[test]
    fn what_is_there_or_cannot_be_known_passes() {
        for source in [
            "{{ card.title | replace(from=\"card.x\", to=\"y\") }}{# card.titel #} card.titel",
            "{{ card.image_url.host }}{{ someone.else }}{{ loop.index }}",
            "{% for item in elsewhere %}{{ item.titel }}{% endfor %}",
            "{{ other(key=\"x\", card.title) }}{{ 1.5 }}{{",
        ] {
            assert_eq!(said(source), Vec::<String>::new(), "{source}");
        }
    }
}
