//! Hubs that tell of news: asked, believed within bounds, renewed, and done without where they fail.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use paperround::config::Settings;
use paperround::demo::mailbox::Mailbox;
use paperround::domain::article::Article;
use paperround::domain::clock::{Clock as _, SystemClock};
use paperround::domain::feed::{Feed, FeedState};
use paperround::domain::hub::HubState;
use paperround::domain::ids::{FeedId, HubId};
use paperround::services::fetch_feed;
use paperround::services::manage_feed;
use paperround::services::manage_publication;
use paperround::services::websub;
use paperround::store::articles::{self, Filter};
use paperround::store::feeds::{self, hubs};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::articles::{Item, connect, rss};
use super::support::TestApp;
use super::support::hub::{Form, Hub, Manner, SIGNATURE, listener, serve, sign};
use super::support::newsstand::Newsstand;

/// The service where a hub can reach it, a stand with a feed that names the hub, and the hub.
struct Scene {
    app: TestApp,
    stand: Newsstand,
    hub: Hub,
}

impl Scene {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let (listener, address) = listener();
        let mailbox = Mailbox::new();
        let app = TestApp::with(Arc::new(mailbox.clone()), mailbox, |settings| {
            settings.feeds.allow_private_addresses = true;
            settings.feeds.host_gap_seconds = 0;
            settings.http.public_url = address;
            change(settings);
        })
        .await;
        serve(listener, app.router());
        let stand = Newsstand::open().await;
        let hub = Hub::open().await;
        let scene = Self { app, stand, hub };
        scene.lay(&[news("1", 1)]);
        scene
    }

    /// The feed at the stand, from now on.
    fn lay(&self, items: &[Item<'_>]) {
        let hub = format!("<{}>; rel=\"hub\"", self.hub.root);
        let topic = format!("<{}>; rel=\"self\"", self.stand.url("/feed"));
        let links = [("Link", hub.as_str()), ("Link", topic.as_str())];
        self.stand.lay("/feed", 200, &links, rss(items));
    }

    /// Connects the feed and fetches it, which shows its hub.
    async fn connect(&self) -> Feed {
        let feed = connect(&self.app, self.stand.url("/feed")).await;
        self.fetch(&feed).await;
        feed
    }

    async fn fetch(&self, feed: &Feed) -> u32 {
        fetch_feed::fetch(&self.app.deps, feed.id)
            .await
            .unwrap()
            .added
    }

    /// Does what the jobs would do.
    async fn work(&self) {
        websub::enqueue_due(&self.app.deps).await.unwrap();
        for id in self.all_hubs().await {
            websub::ask(&self.app.deps, id).await.unwrap();
        }
    }

    /// Those with a feed and those without.
    async fn all_hubs(&self) -> Vec<HubId> {
        let mut tx = self.app.deps.store.read().await.unwrap();
        let far = self.app.deps.now() + TimeDelta::days(1000);
        let due = hubs::due(&mut tx, far, 100).await.unwrap();
        due.into_iter().map(|(id, _)| id).collect()
    }

    async fn hub_of(&self, feed: &Feed) -> Option<paperround::domain::hub::Hub> {
        let mut tx = self.app.deps.store.read().await.unwrap();
        hubs::of_feed(&mut tx, feed.id).await.unwrap()
    }

    async fn state(&self, feed: &Feed) -> HubState {
        self.hub_of(feed).await.unwrap().state(self.app.deps.now())
    }

    /// A feed whose hub has promised to tell of news, and what the hub was asked.
    async fn verified(&self) -> (Feed, Form) {
        let feed = self.connect().await;
        self.work().await;
        let request = self.hub.last_asked();
        let said = self.hub.call_back(&request, &[]).await;
        assert_eq!(said.status, 200, "{said:?}");
        (feed, request)
    }

    async fn stored(&self, id: FeedId) -> Feed {
        let mut tx = self.app.deps.store.read().await.unwrap();
        feeds::find(&mut tx, id).await.unwrap().unwrap()
    }

    async fn articles(&self) -> Vec<Article> {
        let (publication, now) = (self.app.publication.id, self.app.deps.now());
        let mut tx = self.app.deps.store.read().await.unwrap();
        articles::page(&mut tx, publication, &Filter::default(), now, 100)
            .await
            .unwrap()
    }

    async fn titles(&self) -> Vec<String> {
        let articles = self.articles().await;
        let mut titles: Vec<String> = articles.into_iter().map(|a| a.content.title).collect();
        titles.sort();
        titles
    }

    /// How many minutes until the feed is fetched again.
    async fn wait(&self, feed: &Feed) -> i64 {
        let next = self.stored(feed.id).await.next_fetch_at;
        (next - self.app.deps.now()).num_minutes()
    }
}

fn news(guid: &str, day: u32) -> Item<'_> {
    Item {
        guid,
        title: guid,
        link: match guid {
            "1" => "https://x.example/1",
            "2" => "https://x.example/2",
            _ => "https://x.example/3",
        },
        text: "",
        day,
    }
}

#[tokio::test]
async fn a_hub_is_asked_and_its_push_is_an_article_within_a_second() {
    let scene = Scene::new().await;
    let feed = scene.connect().await;
    assert_eq!(scene.state(&feed).await, HubState::Waiting);
    assert!((15..=17).contains(&scene.wait(&feed).await));

    scene.work().await;
    let request = scene.hub.last_asked();
    assert_eq!(scene.hub.asked().len(), 1);
    assert_eq!(request["hub.mode"], "subscribe");
    assert_eq!(request["hub.topic"], scene.stand.url("/feed"));
    assert_eq!(request["hub.lease_seconds"], "864000");
    assert!((40..200).contains(&request["hub.secret"].len()));
    let base = &scene.app.deps.limits.public_url;
    assert!(request["hub.callback"].starts_with(&format!("{base}/websub/")));
    assert_eq!(scene.state(&feed).await, HubState::Asked);
    // A job that comes twice asks once.
    scene.work().await;
    assert_eq!(scene.hub.asked().len(), 1);

    let said = scene.hub.call_back(&request, &[]).await;
    assert_eq!((said.status, said.body.as_str()), (200, "<b>prove it</b>"));
    assert_eq!(said.kind, "text/plain; charset=utf-8");
    assert_eq!(scene.state(&feed).await, HubState::Verified);
    let until = scene.hub_of(&feed).await.unwrap().verified_until;
    assert_eq!(until, Some(scene.app.deps.now() + TimeDelta::days(10)));
    scene.fetch(&feed).await;
    assert!((60..=66).contains(&scene.wait(&feed).await));

    let began = Instant::now();
    let said = scene.hub.push(&request, rss(&[news("2", 2)])).await;
    assert_eq!(said.status, 202, "{said:?}");
    assert_eq!(scene.titles().await, ["1", "2"]);
    assert!(began.elapsed() < Duration::from_secs(1));
    let hub = scene.hub_of(&feed).await.unwrap();
    assert_eq!(hub.last_push_at, Some(scene.app.deps.now()));
    let added = scene
        .articles()
        .await
        .into_iter()
        .find(|a| a.content.title == "2");
    assert_eq!(added.unwrap().feed, Some(feed.id));
}

#[tokio::test]
async fn a_push_without_a_valid_signature_is_dropped() {
    let scene = Scene::new().await;
    let (feed, request) = scene.verified().await;
    let body = rss(&[news("2", 2)]);
    let right = sign(&request["hub.secret"], body.as_bytes());
    let for_other = sign("another secret", body.as_bytes());
    let of_other = sign(&request["hub.secret"], b"another body");
    for wrong in [
        "",
        "sha256=",
        "sha256=00",
        "none=",
        &right[8..],
        &for_other,
        &of_other,
    ] {
        let headers = [(SIGNATURE, wrong)];
        let said = scene.hub.push_as(&request, &body, &headers).await;
        assert_eq!(said.status, 202, "{wrong}");
    }
    let said = scene.hub.push_as(&request, &body, &[]).await;
    assert_eq!(said.status, 202, "no signature at all");
    assert_eq!(scene.titles().await, ["1"]);
    let hub = scene.hub_of(&feed).await.unwrap();
    assert!(hub.last_error.unwrap().contains("valid signature"));
    assert_eq!(hub.last_push_at, None);
    // The right one is taken in, and the trouble is over.
    scene
        .hub
        .push_as(&request, &body, &[(SIGNATURE, &right)])
        .await;
    assert_eq!(scene.titles().await, ["1", "2"]);
    assert_eq!(scene.hub_of(&feed).await.unwrap().last_error, None);
}

#[tokio::test]
async fn only_what_we_asked_for_is_confirmed() {
    let scene = Scene::new().await;
    let feed = scene.connect().await;
    scene.work().await;
    let request = scene.hub.last_asked();
    let unknown = |end: &str| {
        let mut unknown = request.clone();
        let callback = format!("{}/websub/{end}", scene.app.deps.limits.public_url);
        unknown.insert("hub.callback".to_owned(), callback);
        unknown
    };
    let other = scene.app.deps.new_id(HubId::new);
    let other = scene.app.deps.keys.hub_token(other);
    for end in ["x", "AAAA", &other] {
        let said = scene.hub.call_back(&unknown(end), &[]).await;
        assert_eq!(said.status, 404, "{end}");
        let said = scene.hub.push(&unknown(end), rss(&[news("2", 2)])).await;
        assert_eq!(said.status, 404, "{end}");
    }
    for wrong in [
        ("hub.topic", "https://other.example/feed"),
        ("hub.topic", ""),
        ("hub.mode", "unsubscribe"),
        ("hub.mode", "publish"),
        ("hub.mode", ""),
        ("hub.challenge", ""),
    ] {
        let said = scene.hub.call_back(&request, &[wrong]).await;
        assert_eq!(said.status, 404, "{wrong:?}");
        assert!(!said.body.contains("prove it"), "{wrong:?}");
    }
    assert_eq!(scene.state(&feed).await, HubState::Asked);
    // A denial ends what was asked: nobody awaits a question after that.
    let denied = [
        ("hub.mode", "denied"),
        ("hub.challenge", ""),
        ("hub.reason", "not \r\n on  our list"),
    ];
    assert_eq!(scene.hub.call_back(&request, &denied).await.status, 200);
    assert_eq!(scene.hub.call_back(&request, &[]).await.status, 404);
    let hub = scene.hub_of(&feed).await.unwrap();
    assert_eq!(hub.state(scene.app.deps.now()), HubState::Waiting);
    let error = hub.last_error.unwrap();
    assert!(error.ends_with("news: not on our list"), "{error}");
    // It is asked again, but not soon.
    assert!(hub.next_ask_at >= scene.app.deps.now() + TimeDelta::hours(2));
    scene.fetch(&feed).await;
    assert!((15..=17).contains(&scene.wait(&feed).await));
}

#[tokio::test]
async fn a_hub_may_take_its_promise_back() {
    let scene = Scene::new().await;
    let (feed, request) = scene.verified().await;
    let denied = [("hub.mode", "denied"), ("hub.challenge", "")];
    assert_eq!(scene.hub.call_back(&request, &denied).await.status, 200);
    assert_eq!(scene.state(&feed).await, HubState::Waiting);
    scene.fetch(&feed).await;
    assert!((15..=17).contains(&scene.wait(&feed).await));
}

#[tokio::test]
async fn a_promise_is_renewed_before_its_end() {
    let scene = Scene::new().await;
    let (feed, request) = scene.verified().await;
    scene.app.advance(TimeDelta::days(6));
    scene.work().await;
    assert_eq!(scene.hub.asked().len(), 1, "too early");
    scene.app.advance(TimeDelta::days(2));
    scene.work().await;
    assert_eq!(scene.hub.asked().len(), 2);
    let again = scene.hub.last_asked();
    assert_eq!(again, request, "the same address and secret");
    // Until it is confirmed the old promise holds.
    assert_eq!(scene.state(&feed).await, HubState::Verified);
    let lease = [("hub.lease_seconds", "3600")];
    assert_eq!(scene.hub.call_back(&again, &lease).await.status, 200);
    let until = scene.hub_of(&feed).await.unwrap().verified_until;
    assert_eq!(until, Some(scene.app.deps.now() + TimeDelta::hours(1)));
    // A hub that comes by itself within its promise is answered, too.
    assert_eq!(scene.hub.call_back(&again, &[]).await.status, 200);
    // Nobody renews: the feed is fetched as before.
    scene.app.advance(TimeDelta::days(11));
    assert_ne!(scene.state(&feed).await, HubState::Verified);
    assert_eq!(scene.hub.call_back(&again, &[]).await.status, 404);
    scene.fetch(&feed).await;
    assert!((15..=17).contains(&scene.wait(&feed).await));
}

#[tokio::test]
async fn a_silent_hub_is_asked_ever_less_often_and_costs_nothing() {
    let scene = Scene::new().await;
    let feed = scene.connect().await;
    let mut waits = Vec::new();
    for _ in 0..7 {
        scene.work().await;
        let hub = scene.hub_of(&feed).await.unwrap();
        let next = hub.next_ask_at;
        waits.push((next - scene.app.deps.now()).num_hours());
        assert_eq!(hub.failures as usize, waits.len() - 1);
        scene.app.advance(next - scene.app.deps.now());
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 24, 24]);
    assert_eq!(scene.hub.asked().len(), 7);
    let hub = scene.hub_of(&feed).await.unwrap();
    assert!(hub.last_error.unwrap().contains("has not called back"));
    scene.lay(&[news("1", 1), news("2", 2)]);
    assert_eq!(scene.fetch(&feed).await, 1);
    assert!((15..=17).contains(&scene.wait(&feed).await));
    // Late is better than never.
    let said = scene.hub.call_back(&scene.hub.last_asked(), &[]).await;
    assert_eq!(said.status, 200);
    let hub = scene.hub_of(&feed).await.unwrap();
    assert_eq!((hub.failures, hub.last_error), (0, None));
}

#[tokio::test]
async fn a_hub_that_refuses_or_moves_is_waited_for_or_followed() {
    let scene = Scene::new().await;
    let feed = scene.connect().await;
    let answer = |status, headers, body| Manner::Answer {
        status,
        headers,
        body,
    };
    let next_ask = async || {
        let hub = scene.hub_of(&feed).await.unwrap();
        let wait = hub.next_ask_at - scene.app.deps.now();
        scene.app.advance(wait);
        (wait.num_hours(), hub.last_error.unwrap_or_default())
    };
    scene
        .hub
        .be(answer(400, vec![], "<p>Only <b>our</b> feeds\n please</p>"));
    scene.work().await;
    let (hours, error) = next_ask().await;
    assert_eq!(
        (hours, error.as_str()),
        (1, "it answers 400: Only our feeds please")
    );
    let later = vec![("retry-after", "36000".to_owned())];
    scene.hub.be(answer(503, later, ""));
    scene.work().await;
    assert_eq!(next_ask().await, (10, "it answers 503".to_owned()));
    let elsewhere = vec![("location", "/moved".to_owned())];
    scene.hub.be(answer(302, elsewhere.clone(), ""));
    scene.work().await;
    let (hours, error) = next_ask().await;
    assert_eq!((hours, error.as_str()), (4, "it answers 302"));
    // In a circle.
    scene.hub.be(answer(307, elsewhere, ""));
    scene.work().await;
    let (_, error) = next_ask().await;
    assert!(error.contains("redirects"), "{error}");
    assert_eq!(scene.state(&feed).await, HubState::Waiting);
    let other = Hub::open().await;
    scene
        .hub
        .be(answer(308, vec![("location", other.root.clone())], ""));
    scene.work().await;
    let request = other.last_asked();
    assert_eq!(request, scene.hub.last_asked());
    assert_eq!(other.call_back(&request, &[]).await.status, 200);
    assert_eq!(scene.state(&feed).await, HubState::Verified);
}

#[tokio::test]
async fn a_hub_may_call_back_before_it_answers() {
    let scene = Scene::new().await;
    let feed = scene.connect().await;
    scene.hub.be(Manner::CallFirst {
        lease_seconds: 86_400,
    });
    scene.work().await;
    assert_eq!(scene.state(&feed).await, HubState::Verified);
    let hub = scene.hub_of(&feed).await.unwrap();
    assert!(hub.next_ask_at > scene.app.deps.now() + TimeDelta::hours(12));
}

#[tokio::test]
async fn a_push_that_comes_again_repeats_nothing() {
    let scene = Scene::new().await;
    let (feed, request) = scene.verified().await;
    let first = rss(&[news("2", 2)]);
    for _ in 0..3 {
        assert_eq!(scene.hub.push(&request, &first).await.status, 202);
    }
    assert_eq!(scene.titles().await, ["1", "2"]);
    // An edit, and the old words again: the feed has the last word, whatever it said last time.
    let edited = Item {
        title: "2, corrected",
        ..news("2", 2)
    };
    let corrected = rss(std::slice::from_ref(&edited));
    scene.hub.push(&request, &corrected).await;
    assert_eq!(scene.titles().await, ["1", "2, corrected"]);
    scene.hub.push(&request, &first).await;
    scene.lay(&[news("1", 1), edited]);
    scene.fetch(&feed).await;
    assert_eq!(scene.titles().await, ["1", "2, corrected"]);
}

#[tokio::test]
async fn a_push_changes_the_articles_of_its_own_feed_only() {
    let scene = Scene::new().await;
    let other = connect(&scene.app, scene.stand.url("/other")).await;
    scene.stand.lay_feed("/other", rss(&[news("3", 1)]));
    scene.fetch(&other).await;
    let (_, request) = scene.verified().await;
    // It names the other feed, its article's address and its id.
    let forged = Item {
        title: "Taken over",
        text: "Buy this.",
        ..news("3", 2)
    };
    let body = rss(&[forged]);
    let signature = sign(&request["hub.secret"], body.as_bytes());
    let link = format!("<{}>; rel=self", scene.stand.url("/other"));
    let headers = [(SIGNATURE, signature.as_str()), ("link", &link)];
    let said = scene.hub.push_as(&request, &body, &headers).await;
    assert_eq!(said.status, 202);
    assert_eq!(scene.titles().await, ["1", "3"]);
}

#[tokio::test]
async fn what_a_push_cannot_tell_the_feed_is_asked_for() {
    let scene = Scene::new().await;
    let (feed, request) = scene.verified().await;
    scene.fetch(&feed).await;
    assert!(scene.wait(&feed).await >= 60);
    // Within a minute of the last fetch it is not fetched again.
    for body in ["", "<html>not a feed</html>"] {
        assert_eq!(scene.hub.push(&request, body).await.status, 202);
        let wait = scene.stored(feed.id).await.next_fetch_at - scene.app.deps.now();
        assert_eq!(wait, TimeDelta::minutes(1), "{body}");
        scene.fetch(&feed).await;
    }
    let hub = scene.hub_of(&feed).await.unwrap();
    assert!(hub.last_error.unwrap().contains("could not be read"));
    // In an encoding that its Content-Type alone names.
    let (words, _, _) = encoding_rs::KOI8_R.encode("Новости порта");
    let body = rss(&[news("2", 2)]).replace("<title>2</title>", "<title>@</title>");
    let (head, tail) = body.split_once('@').unwrap();
    let body = [head.as_bytes(), &words, tail.as_bytes()].concat();
    let signature = sign(&request["hub.secret"], &body);
    let headers = [
        (SIGNATURE, signature.as_str()),
        ("content-type", "text/xml; charset=koi8-r"),
    ];
    assert_eq!(
        scene.hub.push_as(&request, &body, &headers).await.status,
        202
    );
    assert_eq!(scene.titles().await, ["1", "Новости порта"]);
}

#[tokio::test]
async fn a_push_is_no_larger_than_a_feed() {
    let scene = Scene::with(|settings| settings.feeds.max_bytes = 10_000).await;
    let (_, request) = scene.verified().await;
    let fits = format!("{}{}", rss(&[news("2", 2)]), " ".repeat(9_000));
    assert_eq!(scene.hub.push(&request, &fits).await.status, 202);
    let large = format!("{}{}", rss(&[news("3", 2)]), " ".repeat(10_000));
    assert_eq!(scene.hub.push(&request, &large).await.status, 413);
    assert_eq!(scene.titles().await, ["1", "2"]);
}

#[tokio::test]
async fn a_feed_that_pauses_or_goes_releases_its_hub() {
    let scene = Scene::new().await;
    let (feed, request) = scene.verified().await;
    manage_feed::set_state(&scene.app.deps, feed.id, FeedState::Paused)
        .await
        .unwrap();
    assert!(scene.hub_of(&feed).await.is_none());
    let push = rss(&[news("2", 2)]);
    assert_eq!(scene.hub.push(&request, &push).await.status, 410);
    // Nobody else may end it.
    let unsubscribe = [("hub.mode", "unsubscribe")];
    assert_eq!(
        scene.hub.call_back(&request, &unsubscribe).await.status,
        404
    );
    scene.work().await;
    let last = scene.hub.last_asked();
    assert_eq!(last["hub.mode"], "unsubscribe");
    assert_eq!(last["hub.callback"], request["hub.callback"]);
    assert_eq!(scene.hub.call_back(&request, &[]).await.status, 404);
    assert_eq!(
        scene.hub.call_back(&last, &[]).await.body,
        "<b>prove it</b>"
    );
    assert!(scene.all_hubs().await.is_empty());
    assert_eq!(scene.hub.push(&request, &push).await.status, 404);
    assert_eq!(scene.titles().await, ["1"]);

    // Resumed, it finds its hub again, at another address.
    manage_feed::set_state(&scene.app.deps, feed.id, FeedState::Active)
        .await
        .unwrap();
    scene.fetch(&feed).await;
    scene.work().await;
    let again = scene.hub.last_asked();
    assert_ne!(again["hub.callback"], request["hub.callback"]);
    assert_ne!(again["hub.secret"], request["hub.secret"]);
    scene.hub.call_back(&again, &[]).await;
    // A hub that does not let go is left to forget by itself.
    manage_feed::remove(&scene.app.deps, feed.id).await.unwrap();
    for _ in 0..4 {
        scene.work().await;
        scene.app.advance(TimeDelta::hours(24));
    }
    assert!(scene.all_hubs().await.is_empty());
    let asked = scene.hub.asked();
    let count = |mode| asked.iter().filter(|form| form["hub.mode"] == mode).count();
    assert_eq!((count("subscribe"), count("unsubscribe")), (2, 4));
}

#[tokio::test]
async fn a_feed_that_names_another_hub_or_none_changes_over() {
    let scene = Scene::new().await;
    let (feed, request) = scene.verified().await;
    let other = Hub::open().await;
    let links = format!("<{}>; rel=hub, </feed>; rel=self", other.root);
    let items = rss(&[news("1", 1)]);
    scene.stand.lay("/feed", 200, &[("Link", &links)], &items);
    scene.fetch(&feed).await;
    scene.work().await;
    assert_eq!(scene.hub.last_asked()["hub.mode"], "unsubscribe");
    assert_eq!(other.last_asked()["hub.mode"], "subscribe");
    assert_ne!(other.last_asked()["hub.callback"], request["hub.callback"]);
    scene.stand.lay_feed("/feed", &items);
    scene.fetch(&feed).await;
    assert!(scene.hub_of(&feed).await.is_none());
}

#[tokio::test]
async fn a_hub_that_tells_nothing_is_trusted_no_more() {
    let scene = Scene::new().await;
    let (feed, request) = scene.verified().await;
    scene.lay(&[news("1", 1), news("2", 1)]);
    scene.fetch(&feed).await;
    assert!(scene.wait(&feed).await >= 60, "once may be chance");
    scene.lay(&[news("1", 1), news("2", 1), news("3", 1)]);
    scene.fetch(&feed).await;
    scene.fetch(&feed).await;
    assert!((15..=17).contains(&scene.wait(&feed).await));
    scene.hub.push(&request, rss(&[news("3", 1)])).await;
    scene.fetch(&feed).await;
    assert!(scene.wait(&feed).await >= 60, "it tells again");
}

#[tokio::test]
async fn hubs_are_asked_only_where_they_can_reach_us_safely() {
    for (change, public_url, is_asked) in [
        (true, "http://127.0.0.1:1", true),
        (true, "https://news.example", true),
        (true, "http://news.example", false),
        (false, "https://news.example", false),
    ] {
        let scene = Scene::with(|settings| {
            settings.feeds.websub = change;
            public_url.clone_into(&mut settings.http.public_url);
        })
        .await;
        let feed = scene.connect().await;
        let has_hub = scene.hub_of(&feed).await.is_some();
        assert_eq!(has_hub, is_asked, "{public_url}");
    }
    // A hub out there cannot reach this machine.
    let scene = Scene::new().await;
    let link = [("Link", "<https://hub.example/>; rel=hub")];
    scene.stand.lay("/feed", 200, &link, rss(&[news("1", 1)]));
    let feed = scene.connect().await;
    assert!(scene.hub_of(&feed).await.is_none());
}

#[tokio::test]
async fn an_archived_publication_wants_no_news() {
    let scene = Scene::new().await;
    let (_, request) = scene.verified().await;
    let now = scene.app.deps.now();
    let archive = manage_publication::update(&scene.app.deps, "ledger", |publication| {
        publication.archived_at = Some(now);
        Ok(())
    });
    archive.await.unwrap();
    let said = scene.hub.push(&request, rss(&[news("2", 2)])).await;
    assert_eq!(said.status, 410);
    scene.app.advance(TimeDelta::days(9));
    scene.work().await;
    assert_eq!(scene.hub.last_asked()["hub.mode"], "unsubscribe");
}

#[tokio::test]
async fn operators_see_how_it_stands_with_a_hub() {
    let scene = Scene::new().await;
    // The program has a clock of its own.
    scene.app.clock.set(SystemClock.now());
    let (feed, _) = scene.verified().await;
    let run = async |args: [&str; 3]| {
        let mut program = scene.app.program();
        program.args(args).arg(feed.id.to_string());
        let ran = tokio::task::spawn_blocking(move || program.output().unwrap());
        let output = ran.await.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let until = scene.hub_of(&feed).await.unwrap().verified_until.unwrap();
    let shown = run(["--quiet", "feed", "show"]).await;
    let pace = "asked every   15m, 60m while its hub tells of news\n";
    assert!(shown.contains(pace), "{shown}");
    let line = format!(
        "hub           {}, until {}",
        scene.hub.root,
        until.format("%F %R")
    );
    assert!(shown.contains(&line), "{shown}");
    let shown: serde_json::Value =
        serde_json::from_str(&run(["--json", "feed", "show"]).await).unwrap();
    assert_eq!(shown["hub"]["url"], scene.hub.root);
    assert_eq!(shown["hub"]["state"], "verified");
    let mut list = scene.app.program();
    let listed = tokio::task::spawn_blocking(move || list.args(["feed", "list"]).output().unwrap());
    let listed = String::from_utf8(listed.await.unwrap().stdout).unwrap();
    assert!(
        listed.contains(&format!("until {}", until.format("%F %R"))),
        "{listed}"
    );
}

#[tokio::test]
async fn pushes_and_fetches_at_the_same_time_bring_each_article_once() {
    let scene = Scene::new().await;
    let (feed, request) = scene.verified().await;
    let all = [news("1", 1), news("2", 2), news("3", 2)];
    let body = rss(&all);
    let turned = rss(&[all[2].clone(), all[0].clone(), all[1].clone()]);
    scene.lay(&all);
    let pushes = (0..8).map(|number| {
        let body = if number % 2 == 0 { &body } else { &turned };
        scene.hub.push(&request, body)
    });
    let fetches = (0..3).map(|_| scene.fetch(&feed));
    let pushed = futures_util::future::join_all(pushes);
    let (pushed, _) = tokio::join!(pushed, futures_util::future::join_all(fetches));
    for said in pushed {
        assert_eq!(said.status, 202, "{said:?}");
    }
    assert_eq!(scene.titles().await, ["1", "2", "3"]);
}

#[tokio::test]
async fn whatever_comes_to_the_address_of_a_hub_is_borne() {
    let scene = Scene::new().await;
    let (feed, request) = scene.verified().await;
    let mut chance = StdRng::seed_from_u64(20_260_302);
    let sound = rss(&[news("2", 2)]).into_bytes();
    for round in 0..120 {
        let mut body = sound.clone();
        match round % 3 {
            0 => body.truncate(chance.random_range(0..body.len())),
            1 => {
                for _ in 0..20 {
                    let at = chance.random_range(0..body.len());
                    body[at] = chance.random();
                }
            }
            _ => body = (0..200).map(|_| chance.random()).collect(),
        }
        let kind: String = (0..20).map(|_| chance.random_range(' '..='~')).collect();
        let signature = sign(&request["hub.secret"], &body);
        let headers = [(SIGNATURE, signature.as_str()), ("content-type", &kind)];
        let said = scene.hub.push_as(&request, &body, &headers).await;
        assert_eq!(said.status, 202, "{body:?}");
        let noise: String = (0..40).map(|_| chance.random_range(' '..='~')).collect();
        let headers = [(SIGNATURE, noise.trim())];
        let said = scene.hub.push_as(&request, &body, &headers).await;
        assert_eq!(said.status, 202, "{noise}");
        let asked = [("hub.mode", noise.as_str()), ("hub.lease_seconds", &kind)];
        let said = scene.hub.call_back(&request, &asked).await;
        assert_eq!(said.status, 404, "{asked:?}");
        // A lease that is no number is taken for the one that we asked for.
        let lease = [("hub.lease_seconds", noise.as_str())];
        assert_eq!(scene.hub.call_back(&request, &lease).await.status, 200);
    }
    let until = scene.hub_of(&feed).await.unwrap().verified_until;
    assert!(until.unwrap() <= scene.app.deps.now() + TimeDelta::days(30));
    // It still works.
    assert_eq!(
        scene.hub.push(&request, rss(&[news("3", 2)])).await.status,
        202
    );
    let urls = scene.articles().await.into_iter().map(|a| a.content.url);
    assert!(urls.into_iter().any(|url| url == "https://x.example/3"));
}
