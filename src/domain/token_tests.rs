//! Links and tokens.

use uuid::Uuid;

use super::ids::{DeliveryId, FreshLinkId, HubId, SignUpId, SubscriptionId};
use super::token::*;

fn link(purpose: Purpose) -> Link {
    Link {
        purpose,
        subscription: SubscriptionId(Uuid::from_u128(7)),
        delivery: Some(DeliveryId(42)),
    }
}

#[test]
fn a_link_opens_only_its_own_door() {
    let keys = Keys::derive(&[1; 32]);
    let token = keys.sign(&link(Purpose::Unsubscribe));
    assert_eq!(
        keys.verify(&token, Purpose::Unsubscribe),
        Ok(link(Purpose::Unsubscribe))
    );
    assert_eq!(keys.verify(&token, Purpose::Preferences), Err(BadLink));
    assert_eq!(
        Keys::derive(&[2; 32]).verify(&token, Purpose::Unsubscribe),
        Err(BadLink)
    );
}

#[test]
fn what_was_made_with_a_secret_outlives_it() {
    let (old, new) = ([1; 32], [2; 32]);
    let before = Keys::derive(&old);
    let after = Keys::with_previous(&new, &[&[3; 32], &old]);
    let token = before.sign(&link(Purpose::Unsubscribe));
    assert!(after.verify(&token, Purpose::Unsubscribe).is_ok());
    assert_eq!(after.verify(&token, Purpose::Preferences), Err(BadLink));
    let made = after.sign(&link(Purpose::Unsubscribe));
    assert!(
        Keys::derive(&new)
            .verify(&made, Purpose::Unsubscribe)
            .is_ok()
    );
    assert_eq!(before.verify(&made, Purpose::Unsubscribe), Err(BadLink));

    let sign_up = SignUpId(Uuid::from_u128(1));
    let kept = token_hash(&before.confirm_token(sign_up));
    assert_eq!(
        after.confirm_token_of(sign_up, &kept),
        before.confirm_token(sign_up)
    );
    assert_ne!(after.confirm_token(sign_up), before.confirm_token(sign_up));
    let fresh = FreshLinkId(Uuid::from_u128(1));
    let kept = token_hash(&after.fresh_token(fresh));
    assert_eq!(after.fresh_token_of(fresh, &kept), after.fresh_token(fresh));

    let ann = "ann@example.org".parse().unwrap();
    assert_eq!(after.email_hash(&ann), before.email_hash(&ann));
    assert_eq!(after.counter_name("x"), before.counter_name("x"));
    let hub = HubId(Uuid::from_u128(1));
    assert_eq!(after.read_hub_token(&before.hub_token(hub)), Ok(hub));
    assert!(
        after
            .hub_secrets(hub)
            .any(|secret| secret == before.hub_secret(hub))
    );
}

#[test]
fn any_changed_character_is_noticed() {
    let keys = Keys::derive(&[1; 32]);
    let token = keys.sign(&link(Purpose::Preferences));
    for i in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(
            keys.verify(&changed, Purpose::Preferences),
            Err(BadLink),
            "at {i}"
        );
    }
    assert_eq!(keys.verify("", Purpose::Preferences), Err(BadLink));
}

#[test]
fn an_address_has_one_hash_for_each_key() {
    let keys = Keys::derive(&[1; 32]);
    let hash = |keys: &Keys, typed: &str| keys.email_hash(&typed.parse().unwrap());
    let ann = hash(&keys, "Ann@Example.org");
    assert_eq!(ann, hash(&keys, "ann@example.ORG"));
    assert_ne!(ann, hash(&keys, "ann@example.com"));
    assert_ne!(ann, hash(&Keys::derive(&[2; 32]), "ann@example.org"));
}

#[test]
fn a_hub_has_an_address_and_a_secret_of_its_own() {
    let (one, two) = (HubId(Uuid::from_u128(1)), HubId(Uuid::from_u128(2)));
    let keys = Keys::derive(&[1; 32]);
    let token = keys.hub_token(one);
    assert_eq!(keys.read_hub_token(&token), Ok(one));
    assert_eq!(Keys::derive(&[2; 32]).read_hub_token(&token), Err(BadLink));
    for wrong in ["", "AAAA", &token[1..], &format!("{token}AAAA")] {
        assert_eq!(keys.read_hub_token(wrong), Err(BadLink), "{wrong}");
    }
    let secret = keys.hub_secret(one);
    assert!(secret.len() < 200, "the bound of WebSub");
    assert_ne!(secret, keys.hub_secret(two));
    assert!(!token.contains(&secret) && !secret.contains(&token));
}

#[test]
fn confirm_tokens_differ_by_sign_up_and_key() {
    let (one, two) = (SignUpId(Uuid::from_u128(1)), SignUpId(Uuid::from_u128(2)));
    let keys = Keys::derive(&[1; 32]);
    assert_ne!(keys.confirm_token(one), keys.confirm_token(two));
    assert_ne!(
        keys.confirm_token(one),
        Keys::derive(&[2; 32]).confirm_token(one)
    );
    assert_eq!(token_hash(&keys.confirm_token(one)).len(), 32);
}
