//! What sets a form that a person fills in apart from those that a program fires by the thousand:
//! a stamp that tells when the form was shown, and a small sum that costs its sender some time
//! (proof of work, after version 1 of ALTCHA's protocol).

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use ring::{digest, hmac};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::clock::Time;
use super::ids::PublicationId;
use super::token::{Keys, same};

/// The one algorithm that we ask for.
const ALGORITHM: &str = "SHA-256";
const MAC_LEN: usize = 16;
/// Time of issue, then chance.
const STAMP_LEN: usize = 8 + 8;
/// A solution as it arrives is not longer than this.
const MAX_SOLUTION: usize = 2000;
/// How long a form may stand open.
const STAMP_LIVES: TimeDelta = TimeDelta::hours(24);
/// Nobody reads, types and presses faster.
const HASTY: TimeDelta = TimeDelta::seconds(2);
/// How long a form has to have been open for the wait to count as a proof.
pub const WAIT_SECONDS: u32 = 15;
/// How long a sum can be handed in.
pub const CHALLENGE_LIVES: TimeDelta = TimeDelta::hours(1);

named_states! {
    /// When a form has to come with a proof.
    ProofOfWork {
        Auto => "auto",
        Always => "always",
        Never => "never",
    }
}

/// A sum to solve: which number, put behind the salt, gives the hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Challenge {
    pub algorithm: &'static str,
    /// SHA-256 of salt and number, in hexadecimal.
    pub challenge: String,
    /// The number is not above this.
    pub maxnumber: u32,
    /// Carries the time of expiry, so that nobody can change that.
    pub salt: String,
    /// HMAC-SHA256 of `challenge`.
    pub signature: String,
}

/// The answer as the form sends it: base64 of this as JSON.
#[derive(Deserialize)]
struct Solution {
    algorithm: String,
    challenge: String,
    number: u64,
    salt: String,
    signature: String,
}

/// By what a form was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofKind {
    /// A solved sum.
    Work,
    /// A form that stood open for long enough.
    Wait,
}

/// A proof that counts once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub kind: ProofKind,
    /// What it is remembered by once it was used.
    pub id: Vec<u8>,
    /// From then on it need not be remembered.
    pub expires_at: Time,
}

/// What came with the form proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no proof of ours, or one that has expired")]
pub struct NoProof;

/// When a form of ours was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    issued_at: Time,
    id: Vec<u8>,
}

impl Stamp {
    /// Sent faster than a person could.
    pub fn is_hasty(&self, now: Time) -> bool {
        now - self.issued_at < HASTY
    }

    /// Too old to prove anything.
    pub fn is_stale(&self, now: Time) -> bool {
        now - self.issued_at >= STAMP_LIVES
    }

    /// The wait as a proof, where it was long enough.
    pub fn proof(&self, now: Time) -> Result<Proof, NoProof> {
        let has_waited = now - self.issued_at >= TimeDelta::seconds(WAIT_SECONDS.into());
        if !has_waited || self.is_stale(now) {
            return Err(NoProof);
        }
        Ok(Proof {
            kind: ProofKind::Wait,
            id: self.id.clone(),
            expires_at: self.issued_at + STAMP_LIVES,
        })
    }
}

impl Keys {
    /// A stamp for a form of a publication; `chance` sets it apart from others of the moment.
    pub fn stamp(&self, publication: PublicationId, now: Time, chance: [u8; 8]) -> String {
        let mut bytes = now.timestamp_millis().to_be_bytes().to_vec();
        bytes.extend_from_slice(&chance);
        let mac = self.stamp_mac(publication, &bytes);
        bytes.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a stamp that was made for the publication.
    pub fn read_stamp(
        &self,
        publication: PublicationId,
        text: &str,
        now: Time,
    ) -> Result<Stamp, NoProof> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoProof)?;
        let (body, mac) = bytes.split_at_checked(STAMP_LEN).ok_or(NoProof)?;
        if !same(&self.stamp_mac(publication, body), mac) {
            return Err(NoProof);
        }
        let millis = body[..8].try_into().map_err(|_| NoProof)?;
        let issued_at = Time::from_timestamp_millis(i64::from_be_bytes(millis)).ok_or(NoProof)?;
        // Clocks of nodes differ a little, and no more.
        if issued_at > now + TimeDelta::minutes(1) {
            return Err(NoProof);
        }
        let id = mac.to_vec();
        Ok(Stamp { issued_at, id })
    }

    fn stamp_mac(&self, publication: PublicationId, body: &[u8]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.stamp);
        context.update(publication.0.as_bytes());
        context.update(body);
        context.sign().as_ref()[..MAC_LEN].to_vec()
    }

    /// A sum for a form of a publication, with a number up to `most`.
    pub fn challenge(
        &self,
        publication: PublicationId,
        most: u32,
        now: Time,
        chance: [u8; 16],
    ) -> Challenge {
        let (salt, number) = chance.split_at(12);
        let number = number.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
        let number = number % (u64::from(most) + 1);
        // The `&` at the end keeps digits from moving between the time and the number.
        let expires = (now + CHALLENGE_LIVES).timestamp();
        let salt = format!("{}?expires={expires}&", hex(salt));
        let challenge = sum(&salt, number);
        let signature = hex(self.challenge_mac(publication, &challenge).as_ref());
        Challenge {
            algorithm: ALGORITHM,
            challenge,
            maxnumber: most,
            salt,
            signature,
        }
    }

    /// Checks a solution. Whether it was used before is for others to know.
    pub fn solved(
        &self,
        publication: PublicationId,
        sent: &str,
        now: Time,
    ) -> Result<Proof, NoProof> {
        if sent.len() > MAX_SOLUTION {
            return Err(NoProof);
        }
        let json = STANDARD.decode(sent).map_err(|_| NoProof)?;
        let solution: Solution = serde_json::from_slice(&json).map_err(|_| NoProof)?;
        let signature = hex(self
            .challenge_mac(publication, &solution.challenge)
            .as_ref());
        if solution.algorithm != ALGORITHM
            || !same(signature.as_bytes(), solution.signature.as_bytes())
            || sum(&solution.salt, solution.number) != solution.challenge
        {
            return Err(NoProof);
        }
        let expires_at = expiry(&solution.salt).ok_or(NoProof)?;
        if expires_at <= now {
            return Err(NoProof);
        }
        let id = digest::digest(&digest::SHA256, solution.challenge.as_bytes());
        Ok(Proof {
            kind: ProofKind::Work,
            id: id.as_ref()[..MAC_LEN].to_vec(),
            expires_at,
        })
    }

    fn challenge_mac(&self, publication: PublicationId, challenge: &str) -> hmac::Tag {
        // A key for each publication, so that the signature is the one of the protocol.
        let key = hmac::sign(&self.challenge, publication.0.as_bytes());
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_ref());
        hmac::sign(&key, challenge.as_bytes())
    }
}

fn sum(salt: &str, number: u64) -> String {
    let text = format!("{salt}{number}");
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

fn expiry(salt: &str) -> Option<Time> {
    let (_, expires) = salt.split_once("?expires=")?;
    Time::from_timestamp(expires.strip_suffix('&')?.parse().ok()?, 0)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const MOST: u32 = 500;

    fn now() -> Time {
        "2026-03-02T08:00:00Z".parse().unwrap()
    }

    fn here() -> PublicationId {
        PublicationId(Uuid::from_u128(1))
    }

    fn keys() -> Keys {
        Keys::derive(&[1; 32])
    }

    /// Does the sum as a browser does, and changes the answer before it is sent.
    fn solve(challenge: &Challenge, change: impl FnOnce(&mut serde_json::Value)) -> String {
        let number = (0..=u64::from(MOST))
            .find(|n| sum(&challenge.salt, *n) == challenge.challenge)
            .unwrap();
        let mut answer = serde_json::json!({
            "algorithm": challenge.algorithm, "challenge": challenge.challenge,
            "number": number, "salt": challenge.salt, "signature": challenge.signature,
        });
        change(&mut answer);
        STANDARD.encode(answer.to_string())
    }

    #[test]
    fn a_solved_sum_proves_work_until_it_expires() {
        let challenge = keys().challenge(here(), MOST, now(), [7; 16]);
        assert!(challenge.salt.len() + 10 <= 55, "one block of SHA-256");
        let sent = solve(&challenge, |_| {});
        let proof = keys().solved(here(), &sent, now()).unwrap();
        assert_eq!(proof.kind, ProofKind::Work);
        assert_eq!(proof.expires_at, now() + CHALLENGE_LIVES);
        assert_eq!(keys().solved(here(), &sent, proof.expires_at), Err(NoProof));
        let there = PublicationId(Uuid::from_u128(2));
        assert_eq!(keys().solved(there, &sent, now()), Err(NoProof));
        let others = Keys::derive(&[2; 32]);
        assert_eq!(others.solved(here(), &sent, now()), Err(NoProof));
    }

    #[test]
    fn whatever_is_changed_proves_nothing() {
        let challenge = keys().challenge(here(), MOST, now(), [7; 16]);
        let refused = |change: &dyn Fn(&mut serde_json::Value)| {
            let sent = solve(&challenge, change);
            assert_eq!(keys().solved(here(), &sent, now()), Err(NoProof), "{sent}");
        };
        refused(&|answer| answer["number"] = 501.into());
        refused(&|answer| answer["algorithm"] = "SHA-1".into());
        refused(&|answer| answer["signature"] = "00".into());
        refused(&|answer| answer["number"] = "1".into());
        // A sum of one's own with a number that is known.
        refused(&|answer| answer["challenge"] = sum(&challenge.salt, 1).into());
        // Digits that move from the number to the time of expiry.
        refused(&|answer| {
            let number = answer["number"].to_string();
            let (first, rest) = number.split_at(1);
            let salt = challenge.salt.strip_suffix('&').unwrap();
            answer["salt"] = format!("{salt}&{first}").into();
            answer["number"] = rest.parse::<u64>().unwrap().into();
        });
        for sent in ["", "!", "AAAA", &"A".repeat(3000)] {
            assert_eq!(keys().solved(here(), sent, now()), Err(NoProof));
        }
    }

    #[test]
    fn a_stamp_tells_how_long_a_form_was_open() {
        let text = keys().stamp(here(), now(), [3; 8]);
        let after = |seconds| now() + TimeDelta::seconds(seconds);
        let stamp = keys().read_stamp(here(), &text, after(1)).unwrap();
        assert!(stamp.is_hasty(after(1)) && !stamp.is_hasty(after(2)));
        assert_eq!(stamp.proof(after(14)), Err(NoProof));
        assert_eq!(stamp.proof(after(15)).unwrap().kind, ProofKind::Wait);
        assert_eq!(stamp.proof(after(24 * 3600)), Err(NoProof));
        assert!(stamp.is_stale(after(24 * 3600)));
        let there = PublicationId(Uuid::from_u128(2));
        assert_eq!(keys().read_stamp(there, &text, now()), Err(NoProof));
        assert_eq!(keys().read_stamp(here(), &text, after(-90)), Err(NoProof));
        assert_eq!(keys().read_stamp(here(), &text[1..], now()), Err(NoProof));
        assert_eq!(keys().read_stamp(here(), "", now()), Err(NoProof));
    }
}
