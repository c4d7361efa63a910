//! `GET|POST /unsubscribe/{token}`: the first shows a button, the second leaves.
//!
//! The POST needs no cookie, no referrer and no token but the one in its address, so that mail
//! programs can send it for the reader (RFC 8058).

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::domain::rarer;
use crate::domain::subscription::{LeaveReason, SubscriptionState, Why};
use crate::domain::token::Purpose;
use crate::render::contexts::PublicationView;
use crate::render::dates;
use crate::render::pages::{DigestOption, GoodbyePage, LeavePage, ReturnedPage};
use crate::services::links;
use crate::services::unsubscribe::{self, Reader};
use crate::store::digests;
use crate::web::Web;
use crate::web::answer::{or_page, page};
use crate::web::error::WebError;
use crate::web::form::field;
use crate::web::language::Asked;

/// The button; link scanners that open every link change nothing.
pub(in crate::web) async fn show(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
) -> Response {
    let shown = async {
        let found = unsubscribe::find(&web.deps, &token, Purpose::Unsubscribe).await?;
        let reader = found.ok_or(WebError::BadLink)?;
        if reader.subscription.state == SubscriptionState::Unsubscribed {
            return goodbye(&web, &asked, &reader, token.clone(), false);
        }
        let shown = LeavePage {
            rarer: rarer(&web, &asked, &reader).await?,
            subscribed: reader.subscription.state == SubscriptionState::Confirmed,
            publication: view(&web, &asked, &reader),
            token: token.clone(),
            email: reader.subscriber.email.masked(),
            preferences_url: links::preferences(
                &web.deps,
                reader.subscription.id,
                reader.link.delivery,
            ),
        };
        page(&web, StatusCode::OK, &shown)
    };
    or_page(&web, &asked, shown.await)
}

/// Leaves, or takes leaving back.
pub(in crate::web) async fn press(
    State(web): State<Web>,
    asked: Asked,
    Path(token): Path<String>,
    body: Bytes,
) -> Response {
    let asked = asked.or_form(&field(&body, "lang").unwrap_or_default());
    let pressed = async {
        if is_one_click(&body) {
            let left = unsubscribe::leave(&web.deps, &token, LeaveReason::OneClick).await?;
            return left
                .map(|_| "You have left.\n".into_response())
                .ok_or(WebError::BadLink);
        }
        if field(&body, "action").as_deref() == Some("undo") {
            let reader = unsubscribe::undo(&web.deps, &token)
                .await?
                .ok_or(WebError::BadLink)?;
            return returned(&web, &asked, &reader);
        }
        if field(&body, "action").as_deref() == Some("why") {
            let why = field(&body, "why").and_then(|word| word.parse::<Why>().ok());
            let found = match why {
                Some(why) => unsubscribe::explain(&web.deps, &token, why).await?,
                // Nothing was chosen, which is no mistake.
                None => unsubscribe::find(&web.deps, &token, Purpose::Unsubscribe).await?,
            };
            let reader = found.ok_or(WebError::BadLink)?;
            return goodbye(&web, &asked, &reader, token.clone(), why.is_some());
        }
        let left = unsubscribe::leave(&web.deps, &token, LeaveReason::Page).await?;
        let reader = left.ok_or(WebError::BadLink)?;
        goodbye(&web, &asked, &reader, token.clone(), false)
    };
    or_page(&web, &asked, pressed.await)
}

/// RFC 8058, 3.2 allows both kinds of forms.
fn is_one_click(body: &Bytes) -> bool {
    let text = String::from_utf8_lossy(body);
    field(body, "List-Unsubscribe").as_deref() == Some("One-Click")
        || (text.contains("name=\"List-Unsubscribe\"") && text.contains("One-Click"))
}

fn view(web: &Web, asked: &Asked, reader: &Reader) -> PublicationView {
    let own = reader.subscription.language.as_deref();
    let language = asked.of_reader(web, own, &reader.publication);
    PublicationView::new(&reader.publication, &web.deps.limits.public_url).told_in(language)
}

/// A digest that comes less often than what the reader gets.
async fn rarer(
    web: &Web,
    asked: &Asked,
    reader: &Reader,
) -> Result<Option<DigestOption>, WebError> {
    let mut tx = web.deps.store.read().await?;
    let all = digests::list(&mut tx, reader.publication.id).await?;
    let found = rarer::rarer(&reader.subscription.digests, &all, web.deps.now());
    let language = view(web, asked, reader).language;
    Ok(found.map(|digest| DigestOption {
        slug: digest.slug.to_string(),
        name: digest.name.clone(),
        when: dates::when(digest.cron.as_deref(), &language),
        checked: false,
    }))
}

fn goodbye(
    web: &Web,
    asked: &Asked,
    reader: &Reader,
    token: String,
    thanked: bool,
) -> Result<Response, WebError> {
    let shown = GoodbyePage {
        publication: view(web, asked, reader),
        token,
        can_undo: reader.subscriber.erased_at.is_none(),
        thanked,
    };
    page(web, StatusCode::OK, &shown)
}

fn returned(web: &Web, asked: &Asked, reader: &Reader) -> Result<Response, WebError> {
    let preferences_url = links::preferences(&web.deps, reader.subscription.id, None);
    page(
        web,
        StatusCode::OK,
        &ReturnedPage {
            publication: view(web, asked, reader),
            preferences_url,
        },
    )
}
