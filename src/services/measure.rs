//! How things stand, as numbers for Prometheus: read from the rows when somebody asks.

use std::collections::BTreeMap;

use super::Deps;
use crate::domain::ids::PublicationId;
use crate::domain::relay::RelayState;
use crate::store::alerts::{self, checks};
use crate::store::{StoreError, feeds, health, holds, issues, nodes, publications, subscriptions};

/// A number with what it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    pub name: &'static str,
    pub labels: Vec<(&'static str, String)>,
    pub value: f64,
}

/// The names of all gauges, and what they mean.
pub const GAUGES: [(&str, &str); 10] = [
    ("paperround_build_info", "Always 1: version and database."),
    (
        "paperround_subscriptions",
        "Readers by publication and state.",
    ),
    (
        "paperround_issues",
        "Issues on their way, by publication and state.",
    ),
    (
        "paperround_due",
        "What is due now and has not begun: sign-ups, notices, webhook calls.",
    ),
    ("paperround_feeds", "Feeds by publication and state."),
    ("paperround_alerts", "Alerts that are open, by kind."),
    (
        "paperround_relay_state",
        "1 for the state that a relay is in, as this process sees it.",
    ),
    ("paperround_workers", "Processes that send and fetch."),
    (
        "paperround_sending_held",
        "1 while a restored copy sends nothing.",
    ),
    ("paperround_database_bytes", "What the data takes."),
];

/// The states of issues that are on their way.
const UNDER_WAY: [&str; 3] = ["composing", "sending", "paused"];

struct Gauges(Vec<Gauge>);

impl Gauges {
    fn add(&mut self, name: &'static str, labels: &[(&'static str, &str)], value: i64) {
        let labels = labels
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        // Exact up to 2^53.
        #[expect(
            clippy::cast_precision_loss,
            reason = "no number of ours is that large"
        )]
        let value = value as f64;
        self.0.push(Gauge {
            name,
            labels: labels.collect(),
            value,
        });
    }
}

/// Reads them all.
pub async fn measure(deps: &Deps) -> Result<Vec<Gauge>, StoreError> {
    let now = deps.now();
    let mut found = Gauges(Vec::new());
    let database = deps.store.kind();
    found.add(
        "paperround_build_info",
        &[
            ("version", env!("CARGO_PKG_VERSION")),
            ("database", database),
        ],
        1,
    );
    for relay in deps.present().routes.conditions() {
        let is = relay.relay_state();
        for state in RelayState::WORDS {
            let labels = [("relay", relay.name.as_str()), ("state", state)];
            found.add(
                "paperround_relay_state",
                &labels,
                i64::from(*state == is.as_str()),
            );
        }
    }
    let mut tx = deps.store.read().await?;
    let mut under_way: BTreeMap<(PublicationId, &str), i64> = BTreeMap::new();
    for issue in issues::under_way(&mut tx).await? {
        *under_way
            .entry((issue.publication, issue.state.as_str()))
            .or_default() += 1;
    }
    for publication in publications::list(&mut tx).await? {
        let slug = publication.slug.as_str();
        let (active, pending, left) = subscriptions::count(&mut tx, publication.id).await?;
        for (state, count) in [
            ("confirmed", active),
            ("pending", pending),
            ("unsubscribed", left),
        ] {
            found.add(
                "paperround_subscriptions",
                &[("publication", slug), ("state", state)],
                count,
            );
        }
        let mut states: BTreeMap<&str, i64> = BTreeMap::new();
        for feed in feeds::list(&mut tx, Some(publication.id)).await? {
            *states.entry(feed.state.as_str()).or_default() += 1;
        }
        for (state, count) in states {
            found.add(
                "paperround_feeds",
                &[("publication", slug), ("state", state)],
                count,
            );
        }
        for state in UNDER_WAY {
            let count = under_way
                .get(&(publication.id, state))
                .copied()
                .unwrap_or_default();
            found.add(
                "paperround_issues",
                &[("publication", slug), ("state", state)],
                count,
            );
        }
    }
    for late in checks::late(&mut tx, now).await? {
        found.add("paperround_due", &[("what", &late.what)], late.count);
    }
    let mut kinds: BTreeMap<&str, i64> = BTreeMap::new();
    let open = alerts::opened(&mut tx).await?;
    for alert in &open {
        *kinds.entry(alert.kind.as_str()).or_default() += 1;
    }
    for (kind, count) in kinds {
        found.add("paperround_alerts", &[("kind", kind)], count);
    }
    found.add(
        "paperround_workers",
        &[],
        nodes::workers(&mut tx, now).await?,
    );
    let is_held = holds::find(&mut tx).await?.is_some();
    found.add("paperround_sending_held", &[], i64::from(is_held));
    let bytes = health::size(&mut tx).await?;
    found.add(
        "paperround_database_bytes",
        &[],
        i64::try_from(bytes).unwrap_or(i64::MAX),
    );
    Ok(found.0)
}
