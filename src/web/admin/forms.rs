//! Filling forms in: from what is kept, or as it was typed, with what was wrong beside each field.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono_tz::Tz;

use super::error::sentence;
use super::fields::Fields;
use crate::domain::schedule;
use crate::domain::slug::Slug;
use crate::render::admin::form::{Input, Kind};
use crate::render::admin::frame::Choice;

/// What was wrong, by the name of the field.
pub(super) type Errors = BTreeMap<&'static str, String>;

/// Puts values and errors into the fields of a form.
pub(super) fn filled(mut inputs: Vec<Input>, values: &Fields, errors: &Errors) -> Vec<Input> {
    for input in &mut inputs {
        if values.ticked(input.name) {
            values.text(input.name).clone_into(&mut input.value);
            for choice in &mut input.choices {
                choice.chosen = choice.value == input.value;
            }
        }
        if input.kind == Kind::Picks {
            for choice in &mut input.choices {
                choice.chosen = values.all(input.name).any(|ticked| ticked == choice.value);
            }
        }
        input.error = errors.get(input.name).cloned();
    }
    inputs
}

/// Reads a field as what it should be, or notes what was wrong.
pub(super) fn take<T: FromStr<Err: ToString>>(
    fields: &Fields,
    name: &'static str,
    errors: &mut Errors,
) -> Option<T> {
    match fields.read_as(name) {
        Ok(value) => Some(value),
        Err(why) => {
            errors.insert(name, sentence(&why));
            None
        }
    }
}

/// The same where the field may be empty.
pub(super) fn take_optional<T: FromStr<Err: ToString>>(
    fields: &Fields,
    name: &'static str,
    errors: &mut Errors,
) -> Option<T> {
    fields.optional(name)?;
    take(fields, name, errors)
}

pub(super) fn text(name: &'static str, label: &'static str) -> Input {
    Input::new(Kind::Text, name, label)
}

/// The field of a short name that need not be given: see `take_slug`.
pub(super) fn short_name(help: &'static str) -> Input {
    text("slug", "Short name").optional().help(help)
}

/// The short name that was given, or else the one that the name suggests.
pub(super) fn take_slug(fields: &Fields, errors: &mut Errors) -> Option<Slug> {
    if fields.optional("slug").is_some() {
        return take(fields, "slug", errors);
    }
    let name = fields.text("name").trim();
    if name.is_empty() {
        errors.insert("name", "Give it a name.".to_owned());
        return None;
    }
    let made = Slug::of_name(name);
    if made.is_none() {
        errors.insert(
            "slug",
            "No short name can be made of that name: give one, as in energy.".to_owned(),
        );
    }
    made
}

/// A time zone, with all to choose from while one types.
pub(super) fn zone(name: &'static str) -> Input {
    Input {
        choices: schedule::timezones()
            .map(|zone| choice(zone, zone))
            .collect(),
        ..Input::new(Kind::Suggested, name, "Time zone")
    }
}

/// The time zone that was given, or what is wrong with it.
pub(super) fn take_zone(fields: &Fields, errors: &mut Errors) -> Option<Tz> {
    schedule::timezone(fields.text("timezone"))
        .map_err(|why| errors.insert("timezone", sentence(&why.to_string())))
        .ok()
}

/// One of the choices of a field.
pub(super) fn choice(value: &str, name: &str) -> Choice {
    Choice {
        value: value.to_owned(),
        name: name.to_owned(),
        chosen: false,
    }
}

/// A choice between words.
pub(super) fn words(name: &'static str, label: &'static str, words: &[&str]) -> Input {
    Input::select(name, label, Choice::of_words(words, ""))
}
