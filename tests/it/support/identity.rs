//! A service that vouches for people's addresses (OpenID Connect), on loopback, as a test lays it out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::hub;

/// What its token says, and how it is signed.
#[derive(Clone)]
pub struct Token {
    pub claims: Value,
    pub kid: &'static str,
    /// Signed by somebody else.
    pub forged: bool,
}

/// The service; it stops with the test's runtime.
#[derive(Clone)]
pub struct Identity {
    pub issuer: String,
    inner: Arc<Inner>,
}

struct Inner {
    key: EcdsaKeyPair,
    other: EcdsaKeyPair,
    token: Mutex<Option<Token>>,
    /// The key's name, which changes when it is replaced.
    kid: Mutex<&'static str>,
    asked: Mutex<Vec<HashMap<String, String>>>,
}

fn key() -> EcdsaKeyPair {
    let chance = SystemRandom::new();
    let way = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(way, &chance).unwrap();
    EcdsaKeyPair::from_pkcs8(way, document.as_ref(), &chance).unwrap()
}

impl Identity {
    pub fn open() -> Self {
        let (listener, root) = hub::listener();
        let identity = Self {
            issuer: format!("{root}/realms/desk"),
            inner: Arc::new(Inner {
                key: key(),
                other: key(),
                token: Mutex::new(None),
                kid: Mutex::new("one"),
                asked: Mutex::default(),
            }),
        };
        let base = "/realms/desk";
        let router = Router::new()
            .route(
                &format!("{base}/.well-known/openid-configuration"),
                get(metadata),
            )
            .route(&format!("{base}/keys"), get(keys))
            .route(&format!("{base}/token"), post(token))
            .with_state(identity.clone());
        hub::serve(listener, router);
        identity
    }

    /// What it answers to the next code.
    pub fn vouch(&self, token: Token) {
        *self.inner.token.lock().unwrap() = Some(token);
    }

    /// Its key gets another name.
    pub fn turn_key(&self, kid: &'static str) {
        *self.inner.kid.lock().unwrap() = kid;
    }

    /// The forms that it was asked for tokens with.
    pub fn asked(&self) -> Vec<HashMap<String, String>> {
        self.inner.asked.lock().unwrap().clone()
    }
}

async fn metadata(State(identity): State<Identity>) -> Json<Value> {
    let issuer = &identity.issuer;
    Json(json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
    }))
}

async fn keys(State(identity): State<Identity>) -> Json<Value> {
    let point = identity.inner.key.public_key().as_ref().to_vec();
    let kid = *identity.inner.kid.lock().unwrap();
    Json(json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid,
        "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
    }] }))
}

async fn token(
    State(identity): State<Identity>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Response {
    let mut form: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let proof = headers.get("authorization");
    let proof = proof.map(|proof| proof.to_str().unwrap().to_owned());
    form.insert("authorization".to_owned(), proof.unwrap_or_default());
    identity.inner.asked.lock().unwrap().push(form);
    match identity.inner.token.lock().unwrap().take() {
        Some(token) => Json(json!({
            "access_token": "x", "token_type": "Bearer", "id_token": signed(&identity.inner, &token),
        }))
        .into_response(),
        None => (StatusCode::BAD_REQUEST, "{\"error\":\"invalid_grant\"}").into_response(),
    }
}

fn signed(inner: &Inner, token: &Token) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({ "alg": "ES256", "typ": "JWT", "kid": token.kid });
    let message = format!("{}.{}", part(&header), part(&token.claims));
    let key = if token.forged {
        &inner.other
    } else {
        &inner.key
    };
    let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}
