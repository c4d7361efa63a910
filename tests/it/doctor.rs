//! `paperround doctor`: each check well, doubtful and failing.

mod machine;
mod program;
mod relays;
mod senders;

use std::sync::Arc;

use paperround::domain::clock::{Clock, ManualClock, SystemClock};
use paperround::mail::dns::Dns;
use paperround::mail::{Relay, RelayConfig};
use paperround::services::doctor::{Case, DatabaseCase, Finding, Level, RelayCase, examine};

use crate::support::dns::Zone;

/// A case with an empty database, a relay that is not asked for, and a DNS server of its own.
struct Patient {
    case: Case,
    folder: tempfile::TempDir,
}

impl Patient {
    async fn new(zone: Zone) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("paperround.key");
        paperround::config::init::write_new(&key_file, "x", true).unwrap();
        let case = Case {
            database: DatabaseCase {
                url: format!("sqlite://{}", folder.path().join("test.db").display()).into(),
                migrates: true,
            },
            key_file: Some(key_file),
            public_url: "http://127.0.0.1:1".to_owned(),
            hello: "news.example.org".to_owned(),
            relays: Vec::new(),
            keys: Vec::new(),
            coming_back: None,
            dns: Dns::at(zone.serve().await),
            clock: Arc::new(SystemClock),
            publication: None,
        };
        Self { case, folder }
    }

    fn relay(mut self, config: &RelayConfig) -> Self {
        self.case.relays.push(RelayCase {
            name: config.name.clone(),
            relay: Relay::parse(config).map_err(|error| error.to_string()),
        });
        self
    }

    /// The clock of everything but TLS.
    fn at(mut self, time: &str) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(time.parse().unwrap()));
        self.case.clock = clock;
        self
    }

    async fn examine(&self) -> Vec<Finding> {
        examine(&self.case).await.unwrap()
    }

    /// The one finding of a check.
    async fn finding(&self, check: &str) -> Finding {
        let mut found = self.examine().await;
        found.retain(|finding| finding.check == check);
        assert_eq!(found.len(), 1, "{check}: {found:?}");
        found.remove(0)
    }
}

/// A finding of this kind whose text and remedy have these words.
#[track_caller]
fn assert_finding(finding: &Finding, level: Level, found: &str, remedy: &str) {
    assert!(
        finding.result == level && finding.found.contains(found) && finding.remedy.contains(remedy),
        "{finding:?}, wanted {level:?}, {found:?}, {remedy:?}"
    );
    assert_eq!(
        finding.remedy.is_empty(),
        level == Level::Ok,
        "a remedy where one is needed: {finding:?}"
    );
}
