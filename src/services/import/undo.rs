//! Takes back what an import alone has brought: the subscriptions that it made and that nothing has
//! happened to since. Nobody is mailed, no suppression ends, and readers who were there before stay as
//! they are.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::ImportError;
use crate::domain::ids::{SubscriberId, SubscriptionId};
use crate::domain::import::{Import, ImportState, UndoCounts};
use crate::domain::webhook::EventKind;
use crate::services::{Deps, forgotten, tell};
use crate::store::imports::undo::{self, Fate};
use crate::store::imports::{self, End, parts};
use crate::store::{StoreError, Tx, expired, suppressions};

/// Subscriptions in one transaction.
const AT_ONCE: usize = 1000;

/// Takes an import back, from where it was left.
pub(super) async fn undo(
    deps: &Deps,
    import: &Import,
    stop: &CancellationToken,
) -> Result<(), ImportError> {
    let (id, node) = (import.id, deps.node.as_str());
    let mut counts = import.undo;
    let mut done = import.done;
    let mut tx = deps.store.read().await?;
    let total = done + parts::batch_ids(&mut tx, id).await?;
    drop(tx);
    loop {
        if stop.is_cancelled() {
            return Err(ImportError::Stopped);
        }
        let mut tx = deps.store.begin().await?;
        // No sign-up and no import may come upon a reader who is just being taken away.
        suppressions::lock_out(&mut tx).await?;
        let Some((number, mut ids)) = parts::next_batch(&mut tx, id).await? else {
            let end = End {
                state: ImportState::Undone,
                counts: &import.counts,
                rejected: &import.rejected,
                undo: &counts,
                error: None,
            };
            imports::end(&mut tx, id, node, &end, deps.now()).await?;
            let kind = EventKind::ImportUndone;
            tell::import(deps, &mut tx, kind, import, json!(counts)).await?;
            tx.commit().await?;
            tracing::info!(import = %id, ?counts, "import taken back");
            return Ok(());
        };
        let rest = ids.split_off(ids.len().min(AT_ONCE));
        take_away(deps, &mut tx, &ids, &mut counts).await?;
        parts::shorten_batch(&mut tx, id, number, &rest).await?;
        done += ids.len() as u64;
        imports::undo_progress(&mut tx, id, node, &counts, (done, total), deps.now()).await?;
        tx.commit().await?;
        tokio::time::sleep(deps.store.breather()).await;
    }
}

async fn take_away(
    deps: &Deps,
    tx: &mut Tx,
    ids: &[SubscriptionId],
    counts: &mut UndoCounts,
) -> Result<(), StoreError> {
    let fates = undo::fates(tx, ids).await?;
    counts.gone += (ids.len() - fates.len()) as u64;
    let (mut places, mut readers) = (Vec::new(), Vec::new());
    for fate in fates {
        if may_go(&fate, counts) {
            places.push(SubscriptionId(fate.id));
            readers.push(SubscriberId(fate.subscriber_id));
        }
    }
    let requests = expired::of_subscriptions(tx, &places).await?;
    for request in requests.iter().filter(|request| request.was_asked) {
        // Whoever has the mail can still say that they want no other.
        forgotten::keep(deps, tx, request).await?;
    }
    undo::remove(tx, &places, &readers, &requests).await
}

/// Whether nothing has happened to a subscription since it was imported; counts it either way.
fn may_go(fate: &Fate, counts: &mut UndoCounts) -> bool {
    let may = !(fate.is_erased || fate.is_suppressed || fate.has_mail || fate.is_touched());
    *(if may {
        &mut counts.removed
    } else if fate.is_erased {
        &mut counts.gone
    } else if fate.is_suppressed {
        &mut counts.suppressed
    } else if fate.has_mail {
        &mut counts.mailed
    } else {
        &mut counts.touched
    }) += 1;
    may
}
