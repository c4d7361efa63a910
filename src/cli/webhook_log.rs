//! `paperround webhook log`

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::output::{Output, Row};
use crate::domain::ids::WebhookId;
use crate::domain::webhook::{Call, CallState};
use crate::services::Deps;
use crate::store::webhook_calls::{self, Wanted};

#[derive(Debug, Args)]
pub(super) struct Log {
    /// Only those of this webhook
    id: Option<WebhookId>,
    /// Only those that failed
    #[arg(long)]
    failed: bool,
    /// How many
    #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
}

impl Log {
    pub(super) async fn run(self, deps: &Deps, out: &Output) -> Result<()> {
        let wanted = Wanted {
            webhook: self.id,
            state: self.failed.then_some(CallState::Failed),
            before: None,
        };
        let mut tx = deps.store.read().await?;
        let calls = webhook_calls::log(&mut tx, &wanted, self.limit).await?;
        let rows: Vec<Row> = calls.iter().map(row).collect();
        let head = [
            "time (utc)",
            "call",
            "event",
            "state",
            "attempts",
            "status",
            "trouble",
        ];
        out.list(&head, &rows, "no calls are kept")
    }
}

fn row(call: &Call) -> Row {
    let status = call.status.map(|status| status.to_string());
    Row {
        json: as_json(call),
        cells: vec![
            call.event.at.format("%F %T").to_string(),
            call.id.to_string(),
            call.event.kind.to_string(),
            call.state.to_string(),
            call.attempts.to_string(),
            status.unwrap_or_default(),
            call.trouble.clone().unwrap_or_default(),
        ],
    }
}

fn as_json(call: &Call) -> Value {
    let next = (call.state == CallState::Pending).then_some(call.next_attempt_at);
    json!({
        "id": call.id, "webhook": call.webhook, "state": call.state, "attempts": call.attempts,
        "tried_at": call.tried_at, "next_attempt_at": next, "status": call.status,
        "reply": call.reply, "trouble": call.trouble,
        "event": {
            "type": call.event.kind, "timestamp": call.event.at, "data": call.event.data,
        },
    })
}
