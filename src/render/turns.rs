//! Loops with an end: each turn of a loop in a part of a publication's own is counted, so that one
//! that writes nothing does not go on for ever either. What such a part keeps in variables is weighed.

use std::cell::Cell;
use std::time::Instant;

use tera::{Kwargs, State, Tera, TeraResult};

use super::frugal;
use super::tags::{Tag, tags};

/// More than the longest mail needs.
const MOST_TURNS: u32 = 100_000;
/// What is said of more; without its place, which the engine knows.
const TOO_MANY: &str = "its loops go round more than 100000 times";
const TOO_LONG: &str = "its loops take more than 5 seconds";

thread_local! {
    /// How often loops may still go round in what this thread renders, and until when.
    static LEFT: Cell<(u32, Option<Instant>)> = const { Cell::new((0, None)) };
}

/// Begins to count anew; a template is rendered on one thread from beginning to end.
pub(super) fn begin(until: Instant) {
    LEFT.set((MOST_TURNS, Some(until)));
    frugal::begin();
}

/// Gives templates the function that [`Counted`] calls.
pub(super) fn register(tera: &mut Tera) {
    tera.register_function("count_turn", turn);
    frugal::register(tera);
}

fn turn(_: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let (left, until) = LEFT.get();
    let Some(left) = left.checked_sub(1) else {
        return Err(tera::Error::message(TOO_MANY));
    };
    if until.is_some_and(|until| Instant::now() > until) {
        return Err(tera::Error::message(TOO_LONG));
    }
    LEFT.set((left, until));
    Ok(String::new())
}

/// A template in which every turn of a loop is counted, and all that is kept in a variable.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) source: String,
    /// Where something was put in, by line and by column in the template as it was written.
    added: Vec<(usize, usize, usize)>,
}

impl Counted {
    pub(super) fn new(source: &str) -> Self {
        let mut counted = Self {
            source: String::with_capacity(source.len()),
            added: Vec::new(),
        };
        let mut copied = 0;
        for tag in tags(source) {
            let Some(call) = call_behind(&tag) else {
                continue;
            };
            counted.source.push_str(&source[copied..tag.end]);
            counted.source.push_str(&call);
            copied = tag.end;
            let line_start = source[..tag.end].rfind('\n').map_or(0, |line| line + 1);
            counted.added.push((
                source[..tag.end].matches('\n').count() + 1,
                source[line_start..tag.end].chars().count() + 1,
                call.chars().count(),
            ));
        }
        counted.source.push_str(&source[copied..]);
        counted
    }

    /// The column in the template as it was written.
    pub(super) fn column(&self, line: usize, column: usize) -> usize {
        let mut shift = 0;
        for (_, at, length) in self.added.iter().filter(|(there, ..)| *there == line) {
            if column >= at + shift + length {
                shift += length;
            } else if column >= at + shift {
                return *at;
            }
        }
        column - shift
    }
}

/// What counts the body of a loop, or weighs what was kept: where a tag takes the space behind it
/// away, so does the call.
fn call_behind(tag: &Tag<'_>) -> Option<String> {
    let call = match tag.word() {
        "for" => "count_turn()".to_owned(),
        "set" | "set_global" => format!("count_size(value={})", tag.assigned()?),
        _ => return None,
    };
    let trims = if tag.text.ends_with('-') { "-" } else { "" };
    Some(format!("{{{{ {call} {trims}}}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_and_variables_are_counted_and_nothing_else() {
        let counted = |source: &str| Counted::new(source).source;
        let call = "{{ count_turn() }}";
        assert_eq!(
            counted("a{% for x in y %}b{% endfor %}"),
            format!("a{{% for x in y %}}{call}b{{% endfor %}}")
        );
        assert_eq!(
            counted("{%- for x in \"%}\" -%} b"),
            "{%- for x in \"%}\" -%}{{ count_turn() -}} b"
        );
        assert_eq!(
            counted("{% set x = y -%} b"),
            "{% set x = y -%}{{ count_size(value=x) -}} b"
        );
        // A quote within a string does not end it.
        assert!(counted("{{ '\\'' }}{% for x in y %}{{ \"'\" }}").contains(call));
        for untouched in [
            "{% raw %}{% for x in y %}{{{% endraw %}",
            "{# {% for x in y %} #}{{ card.title }}",
            "{% if for_all %}{% endif %}",
            "{% for",
        ] {
            assert_eq!(counted(untouched), untouched);
        }
        let after_raw = counted("{% raw %}'{% for %}{% endraw %}{% for x in y %}");
        assert!(after_raw.ends_with(call));
    }

    #[test]
    fn columns_are_those_of_the_template_as_it_was_written() {
        let counted = Counted::new("\n{% for x in y %}a{% for z in x %}bc");
        let place = |what: char| {
            let line = counted.source.lines().nth(1).unwrap();
            counted.column(2, line.find(what).unwrap() + 1)
        };
        assert_eq!((place('y'), place('a'), place('b')), (13, 17, 34));
        assert_eq!(counted.column(2, 20), 17);
        assert_eq!(counted.column(1, 5), 5);
    }
}
