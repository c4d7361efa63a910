//! Memory with an end: what a part of a publication's own may neither keep nor make.
//!
//! The engine puts values together in memory before anything is written. So what a part keeps in
//! variables is weighed, the filters that multiply texts refuse to make more than a mail can need,
//! and what would get past both is not taken at all. What is left can only add up within one tag.

use std::borrow::Cow;
use std::cell::Cell;

use tera::{Kwargs, State, StringInput, Tera, TeraResult, Value};

use super::mistakes::Mistake;
use super::parts::Part;
use super::tags::{Tag, outside_strings, tags};

/// The longest tag, in bytes: it bounds how many values one expression can put together.
const MOST_TAG: usize = 1_000;
/// What one variable may hold, and what all that are set while a mail is made.
const MOST_KEPT: usize = 256 * 1024;
const MOST_KEPT_IN_ALL: usize = 4 * 1024 * 1024;
/// What a value weighs beside its text.
const EACH: usize = 32;
/// No data of a mail is nested so deeply.
const MOST_DEPTH: usize = 16;
/// The longest text that a filter makes.
const MOST_TEXT: usize = 1024 * 1024;

thread_local! {
    /// What variables may still hold in what this thread renders.
    static ROOM: Cell<usize> = const { Cell::new(0) };
}

/// Begins to weigh anew.
pub(super) fn begin() {
    ROOM.set(MOST_KEPT_IN_ALL);
}

/// Gives templates what weighs variables, and filters that know an end in the place of the
/// engine's own.
pub(super) fn register(tera: &mut Tera) {
    tera.register_function("count_size", weigh);
    tera.register_filter("replace", replace);
    tera.register_filter("join", join);
    tera.register_filter("indent", indent);
}

fn weigh(given: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let value = given.must_get::<Value>("value")?;
    let left = room_beside(&value, MOST_KEPT, MOST_DEPTH);
    let Some(left) = left else {
        return Err(tera::Error::message(
            "this variable would hold more than 256 KB",
        ));
    };
    let Some(room) = ROOM.get().checked_sub(MOST_KEPT - left) else {
        return Err(tera::Error::message(
            "the variables of this mail would hold more than 4 MB",
        ));
    };
    ROOM.set(room);
    Ok(String::new())
}

/// What is left of some room with a value in it, if it fits.
fn room_beside(value: &Value, room: usize, depth: usize) -> Option<usize> {
    let depth = depth.checked_sub(1)?;
    let room = room.checked_sub(EACH + value.as_str().map_or(0, str::len))?;
    let items = value.as_array().unwrap_or_default();
    let room = items
        .iter()
        .try_fold(room, |room, item| room_beside(item, room, depth))?;
    let fields = value.as_map().into_iter().flat_map(|map| map.values());
    fields.into_iter().try_fold(room, |room, field| {
        room_beside(field, room.checked_sub(EACH)?, depth)
    })
}

fn too_long() -> tera::Error {
    tera::Error::message("this would make a text of more than 1 MB")
}

/// `replace(from="a", to="b")`, as the engine's own, up to a length.
fn replace(text: StringInput<'_>, given: Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let from = given.must_get::<&str>("from")?;
    let to = given.must_get::<StringInput<'_>>("to")?;
    let is_html = state.autoescaping_enabled() && (text.is_safe() || to.is_safe());
    let (text, to) = if is_html {
        (text.rendered(state)?, to.rendered(state)?)
    } else {
        (Cow::Borrowed(text.as_str()), Cow::Borrowed(to.as_str()))
    };
    let added = text.matches(from).count().saturating_mul(to.len());
    if text.len().saturating_add(added) > MOST_TEXT {
        return Err(too_long());
    }
    Ok(text_value(&text.replace(from, &to), is_html))
}

/// `join(sep=", ")`, as the engine's own, up to a length.
fn join(items: &[Value], given: Kwargs, state: &State<'_>) -> TeraResult<Value> {
    let sep = given.get::<StringInput<'_>>("sep")?;
    let is_html = state.autoescaping_enabled()
        && (items.iter().any(|item| item.is_string() && item.is_safe())
            || sep.as_ref().is_some_and(StringInput::is_safe));
    let between = match &sep {
        None => Cow::Borrowed(""),
        Some(sep) if is_html => sep.rendered(state)?,
        Some(sep) => Cow::Borrowed(sep.as_str()),
    };
    let mut joined = String::new();
    for (place, item) in items.iter().enumerate() {
        room_beside(item, MOST_TEXT, MOST_DEPTH).ok_or_else(too_long)?;
        let text = match is_html {
            true if item.is_undefined() => String::new(),
            true => state.escape_if_needed(item)?,
            false => item.to_string(),
        };
        let between = if place > 0 { &*between } else { "" };
        if joined.len() + between.len() + text.len() > MOST_TEXT {
            return Err(too_long());
        }
        joined.push_str(between);
        joined.push_str(&text);
    }
    Ok(text_value(&joined, is_html))
}

/// Lines grow by up to a thousand blanks with every use, and mails have no need of it.
fn indent(_: Value, _: Kwargs, _: &State<'_>) -> TeraResult<String> {
    Err(tera::Error::message("there is no filter `indent` here"))
}

fn text_value(text: &str, is_html: bool) -> Value {
    if is_html {
        Value::safe_string(text)
    } else {
        Value::from(text)
    }
}

/// What a part of a publication's own may not have, since nothing would bound it.
pub(super) fn refused(part: &Part, source: &str) -> Vec<Mistake> {
    let tags = tags(source);
    let mistakes = tags.iter().filter_map(|tag| {
        let what = unbounded(tag)?;
        let line_start = source[..tag.start].rfind('\n').map_or(0, |line| line + 1);
        Some(Mistake {
            part: part.name.to_owned(),
            line: Some(source[..tag.start].matches('\n').count() + 1),
            column: Some(source[line_start..tag.start].chars().count() - 1),
            what,
        })
    });
    mistakes.collect()
}

fn unbounded(tag: &Tag<'_>) -> Option<String> {
    if tag.text.len() > MOST_TAG {
        return Some(format!(
            "This tag has {} bytes; it may have {MOST_TAG}. Make several of it",
            tag.text.len()
        ));
    }
    let word = tag.word();
    match word {
        "set" | "set_global" if tag.assigned().is_none() => {
            return Some(format!(
                "`{word}` needs its value in the tag, as in `{{% set name = card.title %}}`"
            ));
        }
        "filter" | "component" => {
            return Some(format!("`{word}` cannot be used in a part of your own"));
        }
        _ => {}
    }
    let mut loops = usize::from(word == "for");
    let mut before = ' ';
    for (_, rest) in outside_strings(tag.text) {
        let starts = !(before.is_alphanumeric() || matches!(before, '_' | '.'));
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        match &rest[..end.unwrap_or(rest.len())] {
            "__tera_context" if starts => {
                return Some("`__tera_context` cannot be used in a part of your own".to_owned());
            }
            "for" if starts && loops == 0 => {
                return Some(
                    "A list cannot be made by `for` within an expression; \
                     write `{% for ... %}` around what is shown"
                        .to_owned(),
                );
            }
            "for" if starts => loops -= 1,
            _ => {}
        }
        before = rest.chars().next().unwrap_or(' ');
    }
    None
}
