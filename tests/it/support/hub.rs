//! A WebSub hub on loopback that does what a test lays out: it is asked, calls back and pushes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ring::hmac;
use tokio::net::TcpListener;
use url::form_urlencoded;

/// The names and values of a form.
pub type Form = HashMap<String, String>;

/// How a hub answers.
#[derive(Debug, Clone)]
pub enum Manner {
    /// It takes the request; a test calls back, or does not.
    Accept,
    /// It calls back before it answers.
    CallFirst { lease_seconds: u64 },
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: &'static str,
    },
}

/// The hub; it stops with the test's runtime.
#[derive(Clone)]
pub struct Hub {
    pub root: String,
    manner: Arc<Mutex<Manner>>,
    asked: Arc<Mutex<Vec<Form>>>,
    client: reqwest::Client,
}

/// What our callback answered.
#[derive(Debug)]
pub struct Said {
    pub status: u16,
    pub kind: String,
    pub body: String,
}

impl Hub {
    pub async fn open() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hub = Self {
            root: format!("http://{}/", listener.local_addr().unwrap()),
            manner: Arc::new(Mutex::new(Manner::Accept)),
            asked: Arc::default(),
            client: reqwest::Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(20))
                .build()
                .unwrap(),
        };
        let router = Router::new()
            .route("/", post(answer))
            .route("/moved", post(answer))
            .with_state(hub.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        hub
    }

    /// Answers in this manner from now on.
    pub fn be(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Form> {
        self.asked.lock().unwrap().clone()
    }

    pub fn last_asked(&self) -> Form {
        self.asked().pop().unwrap()
    }

    /// Calls back as after `request`, with some parameters in another way.
    pub async fn call_back(&self, request: &Form, changes: &[(&str, &str)]) -> Said {
        let mut query: HashMap<&str, &str> = HashMap::from([
            ("hub.mode", request["hub.mode"].as_str()),
            ("hub.topic", &request["hub.topic"]),
            ("hub.challenge", "<b>prove it</b>"),
            ("hub.lease_seconds", "864000"),
        ]);
        query.extend(changes.iter().copied());
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query.iter().filter(|(_, value)| !value.is_empty()))
            .finish();
        let url = format!("{}?{query}", request["hub.callback"]);
        said(self.client.get(url)).await
    }

    /// Pushes news as `request` has it, signed with its secret.
    pub async fn push(&self, request: &Form, body: impl AsRef<[u8]>) -> Said {
        let signature = sign(&request["hub.secret"], body.as_ref());
        let kind = "application/rss+xml";
        let headers = [("content-type", kind), (SIGNATURE, signature.as_str())];
        self.push_as(request, body, &headers).await
    }

    /// Pushes news with these header fields.
    pub async fn push_as(
        &self,
        request: &Form,
        body: impl AsRef<[u8]>,
        headers: &[(&str, &str)],
    ) -> Said {
        let mut push = self.client.post(&request["hub.callback"]);
        for (name, value) in headers {
            push = push.header(*name, *value);
        }
        said(push.body(body.as_ref().to_vec())).await
    }
}

/// The field that carries a signature.
pub const SIGNATURE: &str = "x-hub-signature";

pub fn sign(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, body);
    let digits: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256={digits}")
}

async fn said(request: reqwest::RequestBuilder) -> Said {
    let answer = request.send().await.unwrap();
    let kind = answer.headers().get("content-type");
    Said {
        status: answer.status().as_u16(),
        kind: kind.map_or_else(String::new, |kind| kind.to_str().unwrap().to_owned()),
        body: answer.text().await.unwrap(),
    }
}

async fn answer(State(hub): State<Hub>, headers: HeaderMap, form: RawForm) -> Response {
    assert_eq!(headers["content-type"], "application/x-www-form-urlencoded");
    let form: Form = form_urlencoded::parse(&form.0).into_owned().collect();
    hub.asked.lock().unwrap().push(form.clone());
    let manner = hub.manner.lock().unwrap().clone();
    match manner {
        Manner::Accept => StatusCode::ACCEPTED.into_response(),
        Manner::CallFirst { lease_seconds } => {
            let lease = lease_seconds.to_string();
            let said = hub.call_back(&form, &[("hub.lease_seconds", &lease)]).await;
            assert_eq!(said.status, 200, "{said:?}");
            StatusCode::ACCEPTED.into_response()
        }
        Manner::Answer {
            status,
            headers,
            body,
        } => {
            let mut answer = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                answer.headers_mut().insert(name, value.parse().unwrap());
            }
            answer
        }
    }
}

/// A listener, and the address under which it is known.
pub fn listener() -> (std::net::TcpListener, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    (listener, format!("http://{address}"))
}

/// Serves a router on a listener until the test ends.
pub fn serve(listener: std::net::TcpListener, router: Router) {
    let listener = TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
}
