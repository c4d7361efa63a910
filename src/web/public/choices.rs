//! The buttons on the page with a reader's choices, beside the one that saves them.

use std::net::IpAddr;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::Response;

use super::preferences::{Answer, BAD_DAY, form, spoken, zone};
use crate::domain::clock::Time;
use crate::domain::digest::DigestChoice;
use crate::domain::fresh_link::LinkPurpose;
use crate::domain::pause::{self, BadDay, PauseWish};
use crate::domain::publication::TopicChoice;
use crate::domain::subscription::SubscriptionState;
use crate::render::pages::{CheckInboxPage, LinkSentPage};
use crate::services::unsubscribe::Reader;
use crate::services::{mail_link, preferences, sign_up};
use crate::web::Web;
use crate::web::answer::page;
use crate::web::error::WebError;
use crate::web::form::field;
use crate::web::language::Asked;
use crate::web::views::{Offer, offer};

/// What a button does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    /// Mails a link for what this page may not do.
    Mail(LinkPurpose),
    /// Asks for another publication.
    Join,
    /// Takes one digest instead of all others.
    Only,
    Pause(Length),
    Resume,
}

/// How long a pause lasts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Length {
    Known(PauseWish),
    /// As the form says.
    ToDay,
}

impl Action {
    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "address" => Self::Mail(LinkPurpose::Address),
            "data" => Self::Mail(LinkPurpose::Data),
            "erase" => Self::Mail(LinkPurpose::Erasure),
            "join" => Self::Join,
            "only" => Self::Only,
            "pause-week" => Self::Pause(Length::Known(PauseWish::Week)),
            "pause-month" => Self::Pause(Length::Known(PauseWish::Month)),
            "pause-until" => Self::Pause(Length::ToDay),
            "resume" => Self::Resume,
            _ => return None,
        })
    }
}

/// The page on which a button was pressed.
pub(super) struct Page<'w> {
    pub web: &'w Web,
    pub asked: Asked,
    pub token: &'w str,
    pub address: IpAddr,
}

impl Page<'_> {
    pub(super) async fn act(
        &self,
        action: Action,
        reader: Reader,
        offer: Offer,
        body: &Bytes,
    ) -> Result<Response, WebError> {
        let until = match action {
            Action::Mail(purpose) => return self.mail(&reader, &offer, purpose).await,
            Action::Join => return self.join(&reader, body).await,
            Action::Only => return self.only(&offer, body).await,
            Action::Resume => None,
            Action::Pause(length) => match end(length, &reader, body, self.web.deps.now()) {
                Ok(until) => Some(until),
                Err(BadDay) => return self.show(&offer, &reader, Answer::Wrong(BAD_DAY)).await,
            },
        };
        let paused = preferences::pause(&self.web.deps, self.token, until).await?;
        let reader = paused.ok_or(WebError::BadLink)?;
        self.show(&offer, &reader, Answer::Shown).await
    }

    async fn show(
        &self,
        offer: &Offer,
        reader: &Reader,
        answer: Answer,
    ) -> Result<Response, WebError> {
        let language = spoken(self.web, &self.asked, reader);
        form(self.web, offer, reader, self.token, language, answer).await
    }

    /// Has a link mailed to the reader.
    async fn mail(
        &self,
        reader: &Reader,
        offer: &Offer,
        purpose: LinkPurpose,
    ) -> Result<Response, WebError> {
        let language = spoken(self.web, &self.asked, reader);
        let request = mail_link::Request {
            purpose,
            subscriber: Some(reader.subscriber.id),
            email: reader.subscriber.email.clone(),
            language: Some(language.to_owned()),
            address: self.address,
        };
        mail_link::ask(&self.web.deps, &reader.publication, &request).await?;
        let shown = LinkSentPage {
            publication: offer.view(self.web, language),
            email: reader.subscriber.email.masked(),
            is_short: true,
            back_url: Some(format!("/preferences/{}", self.token)),
        };
        page(self.web, StatusCode::ACCEPTED, &shown)
    }

    /// Asks for another publication as its own form would: the mail that asks to confirm goes to the
    /// reader, since the link to this page may have been passed on.
    async fn join(&self, reader: &Reader, body: &Bytes) -> Result<Response, WebError> {
        let slug = field(body, "publication").unwrap_or_default();
        let other = offer(self.web, &slug).await?;
        let language = spoken(self.web, &self.asked, reader);
        let request = sign_up::Request {
            email: reader.subscriber.email.clone(),
            name: None,
            topics: TopicChoice::default(),
            digests: DigestChoice::default(),
            language: Some(language.to_owned()),
            timezone: reader.subscription.timezone,
            source: Some(format!("{}/preferences", self.web.deps.limits.public_url)),
            address: self.address,
            is_trapped: false,
            proof: None,
        };
        sign_up::sign_up(&self.web.deps, &other.publication, &request).await?;
        let shown = CheckInboxPage {
            publication: other.view(self.web, language),
            email: reader.subscriber.email.masked(),
            from_email: other.publication.from.email.to_string(),
            archive_url: Some(format!("/{}/archive", other.publication.slug)),
            meant: None,
        };
        page(self.web, StatusCode::ACCEPTED, &shown)
    }

    /// Leaves the reader with the digest that comes less often.
    async fn only(&self, offer: &Offer, body: &Bytes) -> Result<Response, WebError> {
        let slug = field(body, "frequency").unwrap_or_default();
        let known = offer.digests.iter().find(|d| d.slug.as_str() == slug);
        let digest = known.ok_or(WebError::NotFound)?.slug.clone();
        let saved = preferences::only(&self.web.deps, self.token, digest).await?;
        let reader = saved.ok_or(WebError::BadLink)?;
        let answer = match reader.subscription.state {
            SubscriptionState::Confirmed => Answer::Saved,
            _ => Answer::Shown,
        };
        self.show(offer, &reader, answer).await
    }
}

/// When the pause ends.
fn end(length: Length, reader: &Reader, body: &Bytes, now: Time) -> Result<Time, BadDay> {
    let wish = match length {
        Length::Known(wish) => wish,
        Length::ToDay => {
            let day = field(body, "until").unwrap_or_default();
            PauseWish::Until(day.parse().map_err(|_| BadDay)?)
        }
    };
    pause::end(wish, zone(reader), now)
}
