//! What readers are told, in the languages that there are: one Fluent file for each, and a
//! function `t` for the templates.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::RenderError;
use crate::domain::language::primary;
use crate::domain::publication::Publication;

/// The language of a text that is missing in another, and of readers whose own is not there.
pub const FALLBACK: &str = "en";

/// The files, each under its language; the fallback comes first.
const FILES: [(&str, &str); 5] = [
    (FALLBACK, include_str!("en.ftl")),
    ("de", include_str!("de.ftl")),
    ("fr", include_str!("fr.ftl")),
    ("it", include_str!("it.ftl")),
    ("es", include_str!("es.ftl")),
];

struct Locale {
    tag: String,
    bundle: FluentBundle<FluentResource>,
}

/// All texts, parsed once at start.
pub struct Texts {
    /// Never empty; the first is the fallback.
    locales: Vec<Locale>,
}

impl Texts {
    /// Parses the files, which are part of the program.
    pub fn new() -> Result<Self, RenderError> {
        let locales = FILES.iter().map(|(tag, text)| locale(tag, text));
        Ok(Self {
            locales: locales.collect::<Result<_, _>>()?,
        })
    }

    /// Adds a language, or other words to one that is there; what its file leaves out stands there
    /// in the fallback.
    pub fn add(&mut self, tag: &str, file: &str) -> Result<(), RenderError> {
        match self.locales.iter_mut().find(|locale| locale.tag == tag) {
            Some(known) => known.bundle.add_resource_overriding(resource(tag, file)?),
            None => self.locales.push(locale(tag, file)?),
        }
        Ok(())
    }

    /// The tags of all languages, the fallback first.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.locales.iter().map(|l| l.tag.as_str())
    }

    /// The language that answers the first wish that can be met; a wish for `de-AT` is met by
    /// `de`. The fallback where there is none.
    pub fn best<'w>(&self, wishes: impl IntoIterator<Item = &'w str>) -> &str {
        let met = wishes.into_iter().find_map(|wish| self.find(wish));
        met.or(self.locales.first())
            .map_or(FALLBACK, |locale| &locale.tag)
    }

    /// The same among the languages that a publication offers, its own one if none of them is
    /// wished for.
    pub fn best_of<'w>(
        &self,
        publication: &'w Publication,
        wishes: impl IntoIterator<Item = &'w str>,
    ) -> &str {
        let wishes = wishes.into_iter().chain([publication.language.as_str()]);
        let offered = wishes.filter(|wish| publication.offers(wish));
        self.best(offered.chain(publication.languages.iter().map(String::as_str)))
    }

    /// Whether a wish can be met otherwise than by the fallback.
    pub fn speaks(&self, wish: &str) -> bool {
        self.find(wish).is_some()
    }

    fn find(&self, wish: &str) -> Option<&Locale> {
        let primary = primary(wish);
        self.locales.iter().find(|l| l.tag == primary)
    }

    /// A text with its values filled in. Its key is a constant of ours, which the tests look up
    /// in every file.
    pub fn say(&self, language: &str, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, value.clone());
        }
        let text = self.format(language, key, &args);
        debug_assert!(text.is_ok(), "{text:?}");
        text.unwrap_or_else(|_| key.to_owned())
    }

    /// The text in the language, else in the fallback, else what is wrong. A file of somebody
    /// else's may ask for values that there are not.
    fn format(&self, language: &str, key: &str, args: &FluentArgs<'_>) -> Result<String, String> {
        let mut wrong = format!("there is no text {key}");
        for locale in self.find(language).into_iter().chain(self.locales.first()) {
            let bundle = &locale.bundle;
            let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
                continue;
            };
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, Some(args), &mut errors);
            match errors.first() {
                None => return Ok(text.into_owned()),
                Some(error) => wrong = format!("the text {key} ({}): {error}", locale.tag),
            }
        }
        Err(wrong)
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.languages()).finish()
    }
}

fn wrong(tag: &str, reason: String) -> RenderError {
    RenderError::Text {
        language: tag.to_owned(),
        reason,
    }
}

fn resource(tag: &str, text: &str) -> Result<FluentResource, RenderError> {
    FluentResource::try_new(text.to_owned())
        .map_err(|(_, errors)| wrong(tag, errors.iter().map(|e| format!("{e}; ")).collect()))
}

fn locale(tag: &str, text: &str) -> Result<Locale, RenderError> {
    let resource = resource(tag, text)?;
    let language = tag.parse().map_err(|e| wrong(tag, format!("{e}")))?;
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // The marks around values would be visible in the text of many mail programs.
    bundle.set_use_isolating(false);
    bundle
        .add_resource(resource)
        .map_err(|errors| wrong(tag, format!("{errors:?}")))?;
    Ok(Locale {
        tag: tag.to_owned(),
        bundle,
    })
}

/// Gives the templates `t` with the `key` of a text and its values by name. Without `lang` the text is in
/// the `language` of the context, else in that of its `publication`. The result is escaped where
/// the template's other values are.
pub(super) fn register(tera: &mut Tera, texts: Arc<Texts>) {
    tera.register_function("t", move |given: Kwargs, state: &State<'_>| {
        translate(&texts, &given, state)
    });
}

fn translate(texts: &Texts, given: &Kwargs, state: &State<'_>) -> TeraResult<String> {
    let key = given.must_get::<&str>("key")?;
    let language = match given.get::<&str>("lang")? {
        Some(language) => language.to_owned(),
        None => spoken(state)?,
    };
    let mut args = FluentArgs::new();
    for (name, value) in given.iter() {
        match name.as_str() {
            Some("key" | "lang") | None => {}
            Some(name) => args.set(name.to_owned(), fluent(name, value)?),
        }
    }
    texts
        .format(&language, key, &args)
        .map_err(tera::Error::message)
}

/// The language of the context.
fn spoken(state: &State<'_>) -> TeraResult<String> {
    if let Some(language) = state.get::<Value>("language")? {
        return Ok(language.as_str().unwrap_or(FALLBACK).to_owned());
    }
    let publication = state.get::<Value>("publication")?;
    let language = publication
        .as_ref()
        .and_then(|p| p.get_from_path("language"));
    match language.and_then(Value::as_str) {
        Some(language) => Ok(language.to_owned()),
        None => Err(tera::Error::message(
            "t() needs lang: the context names no language",
        )),
    }
}

/// Numbers stay numbers, since plurals depend on them.
fn fluent(name: &str, value: &Value) -> TeraResult<FluentValue<'static>> {
    if let Some(number) = value.as_i64() {
        return Ok(FluentValue::from(number));
    }
    match value.as_str() {
        Some(text) => Ok(FluentValue::String(Cow::Owned(text.to_owned()))),
        None => Err(tera::Error::message(format!(
            "t() takes texts and whole numbers, and {name} is neither"
        ))),
    }
}
