//! A program on loopback that is told of events: keeps what comes and answers as a test lays out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::Value;

use super::hub;

/// One call as it came.
#[derive(Debug, Clone)]
pub struct Told {
    pub id: String,
    pub at: i64,
    /// The signatures, without their version.
    pub signatures: Vec<String>,
    pub kind: String,
    pub body: String,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn event(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub fn data(&self) -> Value {
        self.json()["data"].clone()
    }

    /// Whether one of the signatures was made with a secret, after the standard's own words.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap());
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key.unwrap());
        let signed = format!("{}.{}.{}", self.id, self.at, self.body);
        self.signatures.iter().any(|signature| {
            let tag = STANDARD.decode(signature).unwrap();
            hmac::verify(&key, signed.as_bytes(), &tag).is_ok()
        })
    }
}

/// How it answers once.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    pub after: Duration,
}

impl From<u16> for Answer {
    fn from(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
            after: Duration::ZERO,
        }
    }
}

/// The program; it stops with the test's runtime.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    told: Arc<Mutex<Vec<Told>>>,
    next: Arc<Mutex<VecDeque<Answer>>>,
    usual: Arc<Mutex<Answer>>,
}

impl Receiver {
    /// One that takes everything.
    pub fn open() -> Self {
        let (listener, root) = hub::listener();
        let receiver = Self {
            url: format!("{root}/in"),
            told: Arc::default(),
            next: Arc::default(),
            usual: Arc::new(Mutex::new(204.into())),
        };
        let router = Router::new()
            .route("/in", post(answer))
            .with_state(receiver.clone());
        hub::serve(listener, router);
        receiver
    }

    /// Answers so from now on.
    pub fn be(&self, usual: impl Into<Answer>) {
        *self.usual.lock().unwrap() = usual.into();
    }

    /// Answers so once, after what was said before.
    pub fn then(&self, once: impl Into<Answer>) {
        self.next.lock().unwrap().push_back(once.into());
    }

    /// What came, in its order.
    pub fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    /// The events that came, by their names.
    pub fn events(&self) -> Vec<String> {
        self.told().iter().map(Told::event).collect()
    }

    /// The calls of one event.
    pub fn of(&self, event: &str) -> Vec<Told> {
        let mut told = self.told();
        told.retain(|one| one.event() == event);
        told
    }
}

async fn answer(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    let field = |name: &str| headers[name].to_str().unwrap().to_owned();
    let signatures = field("webhook-signature");
    let signatures = signatures.split(' ').map(|one| {
        let (version, signature) = one.split_once(',').unwrap();
        assert_eq!(version, "v1");
        signature.to_owned()
    });
    receiver.told.lock().unwrap().push(Told {
        id: field("webhook-id"),
        at: field("webhook-timestamp").parse().unwrap(),
        signatures: signatures.collect(),
        kind: field("content-type"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let next = receiver.next.lock().unwrap().pop_front();
    let answer = next.unwrap_or_else(|| receiver.usual.lock().unwrap().clone());
    tokio::time::sleep(answer.after).await;
    let status = StatusCode::from_u16(answer.status).unwrap();
    let mut response = (status, answer.body).into_response();
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
