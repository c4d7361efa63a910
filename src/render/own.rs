//! Parts that a publication has in a version of its own: checked before they are kept, and left out
//! where they do not fit the program any more.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::contexts::{DigestMail, Rendered};
use super::frugal;
use super::mistakes::{self, Mistake};
use super::parts::{self, Part};
use super::paths;
use super::slots::{self, Slot};
use super::turns::Counted;
use super::{RenderError, Renderer, samples};
use crate::domain::look::{Design, Direction};

/// The longest template, in bytes.
pub const MOST_SOURCE: usize = 64 * 1024;
/// How long the samples may take.
const MOST_TIME: Duration = Duration::from_secs(5);
/// The largest HTML of a sample; a whole issue has more articles, and must stay below 100 KB.
const MOST_HTML: usize = 60_000;

/// A part as its publication wants it.
#[derive(Debug, Clone)]
pub struct OwnPart {
    pub part: &'static Part,
    pub source: String,
}

/// What the samples came to with a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The largest HTML and the largest text, in bytes.
    pub html_bytes: usize,
    pub text_bytes: usize,
}

/// Why a part was refused: all the mistakes that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub Vec<Mistake>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, mistake) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

impl Refused {
    fn one(part: &Part, what: impl Into<String>) -> Self {
        Self(vec![Mistake::in_part(part.name, what)])
    }
}

/// A publication's renderer, and its parts that could not be used.
#[derive(Debug)]
pub struct Dressed {
    pub renderer: Arc<Renderer>,
    pub left_out: Vec<(&'static Part, Refused)>,
}

impl Renderer {
    /// The renderer with a publication's own parts. One that has become wrong, for example after an
    /// update, is left out: a mail in the usual dress is better than none.
    pub fn dressed(self: &Arc<Self>, own: &[OwnPart]) -> Dressed {
        let mut renderer = Arc::clone(self);
        let mut left_out = Vec::new();
        for own in own {
            match renderer.tried(self, own) {
                Ok((tried, _)) => renderer = tried,
                Err(refused) => left_out.push((own.part, refused)),
            }
        }
        Dressed { renderer, left_out }
    }

    /// Tries a part out beside the others that this renderer has: it must parse, and the samples
    /// must come out well in every design, within bounds.
    pub fn check(self: &Arc<Self>, own: &OwnPart) -> Result<Checked, Refused> {
        let plain = self.usual.as_ref().unwrap_or(self);
        self.tried(plain, own).map(|(_, checked)| checked)
    }

    fn tried(&self, usual: &Arc<Self>, own: &OwnPart) -> Result<(Arc<Self>, Checked), Refused> {
        let part = own.part;
        if own.source.len() > MOST_SOURCE {
            let what = format!(
                "has {} bytes; a part may have {MOST_SOURCE}",
                own.source.len()
            );
            return Err(Refused::one(part, what));
        }
        let mistakes = frugal::refused(part, &own.source);
        if !mistakes.is_empty() {
            return Err(Refused(mistakes));
        }
        let counted = Counted::new(&own.source);
        let mut tera = self.tera.clone();
        tera.add_raw_template(part.template, &counted.source)
            .map_err(|error| counted.refused(&error.to_string(), part))?;
        let renderer = Arc::new(Self {
            tera,
            inliner: Arc::clone(&self.inliner),
            texts: Arc::clone(&self.texts),
            usual: Some(Arc::clone(usual)),
        });
        let mistakes = paths::unknown(part, &own.source, &known_names());
        if !mistakes.is_empty() {
            return Err(Refused(mistakes));
        }
        let checked = renderer.samples(part, &counted)?;
        Ok((renderer, checked))
    }

    /// Renders all samples, and looks at what came out.
    fn samples(&self, part: &Part, counted: &Counted) -> Result<Checked, Refused> {
        let until = Instant::now() + MOST_TIME;
        let mut checked = Checked {
            html_bytes: 0,
            text_bytes: 0,
        };
        for mail in samples() {
            if Instant::now() > until {
                let what = "takes more than 5 seconds for the samples; look for long loops";
                return Err(Refused::one(part, what));
            }
            let rendered = self.own_digest(&mail).map_err(|error| match error {
                RenderError::Template { reason, .. } => counted.refused(&reason, part),
                other => Refused::one(part, other.to_string()),
            })?;
            if let Some(lack) = lacks(&rendered, &mail) {
                return Err(Refused::one(part, lack));
            }
            checked.html_bytes = checked.html_bytes.max(rendered.html.len());
            checked.text_bytes = checked.text_bytes.max(rendered.text.len());
        }
        if checked.html_bytes > MOST_HTML {
            let what = format!(
                "makes the sample of 12 articles {} bytes long; it may have {MOST_HTML}, since \
                 Gmail cuts mails off at 102 KB",
                checked.html_bytes
            );
            return Err(Refused::one(part, what));
        }
        Ok(checked)
    }
}

impl Counted {
    /// What the engine says against a part, with the places as its author knows them.
    fn refused(&self, report: &str, part: &Part) -> Refused {
        let mut mistakes = mistakes::of(report, part);
        for mistake in mistakes.iter_mut().filter(|found| found.part == part.name) {
            if let (Some(line), Some(column)) = (mistake.line, mistake.column) {
                mistake.column = Some(self.column(line, column));
            }
        }
        Refused(mistakes)
    }
}

/// The samples that a part must stand: all designs, with all that there can be and with nothing.
fn samples() -> Vec<DigestMail> {
    let designs = [Design::Editorial, Design::Compact, Design::Plain];
    let mut mails: Vec<DigestMail> = designs
        .into_iter()
        .flat_map(|design| {
            [samples::full(), samples::bare(), samples::empty()].map(|mut mail| {
                mail.head.design = design;
                mail
            })
        })
        .collect();
    let mut from_the_right = samples::full();
    from_the_right.head.direction = Direction::Rtl;
    mails.push(from_the_right);
    mails
}

/// All that templates know, by the example of the fullest sample.
fn known_names() -> serde_json::Map<String, serde_json::Value> {
    let mail = samples::full();
    let card = serde_json::to_value(&mail.lead);
    let section = serde_json::to_value(mail.sections.first());
    let Ok(serde_json::Value::Object(mut names)) = serde_json::to_value(&mail) else {
        return serde_json::Map::new();
    };
    for (name, value) in [("card", card), ("section", section)] {
        names.extend(value.ok().map(|value| (name.to_owned(), value)));
    }
    names
}

/// What every digest must have, and this one does not.
pub(super) fn lacks(rendered: &Rendered, mail: &DigestMail) -> Option<String> {
    let sent = slots::for_readers(&rendered.html);
    let needed = [
        (Slot::UnsubscribeUrl, "unsubscribe_url", "to leave"),
        (Slot::PreferencesUrl, "preferences_url", "to change topics"),
    ];
    for (kind, body) in [("HTML", &sent), ("text", &rendered.text)] {
        for (slot, name, why) in needed {
            if !body.contains(slot.mark()) {
                return Some(format!(
                    "leaves the {kind} without the link {why}: {{{{ {name} }}}} must stand in it"
                ));
            }
        }
        if !body.contains(&mail.head.view_url) && !body.contains(&escaped(&mail.head.view_url)) {
            return Some(format!(
                "leaves the {kind} without the link to the page: {{{{ view_url }}}} must stand in it"
            ));
        }
        let address = mail.head.publication.postal_address.lines().next();
        let address = address.unwrap_or_default();
        if !body.contains(address) && !body.contains(&escaped(address)) {
            return Some(format!(
                "leaves the {kind} without the postal address: {{{{ publication.postal_address }}}} \
                 must stand in it"
            ));
        }
    }
    for never in ["<script", "<iframe", "<object", "<embed", "<form"] {
        if sent.contains(never) {
            return Some(format!(
                "makes a {never}>: mailboxes take it out, and some refuse the mail"
            ));
        }
    }
    let count = |mark: &str| rendered.html.matches(mark).count();
    if count(slots::READER) != count(slots::READER_END) {
        return Some(
            "has a <!--reader--> without its <!--/reader-->, or the other way round: what stands \
             between them is left out of the page on the web"
                .to_owned(),
        );
    }
    None
}

/// As a text stands in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

impl OwnPart {
    /// A part as it is stored; `None` where the program has no such part any more.
    pub fn stored(part: &str, source: String) -> Option<Self> {
        let part = parts::find(part)?;
        Some(Self { part, source })
    }
}
