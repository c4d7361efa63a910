//! Several relays, their limits, and domains that bear less than they do.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use paperround::demo::mailbox::Mailbox;
use paperround::demo::smtp::{Action, ReceivedMail, Script, SmtpServer};
use paperround::domain::ids::IssueId;
use paperround::domain::issue::IssueState;
use paperround::mail::{Relay, RelayConfig};
use paperround::services::deliver::{self, Budget, DeliverError, DomainRule, RouteConfig, Routes};
use paperround::services::manage_publication;
use tokio_util::sync::CancellationToken;

use crate::support::TestApp;

/// A relay of the test's own; keeps what it takes, and how many mails were open at once.
struct Own {
    server: SmtpServer,
    mailbox: Mailbox,
    most: Arc<AtomicUsize>,
}

struct Keep {
    mailbox: Mailbox,
    open: AtomicUsize,
    most: Arc<AtomicUsize>,
    refuse: Option<(u16, &'static str)>,
}

impl Script for Keep {
    fn on_rcpt(&self, _to: &str) -> Action {
        match self.refuse {
            Some((code, text)) => Action::Reply(code, text.to_owned()),
            None => Action::Accept,
        }
    }

    fn on_data(&self) -> Action {
        let now = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        Action::Delay(Duration::from_millis(5), Box::new(Action::Accept))
    }

    fn on_message(&self, mail: &ReceivedMail) -> Action {
        self.open.fetch_sub(1, Ordering::SeqCst);
        self.mailbox.keep(mail.clone());
        Action::Accept
    }
}

impl Own {
    async fn start(refuse: Option<(u16, &'static str)>) -> Self {
        let (mailbox, most) = (Mailbox::new(), Arc::new(AtomicUsize::new(0)));
        let script = Keep {
            mailbox: mailbox.clone(),
            open: AtomicUsize::new(0),
            most: Arc::clone(&most),
            refuse,
        };
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = SmtpServer::start(loopback, Arc::new(script)).await.unwrap();
        Self {
            server,
            mailbox,
            most,
        }
    }

    fn route(&self, name: &str) -> RouteConfig {
        route(name, &format!("smtp://{}", self.server.address()))
    }

    fn count(&self) -> usize {
        self.mailbox.list().len()
    }
}

fn route(name: &str, url: &str) -> RouteConfig {
    let config = RelayConfig {
        connections: 4,
        ..RelayConfig::new(name, url)
    };
    RouteConfig::new(Relay::parse(&config).unwrap())
}

/// An issue for readers `r0@one.example`, `r1@two.example`, `r2@one.example`, ...
async fn issue(readers: usize) -> (TestApp, IssueId) {
    let app = TestApp::new().await;
    let daily = app.digest("daily", None, 1).await;
    app.readers((0..readers).map(|n| {
        let domain = ["one.example", "two.example"][n % 2];
        format!("r{n}@{domain}")
    }))
    .await;
    app.article("one", "A story", &[]).await;
    let id = app.compose(&daily).await;
    (app, id)
}

async fn run(
    app: &TestApp,
    routes: Vec<RouteConfig>,
    rules: Vec<DomainRule>,
) -> Result<(), DeliverError> {
    let mut deps = app.deps.clone();
    deps.routes = Arc::new(Routes::new(routes, rules));
    let stop = CancellationToken::new();
    tokio::time::timeout(Duration::from_secs(60), deliver::run(&deps, &stop))
        .await
        .unwrap()
}

#[tokio::test]
async fn relays_share_by_weight_and_replace_each_other() {
    let (app, id) = issue(120).await;
    let (one, two) = (Own::start(None).await, Own::start(None).await);
    let mut heavy = one.route("heavy");
    heavy.weight = 3;
    let away = route("away", "smtp://127.0.0.1:1");
    let mut spare = two.route("spare");
    spare.backup = true;
    run(&app, vec![heavy, two.route("light"), away, spare], vec![])
        .await
        .unwrap();
    assert_eq!(app.state(id).await, IssueState::Sent);
    let (heavy, light) = (one.count(), two.count());
    assert_eq!(heavy + light, 120, "each reader once");
    assert!(heavy > light && light > 10, "{heavy} to {light}");
    let via: BTreeMap<String, usize> = app.relays_used(id).await;
    assert_eq!(via.get("heavy"), Some(&heavy));
    assert_eq!((via.get("away"), via.get("spare")), (None, None));
}

#[tokio::test]
async fn a_relay_in_reserve_steps_in_when_no_other_works() {
    let (app, id) = issue(20).await;
    let own = Own::start(None).await;
    let mut spare = own.route("spare");
    spare.backup = true;
    run(
        &app,
        vec![route("away", "smtp://127.0.0.1:1"), spare],
        vec![],
    )
    .await
    .unwrap();
    assert_eq!(app.state(id).await, IssueState::Sent);
    assert_eq!(app.relays_used(id).await.get("spare"), Some(&20));
}

#[tokio::test]
async fn a_publication_keeps_to_its_relays() {
    let (app, id) = issue(20).await;
    let (one, two) = (Own::start(None).await, Own::start(None).await);
    let mut deps = app.deps.clone();
    deps.routes = Arc::new(Routes::new(
        vec![one.route("one"), two.route("two")],
        vec![],
    ));
    let unknown = manage_publication::update(&deps, "ledger", |p| {
        p.relays = vec!["three".into()];
        Ok(())
    });
    let error = unknown.await.unwrap_err().to_string();
    assert!(
        error.contains("three") && error.contains("one, two"),
        "{error}"
    );
    manage_publication::update(&deps, "ledger", |p| {
        p.relays = vec!["two".into()];
        Ok(())
    })
    .await
    .unwrap();
    deliver::run(&deps, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(app.state(id).await, IssueState::Sent);
    assert_eq!((one.count(), two.count()), (0, 20));
}

#[tokio::test]
async fn an_hourly_limit_holds_and_the_next_hour_goes_on() {
    let (app, id) = issue(30).await;
    let own = Own::start(None).await;
    let mut limited = own.route("limited");
    limited.budget = Budget {
        per_hour: 12,
        ..Budget::default()
    };
    let error = run(&app, vec![limited.clone()], vec![]).await.unwrap_err();
    assert!(
        error.to_string().contains("goes on at 09:00 UTC"),
        "{error}"
    );
    assert_eq!(own.count(), 12);
    let (issue, counts) = app.issue(id).await;
    assert_eq!((counts.sent, counts.pending), (12, 18));
    assert!(issue.trouble.unwrap().contains("reached its limit"));
    // A restart does not forget what was used.
    run(&app, vec![limited.clone()], vec![]).await.unwrap_err();
    assert_eq!(own.count(), 12);
    app.advance(chrono::Duration::hours(1));
    run(&app, vec![limited.clone()], vec![]).await.unwrap_err();
    assert_eq!(own.count(), 24);
    app.advance(chrono::Duration::hours(1));
    run(&app, vec![limited], vec![]).await.unwrap();
    assert_eq!((own.count(), app.state(id).await), (30, IssueState::Sent));
}

#[tokio::test]
async fn a_rate_is_kept_to() {
    let (app, id) = issue(30).await;
    let own = Own::start(None).await;
    let mut slow = own.route("slow");
    slow.per_second = 20.0;
    let began = Instant::now();
    run(&app, vec![slow], vec![]).await.unwrap();
    assert_eq!(app.state(id).await, IssueState::Sent);
    // The first second's worth is in stock.
    assert!(
        began.elapsed() >= Duration::from_millis(450),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_domain_gets_no_more_at_a_time_than_it_bears() {
    let (app, id) = issue(40).await;
    let own = Own::start(None).await;
    let rules = ["one.example", "two.example"].map(|name| DomainRule {
        name: name.to_owned(),
        connections: 1,
        per_second: 0.0,
    });
    run(&app, vec![own.route("main")], rules.to_vec())
        .await
        .unwrap();
    assert_eq!(app.state(id).await, IssueState::Sent);
    assert!(own.most.load(Ordering::SeqCst) <= 2, "one for each domain");
}

#[tokio::test]
async fn a_domain_with_a_rate_does_not_hold_up_the_others() {
    let (app, id) = issue(400).await;
    let own = Own::start(None).await;
    let rule = DomainRule {
        name: "one.example".to_owned(),
        connections: 0,
        per_second: 0.1,
    };
    run(&app, vec![own.route("main")], vec![rule])
        .await
        .unwrap();
    let counts = app.issue(id).await.1;
    assert_eq!(
        counts.sent, 201,
        "all of the other domain, and one of the slow one"
    );
    assert_eq!(
        counts.pending, 199,
        "waiting in their rows, without an attempt"
    );
}

#[tokio::test]
async fn a_sender_that_is_refused_for_good_does_not_cost_the_whole_list() {
    struct NotYou;
    impl Script for NotYou {
        fn on_mail(&self, _from: &str) -> Action {
            Action::Reply(550, "5.7.1 sender not allowed".to_owned())
        }
    }
    let (app, id) = issue(100).await;
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = SmtpServer::start(loopback, Arc::new(NotYou)).await.unwrap();
    let url = format!("smtp://{}", server.address());
    let error = run(&app, vec![route("main", &url)], vec![])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("sender not allowed"), "{error}");
    let counts = app.issue(id).await.1;
    assert!((10..20).contains(&counts.failed), "{counts:?}");
    assert_eq!(counts.pending, 100 - counts.failed);
}

#[tokio::test]
async fn a_refusal_for_pace_is_no_mark_against_the_reader() {
    let (app, id) = issue(4).await;
    let own = Own::start(Some((450, "4.7.28 unusual rate of mail"))).await;
    for _ in 0..5 {
        run(&app, vec![own.route("main")], vec![]).await.unwrap();
        app.advance(chrono::Duration::seconds(75));
    }
    let lines = app.ledger(id).await;
    assert!(
        lines.iter().all(|line| line.attempts == 5),
        "every minute, not less and less often"
    );
}
