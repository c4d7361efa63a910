//! `GET|POST /preferences/{token}`: topics, digests, language and time zone.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono_tz::Tz;

use super::choices::{self, Action};
use crate::domain::pause as pauses;
use crate::domain::publication::Publication;
use crate::domain::subscription::SubscriptionState;
use crate::domain::token::Purpose;
use crate::render::dates;
use crate::render::pages::{OtherPlace, PauseView, PreferencesPage};
use crate::services::preferences::{self, Choices};
use crate::services::unsubscribe::{self, Reader};
use crate::services::{consent, links};
use crate::store::{publications, subscriptions};
use crate::web::Web;
use crate::web::answer::{or_page, page};
use crate::web::client::Client;
use crate::web::error::WebError;
use crate::web::form::{SignUpForm, field};
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
        form(&web, &offer, &reader, &token, language, Answer::Shown).await
    };
    or_page(&web, &asked, shown.await)
}

/// Saves the choices.
pub(in crate::web) async fn save(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
    Client(address): Client,
    body: Bytes,
) -> Response {
    let saved = async {
        let (reader, offer) = load(&web, &token).await?;
        if let Some(action) = field(&body, "action").as_deref().and_then(Action::read) {
            let lang = field(&body, "lang").unwrap_or_default();
            let page = choices::Page {
                web: &web,
                asked: asked.clone().or_form(&lang),
                token: &token,
                address,
            };
            return page.act(action, reader, offer, &body).await;
        }
        let filled = SignUpForm::read(&HeaderMap::new(), &body)?;
        match choices(&web, &offer, &reader, &filled) {
            Ok(choices) => {
                let saved = preferences::change(&web.deps, &token, &choices).await?;
                let reader = saved.ok_or(WebError::BadLink)?;
                let language = spoken(&web, &Asked::default(), &reader);
                form(&web, &offer, &reader, &token, language, Answer::Saved).await
            }
            Err(key) => {
                let language = spoken(&web, &asked.clone().or_form(&filled.language), &reader);
                form(&web, &offer, &reader, &token, language, Answer::Wrong(key)).await
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

/// The key of the text for a day on which no pause can end.
pub(super) const BAD_DAY: &str = "form-error-day";

/// The zone by whose clock a reader's days begin.
pub(super) fn zone(reader: &Reader) -> Tz {
    let own = reader.subscription.timezone;
    own.unwrap_or(reader.publication.timezone)
}

/// The reader's pause, in words.
fn pause(web: &Web, reader: &Reader, language: &str) -> PauseView {
    let (now, zone) = (web.deps.now(), zone(reader));
    let (first, last) = pauses::days(zone, now);
    let until = reader.subscription.pause(now);
    PauseView {
        until: until.map(|at| dates::long(at, zone, language)),
        first_day: first.to_string(),
        last_day: last.to_string(),
        error: None,
    }
}

/// The service's other publications, as this reader has them or could.
async fn others(web: &Web, reader: &Reader, language: &str) -> Result<Vec<OtherPlace>, WebError> {
    let mut tx = web.deps.store.read().await?;
    let mut all = publications::list(&mut tx).await?;
    all.retain(|p| p.archived_at.is_none() && p.id != reader.publication.id);
    let places = subscriptions::of_subscriber(&mut tx, reader.subscriber.id).await?;
    let texts = web.deps.renderer.texts();
    let other = |publication: Publication| {
        let place = places.iter().find(|place| {
            place.publication == publication.id && place.state == SubscriptionState::Confirmed
        });
        OtherPlace {
            consent_text: consent::text(texts, language, &publication),
            preferences_url: place.map(|p| links::preferences(&web.deps, p.id, None)),
            unsubscribe_url: place.map(|p| links::unsubscribe(&web.deps, p.id, None)),
            slug: publication.slug.to_string(),
            name: publication.name,
            description: publication.description,
            language: publication.language,
        }
    };
    Ok(all.into_iter().map(other).collect())
}

/// What becomes of the form.
pub(super) enum Answer {
    Shown,
    Saved,
    /// With the key of a text.
    Wrong(&'static str),
}

/// The reader's language, unless they ask for another.
pub(super) fn spoken<'w>(web: &'w Web, asked: &Asked, reader: &Reader) -> &'w str {
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

pub(super) async fn form(
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
    let is_apart = |key: &&str| [NO_DIGEST, BAD_DAY].contains(key);
    let shown = PreferencesPage {
        publication: offer.view(web, language),
        token: token.to_owned(),
        email: reader.subscriber.email.masked(),
        topics: offer.topic_options(&ticked),
        digests: offer.digest_options(&subscription.digests, language),
        languages,
        zones: offer.zones(web, subscription, language),
        saved,
        error: error.filter(|key| !is_apart(key)).map(say),
        digests_error: error.filter(|key| *key == NO_DIGEST).map(say),
        subscribed,
        unsubscribe_url: links::unsubscribe(&web.deps, subscription.id, reader.link.delivery),
        pause: PauseView {
            error: error.filter(|key| *key == BAD_DAY).map(say),
            ..pause(web, reader, language)
        },
        others: others(web, reader, language).await?,
    };
    page(web, status, &shown)
}
