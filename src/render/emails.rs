//! The mails: subject, text and HTML from one context.

use serde::Serialize;

use super::contexts::{ConfirmationMail, DigestMail, Rendered};
use super::{RenderError, Renderer, arrange};

/// Characters of a subject.
const SUBJECT_CHARS: usize = 150;

impl Renderer {
    /// A digest as one edition: the slots of [`super::slots`] are still open.
    pub fn digest(&self, mail: &DigestMail) -> Result<Rendered, RenderError> {
        self.mail("mail/digest", mail)
    }

    /// The mail that asks to confirm.
    pub fn confirmation(&self, mail: &ConfirmationMail) -> Result<Rendered, RenderError> {
        self.mail("mail/confirm", mail)
    }

    fn mail(&self, folder: &str, context: &impl Serialize) -> Result<Rendered, RenderError> {
        let subject = self.fill(&format!("{folder}/subject.txt"), context)?;
        let subject = arrange::clip(&arrange::line(&subject), SUBJECT_CHARS);
        if subject.is_empty() {
            return Err(RenderError::NoSubject);
        }
        let text = tidy(&self.fill(&format!("{folder}/body.txt"), context)?);
        let html = self.fill(&format!("{folder}/body.html"), context)?;
        let html = self
            .inliner
            .inline(&html)
            .map_err(|e| RenderError::Style(e.to_string()))?;
        let html = dense(&html);
        Ok(Rendered {
            subject,
            text,
            html,
        })
    }
}

/// No spaces at the ends of lines, never more than one empty line, one line feed at the end.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines().map(str::trim_end) {
        let blank_before = out.is_empty() || out.ends_with("\n\n");
        if !(line.is_empty() && blank_before) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// The same HTML without indentation and empty lines, which only cost bytes.
fn dense(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for line in html.lines().map(str::trim).filter(|l| !l.is_empty()) {
        out.push_str(line);
        out.push('\n');
    }
    out
}
