//! The mails: subject, text and HTML from one context.

use serde::Serialize;

use super::contexts::{
    AlertMail, ConfirmationMail, DigestMail, LinkMail, OperatorMail, Rendered, WelcomeMail,
};
use super::fit::{self, Fit};
use super::{RenderError, Renderer, arrange, own};

/// Characters of a subject.
const SUBJECT_CHARS: usize = 150;

/// What the templates of a digest are told.
#[derive(Serialize)]
struct DigestContext<'a> {
    #[serde(flatten)]
    mail: &'a DigestMail,
    /// How many articles there are.
    count: usize,
}

impl Renderer {
    /// A digest as one edition: the slots of [`super::slots`] are still open. Where a part of the
    /// publication's own fails, the usual ones are taken: no mistake in one stops a send.
    pub fn digest(&self, mail: &DigestMail) -> Result<Rendered, RenderError> {
        let rendered = self.own_digest(mail);
        let Some(usual) = &self.usual else {
            return rendered;
        };
        let reason = match &rendered {
            Ok(rendered) => own::lacks(rendered, mail),
            Err(error) => Some(error.to_string()),
        };
        let Some(reason) = reason else {
            return rendered;
        };
        tracing::warn!(
            issue = %mail.head.view_url, %reason,
            "the publication's own parts fail with this issue: the usual ones are used"
        );
        usual.own_digest(mail)
    }

    /// A digest with the parts that this renderer has.
    pub(super) fn own_digest(&self, mail: &DigestMail) -> Result<Rendered, RenderError> {
        let numbered = mail.subject.is_empty().then(|| self.numbered(mail));
        let mail = numbered.as_ref().unwrap_or(mail);
        let context = DigestContext {
            mail,
            count: mail.lead.iter().len()
                + mail.sections.iter().map(|s| s.cards.len()).sum::<usize>()
                + mail.also.len(),
        };
        let mut rendered = self.mail("mail/digest", &context)?;
        rendered.html = match fit::fit(&rendered.html, fit::MOST_BYTES) {
            Fit::Whole(html) => html,
            Fit::Cut(html) => {
                tracing::warn!(
                    issue = %mail.head.view_url,
                    "the mail would be cut off by mailboxes: it ends early and says where to read on"
                );
                html
            }
            Fit::TooLong(html) => {
                tracing::warn!(
                    issue = %mail.head.view_url, bytes = html.len(),
                    "mailboxes will cut the mail off: its template has no place to do so before"
                );
                html
            }
        };
        Ok(rendered)
    }

    /// A digest that has neither a headline nor a subject of its own is named after its number.
    fn numbered(&self, mail: &DigestMail) -> DigestMail {
        let head = &mail.head;
        let values = [
            ("digest", head.digest_name.as_str().into()),
            ("number", head.number.into()),
        ];
        DigestMail {
            subject: self.texts.say(&head.language, "archive-number", &values),
            ..mail.clone()
        }
    }

    /// The mail that asks to confirm.
    pub fn confirmation(&self, mail: &ConfirmationMail) -> Result<Rendered, RenderError> {
        self.mail("mail/confirm", mail)
    }

    /// The mail that welcomes.
    pub fn welcome(&self, mail: &WelcomeMail) -> Result<Rendered, RenderError> {
        self.mail("mail/welcome", mail)
    }

    /// The mail that brings a link which was asked for.
    pub fn link(&self, mail: &LinkMail) -> Result<Rendered, RenderError> {
        self.mail("mail/link", mail)
    }

    /// The mail that tells operators what is wrong.
    pub fn alert(&self, mail: &AlertMail) -> Result<Rendered, RenderError> {
        self.mail("mail/alert", mail)
    }

    /// The mail that brings an operator a link to choose a password.
    pub fn operator(&self, mail: &OperatorMail) -> Result<Rendered, RenderError> {
        self.mail("mail/operator", mail)
    }

    fn mail(&self, folder: &str, context: &impl Serialize) -> Result<Rendered, RenderError> {
        let subject = self.fill(&format!("{folder}/subject.txt"), context)?;
        let subject = arrange::clip(&arrange::line(&subject), SUBJECT_CHARS);
        if subject.is_empty() {
            return Err(RenderError::NoSubject);
        }
        let text = tidy(&self.fill(&format!("{folder}/body.txt"), context)?);
        let html = self.fill(&format!("{folder}/body.html"), context)?;
        let (html, kept) = set_aside(&html);
        let html = self
            .inliner
            .inline(&html)
            .map_err(|e| RenderError::Style(e.to_string()))?;
        let html = html.replacen(SET_ASIDE, &format!("<style>{kept}</style>"), 1);
        let html = dense(&html);
        Ok(Rendered {
            subject,
            text,
            html,
        })
    }
}

/// The style that stays in the head, and what stands there while the rest is moved: the inliner
/// would move it too, and spaces belong where phones and the dark can change them.
const KEPT: (&str, &str) = ("<style data-css-inline=\"keep\">", "</style>");
const SET_ASIDE: &str = "<!--style-->";

/// Takes the style out that stays in the head.
fn set_aside(html: &str) -> (String, &str) {
    let parts = html.split_once(KEPT.0).and_then(|(before, rest)| {
        let (style, after) = rest.split_once(KEPT.1)?;
        Some(([before, SET_ASIDE, after].concat(), style))
    });
    parts.unwrap_or_else(|| (html.to_owned(), ""))
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
