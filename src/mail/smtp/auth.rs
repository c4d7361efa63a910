//! Signing in (RFC 4954).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use super::capabilities::Capabilities;
use super::open::exchange;
use super::stream::Wire;
use crate::mail::dial::Failure;
use crate::mail::relay::Settings;
use crate::mail::transport::Fault;

/// RFC 5321, 4.5.3.1.4, without the line end.
const MAX_COMMAND: usize = 510;

/// A way to sign in that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// Never a standard, but some servers know nothing else.
    Login,
    /// Google's and Microsoft's, with a bearer token for a password.
    XOAuth2,
}

impl Mechanism {
    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Plain, Self::Login, Self::XOAuth2]
            .into_iter()
            .find(|mechanism| word.eq_ignore_ascii_case(mechanism.name()))
    }

    /// Its name in SMTP.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::XOAuth2 => "XOAUTH2",
        }
    }
}

/// How the settings want us to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    /// PLAIN, else LOGIN.
    #[default]
    Auto,
    Only(Mechanism),
}

impl Auth {
    /// What may be used, the best first.
    pub(in crate::mail) fn mechanisms(self) -> &'static [Mechanism] {
        match self {
            Self::Auto => &[Mechanism::Plain, Mechanism::Login],
            Self::Only(Mechanism::Plain) => &[Mechanism::Plain],
            Self::Only(Mechanism::Login) => &[Mechanism::Login],
            Self::Only(Mechanism::XOAuth2) => &[Mechanism::XOAuth2],
        }
    }

    /// The failure where the server has none of them.
    pub(in crate::mail) fn not_offered(self) -> Failure {
        let what = match self {
            Self::Auto => "offers neither AUTH PLAIN nor AUTH LOGIN".to_owned(),
            Self::Only(mechanism) => format!("does not offer AUTH {}", mechanism.name()),
        };
        (
            Fault::SignIn,
            format!(
                "the server {what}; many do so under TLS only, so try smtp+starttls:// or \
                 smtps://, or take the user name out of relay.url"
            ),
        )
    }
}

/// Gives user name and password, where the settings have them.
pub(super) async fn sign_in(
    wire: &mut Wire,
    server: &Capabilities,
    relay: &Settings,
) -> Result<(), Failure> {
    let Some((user, password)) = &relay.credentials else {
        return Ok(());
    };
    let known = relay.auth.mechanisms().iter();
    let mechanism = known.copied().find(|m| server.auth.contains(m));
    let mechanism = mechanism.ok_or_else(|| relay.auth.not_offered())?;
    let code = speak(wire, mechanism, user, password, relay).await?;
    let said = wire.kept();
    match code / 100 {
        2 => Ok(()),
        4 => Err((
            Fault::SignIn,
            format!("the server cannot check the password now: {said}"),
        )),
        5 => Err((
            Fault::SignIn,
            format!("the server refused user name or password ({said}); check relay.url"),
        )),
        _ => Err((
            Fault::Server,
            format!(
                "the server wants more than AUTH {} has: {said}",
                mechanism.name()
            ),
        )),
    }
}

/// The code of the last reply.
async fn speak(
    wire: &mut Wire,
    mechanism: Mechanism,
    user: &str,
    password: &SecretString,
    relay: &Settings,
) -> Result<u16, Failure> {
    let limit = relay.command_timeout;
    let password = password.expose_secret();
    let mut answers: Vec<String> = match mechanism {
        Mechanism::Plain => vec![format!("\0{user}\0{password}")],
        // The last answer is for the server that explains its refusal first: it wants an empty
        // line before it refuses.
        Mechanism::XOAuth2 => vec![
            format!("user={user}\x01auth=Bearer {password}\x01\x01"),
            String::new(),
        ],
        Mechanism::Login => vec![user.to_owned(), password.to_owned()],
    };
    for answer in &mut answers {
        *answer = STANDARD.encode(&*answer);
    }
    let name = mechanism.name();
    let mut answers = answers.into_iter();
    let mut line = format!("AUTH {name}");
    if mechanism != Mechanism::Login {
        // The initial response (RFC 4954, 4), where it fits on the line.
        let first = answers.next().unwrap_or_default();
        if line.len() + 1 + first.len() <= MAX_COMMAND {
            line = format!("{line} {first}");
        } else {
            answers = std::iter::once(first)
                .chain(answers)
                .collect::<Vec<_>>()
                .into_iter();
        }
    }
    let mut code = exchange(wire, &line, "AUTH", limit).await?;
    for answer in answers {
        if code != 334 {
            break;
        }
        code = exchange(wire, &answer, "AUTH", limit).await?;
    }
    Ok(code)
}
