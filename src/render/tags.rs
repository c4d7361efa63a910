//! Where the tags of a template are, as the engine reads them.

/// A tag that is neither a comment nor within `raw`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag<'a> {
    /// What stands between its marks.
    pub text: &'a str,
    /// Where that begins in the template.
    pub start: usize,
    /// Where the tag ends, its mark included.
    pub end: usize,
    /// Whether it does something (`{% %}`) rather than show something.
    pub acts: bool,
}

impl<'a> Tag<'a> {
    fn words(&self) -> &'a str {
        self.text.trim_start_matches(['-', '+']).trim_start()
    }

    /// The word that says what it does.
    pub(super) fn word(&self) -> &'a str {
        if self.acts { word_at(self.words()) } else { "" }
    }

    /// The variable that a `set` with a value gives it to.
    pub(super) fn assigned(&self) -> Option<&'a str> {
        let rest = self.words()[self.word().len()..].trim_start();
        let name = word_at(rest);
        let is_set = rest[name.len()..].trim_start().starts_with('=');
        (is_set && !name.is_empty()).then_some(name)
    }
}

fn word_at(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// The tags of a template, up to one that is not closed.
pub(super) fn tags(source: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
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
            outside_strings(inside).find_map(|(at, rest)| rest.starts_with(close).then_some(at))
        };
        let Some(length) = length else { break };
        let tag = Tag {
            text: &inside[..length],
            start: open + 2,
            end: open + 2 + length + close.len(),
            acts: close == "%}",
        };
        at = tag.end;
        if is_raw {
            is_raw = tag.word() != "endraw";
            at = if is_raw { open + 2 } else { tag.end };
        } else if close != "#}" {
            is_raw = tag.word() == "raw";
            tags.push(tag);
        }
    }
    tags
}

/// The places in a tag that are not in a string, and what begins there.
pub(super) fn outside_strings(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut quote = None;
    let mut is_escaped = false;
    text.char_indices().filter_map(move |(at, c)| {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if c == '\\' => is_escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None => return Some((at, &text[at..])),
        }
        None
    })
}
