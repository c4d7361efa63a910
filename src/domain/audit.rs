//! Who changed what: the entries of the audit log.

use serde_json::Value;
use uuid::Uuid;

use super::api_token::ApiToken;
use super::clock::Time;
use super::ids::{ApiTokenId, OperatorId, PublicationId};
use super::operator::Operator;

named_states! {
    /// What kind of hand made a change; the service's own where nobody asked.
    ActorKind {
        Operator => "operator",
        Token => "token",
        CommandLine => "command line",
        Service => "service",
    }
}

/// Whose hand makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    Operator { id: OperatorId, email: String },
    Token { id: ApiTokenId, name: String },
    CommandLine,
    Service,
}

impl Actor {
    pub fn kind(&self) -> ActorKind {
        match self {
            Self::Operator { .. } => ActorKind::Operator,
            Self::Token { .. } => ActorKind::Token,
            Self::CommandLine => ActorKind::CommandLine,
            Self::Service => ActorKind::Service,
        }
    }

    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Operator { id, .. } => Some(id.0),
            Self::Token { id, .. } => Some(id.0),
            Self::CommandLine | Self::Service => None,
        }
    }

    /// The hand that wrote something down before.
    pub fn known(kind: ActorKind, id: Option<Uuid>, name: String) -> Self {
        match (kind, id) {
            (ActorKind::Operator, Some(id)) => Self::Operator {
                id: OperatorId(id),
                email: name,
            },
            (ActorKind::Token, Some(id)) => Self::Token {
                id: ApiTokenId(id),
                name,
            },
            (ActorKind::CommandLine, _) => Self::CommandLine,
            _ => Self::Service,
        }
    }

    /// As it is called now: an operator's address, a token's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Operator { email, .. } => email,
            Self::Token { name, .. } => name,
            Self::CommandLine | Self::Service => self.kind().as_str(),
        }
    }
}

impl From<&Operator> for Actor {
    fn from(operator: &Operator) -> Self {
        Self::Operator {
            id: operator.id,
            email: operator.email.to_string(),
        }
    }
}

impl From<&ApiToken> for Actor {
    fn from(token: &ApiToken) -> Self {
        Self::Token {
            id: token.id,
            name: token.name.clone(),
        }
    }
}

named_states! {
    /// What was changed.
    Kind {
        Operator => "operator",
        Session => "session",
        Token => "token",
        Publication => "publication",
        Topic => "topic",
        TopicRule => "topic rule",
        Template => "template",
        Feed => "feed",
        Article => "article",
        Digest => "digest",
        Issue => "issue",
        Subscriber => "subscriber",
        Import => "import",
        Suppression => "suppression",
        SignUpRule => "sign-up rule",
        Webhook => "webhook",
        Alert => "alert",
        Settings => "settings",
    }
}

/// One change, before it is written down. Readers are named by the keyed hash of their address: the
/// log is kept for good, and an erased reader must not stand in it.
#[derive(Debug, Clone)]
pub struct Change {
    /// What was done, as in "disable".
    pub verb: &'static str,
    pub kind: Kind,
    /// Its id, slug, or hash.
    pub object: String,
    pub publication: Option<PublicationId>,
    /// `None` where there was nothing before.
    pub before: Option<Value>,
    /// `None` where there is nothing any more.
    pub after: Option<Value>,
}

impl Change {
    /// A change of which the values follow.
    pub fn of(verb: &'static str, kind: Kind, object: impl ToString) -> Self {
        Self {
            verb,
            kind,
            object: object.to_string(),
            publication: None,
            before: None,
            after: None,
        }
    }

    #[must_use]
    pub fn within(mut self, publication: PublicationId) -> Self {
        self.publication = Some(publication);
        self
    }

    #[must_use]
    pub fn from(mut self, before: Value) -> Self {
        self.before = Some(before);
        self
    }

    #[must_use]
    pub fn to(mut self, after: Value) -> Self {
        self.after = Some(after);
        self
    }
}

/// A change as it is read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: i64,
    pub at: Time,
    pub actor: ActorKind,
    pub actor_name: String,
    pub verb: String,
    pub kind: Kind,
    pub object: String,
    pub publication: Option<PublicationId>,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// One value that a change has changed, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path of the value, as in `look.accent`; empty for the whole.
    pub field: String,
    pub before: String,
    pub after: String,
}

impl Entry {
    /// The values that differ, field by field.
    pub fn differences(&self) -> Vec<Difference> {
        let mut found = Vec::new();
        let none = Value::Null;
        let (before, after) = (self.before.as_ref(), self.after.as_ref());
        compare(
            "",
            before.unwrap_or(&none),
            after.unwrap_or(&none),
            &mut found,
        );
        found
    }
}

fn compare(field: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    let empty = serde_json::Map::new();
    let fields = |value: &Value| match value {
        Value::Object(fields) => Some(fields.clone()),
        Value::Null => Some(empty.clone()),
        _ => None,
    };
    let are_fields = before.is_object() || after.is_object();
    match (fields(before), fields(after)) {
        (Some(old), Some(new)) if are_fields => {
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let path = if field.is_empty() {
                    name.clone()
                } else {
                    format!("{field}.{name}")
                };
                let none = &Value::Null;
                let (old, new) = (old.get(name), new.get(name));
                compare(&path, old.unwrap_or(none), new.unwrap_or(none), found);
            }
        }
        _ if before != after => found.push(Difference {
            field: field.to_owned(),
            before: text(before),
            after: text(after),
        }),
        _ => {}
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_name_the_fields_that_changed() {
        let entry = Entry {
            id: 1,
            at: Time::default(),
            actor: ActorKind::CommandLine,
            actor_name: "command line".to_owned(),
            verb: "update".to_owned(),
            kind: Kind::Publication,
            object: "ledger".to_owned(),
            publication: None,
            before: Some(json!({"name": "A", "look": {"accent": "#000000"}, "relays": []})),
            after: Some(json!({"name": "B", "look": {"accent": "#000001"}, "relays": []})),
        };
        let told: Vec<String> = entry
            .differences()
            .into_iter()
            .map(|d| format!("{}: {} > {}", d.field, d.before, d.after))
            .collect();
        assert_eq!(told, ["look.accent: #000000 > #000001", "name: A > B"]);
        let made = Entry {
            before: None,
            after: Some(json!({"role": "viewer"})),
            ..entry
        };
        assert_eq!(made.differences()[0].after, "viewer");
    }
}
