//! `GET|POST /embed/{pub}`, the form in a frame of somebody else's page, and `GET /embed/{pub}.js`,
//! the script for forms that stand in such a page themselves.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::sign_up::{Errors, take, too_large_or_broken};
use crate::domain::look::Colour;
use crate::domain::palette::{Palette, Scheme, Wish};
use crate::domain::text;
use crate::render::embed::{EmbedScript, FramePage, FrameState, colours, frame_hashes};
use crate::render::pages::GuardFields;
use crate::services::consent;
use crate::web::Web;
use crate::web::answer::{or_page, page};
use crate::web::client::{Client, foreign_page};
use crate::web::conditional;
use crate::web::error::WebError;
use crate::web::form::SignUpForm;
use crate::web::headers;
use crate::web::language::Asked;
use crate::web::public::guard as fields;
use crate::web::views::{Offer, offer};

const SCRIPT: &str = "text/javascript; charset=utf-8";
/// A change of texts or topics reaches the sites within this time.
const SCRIPT_AGE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// What the site asks for in the frame's address. Colours that are none are left out: the readers
/// of the site could do nothing about them.
#[derive(Debug, Default)]
struct Asks {
    topics: Vec<String>,
    source: String,
    wish: Wish,
    /// The parts of the address that count, to be kept in the form's.
    kept: Vec<(String, String)>,
}

impl Asks {
    fn read(query: &str) -> Self {
        let mut asks = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).take(100) {
            let colour = || -> Option<Colour> {
                let digits = value.trim_start_matches('#');
                format!("#{digits}").parse().ok()
            };
            match name.as_ref() {
                "topic" => asks.topics.push(value.to_string()),
                "source" => text::cut(&value, 500).clone_into(&mut asks.source),
                "accent" => asks.wish.accent = colour(),
                "paper" => asks.wish.paper = colour(),
                "ink" => asks.wish.ink = colour(),
                "scheme" => {
                    asks.wish.scheme = match value.as_ref() {
                        "light" => Some(Scheme::Light),
                        "dark" => Some(Scheme::Dark),
                        _ => None,
                    }
                }
                "lang" => {}
                _ => continue,
            }
            asks.kept.push((name.into_owned(), value.into_owned()));
        }
        asks
    }

    /// The address of the same frame.
    fn url(&self, slug: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.kept);
        format!("/embed/{slug}?{}", query.finish())
    }
}

/// The form, or the script where the address ends in `.js`.
pub(in crate::web) async fn show(
    State(web): State<Web>,
    asked: Asked,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    Client(address): Client,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        if let Some(slug) = name.strip_suffix(".js") {
            return script(&web, &asked, slug, &headers).await;
        }
        let asks = Asks::read(query.as_deref().unwrap_or_default());
        let offer = offer(&web, &name).await?;
        let language = asked.of_page(&web, &offer.publication);
        let source = match asks.source.as_str() {
            "" => foreign_page(&web, &headers).unwrap_or_default(),
            given => given.to_owned(),
        };
        let form = SignUpForm {
            topics: asks.topics.clone(),
            source,
            ..SignUpForm::default()
        };
        let guard = fields::fields(&web, &offer, &form, address, false);
        let empty = frame(&web, &offer, &asks, &form, language, guard);
        answer(&web, StatusCode::OK, &empty)
    };
    or_page(&web, &asked, shown.await)
}

/// The filled form of a frame.
pub(in crate::web) async fn submit(
    State(web): State<Web>,
    asked: Asked,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
    Client(address): Client,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let answered = async {
        let body = body.map_err(|rejection| too_large_or_broken(&rejection))?;
        let offer = offer(&web, &slug).await?;
        let form = SignUpForm::read(&headers, &body)?;
        let asks = Asks::read(query.as_deref().unwrap_or_default());
        let asked = asked.clone().or_form(&form.lang);
        let language = asked.of_page(&web, &offer.publication);
        let errors = take(&web, &offer, &form, language, address).await?;
        let is_asked = errors.as_ref().is_some_and(|errors| errors.is_asked);
        let guard = fields::fields(&web, &offer, &form, address, is_asked);
        let shown = frame(&web, &offer, &asks, &form, language, guard);
        match errors {
            None => {
                let done = FramePage {
                    state: FrameState::CheckInbox,
                    meant: form.meant(),
                    ..shown
                };
                answer(&web, StatusCode::ACCEPTED, &done)
            }
            Some(errors) => {
                let wrong = with_errors(shown, errors);
                answer(&web, StatusCode::UNPROCESSABLE_ENTITY, &wrong)
            }
        }
    };
    or_page(&web, &asked, answered.await)
}

fn with_errors(shown: FramePage, errors: Errors) -> FramePage {
    FramePage {
        email_error: errors.email,
        form_error: errors.form.or(errors.topics).or(errors.frequency),
        ..shown
    }
}

fn frame(
    web: &Web,
    offer: &Offer,
    asks: &Asks,
    form: &SignUpForm,
    language: &str,
    guard: GuardFields,
) -> FramePage {
    let publication = &offer.publication;
    // A topic that is no longer there is not the reader's mistake.
    let topics = offer.topics.iter();
    let topics = topics.filter(|topic| form.topics.iter().any(|t| t == topic.slug.as_str()));
    let (slugs, names) = topics
        .map(|topic| (topic.slug.to_string(), topic.name.clone()))
        .unzip();
    let palette = Palette::wished(asks.wish, publication.look.accent);
    FramePage {
        publication: offer.view(web, language),
        state: FrameState::Form,
        frame_url: asks.url(publication.slug.as_str()),
        colours: colours(palette),
        topics: slugs,
        topic_names: names,
        email: text::cut(form.email.trim(), 300).to_owned(),
        email_error: None,
        form_error: None,
        guard,
        asks_zone: offer.asks_zone(),
        consent_text: consent::text(web.deps.renderer.texts(), language, publication),
        source: Some(form.source.clone()).filter(|source| !source.is_empty()),
        meant: None,
    }
}

fn answer(web: &Web, status: StatusCode, shown: &FramePage) -> Result<Response, WebError> {
    let policy = headers::frame_policy(web, &frame_hashes(&shown.colours));
    let answer = page(web, status, shown)?;
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], answer).into_response())
}

async fn script(
    web: &Web,
    asked: &Asked,
    slug: &str,
    headers: &HeaderMap,
) -> Result<Response, WebError> {
    let offer = offer(web, slug).await?;
    let publication = &offer.publication;
    let language = asked.chosen_of(web, publication);
    let view = offer.view(web, language);
    let topics = offer.topics.iter();
    let code = web.deps.renderer.embed_script(&EmbedScript {
        home_url: &view.home_url,
        slug: &view.slug,
        accent: publication.look.accent,
        language,
        topics: topics
            .map(|topic| (topic.slug.as_str(), topic.name.as_str()))
            .collect(),
        privacy_url: publication.privacy_url.as_deref(),
        consent_text: &consent::text(web.deps.renderer.texts(), language, publication),
        asks_zone: offer.asks_zone(),
    })?;
    let answer = conditional::answer(headers, SCRIPT, None, code);
    let more = [
        (header::CACHE_CONTROL, SCRIPT_AGE),
        // A site whose policy takes in nothing from elsewhere may still take in this.
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
    ];
    Ok((more, answer).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_keeps_what_counts_of_its_address() {
        let asks =
            Asks::read("topic=energy&accent=%23c0ffee&paper=red&x=1&topic=a%26b&scheme=dark");
        assert_eq!(asks.topics, ["energy", "a&b"]);
        assert!(asks.wish.accent.is_some() && asks.wish.paper.is_none());
        assert_eq!(
            asks.url("ledger"),
            "/embed/ledger?topic=energy&accent=%23c0ffee&paper=red&topic=a%26b&scheme=dark"
        );
    }
}
