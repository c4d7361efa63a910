//! Tera: pages and mails from typed contexts. No other room names the template engine.

pub mod admin;
pub mod arrange;
pub mod atom;
mod bounded;
pub mod contexts;
pub mod dates;
#[cfg(test)]
mod design_tests;
pub mod emails;
pub mod embed;
mod engine;
mod fit;
mod frugal;
pub mod mistakes;
pub mod own;
#[cfg(test)]
mod own_page_samples;
pub mod own_pages;
#[cfg(test)]
mod own_tests;
#[cfg(test)]
mod page_samples;
#[cfg(test)]
mod page_tests;
pub mod pages;
pub mod parts;
mod paths;
pub mod picture;
pub mod plot;
mod samples;
pub mod slots;
pub mod subject;
#[cfg(test)]
mod support_tests;
mod tags;
#[cfg(test)]
mod tests;
pub mod texts;
mod turns;
pub mod zones;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use thiserror::Error;

pub use contexts::Rendered;
use texts::Texts;

/// Why nothing was rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A template is wrong, was told something other than it expects, or was stopped.
    #[error("the template {name} could not be rendered: {reason}")]
    Template { name: String, reason: String },
    /// The style of a mail could not be moved into its elements.
    #[error("the style of the mail could not be inlined: {0}")]
    Style(String),
    /// A file of texts is wrong.
    #[error("the texts in {language} are wrong: {reason}")]
    Text { language: String, reason: String },
    /// A mail must have a subject.
    #[error("the subject of the mail is empty")]
    NoSubject,
}

/// All templates, parsed once at start.
pub struct Renderer {
    tera: tera::Tera,
    inliner: Arc<css_inline::CSSInliner<'static>>,
    texts: Arc<Texts>,
    /// The renderer without a publication's own parts, where this one has some.
    usual: Option<Arc<Renderer>>,
}

impl Renderer {
    /// Parses the templates, which are part of the program.
    pub fn new() -> Result<Self, RenderError> {
        Self::with(Texts::new()?)
    }

    /// The same with other texts.
    pub fn with(texts: Texts) -> Result<Self, RenderError> {
        let texts = Arc::new(texts);
        Ok(Self {
            tera: engine::templates(Arc::clone(&texts))?,
            inliner: Arc::new(engine::inliner()),
            texts,
            usual: None,
        })
    }

    /// What readers are told.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    fn fill(&self, name: &str, context: &impl Serialize) -> Result<String, RenderError> {
        let context =
            tera::Context::from_serialize(context).map_err(|e| engine::wrong(name, &e))?;
        let mut output = bounded::Bounded::default();
        turns::begin(output.until());
        let done = self.tera.render_to(name, &context, &mut output);
        let stopped = |reason: &str| RenderError::Template {
            name: name.to_owned(),
            reason: reason.to_owned(),
        };
        match (done, output.stopped()) {
            (_, Some(reason)) => Err(stopped(reason)),
            (Err(error), None) => Err(engine::wrong(name, &error)),
            (Ok(()), None) => String::from_utf8(output.into_bytes())
                .map_err(|_| stopped("its output is not UTF-8")),
        }
    }
}

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer").finish_non_exhaustive()
    }
}
