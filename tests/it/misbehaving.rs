//! The whole engine against servers that misbehave again and again: nobody is missed, nothing
//! avoidable is repeated, and no turn hangs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use paperround::domain::delivery::DeliveryState;
use paperround::domain::ids::IssueId;
use paperround::domain::issue::IssueState;
use paperround::mail::{Relay, RelayConfig};
use paperround::services::deliver::{RouteConfig, Routes};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::Semaphore;
use tokio::task::LocalSet;
use tokio_rustls::TlsAcceptor;

use crate::smtp_session::player::{Deed, Heard, OFFERS, Player, Tls, say, usual};
use crate::support::TestApp;

pub const READERS: usize = 24;
/// The time limit where a server hangs, and where it does not.
const SHORT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(60);
/// No turn may take longer, however often a limit is reached in it.
const TURN: Duration = Duration::from_secs(50);

/// For `localhost` only, signed by itself; the key protects nothing.
const CERTIFICATE: &[u8] = include_bytes!("../fixtures/tls/localhost.pem");
const KEY: &[u8] = include_bytes!("../fixtures/tls/test-only-key.pem");

/// What a fault means for the mail it meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It goes out once, at once or over another connection.
    None,
    /// It was refused for now.
    Deferred,
    /// It was refused for good.
    Failed,
    /// Nobody knows whether the server has it.
    Unknown,
}

/// A server and its fault.
#[derive(Clone)]
pub struct Case {
    pub verb: &'static str,
    pub when: fn(&Heard) -> bool,
    pub deeds: Vec<Deed>,
    pub effect: Effect,
    pub tls: bool,
    /// What the server says to EHLO.
    pub offers: &'static str,
}

pub fn case(verb: &'static str, deeds: Vec<Deed>, effect: Effect) -> Case {
    Case {
        verb,
        // Now and then, the first time included.
        when: |heard| heard.count % 7 == 1,
        deeds,
        effect,
        tls: false,
        offers: OFFERS,
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut deeds = format!("{:?}", self.deeds);
        deeds.truncate(120);
        write!(f, "{} {deeds} tls {}", self.verb, self.tls)
    }
}

fn acceptor() -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A running server and how often its fault has struck.
pub async fn start(case: &Case) -> (Player, Arc<AtomicUsize>) {
    let hits = Arc::new(AtomicUsize::new(0));
    let (counted, part) = (Arc::clone(&hits), case.clone());
    let tls = if case.tls {
        Tls::Implicit(acceptor())
    } else {
        Tls::Never
    };
    let player = Player::start(tls, move |heard| {
        if heard.verb == part.verb && (part.when)(heard) {
            counted.fetch_add(1, Ordering::SeqCst);
            return Some(part.deeds.clone());
        }
        (heard.verb == "EHLO").then(|| vec![say(part.offers)])
    });
    (player.await, hits)
}

/// An issue that is to go out over this server.
pub async fn issue(case: &Case, player: &Player) -> (TestApp, IssueId) {
    let mut app = TestApp::new().await;
    let (scheme, port) = (
        if case.tls { "smtps" } else { "smtp" },
        player.address.port(),
    );
    let mut config = RelayConfig::new("main", format!("{scheme}://localhost:{port}"));
    let hangs = case.deeds.iter().any(|deed| matches!(deed, Deed::Hang));
    let is_silent = hangs || case.deeds.iter().any(|deed| matches!(deed, Deed::Forget));
    config.command_timeout = if is_silent { SHORT } else { LONG };
    config.data_timeout = config.command_timeout;
    config.connections = 3;
    if case.tls {
        let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
        config.extra_roots = vec![certificate.to_vec()];
    }
    let relay = RouteConfig::new(Relay::parse(&config).unwrap());
    app.deps.routes = Arc::new(Routes::new(vec![relay], Vec::new()));
    let daily = app.digest("daily", None, 1).await;
    app.readers((0..READERS).map(|n| format!("reader{n}@inbox.example")))
        .await;
    app.article("one", "A story", &[]).await;
    let id = app.compose(&daily).await;
    (app, id)
}

/// One turn of the engine; true where it said that the relay does not work.
pub async fn turn(app: &TestApp, case: &Case) -> bool {
    let began = Instant::now();
    let sent = app.deliver().await;
    assert!(began.elapsed() < TURN, "{case}: {:?}", began.elapsed());
    sent.is_err()
}

/// Whom the messages are for that the server has.
pub fn readers(player: &Player) -> Vec<String> {
    let messages = player.messages().into_iter();
    let reader = |message: Vec<u8>| {
        let text = String::from_utf8(message).unwrap();
        let to = text.lines().find_map(|line| line.strip_prefix("To: "))?;
        Some(to.trim_matches(['<', '>']).to_owned())
    };
    messages.filter_map(reader).collect()
}

/// Sends until the issue ends.
pub async fn send_all(app: &TestApp, case: &Case, id: IssueId) {
    let mut turns = 0;
    while !app.state(id).await.is_final() {
        turns += 1;
        assert!(turns < 300, "{case}: {:?}", app.issue(id).await);
        if turn(app, case).await {
            let trouble = app.issue(id).await.0.trouble;
            assert!(trouble.is_some(), "{case}: a trouble that nobody hears of");
            // The relay is left alone for a second.
            tokio::time::sleep(Duration::from_millis(300)).await;
        } else {
            app.advance(chrono::Duration::minutes(1));
        }
    }
}

/// Sends until the issue ends, and looks what came of it.
async fn goes_well(case: Case) {
    let (player, hits) = start(&case).await;
    let (app, id) = issue(&case, &player).await;
    send_all(&app, &case, id).await;
    let hits = hits.load(Ordering::SeqCst);
    assert!(hits > 0, "{case}: the fault did not strike");
    let lines = app.ledger(id).await;
    let context = format!("{case}: {hits} hits, {lines:#?}");
    let failed = if case.effect == Effect::Failed {
        hits
    } else {
        0
    };
    let of_state = |state: DeliveryState| lines.iter().filter(move |line| line.state == state);
    assert_eq!(of_state(DeliveryState::Failed).count(), failed, "{context}");
    assert_eq!(
        of_state(DeliveryState::Sent).count(),
        READERS - failed,
        "{context}"
    );
    let got = readers(&player);
    let distinct: BTreeSet<&str> = got.iter().map(String::as_str).collect();
    for line in of_state(DeliveryState::Sent) {
        assert!(distinct.contains(&*line.email), "{context}");
    }
    // A refused or unanswered message has come all the same.
    let heard_in_vain = case.verb == "DOT" && case.effect != Effect::None;
    let extra = if heard_in_vain { hits } else { 0 };
    assert_eq!(got.len(), READERS - failed + extra, "{context}");
    let repeats: u32 = lines.iter().map(|line| line.repeats).sum();
    let expected = if case.effect == Effect::Unknown {
        hits
    } else {
        0
    };
    assert_eq!(repeats as usize, expected, "{context}");
    let ended = if failed > 0 {
        IssueState::SentWithFailures
    } else {
        IssueState::Sent
    };
    assert_eq!(app.state(id).await, ended, "{context}");
}

/// Plays the cases side by side, since most of their time is waiting.
pub async fn all<F: Future<Output = ()> + 'static>(cases: Vec<Case>, play: fn(Case) -> F) {
    let here = LocalSet::new();
    // Not so many that one waits for the others' database.
    let turns = Arc::new(Semaphore::new(8));
    let playing: Vec<_> = cases
        .into_iter()
        .map(|case| {
            let turns = Arc::clone(&turns);
            here.spawn_local(async move {
                let _turn = turns.acquire().await.unwrap();
                play(case).await;
            })
        })
        .collect();
    here.run_until(async {
        for played in playing {
            played.await.unwrap();
        }
    })
    .await;
}

async fn all_go_well(cases: Vec<Case>) {
    all(cases, goes_well).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_at_each_step() {
    let mut cases = Vec::new();
    for verb in ["MAIL", "RCPT", "DATA", "DOT"] {
        cases.push(case(
            verb,
            vec![say("451 4.3.0 later\r\n")],
            Effect::Deferred,
        ));
        cases.push(case(verb, vec![say("550 5.1.1 never\r\n")], Effect::Failed));
        let bye = vec![say("421 4.3.2 going down\r\n"), Deed::Cut];
        cases.push(case(verb, bye, Effect::Deferred));
    }
    for verb in ["CONNECT", "EHLO"] {
        for reply in ["421 4.3.2 busy\r\n", "554 5.3.2 no\r\n"] {
            cases.push(case(verb, vec![say(reply), Deed::Cut], Effect::None));
        }
    }
    cases.push(case("EHLO", vec![say("500 what\r\n")], Effect::None));
    all_go_well(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_that_come_slowly_in_pieces_or_in_lines() {
    let mut cases = Vec::new();
    for verb in ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"] {
        let [Deed::Say(usual)] = &usual(verb)[..] else {
            panic!("{verb}");
        };
        let slow = vec![Deed::Wait(Duration::from_millis(200)), say(usual)];
        cases.push(case(verb, slow, Effect::None));
        let spelt = vec![Deed::Spell(usual.clone())];
        cases.push(case(verb, spelt, Effect::None));
        let (code, _) = usual.split_at(3);
        let lines = format!("{code}-one\r\n{code}-\r\n{}", usual.replace('-', " "));
        if verb != "EHLO" {
            cases.push(case(verb, vec![say(&lines)], Effect::None));
        }
    }
    all_go_well(cases).await;
}

pub fn nonsense() -> Vec<Vec<Deed>> {
    vec![
        vec![say("what?\r\n")],
        vec![say(&format!("250 {}\r\n", "x".repeat(5000)))],
        vec![say("250-half\r\n251 another\r\n")],
        vec![say("250-cut in the mid"), Deed::Cut],
        vec![Deed::Cut],
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_and_breaks_before_the_message() {
    let mut cases = Vec::new();
    for verb in ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"] {
        for deeds in nonsense() {
            cases.push(case(verb, deeds, Effect::None));
        }
    }
    for (verb, reply) in [
        ("MAIL", "354 go on\r\n"),
        ("RCPT", "354 go on\r\n"),
        ("DATA", "250 taken already\r\n"),
        ("MAIL", "503 5.5.1 out of turn\r\n"),
    ] {
        cases.push(case(verb, vec![say(reply)], Effect::None));
    }
    all_go_well(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_and_breaks_behind_the_message() {
    let mut cases: Vec<Case> = nonsense()
        .into_iter()
        .chain([vec![say("354 once more?\r\n")]])
        .map(|deeds| case("DOT", deeds, Effect::Unknown))
        .collect();
    // All has left by then, so that nobody knows.
    cases.push(case("BODY", vec![Deed::Cut], Effect::Unknown));
    let kept = vec![say("250 2.0.0 kept\r\n"), Deed::Cut];
    cases.push(case("DOT", kept, Effect::None));
    all_go_well(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_that_ends_in_the_middle() {
    let mut cases = Vec::new();
    for (verb, effect) in [
        ("CONNECT", Effect::None),
        ("RCPT", Effect::None),
        ("DATA", Effect::None),
        ("BODY", Effect::Unknown),
        ("DOT", Effect::Unknown),
    ] {
        let cut = case(verb, vec![Deed::Cut], effect);
        cases.push(Case { tls: true, ..cut });
    }
    all_go_well(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_with_the_time_limit() {
    let mut cases = Vec::new();
    for verb in ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"] {
        let effect = match verb {
            "DOT" => Effect::Unknown,
            _ => Effect::None,
        };
        cases.push(case(verb, vec![Deed::Hang], effect));
    }
    all_go_well(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelining_that_is_offered_and_not_honoured() {
    let mut cases = Vec::new();
    for verb in ["MAIL", "RCPT", "DOT"] {
        let forgets = [vec![Deed::Forget], usual(verb)].concat();
        let always = case(verb, forgets, Effect::None);
        cases.push(Case {
            when: |_| true,
            ..always
        });
    }
    all_go_well(cases).await;
}

/// A server that never gets any further than this.
async fn says_its_trouble(mut case: Case) {
    case.when = |_| true;
    let (player, _) = start(&case).await;
    let (app, id) = issue(&case, &player).await;
    assert!(turn(&app, &case).await, "{case}: the turn says nothing");
    let (issue, counts) = app.issue(id).await;
    let context = format!("{case}: {issue:?} {counts:?}");
    assert_eq!(issue.state, IssueState::Sending, "{context}");
    assert!(issue.trouble.is_some(), "{context}");
    let readers = i64::try_from(READERS).unwrap();
    assert_eq!(counts.open(), readers, "{context}");
    assert_eq!((counts.sending, counts.failed), (0, 0), "{context}");
    let lines = app.ledger(id).await;
    let tries: u32 = lines.iter().map(|line| line.attempts).sum();
    let repeats: u32 = lines.iter().map(|line| line.repeats).sum();
    match case.effect {
        Effect::Unknown => assert!(tries == repeats && repeats > 0, "{context}"),
        _ => assert_eq!((tries, repeats), (0, 0), "{context}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_never_works_is_named_and_costs_no_reader_anything() {
    let mut cases = Vec::new();
    for verb in ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"] {
        let effect = match verb {
            "DOT" => Effect::Unknown,
            _ => Effect::None,
        };
        for deeds in [vec![Deed::Hang], vec![Deed::Cut], vec![say("what?\r\n")]] {
            cases.push(case(verb, deeds, effect));
        }
    }
    let tls = case("DATA", vec![Deed::Cut], Effect::None);
    cases.push(Case { tls: true, ..tls });
    for reply in ["421 4.3.2 busy\r\n", "554 5.3.2 no\r\n"] {
        let closed = vec![say(reply), Deed::Cut];
        cases.push(case("CONNECT", closed, Effect::None));
    }
    all(cases, says_its_trouble).await;
}
