//! One reader's mail: the edition, composed once, with the reader's places filled.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use super::item::Item;
use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{DeliveryId, EditionId, IssueId};
use crate::domain::issue::{Edition, Issue};
use crate::domain::publication::Publication;
use crate::mail::dkim::{DkimError, Signer};
use crate::mail::{
    ComposeError, ListHeaders, Piece, Reader, Shared, Skeleton, Spliced, list_unsubscribe,
};
use crate::render::dates;
use crate::render::picture::with_picture;
use crate::render::slots::{self, Part, Slot, SlotValues};
use crate::services::send_notice::site_of;
use crate::services::{Deps, links};
use crate::store::{StoreError, editions, opens};

/// Editions that are kept composed, of some tens of kilobytes each.
const MOST_KEPT: usize = 256;

/// The Message-ID of a delivery, without angle brackets: made from ids alone, so that it is the
/// same on every attempt.
pub fn message_id(issue: IssueId, delivery: DeliveryId, publication: &Publication) -> String {
    format!(
        "{}.{delivery}@{}",
        issue.0.simple(),
        publication.from.email.domain()
    )
}

/// Why a letter could not be written.
#[derive(Debug, Error)]
pub(super) enum LetterError {
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Sign(#[from] DkimError),
}

/// An edition as its readers get it.
#[derive(Debug)]
pub(super) struct Composed {
    pub(super) skeleton: Arc<Skeleton>,
    /// In which its dates are said.
    language: String,
}

/// What the mails of an issue share.
#[derive(Debug)]
pub(super) struct Letters {
    pub(super) issue: Issue,
    pub(super) publication: Publication,
    digest_slug: String,
    signer: Option<Arc<Signer>>,
    editions: Mutex<HashMap<EditionId, Arc<Composed>>>,
    /// The issue was paused or cancelled: its claims were taken back with that.
    is_halted: AtomicBool,
}

impl Letters {
    pub(super) fn new(
        deps: &Deps,
        issue: Issue,
        publication: Publication,
        digest: &Digest,
    ) -> Self {
        Self {
            signer: deps.dkim.signer(publication.from.email.domain()),
            issue,
            publication,
            digest_slug: digest.slug.to_string(),
            editions: Mutex::default(),
            is_halted: AtomicBool::new(false),
        }
    }

    /// Sends no more of it.
    pub(super) fn halt(&self) {
        self.is_halted.store(true, Ordering::Relaxed);
    }

    /// Whether its mails that are not begun may be forgotten.
    pub(super) fn is_halted(&self) -> bool {
        self.is_halted.load(Ordering::Relaxed)
    }

    /// Whether its mails are signed here.
    pub(super) fn is_signed(&self) -> bool {
        self.signer.is_some()
    }

    /// Whether a relay may be used for this publication.
    pub(super) fn allows(&self, relay: &str) -> bool {
        let named = &self.publication.relays;
        named.is_empty() || named.iter().any(|name| name == relay)
    }

    /// An edition, read and composed once for all its readers.
    pub(super) async fn edition(
        &self,
        deps: &Deps,
        id: EditionId,
    ) -> Result<Result<Arc<Composed>, ComposeError>, StoreError> {
        if let Some(known) = self.editions().get(&id) {
            return Ok(Ok(Arc::clone(known)));
        }
        let mut tx = deps.store.read().await?;
        let found = editions::find(&mut tx, id).await?;
        let has_picture = opens::find(&mut tx, self.issue.id).await?.is_some();
        drop(tx);
        let Some(mut edition) = found else {
            let (table, column) = ("deliveries", "edition_id");
            return Err(StoreError::Corrupt {
                table,
                column,
                id: id.to_string(),
            });
        };
        if has_picture {
            // In what readers get, and not in the edition: its pages and previews are without it.
            edition.html = with_picture(&edition.html, &links::picture(deps, self.issue.id));
        }
        let composed = self.compose(&edition).map(Arc::new);
        if let Ok(made) = &composed {
            let mut editions = self.editions();
            if editions.len() >= MOST_KEPT {
                editions.clear();
            }
            editions.insert(id, Arc::clone(made));
        }
        Ok(composed)
    }

    fn editions(&self) -> MutexGuard<'_, HashMap<EditionId, Arc<Composed>>> {
        self.editions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compose(&self, edition: &Edition) -> Result<Composed, ComposeError> {
        let publication = &self.publication;
        let list = ListHeaders {
            publication_name: publication.name.clone(),
            publication_slug: publication.slug.to_string(),
            list_domain: publication.from.email.domain().to_owned(),
            feedback_id: self.feedback_id(),
        };
        let skeleton = Skeleton::compose(&Shared {
            from: publication.from.clone(),
            reply_to: publication.reply_to.clone(),
            subject: edition.subject.clone(),
            text: pieces(&edition.text),
            html: pieces(&slots::for_readers(&edition.html)),
            headers: list.headers()?,
            seed: edition.id.to_string(),
        })?;
        Ok(Composed {
            skeleton: Arc::new(skeleton),
            language: language_of(&edition.html, publication).to_owned(),
        })
    }

    /// Writes the message for one reader, as it goes over the line; a signed one in one piece.
    pub(super) fn write(
        &self,
        deps: &Deps,
        item: &Item,
        out: &mut Spliced,
    ) -> Result<(), LetterError> {
        let claimed = &item.claimed;
        let unsubscribe_url = links::unsubscribe(deps, claimed.subscription, Some(claimed.id));
        let by_mail = links::unsubscribe_by_mail(deps, claimed.subscription, Some(claimed.id));
        let ways_out = std::iter::once(unsubscribe_url.as_str()).chain(by_mail.as_deref());
        let way_out = list_unsubscribe(ways_out)?;
        let values = SlotValues {
            unsubscribe_url,
            preferences_url: links::preferences(deps, claimed.subscription, Some(claimed.id)),
            email: claimed.email.to_string(),
            signed_up: signed_up(
                &self.publication,
                &item.edition.language,
                claimed.confirmed_at,
                claimed.source.as_deref(),
            ),
        };
        let (text, html) = (values.for_text(), values.for_html());
        let reader = Reader {
            to: &claimed.email,
            to_name: claimed.name.as_deref(),
            message_id: &message_id(self.issue.id, claimed.id, &self.publication),
            date: item.at,
            headers: &[way_out],
            text: &text.each_ref().map(AsRef::as_ref),
            html: &html.each_ref().map(AsRef::as_ref),
        };
        let skeleton = &item.edition.skeleton;
        let Some(signer) = &self.signer else {
            return Ok(skeleton.splice(&reader, out)?);
        };
        let out = out.whole();
        skeleton.write(&reader, out)?;
        // Dated like the mail, so that a copy is the same to the byte.
        let signatures = signer.sign(out, item.at)?;
        put_before(&signatures, out);
        Ok(())
    }

    /// Issue, publication, kind of mail and sender, by which Gmail sums up complaints.
    fn feedback_id(&self) -> String {
        let number = self.issue.number.unwrap_or_default();
        format!(
            "{}-{number}:{}:digest:paperround",
            self.digest_slug, self.publication.slug
        )
    }
}

/// Puts bytes before those that are there, with one move of these.
fn put_before(first: &[u8], out: &mut Vec<u8>) {
    let end = out.len();
    out.resize(end + first.len(), 0);
    out.copy_within(..end, first.len());
    out[..first.len()].copy_from_slice(first);
}

/// The language that an edition says it is in.
pub fn language_of<'a>(html: &'a str, publication: &'a Publication) -> &'a str {
    html.split_once("<html lang=\"")
        .and_then(|(_, rest)| rest.split('"').next())
        .unwrap_or(&publication.language)
}

/// When and where a reader signed up, in the language of the edition.
pub fn signed_up(
    publication: &Publication,
    language: &str,
    confirmed_at: Option<Time>,
    source: Option<&str>,
) -> String {
    let site = source.map(site_of);
    let day = confirmed_at.map(|at| dates::plain(at, publication.timezone, language));
    match (day, site) {
        (Some(day), Some(site)) => format!(" ({day}, {site})"),
        (Some(known), None) | (None, Some(known)) => format!(" ({known})"),
        (None, None) => String::new(),
    }
}

/// A mail of an edition that is not in the ledger.
#[derive(Debug)]
pub struct Sample<'a> {
    pub issue: Issue,
    pub publication: &'a Publication,
    pub digest: &'a Digest,
    pub edition: &'a Edition,
    pub to: &'a EmailAddress,
    pub date: Time,
    pub values: &'a SlotValues,
}

/// The message as the engine would write it, but for its signatures.
pub fn sample(deps: &Deps, sample: Sample<'_>) -> Result<Vec<u8>, ComposeError> {
    let message_id = message_id(sample.issue.id, DeliveryId(0), sample.publication);
    let publication = sample.publication.clone();
    let letters = Letters::new(deps, sample.issue, publication, sample.digest);
    let by_mail = links::unsubscribe_by_mail_of_nobody(deps);
    let unsubscribe_url = sample.values.unsubscribe_url.as_str();
    let ways_out = std::iter::once(unsubscribe_url).chain(by_mail.as_deref());
    let way_out = list_unsubscribe(ways_out)?;
    let (text, html) = (sample.values.for_text(), sample.values.for_html());
    let mut message = Vec::new();
    letters.compose(sample.edition)?.skeleton.write(
        &Reader {
            to: sample.to,
            to_name: None,
            message_id: &message_id,
            date: sample.date,
            headers: &[way_out],
            text: &text.each_ref().map(AsRef::as_ref),
            html: &html.each_ref().map(AsRef::as_ref),
        },
        &mut message,
    )?;
    Ok(message)
}

/// A part of an edition as the composer takes it; the places are numbered as in [`Slot::ALL`].
fn pieces(edition: &str) -> Vec<Piece> {
    slots::split(edition)
        .into_iter()
        .map(|part| match part {
            Part::Shared(text) => Piece::Shared(text.to_owned()),
            Part::Place(slot) => Piece::Place(place(slot)),
        })
        .collect()
}

fn place(slot: Slot) -> usize {
    Slot::ALL
        .iter()
        .position(|other| *other == slot)
        .unwrap_or(0)
}
