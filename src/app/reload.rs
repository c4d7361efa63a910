//! Settings that change while the service runs: relays, domain rules and DKIM keys.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use secrecy::ExposeSecret as _;
use tokio::signal::unix::Signal;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::plan;
use crate::config::load::DEFAULT_FILE;
use crate::config::relay::Relay;
use crate::config::{self, Settings};
use crate::services::Deps;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);
/// What is read once at start.
const FIXED: [&str; 11] = [
    "database", "http", "security", "delivery", "feeds", "signup", "bounces", "webhooks", "alerts",
    "oidc", "metrics",
];

/// What tells one state of a file from another.
type Stamp = Option<(SystemTime, u64, u64)>;

/// Watches the settings.
pub(super) struct Watch {
    deps: Deps,
    /// As they are in force.
    settings: Settings,
    /// As it was given on the command line.
    file: Option<PathBuf>,
    /// Whether they came from a file; one that is gone later is no reason to use the defaults.
    had_file: bool,
    seen: Vec<(PathBuf, Stamp)>,
}

impl Watch {
    pub(super) fn new(deps: Deps, settings: Settings, file: Option<&Path>) -> Self {
        let mut watch = Self {
            deps,
            settings,
            file: file.map(Path::to_owned),
            had_file: false,
            seen: Vec::new(),
        };
        watch.had_file = watch.path().exists();
        watch.seen = watch.stamps();
        watch
    }

    pub(super) async fn run(mut self, mut hangup: Signal, stop: CancellationToken) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut fresh = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = hangup.recv() => {
                    fresh = None;
                    self.reload();
                }
                _ = ticks.tick() => {
                    let stamps = self.stamps();
                    // Read when it has stood still for a look: half a file may well be valid.
                    if stamps == self.seen {
                        fresh = None;
                    } else if fresh.as_ref() == Some(&stamps) {
                        fresh = None;
                        self.reload();
                    } else {
                        fresh = Some(stamps);
                    }
                }
            }
        }
    }

    fn path(&self) -> &Path {
        self.file.as_deref().unwrap_or(Path::new(DEFAULT_FILE))
    }

    /// The settings file and those that it names.
    fn stamps(&self) -> Vec<(PathBuf, Stamp)> {
        let relays = self.settings.relay.0.iter().flat_map(Relay::files);
        let keys = self.settings.dkim.iter();
        let keys = keys.filter_map(|entry| entry.private_key_file.as_ref());
        let mut paths = vec![self.path().to_owned()];
        paths.extend(relays.chain(keys).cloned());
        paths
            .into_iter()
            .map(|path| {
                let stamp = std::fs::metadata(&path).ok().as_ref().and_then(stamp);
                (path, stamp)
            })
            .collect()
    }

    /// Reads and checks everything; what is wrong changes nothing.
    fn reload(&mut self) {
        // Before they are read: what changes meanwhile is seen at the next look.
        self.seen = self.stamps();
        match self.take_over() {
            Ok(()) => tracing::info!("relays, domain rules and DKIM keys were read again"),
            Err(error) => tracing::error!(
                error = format!("{error:#}"),
                "the settings were changed and are wrong; the old ones stay in force"
            ),
        }
        // They may name other files now.
        let known = std::mem::take(&mut self.seen);
        self.seen = self.stamps();
        for (path, stamp) in &mut self.seen {
            if let Some((_, before)) = known.iter().find(|(old, _)| old == path) {
                *stamp = *before;
            }
        }
    }

    fn take_over(&mut self) -> anyhow::Result<()> {
        if self.had_file && !self.path().exists() {
            anyhow::bail!("the settings file {} is gone", self.path().display());
        }
        let read = config::load(self.file.as_deref())?;
        let fixed = changes(&self.settings, &read);
        let mut next = self.settings.clone();
        next.relay = read.relay;
        next.dkim = read.dkim;
        next.delivery.domain = read.delivery.domain;
        let plan = plan(&next)?;
        for warning in plan.dkim.warnings() {
            tracing::warn!("{warning}");
        }
        self.deps.plans.replace(plan);
        self.settings = next;
        self.had_file = self.path().exists();
        if !fixed.is_empty() {
            tracing::warn!("needs a restart: {}", fixed.join(", "));
        }
        Ok(())
    }
}

fn stamp(metadata: &Metadata) -> Stamp {
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}

/// The names of changed settings that are read once at start.
fn changes(old: &Settings, new: &Settings) -> Vec<String> {
    let (before, after) = (old.redacted(), new.redacted());
    let mut changed = Vec::new();
    for section in FIXED {
        let Some(keys) = after[section].as_object() else {
            continue;
        };
        for (key, value) in keys {
            if before[section][key] != *value {
                changed.push(format!("{section}.{key}"));
            }
        }
    }
    let url = |settings: &Settings| {
        let url = settings.database.url().ok();
        url.map(|url| url.expose_secret().to_owned())
    };
    let name = "database.url".to_owned();
    if url(old) != url(new) && !changed.contains(&name) {
        changed.push(name);
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_restart_is_named() {
        let old = Settings::default();
        let mut new = Settings::default();
        new.http.listen.set_port(9);
        new.signup.pending_days = 3;
        new.delivery.shutdown_seconds = 9;
        new.relay.0[0].connections = 3;
        assert_eq!(
            changes(&old, &new),
            [
                "http.listen",
                "delivery.shutdown_seconds",
                "signup.pending_days"
            ]
        );
        new = old.clone();
        new.database = config::database::Database::at("postgres://a:one@b/c");
        let mut other = old.clone();
        other.database = config::database::Database::at("postgres://a:two@b/c");
        assert_eq!(changes(&new, &other), ["database.url"]);
    }
}
