//! `GET|POST /preferences/{token}`: topics, digests, language and time zone.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::domain::subscription::SubscriptionState;
use crate::domain::token::Purpose;
use crate::render::pages::PreferencesPage;
use crate::services::links;
use crate::services::preferences::{self, Choices};
use crate::services::unsubscribe::{self, Reader};
use crate::web::Web;
use crate::web::answer::{or_page, page};
use crate::web::error::WebError;
use crate::web::form::SignUpForm;
use crate::web::language::Asked;
use crate::web::views::{Offer, offer_of};

/// What the reader gets now.
pub(in crate::web) async fn show(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
) -> Response {
    let shown = async {
        let (reader, offer) = load(&web, &token).await?;
        let language = spoken(&web, &asked, &reader);
        form(&web, &offer, &reader, &token, language, Answer::Shown)
    };
    or_page(&web, &asked, shown.await)
}

/// Saves the choices.
pub(in crate::web) async fn save(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
    body: Bytes,
) -> Response {
    let saved = async {
        let (reader, offer) = load(&web, &token).await?;
        let filled = SignUpForm::read(&HeaderMap::new(), &body)?;
        match choices(&web, &offer, &reader, &filled) {
            Ok(choices) => {
                let saved = preferences::change(&web.deps, &token, &choices).await?;
                let reader = saved.ok_or(WebError::BadLink)?;
                let language = spoken(&web, &Asked::default(), &reader);
                form(&web, &offer, &reader, &token, language, Answer::Saved)
            }
            Err(key) => {
                let language = spoken(&web, &asked.clone().or_form(&filled.language), &reader);
                form(&web, &offer, &reader, &token, language, Answer::Wrong(key))
            }
        }
    };
    or_page(&web, &asked, saved.await)
}

/// Reads the form; the error is the key of a text.
fn choices(
    web: &Web,
    offer: &Offer,
    reader: &Reader,
    filled: &SignUpForm,
) -> Result<Choices, &'static str> {
    let texts = web.deps.renderer.texts();
    let language = match filled.language.as_str() {
        "" => None,
        // Not a choice: the list shows the language that the page is in.
        wish if wish == spoken(web, &Asked::default(), reader) => None,
        wish if texts.speaks(wish) && offer.publication.offers(wish) => {
            Some(texts.best([wish]).to_owned())
        }
        _ => return Err("form-error-language"),
    };
    // With a single digest the form does not ask.
    let is_asked = offer.digests.len() > 1;
    if is_asked && filled.frequency.iter().all(String::is_empty) {
        return Err(NO_DIGEST);
    }
    Ok(Choices {
        topics: offer.choice(&filled.topics)?,
        digests: offer.frequencies(&filled.frequency)?,
        language,
        timezone: offer.zone_wish(filled.timezone.as_deref()),
    })
}

/// The key of the text for a form in which no digest is ticked.
const NO_DIGEST: &str = "form-error-no-frequency";

/// What becomes of the form.
enum Answer {
    Shown,
    Saved,
    /// With the key of a text.
    Wrong(&'static str),
}

/// The reader's language, unless they ask for another.
fn spoken<'w>(web: &'w Web, asked: &Asked, reader: &Reader) -> &'w str {
    let own = reader.subscription.language.as_deref();
    asked.of_reader(web, own, &reader.publication)
}

async fn load(web: &Web, token: &str) -> Result<(Reader, Offer), WebError> {
    let found = unsubscribe::find(&web.deps, token, Purpose::Preferences).await?;
    let reader = found.ok_or(WebError::BadLink)?;
    let mut tx = web.deps.store.read().await?;
    let offer = offer_of(&mut tx, reader.publication.clone()).await?;
    Ok((reader, offer))
}

fn form(
    web: &Web,
    offer: &Offer,
    reader: &Reader,
    token: &str,
    language: &str,
    answer: Answer,
) -> Result<Response, WebError> {
    let subscription = &reader.subscription;
    let mut ticked: Vec<String> = subscription
        .topics
        .0
        .iter()
        .map(ToString::to_string)
        .collect();
    if ticked.is_empty() {
        ticked = offer
            .topics
            .iter()
            .map(|topic| topic.slug.to_string())
            .collect();
    }
    // A language that is not on the list must not be lost with the next press of the button.
    let own = subscription.language.as_deref();
    let listed = own.is_none_or(|own| web.deps.renderer.texts().speaks(own));
    let languages = listed.then(|| offer.languages(web));
    let languages = languages.unwrap_or_default();
    let subscribed = subscription.state == SubscriptionState::Confirmed;
    let (status, saved, error) = match answer {
        Answer::Shown => (StatusCode::OK, false, None),
        Answer::Saved => (StatusCode::OK, subscribed, None),
        Answer::Wrong(key) => (StatusCode::UNPROCESSABLE_ENTITY, false, Some(key)),
    };
    let say = |key| web.deps.renderer.texts().say(language, key, &[]);
    let shown = PreferencesPage {
        publication: offer.view(web, language),
        token: token.to_owned(),
        email: reader.subscriber.email.masked(),
        topics: offer.topic_options(&ticked),
        digests: offer.digest_options(&subscription.digests, language),
        languages,
        zones: offer.zones(web, subscription, language),
        saved,
        error: error.filter(|key| *key != NO_DIGEST).map(say),
        digests_error: error.filter(|key| *key == NO_DIGEST).map(say),
        subscribed,
        unsubscribe_url: links::unsubscribe(&web.deps, subscription.id, reader.link.delivery),
    };
    page(web, status, &shown)
}
