//! Reminds once of a sign-up that waits for its button.

use chrono::TimeDelta;

use super::take_in::{Budget, has_turn};
use crate::domain::ids::NoticeId;
use crate::domain::job::Job;
use crate::domain::notice::NoticeKind;
use crate::services::Deps;
use crate::store::{StoreError, holds, notices, sign_ups, suppressions};

/// Reminders in one transaction.
const GROUP: i64 = 100;
/// How late a reminder may be: after a standstill, or once reminders are switched on, nobody is
/// reminded of what they did long ago.
const LATEST: TimeDelta = TimeDelta::days(1);

/// Has those reminded who have let the mail lie for as long as `signup.reminder_after` says; returns
/// how many. A reminder takes the inbox's turn of the day and the hour's budgets as any mail that
/// asks to confirm; without room it waits for a later look.
pub async fn remind(deps: &Deps) -> Result<usize, StoreError> {
    let Some(after) = deps.limits.reminder_after else {
        return Ok(0);
    };
    let now = deps.now();
    let asked = (now - after - LATEST, now - after);
    let mut tx = deps.store.read().await?;
    if holds::find(&mut tx).await?.is_some() {
        return Ok(0);
    }
    let due = sign_ups::to_remind(&mut tx, asked, now, GROUP).await?;
    drop(tx);
    if due.is_empty() {
        return Ok(0);
    }
    let mut tx = deps.store.begin().await?;
    suppressions::hold_off(&mut tx).await?;
    let mut budget = Budget::open(deps, &mut tx, now).await?;
    let emails = due.iter().map(|(_, email)| email);
    budget.look_up(deps, &mut tx, emails).await?;
    let mut jobs = Vec::new();
    for (sign_up, email) in &due {
        let hash = deps.keys.email_hash(email);
        let is_suppressed = suppressions::find(&mut tx, hash).await?.is_some();
        if is_suppressed
            || !budget.has_room(deps, email)
            || !has_turn(deps, &mut tx, email, now).await?
        {
            continue;
        }
        let notice = deps.new_id(NoticeId::new);
        if notices::insert(&mut tx, notice, NoticeKind::Reminder, *sign_up, now).await? {
            budget.spend(deps, email);
            let job = Job::SendNotice { notice };
            deps.push(&mut tx, &job).await?;
            jobs.push(job);
        }
    }
    budget.close(&mut tx).await?;
    tx.commit().await?;
    for job in &jobs {
        deps.wake(job);
    }
    Ok(jobs.len())
}
