//! A sign-in that is on its way through a service elsewhere: what the browser keeps until it is back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use serde::{Deserialize, Serialize};

use super::random::Random;
use super::session::chance;
use super::token::same;

/// Words of chance that belong to one sign-in. Whoever comes back without them did not begin it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    /// Comes back in the address (RFC 6749, 10.12).
    pub state: String,
    /// Comes back within the token (OpenID Connect Core, 3.1.2.1).
    pub nonce: String,
    /// Is told when the code is redeemed (RFC 7636).
    pub verifier: String,
}

impl Flight {
    /// A new one.
    pub fn new(random: &dyn Random) -> Self {
        let word = || chance(random);
        Self {
            state: word(),
            nonce: word(),
            verifier: word(),
        }
    }

    /// What is told of the verifier beforehand: its SHA-256 (RFC 7636, 4.2).
    pub fn challenge(&self) -> String {
        let hash = digest::digest(&digest::SHA256, self.verifier.as_bytes());
        URL_SAFE_NO_PAD.encode(hash)
    }

    /// Whether a browser comes back from this one.
    pub fn is_back(&self, state: &str) -> bool {
        same(self.state.as_bytes(), state.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let flight = Flight {
            state: "s".to_owned(),
            nonce: "n".to_owned(),
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
        };
        assert_eq!(
            flight.challenge(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
        assert!(flight.is_back("s") && !flight.is_back("t") && !flight.is_back(""));
    }
}
