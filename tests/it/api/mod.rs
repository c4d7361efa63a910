//! The API for programs.

mod articles;
mod digests;
mod document;
mod feeds;
mod issues;
mod operators;
mod publications;
mod service;
mod subscribers;
mod suppressions;
mod templates;
mod tokens;
mod topic_rules;
mod webhooks;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use paperround::domain::api_token::Role;
use paperround::domain::ids::PublicationId;
use paperround::domain::operator::sends_by_default;
use paperround::domain::publication::Publication;
use paperround::services::manage_publication;
use paperround::services::manage_token::{self, NewToken};
use serde_json::Value;

use crate::support::{Answer, TestApp, new_publication};

const ARTICLES: &str = "/api/v1/articles?publication=ledger";

/// A token without an end.
async fn token(app: &TestApp, name: &str, role: Role, publications: &[PublicationId]) -> String {
    let new = NewToken {
        name: name.to_owned(),
        role,
        may_send: sends_by_default(role),
        publications: publications.to_vec(),
        valid_for: None,
    };
    let (_, bearer) = manage_token::create(&app.deps, new).await.unwrap();
    bearer.reveal().to_owned()
}

/// A request with a token and further headers.
async fn call(
    app: &TestApp,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).unwrap();
    app.request_from("203.0.113.7", request).await
}

async fn get(app: &TestApp, token: &str, path: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    call(app, Method::GET, path, &[("authorization", &bearer)], "").await
}

async fn post(app: &TestApp, token: &str, key: Option<&str>, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    headers.extend(key.map(|key| ("idempotency-key", key)));
    call(app, Method::POST, ARTICLES, &headers, body.to_owned()).await
}

fn read(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|e| panic!("{e}: {}", answer.body))
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |v| v.to_str().unwrap())
}

/// A problem as RFC 9457 has it, with this status.
fn problem(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert_eq!(header(answer, "content-type"), "application/problem+json");
    let body = read(answer);
    assert_eq!(body["status"], status);
    body
}

/// A program with its token.
struct Program<'a> {
    app: &'a TestApp,
    bearer: String,
}

impl<'a> Program<'a> {
    /// One that reaches all publications.
    async fn new(app: &'a TestApp, role: Role) -> Self {
        Self::limited(app, role, &[]).await
    }

    /// One that may not send, whatever its role.
    async fn silent(app: &'a TestApp, role: Role) -> Self {
        let new = NewToken {
            name: format!("silent {role}"),
            role,
            may_send: false,
            publications: Vec::new(),
            valid_for: None,
        };
        let (_, bearer) = manage_token::create(&app.deps, new).await.unwrap();
        Self {
            app,
            bearer: format!("Bearer {}", bearer.reveal()),
        }
    }

    /// One that reaches some only.
    async fn limited(app: &'a TestApp, role: Role, publications: &[PublicationId]) -> Self {
        let name = format!("{role} {publications:?}");
        let name: String = name.chars().take(80).collect();
        let text = token(app, &name, role, publications).await;
        Self {
            app,
            bearer: format!("Bearer {text}"),
        }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let mut all = vec![("authorization", self.bearer.as_str())];
        all.extend(headers);
        let text = match body {
            Value::Null => String::new(),
            body => {
                all.push(("content-type", "application/json"));
                body.to_string()
            }
        };
        call(self.app, method, &format!("/api/v1{path}"), &all, text).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], &Value::Null).await
    }

    /// What is there, read.
    async fn seen(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        read(&answer)
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, &[], &body).await
    }

    async fn post_once(&self, path: &str, key: &str, body: Value) -> Answer {
        let headers = [("idempotency-key", key)];
        self.call(Method::POST, path, &headers, &body).await
    }

    /// What a POST that goes well answers.
    async fn done(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        read(&answer)
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, &[], &body).await
    }

    async fn patch_if(&self, path: &str, tag: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, &[("if-match", tag)], &body)
            .await
    }

    async fn put(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        self.call(Method::PUT, path, headers, &body).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, &[], &Value::Null).await
    }

    /// The items of all pages of a list; `between` runs after each page.
    async fn all(&self, path: &str, limit: usize, between: impl AsyncFn()) -> Vec<Value> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let first = format!("{path}{joint}limit={limit}");
        let (mut items, mut next) = (Vec::new(), first.clone());
        loop {
            let page = self.seen(&next).await;
            let found = page["items"].as_array().unwrap();
            assert!(found.len() <= limit);
            items.extend(found.iter().cloned());
            let Some(cursor) = page["next_cursor"].as_str() else {
                return items;
            };
            next = format!("{first}&cursor={cursor}");
            between().await;
        }
    }
}

/// A field of each item.
fn field(items: &[Value], name: &str) -> Vec<String> {
    let text = |item: &Value| item[name].as_str().unwrap_or_default().to_owned();
    items.iter().map(text).collect()
}

/// Another publication, which some tokens do not reach.
async fn other(app: &TestApp) -> Publication {
    let new = new_publication("other", "Other <o@ledger.example>");
    manage_publication::create(&app.deps, new).await.unwrap()
}
