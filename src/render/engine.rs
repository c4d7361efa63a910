//! The template engine: which templates there are, the filters they may use, and the inliner
//! that moves a mail's style into its elements.

use std::sync::Arc;

use css_inline::{CSSInliner, InlineOptions};
use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::admin::templates as admin;
use super::parts::PARTS;
use super::slots::Slot;
use super::texts::{self, Texts};
use super::{RenderError, arrange, turns};
use crate::domain::text::grouped;

/// Lists templates that become part of the program.
macro_rules! embedded {
    ($($name:literal => $path:literal),+ $(,)?) => {
        [$(($name, include_str!($path))),+]
    };
}

/// Every template by its name, but for the parts of a digest; `.html` is escaped, `.txt` is not.
const TEMPLATES: [(&str, &str); 45] = embedded! {
    "mail/base.css" => "../../email-templates/layout/base.css",
    "mail/headline.css" => "../../email-templates/layout/headline.css",
    "mail/mail.css" => "../../email-templates/layout/mail.css",
    "mail/screen.css" => "../../email-templates/layout/screen.css",
    "mail/digest/subject.txt" => "../../email-templates/digest/subject.txt",
    "mail/sign.html" => "../../email-templates/layout/sign.html",
    "mail/confirm/subject.txt" => "../../email-templates/confirm/subject.txt",
    "mail/confirm/body.txt" => "../../email-templates/confirm/body.txt",
    "mail/confirm/body.html" => "../../email-templates/confirm/body.html",
    "mail/welcome/subject.txt" => "../../email-templates/welcome/subject.txt",
    "mail/welcome/body.txt" => "../../email-templates/welcome/body.txt",
    "mail/welcome/body.html" => "../../email-templates/welcome/body.html",
    "mail/link/subject.txt" => "../../email-templates/link/subject.txt",
    "mail/link/body.txt" => "../../email-templates/link/body.txt",
    "mail/link/body.html" => "../../email-templates/link/body.html",
    "mail/alert/subject.txt" => "../../email-templates/alert/subject.txt",
    "mail/alert/body.txt" => "../../email-templates/alert/body.txt",
    "mail/alert/body.html" => "../../email-templates/alert/body.html",
    "mail/operator/subject.txt" => "../../email-templates/operator/subject.txt",
    "mail/operator/body.txt" => "../../email-templates/operator/body.txt",
    "mail/operator/body.html" => "../../email-templates/operator/body.html",
    "base.html" => "../web/templates/base.html",
    "choices.html" => "../web/templates/choices.html",
    "guard.html" => "../web/templates/guard.html",
    "sign_up.html" => "../web/templates/sign_up.html",
    "check_inbox.html" => "../web/templates/check_inbox.html",
    "confirm.html" => "../web/templates/confirm.html",
    "confirmed.html" => "../web/templates/confirmed.html",
    "leave.html" => "../web/templates/leave.html",
    "never_mail.html" => "../web/templates/never_mail.html",
    "goodbye.html" => "../web/templates/goodbye.html",
    "returned.html" => "../web/templates/returned.html",
    "preferences.html" => "../web/templates/preferences.html",
    "link.html" => "../web/templates/link.html",
    "link_sent.html" => "../web/templates/link_sent.html",
    "which.html" => "../web/templates/which.html",
    "address.html" => "../web/templates/address.html",
    "data.html" => "../web/templates/data.html",
    "erase.html" => "../web/templates/erase.html",
    "erased.html" => "../web/templates/erased.html",
    "archive.html" => "../web/templates/archive.html",
    "embed_code.html" => "../web/templates/embed_code.html",
    "frame.html" => "../web/templates/frame.html",
    "meant.html" => "../web/templates/meant.html",
    "message.html" => "../web/templates/message.html",
};

/// Parses all templates.
pub(super) fn templates(texts: Arc<Texts>) -> Result<Tera, RenderError> {
    let mut tera = Tera::new();
    tera.autoescape_on(vec![".html"]);
    texts::register(&mut tera, texts);
    turns::register(&mut tera);
    tera.register_filter("wrap", wrap);
    tera.register_filter("underline", underline);
    tera.register_filter("clip", clip);
    tera.register_filter("together", together);
    tera.register_filter("number", number);
    tera.register_filter("safe", safe);
    for (name, slot) in [
        ("unsubscribe_url", Slot::UnsubscribeUrl),
        ("preferences_url", Slot::PreferencesUrl),
        ("reader_email", Slot::Email),
        ("signed_up", Slot::SignedUp),
    ] {
        tera.global_context().insert(name, &slot.mark());
    }
    tera.global_context()
        .insert("page_css", super::pages::PAGE_CSS);
    tera.global_context()
        .insert("frame_css", super::embed::FRAME_CSS);
    tera.global_context()
        .insert("zone_script", super::pages::ZONE_SCRIPT);
    tera.global_context()
        .insert("proof_script", super::pages::PROOF_SCRIPT);
    let parts = PARTS.iter().map(|part| (part.template, part.source));
    let all = TEMPLATES
        .into_iter()
        .chain(admin::TEMPLATES.iter().copied());
    tera.add_raw_templates(all.chain(parts))
        .map_err(|e| wrong("set", &e))?;
    Ok(tera)
}

/// The inliner drops the rules that it has moved.
pub(super) fn inliner() -> CSSInliner<'static> {
    CSSInliner::new(InlineOptions {
        keep_style_tags: false,
        minify_css: true,
        load_remote_stylesheets: false,
        ..InlineOptions::default()
    })
}

/// What the engine says against a template.
pub(super) fn wrong(name: &str, error: &tera::Error) -> RenderError {
    RenderError::Template {
        name: name.to_owned(),
        reason: error.to_string(),
    }
}

/// `wrap(hang="  ")`: lines of at most 72 columns, the second and later ones indented; words
/// that are longer stay whole, so that addresses can still be followed.
fn wrap(text: &str, options: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let hang = options.get::<&str>("hang")?.unwrap_or_default();
    if hang.len() > COLUMNS / 2 {
        return Err(tera::Error::message("`hang` is more than half a line"));
    }
    Ok(wrapped(text, hang))
}

/// `underline(with="=")`: a heading with a line of that character beneath.
fn underline(text: &str, options: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let with = options.get::<&str>("with")?.unwrap_or("-");
    let heading = wrapped(text, "");
    let width = heading
        .lines()
        .map(textwrap::core::display_width)
        .max()
        .unwrap_or_default();
    let with = with.chars().next().map(String::from).unwrap_or_default();
    Ok(format!("{heading}\n{}", with.repeat(width)))
}

/// `clip(max=140)`: at most so many characters, whole sentences or words.
fn clip(text: &str, options: Kwargs, _: &State<'_>) -> TeraResult<String> {
    Ok(arrange::clip(text, options.must_get::<usize>("max")?))
}

/// `together`: no line ends between its words.
fn together(text: &str, _: Kwargs, _: &State<'_>) -> String {
    text.replace(' ', "\u{a0}")
}

/// `number`: with a comma between thousands, as in 1,000,000.
fn number(value: i64, _: Kwargs, _: &State<'_>) -> String {
    grouped(value)
}

/// `safe`: HTML as it is; unlike the engine's own, not what is not there.
fn safe(html: Value, _: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    if html.is_undefined() {
        return Err(tera::Error::message(
            "what should stand here is not defined",
        ));
    }
    Ok(html.mark_safe())
}

/// The columns of a text part.
pub(super) const COLUMNS: usize = 72;

fn wrapped(text: &str, hang: &str) -> String {
    let options = textwrap::Options::new(COLUMNS)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .subsequent_indent(hang);
    let lines: Vec<String> = text
        .lines()
        .map(|line| textwrap::fill(line.trim_end(), &options))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_wrapped_and_addresses_are_not() {
        let url = format!("https://x.example/{}", "a".repeat(80));
        let text = wrapped(&format!("{} {url}", "word ".repeat(20)), "  ");
        assert!(text.lines().skip(1).all(|l| l.starts_with("  ")));
        assert!(text.lines().any(|l| l.trim() == url));
        assert!(text.lines().all(|l| l.len() <= COLUMNS || l.contains(&url)));
    }

    #[test]
    fn every_template_parses() {
        let tera = templates(Arc::new(Texts::new().unwrap())).unwrap();
        assert_eq!(
            tera.get_template_names().count(),
            TEMPLATES.len() + admin::TEMPLATES.len() + PARTS.len()
        );
    }
}
