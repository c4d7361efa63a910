//! What the product does, one verb per file. Only services begin and commit transactions, and
//! none is open while a mail, a request or a template is on its way.

pub mod add_reader;
pub mod adopt_categories;
pub mod alerts;
pub mod approve_issue;
pub mod article_input;
pub mod audience;
pub mod audit;
pub mod authorise;
pub mod back_up;
pub mod call_webhook;
mod candidates;
pub mod change_address;
pub mod change_run;
pub mod cleanup;
pub mod coming_issue;
pub mod compose_issue;
pub mod confirm;
pub mod consent;
pub mod control_issue;
pub mod deliver;
pub mod discover_feed;
pub mod doctor;
pub mod edit_article;
pub mod edit_draft;
mod edition;
pub mod embed_code;
pub mod erase;
pub mod export_reader;
pub mod export_readers;
pub mod fetch_feed;
pub mod follow_link;
mod forgotten;
pub mod fresh_link;
pub mod guard;
pub mod hold;
pub mod how_far;
pub mod idempotency;
pub mod import;
pub mod ingest_article;
pub mod links;
pub mod lint_issue;
pub mod list;
pub mod load_picture;
pub mod mail_link;
pub mod manage_digest;
pub mod manage_feed;
pub mod manage_operator;
pub mod manage_publication;
pub mod manage_subscription;
pub mod manage_template;
pub mod manage_test_group;
pub mod manage_token;
pub mod manage_topic_rule;
pub mod manage_webhook;
pub mod measure;
pub mod never_mail;
pub mod next_issue;
pub mod output;
pub mod passwords;
pub mod plan;
pub mod plan_issue;
pub mod preferences;
pub mod preview_digest;
pub mod read_pages;
pub mod receive_hook;
pub mod receive_mail;
pub mod record_bounce;
pub mod remove_topic;
pub mod restore;
pub mod runs;
pub mod second_step;
pub mod send_notice;
pub mod send_rate;
pub mod sign_in;
pub mod sign_mail;
pub mod sign_up;
pub mod signup_rules;
pub mod sum_up;
pub mod suppress;
pub mod suppression_input;
pub mod table;
mod tell;
pub mod test_digest;
pub mod trace_reader;
pub mod unsubscribe;
pub mod visit;
pub mod websub;
pub mod words;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::audit::Actor;
use crate::domain::clock::{Clock, Time};
use crate::domain::delivery::OnUnknown;
use crate::domain::job::{Job, Wakeups};
use crate::domain::proof::ProofOfWork;
use crate::domain::random::Random;
use crate::domain::token::Keys;
use crate::feeds::call::Caller;
use crate::feeds::fetch::Fetcher;
use crate::mail::dkim::DkimKeys;
use crate::oidc::Provider;
use crate::render::Renderer;
use crate::store::{Store, StoreError, Tx, queue};
use alerts::AlertLimits;
use audience::Counted;
use deliver::Routes;
use guard::Guard;
use passwords::Passwords;
use plan::Plans;
use record_bounce::BounceLimits;
use sign_up::Desk;
use tokio_util::sync::CancellationToken;

/// What services work with; made once by `app`, carried as state by web and jobs.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub renderer: Arc<Renderer>,
    pub routes: Arc<Routes>,
    /// The keys that sign mails.
    pub dkim: Arc<DkimKeys>,
    /// Cancelled when others have taken the place of these relays and keys.
    pub replaced: CancellationToken,
    /// The relays and keys in force.
    pub plans: Plans,
    pub fetcher: Fetcher,
    /// Tells programs elsewhere.
    pub caller: Caller,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub wakeups: Arc<dyn Wakeups>,
    pub keys: Keys,
    pub limits: Limits,
    /// Where sign-ups of this process wait to be written down together.
    pub desk: Arc<Desk>,
    /// What the guard of the form knows in this process.
    pub guard: Arc<Guard>,
    /// The service elsewhere that operators may sign in with.
    pub provider: Option<Provider>,
    /// The turns that hashing passwords takes.
    pub passwords: Arc<Passwords>,
    /// How many readers digests have, as this process has counted them.
    pub counted: Arc<Counted>,
    /// How far issues are, as this process has summed up last.
    pub sums: Arc<how_far::Sums>,
    /// Whose hand makes the changes; it stands with them in the audit log.
    pub actor: Arc<Actor>,
    /// This process, unique per start.
    pub node: String,
}

/// The settings that services heed.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Without a closing slash.
    pub public_url: String,
    /// Confirmation mails to one address in 24 hours; 0 means no limit.
    pub per_address_per_day: u32,
    /// Sign-ups from one network address in an hour; 0 means no limit.
    pub per_ip_per_hour: u32,
    /// Confirmation mails to one domain in an hour; 0 means no limit.
    pub per_domain_per_hour: u32,
    /// Confirmation mails in an hour; 0 means no limit.
    pub per_hour: u32,
    pub pending_days: u32,
    /// How long after a sign-up its reader is reminded, once; `None` means never.
    pub reminder_after: Option<TimeDelta>,
    pub proof_of_work: ProofOfWork,
    /// The largest number of a sum.
    pub proof_of_work_cost: u32,
    /// Confirmation mails in ten minutes from which on forms have to prove themselves; 0 means never.
    pub proof_of_work_from: u32,
    /// Throw-away domains are not taken.
    pub refuses_disposable: bool,
    /// The DNS is asked whether a domain takes mail.
    pub mx_check: bool,
    /// Mails with a link that one inbox may ask for in an hour; 0 means no limit.
    pub link_mails_per_hour: u32,
    pub retry_for: Duration,
    pub on_unknown: OnUnknown,
    /// Whether hubs are asked to tell of feeds' news.
    pub websub: bool,
    /// How long calls of webhooks that have ended are kept.
    pub webhook_days: u32,
    pub alerts: AlertLimits,
    /// The domain of the return paths, in small letters; `None` for the sender's address.
    pub return_path_domain: Option<String>,
    /// What mail providers that call us have to know; `None`: nobody may call.
    pub hook_key: Option<receive_hook::HookKey>,
    pub bounces: BounceLimits,
}

impl Deps {
    /// The present.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// The same with the relays and keys that are in force now, for one piece of work.
    #[must_use]
    pub fn present(&self) -> Self {
        let plan = self.plans.current();
        Self {
            routes: plan.routes,
            dkim: plan.dkim,
            replaced: plan.replaced,
            ..self.clone()
        }
    }

    /// The same by the hand of somebody.
    #[must_use]
    pub fn by(&self, actor: Actor) -> Self {
        Self {
            actor: Arc::new(actor),
            ..self.clone()
        }
    }

    /// Makes an id.
    pub fn new_id<T>(&self, make: impl Fn(&dyn Clock, &dyn Random) -> T) -> T {
        make(&*self.clock, &*self.random)
    }

    /// Adds a job to the caller's transaction; wake after its commit with [`Deps::wake`].
    pub(crate) async fn push(&self, tx: &mut Tx, job: &Job) -> Result<(), StoreError> {
        queue::push(tx, job).await
    }

    /// Wakes the workers of this process for a job that has been committed.
    pub(crate) fn wake(&self, job: &Job) {
        self.wakeups.offer(job);
    }
}
