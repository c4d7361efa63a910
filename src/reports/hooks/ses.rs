//! Amazon SES: its notifications as Amazon SNS delivers them, in an envelope or bare.

use serde_json::Value;
use url::Url;

use super::{HookError, Told};
use crate::domain::bounced::MailProvider;
use crate::reports::sns;

pub(super) fn read(told: &Value) -> Result<Told, HookError> {
    let other = || HookError::Other(MailProvider::Ses);
    let message = match told["Type"].as_str() {
        Some("SubscriptionConfirmation") => {
            let url = told["SubscribeURL"].as_str().ok_or_else(other)?;
            if !is_of_amazon(url) {
                return Err(HookError::Elsewhere);
            }
            return Ok(Told::Visit(url.to_owned()));
        }
        Some("UnsubscribeConfirmation") => return Ok(Told::Reports(Vec::new())),
        Some(_) => told["Message"].as_str().ok_or_else(other)?.to_owned(),
        None if told.is_object() => told.to_string(),
        None => return Err(other()),
    };
    // Amazon tries out new subscriptions with a sentence.
    if !message.trim_start().starts_with('{') {
        return Ok(Told::Reports(Vec::new()));
    }
    let (mut report, original) = sns::read(&message).ok_or_else(other)?;
    report.message_id = original.message_id();
    report.unsubscribe = original.unsubscribe();
    Ok(Told::Reports(vec![report]))
}

/// Whoever knows the secret of the address could have us ask any other server otherwise.
fn is_of_amazon(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let is_theirs = host.starts_with("sns.")
        && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"));
    url.scheme() == "https" && url.port().is_none() && is_theirs
}
