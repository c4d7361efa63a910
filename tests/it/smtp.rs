//! One SMTP connection against servers that misbehave at every step.
#![allow(clippy::unwrap_used, reason = "a test stops at a surprise")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use paperround::demo::mailbox::Mailbox;
use paperround::demo::smtp::{Action, ReceivedMail, Script, SmtpServer};
use paperround::domain::delivery::{Outcome, Reply};
use paperround::domain::email_address::EmailAddress;
use paperround::mail::{Connection, Relay, RelayConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

mod connecting;
mod tls;

const ANY_PORT: &str = "127.0.0.1:0";
const FROM: &str = "bounce+1@ledger.example";
const MESSAGE: &[u8] = b"Subject: x\r\n\r\nHello\r\n";
/// The time limit where a server hangs: enough for a busy machine, short for a test that waits.
const SHORT: Duration = Duration::from_secs(1);
/// The time limit elsewhere, which no test reaches.
const LONG: Duration = Duration::from_secs(20);

/// A script of one action per step, for the first mail that gets there; later ones are accepted.
#[derive(Default)]
struct Once {
    actions: Mutex<HashMap<&'static str, Action>>,
    mailbox: Mailbox,
}

impl Once {
    fn new(step: &'static str, action: Action) -> Arc<Self> {
        Arc::new(Self {
            actions: Mutex::new(HashMap::from([(step, action)])),
            mailbox: Mailbox::new(),
        })
    }

    fn limit(&self) -> Duration {
        let actions = self.actions.lock().unwrap();
        let hangs = actions.values().any(|a| matches!(a, Action::Hang));
        if hangs { SHORT } else { LONG }
    }

    fn take(&self, step: &str) -> Action {
        let action = self.actions.lock().unwrap().remove(step);
        action.unwrap_or(Action::Accept)
    }
}

impl Script for Once {
    fn on_connect(&self) -> Action {
        self.take("connect")
    }
    fn on_mail(&self, _from: &str) -> Action {
        self.take("mail")
    }
    fn on_rcpt(&self, _to: &str) -> Action {
        self.take("rcpt")
    }
    fn on_data(&self) -> Action {
        self.take("data")
    }
    fn on_body(&self) -> Action {
        self.take("body")
    }
    fn on_message(&self, envelope: &ReceivedMail) -> Action {
        let action = self.take("message");
        if matches!(action, Action::Accept | Action::CloseAfterAccepting) {
            self.mailbox.keep(envelope.clone());
        }
        action
    }
    fn on_reset(&self) -> Action {
        self.take("reset")
    }
}

fn ann() -> EmailAddress {
    "ann@example.org".parse().unwrap()
}

fn config(address: SocketAddr, limit: Duration) -> RelayConfig {
    RelayConfig {
        command_timeout: limit,
        data_timeout: limit,
        ..RelayConfig::new("main", format!("smtp://{address}"))
    }
}

/// A server with this script, and a connection to it.
async fn connect(script: Arc<Once>) -> (SmtpServer, Connection) {
    let limit = script.limit();
    let server = SmtpServer::start(ANY_PORT.parse().unwrap(), script)
        .await
        .unwrap();
    let relay = Relay::parse(&config(server.address(), limit)).unwrap();
    let connection = relay.connect().await.unwrap();
    (server, connection)
}

/// The outcome of one mail where one step goes differently, and whether the connection lives.
async fn outcome(step: &'static str, action: Action, message: &[u8]) -> (Outcome, bool) {
    let (_server, mut connection) = connect(Once::new(step, action)).await;
    let outcome = connection.send(FROM, &ann(), message).await;
    (outcome, connection.is_usable())
}

fn reply(code: u16, enhanced: &str, text: &str) -> Reply {
    Reply {
        code,
        enhanced: Some(enhanced.to_owned()),
        text: format!("{enhanced} {text}"),
    }
}

/// Longer than any socket buffer, so that a server that does not read holds the writer up.
fn endless() -> Vec<u8> {
    b"0123456789012345678901234567890123456789012345678901234567890123\r\n".repeat(400_000)
}

#[tokio::test]
async fn mails_are_accepted_one_after_the_other() {
    let script = Arc::new(Once::default());
    let (server, mut connection) = connect(Arc::clone(&script)).await;
    for number in 1..=3 {
        assert_eq!(
            connection.send(FROM, &ann(), MESSAGE).await,
            Outcome::Accepted(reply(250, "2.0.0", &format!("kept as {number}")))
        );
    }
    connection.quit().await;
    let mails = script.mailbox.list();
    assert_eq!(mails.len(), 3);
    assert_eq!(mails[0].envelope().from, FROM);
    assert_eq!(mails[0].envelope().to, ["ann@example.org"]);
    assert_eq!(mails[0].envelope().data, MESSAGE);
    server.shutdown().await;
}

#[tokio::test]
async fn a_refusal_at_any_step_leaves_the_connection_for_the_next_mail() {
    for step in ["mail", "rcpt", "data", "message"] {
        for code in [450, 550] {
            let enhanced = format!("{}.7.1", code / 100);
            let action = Action::Reply(code, format!("{enhanced} not\n{enhanced} now"));
            let script = Once::new(step, action);
            let (_server, mut connection) = connect(Arc::clone(&script)).await;

            let outcome = connection.send(FROM, &ann(), MESSAGE).await;
            let said = reply(code, &enhanced, "not now");
            let expected = if code == 450 {
                Outcome::Deferred(said)
            } else {
                Outcome::Refused(said)
            };
            assert_eq!(outcome, expected, "{step}");
            assert!(script.mailbox.list().is_empty() && connection.is_usable());

            let next = connection.send("", &ann(), MESSAGE).await;
            assert!(matches!(next, Outcome::Accepted(_)), "{step}: {next:?}");
            assert_eq!(script.mailbox.list()[0].envelope().from, "");
        }
    }
}

#[tokio::test]
async fn a_server_that_says_goodbye_is_believed() {
    for step in ["mail", "rcpt", "data", "message"] {
        let action = Action::Reply(421, "4.3.2 shutting down".into());
        let (outcome, usable) = outcome(step, action, MESSAGE).await;
        let said = reply(421, "4.3.2", "shutting down");
        assert_eq!(
            (outcome, usable),
            (Outcome::Deferred(said), false),
            "{step}"
        );
    }
}

#[tokio::test]
async fn before_the_final_dot_a_lost_connection_means_that_nothing_was_begun() {
    for step in ["mail", "rcpt", "data"] {
        for action in [Action::Close, Action::Hang, Action::Raw("what?\r\n".into())] {
            let (outcome, usable) = outcome(step, action.clone(), MESSAGE).await;
            assert!(
                matches!(outcome, Outcome::NotBegun(_)),
                "{step} {action:?}: {outcome:?}"
            );
            assert!(!usable);
        }
    }
}

#[tokio::test]
async fn in_the_middle_of_the_message_too() {
    let message = endless();
    for action in [Action::Close, Action::Hang] {
        let (outcome, usable) = outcome("body", action.clone(), &message).await;
        assert!(
            matches!(outcome, Outcome::NotBegun(_)),
            "{action:?}: {outcome:?}"
        );
        assert!(!usable);
    }
}

#[tokio::test]
async fn after_the_final_dot_nobody_knows() {
    for action in [
        Action::Close,
        Action::CloseAfterAccepting,
        Action::Hang,
        Action::Raw("what?\r\n".into()),
        Action::Raw("250-half a reply\r\n251 of two codes\r\n".into()),
        Action::Raw("354 once more?\r\n".into()),
    ] {
        let script = Once::new("message", action.clone());
        let (_server, mut connection) = connect(Arc::clone(&script)).await;
        let outcome = connection.send(FROM, &ann(), MESSAGE).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{action:?}: {outcome:?}"
        );
        assert!(!connection.is_usable());
        let kept = usize::from(matches!(action, Action::CloseAfterAccepting));
        assert_eq!(script.mailbox.list().len(), kept);

        let next = connection.send(FROM, &ann(), MESSAGE).await;
        assert!(matches!(next, Outcome::NotBegun(_)), "{next:?}");
    }
}

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    let accept = Box::new(Action::Accept);
    let (outcome, usable) = outcome("message", Action::Delay(SHORT, accept), MESSAGE).await;
    assert!(matches!(outcome, Outcome::Accepted(_)) && usable);
}

#[tokio::test]
async fn a_connection_that_cannot_be_reset_is_given_up() {
    for action in [
        Action::Close,
        Action::Hang,
        Action::Reply(500, "what?".into()),
    ] {
        let script = Once::new("rcpt", Action::Reply(550, "5.1.1 no".into()));
        script.actions.lock().unwrap().insert("reset", action);
        let (_server, mut connection) = connect(script).await;
        let outcome = connection.send(FROM, &ann(), MESSAGE).await;
        assert_eq!(outcome, Outcome::Refused(reply(550, "5.1.1", "no")));
        assert!(!connection.is_usable());
    }
}

#[tokio::test]
async fn a_connection_serves_its_share() {
    let script = Arc::new(Once::default());
    let server = SmtpServer::start(ANY_PORT.parse().unwrap(), script)
        .await
        .unwrap();
    let mut config = config(server.address(), LONG);
    config.messages_per_connection = 2;
    let relay = Relay::parse(&config).unwrap();
    let mut connection = relay.connect().await.unwrap();
    connection.send(FROM, &ann(), MESSAGE).await;
    assert!(connection.is_usable());
    connection.send(FROM, &ann(), MESSAGE).await;
    assert!(!connection.is_usable());
}

#[tokio::test]
async fn dots_and_utf8_arrive_as_they_were_sent() {
    let script = Arc::new(Once::default());
    let (_server, mut connection) = connect(Arc::clone(&script)).await;
    let to: EmailAddress = "jörg@bücher.example".parse().unwrap();
    let message = "To: jörg@xn--bcher-kva.example\r\n\r\n.\r\n..\r\n.a\r\n\r\n.\r\nend.\r\n\r\n";
    let outcome = connection.send(FROM, &to, message.as_bytes()).await;
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    let mail = &script.mailbox.list()[0];
    assert_eq!(mail.source(), message);
    assert_eq!(mail.envelope().to, ["jörg@xn--bcher-kva.example"]);
}

#[tokio::test]
async fn utf8_needs_a_server_that_takes_it() {
    let address = replies(&["220 hi\r\n", "250 plain\r\n", "250 reset\r\n"]).await;
    let relay = Relay::parse(&config(address, LONG)).unwrap();
    let mut connection = relay.connect().await.unwrap();
    let to: EmailAddress = "jörg@example.org".parse().unwrap();
    let outcome = connection.send(FROM, &to, MESSAGE).await;
    let Outcome::Refused(said) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((said.code, said.enhanced.as_deref()), (553, Some("5.6.7")));
    assert!(connection.is_usable());
}

#[tokio::test]
async fn what_would_be_read_as_a_second_mail_is_not_sent() {
    let (_server, mut connection) = connect(Arc::new(Once::default())).await;
    let smuggled = b"Subject: x\r\n\r\nHello\n.\nMAIL FROM:<eve@example.net>\r\n";
    let outcome = connection.send(FROM, &ann(), smuggled).await;
    assert!(matches!(outcome, Outcome::NotBegun(_)), "{outcome:?}");
}

/// A server that says these things, the first at once and each other after something was heard.
async fn replies(lines: &[&str]) -> SocketAddr {
    let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = [0; 1024];
        for line in lines {
            stream.write_all(line.as_bytes()).await.unwrap();
            if stream.read(&mut heard).await.unwrap() == 0 {
                return;
            }
        }
        // Stay on the line until the client leaves.
        while stream.read(&mut heard).await.unwrap_or(0) > 0 {}
    });
    address
}
