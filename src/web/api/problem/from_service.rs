//! The same for what owners see to, and for parts of mails.

use super::from::sentence;
use super::{FieldError, Problem};
use crate::services::alerts::AlertError;
use crate::services::manage_operator::OperatorError;
use crate::services::manage_template::TemplateError;
use crate::services::manage_topic_rule::RuleError;
use crate::services::manage_webhook::WebhookError;

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        use WebhookError as E;
        match error {
            E::Store(error) => Self::Store(error),
            E::Unknown(id) => Self::NotFound(format!("There is no webhook \"{id}\".")),
            E::UnknownCall(_) => Self::field("call", "there is no such call"),
            E::Changed => Self::Changed,
            E::Url(error) => Self::field("url", error),
            E::Open => Self::Conflict(sentence(&error)),
            E::Disabled(_) => Self::Conflict("The webhook is disabled.".to_owned()),
        }
    }
}

impl From<OperatorError> for Problem {
    fn from(error: OperatorError) -> Self {
        use OperatorError as E;
        match error {
            E::Store(error) => Self::Store(error),
            E::Exists(email) => Self::Conflict(format!("There is an operator {email} already.")),
            E::Unknown(id) => Self::NotFound(format!("There is no operator {id:?}.")),
            E::LastOwner(_) => Self::Conflict(sentence(&error)),
            E::Changed => Self::Changed,
            E::Hash(error) => Self::Broken(error.to_string()),
        }
    }
}

impl From<RuleError> for Problem {
    fn from(error: RuleError) -> Self {
        use RuleError as E;
        match error {
            E::Store(error) => Self::Store(error),
            E::Topic { given, .. } => Self::no_topic("topic", given.as_str()),
            E::Nothing(_) | E::Text(_) => Self::field("contains", error),
            E::Exists(_) => Self::Conflict(sentence(&error)),
            E::Unknown(id) => Self::NotFound(format!("There is no rule \"{id}\".")),
        }
    }
}

impl From<AlertError> for Problem {
    fn from(error: AlertError) -> Self {
        match error {
            AlertError::Store(error) => Self::Store(error),
            AlertError::Unknown(id) => Self::NotFound(format!("There is no alert \"{id}\".")),
            AlertError::Over => Self::Conflict(sentence(&error)),
        }
    }
}

impl From<TemplateError> for Problem {
    fn from(error: TemplateError) -> Self {
        use TemplateError as E;
        match error {
            E::Store(error) => Self::Store(error),
            E::Publication(slug) => Self::NotFound(format!("There is no publication {slug:?}.")),
            E::Part { .. } => Self::NotFound(sentence(&error)),
            E::Version { part, version } => {
                Self::NotFound(format!("There is no version {version} of {part}."))
            }
            E::Refused(refused) => {
                let told = |mistake: &_| FieldError {
                    pointer: "/source".to_owned(),
                    detail: ToString::to_string(mistake),
                };
                Self::Invalid(refused.0.iter().map(told).collect())
            }
            E::Usual(_) | E::Raced(_) => Self::Conflict(sentence(&error)),
            E::Broken(error) => Self::Broken(error),
        }
    }
}
