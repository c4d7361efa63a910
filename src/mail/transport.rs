//! One SMTP connection: one mail after the other, and after each a clear outcome.
//!
//! What counts is the final dot. Before it is written the server has no mail, whatever happens;
//! after it, a lost reply means that nobody knows (RFC 1047).

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::Extension;
use secrecy::ExposeSecret as _;
use thiserror::Error;
use tokio::time::{Instant, timeout, timeout_at};

use super::dial::{Failure, dial, late};
use super::outcome::{self, Answer, Wanted};
use super::relay::Relay;
use super::sign_in::sign_in;
use crate::domain::delivery::{Outcome, Reply};
use crate::domain::email_address::EmailAddress;

/// After a refusal the outcome is known; the reader's row must not wait long for RSET.
const RESET_TIMEOUT: Duration = Duration::from_secs(10);
/// Nobody needs the reply to QUIT.
const QUIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a connection could not be opened: a matter of the relay, never of a reader.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("relay {relay} at {endpoint}: {problem}")]
pub struct ConnectError {
    pub relay: String,
    /// Host and port.
    pub endpoint: String,
    pub fault: Fault,
    /// What went wrong and what to do.
    pub problem: String,
}

/// At which layer connecting failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No such host, no answer, or a broken connection.
    Network,
    /// STARTTLS, the handshake or the certificate.
    Tls,
    /// The server does not want to talk to us.
    Server,
    /// The server does not take the user name or the password.
    SignIn,
}

/// One open SMTP connection.
pub struct Connection {
    relay: Relay,
    /// `None` once it is closed.
    smtp: Option<AsyncSmtpConnection>,
    /// Mails begun on it.
    begun: u32,
}

impl Relay {
    /// Opens a connection: TCP, TLS where asked for, EHLO, AUTH where there are credentials.
    pub async fn connect(&self) -> Result<Connection, ConnectError> {
        let smtp = self
            .begin()
            .await
            .map_err(|(fault, problem)| ConnectError {
                relay: self.name().to_owned(),
                endpoint: self.endpoint(),
                fault,
                problem,
            })?;
        Ok(Connection {
            relay: self.clone(),
            smtp: Some(smtp),
            begun: 0,
        })
    }

    async fn begin(&self) -> Result<AsyncSmtpConnection, Failure> {
        let limit = self.0.command_timeout;
        let stream = dial(&self.0).await?;
        let greeting = AsyncSmtpConnection::connect_with_transport(stream, &self.0.hello);
        let mut smtp = timeout(limit, greeting)
            .await
            .map_err(|_| late("the greeting", limit))?
            .map_err(
                |error| match outcome::read(Err(error), Wanted::Completion) {
                    Answer::Negative(Outcome::Deferred(said) | Outcome::Refused(said)) => {
                        (Fault::Server, format!("the server refused us: {said}"))
                    }
                    Answer::Broken(text) => (
                        Fault::Network,
                        format!("the server gave no greeting ({text}); is it an SMTP server?"),
                    ),
                    other => (Fault::Server, format!("{other:?}")),
                },
            )?;
        if let Some((user, password)) = &self.0.credentials {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            timeout(limit, sign_in(&mut smtp, &credentials, self.0.auth))
                .await
                .map_err(|_| late("signing in", limit))??;
        }
        Ok(smtp)
    }
}

impl Connection {
    /// Hands over one message with CRLF line ends; an empty `envelope_from` is the null return
    /// path. Whatever comes of it is an outcome; look at `is_usable` before the next.
    pub async fn send(
        &mut self,
        envelope_from: &str,
        to: &EmailAddress,
        message: &[u8],
    ) -> Outcome {
        self.begun = self.begun.saturating_add(1);
        let outcome = match self.hand_over(envelope_from, to, message).await {
            Ok(reply) => Outcome::Accepted(reply),
            Err(outcome) => outcome,
        };
        match &outcome {
            Outcome::Accepted(_) => {}
            Outcome::Deferred(_) | Outcome::Refused(_) if outcome::is_closing(&outcome) => {
                self.smtp = None;
            }
            Outcome::Deferred(_) | Outcome::Refused(_) => self.reset().await,
            Outcome::NotBegun(_) | Outcome::Unknown(_) => self.smtp = None,
        }
        outcome
    }

    /// Whether the connection takes another message: it is open, and has not had its share.
    pub fn is_usable(&self) -> bool {
        let share = self.relay.0.messages_per_connection;
        self.smtp.is_some() && (share == 0 || self.begun < share)
    }

    /// Takes leave.
    pub async fn quit(mut self) {
        if let Some(mut smtp) = self.smtp.take() {
            // Whether the server answers makes no difference any more.
            let _ = timeout(QUIT_TIMEOUT, smtp.quit()).await;
        }
    }

    /// MAIL, RCPT, DATA, message (RFC 5321, 3.3).
    async fn hand_over(
        &mut self,
        from: &str,
        to: &EmailAddress,
        message: &[u8],
    ) -> Result<Reply, Outcome> {
        check(from, message)?;
        let parameters = self.parameters(from, to, message)?;
        let mail = format!("MAIL FROM:<{from}>{parameters}\r\n");
        self.command("MAIL", mail, Wanted::Completion).await?;
        let rcpt = format!("RCPT TO:<{to}>\r\n");
        self.command("RCPT", rcpt, Wanted::Completion).await?;
        self.command("DATA", "DATA\r\n".to_owned(), Wanted::Continuation)
            .await?;
        self.data(message).await
    }

    /// The parameters of MAIL: what the message needs and the server must be able to do.
    fn parameters(
        &self,
        from: &str,
        to: &EmailAddress,
        message: &[u8],
    ) -> Result<&'static str, Outcome> {
        let closed = || Outcome::NotBegun("the connection is closed".to_owned());
        let server = self.smtp.as_ref().ok_or_else(closed)?.server_info();
        let needs_utf8 = !from.is_ascii() || !to.as_str().is_ascii() || !head(message).is_ascii();
        if needs_utf8 && !server.supports_feature(Extension::SmtpUtfEight) {
            // RFC 6531, 3.5 has the client give up on the address; the code is that of 4.2.
            return Err(Outcome::Refused(outcome::reply(
                553,
                "5.6.7 the relay does not take addresses with other than ASCII letters (SMTPUTF8)",
            )));
        }
        let needs_8bit = !message.is_ascii();
        if needs_8bit && !server.supports_feature(Extension::EightBitMime) {
            return Err(Outcome::Refused(outcome::reply(
                554,
                "5.6.3 the relay does not take 8-bit messages (8BITMIME)",
            )));
        }
        Ok(match (needs_utf8, needs_8bit) {
            (false, false) => "",
            (false, true) => " BODY=8BITMIME",
            (true, false) => " SMTPUTF8",
            (true, true) => " BODY=8BITMIME SMTPUTF8",
        })
    }

    /// One command before the message.
    async fn command(
        &mut self,
        verb: &str,
        line: String,
        wanted: Wanted,
    ) -> Result<Reply, Outcome> {
        let limit = self.relay.0.command_timeout;
        let Some(smtp) = &mut self.smtp else {
            return Err(Outcome::NotBegun("the connection is closed".to_owned()));
        };
        let failed = |text| Outcome::NotBegun(format!("{verb}: {text}"));
        match timeout(limit, smtp.command(line)).await {
            Err(_) => Err(failed(format!("no reply within {limit:?}"))),
            Ok(result) => match outcome::read(result, wanted) {
                Answer::Good(reply) => Ok(reply),
                Answer::Negative(outcome) if outcome::wants_sign_in(&outcome) => {
                    Err(failed(format!(
                        "the relay wants a sign-in or TLS first; check its url ({})",
                        outcome::text(&outcome)
                    )))
                }
                Answer::Negative(outcome) => Err(outcome),
                Answer::Broken(text) => Err(failed(text)),
            },
        }
    }

    /// The message, the final dot, and the reply to both.
    async fn data(&mut self, message: &[u8]) -> Result<Reply, Outcome> {
        let limit = self.relay.0.data_timeout;
        let Some(smtp) = &mut self.smtp else {
            return Err(Outcome::NotBegun("the connection is closed".to_owned()));
        };
        let dot_at = OnceLock::new();
        let pieces = Pieces {
            // lettre ends the last line itself.
            message: Some(message.strip_suffix(b"\r\n").unwrap_or(message)),
            dot_at: &dot_at,
        };
        let mut sending = std::pin::pin!(smtp.message_iter(pieces));
        let mut result = timeout(limit, &mut sending).await;
        if let (Err(_), Some(&since)) = (&result, dot_at.get()) {
            // The reply has its own ten minutes, however long the message took.
            result = timeout_at(since + limit, &mut sending).await;
        }
        let failed = |text: String| match dot_at.get() {
            None => Outcome::NotBegun(format!("message: {text}")),
            Some(_) => Outcome::Unknown(format!("after the final dot: {text}")),
        };
        match result {
            Err(_) => Err(failed(format!("nothing happened within {limit:?}"))),
            Ok(result) => match outcome::read(result, Wanted::Completion) {
                Answer::Good(reply) => Ok(reply),
                Answer::Negative(outcome) => Err(outcome),
                Answer::Broken(text) => Err(failed(text)),
            },
        }
    }

    /// Clears what a refused mail left behind, so that the connection serves the next one.
    async fn reset(&mut self) {
        let limit = RESET_TIMEOUT.min(self.relay.0.command_timeout);
        let Some(smtp) = &mut self.smtp else { return };
        let result = timeout(limit, smtp.command("RSET\r\n")).await;
        let is_clear = result.is_ok_and(|result| {
            matches!(outcome::read(result, Wanted::Completion), Answer::Good(_))
        });
        if !is_clear {
            self.smtp = None;
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("relay", &self.relay)
            .field("open", &self.smtp.is_some())
            .field("begun", &self.begun)
            .finish()
    }
}

/// The message as lettre takes it. lettre asks for a further piece when the last one is written,
/// and writes the final dot when there is none: that is the moment to note.
struct Pieces<'a> {
    message: Option<&'a [u8]>,
    dot_at: &'a OnceLock<Instant>,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let piece = self.message.take();
        if piece.is_none() {
            self.dot_at.get_or_init(Instant::now);
        }
        piece
    }
}

/// The header of a message.
fn head(message: &[u8]) -> &[u8] {
    let end = message.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    &message[..end.unwrap_or(message.len())]
}

/// Refuses what could be read as more than one command or more than one mail: our own mistake,
/// which must not count against the reader.
fn check(from: &str, message: &[u8]) -> Result<(), Outcome> {
    let is_path = from.len() <= 254
        && !from
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>'));
    if !is_path {
        return Err(Outcome::NotBegun(
            "the return path is not an address".to_owned(),
        ));
    }
    // RFC 5321, 2.3.8: CR and LF only ever together.
    let mut previous = 0;
    for &byte in message {
        if (byte == b'\n') != (previous == b'\r') {
            return Err(bare_line_end());
        }
        previous = byte;
    }
    if previous == b'\r' {
        return Err(bare_line_end());
    }
    Ok(())
}

fn bare_line_end() -> Outcome {
    Outcome::NotBegun("the message has a lone CR or LF".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_whole_line_ends_only() {
        for good in ["", "a\r\n", "a\r\n\r\n.\r\nb"] {
            assert!(check("", good.as_bytes()).is_ok(), "{good:?}");
        }
        for wrong in ["\n", "a\n.\r\n", "a\r", "a\rb", "\r\r\n", "\r\n\n"] {
            assert!(check("", wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_return_path_is_one_address() {
        for wrong in ["a b@c.d", "a@b.c> SIZE=1", "a@b.c\r\nRCPT TO:<x@y.z"] {
            assert!(check(wrong, b"").is_err(), "{wrong:?}");
        }
        assert!(check("bounce+1=a@b.example", b"").is_ok());
    }

    #[test]
    fn the_dot_is_noted_after_the_message() {
        let dot_at = OnceLock::new();
        let mut pieces = Pieces {
            message: Some(b"x"),
            dot_at: &dot_at,
        };
        assert!(pieces.next().is_some() && dot_at.get().is_none());
        assert!(pieces.next().is_none() && dot_at.get().is_some());
    }
}
