//! The texts of the API's bodies: read into the domain's types, and described for OpenAPI.

use std::borrow::Cow;
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::calendar::Hours;
use crate::domain::digest::SectionRule;
use crate::domain::email_address::EmailAddress;
use crate::domain::feed::{Every, parse_interval, parse_span};
use crate::domain::links::UtmSource;
use crate::domain::look::Colour;
use crate::domain::publication::Mailbox;
use crate::domain::schedule;
use crate::domain::signup_rule::Subject;
use crate::domain::slug::Slug;

pub(super) use crate::services::output::words::*;

/// Texts with a form of their own. A pattern is only told where it says all that is checked.
macro_rules! texts {
    ($($name:ident($inner:ty) = $schema:literal, $description:literal, $read:expr, $shape:expr, $example:expr;)+) => {$(
        #[doc = $description]
        #[derive(Debug, Clone)]
        pub(super) struct $name(pub $inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                $read(&text).map(Self).map_err(D::Error::custom)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let object = ObjectBuilder::new().schema_type(Type::String);
                let shape: fn(ObjectBuilder) -> ObjectBuilder = $shape;
                let object = shape(object.description(Some($description)));
                object.examples([json!($example)]).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                $schema.into()
            }
        }
    )+};
}

const SLUG: &str = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$";

fn slug(object: ObjectBuilder) -> ObjectBuilder {
    object
        .pattern(Some(SLUG))
        .min_length(Some(1))
        .max_length(Some(40))
}

fn plain(object: ObjectBuilder) -> ObjectBuilder {
    object.min_length(Some(1)).max_length(Some(300))
}

fn every(text: &str) -> Result<Every, String> {
    if text == "auto" {
        return Ok(Every::Adaptive);
    }
    let fixed = parse_interval(text).map(Every::Fixed);
    fixed.map_err(|error| format!("{error}, or auto"))
}

/// A day with four digits of year.
fn day(text: &str) -> Result<NaiveDate, String> {
    let read = text.parse().ok().filter(|_| text.len() == 10);
    read.ok_or_else(|| format!("{text:?} is not a day such as 2026-12-25"))
}

texts! {
    SlugText(Slug) = "Slug", "A short name in addresses: lower-case letters, digits and inner hyphens.",
        str::parse::<Slug>, slug, "markets";
    PublicationSlug(Slug) = "PublicationSlug", "A slug that no page of the service itself has.",
        Slug::for_publication, slug, "business-news";
    AddressText(EmailAddress) = "Address", "An email address.",
        str::parse::<EmailAddress>, |o| o.format(Some(SchemaFormat::Custom("email".to_owned()))).max_length(Some(254)), "ann@example.org";
    MailboxText(Mailbox) = "Mailbox", "A sender: a name and an address.",
        str::parse::<Mailbox>, plain, "The Ledger <news@ledger.example>";
    ZoneText(Tz) = "Zone", "An IANA time zone.", schedule::timezone, plain, "Europe/Berlin";
    ColourText(Colour) = "Colour", "A colour that can be read on white.",
        Colour::readable, |o| o.pattern(Some("^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")), "#1b5578";
    UtmText(UtmSource) = "UtmSource", "A word for site statistics; empty for none.",
        str::parse::<UtmSource>, |o| o.pattern(Some("^[A-Za-z0-9._-]*$")).max_length(Some(60)), "ledger";
    SubjectText(Subject) = "Subject", "An address, a domain with all below it, or a network.",
        str::parse::<Subject>, plain, "192.0.2.0/24";
    HoursText(Hours) = "Hours", "Hours of some days of the week.",
        str::parse::<Hours>, plain, "mon-fri 06:00-20:00";
    SectionText(SectionRule) = "Section", "A topic, or a topic and the most of its articles.",
        str::parse::<SectionRule>, plain, "energy:3";
    SpanText(Duration) = "Span", "A span of time: a number with s, m, h or d; at most 366 days.",
        parse_span, |o| o.pattern(Some("^[0-9]+[smhd]$")).max_length(Some(20)), "90d";
    EveryText(Every) = "Every", "How often a feed is asked, at most once a minute; auto follows its own rhythm.",
        every, |o| o.pattern(Some("^(auto|[0-9]+[smhd])$")).max_length(Some(20)), "15m";
    DayText(NaiveDate) = "Day", "A day.",
        day, |o| o.format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))), "2026-12-25";
}

/// Reads a field that was given, so that `null` differs from nothing.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// What may be changed of a thing: each field may be left out, and stays as it is then. A field whose
/// type is an `Option` may be `null`, which takes the value away.
macro_rules! changes {
    ($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $kind:ty,)+ }) => {
        #[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$about])*
        pub(super) struct $name {
            $(
                $(#[$field_about])*
                #[serde(default, deserialize_with = "crate::web::api::schemas::given")]
                #[schema(value_type = $kind)]
                $field: Option<$kind>,
            )+
        }
    };
}
pub(super) use changes;
