//! An operator has the mail sent again that asks a reader to confirm.

use thiserror::Error;

use super::take_in::{Budget, has_turn};
use crate::domain::audit::{Change, Kind};
use crate::domain::ids::{NoticeId, SubscriptionId};
use crate::domain::job::Job;
use crate::domain::notice::NoticeKind;
use crate::domain::subscription::SubscriptionState;
use crate::services::Deps;
use crate::services::audit::note;
use crate::store::{StoreError, notices, sign_ups, subscribers, subscriptions, suppressions};

/// Why no mail goes out.
#[derive(Debug, Error)]
pub enum ResendError {
    #[error("there is no such subscription any more")]
    Unknown,
    #[error("the subscription is {0}; only one that is pending waits for a confirmation")]
    State(SubscriptionState),
    #[error("the request has expired; the reader has to sign up again")]
    Expired,
    #[error("the address is suppressed and gets no mail")]
    Suppressed,
    #[error("the inbox has had the confirmation mails that it may get in 24 hours")]
    HadSome,
    #[error("the confirmation mails of this hour are used up")]
    Spent,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Has the mail of a pending subscription's latest request sent once more, out of the inbox's turns
/// and the hour's budgets as any mail that asks to confirm.
pub async fn resend(deps: &Deps, id: SubscriptionId) -> Result<(), ResendError> {
    let now = deps.now();
    let mut tx = deps.store.begin().await?;
    suppressions::hold_off(&mut tx).await?;
    let subscription = subscriptions::find(&mut tx, id).await?;
    let subscription = subscription.ok_or(ResendError::Unknown)?;
    if subscription.state != SubscriptionState::Pending {
        return Err(ResendError::State(subscription.state));
    }
    let subscriber = subscribers::find(&mut tx, subscription.subscriber).await?;
    let email = subscriber.ok_or(ResendError::Unknown)?.email;
    let asked = sign_ups::of_subscription(&mut tx, id).await?;
    let open = asked
        .iter()
        .rfind(|request| request.used_at.is_none() && request.expires_at > now);
    let sign_up = open.ok_or(ResendError::Expired)?.id;
    let hash = deps.keys.email_hash(&email);
    if suppressions::find(&mut tx, hash).await?.is_some() {
        return Err(ResendError::Suppressed);
    }
    let mut budget = Budget::open(deps, &mut tx, now).await?;
    budget
        .look_up(deps, &mut tx, std::iter::once(&email))
        .await?;
    if !budget.has_room(deps, &email) {
        return Err(ResendError::Spent);
    }
    if !has_turn(deps, &mut tx, &email, now).await? {
        return Err(ResendError::HadSome);
    }
    let notice = deps.new_id(NoticeId::new);
    notices::insert(&mut tx, notice, NoticeKind::Confirmation, sign_up, now).await?;
    let job = Job::SendNotice { notice };
    deps.push(&mut tx, &job).await?;
    let entry = Change::of("ask again", Kind::Subscriber, hash);
    note(deps, &mut tx, entry.within(subscription.publication)).await?;
    budget.spend(deps, &email);
    budget.close(&mut tx).await?;
    tx.commit().await?;
    deps.wake(&job);
    Ok(())
}
