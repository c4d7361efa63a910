//! The topics of a publication, and the rules that put articles under them.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::response::Response;

use super::error::{AdminError, sentence};
use super::fields::Fields;
use super::first_steps::next_steps;
use super::forms::{Errors, choice, filled, short_name, take, take_slug, text, words};
use super::frame::{done, undone};
use super::posted::Posted;
use super::signed_in::{Changes, Reads, Right, SignedIn};
use crate::domain::publication::{Publication, Topic};
use crate::domain::slug::Slug;
use crate::domain::topic_rule::RuleField;
use crate::render::admin::form::{Input, Kind};
use crate::render::admin::frame::Choice;
use crate::render::admin::nav::Section;
use crate::render::admin::places::{TopicRemovalPage, TopicRow, TopicRuleRow, TopicsPage};
use crate::services::adopt_categories::{self, AdoptError};
use crate::services::manage_publication::{self, PublicationError};
use crate::services::manage_topic_rule::{self, RuleError};
use crate::services::remove_topic::{self, RemoveTopicError};
use crate::store::{digests, feeds, publications, topic_rules};
use crate::web::Web;

/// The most categories that are offered at a time.
const MOST_UNSORTED: usize = 40;

/// What was wrong, and where.
#[derive(Default)]
struct Wrong {
    fields: Errors,
    topic: Option<String>,
    unsorted: Option<String>,
    rule: Option<String>,
}

/// `GET /admin/p/{publication}/topics`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path(slug): Path<String>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let page = page(&me, &publication, &Fields::default(), Wrong::default()).await?;
    me.page(&web, &page)
}

async fn page<R: Right>(
    me: &SignedIn<R>,
    publication: &Publication,
    values: &Fields,
    wrong: Wrong,
) -> Result<TopicsPage, AdminError> {
    let framing = me
        .frame_of(Section::Topics, "Topics", Some(publication))
        .await?;
    let mut tx = me.deps.store.read().await?;
    let topics = publications::topics(&mut tx, publication.id).await?;
    let rules = topic_rules::list(&mut tx, publication.id).await?;
    let has_digest = !digests::list(&mut tx, publication.id).await?.is_empty();
    let connected = feeds::list(&mut tx, Some(publication.id)).await?;
    drop(tx);
    let unsorted = adopt_categories::unsorted(&connected);
    let has_topics = !topics.is_empty();
    let names: HashMap<Slug, String> = topics
        .iter()
        .map(|topic| (topic.slug.clone(), topic.name.clone()))
        .collect();
    let topic_choices: Vec<Choice> = topics
        .iter()
        .map(|topic| Choice {
            value: topic.slug.to_string(),
            name: topic.name.clone(),
            chosen: false,
        })
        .collect();
    let inputs = vec![
        text("name", "Name"),
        short_name(
            "Left empty, it is made of the name: Oil & Gas is oil-gas. It cannot be changed.",
        ),
    ];
    let contains = Input {
        choices: unsorted
            .iter()
            .map(|category| choice(&category.name, &category.name))
            .collect(),
        ..Input::new(Kind::Suggested, "words", "Contains")
    };
    let rule_inputs = vec![
        Input::select("topic", "Topic", topic_choices),
        words("field", "Where", RuleField::WORDS),
        contains.help(
            "A word, or the beginning of one. What the feeds name as categories is suggested.",
        ),
    ];
    Ok(TopicsPage {
        slug: publication.slug.to_string(),
        may_change: me.may::<Changes>(),
        topics: topics
            .into_iter()
            .map(|topic| TopicRow {
                slug: topic.slug.to_string(),
                name: topic.name,
            })
            .collect(),
        inputs: filled(inputs, values, &wrong.fields),
        error: wrong.topic,
        unsorted: unsorted
            .into_iter()
            .take(MOST_UNSORTED)
            .map(|category| (category.name, category.items))
            .collect(),
        unsorted_error: wrong.unsorted,
        next: next_steps(&publication.slug, true, has_digest).filter(|_| has_topics),
        rules: rules
            .into_iter()
            .map(|rule| TopicRuleRow {
                id: rule.id.to_string(),
                topic: names
                    .get(&rule.topic)
                    .cloned()
                    .unwrap_or_else(|| rule.topic.to_string()),
                field: rule.field.to_string(),
                contains: rule.contains,
            })
            .collect(),
        rule_inputs: filled(rule_inputs, values, &wrong.fields),
        rule_error: wrong.rule,
        frame: framing.frame,
    })
}

fn path(publication: &Publication) -> String {
    format!("/admin/p/{}/topics", publication.slug)
}

/// `POST /admin/p/{publication}/topics`
pub(super) async fn add(
    State(web): State<Web>,
    Path(slug): Path<String>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let mut wrong = Wrong::default();
    if let Some(topic) = take_slug(&fields, &mut wrong.fields) {
        let name = fields.text("name");
        match manage_publication::add_topic(&me.deps, publication.id, topic, name).await {
            Ok(topic) => {
                let text = format!("{} is a topic now.", topic.name);
                return Ok(done(&web, &path(&publication), text));
            }
            Err(PublicationError::Store(error)) => return Err(error.into()),
            Err(error) => wrong.topic = Some(sentence(&error.to_string())),
        }
    }
    let page = page(&me, &publication, &fields, wrong).await?;
    me.refused(&web, &page)
}

/// `POST /admin/p/{publication}/topics-of-categories`
pub(super) async fn adopt(
    State(web): State<Web>,
    Path(slug): Path<String>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let chosen: Vec<&str> = fields.all("category").collect();
    let mut wrong = Wrong::default();
    if chosen.is_empty() {
        wrong.unsorted = Some("Tick the categories that are to be topics.".to_owned());
    } else {
        match adopt_categories::adopt(&me.deps, publication.id, &chosen).await {
            Ok(made) => return Ok(done(&web, &path(&publication), adopted(&made))),
            Err(AdoptError::Store(error) | AdoptError::Topic(PublicationError::Store(error))) => {
                return Err(error.into());
            }
            Err(error) => wrong.unsorted = Some(sentence(&error.to_string())),
        }
    }
    let page = page(&me, &publication, &fields, wrong).await?;
    me.refused(&web, &page)
}

fn adopted(made: &[Topic]) -> String {
    let names: Vec<&str> = made.iter().map(|topic| topic.name.as_str()).collect();
    let topics = match names.as_slice() {
        [] => "The feeds are sorted by them now".to_owned(),
        [one] => format!("{one} is a topic now, and the feeds are sorted by it"),
        many if many.len() > 4 => format!(
            "{} topics are made, and the feeds are sorted by them",
            many.len()
        ),
        [first @ .., last] => format!(
            "{} and {last} are topics now, and the feeds are sorted by them",
            first.join(", ")
        ),
    };
    format!("{topics}. What stands in them already follows in a moment.")
}

/// `POST /admin/p/{publication}/topics/{topic}/rename`
pub(super) async fn rename(
    State(web): State<Web>,
    Path((slug, topic)): Path<(String, String)>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let topic: Slug = topic.parse().map_err(|_| AdminError::NotFound)?;
    let name = fields.text("name");
    match manage_publication::rename_topic(&me.deps, publication.id, &topic, name).await {
        Ok(()) => Ok(done(
            &web,
            &path(&publication),
            format!("{topic} is called {} now.", name.trim()),
        )),
        Err(PublicationError::Store(error)) => Err(error.into()),
        Err(PublicationError::UnknownTopic(_)) => Err(AdminError::NotFound),
        Err(error) => Ok(undone(
            &web,
            &path(&publication),
            sentence(&error.to_string()),
        )),
    }
}

/// `GET /admin/p/{publication}/topics/{topic}/remove`: says whom it concerns before it is done.
pub(super) async fn ask_removal(
    State(web): State<Web>,
    me: SignedIn<Changes>,
    Path((slug, topic)): Path<(String, String)>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let topic: Slug = topic.parse().map_err(|_| AdminError::NotFound)?;
    let readers = remove_topic::sole_readers(&me.deps, publication.id, &topic).await?;
    let framing = me
        .frame_of(Section::Topics, "Remove a topic", Some(&publication))
        .await?;
    let page = TopicRemovalPage {
        frame: framing.frame,
        slug,
        topic: topic.to_string(),
        readers,
    };
    me.page(&web, &page)
}

/// `POST /admin/p/{publication}/topics/{topic}/remove`
pub(super) async fn remove(
    State(web): State<Web>,
    Path((slug, topic)): Path<(String, String)>,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let topic: Slug = topic.parse().map_err(|_| AdminError::NotFound)?;
    match remove_topic::remove(&me.deps, publication.id, &topic).await {
        Ok(()) => Ok(done(
            &web,
            &path(&publication),
            format!("{topic} is no topic any more."),
        )),
        Err(error @ RemoveTopicError::Digest { .. }) => Ok(undone(
            &web,
            &path(&publication),
            sentence(&error.to_string()),
        )),
        Err(error) => Err(error.into()),
    }
}

impl From<RemoveTopicError> for AdminError {
    fn from(error: RemoveTopicError) -> Self {
        match error {
            RemoveTopicError::Store(error) => error.into(),
            RemoveTopicError::Unknown(_) => Self::NotFound,
            RemoveTopicError::Digest { .. } => Self::Refused(error.to_string()),
        }
    }
}

/// `POST /admin/p/{publication}/topic-rules`
pub(super) async fn add_rule(
    State(web): State<Web>,
    Path(slug): Path<String>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let mut wrong = Wrong::default();
    let topic = take::<Slug>(&fields, "topic", &mut wrong.fields);
    let field = take::<RuleField>(&fields, "field", &mut wrong.fields);
    if let (Some(topic), Some(field)) = (topic, field) {
        let contains = fields.text("words");
        let added = manage_topic_rule::add(&me.deps, publication.id, topic, field, contains);
        match added.await {
            Ok(_) => return Ok(done(&web, &path(&publication), "The rule is added.")),
            Err(RuleError::Store(error)) => return Err(error.into()),
            Err(error) => wrong.rule = Some(sentence(&error.to_string())),
        }
    }
    let page = page(&me, &publication, &fields, wrong).await?;
    me.refused(&web, &page)
}

/// `POST /admin/p/{publication}/topic-rules/{id}/remove`
pub(super) async fn remove_rule(
    State(web): State<Web>,
    Path((slug, id)): Path<(String, String)>,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let id = id.parse().map_err(|_| AdminError::NotFound)?;
    let mut tx = me.deps.store.read().await?;
    let rules = topic_rules::list(&mut tx, publication.id).await?;
    drop(tx);
    if !rules.iter().any(|rule| rule.id == id) {
        return Err(AdminError::NotFound);
    }
    match manage_topic_rule::remove(&me.deps, id).await {
        Ok(()) => Ok(done(&web, &path(&publication), "The rule is removed.")),
        Err(RuleError::Store(error)) => Err(error.into()),
        Err(_) => Err(AdminError::NotFound),
    }
}
