//! One reader: their places, and all that happened.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use chrono_tz::Tz;
use serde::Deserialize;

use super::error::AdminError;
use super::fields::Fields;
use super::readers::url;
use super::signed_in::{Changes, Manages, Reads, Right, SignedIn};
use super::words;
use crate::domain::publication::Topic;
use crate::domain::slug::Slug;
use crate::domain::subscriber::{ReaderState, Subscriber};
use crate::domain::subscription::SubscriptionState;
use crate::render::admin::frame::{Choice, Paging};
use crate::render::admin::nav::Section;
use crate::render::admin::readers::{EventRow, PlaceView, ReaderPage, SuppressedView, Ticks};
use crate::render::admin::when::When;
use crate::services::Deps;
use crate::services::trace_reader::{self, Event, Place, Trace};
use crate::store::{publications, subscribers};
use crate::web::Web;

/// Events on a page.
const PAGE: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// How many of the latest events to pass over.
    past: usize,
}

/// What was typed and not taken, and why.
#[derive(Default)]
pub(super) struct Refused {
    pub(super) erase: Option<String>,
    /// The publication whose choices were refused, what was chosen, and why.
    pub(super) choices: Option<(Slug, Fields, String)>,
}

/// Finds the reader that a path names.
pub(super) async fn find<R: Right>(me: &SignedIn<R>, id: &str) -> Result<Subscriber, AdminError> {
    let id = id.parse().map_err(|_| AdminError::NotFound)?;
    let mut tx = me.deps.store.read().await?;
    let found = subscribers::find(&mut tx, id).await?;
    let found = match found {
        // Links from before lead to who took the places over.
        Some(Subscriber {
            merged_into: Some(now),
            ..
        }) => subscribers::find(&mut tx, now).await?,
        found => found,
    };
    let found = found.filter(|reader| reader.erased_at.is_none());
    found.ok_or(AdminError::NotFound)
}

/// `GET /admin/readers/{id}`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let reader = find(&me, &id).await?;
    let page = page(&me, reader, asked.past, Refused::default()).await?;
    me.page(&web, &page)
}

pub(super) async fn page<R: Right>(
    me: &SignedIn<R>,
    reader: Subscriber,
    past: usize,
    refused: Refused,
) -> Result<ReaderPage, AdminError> {
    let framing = me.frame(Section::Readers, reader.email.as_str()).await?;
    let zone = framing.zone;
    let mut tx = me.deps.store.read().await?;
    let trace = trace_reader::trace(&me.deps, &mut tx, reader).await?;
    let mut places = Vec::new();
    for place in &trace.places {
        let topics = publications::topics(&mut tx, place.publication.id).await?;
        let mut view = view(&me.deps, place, &topics, zone);
        view.state = words::of_reader(ReaderState::of(
            place.subscription.state,
            trace.suppression.is_some(),
        ));
        if let Some((slug, typed, why)) = &refused.choices
            && *slug == place.publication.slug
        {
            keep_typed(&mut view, typed, why);
        }
        places.push(view);
    }
    drop(tx);
    let (events, paging) = events(&trace, past, zone);
    Ok(ReaderPage {
        id: trace.subscriber.id.to_string(),
        email: trace.subscriber.email.to_string(),
        name: trace.subscriber.name.clone(),
        suppressed: trace.suppression.as_ref().map(|s| SuppressedView {
            reason: s.reason.to_string(),
            source: s.source.clone(),
            since: When::at(s.created_at, zone),
        }),
        places,
        events,
        paging,
        may_change: me.may::<Changes>(),
        may_erase: me.may::<Manages>(),
        erase_error: refused.erase,
        frame: framing.frame,
    })
}

/// The latest events first, a page of them.
fn events(trace: &Trace, past: usize, zone: Tz) -> (Vec<EventRow>, Paging) {
    let all = trace.events();
    let of = |past: usize| format!("{}?past={past}#timeline", url(trace.subscriber.id));
    let paging = Paging {
        first_url: (past > 0).then(|| of(0)),
        next_url: (all.len() > past.saturating_add(PAGE)).then(|| of(past + PAGE)),
    };
    let row = |event: Event| EventRow {
        at: When::at(event.at, zone),
        state: words::of_event(&event),
        publication: event.publication,
        agreed: event.agreed,
    };
    let page = all.into_iter().rev().skip(past).take(PAGE);
    (page.map(row).collect(), paging)
}

fn view(deps: &Deps, place: &Place, topics: &[Topic], zone: Tz) -> PlaceView {
    let s = &place.subscription;
    let names = |chosen: Vec<&str>, none: &str| match chosen.as_slice() {
        [] => none.to_owned(),
        chosen => chosen.join(", "),
    };
    let of_topics = topics.iter().filter(|t| s.topics.0.contains(&t.slug));
    let of_topics = names(of_topics.map(|t| t.name.as_str()).collect(), "all");
    let of_digests = names(place.taken().map(|d| d.name.as_str()).collect(), "none");
    let languages = deps.renderer.languages().into_iter();
    let language = languages.map(|l| Choice {
        chosen: s.language.as_deref() == Some(l.tag.as_str()),
        value: l.tag,
        name: l.name,
    });
    let mut languages: Vec<Choice> = language.collect();
    if !languages.iter().any(|choice| choice.chosen) {
        // What stays where nothing is chosen: no language, or one of which there are no texts.
        languages.insert(0, kept_language(s.language.as_deref()));
    }
    PlaceView {
        slug: place.publication.slug.to_string(),
        publication: place.publication.name.clone(),
        state: words::of_reader(ReaderState::of(s.state, false)),
        topics: place.has_chosen().then_some(of_topics),
        digests: place.has_chosen().then_some(of_digests),
        language: s.language.clone(),
        zone: s
            .timezone
            .map_or_else(String::new, |zone| zone.name().to_owned()),
        paused_until: When::maybe(s.pause(deps.now()), zone),
        since: When::at(s.created_at, zone),
        confirmed: When::maybe(s.confirmed_at, zone),
        left: When::maybe(s.unsubscribed_at, zone),
        is_pending: s.state == SubscriptionState::Pending,
        is_confirmed: s.state == SubscriptionState::Confirmed,
        ticks: ticks(place, topics),
        languages,
        error: None,
    }
}

fn kept_language(language: Option<&str>) -> Choice {
    Choice {
        value: String::new(),
        name: language.unwrap_or("the publication's").to_owned(),
        chosen: true,
    }
}

fn ticks(place: &Place, topics: &[Topic]) -> Vec<Ticks> {
    let s = &place.subscription;
    let choice = |slug: &Slug, name: &str, chosen: bool| Choice {
        value: slug.to_string(),
        name: name.to_owned(),
        chosen,
    };
    let of_topics = topics.iter();
    let of_topics = of_topics.map(|t| choice(&t.slug, &t.name, s.topics.0.contains(&t.slug)));
    let of_digests = place.digests.iter();
    let of_digests = of_digests.map(|d| choice(&d.slug, &d.name, s.digests.0.contains(&d.slug)));
    let mut ticks = vec![
        Ticks {
            name: "topics",
            label: "Topics",
            help: "None ticked: all of them.",
            choices: of_topics.collect(),
        },
        Ticks {
            name: "digests",
            label: "Digests",
            help: "None ticked: the first.",
            choices: of_digests.collect(),
        },
    ];
    ticks.retain(|tick| !tick.choices.is_empty());
    ticks
}

/// Puts what was typed back into a form that was refused.
fn keep_typed(view: &mut PlaceView, typed: &Fields, why: &str) {
    for tick in &mut view.ticks {
        for choice in &mut tick.choices {
            choice.chosen = typed.all(tick.name).any(|ticked| ticked == choice.value);
        }
    }
    for choice in &mut view.languages {
        choice.chosen = choice.value == typed.text("language");
    }
    typed.text("timezone").clone_into(&mut view.zone);
    view.error = Some(why.to_owned());
}
