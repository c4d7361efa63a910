//! The picture of a mail is loaded, where a publication has chosen to count that: by a reader as it seems,
//! by a mailbox provider, or by neither.

use chrono::TimeDelta;

use super::Deps;
use super::visit::{Visit, times};
use crate::domain::ids::IssueId;
use crate::domain::opens::{Loaded, loaded_by};
use crate::store::{StoreError, Tx, opens};

/// Counts a load of the picture with this token. Nothing is counted where the token is none of ours, or
/// the publication has stopped counting. A count is worth no wait for the disk.
pub async fn count(deps: &Deps, token: &str, visit: &Visit<'_>) -> Result<(), StoreError> {
    let Ok(issue) = deps.keys.read_open_token(token) else {
        return Ok(());
    };
    let mut tx = deps.store.read().await?;
    let is_counted = opens::is_counted(&mut tx, issue).await?;
    drop(tx);
    if !is_counted {
        return Ok(());
    }
    let mut tx = deps.store.begin_relaxed().await?;
    let by = loaded(deps, &mut tx, issue, visit).await?;
    opens::count(&mut tx, issue, by).await?;
    tx.commit().await
}

async fn loaded(
    deps: &Deps,
    tx: &mut Tx,
    issue: IssueId,
    visit: &Visit<'_>,
) -> Result<Loaded, StoreError> {
    let by = loaded_by(visit.user_agent);
    if by != Loaded::ByReader {
        return Ok(by);
    }
    if visit.is_ahead {
        return Ok(Loaded::Otherwise);
    }
    let what = format!("open {issue}");
    let is_first = times(deps, tx, &what, visit, TimeDelta::days(1)).await? == 1;
    Ok(if is_first {
        Loaded::ByReader
    } else {
        Loaded::Otherwise
    })
}
