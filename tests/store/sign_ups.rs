//! What stands between a form and a mail.

use chrono::TimeDelta;
use paperround::domain::arrival::Arrival;
use paperround::domain::clock::Time;
use paperround::domain::digest::DigestChoice;
use paperround::domain::ids::{PublicationId, SignUpId};
use paperround::domain::publication::TopicChoice;
use paperround::store::{Store, arrivals, inbox_turns};
use uuid::Uuid;

use crate::cases::raw;
use crate::on_both;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn arrival(number: u128, now: Time) -> Arrival {
    Arrival {
        id: SignUpId(Uuid::from_u128(number)),
        publication: PublicationId(Uuid::from_u128(7)),
        email: format!("Reader{number}@inbox.example").parse().unwrap(),
        name: Some("Ada \"Countess\" Lovelace".to_owned()),
        topics: TopicChoice::from_key("energy,retail"),
        digests: DigestChoice::from_key("daily,week"),
        language: Some("de".to_owned()),
        timezone: Some(chrono_tz::Europe::Berlin),
        source: Some("https://ledger.example/é".to_owned()),
        network: "203.0.113.0/24".to_owned(),
        consent_text: "You agree.".to_owned(),
        arrived_at: now,
    }
}

#[tokio::test]
async fn arrivals_are_taken_once_as_they_came() {
    on_both(async |store: Store| {
        let now = at("2026-03-02T08:00:00.123456Z");
        let later = now + TimeDelta::hours(1);
        let mut tx = store.begin().await.unwrap();
        assert!(!arrivals::are_due(&mut tx, now).await.unwrap());
        let came = [arrival(1, now), arrival(2, now), arrival(3, now)];
        arrivals::insert(&mut tx, &came, now).await.unwrap();
        arrivals::insert(&mut tx, &[arrival(4, now)], later)
            .await
            .unwrap();
        tx.commit().await.unwrap();

        let mut tx = store.begin().await.unwrap();
        assert!(arrivals::are_due(&mut tx, now).await.unwrap());
        let mut taken = arrivals::take(&mut tx, now, 2).await.unwrap();
        taken.sort_by_key(|arrival| arrival.id);
        assert_eq!(taken, came[..2]);
        // Not committed: they are still there.
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        assert_eq!(arrivals::take(&mut tx, now, 10).await.unwrap().len(), 3);
        assert!(!arrivals::are_due(&mut tx, now).await.unwrap());
        assert_eq!(arrivals::take(&mut tx, later, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_set_aside_and_kept() {
    on_both(async |store: Store| {
        let now = at("2026-03-02T08:00:00Z");
        let mut tx = store.begin().await.unwrap();
        let came = [arrival(1, now), arrival(2, now)];
        arrivals::insert(&mut tx, &came, now).await.unwrap();
        raw(
            &mut tx,
            "UPDATE arrivals SET body = '{}' WHERE body LIKE '%Reader1@%'",
        )
        .await;
        assert_eq!(arrivals::take(&mut tx, now, 10).await.unwrap(), came[1..]);
        assert!(!arrivals::are_due(&mut tx, now).await.unwrap());
        let next_day = now + TimeDelta::days(1);
        assert!(arrivals::are_due(&mut tx, next_day).await.unwrap());
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_inbox_has_so_many_turns_in_a_day() {
    on_both(async |store: Store| {
        let now = at("2026-03-02T08:00:00Z");
        let mut tx = store.begin().await.unwrap();
        let mut turn = async |inbox: &[u8], hours: i64, limit: i64| {
            let now = now + TimeDelta::hours(hours);
            let after = now - TimeDelta::hours(24);
            inbox_turns::take(&mut tx, inbox, after, now, limit)
                .await
                .unwrap()
        };
        assert!(turn(b"a", 0, 1).await);
        assert!(!turn(b"a", 0, 1).await);
        assert!(!turn(b"a", 23, 1).await);
        assert!(turn(b"b", 23, 1).await);
        assert!(turn(b"a", 24, 1).await);
        // The day runs from the mail that it began with, not from midnight.
        assert!(!turn(b"a", 47, 1).await);
        assert!(turn(b"a", 47, 2).await);
        assert!(!turn(b"a", 47, 2).await);
        inbox_turns::prune(&mut tx, now + TimeDelta::hours(24))
            .await
            .unwrap();
        let now = now + TimeDelta::hours(30);
        let after = now - TimeDelta::hours(24);
        assert!(
            inbox_turns::take(&mut tx, b"b", after, now, 1)
                .await
                .unwrap()
        );
        assert!(
            !inbox_turns::take(&mut tx, b"a", after, now, 1)
                .await
                .unwrap()
        );
    })
    .await;
}
