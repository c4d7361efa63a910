//! The parts of a digest mail: templates that a publication may have in a version of its own.

/// A part of a digest mail.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// What operators call it.
    pub name: &'static str,
    /// What the other templates call it.
    pub(super) template: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// The template that comes with the program.
    pub source: &'static str,
}

/// Lists the parts from their files.
macro_rules! parts {
    ($($name:literal = $template:literal, $path:literal: $about:literal;)+) => {
        [$(Part {
            name: $name,
            template: $template,
            about: $about,
            source: include_str!(concat!("../../email-templates/", $path)),
        }),+]
    };
}

/// All parts, in the order in which they make a mail.
pub static PARTS: [Part; 22] = parts! {
    "layout.html" = "mail/layout.html", "layout/body.html": "the frame: head, style, a column of 600 pixels";
    "digest.html" = "mail/digest/body.html", "digest/body.html": "the order of the parts";
    "masthead.html" = "mail/digest/masthead.html", "digest/parts/masthead.html": "name or logo, date, number, view in browser";
    "lead.html" = "mail/digest/lead.html", "digest/parts/lead.html": "the first article, with its picture";
    "section.html" = "mail/digest/section.html", "digest/parts/section.html": "the title above the articles of a topic";
    "card.html" = "mail/digest/card.html", "digest/parts/card.html": "an article with its summary";
    "summary.html" = "mail/digest/summary.html", "digest/parts/summary.html": "the summary of an article";
    "by.html" = "mail/digest/by.html", "digest/parts/by.html": "source, date and reading time of an article";
    "line.html" = "mail/digest/line.html", "digest/parts/line.html": "an article that is shown by its headline alone";
    "notice.html" = "mail/digest/notice.html", "digest/parts/notice.html": "a sponsor's words, or a notice";
    "more.html" = "mail/digest/more.html", "digest/parts/more.html": "where a mail that is too long is cut off";
    "footer.html" = "mail/digest/footer.html", "digest/parts/footer.html": "why you get this, change, leave, postal address";
    "editorial.css" = "mail/digest/editorial.css", "digest/designs/editorial.css": "style of the design editorial, moved into the elements";
    "compact.css" = "mail/digest/compact.css", "digest/designs/compact.css": "style of the design compact, moved into the elements";
    "plain.css" = "mail/digest/plain.css", "digest/designs/plain.css": "style of the design plain, moved into the elements";
    "screen.css" = "mail/digest/screen.css", "digest/screen.css": "style that stays in the head: spaces, phones, the dark";
    "layout.txt" = "mail/layout.txt", "layout/body.txt": "text: the publication's name and address";
    "digest.txt" = "mail/digest/body.txt", "digest/body.txt": "text: the order of the parts, the list of links";
    "card.txt" = "mail/digest/card.txt", "digest/parts/card.txt": "text: an article with its summary";
    "line.txt" = "mail/digest/line.txt", "digest/parts/line.txt": "text: an article that is shown by its headline alone";
    "notice.txt" = "mail/digest/notice.txt", "digest/parts/notice.txt": "text: a sponsor's words, or a notice";
    "footer.txt" = "mail/digest/footer.txt", "digest/parts/footer.txt": "text: why you get this, change, leave";
};

/// Finds a part by its name.
pub fn find(name: &str) -> Option<&'static Part> {
    PARTS.iter().find(|part| part.name == name)
}
