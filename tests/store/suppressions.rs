//! What every database must do with suppressed addresses.

use std::time::Duration;

use paperround::domain::email_address::EmailAddress;
use paperround::domain::suppression::{EmailHash, Suppression, SuppressionReason};
use paperround::domain::token::Keys;
use paperround::store::claims::{self, Claimer, Position};
use paperround::store::results::{self, InFlight};
use paperround::store::{Store, Tx, issues, subscribers, suppressions};

use crate::cases::Makes;
use crate::on_both;

fn hash(email: &str) -> EmailHash {
    Keys::derive(&[7; 32]).email_hash(&email.parse().unwrap())
}

fn row(makes: &Makes, email: &str, reason: SuppressionReason) -> Suppression {
    Suppression {
        email_hash: hash(email),
        email: reason.keeps_address().then(|| email.parse().unwrap()),
        reason,
        source: Some("test".to_owned()),
        created_at: makes.now(),
    }
}

async fn add(tx: &mut Tx, makes: &Makes, email: &str, reason: SuppressionReason) -> u64 {
    suppressions::insert(tx, &[row(makes, email, reason)], makes.now())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_suppression_comes_back_as_it_went_in_and_is_there_once() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let ann = "ann@inbox.example";
        assert_eq!(
            add(&mut tx, &makes, ann, SuppressionReason::HardBounce).await,
            1
        );
        assert_eq!(
            add(&mut tx, &makes, ann, SuppressionReason::Manual).await,
            0
        );
        let found = suppressions::find(&mut tx, hash("ANN@inbox.example"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found, row(&makes, ann, SuppressionReason::HardBounce));
        assert_eq!(
            suppressions::find(&mut tx, hash("b@inbox.example"))
                .await
                .unwrap(),
            None
        );

        // An erasure takes the address away, for good, and leaves the reason.
        assert_eq!(
            add(&mut tx, &makes, ann, SuppressionReason::Erased).await,
            1
        );
        add(&mut tx, &makes, ann, SuppressionReason::Manual).await;
        let found = suppressions::latest(&mut tx, 10).await.unwrap();
        let bounced = row(&makes, ann, SuppressionReason::HardBounce);
        let bounced = Suppression {
            email: None,
            ..bounced
        };
        assert_eq!(found, [bounced]);

        let email = ann.parse().unwrap();
        assert!(
            suppressions::remove(&mut tx, hash(ann), &email)
                .await
                .unwrap()
        );
        assert!(
            !suppressions::remove(&mut tx, hash(ann), &email)
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn many_are_looked_up_at_once_and_paged_in_one_order() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let emails: Vec<String> = (0..25).map(|n| format!("r{n}@inbox.example")).collect();
        let rows: Vec<Suppression> = emails
            .iter()
            .map(|email| row(&makes, email, SuppressionReason::Manual))
            .collect();
        assert_eq!(
            suppressions::insert(&mut tx, &rows, makes.now())
                .await
                .unwrap(),
            25
        );
        let asked = [hash("r3@inbox.example"), hash("new@inbox.example")];
        let known = suppressions::known(&mut tx, &asked).await.unwrap();
        assert_eq!(known.into_iter().collect::<Vec<_>>(), [asked[0]]);
        assert!(suppressions::known(&mut tx, &[]).await.unwrap().is_empty());

        let mut all = Vec::new();
        while let page = suppressions::page(&mut tx, all.last().copied(), 10)
            .await
            .unwrap()
            && !page.is_empty()
        {
            all.extend(page.iter().map(|s| s.email_hash));
        }
        assert_eq!(all.len(), 25);
        assert!(all.is_sorted());
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_is_open_is_skipped_and_what_was_begun_goes_on() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let (id, _) = makes.sending(&mut tx, 4).await;
        let now = makes.now();
        claims::open(&mut tx, "n").await.unwrap();
        let claimer = Claimer {
            node: "n",
            held: &[],
        };
        let batch = claims::claim(&mut tx, id, claimer, now, Position::START, 3).await;
        let rows = batch.unwrap().rows;
        let begin = async |tx: &mut Tx, row: usize| {
            let (line, begins) = (InFlight::new(), InFlight::from([(rows[row].id, now)]));
            let begun = results::begin(tx, &line, &begins, "n").await;
            !begun.unwrap().is_empty()
        };
        assert!(begin(&mut tx, 0).await);

        // One is begun, one is claimed, one is pending; the other claimed one is not concerned.
        let free = rows[2].email.key();
        let keys: Vec<String> = (0..4)
            .map(|n| format!("r{n}@inbox.example"))
            .filter(|key| *key != free)
            .collect();
        assert_eq!(suppressions::mark(&mut tx, &keys, now).await.unwrap(), 3);
        assert_eq!(suppressions::mark(&mut tx, &keys, now).await.unwrap(), 0);
        assert_eq!(suppressions::skip_open(&mut tx, &keys).await.unwrap(), 2);
        let counts = issues::counts(&mut tx, id).await.unwrap();
        assert_eq!((counts.skipped, counts.sending, counts.pending), (2, 2, 0));
        assert!(!begin(&mut tx, 1).await);
        assert!(begin(&mut tx, 2).await);

        let suppressed: EmailAddress = rows[1].email.clone();
        let marked = |found: Option<paperround::domain::subscriber::Subscriber>| {
            found.unwrap().suppressed_at
        };
        let found = subscribers::find_by_email(&mut tx, &suppressed)
            .await
            .unwrap();
        assert_eq!(marked(found), Some(now));
        suppressions::remove(&mut tx, hash(suppressed.as_str()), &suppressed)
            .await
            .unwrap();
        let found = subscribers::find_by_email(&mut tx, &suppressed)
            .await
            .unwrap();
        assert_eq!(marked(found), None);
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn suppressing_waits_for_those_who_looked_before() {
    on_both(async |store: Store| {
        let mut looking = store.begin().await.unwrap();
        suppressions::hold_off(&mut looking).await.unwrap();
        let suppressing = tokio::spawn({
            let store = store.clone();
            async move {
                let mut tx = store.begin().await.unwrap();
                suppressions::lock_out(&mut tx).await.unwrap();
                tx.commit().await.unwrap();
            }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!suppressing.is_finished());
        looking.commit().await.unwrap();
        suppressing.await.unwrap();
    })
    .await;
}
