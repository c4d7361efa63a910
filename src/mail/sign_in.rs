//! Signing in with lettre, for notices.

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;

use super::dial::Failure;
use super::outcome::{self, Answer, Wanted};
use super::smtp::{self, Auth};
use super::transport::Fault;
use crate::domain::delivery::Outcome;

/// AUTH (RFC 4954) as the settings want it.
pub(super) async fn sign_in(
    smtp: &mut AsyncSmtpConnection,
    credentials: &Credentials,
    auth: Auth,
) -> Result<(), Failure> {
    let known: Vec<Mechanism> = auth.mechanisms().iter().copied().map(lettres).collect();
    if smtp.server_info().get_auth_mechanism(&known).is_none() {
        return Err(auth.not_offered());
    }
    let answer = smtp.auth(&known, credentials).await;
    match outcome::read(answer, Wanted::Completion) {
        Answer::Good(_) => Ok(()),
        Answer::Negative(Outcome::Deferred(said)) => Err((
            Fault::SignIn,
            format!("the server cannot check the password now: {said}"),
        )),
        Answer::Negative(Outcome::Refused(said)) => Err((
            Fault::SignIn,
            format!("the server refused user name or password ({said}); check relay.url"),
        )),
        Answer::Negative(other) => Err((Fault::SignIn, format!("{other:?}"))),
        Answer::Broken(text) => Err((
            Fault::Network,
            format!("the connection broke while signing in ({text})"),
        )),
    }
}

fn lettres(mechanism: smtp::Mechanism) -> Mechanism {
    match mechanism {
        smtp::Mechanism::Plain => Mechanism::Plain,
        smtp::Mechanism::Login => Mechanism::Login,
        smtp::Mechanism::XOAuth2 => Mechanism::Xoauth2,
    }
}
