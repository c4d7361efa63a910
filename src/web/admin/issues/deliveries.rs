//! The ledger of an issue: who got it, who did not, and with what reply.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use chrono_tz::Tz;
use serde::Deserialize;
use url::form_urlencoded;

use super::Whole;
use crate::domain::delivery::DeliveryState;
use crate::render::admin::frame::{Choice, Paging};
use crate::render::admin::issues::{DeliveriesPage, DeliveryRow};
use crate::render::admin::nav::Section;
use crate::render::admin::when::When;
use crate::store::ledger::{self, Browse, Line};
use crate::web::Web;
use crate::web::admin::error::AdminError;
use crate::web::admin::signed_in::{Reads, SignedIn};
use crate::web::admin::words;

/// Lines on a page.
const PAGE: i64 = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::admin) struct Asked {
    state: String,
    address: String,
    /// Where the last page ended.
    after: String,
}

impl Asked {
    pub(super) fn browse(&self) -> Browse {
        Browse {
            state: self.state.parse().ok(),
            address: self.address.trim().to_lowercase(),
            after: self.after.clone(),
        }
    }

    /// A file of the same filter, after a page.
    fn url(&self, whole: &Whole, file: &str, after: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let pairs = [
            ("state", self.state.as_str()),
            ("address", self.address.trim()),
            ("after", after.unwrap_or_default()),
        ];
        for (name, value) in pairs {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("{}/{file}?{}", whole.path(), query.finish())
    }
}

/// `GET /admin/issues/{id}/deliveries`
pub(in crate::web::admin) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let whole = Whole::find(&me, &id).await?;
    let title = format!("Mails of {}", whole.name());
    let framing = me
        .frame_of(Section::Issues, title, Some(&whole.publication))
        .await?;
    let wanted = asked.browse();
    let mut tx = me.deps.store.read().await?;
    let (lines, end) = ledger::browse(&mut tx, &whole.issue, &wanted, PAGE).await?;
    drop(tx);
    let zone = whole.publication.timezone;
    let page = DeliveriesPage {
        frame: framing.frame,
        id: whole.issue.id.to_string(),
        name: whole.name(),
        states: Choice::of_words(DeliveryState::WORDS, &asked.state),
        address: asked.address.trim().to_owned(),
        is_filtered: wanted.state.is_some() || !wanted.address.is_empty(),
        table_url: asked.url(&whole, "deliveries.csv", None),
        lines: lines.into_iter().map(|line| row(line, zone)).collect(),
        paging: Paging {
            first_url: Some(asked.url(&whole, "deliveries", None))
                .filter(|_| !asked.after.is_empty()),
            next_url: end.map(|end| asked.url(&whole, "deliveries", Some(&end))),
        },
    };
    me.page(&web, &page)
}

fn row(line: Line, zone: Tz) -> DeliveryRow {
    DeliveryRow {
        address: line.email,
        state: words::of_delivery(line.state),
        reason: line.reason,
        attempts: line.attempts,
        reply: line.reply,
        relay: line.relay,
        first_attempt: When::maybe(line.first_attempt_at, zone),
        next_attempt: When::maybe(line.next_attempt_at, zone),
        sent: When::maybe(line.sent_at, zone),
    }
}
