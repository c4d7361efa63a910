//! Keeps webhooks told: for each that has something due a task of its own, so that one that does not
//! answer keeps no other waiting.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::domain::ids::WebhookId;
use crate::services::{Deps, call_webhook};

/// How often the rows are looked at.
const LOOK: Duration = Duration::from_millis(500);

pub(super) async fn run(deps: Deps, stop: CancellationToken) {
    let mut tasks = JoinSet::new();
    let mut busy: HashMap<Id, WebhookId> = HashMap::new();
    let mut failing = false;
    while !stop.is_cancelled() {
        while let Some(ended) = tasks.try_join_next_with_id() {
            let id = match ended {
                Ok((id, Ok(_))) => id,
                Ok((id, Err(error))) => {
                    tracing::error!(%error, "a webhook cannot be told; tried again");
                    id
                }
                Err(error) => {
                    tracing::error!(%error, "the task of a webhook failed");
                    error.id()
                }
            };
            busy.remove(&id);
        }
        match call_webhook::due(&deps).await {
            Ok(due) => {
                failing = false;
                for webhook in due {
                    if !busy.values().any(|known| *known == webhook) {
                        let (deps, stop) = (deps.clone(), stop.clone());
                        let work =
                            async move { call_webhook::work_off(&deps, webhook, &stop).await };
                        busy.insert(tasks.spawn(work).id(), webhook);
                    }
                }
            }
            // Said once, not at every look of a long trouble.
            Err(error) if !failing => {
                failing = true;
                tracing::error!(%error, "due webhooks cannot be looked up; tried again");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    // What is on the line is finished and recorded.
    while tasks.join_next().await.is_some() {}
}
