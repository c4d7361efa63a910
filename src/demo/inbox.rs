//! Pages to look into the mailbox: the list, and each mail as HTML, text and source.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use chrono::DateTime;

use super::html::{self, Page, each, esc};

/// Where mails can be looked up.
pub trait Mails: Send + Sync + 'static {
    /// All mails, in any order.
    fn list(&self) -> Vec<MailView>;
    /// The mail with this number.
    fn get(&self, number: u64) -> Option<MailView>;
}

/// What the inbox shows of a mail; header values are unfolded and decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailView {
    /// Counted up as mails arrive.
    pub number: u64,
    pub from: String,
    pub to: String,
    pub subject: String,
    /// The `Date` header.
    pub date: String,
    pub text: String,
    pub html: Option<String>,
    pub headers: Vec<(String, String)>,
    /// The mail as it came over the wire.
    pub source: String,
}

impl MailView {
    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Where a mail program would POST to leave in one click (RFC 8058), if the mail offers it.
    fn one_click_url(&self) -> Option<String> {
        let offer = self.header("List-Unsubscribe-Post")?;
        if !offer
            .trim()
            .eq_ignore_ascii_case("List-Unsubscribe=One-Click")
        {
            return None;
        }
        self.header("List-Unsubscribe")?
            .split('<')
            .filter_map(|part| part.split_once('>'))
            .map(|(url, _)| url.split_whitespace().collect::<String>())
            .find(|url| {
                let lower = url.to_ascii_lowercase();
                lower.starts_with("https://") || lower.starts_with("http://")
            })
    }
}

/// The headers that matter for a newsletter, in the order in which they are shown.
const SHOWN_HEADERS: [&str; 9] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
];

/// For the inbox's own pages: the form of the one-click button goes to another server.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
                           frame-src 'self'; base-uri 'none'; form-action http: https:";

/// For the HTML of a mail: no scripts, nothing from elsewhere, links open in a window of their own.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                           form-action 'none'; \
                           sandbox allow-popups allow-popups-to-escape-sandbox";

type Shared = Arc<dyn Mails>;

/// The pages of the inbox.
pub fn router(mails: Arc<dyn Mails>) -> Router {
    Router::new()
        .route("/", get(list))
        .route("/mails/{number}", get(show))
        .route("/mails/{number}/text", get(show_text))
        .route("/mails/{number}/source", get(show_source))
        .route("/mails/{number}/html", get(raw_html))
        .route("/style.css", get(html::style))
        .route("/icon.svg", get(html::icon))
        .fallback(missing)
        .with_state(mails)
}

/// How a mail is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Html,
    Text,
    Source,
}

async fn list(State(mails): State<Shared>) -> Response {
    let mut all = mails.list();
    all.sort_by_key(|mail| std::cmp::Reverse(mail.number));
    let body = if all.is_empty() {
        EMPTY.to_owned()
    } else {
        let rows = each(&all, list_row);
        format!("<ol class=\"mails\">\n{rows}</ol>\n")
    };
    let count = match all.len() {
        0 => "no mail yet".to_owned(),
        1 => "1 mail".to_owned(),
        n => format!("{n} mails"),
    };
    let title = format!("Inbox: {count}");
    let order = if all.len() > 1 { "Newest first. " } else { "" };
    let main = format!(
        "<h1>{title}</h1>\n<p class=\"byline\">{order}This page looks again every five \
         seconds.</p>\n{body}"
    );
    let refresh = "<meta http-equiv=\"refresh\" content=\"5\">\n";
    page(StatusCode::OK, &title, refresh, &main)
}

const EMPTY: &str = "<div class=\"empty\"><p>No mail has arrived yet.</p>\n\
     <p>Open an article of the news site, go to the box beneath it and sign up with any address. \
     The mail with the link to confirm appears here a moment later.</p></div>\n";

fn list_row(mail: &MailView) -> String {
    format!(
        "<li><a href=\"/mails/{number}\"><bdi class=\"subject\">{subject}</bdi> \
         <span class=\"when\">{when}</span> \
         <span class=\"who\"><bdi>{from}</bdi> to <bdi>{to}</bdi></span></a></li>\n",
        number = mail.number,
        subject = esc(subject(mail)),
        when = esc(&short_date(&mail.date)),
        from = esc(&mail.from),
        to = esc(&mail.to),
    )
}

fn subject(mail: &MailView) -> &str {
    if mail.subject.trim().is_empty() {
        "(no subject)"
    } else {
        &mail.subject
    }
}

/// The date as people read it; as it is where it cannot be understood.
fn short_date(date: &str) -> String {
    DateTime::parse_from_rfc2822(date).map_or_else(
        |_| date.to_owned(),
        |time| time.to_utc().format("%-d %b, %H:%M:%S UTC").to_string(),
    )
}

fn find(mails: &Shared, number: &str) -> Option<MailView> {
    number.parse().ok().and_then(|number| mails.get(number))
}

async fn show(State(mails): State<Shared>, Path(number): Path<String>) -> Response {
    match find(&mails, &number) {
        Some(mail) if mail.html.is_some() => mail_page(&mail, View::Html),
        Some(mail) => mail_page(&mail, View::Text),
        None => not_found(),
    }
}

async fn show_text(State(mails): State<Shared>, Path(number): Path<String>) -> Response {
    find(&mails, &number).map_or_else(not_found, |mail| mail_page(&mail, View::Text))
}

async fn show_source(State(mails): State<Shared>, Path(number): Path<String>) -> Response {
    find(&mails, &number).map_or_else(not_found, |mail| mail_page(&mail, View::Source))
}

async fn raw_html(State(mails): State<Shared>, Path(number): Path<String>) -> Response {
    match find(&mails, &number).and_then(|mail| mail.html) {
        Some(body) => html::answer(StatusCode::OK, MAIL_POLICY, with_link_target(&body)),
        None => not_found(),
    }
}

async fn missing() -> Response {
    not_found()
}

/// Makes the links of a mail open in a window of their own, also where it says otherwise: the
/// first `base` element of a document counts.
fn with_link_target(mail: &str) -> String {
    const BASE: &str = "<base target=\"_blank\">";
    let lower = mail.to_ascii_lowercase();
    let after_head = lower
        .match_indices("<head")
        .map(|(start, tag)| start + tag.len())
        .find(|end| lower[*end..].starts_with(|c: char| c == '>' || c.is_ascii_whitespace()))
        .and_then(|end| lower[end..].find('>').map(|close| end + close + 1));
    match after_head {
        Some(at) => format!("{}{BASE}{}", &mail[..at], &mail[at..]),
        None => format!("<!doctype html><meta charset=\"utf-8\">{BASE}{mail}"),
    }
}

fn mail_page(mail: &MailView, view: View) -> Response {
    let content = match view {
        View::Html => format!(
            "<iframe title=\"The mail as HTML\" src=\"/mails/{}/html\" \
             sandbox=\"allow-popups allow-popups-to-escape-sandbox\" \
             referrerpolicy=\"no-referrer\"></iframe>\n",
            mail.number
        ),
        View::Text => format!(
            "<pre tabindex=\"0\" aria-label=\"The mail as text\">{}</pre>\n",
            esc(&mail.text)
        ),
        View::Source => format!(
            "<pre tabindex=\"0\" aria-label=\"The source of the mail\">{}</pre>\n",
            esc(&mail.source)
        ),
    };
    let main = format!(
        "<p class=\"back\"><a href=\"/\">All mails</a></p>\n<h1><bdi>{}</bdi></h1>\n\
         {}{}{}<div class=\"view\">\n{content}</div>\n",
        esc(subject(mail)),
        header_table(mail),
        one_click_form(mail),
        tabs(mail, view),
    );
    page(StatusCode::OK, subject(mail), "", &main)
}

fn header_table(mail: &MailView) -> String {
    let shown = SHOWN_HEADERS
        .iter()
        .filter_map(|name| mail.header(name).map(|value| (name, value)));
    let rows = each(shown, |(name, value)| {
        format!(
            "<tr><th scope=\"row\">{name}</th><td><bdi>{}</bdi></td></tr>\n",
            esc(value)
        )
    });
    format!("<table class=\"headers\">\n<tbody>\n{rows}</tbody></table>\n")
}

fn one_click_form(mail: &MailView) -> String {
    mail.one_click_url().map_or_else(String::new, |url| {
        format!(
            "<form class=\"one-click\" method=\"post\" action=\"{}\" target=\"_blank\">\n\
             <input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">\n\
             <button type=\"submit\">Leave this newsletter</button>\n\
             <span class=\"hint\">Does what the button of a mail program does: one POST to the \
             address in List-Unsubscribe.</span>\n</form>\n",
            esc(&url)
        )
    })
}

fn tabs(mail: &MailView, view: View) -> String {
    let number = mail.number;
    let tab = |own: View, path: String, name: &str| {
        let here = if own == view {
            " aria-current=\"page\""
        } else {
            ""
        };
        format!("<li><a href=\"{path}\"{here}>{name}</a></li>\n")
    };
    let html = match mail.html {
        Some(_) => tab(View::Html, format!("/mails/{number}"), "HTML"),
        None => String::new(),
    };
    format!(
        "<nav class=\"tabs\" aria-label=\"Views of the mail\"><ul>\n{html}{}{}</ul></nav>\n",
        tab(View::Text, format!("/mails/{number}/text"), "Text"),
        tab(View::Source, format!("/mails/{number}/source"), "Source"),
    )
}

fn not_found() -> Response {
    let main = "<h1>There is no such mail</h1>\n\
                <p>The inbox is emptied when the demo ends. <a href=\"/\">See all mails</a>.</p>\n";
    page(StatusCode::NOT_FOUND, "No such mail", "", main)
}

fn page(status: StatusCode, title: &str, head: &str, main: &str) -> Response {
    let body = format!(
        "<div class=\"sheet inbox\">\n<main>\n{main}</main>\n\
         <footer><p>Every mail of the demo ends here, whatever its address: it comes over SMTP \
         and goes no further.</p></footer>\n</div>\n"
    );
    let page = Page {
        title,
        head,
        body: &body,
    };
    html::answer(status, PAGE_POLICY, page.document())
}

#[cfg(test)]
mod tests;
