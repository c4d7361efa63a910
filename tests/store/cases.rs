//! What every database must do.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use paperround::domain::article::ArticleContent;
use paperround::domain::clock::{Clock, ManualClock, Time};
use paperround::domain::delivery::{DeliveryState, OnUnknown, Reply};
use paperround::domain::digest::{Digest, DigestChoice, Rules, Window};
use paperround::domain::feed::{Feed, FeedState, Health};
use paperround::domain::ids::{
    ArticleId, DeliveryId, DigestId, EditionId, FeedId, IssueId, NoticeId, PublicationId, SignUpId,
    SubscriberId, SubscriptionId, TopicId,
};
use paperround::domain::issue::{Edition, IssueState};
use paperround::domain::job::Job;
use paperround::domain::links::LinkRules;
use paperround::domain::look::Look;
use paperround::domain::notice::{NoticeKind, NoticeState};
use paperround::domain::publication::{Publication, Topic, TopicChoice};
use paperround::domain::random::StdRandom;
use paperround::domain::subscription::{LeaveReason, SignUp, SubscriptionState};
use paperround::store::articles::{self, Identity};
use paperround::store::claims::{self, Claimed, Claimer, HandBack, Position};
use paperround::store::deliveries::{self, Audience, Choice};
use paperround::store::issues::Frozen;
use paperround::store::results::{self, InFlight, Record, Steps};
use paperround::store::{
    Store, StoreError, Tx, counters, digests, editions, feeds, issues, ledger, migrate, nodes,
    notices, publications, queue, relay_budgets, sign_ups, subscribers, subscriptions, waves,
};

use crate::on_both;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// All readers of a digest.
fn audience(digest: &Digest, is_first: bool) -> Audience {
    Audience {
        publication: digest.publication,
        digest: digest.slug.clone(),
        is_first,
        after: SubscriptionId(uuid::Uuid::nil()),
        until: None,
    }
}

/// Ids and a clock that shows microseconds, so that rounding would be noticed.
pub struct Makes {
    pub clock: ManualClock,
    random: StdRandom,
}

impl Makes {
    pub fn new() -> Self {
        Self {
            clock: ManualClock::new(at("2026-03-02T08:00:00.123456Z")),
            random: StdRandom::seeded(1),
        }
    }

    fn id<T>(&self, make: impl Fn(&dyn Clock, &dyn paperround::domain::random::Random) -> T) -> T {
        make(&self.clock, &self.random)
    }

    pub fn now(&self) -> Time {
        self.clock.now()
    }

    pub async fn publication(&self, tx: &mut Tx) -> Publication {
        let made = Publication {
            id: self.id(PublicationId::new),
            slug: "ledger".parse().unwrap(),
            name: "The Ledger — «Ünïcode»".to_owned(),
            from: "The Ledger <news@ledger.example>".parse().unwrap(),
            reply_to: Some("desk@ledger.example".parse().unwrap()),
            postal_address: "1 Quay".to_owned(),
            language: "en".to_owned(),
            timezone: chrono_tz::Europe::Berlin,
            description: None,
            privacy_url: None,
            languages: vec!["en".to_owned(), "de".to_owned()],
            relays: Vec::new(),
            welcome: paperround::domain::publication::Welcome::Off,
            links: LinkRules::default(),
            count_opens: false,
            look: Look::default(),
            archived_at: None,
            created_at: self.now(),
        };
        publications::insert(tx, &made).await.unwrap();
        made
    }

    async fn digest(&self, tx: &mut Tx, publication: PublicationId) -> Digest {
        let made = Digest {
            id: self.id(DigestId::new),
            publication,
            slug: "daily".parse().unwrap(),
            name: "Daily".to_owned(),
            timezone: chrono_tz::UTC,
            max_items: 12,
            min_items: 1,
            window: Window::LastIssue,
            topics: Vec::new(),
            rules: Rules::default(),
            paused_at: None,
            cron: Some("0 7 * * *".to_owned()),
            next_run_at: Some(at("2026-03-03T07:00:00Z")),
            look_at: Some(at("2026-03-03T07:00:00Z")),
            since_at: None,
            design: None,
            changes: Vec::new(),
            created_at: self.now(),
        };
        digests::insert(tx, &made, &[]).await.unwrap();
        made
    }

    pub async fn reader(
        &self,
        tx: &mut Tx,
        publication: PublicationId,
        email: &str,
        topics: &str,
    ) -> SubscriptionId {
        let email = email.parse().unwrap();
        let subscriber =
            subscribers::find_or_insert(tx, &email, self.id(SubscriberId::new), self.now())
                .await
                .unwrap();
        let new_id = self.id(SubscriptionId::new);
        let made = subscriptions::find_or_insert(tx, new_id, subscriber, publication, self.now())
            .await
            .unwrap();
        let sign_up = self.sign_up(made.id, topics);
        subscriptions::confirm(tx, &sign_up, self.now())
            .await
            .unwrap();
        made.id
    }

    fn sign_up(&self, subscription: SubscriptionId, topics: &str) -> SignUp {
        SignUp {
            id: self.id(SignUpId::new),
            subscription,
            name: None,
            topics: TopicChoice::from_key(topics),
            digests: DigestChoice::default(),
            language: None,
            source: Some("https://ledger.example/a".to_owned()),
            network: None,
            created_at: self.now(),
            expires_at: self.now() + TimeDelta::days(7),
            used_at: None,
        }
    }

    /// An issue that is being sent to `readers` readers.
    pub async fn sending(&self, tx: &mut Tx, readers: usize) -> (IssueId, Digest) {
        let publication = self.publication(tx).await;
        let digest = self.digest(tx, publication.id).await;
        for n in 0..readers {
            self.reader(tx, publication.id, &format!("r{n}@inbox.example"), "")
                .await;
        }
        let id = self.id(IssueId::new);
        issues::insert(tx, id, digest.id, publication.id, self.now(), self.now())
            .await
            .unwrap();
        let frozen = issues::freeze(tx, id, Frozen::Numbered(1), self.now()).await;
        assert!(frozen.unwrap());
        let edition = Edition {
            id: self.id(EditionId::new),
            subject: "s".to_owned(),
            text: "t".to_owned(),
            html: "h".to_owned(),
        };
        editions::insert(tx, id, "", 1, &edition).await.unwrap();
        let choice = Choice::default();
        editions::choose(tx, id, &choice, Ok("")).await.unwrap();
        let now = self.now();
        assert!(
            issues::advance(tx, id, IssueState::Composing, IssueState::Sending, now)
                .await
                .unwrap()
        );
        deliveries::fill(tx, id, &audience(&digest, true), now)
            .await
            .unwrap();
        (id, digest)
    }
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    on_both(async |store: Store| {
        assert!(migrate::is_current(&store).await.unwrap());
        migrate::run(&store).await.unwrap();
        assert!(
            migrate::status(&store)
                .await
                .unwrap()
                .iter()
                .all(|step| step.applied)
        );
    })
    .await;
}

#[tokio::test]
async fn rows_come_back_as_they_went_in() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let made = makes.publication(&mut tx).await;
        tx.commit().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let found = publications::find_by_slug(&mut tx, "ledger")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (&found.name, &found.from, found.created_at),
            (&made.name, &made.from, made.created_at)
        );
        assert_eq!(
            (found.reply_to, found.timezone),
            (made.reply_to, made.timezone)
        );
        assert!(
            publications::find_by_slug(&mut tx, "other")
                .await
                .unwrap()
                .is_none()
        );
    })
    .await;
}

#[tokio::test]
async fn a_second_row_of_the_same_name_is_a_conflict() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let mut made = makes.publication(&mut tx).await;
        tx.commit().await.unwrap();
        made.id = makes.id(PublicationId::new);
        let mut tx = store.begin().await.unwrap();
        let error = publications::insert(&mut tx, &made).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict), "{error}");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_committed_is_undone_jobs_included() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        makes.publication(&mut tx).await;
        queue::push(
            &mut tx,
            &Job::Deliver {
                issue: makes.id(IssueId::new),
            },
        )
        .await
        .unwrap();
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        assert!(publications::list(&mut tx).await.unwrap().is_empty());
        tx.commit().await.unwrap();
        queue::prune(&store, makes.now()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn one_address_is_one_subscriber() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let (one, two) = (
            "Ada@inbox.example".parse().unwrap(),
            "ada@INBOX.example".parse().unwrap(),
        );
        let a =
            subscribers::find_or_insert(&mut tx, &one, makes.id(SubscriberId::new), makes.now())
                .await
                .unwrap();
        let b =
            subscribers::find_or_insert(&mut tx, &two, makes.id(SubscriberId::new), makes.now())
                .await
                .unwrap();
        assert_eq!(a, b);
        assert_eq!(
            subscribers::find(&mut tx, a).await.unwrap().unwrap().email,
            one
        );
    })
    .await;
}

#[tokio::test]
async fn a_sign_up_is_used_once_and_leaving_can_be_undone() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let publication = makes.publication(&mut tx).await;
        let id = makes
            .reader(&mut tx, publication.id, "ada@inbox.example", "energy")
            .await;
        let sign_up = makes.sign_up(id, "energy,retail");
        sign_ups::insert(&mut tx, &sign_up, b"hash").await.unwrap();
        let found = sign_ups::find_by_token(&mut tx, b"hash")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.topics, found.expires_at),
            (sign_up.topics.clone(), sign_up.expires_at)
        );
        assert!(
            sign_ups::mark_used(&mut tx, sign_up.id, makes.now())
                .await
                .unwrap()
        );
        assert!(
            !sign_ups::mark_used(&mut tx, sign_up.id, makes.now())
                .await
                .unwrap()
        );
        assert!(
            subscriptions::leave(&mut tx, id, LeaveReason::Page, makes.now())
                .await
                .unwrap()
        );
        assert!(
            !subscriptions::leave(&mut tx, id, LeaveReason::Page, makes.now())
                .await
                .unwrap()
        );
        assert!(subscriptions::restore(&mut tx, id).await.unwrap());
        let restored = subscriptions::find(&mut tx, id).await.unwrap().unwrap();
        assert_eq!(
            (restored.state, restored.unsubscribed_at),
            (SubscriptionState::Confirmed, None)
        );
        assert_eq!(
            subscriptions::count(&mut tx, publication.id).await.unwrap(),
            (1, 0, 0)
        );
    })
    .await;
}

#[tokio::test]
async fn counters_count_by_window() {
    on_both(async |store: Store| {
        let (one, two) = (at("2026-03-02T08:00:00Z"), at("2026-03-02T09:00:00Z"));
        let mut tx = store.begin().await.unwrap();
        let more = |rows: &[(&str, i64)]| -> BTreeMap<Vec<u8>, i64> {
            rows.iter()
                .map(|(name, number)| (name.as_bytes().to_vec(), *number))
                .collect()
        };
        let add = async |tx: &mut Tx, rows: &[(&str, i64)], window| {
            let counts = counters::add(tx, &more(rows), window).await.unwrap();
            counts.into_iter().collect::<BTreeMap<_, _>>()
        };
        assert_eq!(add(&mut tx, &[("a", 1)], one).await, more(&[("a", 1)]));
        let both = add(&mut tx, &[("a", 2), ("b", 1), ("c", 0)], one).await;
        assert_eq!(both, more(&[("a", 3), ("b", 1), ("c", 0)]));
        assert_eq!(add(&mut tx, &[("a", 5)], two).await, more(&[("a", 5)]));
        let names = [&b"a"[..], b"b", b"nobody"];
        let read = counters::read(&mut tx, names.into_iter(), one).await;
        assert_eq!(
            read.unwrap().into_iter().collect::<BTreeMap<_, _>>(),
            more(&[("a", 3), ("b", 1)])
        );
        counters::prune(&mut tx, two).await.unwrap();
        assert_eq!(add(&mut tx, &[("a", 1)], one).await, more(&[("a", 1)]));
        assert_eq!(add(&mut tx, &[("a", 1)], two).await, more(&[("a", 6)]));
    })
    .await;
}

#[tokio::test]
async fn a_feed_is_taken_by_one() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let publication = makes.publication(&mut tx).await;
        let topic = Topic {
            id: makes.id(TopicId::new),
            slug: "energy".parse().unwrap(),
            name: "Energy".to_owned(),
        };
        publications::insert_topic(&mut tx, publication.id, &topic, makes.now())
            .await
            .unwrap();
        let feed = Feed {
            id: makes.id(FeedId::new),
            publication: publication.id,
            url: "https://ledger.example/feed".to_owned(),
            title: None,
            state: FeedState::Active,
            every: Duration::from_secs(900),
            etag: None,
            last_modified: None,
            next_fetch_at: makes.now(),
            last_fetched_at: None,
            last_error: None,
            failures: 0,
            adaptive: true,
            health: Health::default(),
            moved: None,
            article_pages: false,
            topics: Vec::new(),
            mapping: BTreeMap::new(),
            categories: Vec::new(),
        };
        feeds::insert(&mut tx, &feed, makes.now()).await.unwrap();
        feeds::add_topic(&mut tx, feed.id, topic.id).await.unwrap();
        feeds::add_category(&mut tx, feed.id, "oil & gas", topic.id)
            .await
            .unwrap();
        let found = feeds::find(&mut tx, feed.id).await.unwrap().unwrap();
        assert_eq!(
            found.topics_for(&["Oil & Gas".to_owned()]),
            std::slice::from_ref(&topic.slug)
        );
        assert_eq!(
            feeds::due(&mut tx, makes.now(), 10).await.unwrap(),
            [(feed.id, feed.url.clone())]
        );
        let until = makes.now() + TimeDelta::minutes(5);
        assert!(
            feeds::take(&mut tx, feed.id, makes.now(), until)
                .await
                .unwrap()
        );
        assert!(
            !feeds::take(&mut tx, feed.id, makes.now(), until)
                .await
                .unwrap()
        );
        feeds::remove(&mut tx, feed.id).await.unwrap();
        assert!(feeds::list(&mut tx, None).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_article_is_known_by_its_guid_or_its_page() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let publication = makes.publication(&mut tx).await;
        let content = ArticleContent {
            title: "A".to_owned(),
            url: "https://x.example/a".to_owned(),
            ..Default::default()
        };
        let identity = Identity {
            publication: publication.id,
            feed: None,
            guid: None,
            url_key: "x.example/a",
        };
        assert!(
            articles::find_known(&mut tx, &identity)
                .await
                .unwrap()
                .is_none()
        );
        let id = makes.id(ArticleId::new);
        assert_eq!(
            articles::insert(&mut tx, id, &identity, &content, makes.now())
                .await
                .unwrap(),
            (id, true)
        );
        let other = makes.id(ArticleId::new);
        assert_eq!(
            articles::insert(&mut tx, other, &identity, &content, makes.now())
                .await
                .unwrap(),
            (id, false)
        );
        assert!(!articles::update(&mut tx, id, &content).await.unwrap());
        let edited = ArticleContent {
            title: "B".to_owned(),
            ..content
        };
        assert!(articles::update(&mut tx, id, &edited).await.unwrap());
        let latest = articles::latest(&mut tx, publication.id, makes.now(), 5)
            .await
            .unwrap();
        assert_eq!((latest.len(), latest[0].content.title.as_str()), (1, "B"));
    })
    .await;
}

#[tokio::test]
async fn a_schedule_moves_on_once_and_numbers_follow_each_other() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let publication = makes.publication(&mut tx).await;
        let digest = makes.digest(&mut tx, publication.id).await;
        let slot = digest.next_run_at.unwrap();
        assert!(
            digests::due(&mut tx, slot - TimeDelta::seconds(1))
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(digests::due(&mut tx, slot).await.unwrap().len(), 1);
        let next = slot + TimeDelta::days(1);
        assert!(
            digests::advance(&mut tx, &digest, next, next)
                .await
                .unwrap()
        );
        assert!(
            !digests::advance(&mut tx, &digest, next, next)
                .await
                .unwrap()
        );
        assert_eq!(digests::take_number(&mut tx, digest.id).await.unwrap(), 1);
        assert_eq!(digests::take_number(&mut tx, digest.id).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_ledger_has_a_row_for_each_reader_once() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let (id, digest) = makes.sending(&mut tx, 5).await;
        assert_eq!(
            deliveries::fill(&mut tx, id, &audience(&digest, true), makes.now())
                .await
                .unwrap(),
            0
        );
        assert_eq!(
            deliveries::fill(&mut tx, id, &audience(&digest, false), makes.now())
                .await
                .unwrap(),
            0
        );
        assert_eq!(issues::counts(&mut tx, id).await.unwrap().pending, 5);
        deliveries::analyse(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_digest_has_those_readers_who_chose_it_and_the_first_those_who_chose_none() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let of = makes.publication(&mut tx).await.id;
        let mut all = vec![makes.digest(&mut tx, of).await];
        for slug in ["weekly", "breaking", "monthly"] {
            makes.clock.advance(TimeDelta::seconds(1));
            let mut digest = all[0].clone();
            digest.id = makes.id(DigestId::new);
            digest.slug = slug.parse().unwrap();
            digest.created_at = makes.now();
            digests::insert(&mut tx, &digest, &[]).await.unwrap();
            all.push(digest);
        }
        let with_readers = async |tx: &mut Tx| {
            let mut found = Vec::new();
            for digest in &all {
                if deliveries::any_reader(tx, digest).await.unwrap() {
                    found.push(digest.slug.to_string());
                }
            }
            found.join(" ")
        };
        assert_eq!(with_readers(&mut tx).await, "");

        let chose = makes.reader(&mut tx, of, "ada@inbox.example", "").await;
        assert_eq!(with_readers(&mut tx).await, "daily");
        let mut sign_up = makes.sign_up(chose, "");
        sign_up.digests = DigestChoice::from_key("breaking");
        subscriptions::confirm(&mut tx, &sign_up, makes.now())
            .await
            .unwrap();
        assert_eq!(with_readers(&mut tx).await, "breaking");

        let chose_none = makes.reader(&mut tx, of, "bob@inbox.example", "").await;
        assert_eq!(with_readers(&mut tx).await, "daily breaking");
        for id in [chose, chose_none] {
            subscriptions::leave(&mut tx, id, LeaveReason::Page, makes.now())
                .await
                .unwrap();
        }
        assert_eq!(with_readers(&mut tx).await, "");
    })
    .await;
}

#[tokio::test]
async fn each_digest_is_filled_with_those_who_take_it_whatever_else_they_take() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let daily = {
            let of = makes.publication(&mut tx).await.id;
            makes.digest(&mut tx, of).await
        };
        let of = daily.publication;
        let mut digests = vec![daily];
        for slug in ["week", "weekly", "breaking"] {
            makes.clock.advance(TimeDelta::seconds(1));
            let mut digest = digests[0].clone();
            (digest.id, digest.slug) = (makes.id(DigestId::new), slug.parse().unwrap());
            digest.created_at = makes.now();
            digests::insert(&mut tx, &digest, &[]).await.unwrap();
            digests.push(digest);
        }
        let choices = ["", "daily", "weekly", "breaking,daily", "breaking,weekly"];
        for (n, key) in choices.into_iter().enumerate() {
            let email = format!("r{n}@inbox.example");
            let id = makes.reader(&mut tx, of, &email, "").await;
            let digests = DigestChoice::from_key(key);
            let topics = TopicChoice::default();
            subscriptions::set_choices(&mut tx, id, &topics, &digests, None)
                .await
                .unwrap();
            let found = subscriptions::find(&mut tx, id).await.unwrap().unwrap();
            assert_eq!(found.digests, digests);
        }
        let mut filled = Vec::new();
        for (at, digest) in digests.iter().enumerate() {
            let issue = makes.id(IssueId::new);
            let now = makes.now();
            issues::insert(&mut tx, issue, digest.id, of, now, now)
                .await
                .unwrap();
            let audience = audience(digest, at == 0);
            let is_read = deliveries::any_reader(&mut tx, digest).await.unwrap();
            let choices = deliveries::audience_choices(&mut tx, &audience).await;
            assert_eq!(choices.unwrap().len(), usize::from(is_read));
            let zones = waves::audience_zones(&mut tx, &audience).await.unwrap();
            assert_eq!(zones.len(), usize::from(is_read));
            let rows = deliveries::fill(&mut tx, issue, &audience, now).await;
            filled.push((rows.unwrap(), is_read));
        }
        assert_eq!(filled, [(3, true), (0, false), (2, true), (2, true)]);
    })
    .await;
}

/// Runs statements on either database.
pub(crate) async fn raw(tx: &mut Tx, statements: &'static str) {
    match tx {
        Tx::Sqlite(tx) => {
            let done = sqlx::raw_sql(statements).execute(&mut **tx).await;
            done.map(drop).unwrap();
        }
        Tx::Postgres(tx) => {
            let done = sqlx::raw_sql(statements).execute(&mut **tx).await;
            done.map(drop).unwrap();
        }
    }
}

#[tokio::test]
async fn readers_of_one_digest_keep_it_when_several_become_possible() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let of = makes.publication(&mut tx).await.id;
        let mut weekly = makes.digest(&mut tx, of).await;
        (weekly.id, weekly.slug) = (makes.id(DigestId::new), "weekly".parse().unwrap());
        digests::insert(&mut tx, &weekly, &[]).await.unwrap();
        let chose = makes.reader(&mut tx, of, "ada@inbox.example", "").await;
        let none = makes.reader(&mut tx, of, "bob@inbox.example", "").await;
        let sign_up = makes.sign_up(chose, "energy");
        sign_ups::insert(&mut tx, &sign_up, b"hash").await.unwrap();
        // As it was before the digests were one text.
        raw(
            &mut tx,
            "DROP INDEX subscriptions_digests;
             ALTER TABLE subscriptions DROP COLUMN digest_key;
             ALTER TABLE sign_ups DROP COLUMN digest_key;
             CREATE INDEX subscriptions_digest ON subscriptions (publication_id, digest_id);
             DELETE FROM paperround_migrations WHERE version = 24;
             UPDATE subscriptions SET digest_id = (SELECT id FROM digests WHERE slug = 'weekly')
             WHERE subscriber_id = (SELECT id FROM subscribers WHERE email = 'ada@inbox.example');
             UPDATE sign_ups SET digest_id = (SELECT id FROM digests WHERE slug = 'weekly')",
        )
        .await;
        tx.commit().await.unwrap();
        migrate::run(&store).await.unwrap();
        let mut tx = store.read().await.unwrap();
        for (id, key) in [(chose, "weekly"), (none, "")] {
            let found = subscriptions::find(&mut tx, id).await.unwrap().unwrap();
            assert_eq!(found.digests.key(), key);
        }
        let found = sign_ups::find(&mut tx, sign_up.id).await.unwrap().unwrap();
        assert_eq!(found.digests.key(), "weekly");
    })
    .await;
}

#[tokio::test]
async fn a_long_ledger_is_filled_in_parts_by_one_at_a_time() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let (_, digest) = makes.sending(&mut tx, 5).await;
        let id = makes.id(IssueId::new);
        makes.clock.advance(TimeDelta::seconds(1));
        let now = makes.now();
        issues::insert(&mut tx, id, digest.id, digest.publication, now, now)
            .await
            .unwrap();
        let mut part = audience(&digest, true);
        let mut rows = Vec::new();
        loop {
            assert_eq!(issues::filled_to(&mut tx, id).await.unwrap(), part.after);
            part.until = deliveries::part_end(&mut tx, &part, 1).await.unwrap();
            let (from, to) = (part.after, part.until);
            assert!(issues::fill_to(&mut tx, id, from, to, now).await.unwrap());
            // Somebody else who is at the same place finds it taken.
            assert!(!issues::fill_to(&mut tx, id, from, to, now).await.unwrap());
            rows.push(deliveries::fill(&mut tx, id, &part, now).await.unwrap());
            match part.until {
                Some(until) => part.after = until,
                None => break,
            }
        }
        assert_eq!(rows, [2, 2, 1]);
        assert!(issues::find(&mut tx, id).await.unwrap().unwrap().is_filled);
        assert_eq!(issues::counts(&mut tx, id).await.unwrap().recipients, 5);
    })
    .await;
}

#[tokio::test]
async fn two_nodes_never_claim_the_same_row() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let (id, _) = makes.sending(&mut tx, 40).await;
        tx.commit().await.unwrap();
        let claim = async |node: &str| {
            let mut tx = store.begin().await.unwrap();
            let rows = claim_all(&mut tx, id, node, &makes).await;
            tx.commit().await.unwrap();
            rows.into_iter().map(|c| c.id).collect::<Vec<_>>()
        };
        let (a, b, c, d, e) =
            tokio::join!(claim("a"), claim("b"), claim("c"), claim("d"), claim("e"));
        let mut all: Vec<DeliveryId> = [a, b, c, d, e].concat();
        assert_eq!(all.len(), 40);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 40, "a row was claimed twice");
    })
    .await;
}

async fn claim_all(tx: &mut Tx, id: IssueId, node: &str, makes: &Makes) -> Vec<Claimed> {
    claims::open(tx, node).await.unwrap();
    let claimer = Claimer { node, held: &[] };
    claims::claim(tx, id, claimer, makes.now(), Position::START, 10)
        .await
        .unwrap()
        .rows
}

#[tokio::test]
async fn a_claim_goes_on_where_the_last_one_ended() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let (id, _) = makes.sending(&mut tx, 5).await;
        let mut position = Position::START;
        let (mut sizes, mut held) = (Vec::new(), Vec::new());
        claims::open(&mut tx, "n").await.unwrap();
        loop {
            let claimer = Claimer {
                node: "n",
                held: &held,
            };
            let batch = claims::claim(&mut tx, id, claimer, makes.now(), position, 2)
                .await
                .unwrap();
            held.extend(batch.rows.iter().map(|row| row.id));
            sizes.push(batch.rows.len());
            match batch.next {
                Some(next) => position = next,
                None => break,
            }
        }
        assert_eq!(sizes, [2, 2, 1]);
        assert_eq!(issues::counts(&mut tx, id).await.unwrap().sending, 5);
        // What it has is not claimed again, and nothing by a node that was taken for dead.
        let mut claimer = Claimer {
            node: "n",
            held: &held,
        };
        let again = claims::claim(&mut tx, id, claimer, makes.now(), Position::START, 10);
        assert!(again.await.unwrap().rows.is_empty());
        claimer = Claimer {
            node: "gone",
            held: &[],
        };
        let stolen = claims::claim(&mut tx, id, claimer, makes.now(), Position::START, 10);
        assert!(stolen.await.unwrap().rows.is_empty());
        claims::release_node(&mut tx, "n", OnUnknown::Hold, makes.now())
            .await
            .unwrap();
        let lost = claims::claim(&mut tx, id, claimer, makes.now(), Position::START, 10);
        assert!(matches!(lost.await, Err(StoreError::ClaimsLost)));
        // An issue that is not being sent gives nothing.
        claims::release_node(&mut tx, "n", OnUnknown::Hold, makes.now())
            .await
            .unwrap();
        issues::advance(
            &mut tx,
            id,
            IssueState::Sending,
            IssueState::Cancelled,
            makes.now(),
        )
        .await
        .unwrap();
        assert!(claim_all(&mut tx, id, "n", &makes).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_delivery_is_begun_once_and_recorded_by_its_claimer() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let (id, _) = makes.sending(&mut tx, 3).await;
        let rows = claim_all(&mut tx, id, "mine", &makes).await;
        let at = makes.now();
        let none = InFlight::new();
        let begins: InFlight = rows.iter().map(|row| (row.id, at)).collect();
        let strange = results::begin(&mut tx, &none, &begins, "other").await;
        assert!(strange.unwrap().is_empty());
        let two: InFlight = begins.clone().into_iter().take(2).collect();
        assert_eq!(
            results::begin(&mut tx, &none, &two, "mine").await.unwrap(),
            two
        );
        let third = InFlight::from([(rows[2].id, at)]);
        let begun = results::begin(&mut tx, &two, &third, "mine").await.unwrap();
        assert_eq!(begun, begins);
        assert_eq!(claims::in_flight(&mut tx, id).await.unwrap(), 3);

        makes.clock.advance(TimeDelta::milliseconds(1500));
        let reply = Reply {
            code: 250,
            enhanced: Some("2.0.0".to_owned()),
            text: "2.0.0 it's \"ok\"".to_owned(),
        };
        let sent = Record {
            id: rows[0].id,
            state: DeliveryState::Sent,
            reply: Some(reply),
            reason: None,
            next_attempt_at: None,
            repeated: false,
            relay: Some("main".to_owned()),
            at: makes.now(),
            tried_at: Some(at),
        };
        let next = makes.now() + TimeDelta::seconds(60);
        let deferred = Record {
            id: rows[1].id,
            state: DeliveryState::Deferred,
            reply: None,
            reason: Some("cut".to_owned()),
            next_attempt_at: Some(next),
            repeated: true,
            ..sent.clone()
        };
        let records = [sent, deferred];
        results::record(&mut tx, &records[1..], "other")
            .await
            .unwrap();
        assert_eq!(issues::counts(&mut tx, id).await.unwrap().sending, 3);
        results::record(&mut tx, &records, "mine").await.unwrap();
        let lines = ledger::page(&mut tx, id, None, DeliveryId(0), 10)
            .await
            .unwrap();
        assert_eq!(lines[0].reply.as_deref(), Some("250 2.0.0 it's \"ok\""));
        assert_eq!(
            (
                lines[0].attempts,
                lines[0].sent_at,
                lines[0].first_attempt_at
            ),
            (1, Some(makes.now()), Some(at))
        );
        assert_eq!(
            (lines[1].state, lines[1].repeats, lines[1].next_attempt_at),
            (DeliveryState::Sending, 1, None),
            "claimed until the node claims again"
        );
        claims::open(&mut tx, "mine").await.unwrap();
        results::begin(&mut tx, &third, &none, "mine")
            .await
            .unwrap();
        let lines = ledger::page(&mut tx, id, None, DeliveryId(0), 10)
            .await
            .unwrap();
        assert_eq!(
            (lines[1].state, lines[1].attempts, lines[1].next_attempt_at),
            (DeliveryState::Deferred, 1, Some(next))
        );
        // Written as the driver writes it, so that it is found when it is due and not before.
        for (moment, due) in [(next - TimeDelta::microseconds(1), false), (next, true)] {
            let found = deliveries::any_due(&mut tx, id, "mine", moment)
                .await
                .unwrap();
            assert_eq!(found, due);
        }
    })
    .await;
}

/// The record of a mail that a server took.
fn taken(id: DeliveryId, at: Time) -> Record {
    Record {
        id,
        state: DeliveryState::Sent,
        reply: Some(Reply {
            code: 250,
            enhanced: None,
            text: "ok".to_owned(),
        }),
        reason: None,
        next_attempt_at: None,
        repeated: false,
        relay: None,
        at,
        tried_at: Some(at),
    }
}

#[tokio::test]
async fn a_pause_stops_what_is_claimed_and_what_was_taken_counts_all_the_same() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let (id, _) = makes.sending(&mut tx, 3).await;
        let rows = claim_all(&mut tx, id, "mine", &makes).await;
        tx.commit().await.unwrap();
        let at = makes.now();
        let mut steps = Steps::new(&store, "mine");
        let line = |row: usize| InFlight::from([(rows[row].id, at)]);
        assert_eq!(*steps.write(&[], &[], line(0)).await.unwrap(), line(0));

        let mut tx = store.begin().await.unwrap();
        let (sending, paused) = (IssueState::Sending, IssueState::Paused);
        assert!(
            issues::advance(&mut tx, id, sending, paused, at)
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
        // What is refused is not put down either, or it would pass for begun after a crash.
        assert_eq!(*steps.write(&[], &[], line(1)).await.unwrap(), line(0));
        let mut tx = store.begin().await.unwrap();
        assert_eq!(claims::in_flight(&mut tx, id).await.unwrap(), 1);
        // The row was given up meanwhile: as after a leave in the very moment of the begin.
        assert_eq!(
            claims::release_node(&mut tx, "mine", OnUnknown::Hold, at)
                .await
                .unwrap(),
            1
        );
        assert_eq!(issues::counts(&mut tx, id).await.unwrap().unknown, 1);
        tx.commit().await.unwrap();
        let sent = taken(rows[0].id, at);
        assert!(
            steps
                .write(&[&sent], &[], line(2))
                .await
                .unwrap()
                .is_empty()
        );
        let mut tx = store.read().await.unwrap();
        let counts = issues::counts(&mut tx, id).await.unwrap();
        assert_eq!((counts.sent, counts.unknown, counts.pending), (1, 0, 2));
    })
    .await;
}

#[tokio::test]
async fn a_group_is_written_in_one_step_whatever_is_in_it() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let (id, _) = makes.sending(&mut tx, 5).await;
        let rows = claim_all(&mut tx, id, "mine", &makes).await;
        tx.commit().await.unwrap();
        let at = makes.now();
        let begins = |numbers: &[usize]| -> InFlight {
            numbers.iter().map(|row| (rows[*row].id, at)).collect()
        };
        let mut steps = Steps::new(&store, "mine");
        let begun = steps.write(&[], &[], begins(&[0, 1])).await.unwrap();
        assert_eq!(*begun, begins(&[0, 1]));
        let mut strangers = Steps::new(&store, "other");
        assert!(
            strangers
                .write(&[], &[], begins(&[2]))
                .await
                .unwrap()
                .is_empty()
        );

        let sent = |row: usize, text: &str| Record {
            id: rows[row].id,
            state: DeliveryState::Sent,
            reply: Some(Reply {
                code: 250,
                enhanced: None,
                text: text.to_owned(),
            }),
            reason: None,
            next_attempt_at: None,
            repeated: false,
            relay: Some("main".to_owned()),
            at,
            tried_at: Some(at),
        };
        let usual = [sent(0, "queued as \"A\""), sent(1, "queued as B")];
        let begun = steps
            .write(&[&usual[0], &usual[1]], &[], begins(&[2, 0]))
            .await
            .unwrap();
        assert_eq!(*begun, begins(&[2]), "what was sent does not begin again");
        let refused = Record {
            state: DeliveryState::Failed,
            ..sent(3, "no")
        };
        let begun = steps
            .write(&[&sent(2, "C"), &refused], &[], begins(&[4]))
            .await
            .unwrap();
        assert_eq!(*begun, begins(&[4]));
        let back = steps.write(&[], &[rows[4].id], InFlight::new()).await;
        assert!(
            back.unwrap().is_empty(),
            "what was not sent is off the line"
        );
        assert_eq!(
            *steps.write(&[], &[], begins(&[4])).await.unwrap(),
            begins(&[4])
        );
        let last = steps.write(&[&sent(4, "D")], &[], InFlight::new()).await;
        assert!(last.unwrap().is_empty());

        let mut tx = store.read().await.unwrap();
        let lines = ledger::page(&mut tx, id, None, DeliveryId(0), 10)
            .await
            .unwrap();
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line.state, line.attempts, line.reply.as_deref().unwrap()))
            .collect();
        let (is_sent, failed) = (DeliveryState::Sent, DeliveryState::Failed);
        assert_eq!(
            told,
            [
                (is_sent, 1, "250 queued as \"A\""),
                (is_sent, 1, "250 queued as B"),
                (is_sent, 1, "250 C"),
                (failed, 1, "250 no"),
                (is_sent, 1, "250 D"),
            ]
        );
        assert!(lines.iter().all(|line| line.first_attempt_at == Some(at)));
        assert_eq!(lines[0].sent_at, Some(at));
    })
    .await;
}

#[tokio::test]
async fn a_claim_can_be_handed_back_until_its_mail_is_begun() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let (id, _) = makes.sending(&mut tx, 2).await;
        let rows = claim_all(&mut tx, id, "mine", &makes).await;
        let begins = InFlight::from([(rows[0].id, makes.now())]);
        results::begin(&mut tx, &InFlight::new(), &begins, "mine")
            .await
            .unwrap();
        let later = makes.now() + TimeDelta::seconds(5);
        let given: Vec<HandBack> = rows
            .iter()
            .map(|row| HandBack {
                id: row.id,
                next: later,
            })
            .collect();
        claims::hand_back(&mut tx, &given).await.unwrap();
        let claimer = Claimer {
            node: "mine",
            held: &[rows[0].id],
        };
        claims::keep(&mut tx, claimer).await.unwrap();
        let counts = issues::counts(&mut tx, id).await.unwrap();
        assert_eq!((counts.sending, counts.pending), (1, 1));
        assert!(claim_all(&mut tx, id, "mine", &makes).await.is_empty());
        makes.clock.advance(TimeDelta::seconds(5));
        assert_eq!(claim_all(&mut tx, id, "mine", &makes).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_dead_nodes_claims_are_freed_by_policy() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let (id, _) = makes.sending(&mut tx, 2).await;
        nodes::seen(&mut tx, "dead", "worker", makes.now())
            .await
            .unwrap();
        let rows = claim_all(&mut tx, id, "dead", &makes).await;
        let begins = InFlight::from([(rows[0].id, makes.now())]);
        let begun = results::begin(&mut tx, &InFlight::new(), &begins, "dead").await;
        assert_eq!(begun.unwrap(), begins);
        assert_eq!(
            claims::release_dead(&mut tx, OnUnknown::Hold, makes.now())
                .await
                .unwrap(),
            (0, 0)
        );
        makes.clock.advance(TimeDelta::seconds(11));
        assert_eq!(
            claims::release_dead(&mut tx, OnUnknown::Hold, makes.now())
                .await
                .unwrap(),
            (1, 1)
        );
        let counts = issues::counts(&mut tx, id).await.unwrap();
        assert_eq!((counts.pending, counts.unknown), (1, 1));
        let mut lines = ledger::page(&mut tx, id, None, DeliveryId(0), 10)
            .await
            .unwrap();
        lines.retain(|line| line.id == rows[0].id);
        // A copy has to give the same date.
        assert_eq!(lines[0].first_attempt_at, begins.get(&rows[0].id).copied());
        assert_eq!(nodes::workers(&mut tx, makes.now()).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_budget_is_leased_to_its_end() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let window = makes.now();
        let mut lease = async |wanted| {
            relay_budgets::lease(&mut tx, "main", "hour", window, 10, wanted)
                .await
                .unwrap()
        };
        assert_eq!(
            [
                lease(4).await,
                lease(4).await,
                lease(4).await,
                lease(4).await
            ],
            [4, 4, 2, 0]
        );
        relay_budgets::add(&mut tx, "main", "hour", window, -3)
            .await
            .unwrap();
        let more = relay_budgets::lease(&mut tx, "main", "hour", window, 10, 9).await;
        assert_eq!(more.unwrap(), 3);
        let other = relay_budgets::lease(&mut tx, "main", "day", window, 10, 9).await;
        assert_eq!(other.unwrap(), 9);
    })
    .await;
}

#[tokio::test]
async fn a_notice_is_claimed_by_one_and_tried_again_when_due() {
    on_both(async |store: Store| {
        let makes = Makes::new();
        let mut tx = store.begin().await.unwrap();
        let publication = makes.publication(&mut tx).await;
        let subscription = makes
            .reader(&mut tx, publication.id, "ada@inbox.example", "")
            .await;
        let sign_up = makes.sign_up(subscription, "");
        sign_ups::insert(&mut tx, &sign_up, b"h").await.unwrap();
        let id = makes.id(NoticeId::new);
        notices::insert(
            &mut tx,
            id,
            NoticeKind::Confirmation,
            sign_up.id,
            makes.now(),
        )
        .await
        .unwrap();
        let claimed = notices::claim(&mut tx, id, "n", makes.now())
            .await
            .unwrap()
            .unwrap();
        assert_eq!((claimed.attempts, claimed.sign_up), (1, Some(sign_up.id)));
        assert!(
            notices::claim(&mut tx, id, "m", makes.now())
                .await
                .unwrap()
                .is_none()
        );
        let later = makes.now() + TimeDelta::seconds(15);
        notices::record(
            &mut tx,
            id,
            NoticeState::Pending,
            "451 later",
            Some(later),
            makes.now(),
        )
        .await
        .unwrap();
        assert!(
            notices::due(&mut tx, makes.now(), 10)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(notices::due(&mut tx, later, 10).await.unwrap(), [id]);
    })
    .await;
}
