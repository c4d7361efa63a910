//! Rules that put articles under topics, as programs read them.

use serde::Serialize;
use utoipa::ToSchema;

use super::words::RuleFieldWord;
use crate::domain::ids::TopicRuleId;
use crate::domain::topic_rule::TopicRule;

/// An article whose field contains the text belongs to the topic.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TopicRule)]
pub struct TopicRuleOutput {
    #[schema(value_type = String, format = "uuid")]
    id: TopicRuleId,
    /// The slug of the topic.
    topic: String,
    field: RuleFieldWord,
    /// In small letters; of titles and categories the words alone.
    contains: String,
}

impl From<&TopicRule> for TopicRuleOutput {
    fn from(rule: &TopicRule) -> Self {
        Self {
            id: rule.id,
            topic: rule.topic.to_string(),
            field: rule.field.into(),
            contains: rule.contains.clone(),
        }
    }
}
