//! What several pages show.

use chrono_tz::Tz;

use crate::domain::digest::{Digest, DigestChoice};
use crate::domain::publication::{Publication, Topic, TopicChoice};
use crate::domain::schedule;
use crate::domain::subscription::Subscription;
use crate::render::contexts::PublicationView;
use crate::render::dates;
use crate::render::pages::{DigestOption, LanguageOption, TopicOption};
use crate::render::zones::ZoneChoice;
use crate::services::preferences::ZoneWish;
use crate::store::{StoreError, Tx, digests, publications};

use super::Web;
use super::error::WebError;

/// A publication with what its forms offer.
pub(super) struct Offer {
    pub publication: Publication,
    pub topics: Vec<Topic>,
    pub digests: Vec<Digest>,
}

/// Finds a publication that takes readers.
pub(super) async fn offer(web: &Web, slug: &str) -> Result<Offer, WebError> {
    let mut tx = web.deps.store.read().await?;
    let found = offer_in(&mut tx, slug).await?;
    found.ok_or(WebError::NotFound)
}

/// The same in a transaction; `None` where there is none.
pub(super) async fn offer_in(tx: &mut Tx, slug: &str) -> Result<Option<Offer>, StoreError> {
    let found = publications::find_by_slug(tx, slug).await?;
    match found.filter(|publication| publication.archived_at.is_none()) {
        Some(publication) => offer_of(tx, publication).await.map(Some),
        None => Ok(None),
    }
}

/// What a publication's forms offer.
pub(super) async fn offer_of(tx: &mut Tx, publication: Publication) -> Result<Offer, StoreError> {
    let topics = publications::topics(tx, publication.id).await?;
    let digests = digests::list(tx, publication.id).await?;
    Ok(Offer {
        publication,
        topics,
        digests,
    })
}

impl Offer {
    pub(super) fn view(&self, web: &Web, language: &str) -> PublicationView {
        PublicationView::new(&self.publication, &web.deps.limits.public_url).told_in(language)
    }

    /// The languages to choose from.
    pub(super) fn languages(&self, web: &Web) -> Vec<LanguageOption> {
        let mut languages = web.deps.renderer.languages();
        languages.retain(|language| self.publication.offers(&language.tag));
        languages
    }

    /// The first digest that goes out at the reader's local time.
    fn local_digest(&self) -> Option<&Digest> {
        self.digests.iter().find(|digest| digest.rules.local_time)
    }

    /// Whether the reader's time zone is of any use; otherwise it is neither asked for nor kept.
    pub(super) fn asks_zone(&self) -> bool {
        self.local_digest().is_some()
    }

    /// The zone that a form tells. A script has filled it in, if at all, so that one that nobody
    /// knows is no mistake of the reader's.
    pub(super) fn zone(&self, told: Option<&str>) -> Option<Tz> {
        let known = schedule::timezone(told?).ok();
        known.filter(|_| self.asks_zone())
    }

    /// What a reader's form says of the zone; one without the field leaves it as it is.
    pub(super) fn zone_wish(&self, told: Option<&str>) -> ZoneWish {
        match told {
            Some("") if self.asks_zone() => ZoneWish::Forget,
            _ => self.zone(told).map_or(ZoneWish::Keep, ZoneWish::Take),
        }
    }

    /// The zones to choose from, where they are of any use.
    pub(super) fn zones(
        &self,
        web: &Web,
        subscription: &Subscription,
        language: &str,
    ) -> Option<ZoneChoice> {
        let local = self.local_digest()?;
        let texts = web.deps.renderer.texts();
        let (chosen, usual) = (subscription.timezone, local.timezone);
        Some(ZoneChoice::new(texts, language, chosen, usual))
    }

    /// The topics to tick.
    pub(super) fn topic_options(&self, ticked: &[String]) -> Vec<TopicOption> {
        let option = |topic: &Topic| TopicOption {
            slug: topic.slug.to_string(),
            name: topic.name.clone(),
            checked: ticked.iter().any(|slug| slug == topic.slug.as_str()),
        };
        self.topics.iter().map(option).collect()
    }

    /// The digests to tick.
    pub(super) fn digest_options(
        &self,
        ticked: &DigestChoice,
        language: &str,
    ) -> Vec<DigestOption> {
        let option = |(index, digest): (usize, &Digest)| DigestOption {
            slug: digest.slug.to_string(),
            name: digest.name.clone(),
            when: dates::when(digest.cron.as_deref(), language),
            checked: ticked.takes(&digest.slug, index == 0),
        };
        self.digests.iter().enumerate().map(option).collect()
    }

    /// Names of the chosen topics; none where all are wanted.
    pub(super) fn topic_names(&self, choice: &TopicChoice) -> Vec<String> {
        self.topics
            .iter()
            .filter(|t| choice.0.contains(&t.slug))
            .map(|t| t.name.clone())
            .collect()
    }

    /// The chosen digests.
    pub(super) fn chosen_digests(&self, choice: &DigestChoice) -> Vec<&Digest> {
        choice.among(&self.digests).collect()
    }

    /// Reads the topics of a form; all of them ticked means all, also those yet to come. The
    /// error is the key of a text.
    pub(super) fn choice(&self, ticked: &[String]) -> Result<TopicChoice, &'static str> {
        let mut choice = TopicChoice::default();
        for text in ticked.iter().filter(|text| !text.is_empty()) {
            match self.topics.iter().find(|t| t.slug.as_str() == text) {
                Some(topic) => choice.0.insert(topic.slug.clone()),
                None => return Err("form-error-topic"),
            };
        }
        if choice.0.len() == self.topics.len() {
            choice.0.clear();
        }
        Ok(choice)
    }

    /// Reads the frequencies of a form: slugs of digests, or nothing for the first. The error is
    /// the key of a text.
    pub(super) fn frequencies(&self, ticked: &[String]) -> Result<DigestChoice, &'static str> {
        let mut choice = DigestChoice::default();
        for text in ticked.iter().filter(|text| !text.is_empty()) {
            match self.digests.iter().find(|d| d.slug.as_str() == text) {
                Some(digest) => choice.0.insert(digest.slug.clone()),
                None => return Err("form-error-frequency"),
            };
        }
        if choice.0.is_empty() {
            choice
                .0
                .extend(self.digests.first().map(|d| d.slug.clone()));
        }
        Ok(choice)
    }
}
