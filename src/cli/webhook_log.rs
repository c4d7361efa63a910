//! `paperround webhook log`

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::output::{Output, Row};
use crate::domain::ids::WebhookId;
use crate::domain::webhook::{Call, CallState};
use crate::services::Deps;
use crate::services::output::webhooks::CallOutput;
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
        let rows: Vec<Row> = calls.into_iter().map(row).collect();
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

fn row(call: Call) -> Row {
    let status = call.status.map(|status| status.to_string());
    let cells = vec![
        call.event.at.format("%F %T").to_string(),
        call.id.to_string(),
        call.event.kind.to_string(),
        call.state.to_string(),
        call.attempts.to_string(),
        status.unwrap_or_default(),
        call.trouble.clone().unwrap_or_default(),
    ];
    Row {
        json: json!(CallOutput::from(call)),
        cells,
    }
}
