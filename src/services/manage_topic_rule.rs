//! Operators write rules that put articles under topics.

use serde_json::json;
use thiserror::Error;

use super::Deps;
use super::audit::note;
use super::ingest_article::known_topics;
use crate::domain::audit::{Change, Kind};
use crate::domain::ids::{PublicationId, TopicRuleId};
use crate::domain::slug::Slug;
use crate::domain::text::{self, LineError};
use crate::domain::topic_rule::{RuleField, TopicRule, normalised};
use crate::store::{StoreError, feeds, publications, topic_rules};

/// Why a rule was refused.
#[derive(Debug, Error)]
pub enum RuleError {
    #[error("there is no topic {given:?}; {known}")]
    Topic { given: Slug, known: String },
    #[error("{0:?} has no letter or digit to look for")]
    Nothing(String),
    #[error("the topic {0} has this rule already")]
    Exists(Slug),
    #[error("there is no rule {0}; `paperround topic rule list` shows them")]
    Unknown(TopicRuleId),
    #[error(transparent)]
    Text(#[from] LineError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds a rule. It holds for what comes from now on; and since the feeds are read once more as a whole, for
/// what stands in them and has no topic yet.
pub async fn add(
    deps: &Deps,
    publication: PublicationId,
    topic: Slug,
    field: RuleField,
    contains: &str,
) -> Result<TopicRule, RuleError> {
    let given = text::line("the text", contains, 200)?;
    let contains = normalised(field, &given);
    if contains.is_empty() {
        return Err(RuleError::Nothing(given));
    }
    let rule = TopicRule {
        id: deps.new_id(TopicRuleId::new),
        topic,
        field,
        contains,
    };
    let mut tx = deps.store.begin().await?;
    let topics = publications::topics(&mut tx, publication).await?;
    let Some(id) = topics.iter().find(|t| t.slug == rule.topic).map(|t| t.id) else {
        return Err(RuleError::Topic {
            given: rule.topic,
            known: known_topics(&topics),
        });
    };
    let look = (rule.field, rule.contains.as_str());
    match topic_rules::insert(&mut tx, rule.id, publication, id, look, deps.now()).await {
        Err(StoreError::Conflict) => return Err(RuleError::Exists(rule.topic)),
        other => other?,
    }
    feeds::read_again(&mut tx, publication, deps.now()).await?;
    let entry = Change::of("add", Kind::TopicRule, rule.id).within(publication);
    let after = json!({ "topic": rule.topic, "field": rule.field, "contains": rule.contains });
    note(deps, &mut tx, entry.to(after)).await?;
    tx.commit().await?;
    Ok(rule)
}

/// Removes a rule; articles keep the topics that they have.
pub async fn remove(deps: &Deps, id: TopicRuleId) -> Result<(), RuleError> {
    let mut tx = deps.store.begin().await?;
    if !topic_rules::remove(&mut tx, id).await? {
        return Err(RuleError::Unknown(id));
    }
    note(deps, &mut tx, Change::of("remove", Kind::TopicRule, id)).await?;
    Ok(tx.commit().await?)
}
