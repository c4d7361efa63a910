//! Makes the mail of one edition: the same for a delivery, a preview and a test.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;

use super::{Deps, coming_issue, links, manage_template, words};
use crate::domain::article::Article;
use crate::domain::clock::Time;
use crate::domain::digest::{Digest, Words};
use crate::domain::ids::{IssueId, PublicationId};
use crate::domain::issue::{EditionKey, Issue};
use crate::domain::language::primary;
use crate::domain::look::Direction;
use crate::domain::publication::{Publication, Topic, TopicChoice};
use crate::domain::selection::{self, Arranged, Nothing, Room, Wish};
use crate::domain::slug::Slug;
use crate::feeds::sanitize::plain_text;
use crate::render::arrange::MakeUp;
use crate::render::contexts::{Card, DigestHead, DigestMail, Notice, PublicationView, Rendered};
use crate::render::subject::{SubjectView, subject};
use crate::render::{RenderError, dates};
use crate::store::deliveries::Choice;
use crate::store::{StoreError, Tx, articles, drafts};

/// How far back the languages of articles show what a publication writes in.
const LANGUAGES: TimeDelta = TimeDelta::days(60);

/// All that the editions of an issue are made from.
#[derive(Debug)]
pub(super) struct Material {
    /// `None` for one that would go out now.
    pub(super) issue: Option<IssueId>,
    pub(super) publication: Publication,
    pub(super) digest: Digest,
    pub(super) topics: Vec<Topic>,
    /// In their order.
    pub(super) articles: Vec<Article>,
    /// The languages that the publication writes in.
    pub(super) written: BTreeSet<String>,
    pub(super) number: i64,
    /// The day that the issue is of.
    pub(super) dated: Time,
    pub(super) words: Words,
}

/// The languages that a publication wrote in lately.
pub(super) async fn written(
    tx: &mut Tx,
    publication: PublicationId,
    now: Time,
) -> Result<BTreeSet<String>, StoreError> {
    let tags = articles::languages(tx, publication, now - LANGUAGES).await?;
    Ok(tags.iter().map(|tag| primary(tag)).collect())
}

/// The articles that were frozen into an issue. Until all its editions are made, those are left out
/// that an editor has hidden meanwhile or that have expired.
pub(super) async fn frozen(
    tx: &mut Tx,
    issue: &Issue,
    now: Time,
) -> Result<Vec<Article>, StoreError> {
    let wanted = drafts::of_issue(tx, issue.id).await?;
    let mut found = articles::of_issue(tx, issue.id).await?;
    if !issue.is_filled {
        found.retain(|a| a.hidden_at.is_none() && a.expires_at.is_none_or(|at| at > now));
    }
    let edit = |article: Article| match wanted.get(&article.id) {
        Some(decision) => coming_issue::edited(article, decision),
        None => article,
    };
    Ok(found.into_iter().map(edit).collect())
}

impl Material {
    /// The edition that readers get who made a choice.
    pub(super) fn key(&self, choice: &Choice) -> EditionKey {
        let told = primary(&choice.language);
        let is_own = told == primary(&self.publication.language);
        let differs = (!is_own && self.publication.offers(&told)) || self.limits(&told);
        EditionKey {
            topics: TopicChoice::from_key(&choice.topic_key),
            language: Some(told).filter(|told| !told.is_empty() && differs),
        }
    }

    fn limits(&self, language: &str) -> bool {
        let rule = self.digest.rules.languages;
        rule.limits(language, &self.written)
    }

    /// The articles of an edition in their places.
    pub(super) fn arrange(&self, key: &EditionKey) -> Result<Arranged<'_>, Nothing> {
        let language = key.language.as_deref().filter(|told| self.limits(told));
        let wish = Wish {
            topics: &key.topics,
            language,
        };
        selection::arrange(&self.articles, wish, Room::from(&self.digest))
    }

    /// The language that an edition speaks.
    fn language(&self, key: &EditionKey) -> String {
        let own = &self.publication.language;
        let offered = |told: &&str| *told != primary(own) && self.publication.offers(told);
        let told = key.language.as_deref().filter(offered);
        told.unwrap_or(own).to_owned()
    }

    /// What the template is told.
    pub(super) fn mail(
        &self,
        deps: &Deps,
        key: &EditionKey,
        arranged: &Arranged<'_>,
    ) -> Result<DigestMail, RenderError> {
        let language = self.language(key);
        let card = |article: &&Article, topic: Option<&Slug>| {
            let zone = self.digest.timezone;
            Card {
                url: self.link(deps, article),
                ..Card::new(article, self.topic_name(topic), zone, &language)
            }
        };
        let by_choice = |article: &&Article| card(article, selection::topic(article, &key.topics));
        let sections = arranged.sections.iter().map(|section| {
            let cards = section.articles.iter().map(|a| card(a, section.topic));
            (self.topic_name(section.topic), cards.collect())
        });
        let head = self.head(deps, key, &language);
        let own_subject = self.subject(&head, arranged)?;
        Ok(DigestMail::new(
            head,
            MakeUp {
                subject: own_subject,
                lead: arranged.lead.as_ref().map(by_choice),
                sections: sections.collect(),
                also: arranged.also.iter().map(by_choice).collect(),
            },
        ))
    }

    fn link(&self, deps: &Deps, article: &Article) -> String {
        let campaign = links::campaign(&self.digest.slug, self.number);
        let rules = &self.publication.links;
        links::article(deps, rules, self.issue, article, &campaign)
    }

    fn topic_name(&self, topic: Option<&Slug>) -> Option<String> {
        let found = self.topics.iter().find(|t| Some(&t.slug) == topic);
        found.map(|topic| topic.name.clone())
    }

    fn head(&self, deps: &Deps, key: &EditionKey, language: &str) -> DigestHead {
        let (publication, digest) = (&self.publication, &self.digest);
        let chosen = self
            .topics
            .iter()
            .filter(|t| key.topics.0.contains(&t.slug));
        DigestHead {
            publication: PublicationView::new(publication, &deps.limits.public_url),
            digest_name: digest.name.clone(),
            number: self.number,
            date: dates::long(self.dated, digest.timezone, language),
            when: digest
                .cron
                .as_deref()
                .map(|cron| dates::when(Some(cron), language)),
            language: language.to_owned(),
            direction: Direction::of(language),
            design: digest.design_in(&publication.look),
            intro_html: words::for_html(&self.words.intro),
            intro_text: words::for_text(&self.words.intro),
            outro_html: words::for_html(&self.words.outro),
            outro_text: words::for_text(&self.words.outro),
            notice: self.notice(deps, language),
            topics: chosen.map(|t| t.name.clone()).collect(),
            view_url: links::edition(deps, publication, digest.slug.as_str(), self.number, key),
        }
    }

    /// The block of a sponsor or of the publication, where there is one.
    fn notice(&self, deps: &Deps, language: &str) -> Option<Notice> {
        let html = words::for_html(&self.words.notice)?;
        let own = plain_text(&self.words.notice_label);
        Some(Notice {
            label: match own.as_str() {
                "" => deps.renderer.texts().say(language, "digest-notice", &[]),
                _ => own,
            },
            html,
            text: words::for_text(&self.words.notice).unwrap_or_default(),
        })
    }

    fn subject(
        &self,
        head: &DigestHead,
        arranged: &Arranged<'_>,
    ) -> Result<Option<String>, RenderError> {
        let of_issue = self.words.subject.as_ref();
        let Some(template) = of_issue.or(self.digest.rules.subject.as_ref()) else {
            return Ok(None);
        };
        let view = SubjectView {
            publication: self.publication.name.clone(),
            digest: head.digest_name.clone(),
            headline: arranged
                .lead
                .map(|article| article.content.title.clone())
                .unwrap_or_default(),
            number: head.number,
            date: head.date.clone(),
            articles: arranged.count(),
        };
        subject(template, &view).map(Some)
    }

    /// An edition with the number of its articles; rendering and inlining take milliseconds of
    /// computing.
    fn render(
        &self,
        deps: &Deps,
        key: &EditionKey,
        arranged: &Arranged<'_>,
    ) -> Result<(usize, Rendered), RenderError> {
        let mail = self.mail(deps, key, arranged)?;
        Ok((arranged.count(), deps.renderer.digest(&mail)?))
    }
}

/// One edition that was asked for: how many articles it has, and its mail.
pub(super) type RenderedEdition = (EditionKey, usize, Rendered);

/// Renders editions on all cores, never on the threads that serve requests. A key that has no
/// article is left out.
pub(super) async fn render_all(
    deps: &Deps,
    material: &Arc<Material>,
    keys: Vec<EditionKey>,
) -> Result<Vec<RenderedEdition>, RenderError> {
    let renderer = manage_template::renderer(deps, material.publication.id)
        .await
        .map_err(|error| RenderError::Template {
            name: "digest".to_owned(),
            reason: format!("the publication's parts could not be read: {error}"),
        })?;
    let deps = &Deps {
        renderer,
        ..deps.clone()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let part = keys.len().div_ceil(cores).max(1);
    let mut tasks = Vec::new();
    for keys in keys.chunks(part).map(<[EditionKey]>::to_vec) {
        let (deps, material) = (deps.clone(), Arc::clone(material));
        tasks.push(tokio::task::spawn_blocking(move || {
            let mut rendered = Vec::with_capacity(keys.len());
            for key in keys {
                if let Ok(arranged) = material.arrange(&key) {
                    let (count, mail) = material.render(&deps, &key, &arranged)?;
                    rendered.push((key, count, mail));
                }
            }
            Ok(rendered)
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        let done = task.await.map_err(|panic| RenderError::Template {
            name: "digest".to_owned(),
            reason: panic.to_string(),
        })?;
        all.extend(done?);
    }
    Ok(all)
}
