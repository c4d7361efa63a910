//! What only the holder of a link can read: sealed with the link's own token, of which nothing is kept
//! but a hash.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest;

use super::random::Random;

/// Seals bytes with a token; `None` where that cannot be done, which no input causes.
pub fn seal(random: &dyn Random, token: &str, plain: &[u8]) -> Option<Vec<u8>> {
    let mut nonce = [0; NONCE_LEN];
    random.fill(&mut nonce);
    let mut body = plain.to_vec();
    key(token)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut body)
        .ok()?;
    Some([&nonce[..], &body].concat())
}

/// Opens what was sealed with the same token.
pub fn open(token: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut body = body.to_vec();
    let plain = key(token)?
        .open_in_place(nonce, Aad::empty(), &mut body)
        .ok()?;
    Some(plain.to_vec())
}

/// The token is 128 bits of chance and more, so that one hash makes a key of it.
fn key(token: &str) -> Option<LessSafeKey> {
    let mut hashed = digest::Context::new(&digest::SHA256);
    hashed.update(b"paperround sealed link\0");
    hashed.update(token.as_bytes());
    let key = UnboundKey::new(&CHACHA20_POLY1305, hashed.finish().as_ref()).ok()?;
    Some(LessSafeKey::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::StdRandom;
    use crate::domain::token::token_hash;

    #[test]
    fn only_the_same_token_opens_it() {
        let random = StdRandom::seeded(7);
        let sealed = seal(&random, "one", b"ada@inbox.example").unwrap();
        assert_eq!(
            open("one", &sealed).as_deref(),
            Some(&b"ada@inbox.example"[..])
        );
        assert_eq!(open("two", &sealed), None);
        assert_eq!(open("one", &sealed[1..]), None);
        assert_eq!(open("one", b"short"), None);
        let text = String::from_utf8_lossy(&sealed);
        assert!(!text.contains("ada"), "{text}");
        // Sealed again it is another text, and what is kept of the token is no key to it.
        assert_ne!(seal(&random, "one", b"ada@inbox.example").unwrap(), sealed);
        let kept: String = token_hash("one")
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(open(&kept, &sealed), None);
    }
}
