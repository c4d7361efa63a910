//! What operators do about one reader.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono_tz::Tz;

use super::error::{AdminError, sentence};
use super::fields::Fields;
use super::frame::{done, undone};
use super::posted::Posted;
use super::reader::{Refused, find, page};
use super::readers::url;
use super::signed_in::{Changes, Manages, Right, SignedIn};
use crate::domain::email_address::EmailAddress;
use crate::domain::publication::Publication;
use crate::domain::slug::Slug;
use crate::domain::subscriber::Subscriber;
use crate::domain::subscription::Subscription;
use crate::domain::suppression::SuppressionReason;
use crate::services::manage_subscription::{self, Edits, SubscriptionError};
use crate::services::sign_up::{self, ResendError};
use crate::services::{erase, export_reader, suppress};
use crate::store::subscriptions;
use crate::web::Web;

impl From<SubscriptionError> for AdminError {
    fn from(error: SubscriptionError) -> Self {
        match error {
            SubscriptionError::Store(error) => error.into(),
            SubscriptionError::Unknown => Self::NotFound,
            other => Self::Refused(other.to_string()),
        }
    }
}

/// A reader's place in the publication that a path names.
struct Place {
    reader: Subscriber,
    publication: Publication,
    subscription: Subscription,
}

impl Place {
    fn url(&self) -> String {
        url(self.reader.id)
    }
}

async fn place<R: Right>(
    me: &SignedIn<R>,
    (id, slug): &(String, String),
) -> Result<Place, AdminError> {
    let reader = find(me, id).await?;
    let publication = me.publication(slug).await?;
    let mut tx = me.deps.store.read().await?;
    let mut places = Vec::new();
    for one in export_reader::everyone(&mut tx, reader.id).await? {
        places.extend(subscriptions::of_subscriber(&mut tx, one).await?);
    }
    let mut places = places.into_iter();
    let found = places.find(|place| place.publication == publication.id);
    Ok(Place {
        subscription: found.ok_or(AdminError::NotFound)?,
        reader,
        publication,
    })
}

/// `POST /admin/readers/{id}/in/{publication}`
pub(super) async fn change(
    State(web): State<Web>,
    Path(names): Path<(String, String)>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let place = place(&me, &names).await?;
    let refusal = match edits(&fields) {
        Err(why) => why,
        Ok(edits) => {
            let id = place.subscription.id;
            match manage_subscription::change(&me.deps, id, edits, |_| true).await {
                Ok(_) => return Ok(done(&web, &place.url(), "Saved.")),
                Err(SubscriptionError::Store(error)) => return Err(error.into()),
                // There is no form any more to say it in.
                Err(error @ SubscriptionError::State(_)) => {
                    let why = sentence(&error.to_string());
                    return Ok(undone(&web, &place.url(), why));
                }
                Err(error) => error.to_string(),
            }
        }
    };
    let refused = Refused {
        choices: Some((place.publication.slug, fields, sentence(&refusal))),
        ..Refused::default()
    };
    let page = page(&me, place.reader, 0, refused).await?;
    me.refused(&web, &page)
}

fn edits(fields: &Fields) -> Result<Edits, String> {
    let slugs = |name: &str| -> Result<_, String> {
        let slugs = fields.all(name).map(str::parse::<Slug>);
        slugs.collect::<Result<_, _>>().map_err(|e| e.to_string())
    };
    let zone: Option<Tz> = match fields.optional("timezone") {
        None => None,
        Some(name) => Some(name.parse().map_err(|_| {
            format!("there is no time zone {name:?}; one is named as in Europe/Berlin")
        })?),
    };
    Ok(Edits {
        topics: Some(slugs("topics")?),
        digests: Some(slugs("digests")?),
        language: fields.optional("language").map(str::to_owned),
        timezone: Some(zone),
        paused_until: fields.ticked("end_pause").then_some(None),
    })
}

/// `POST /admin/readers/{id}/in/{publication}/ask-again`
pub(super) async fn ask_again(
    State(web): State<Web>,
    Path(names): Path<(String, String)>,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let place = place(&me, &names).await?;
    match sign_up::resend(&me.deps, place.subscription.id).await {
        Ok(()) => {
            let text = "The mail that asks to confirm goes out once more.";
            Ok(done(&web, &place.url(), text))
        }
        Err(ResendError::Store(error)) => Err(error.into()),
        Err(ResendError::Unknown) => Err(AdminError::NotFound),
        Err(error) => Ok(undone(&web, &place.url(), sentence(&error.to_string()))),
    }
}

/// `POST /admin/readers/{id}/in/{publication}/unsubscribe`
pub(super) async fn unsubscribe(
    State(web): State<Web>,
    Path(names): Path<(String, String)>,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let place = place(&me, &names).await?;
    manage_subscription::leave(&me.deps, place.subscription.id).await?;
    let text = format!(
        "{} gets nothing more of {}.",
        place.reader.email, place.publication.name
    );
    Ok(done(&web, &place.url(), text))
}

/// `POST /admin/readers/{id}/suppress`
pub(super) async fn suppress(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let reader = find(&me, &id).await?;
    let source = fields.optional("source");
    let source = source.unwrap_or(me.operator.email.as_str());
    let reason = SuppressionReason::Manual;
    let added = suppress::add(&me.deps, &reader.email, reason, Some(source)).await?;
    let (path, email) = (url(reader.id), &reader.email);
    Ok(if added {
        done(&web, &path, format!("{email} gets no more mail."))
    } else {
        undone(&web, &path, format!("{email} was suppressed already."))
    })
}

/// `POST /admin/readers/{id}/lift`
pub(super) async fn lift(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let reader = find(&me, &id).await?;
    let removed = suppress::remove(&me.deps, &reader.email).await?;
    let (path, email) = (url(reader.id), &reader.email);
    Ok(if removed {
        done(&web, &path, format!("{email} may get mail again."))
    } else {
        undone(&web, &path, format!("{email} is not suppressed."))
    })
}

/// `POST /admin/readers/{id}/data`: all that is kept about the reader, as a file.
pub(super) async fn data(
    Path(id): Path<String>,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let reader = find(&me, &id).await?;
    let document = export_reader::by_operator(&me.deps, &reader.email).await?;
    let document = document.ok_or(AdminError::NotFound)?;
    let name = format!("attachment; filename=\"reader-{}.json\"", reader.id);
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, format!("{document:#}\n")).into_response())
}

/// `POST /admin/readers/{id}/erase`
pub(super) async fn erase(
    State(web): State<Web>,
    Path(id): Path<String>,
    Posted { me, fields }: Posted<Manages>,
) -> Result<Response, AdminError> {
    let reader = find(&me, &id).await?;
    let typed: Option<EmailAddress> = fields.read_as("typed").ok();
    if typed.is_none_or(|typed| typed.key() != reader.email.key()) {
        let refused = Refused {
            erase: Some(format!(
                "Nothing was erased: type {} to confirm.",
                reader.email
            )),
            ..Refused::default()
        };
        let page = page(&me, reader, 0, refused).await?;
        return me.refused(&web, &page);
    }
    erase::by_operator(&me.deps, &reader.email).await?;
    let text = "The reader is erased. A keyed hash stays, so that no import brings them back.";
    Ok(done(&web, "/admin/readers", text))
}
