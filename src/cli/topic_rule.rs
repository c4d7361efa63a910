//! `paperround topic rule`

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use super::context;
use super::output::{Output, Row};
use crate::domain::ids::TopicRuleId;
use crate::domain::slug::Slug;
use crate::domain::topic_rule::RuleField;
use crate::services::output::topic_rules::TopicRuleOutput;
use crate::services::{Deps, manage_topic_rule};
use crate::store::topic_rules;

#[derive(Debug, Subcommand)]
pub(super) enum TopicRule {
    /// Put articles under a topic where a text occurs in them
    Add {
        /// The publication
        publication: String,
        /// The topic
        slug: Slug,
        #[command(flatten)]
        text: Text,
    },
    /// List the rules of a publication
    List {
        /// The publication
        publication: String,
    },
    /// Remove a rule; articles keep their topics
    Remove {
        /// Its id, as `list` shows it
        id: TopicRuleId,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Text {
    /// Words in the title, compared from their beginning
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Words in a category of the feed, compared from their beginning
    #[arg(long, value_name = "TEXT")]
    category: Option<String>,
    /// A part of the page's address
    #[arg(long, value_name = "TEXT")]
    url: Option<String>,
}

impl Text {
    fn look(self) -> Option<(RuleField, String)> {
        let title = self.title.map(|text| (RuleField::Title, text));
        let category = self.category.map(|text| (RuleField::Category, text));
        let url = self.url.map(|text| (RuleField::Url, text));
        title.or(category).or(url)
    }
}

impl TopicRule {
    pub(super) async fn run(self, deps: &Deps, out: &Output) -> Result<()> {
        match self {
            Self::Add {
                publication,
                slug,
                text,
            } => {
                let id = context::publication(deps, &publication).await?.id;
                // Clap sees to it that one is given.
                if let Some((field, text)) = text.look() {
                    let rule = manage_topic_rule::add(deps, id, slug, field, &text).await?;
                    let said = format!(
                        "Articles whose {} has {:?} belong to {} from now on ({}).",
                        rule.field, rule.contains, rule.topic, rule.id
                    );
                    out.result(&json!(TopicRuleOutput::from(&rule)), &said)?;
                }
            }
            Self::List { publication } => {
                let id = context::publication(deps, &publication).await?.id;
                let mut tx = deps.store.read().await?;
                let rules = topic_rules::list(&mut tx, id).await?;
                let rows: Vec<Row> = rules
                    .iter()
                    .map(|rule| Row {
                        json: json!(TopicRuleOutput::from(rule)),
                        cells: vec![
                            rule.id.to_string(),
                            rule.topic.to_string(),
                            rule.field.to_string(),
                            rule.contains.clone(),
                        ],
                    })
                    .collect();
                let empty = "there is no rule yet; `paperround topic rule add` makes one";
                out.list(&["id", "topic", "field", "contains"], &rows, empty)?;
            }
            Self::Remove { id } => {
                manage_topic_rule::remove(deps, id).await?;
                out.result(
                    &json!({ "id": id, "removed": true }),
                    &format!("{id} is removed."),
                )?;
            }
        }
        Ok(())
    }
}
