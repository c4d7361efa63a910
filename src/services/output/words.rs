//! The words and times of what programs are told, described for OpenAPI.

use std::borrow::Cow;

use chrono::DateTime;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::alert::{AlertKind, AlertState};
use crate::domain::api_token::{Role, TokenState};
use crate::domain::article::Visibility;
use crate::domain::audit::{ActorKind, Kind};
use crate::domain::calendar::OnHoliday;
use crate::domain::clock::Time;
use crate::domain::delivery::DeliveryState;
use crate::domain::digest::Window;
use crate::domain::feed::FeedState;
use crate::domain::hub::HubState;
use crate::domain::import::ImportState;
use crate::domain::issue::IssueState;
use crate::domain::language::Languages;
use crate::domain::look::{Design, Font};
use crate::domain::operator::OperatorState;
use crate::domain::publication::Welcome;
use crate::domain::relay::RelayState;
use crate::domain::signup_rule::Effect;
use crate::domain::subscriber::ReaderState;
use crate::domain::subscription::SubscriptionState;
use crate::domain::suppression::SuppressionReason;
use crate::domain::topic_rule::RuleField;
use crate::domain::webhook::{CallState, EventKind, WebhookState};

/// Closed sets of words, each with its name in the document.
macro_rules! words {
    ($($name:ident($inner:ty) = $schema:literal, $description:literal;)+) => {$(
        #[doc = $description]
        #[derive(Debug, Clone, Copy, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl From<$inner> for $name {
            fn from(word: $inner) -> Self {
                Self(word)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words = <$inner>::WORDS.iter().copied();
                let object = ObjectBuilder::new().schema_type(Type::String);
                object.description(Some($description)).enum_values(Some(words)).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                $schema.into()
            }
        }
    )+};
}

words! {
    RoleWord(Role) = "Role", "What the holder of a token may do: viewer reads, editor also changes, owner may do everything.";
    TokenStateWord(TokenState) = "TokenState", "Whether a token opens anything.";
    WelcomeWord(Welcome) = "Welcome", "What a reader gets at once on confirming.";
    DesignWord(Design) = "Design", "The make-up of a digest.";
    FontWord(Font) = "Font", "The typeface of headlines.";
    FeedStateWord(FeedState) = "FeedState", "Whether a feed is asked; gone: its server says that it is no more.";
    HubStateWord(HubState) = "HubState", "How it stands with a feed's hub.";
    VisibilityWord(Visibility) = "Visibility", "Whether readers see an article: shown, withheld, or why it is withheld.";
    WindowWord(Window) = "Window", "Which articles count as new.";
    LanguagesWord(Languages) = "Languages", "Which articles readers get who told a language.";
    OnHolidayWord(OnHoliday) = "OnHoliday", "What becomes of an issue whose day is a holiday.";
    IssueStateWord(IssueState) = "IssueState", "Where an issue stands.";
    DeliveryStateWord(DeliveryState) = "DeliveryState", "What became of a mail to one reader.";
    ReaderStateWord(ReaderState) = "ReaderState", "Whether a reader gets the publication; suppressed: their address gets no mail at all.";
    SubscriptionStateWord(SubscriptionState) = "SubscriptionState", "Whether a reader gets the publication.";
    ImportStateWord(ImportState) = "ImportState", "Where an import stands; checked: a dry run has ended.";
    ReasonWord(SuppressionReason) = "SuppressionReason", "Why an address gets no mail.";
    EffectWord(Effect) = "Effect", "What a rule does with a sign-up: block answers as always and sends nothing, refuse says so, allow goes before both.";
    EventWord(EventKind) = "EventKind", "What has happened; ping is sent when asked for, whatever was chosen.";
    CallStateWord(CallState) = "CallState", "Where a call stands.";
    WebhookStateWord(WebhookState) = "WebhookState", "Whether a webhook is called; failing: it is, and has not answered well since.";
    AlertKindWord(AlertKind) = "AlertKind", "What is wrong.";
    AlertStateWord(AlertState) = "AlertState", "Whether it is still so, and somebody knows.";
    OperatorStateWord(OperatorState) = "OperatorState", "Whether an operator can sign in; invited: has not chosen a password yet.";
    RuleFieldWord(RuleField) = "RuleField", "Where a rule looks.";
    RelayStateWord(RelayState) = "RelayState", "How a relay is doing, as the process that answers has found out.";
    AuditKindWord(Kind) = "AuditKind", "What was changed.";
    ActorKindWord(ActorKind) = "ActorKind", "What kind of hand made a change; the service's own where nobody asked.";
}

/// A time (RFC 3339).
#[derive(Debug, Clone, Copy)]
pub struct At(pub Time);

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        time(&text).map(Self).map_err(D::Error::custom)
    }
}

impl PartialSchema for At {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().schema_type(Type::String);
        let object = object.description(Some("A time (RFC 3339)."));
        let object = object.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        object.examples([json!("2026-12-01T07:00:00Z")]).into()
    }
}

impl ToSchema for At {
    fn name() -> Cow<'static, str> {
        "Time".into()
    }
}

impl Serialize for At {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl From<Time> for At {
    fn from(time: Time) -> Self {
        Self(time)
    }
}

/// RFC 3339 with four digits of year, as both databases keep it.
fn time(text: &str) -> Result<Time, String> {
    let read = DateTime::parse_from_rfc3339(text);
    let read = read.map_err(|_| format!("{text:?} is not a time such as 2026-12-01T07:00:00Z"))?;
    Ok(Time::from_timestamp_micros(read.timestamp_micros()).unwrap_or_default())
}
