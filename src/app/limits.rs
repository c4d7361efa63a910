//! The settings as the services take them.

use chrono::TimeDelta;
use secrecy::ExposeSecret as _;

use crate::config::Settings;
use crate::config::alerts::Alerts;
use crate::config::signup::Disposable;
use crate::services::Limits;
use crate::services::alerts::AlertLimits;
use crate::services::receive_hook::HookKey;
use crate::services::record_bounce::BounceLimits;

pub(super) fn limits(settings: &Settings) -> Limits {
    Limits {
        public_url: settings.http.base().to_owned(),
        per_address_per_day: settings.signup.per_address_per_day,
        per_ip_per_hour: settings.signup.per_ip_per_hour,
        per_domain_per_hour: settings.signup.per_domain_per_hour,
        per_hour: settings.signup.per_hour,
        pending_days: settings.signup.pending_days,
        reminder_after: settings.signup.reminder_after,
        proof_of_work: settings.signup.proof_of_work,
        proof_of_work_cost: settings.signup.proof_of_work_cost,
        proof_of_work_from: settings.signup.proof_of_work_from,
        refuses_disposable: settings.signup.disposable == Disposable::Refuse,
        mx_check: settings.signup.mx_check,
        link_mails_per_hour: settings.signup.link_mails_per_hour,
        retry_for: settings.delivery.retry_for,
        on_unknown: settings.delivery.on_unknown_outcome,
        websub: settings.feeds.websub,
        webhook_days: settings.webhooks.keep_days,
        alerts: alert_limits(&settings.alerts),
        return_path_domain: settings.bounces.domain(),
        hook_key: hook_key(settings),
        bounces: BounceLimits {
            soft: settings.bounces.soft_limit,
            soft_days: settings.bounces.soft_days,
        },
    }
}

/// A secret that cannot be read has been complained of.
fn hook_key(settings: &Settings) -> Option<HookKey> {
    let secret = settings.bounces.secret().ok().flatten()?;
    Some(HookKey::of(secret.expose_secret()))
}

fn alert_limits(alerts: &Alerts) -> AlertLimits {
    let minutes = |minutes: u32| TimeDelta::minutes(minutes.into());
    let unless_off = |number: u32| (number > 0).then(|| minutes(number));
    AlertLimits {
        to: alerts.recipients(),
        from: alerts.sender(),
        digest_late: unless_off(alerts.digest_late_minutes),
        digest_empty: alerts.digest_empty,
        feed_failures: alerts.feed_failures,
        relay_down: unless_off(alerts.relay_down_minutes),
        failure_percent: alerts.failure_percent,
        failure_minimum: alerts.failure_minimum,
        bounce_percent: alerts.bounce_percent,
        complaint_percent: alerts.complaint_percent,
        queue_late: unless_off(alerts.queue_late_minutes),
        collect: minutes(alerts.collect_minutes),
    }
}
