//! The form that says of what a webhook is told.

use super::fields::Fields;
use super::forms::{Errors, filled};
use crate::domain::publication::Publication;
use crate::domain::webhook::{EventChoice, EventKind, Webhook};
use crate::render::admin::form::{Input, Kind};
use crate::render::admin::frame::Choice;
use crate::render::admin::webhooks::WebhookForm;

const URL_HELP: &str =
    "An https:// address. Each call is a POST of JSON, signed after Standard Webhooks.";
/// As the publication of a webhook that is told of all.
const ALL: &str = "";

/// The fields of a new webhook. Of one that exists the publication stays.
pub(super) fn blank(publications: &[Publication], values: &Fields, errors: &Errors) -> WebhookForm {
    let mut choices = vec![choice(ALL, "all, and what concerns none")];
    choices.extend(
        publications
            .iter()
            .map(|p| choice(p.slug.as_str(), &p.name)),
    );
    let publication = Input::select("publication", "Publication", choices);
    form(vec![publication, url()], values, errors)
}

/// The fields of one that exists.
pub(super) fn of(webhook: &Webhook) -> WebhookForm {
    let key = webhook.events.key();
    let mut pairs = vec![("url", webhook.url.as_str())];
    let events = key.split(',').filter(|word| !word.is_empty());
    pairs.extend(events.map(|word| ("events", word)));
    if webhook.with_addresses {
        pairs.push(("with_addresses", "yes"));
    }
    again(&Fields::of(&pairs), &Errors::new())
}

/// The same as it was typed.
pub(super) fn again(values: &Fields, errors: &Errors) -> WebhookForm {
    form(vec![url()], values, errors)
}

fn url() -> Input {
    Input::new(Kind::Url, "url", "Address").help(URL_HELP)
}

fn choice(value: &str, name: &str) -> Choice {
    Choice {
        value: value.to_owned(),
        name: name.to_owned(),
        chosen: false,
    }
}

fn form(inputs: Vec<Input>, values: &Fields, errors: &Errors) -> WebhookForm {
    let ticked: Vec<&str> = values.all("events").collect();
    let choosable = EventKind::WORDS.iter();
    let choosable = choosable.filter(|word| **word != EventKind::Ping.as_str());
    WebhookForm {
        inputs: filled(inputs, values, errors),
        events: choosable
            .map(|word| Choice {
                chosen: ticked.contains(word),
                ..choice(word, word)
            })
            .collect(),
        with_addresses: values.ticked("with_addresses"),
        error: None,
    }
}

/// The events that a form ticks; none means all.
pub(super) fn events(fields: &Fields) -> Result<EventChoice, String> {
    let kinds = fields.all("events").map(str::parse::<EventKind>);
    let kinds: Result<Vec<EventKind>, _> = kinds.collect();
    let kinds = kinds.map_err(|error| error.to_string())?;
    EventChoice::new(kinds).map_err(|error| error.to_string())
}
