//! What becomes of each row of an import: the rules, and the lists of rows to write.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;

use super::Counts;
use super::sorted::Checked;
use crate::domain::clock::Time;
use crate::domain::ids::{NoticeId, SignUpId, SubscriberId, SubscriptionId};
use crate::domain::subscription::{ConsentKind, SubscriptionState};
use crate::domain::suppression::EmailHash;
use crate::domain::token::token_hash;
use crate::services::Deps;
use crate::store::StoreError;
use crate::store::import::{Confirmed, Evidence, Leaving, List, NewReader, Request};

/// Confirmation mails that an import makes due in a second: others who sign up meanwhile, and
/// mails that are tried again, must not wait behind a million.
const MAILS_PER_SECOND: i32 = 50;

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Suppressed,
    /// There already: a confirmed reader, or one who has been asked.
    Unchanged,
    /// Recorded as having left, and that stays.
    Left,
    Add(SubscriptionState),
    Confirm(SubscriptionId),
    Leave(SubscriptionId),
}

/// The rules. `vouched`: the operator says that all readers of the file agreed.
fn fate(
    status: Option<SubscriptionState>,
    existing: Option<(SubscriptionId, SubscriptionState)>,
    vouched: bool,
) -> Fate {
    use SubscriptionState::{Confirmed, Pending, Unsubscribed};
    let wanted = match status {
        Some(Unsubscribed) => Unsubscribed,
        Some(Confirmed) | None if vouched => Confirmed,
        // Nobody can vouch for a reader of whom the file itself says that they did not confirm.
        Some(Confirmed | Pending) | None => Pending,
    };
    match existing {
        None => Fate::Add(wanted),
        Some((_, Confirmed)) => Fate::Unchanged,
        Some((_, Unsubscribed)) => Fate::Left,
        Some((id, Pending)) => match wanted {
            Confirmed => Fate::Confirm(id),
            Unsubscribed => Fate::Leave(id),
            Pending => Fate::Unchanged,
        },
    }
}

/// The rows that one batch writes.
#[derive(Debug, Default)]
struct Plan<'a> {
    new: Vec<NewReader<'a>>,
    confirm: Vec<Confirmed<'a>>,
    leave: Vec<Leaving>,
    evidence: Vec<Evidence<'a>>,
    requests: Vec<Request<'a>>,
}

/// What the database knows of the addresses of a batch: who is there by the lookup form, and who is
/// suppressed.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub existing: HashMap<String, (SubscriptionId, SubscriptionState)>,
    pub suppressed: HashSet<EmailHash>,
}

impl Known {
    /// Whether all of them are new.
    pub(super) fn is_nothing(&self) -> bool {
        self.existing.is_empty() && self.suppressed.is_empty()
    }
}

/// A plan, ready for the database.
#[derive(Debug)]
pub(super) struct Planned<'a> {
    pub new: List<NewReader<'a>>,
    /// The ids of the new subscriptions.
    pub made: Vec<SubscriptionId>,
    pub confirm: List<Confirmed<'a>>,
    pub leave: List<Leaving>,
    pub evidence: List<Evidence<'a>>,
    pub requests: List<Request<'a>>,
    /// How far the import is once this is written.
    pub counts: Counts,
    pub pace: Pace,
}

/// When the confirmation mails of an import are due, one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub next: Time,
}

impl Pace {
    fn take(&mut self) -> Time {
        let at = self.next;
        self.next += TimeDelta::seconds(1) / MAILS_PER_SECOND;
        at
    }
}

/// Plans batches.
#[derive(Clone, Copy)]
pub(super) struct Planner<'a> {
    pub deps: &'a Deps,
    pub vouched: bool,
    pub now: Time,
    /// How far the import is.
    pub counts: Counts,
    pub pace: Pace,
}

impl Planner<'_> {
    /// Decides about all rows of a batch.
    pub(super) fn plan<'a>(
        self,
        rows: &'a [Checked],
        known: &Known,
    ) -> Result<Planned<'a>, StoreError> {
        let mut planning = Planning {
            planner: self,
            plan: Plan::default(),
        };
        for checked in rows {
            planning.add(checked, known);
        }
        let Planning { planner, plan } = planning;
        Ok(Planned {
            new: List::of(&plan.new)?,
            made: plan.new.iter().map(|new| new.subscription).collect(),
            confirm: List::of(&plan.confirm)?,
            leave: List::of(&plan.leave)?,
            evidence: List::of(&plan.evidence)?,
            requests: List::of(&plan.requests)?,
            counts: planner.counts,
            pace: planner.pace,
        })
    }
}

/// A plan in the making, row by row.
struct Planning<'p, 'a> {
    planner: Planner<'p>,
    plan: Plan<'a>,
}

impl<'a> Planning<'_, 'a> {
    fn add(&mut self, checked: &'a Checked, known: &Known) {
        let fate = if known.suppressed.contains(&checked.hash) {
            Fate::Suppressed
        } else {
            let existing = known.existing.get(&checked.key).copied();
            fate(checked.status, existing, self.planner.vouched)
        };
        match fate {
            Fate::Suppressed => self.planner.counts.suppressed += 1,
            Fate::Unchanged => self.planner.counts.unchanged += 1,
            Fate::Left => self.planner.counts.unsubscribed += 1,
            Fate::Add(state) => self.add_new(checked, state),
            Fate::Confirm(id) => {
                self.planner.counts.confirmed += 1;
                self.prove(checked, id, ConsentKind::Confirmed);
                self.plan.confirm.push(Confirmed {
                    subscription: id,
                    topic_key: &checked.topic_key,
                    digest_key: &checked.digest_key,
                    language: checked.language.as_deref(),
                    confirmed_at: checked.confirmed_at.or(Some(self.planner.now)),
                });
            }
            Fate::Leave(id) => {
                self.planner.counts.unsubscribed += 1;
                self.prove(checked, id, ConsentKind::Withdrawn);
                self.plan.leave.push(Leaving { subscription: id });
            }
        }
    }

    fn add_new(&mut self, checked: &'a Checked, state: SubscriptionState) {
        let id = self.planner.deps.new_id(SubscriptionId::new);
        let confirmed = state == SubscriptionState::Confirmed;
        match state {
            SubscriptionState::Confirmed => {
                self.planner.counts.added += 1;
                self.planner.counts.confirmed += 1;
                self.prove(checked, id, ConsentKind::Confirmed);
            }
            SubscriptionState::Pending => {
                self.planner.counts.added += 1;
                self.planner.counts.pending += 1;
                self.prove(checked, id, ConsentKind::Imported);
                self.ask(checked, id);
            }
            SubscriptionState::Unsubscribed => {
                self.planner.counts.unsubscribed += 1;
                self.prove(checked, id, ConsentKind::Withdrawn);
            }
        }
        // As with a sign-up, choices and name of a pending reader apply once they confirm.
        let applied = |key: &'a String| if confirmed { key.as_str() } else { "" };
        self.plan.new.push(NewReader {
            subscriber: self.planner.deps.new_id(SubscriberId::new),
            subscription: id,
            email: &checked.email,
            email_key: &checked.key,
            name: checked.name.as_deref().filter(|_| confirmed),
            state,
            topic_key: applied(&checked.topic_key),
            digest_key: applied(&checked.digest_key),
            language: checked.language.as_deref().filter(|_| confirmed),
            confirmed_at: confirmed.then_some(checked.confirmed_at.unwrap_or(self.planner.now)),
        });
    }

    fn prove(&mut self, checked: &'a Checked, subscription: SubscriptionId, kind: ConsentKind) {
        let confirmed = kind == ConsentKind::Confirmed;
        let at = checked.confirmed_at.filter(|_| confirmed);
        self.plan.evidence.push(Evidence {
            subscription,
            kind,
            at: at.or(Some(self.planner.now)),
            network: checked.network.as_deref().filter(|_| confirmed),
            detail: (kind != ConsentKind::Withdrawn).then(|| checked.chosen()),
        });
    }

    /// The request is dated when its mail is due: the mail's date and the link's end count from
    /// there.
    fn ask(&mut self, checked: &'a Checked, subscription: SubscriptionId) {
        let sign_up = self.planner.deps.new_id(SignUpId::new);
        let due = self.planner.pace.take();
        let days = i64::from(self.planner.deps.limits.pending_days);
        self.plan.requests.push(Request {
            sign_up,
            notice: self.planner.deps.new_id(NoticeId::new),
            subscription,
            token_hash: token_hash(&self.planner.deps.keys.confirm_token(sign_up)),
            name: checked.name.as_deref(),
            topic_key: &checked.topic_key,
            digest_key: &checked.digest_key,
            language: checked.language.as_deref(),
            created_at: Some(due),
            expires_at: Some(due + TimeDelta::days(days)),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SubscriptionState::{Confirmed, Pending, Unsubscribed};

    #[test]
    fn new_readers_are_what_the_file_and_the_operator_say_together() {
        let new = |status, vouched| fate(status, None, vouched);
        assert_eq!(new(None, false), Fate::Add(Pending));
        assert_eq!(new(Some(Confirmed), false), Fate::Add(Pending));
        assert_eq!(new(None, true), Fate::Add(Confirmed));
        assert_eq!(new(Some(Pending), true), Fate::Add(Pending));
        assert_eq!(new(Some(Unsubscribed), true), Fate::Add(Unsubscribed));
    }

    #[test]
    fn nobody_is_brought_back_and_nobody_confirmed_is_touched() {
        let id = SubscriptionId(uuid::Uuid::from_u128(1));
        for status in [None, Some(Confirmed), Some(Pending), Some(Unsubscribed)] {
            for vouched in [false, true] {
                let known = |state| fate(status, Some((id, state)), vouched);
                assert_eq!(known(Confirmed), Fate::Unchanged);
                assert_eq!(known(Unsubscribed), Fate::Left);
            }
        }
    }

    #[test]
    fn a_pending_reader_is_asked_once() {
        let id = SubscriptionId(uuid::Uuid::from_u128(1));
        let pending = |status, vouched| fate(status, Some((id, Pending)), vouched);
        assert_eq!(pending(None, false), Fate::Unchanged);
        assert_eq!(pending(Some(Pending), true), Fate::Unchanged);
        assert_eq!(pending(None, true), Fate::Confirm(id));
        assert_eq!(pending(Some(Unsubscribed), false), Fate::Leave(id));
    }
}
