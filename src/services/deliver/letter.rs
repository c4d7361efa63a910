//! One reader's mail: the edition with the reader's places filled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::ids::{DeliveryId, EditionId, IssueId};
use crate::domain::issue::{Edition, Issue};
use crate::domain::publication::Publication;
use crate::mail::{ComposeError, Draft, ListHeaders, compose};
use crate::render::dates;
use crate::render::slots::{SlotValues, fill_html, fill_text};
use crate::services::send_notice::site_of;
use crate::services::{Deps, links};
use crate::store::deliveries::Claimed;
use crate::store::{StoreError, issues};

/// The Message-ID of a delivery, without angle brackets: made from ids alone, so that it is the
/// same on every attempt.
pub fn message_id(issue: IssueId, delivery: DeliveryId, publication: &Publication) -> String {
    format!(
        "{}.{delivery}@{}",
        issue.0.simple(),
        publication.from.email.domain()
    )
}

/// What the mails of an issue share.
pub(super) struct Letters {
    pub(super) issue: Issue,
    pub(super) publication: Publication,
    digest_slug: String,
    editions: Mutex<HashMap<EditionId, Arc<Edition>>>,
}

impl Letters {
    pub(super) fn new(issue: Issue, publication: Publication, digest: &Digest) -> Self {
        Self {
            issue,
            publication,
            digest_slug: digest.slug.to_string(),
            editions: Mutex::default(),
        }
    }

    /// An edition, read once for all its readers.
    pub(super) async fn edition(
        &self,
        deps: &Deps,
        id: EditionId,
    ) -> Result<Option<Arc<Edition>>, StoreError> {
        if let Some(known) = self.editions().get(&id) {
            return Ok(Some(Arc::clone(known)));
        }
        let mut tx = deps.store.read().await?;
        let found = issues::edition_by_id(&mut tx, id).await?.map(Arc::new);
        if let Some(edition) = &found {
            self.editions().insert(id, Arc::clone(edition));
        }
        Ok(found)
    }

    fn editions(&self) -> std::sync::MutexGuard<'_, HashMap<EditionId, Arc<Edition>>> {
        self.editions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The message for one reader, as it goes over the line.
    pub(super) fn write(
        &self,
        deps: &Deps,
        claimed: &Claimed,
        edition: &Edition,
        first_attempt_at: Time,
    ) -> Result<Vec<u8>, ComposeError> {
        let publication = &self.publication;
        let unsubscribe_url = links::unsubscribe(deps, claimed.subscription, Some(claimed.id));
        let values = SlotValues {
            unsubscribe_url: unsubscribe_url.clone(),
            preferences_url: links::preferences(deps, claimed.subscription, Some(claimed.id)),
            email: claimed.email.to_string(),
            signed_up: self.signed_up(claimed),
        };
        let headers = ListHeaders {
            publication_name: publication.name.clone(),
            publication_slug: publication.slug.to_string(),
            list_domain: publication.from.email.domain().to_owned(),
            unsubscribe_url,
            unsubscribe_mailto: None,
            feedback_id: self.feedback_id(),
        };
        compose(&Draft {
            from: publication.from.clone(),
            reply_to: publication.reply_to.clone(),
            to: claimed.email.clone(),
            to_name: claimed.name.clone(),
            subject: edition.subject.clone(),
            text: fill_text(&edition.text, &values),
            html: fill_html(&edition.html, &values),
            message_id: message_id(self.issue.id, claimed.id, publication),
            date: first_attempt_at,
            headers: headers.headers()?,
        })
    }

    /// Issue, publication, kind of mail and sender, by which Gmail sums up complaints.
    fn feedback_id(&self) -> String {
        let number = self.issue.number.unwrap_or_default();
        format!(
            "{}-{number}:{}:digest:paperround",
            self.digest_slug, self.publication.slug
        )
    }

    fn signed_up(&self, claimed: &Claimed) -> String {
        let site = claimed.source.as_deref().map(site_of);
        let day = claimed
            .confirmed_at
            .map(|at| dates::plain(at, self.publication.timezone, &self.publication.language));
        match (day, site) {
            (Some(day), Some(site)) => format!("on {day} at {site}"),
            (Some(day), None) => format!("on {day}"),
            (None, Some(site)) => format!("at {site}"),
            (None, None) => "before".to_owned(),
        }
    }
}
