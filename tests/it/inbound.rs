//! What comes back about mails that went out: over LMTP, in a Maildir, and from the relay at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use chrono::Duration;
use paperround::config::Settings;
use paperround::demo::mailbox::{Mailbox, StoredMail};
use paperround::demo::smtp::{Action, Script};
use paperround::domain::bounce::ReportKind;
use paperround::domain::bounced::BounceSource;
use paperround::domain::digest::Digest;
use paperround::domain::ids::IssueId;
use paperround::domain::issue::IssueState;
use paperround::domain::subscriber::Subscriber;
use paperround::domain::subscription::{ConsentKind, Subscription, SubscriptionState};
use paperround::domain::suppression::{Suppression, SuppressionReason};
use paperround::inbound::{lmtp, maildir};
use paperround::services::{alerts, record_bounce, suppress};
use paperround::store::bounces::{self, Known};
use paperround::store::{consents, subscribers, subscriptions, suppressions};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::support::TestApp;

mod acting;
mod folder;
mod hooks;
mod shown;
mod wishes;

const DOMAIN: &str = "bounces.news.example";
const ANN: &str = "ann@inbox.example";

fn with_domain(settings: &mut Settings) {
    DOMAIN.clone_into(&mut settings.bounces.return_path_domain);
}

async fn service(change: impl FnOnce(&mut Settings)) -> TestApp {
    let mailbox = Mailbox::new();
    let script = Arc::new(mailbox.clone());
    TestApp::with(script, mailbox, |settings| {
        with_domain(settings);
        change(settings);
    })
    .await
}

/// An issue to Ann, and her mail.
async fn sent(app: &TestApp) -> (Digest, IssueId, StoredMail) {
    let digest = app.digest("daily", None, 1).await;
    app.subscribe(ANN, "").await;
    let (issue, mail) = again(app, &digest, 1).await;
    (digest, issue, mail)
}

async fn again(app: &TestApp, digest: &Digest, number: u32) -> (IssueId, StoredMail) {
    app.article(&format!("news-{number}"), "Fire at the mill", &[])
        .await;
    let issue = app.send(digest).await;
    (issue, app.newest(ANN))
}

/// The address of the way out by mail.
fn leave_address(mail: &StoredMail) -> String {
    let raw = mail.source();
    let unfolded = raw.replace("\r\n ", " ").replace("\r\n\t", " ");
    let field = unfolded
        .lines()
        .find(|line| line.starts_with("List-Unsubscribe:"))
        .unwrap();
    let uri = field.split("<mailto:").nth(1).unwrap();
    let (uri, _) = uri.split_once('>').unwrap();
    let (address, query) = uri.split_once('?').unwrap();
    assert_eq!(query, "subject=unsubscribe");
    address.to_owned()
}

/// A mail server that hands mails over.
struct Client(BufReader<TcpStream>);

impl Client {
    async fn connect(app: &TestApp) -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(loopback).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(lmtp::serve(
            app.deps.clone(),
            listener,
            CancellationToken::new(),
        ));
        let stream = TcpStream::connect(address).await.unwrap();
        let mut client = Self(BufReader::new(stream));
        assert!(client.reply().await.starts_with("220 "));
        assert!(client.say("LHLO mx.news.example").await.starts_with("250 "));
        client
    }

    /// The last line of a reply.
    async fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            if line.get(3..4) != Some("-") {
                return line;
            }
        }
    }

    async fn say(&mut self, line: &str) -> String {
        let line = format!("{line}\r\n");
        self.0.get_mut().write_all(line.as_bytes()).await.unwrap();
        self.reply().await
    }

    /// Hands one mail over; the reply at the step that ended it.
    async fn hand_over(&mut self, from: &str, to: &str, message: &str) -> String {
        self.say("RSET").await;
        for command in [format!("MAIL FROM:<{from}>"), format!("RCPT TO:<{to}>")] {
            let reply = self.say(&command).await;
            if !reply.starts_with("250 ") {
                return reply;
            }
        }
        assert!(self.say("DATA").await.starts_with("354 "));
        let message = message.replace("\r\n", "\n").replace('\n', "\r\n");
        self.say(&format!("{message}\r\n.")).await
    }
}

/// A mail from a person.
fn letter(to: &str, subject: &str, body: &str) -> String {
    format!(
        "From: Ann <{ANN}>\nTo: {to}\nSubject: {subject}\nDate: Mon, 2 Mar 2026 09:00:00 +0000\n\
         Message-ID: <1@inbox.example>\n\n{body}\n"
    )
}

/// A report of a mail server (RFC 3464).
fn report(status: &str, diagnostic: &str) -> String {
    format!(
        "From: MAILER-DAEMON@inbox.example\nTo: somebody@example.org\n\
         Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n\
         MIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
         --b\n\nYour mail could not be delivered.\n\n\
         --b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.inbox.example\n\n\
         Final-Recipient: rfc822; {ANN}\nAction: failed\nStatus: {status}\n\
         Diagnostic-Code: smtp; {diagnostic}\n\n--b--\n"
    )
}

const GONE: &str = "550 5.1.1 <ann@inbox.example>: no such user";
const FULL: &str = "452 4.2.2 mailbox full";

/// A complaint that a mailbox provider passes on (RFC 5965), without the address.
fn complaint(mail: &StoredMail) -> String {
    let raw = mail.source();
    let raw = raw.replace("\r\n", "\n");
    let (head, _) = raw.split_once("\n\n").unwrap();
    let head = head.replace(ANN, "redacted@inbox.example");
    format!(
        "From: feedback@inbox.example\nTo: feedback@{DOMAIN}\nSubject: complaint\n\
         MIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nA reader complains.\n\n\
         --b\nContent-Type: message/feedback-report\n\n\
         Feedback-Type: abuse\nUser-Agent: Inbox/1\nVersion: 1\n\n\
         --b\nContent-Type: text/rfc822-headers\n\n{head}\n\n--b--\n"
    )
}

async fn subscriber(app: &TestApp) -> Subscriber {
    let mut tx = app.deps.store.read().await.unwrap();
    let found = subscribers::find_by_email(&mut tx, &ANN.parse().unwrap()).await;
    found.unwrap().unwrap()
}

async fn place(app: &TestApp) -> Subscription {
    let reader = subscriber(app).await;
    let mut tx = app.deps.store.read().await.unwrap();
    let places = subscriptions::of_subscriber(&mut tx, reader.id).await;
    places.unwrap().remove(0)
}

async fn suppression(app: &TestApp) -> Option<Suppression> {
    let mut tx = app.deps.store.read().await.unwrap();
    let hash = app.deps.keys.email_hash(&ANN.parse().unwrap());
    suppressions::find(&mut tx, hash).await.unwrap()
}

async fn reason(app: &TestApp) -> Option<SuppressionReason> {
    suppression(app).await.map(|found| found.reason)
}

async fn known(app: &TestApp) -> Vec<Known> {
    let id = place(app).await.id;
    let mut tx = app.deps.store.read().await.unwrap();
    bounces::of_subscription(&mut tx, id).await.unwrap()
}

/// The evidence of how the subscription has ended.
async fn withdrawals(app: &TestApp) -> Vec<String> {
    let id = place(app).await.id;
    let mut tx = app.deps.store.read().await.unwrap();
    let records = consents::list(&mut tx, id).await.unwrap();
    let ended = records
        .into_iter()
        .filter(|record| record.kind == ConsentKind::Withdrawn);
    ended.filter_map(|record| record.source).collect()
}
