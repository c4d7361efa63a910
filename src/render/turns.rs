//! Loops with an end: each turn of a loop in a part of a publication's own is counted, so that one
//! that writes nothing does not go on for ever either.

use std::cell::Cell;
use std::time::Instant;

use tera::{Kwargs, State, Tera, TeraResult};

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
}

/// Gives templates the function that [`Counted`] calls.
pub(super) fn register(tera: &mut Tera) {
    tera.register_function("count_turn", turn);
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

/// A template in which every turn of a loop, and every use of a component, is counted.
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
        for (end, call) in bodies(source) {
            counted.source.push_str(&source[copied..end]);
            counted.source.push_str(call);
            copied = end;
            let line_start = source[..end].rfind('\n').map_or(0, |line| line + 1);
            counted.added.push((
                source[..end].matches('\n').count() + 1,
                source[line_start..end].chars().count() + 1,
                call.len(),
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

/// Where the bodies of loops and components begin, and what counts them there: where a tag takes the
/// space behind it away, so does the call.
fn bodies(source: &str) -> Vec<(usize, &'static str)> {
    let mut bodies = Vec::new();
    let mut at = 0;
    let mut is_raw = false;
    while let Some(open) = source[at..].find('{').map(|open| at + open) {
        let close = match source.as_bytes().get(open + 1) {
            Some(b'%') => "%}",
            Some(b'{') if !is_raw => "}}",
            Some(b'#') if !is_raw => "#}",
            _ => {
                at = open + 1;
                continue;
            }
        };
        let inside = &source[open + 2..];
        let length = if close == "#}" || is_raw {
            inside.find(close)
        } else {
            find_outside_strings(inside, close)
        };
        let Some(length) = length else { break };
        let tag = &inside[..length];
        let end = open + 2 + length + close.len();
        let words = tag.trim_start_matches(['-', '+']).trim_start();
        let is = |word: &str| {
            words
                .strip_prefix(word)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        };
        if close == "%}" {
            if is_raw {
                is_raw = !is("endraw");
                at = if is_raw { open + 2 } else { end };
                continue;
            }
            is_raw = is("raw");
            if is("for") || is("component") {
                let trims = tag.ends_with('-');
                bodies.push((
                    end,
                    if trims {
                        "{{ count_turn() -}}"
                    } else {
                        "{{ count_turn() }}"
                    },
                ));
            }
        }
        at = end;
    }
    bodies
}

/// Where `close` stands for the first time outside of a string.
fn find_outside_strings(text: &str, close: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if text[at..].starts_with(close) => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_and_components_are_counted_and_nothing_else() {
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
        assert!(counted("{% component mine() %}x{% endcomponent %}").contains(call));
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
