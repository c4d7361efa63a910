//! Hashes passwords: slow and large on purpose, therefore a few at a time and never on the threads
//! that answer requests.

use std::sync::{Arc, OnceLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use thiserror::Error;
use tokio::sync::Semaphore;

use super::Deps;
use crate::domain::operator::{MAX_PASSWORD, Password};

/// 19 MiB and two rounds, as OWASP recommends for argon2id.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// How many hashes are worked on at once: 40 MB and two cores at most.
const AT_ONCE: usize = 2;
/// How many more may wait for their turn.
const WAITING: usize = 20;

/// Why nothing was hashed.
#[derive(Debug, Error)]
pub enum HashError {
    #[error("too many are signing in at this moment; try again in a few seconds")]
    Busy,
    #[error("the password could not be hashed: {0}")]
    Failed(String),
}

/// The turns that hashing takes.
#[derive(Debug)]
pub struct Passwords {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    /// What is compared with where there is no account, so that it takes the same time.
    nobody: Arc<OnceLock<String>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            nobody: Arc::default(),
        }
    }
}

impl Passwords {
    /// The hash of a password in PHC form.
    pub async fn hash(&self, deps: &Deps, password: &Password) -> Result<String, HashError> {
        let mut salt = [0; 16];
        deps.random.fill(&mut salt);
        let text = password.reveal().to_owned();
        self.in_turn(move || hash(text.as_bytes(), &salt)).await?
    }

    /// Whether a password is the one of a hash. Without a hash it is not, and takes as long.
    pub async fn fits(&self, hash: Option<String>, given: &str) -> Result<bool, HashError> {
        let given = given.as_bytes()[..given.len().min(MAX_PASSWORD)].to_vec();
        let nobody = Arc::clone(&self.nobody);
        let work = move || {
            let nobody = nobody
                .get_or_init(|| self::hash(b"nobody", b"nobody's own salt").unwrap_or_default());
            let fits = verify(&given, hash.as_deref().unwrap_or(nobody));
            fits && hash.is_some()
        };
        self.in_turn(work).await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| HashError::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| HashError::Busy)?;
        // The turn goes with the work: a request that is given up leaves it running.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((turn, place));
            done
        });
        done.await.map_err(|e| HashError::Failed(e.to_string()))
    }
}

fn hash(password: &[u8], salt: &[u8]) -> Result<String, HashError> {
    let failed = |text: String| HashError::Failed(text);
    let (memory, rounds, lanes) = COST;
    let params = Params::new(memory, rounds, lanes, None).map_err(|e| failed(e.to_string()))?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = hasher.hash_password_with_salt(password, salt);
    Ok(hash.map_err(|e| failed(e.to_string()))?.to_string())
}

fn verify(password: &[u8], hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_fits_its_hash() {
        let hashed = hash(b"vier Moewen im Regen", b"0123456789abcdef").unwrap();
        assert!(
            hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hashed}"
        );
        let passwords = Passwords::default();
        let fits = async |hash: Option<&str>, given: &str| {
            passwords
                .fits(hash.map(str::to_owned), given)
                .await
                .unwrap()
        };
        assert!(fits(Some(&hashed), "vier Moewen im Regen").await);
        assert!(!fits(Some(&hashed), "vier Moewen im regen").await);
        assert!(!fits(None, "nobody").await);
        assert!(!fits(Some("damaged"), "nobody").await);
    }

    #[tokio::test]
    async fn whoever_finds_no_place_is_sent_away() {
        let passwords = Passwords::default();
        let all = u32::try_from(AT_ONCE + WAITING).unwrap();
        let held = passwords.places.try_acquire_many(all).unwrap();
        assert!(matches!(
            passwords.fits(None, "x").await,
            Err(HashError::Busy)
        ));
        drop(held);
        assert!(passwords.fits(None, "x").await.is_ok());
    }
}
