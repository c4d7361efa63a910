//! Asking a web address whether it answers: for the service's own public address, which may well
//! be a private one.

use std::time::Duration;

use reqwest::{Client, redirect};

use super::fetch::{find_source, reason};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// The status and the beginning of the text.
    Answered(u16, String),
    /// Nobody listens.
    Refused,
    /// No usable answer, and why.
    Failed(String),
}

/// The most that is read of an answer.
const MOST: usize = 1000;

/// Gets an address, without following it elsewhere.
pub async fn probe(url: &str, limit: Duration) -> Probed {
    // Fails only where a provider is installed, which then is the one to use.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(limit)
        .build();
    let answer = match client {
        Ok(client) => client.get(url).send().await,
        Err(error) => return Probed::Failed(reason(&error)),
    };
    let mut answer = match answer {
        Ok(answer) => answer,
        Err(error) if is_refused(&error) => return Probed::Refused,
        Err(error) if error.is_timeout() => {
            return Probed::Failed("no answer in time".to_owned());
        }
        Err(error) => return Probed::Failed(reason(&error)),
    };
    let mut text = Vec::new();
    while let Ok(Some(part)) = answer.chunk().await {
        text.extend_from_slice(&part);
        if text.len() >= MOST {
            text.truncate(MOST);
            break;
        }
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    Probed::Answered(answer.status().as_u16(), text)
}

fn is_refused(error: &reqwest::Error) -> bool {
    find_source::<std::io::Error>(error)
        .is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
}
