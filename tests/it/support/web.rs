//! Requests to the router, without a listener.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response, StatusCode};
use tower_service::Service;

use super::TestApp;

/// An answer of the router.
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub body: String,
}

impl TestApp {
    /// Sends a request from a network address.
    pub async fn request_from(&self, address: &str, request: Request<Body>) -> Answer {
        let response = self.open_from(address, request).await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 10_000_000).await.unwrap();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// Sends a request, and leaves what is answered to be read.
    pub async fn open(&self, request: Request<Body>) -> Response<Body> {
        self.open_from("203.0.113.7", request).await
    }

    /// The same from a network address.
    pub async fn open_from(&self, address: &str, mut request: Request<Body>) -> Response<Body> {
        let peer: SocketAddr = SocketAddr::new(address.parse().unwrap(), 40000);
        request.extensions_mut().insert(ConnectInfo(peer));
        oneshot(self.router.clone(), request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = Request::get(local(path)).body(Body::empty()).unwrap();
        self.request_from("203.0.113.7", request).await
    }

    /// Posts a form.
    pub async fn post(&self, path: &str, form: &str) -> Answer {
        let request = Request::post(local(path))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.request_from("203.0.113.7", request).await
    }
}

/// The path of a link of ours.
fn local(link: &str) -> String {
    link.strip_prefix("https://news.example")
        .unwrap_or(link)
        .to_owned()
}

async fn oneshot(mut router: axum::Router, request: Request<Body>) -> Response<Body> {
    std::future::poll_fn(|cx| Service::<Request<Body>>::poll_ready(&mut router, cx))
        .await
        .unwrap();
    router.call(request).await.unwrap()
}
