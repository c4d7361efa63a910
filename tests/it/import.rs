//! Readers brought along from elsewhere, and addresses that get no mail.

use std::io::{Cursor, Read};

use axum::http::StatusCode;
use chrono::Duration;
use paperround::domain::subscription::{ConsentKind, Subscription, SubscriptionState};
use paperround::domain::suppression::SuppressionReason;
use paperround::services::import::{self, Counts, ImportError, Options};
use paperround::services::manage_publication;
use paperround::services::suppress::{self, Entry, Who};
use paperround::store::{consents, subscribers, subscriptions};

use crate::support::{TestApp, new_publication};

struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn options(&self, consent: Option<&str>) -> Options {
        Options {
            consent: consent.map(str::to_owned),
            dry_run: false,
            source: "import old.csv".to_owned(),
            rejected: Some(self.folder.path().join("old.rejected.csv")),
            ..Options::default()
        }
    }

    fn rejected(&self) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join("old.rejected.csv")).ok()
    }
}

async fn run(app: &TestApp, options: &Options, text: &str) -> Result<Counts, ImportError> {
    let input = Box::new(Cursor::new(text.as_bytes().to_vec()));
    import::import(&app.deps, &app.publication, options, input, |_| {}).await
}

async fn vouched(app: &TestApp, text: &str) -> Counts {
    let options = Files::new().options(Some("I agreed to the old newsletter."));
    run(app, &options, text).await.unwrap()
}

async fn found(app: &TestApp, email: &str) -> Option<(Subscription, Option<String>)> {
    let mut tx = app.deps.store.read().await.unwrap();
    let reader = subscribers::find_by_email(&mut tx, &email.parse().unwrap())
        .await
        .unwrap()?;
    let subscription = subscriptions::find_by_subscriber(&mut tx, reader.id, app.publication_id())
        .await
        .unwrap()?;
    Some((subscription, reader.name))
}

async fn state(app: &TestApp, email: &str) -> Option<SubscriptionState> {
    found(app, email).await.map(|(s, _)| s.state)
}

#[tokio::test]
async fn confirmed_readers_get_the_next_digest_and_their_consent_is_kept() {
    let app = TestApp::new().await;
    let digest = app.digest("daily", None, 1).await;
    let text = "Email;Name;topics;confirmed_at;confirm_ip;language\r\n\
        Ann@Inbox.example;\"Ann\r\nLee\";\"energy;markets\";2024-05-01;203.0.113.9;de\r\n\
        bob@inbox.example;;;;;\r\n";
    let counts = vouched(&app, text).await;
    let expected = Counts {
        read: 2,
        added: 2,
        confirmed: 2,
        ..Counts::default()
    };
    assert_eq!(counts, expected);

    let (ann, name) = found(&app, "ann@inbox.example").await.unwrap();
    assert_eq!(ann.state, SubscriptionState::Confirmed);
    assert_eq!(ann.topics.key(), "energy,markets");
    assert_eq!(name.as_deref(), Some("Ann Lee"));
    assert_eq!(
        ann.confirmed_at,
        Some("2024-05-01T00:00:00Z".parse().unwrap())
    );
    let mut tx = app.deps.store.read().await.unwrap();
    let evidence = consents::list(&mut tx, ann.id).await.unwrap();
    drop(tx);
    assert_eq!(evidence.len(), 1);
    assert_eq!(evidence[0].kind, ConsentKind::Confirmed);
    assert_eq!(Some(evidence[0].at), ann.confirmed_at);
    assert_eq!(evidence[0].network.as_deref(), Some("203.0.113.0/24"));
    assert_eq!(evidence[0].source.as_deref(), Some("import old.csv"));
    assert!(evidence[0].text_version.is_some());

    assert_eq!(app.send_notices().await, 0, "nobody is asked again");
    app.article("one", "One", &["energy"]).await;
    let issue = app.send(&digest).await;
    assert_eq!(app.issue(issue).await.1.sent, 2);
    assert_eq!(app.mails_for("Ann@inbox.example"), 1);
}

#[tokio::test]
async fn rows_say_which_digests_readers_take() {
    let app = TestApp::new().await;
    app.digest("daily", None, 1).await;
    app.advance(chrono::Duration::seconds(1));
    let weekly = app.digest("weekly", None, 1).await;
    let text = "email,digests,status\n\
        ann@inbox.example,weekly;Daily,confirmed\n\
        bob@inbox.example,,confirmed\n\
        cid@inbox.example,weekly,pending\n\
        dan@inbox.example,hourly,confirmed\n\
        eve@inbox.example,weekly,unsubscribed\n";
    let files = Files::new();
    let counts = run(&app, &files.options(Some("Yes")), text).await.unwrap();
    assert_eq!((counts.confirmed, counts.pending), (2, 1));
    assert_eq!((counts.rejected, counts.unsubscribed), (1, 1));
    let rejected = files.rejected().unwrap();
    assert!(rejected.contains("there is no digest \"\"hourly\"\""));
    app.send_notices().await;
    app.post(&app.link("cid@inbox.example", "/confirm/"), "")
        .await;
    for (email, digests, detail) in [
        (
            "ann",
            "daily,weekly",
            Some("topics: all; digests: daily,weekly"),
        ),
        ("bob", "", Some("topics: all; digests: the first")),
        ("cid", "weekly", Some("topics: all; digests: weekly")),
        ("eve", "", None),
    ] {
        let (found, _) = found(&app, &format!("{email}@inbox.example"))
            .await
            .unwrap();
        assert_eq!(found.digests.key(), digests, "{email}");
        let mut tx = app.deps.store.read().await.unwrap();
        let evidence = consents::list(&mut tx, found.id).await.unwrap();
        assert_eq!(evidence[0].detail.as_deref(), detail, "{email}");
    }
    app.article("one", "One", &[]).await;
    let issue = app.send(&weekly).await;
    assert_eq!(app.issue(issue).await.1.sent, 2);

    // A pending reader whom a later file confirms gets what that file says.
    vouched(&app, "email,status\nfay@inbox.example,pending\n").await;
    vouched(&app, "email,digests\nfay@inbox.example,weekly\n").await;
    let (fay, _) = found(&app, "fay@inbox.example").await.unwrap();
    assert_eq!(fay.digests.key(), "weekly");
}

#[tokio::test]
async fn others_are_asked_as_if_they_had_signed_up() {
    let app = TestApp::new().await;
    let text = "email,name,topics\nann@inbox.example,Ann,energy\nbob@inbox.example,,\n";
    let files = Files::new();
    let counts = run(&app, &files.options(None), text).await.unwrap();
    assert_eq!((counts.added, counts.pending, counts.confirmed), (2, 2, 0));
    assert_eq!(
        app.send_notices().await,
        1,
        "the second mail is not due yet"
    );
    app.advance(Duration::seconds(1));
    assert_eq!(app.send_notices().await, 1);
    let before = found(&app, "ann@inbox.example").await.unwrap();
    assert_eq!(
        (before.0.state, before.1),
        (SubscriptionState::Pending, None)
    );
    let link = app.link("ann@inbox.example", "/confirm/");
    assert_eq!(app.post(&link, "").await.status, StatusCode::OK);
    let (ann, name) = found(&app, "ann@inbox.example").await.unwrap();
    assert_eq!(ann.state, SubscriptionState::Confirmed);
    assert_eq!(
        (ann.topics.key().as_str(), name.as_deref()),
        ("energy", Some("Ann"))
    );

    let again = run(&app, &files.options(None), text).await.unwrap();
    assert_eq!((again.added, again.unchanged), (0, 2));
    app.advance(Duration::seconds(1));
    assert_eq!(app.send_notices().await, 0, "nobody is asked twice");
}

#[tokio::test]
async fn who_left_is_not_brought_back_by_any_import() {
    let app = TestApp::new().await;
    app.subscribe("ann@inbox.example", "&topics=energy").await;
    let files = Files::new();
    let gone = "email,status\nbob@inbox.example,unsubscribed\nann@inbox.example,unsubscribed\n";
    let counts = run(&app, &files.options(None), gone).await.unwrap();
    assert_eq!(
        (counts.added, counts.unsubscribed, counts.unchanged),
        (0, 1, 1)
    );
    assert_eq!(
        state(&app, "bob@inbox.example").await,
        Some(SubscriptionState::Unsubscribed)
    );
    // A reader of ours is believed before an old list.
    assert_eq!(
        state(&app, "ann@inbox.example").await,
        Some(SubscriptionState::Confirmed)
    );

    let back = "email,topics\nbob@inbox.example,\nann@inbox.example,markets\n";
    let counts = vouched(&app, back).await;
    assert_eq!(
        (counts.added, counts.unsubscribed, counts.unchanged),
        (0, 1, 1)
    );
    assert_eq!(
        state(&app, "bob@inbox.example").await,
        Some(SubscriptionState::Unsubscribed)
    );
    let (ann, _) = found(&app, "ann@inbox.example").await.unwrap();
    assert_eq!(ann.topics.key(), "energy", "choices are not overwritten");
    // Bob himself may come back.
    app.subscribe("bob@inbox.example", "").await;
    assert_eq!(
        state(&app, "bob@inbox.example").await,
        Some(SubscriptionState::Confirmed)
    );
}

#[tokio::test]
async fn a_pending_reader_is_settled_by_the_file_and_gets_no_stale_mail() {
    let app = TestApp::new().await;
    for name in ["ann", "bob", "cid"] {
        let form = format!("email={name}%40inbox.example");
        app.post("/ledger/subscribe", &form).await;
    }
    app.take_in().await;
    let text = "email,status,topics\nann@inbox.example,,energy\nbob@inbox.example,unsubscribed,\n\
        cid@inbox.example,pending,\n";
    let counts = vouched(&app, text).await;
    let sums = (
        counts.added,
        counts.confirmed,
        counts.unsubscribed,
        counts.unchanged,
    );
    assert_eq!(sums, (0, 1, 1, 1));
    let (ann, _) = found(&app, "ann@inbox.example").await.unwrap();
    assert_eq!(
        (ann.state, ann.topics.key().as_str()),
        (SubscriptionState::Confirmed, "energy")
    );
    assert_eq!(
        state(&app, "bob@inbox.example").await,
        Some(SubscriptionState::Unsubscribed)
    );
    assert_eq!(app.send_notices().await, 1);
    assert_eq!(app.mails_for("cid@inbox.example"), 1);
}

#[tokio::test]
async fn bad_rows_are_written_down_and_the_others_go_in() {
    let app = TestApp::new().await;
    let files = Files::new();
    let text = "\u{feff}email,topics,name\n\
        ann@inbox.example,energy,Ann\n\
        nobody,,\"No, \"\"Body\"\"\"\n\
        bob@inbox.example,sport,Bob\n\
        ANN@inbox.example,,Ann again\n\
        ,,\n\
        cid@inbox.example,,Cid\n";
    let options = files.options(Some("Yes."));
    let counts = run(&app, &options, text).await.unwrap();
    let expected = Counts {
        read: 5,
        added: 2,
        confirmed: 2,
        duplicates: 1,
        rejected: 2,
        ..Counts::default()
    };
    assert_eq!(counts, expected);
    let rejected = files.rejected().unwrap();
    let lines: Vec<&str> = rejected.lines().collect();
    assert_eq!(lines[0], "email,topics,name,line,reason");
    assert!(
        lines[1].starts_with("nobody,,\"No, \"\"Body\"\"\",3,"),
        "{rejected}"
    );
    assert!(
        lines[2].contains("sport") && lines[2].contains(",4,"),
        "{rejected}"
    );
    assert_eq!(lines.len(), 3);

    // Corrected, the rejected rows are a file to import.
    let corrected = rejected
        .replace("nobody", "dora@inbox.example")
        .replace("bob@inbox.example,sport", "bob@inbox.example,retail");
    let counts = run(&app, &options, &corrected).await.unwrap();
    assert_eq!((counts.read, counts.added, counts.rejected), (2, 2, 0));
}

#[tokio::test]
async fn a_dry_run_counts_the_same_and_changes_nothing() {
    let app = TestApp::new().await;
    let files = Files::new();
    let text = "email\nann@inbox.example\nann@inbox.example\nnobody\n";
    let mut options = files.options(Some("Yes."));
    options.dry_run = true;
    let dry = run(&app, &options, text).await.unwrap();
    assert_eq!(state(&app, "ann@inbox.example").await, None);
    assert_eq!(files.rejected(), None);
    options.dry_run = false;
    assert_eq!(run(&app, &options, text).await.unwrap(), dry);
}

/// A file that breaks off with an error.
struct Broken(Cursor<Vec<u8>>);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(std::io::Error::other("broken off")),
            count => Ok(count),
        }
    }
}

fn many(count: u32) -> String {
    let rows: String = (0..count)
        .map(|n| format!("r{n}@inbox.example\n"))
        .collect();
    format!("email\n{rows}")
}

async fn confirmed(app: &TestApp) -> i64 {
    let mut tx = app.deps.store.read().await.unwrap();
    let sums = subscriptions::count(&mut tx, app.publication_id())
        .await
        .unwrap();
    sums.0
}

#[tokio::test]
async fn of_a_file_that_breaks_off_nothing_is_taken() {
    let app = TestApp::new().await;
    let options = Files::new().options(Some("Yes."));
    let broken = Box::new(Broken(Cursor::new(many(12_000).into_bytes())));
    let ended = import::import(&app.deps, &app.publication, &options, broken, |_| {}).await;
    assert!(matches!(ended, Err(ImportError::Read(_))), "{ended:?}");
    assert_eq!(confirmed(&app).await, 0);
}

#[tokio::test]
async fn an_import_that_was_stopped_is_finished_by_the_next() {
    let app = TestApp::new().await;
    let options = Files::new().options(Some("Yes."));
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let stopped = {
        let input = Box::new(Cursor::new(many(12_000).into_bytes()));
        let import = import::import(&app.deps, &app.publication, &options, input, |now| {
            if let import::Progress::Writing { rows, .. } = now {
                let _ = sender.send(rows);
            }
        });
        // The second batch is committed or under way when the import is dropped.
        tokio::select! {
            biased;
            rows = heard.recv() => rows,
            _ = import => None,
        }
    };
    assert!(stopped.is_some(), "stopped in the middle");
    let before = confirmed(&app).await;
    assert!(
        before % 5_000 == 0 && before > 0,
        "whole batches are kept: {before}"
    );
    let counts = run(&app, &options, &many(12_000)).await.unwrap();
    let before = u64::try_from(before).unwrap();
    assert_eq!((counts.added, counts.unchanged), (12_000 - before, before));
    assert_eq!(confirmed(&app).await, 12_000);
}

/// The first, the fourth and the sixth batch are of new addresses alone, and what follows on each is not.
#[tokio::test]
async fn whoever_is_known_already_is_found_in_any_batch() {
    let app = TestApp::new().await;
    let options = Files::new().options(Some("Yes."));
    let elsewhere = new_publication("evening", "Evening <news@evening.example>");
    let elsewhere = manage_publication::create(&app.deps, elsewhere);
    let elsewhere = elsewhere.await.unwrap();
    let known = Box::new(Cursor::new("email\ne7@inbox.example\n"));
    let there = import::import(&app.deps, &elsewhere, &options, known, |_| {});
    assert_eq!(there.await.unwrap().added, 1);
    let asked = Files::new().options(None);
    let pending = run(&app, &asked, "email\nb7@inbox.example\n").await;
    assert_eq!(pending.unwrap().pending, 1);
    suppress(&app, "g7@inbox.example", SuppressionReason::Manual).await;

    let rows = ["a", "b", "c", "d", "e", "f", "g"].map(|letter| {
        let batch = (0..5_000).map(|n| format!("{letter}{n}@inbox.example\n"));
        batch.collect::<String>()
    });
    let text = format!("email\n{}", rows.concat());
    let dry = Options {
        dry_run: true,
        ..options.clone()
    };
    let planned = run(&app, &dry, &text).await.unwrap();
    let counts = run(&app, &options, &text).await.unwrap();
    assert_eq!(counts, planned);
    assert_eq!((counts.read, counts.added), (35_000, 34_998));
    assert_eq!((counts.confirmed, counts.suppressed), (34_999, 1));
    assert_eq!(confirmed(&app).await, 34_999);
    assert!(found(&app, "g7@inbox.example").await.is_none());
    for (email, proofs) in [("a7", 1), ("b7", 2), ("c7", 1), ("e7", 1), ("g8", 1)] {
        let (reader, _) = found(&app, &format!("{email}@inbox.example"))
            .await
            .unwrap();
        let mut tx = app.deps.store.read().await.unwrap();
        let evidence = consents::list(&mut tx, reader.id).await.unwrap();
        assert_eq!(evidence.len(), proofs, "{email}");
        assert_eq!(evidence[proofs - 1].kind, ConsentKind::Confirmed);
    }
}

#[tokio::test]
async fn two_imports_at_a_time_share_the_work() {
    let app = TestApp::new().await;
    let forth: String = (0..6_000)
        .map(|n| format!("r{n}@inbox.example\n"))
        .collect();
    let back: String = (0..6_000)
        .rev()
        .map(|n| format!("r{n}@inbox.example\n"))
        .collect();
    let (forth, back) = (format!("email\n{forth}"), format!("email\n{back}"));
    let options = Files::new().options(None);
    let (a, b) = tokio::join!(run(&app, &options, &forth), run(&app, &options, &back));
    assert_eq!((a.unwrap().read, b.unwrap().read), (6_000, 6_000));
    let mut tx = app.deps.store.read().await.unwrap();
    let sums = subscriptions::count(&mut tx, app.publication_id())
        .await
        .unwrap();
    assert_eq!(sums, (0, 6_000, 0));
}

#[tokio::test]
async fn files_that_are_no_tables_say_so() {
    let app = TestApp::new().await;
    let options = Files::new().options(None);
    let fails = async |text: &str| run(&app, &options, text).await.unwrap_err().to_string();
    assert!(fails("").await.contains("first line"));
    assert!(
        fails("email,phone\na@b.example,1\n")
            .await
            .contains("\"phone\"")
    );
    assert!(
        fails("ann@inbox.example\nbob@inbox.example\n")
            .await
            .contains("first line")
    );
    assert!(fails("email\n\n").await.contains("no rows"));
    let utf16 = Box::new(Cursor::new(b"\xff\xfee\0m\0".to_vec()));
    let ended = import::import(&app.deps, &app.publication, &options, utf16, |_| {}).await;
    assert!(matches!(ended, Err(ImportError::Utf16)), "{ended:?}");
}

async fn suppress(app: &TestApp, email: &str, reason: SuppressionReason) {
    let email = email.parse().unwrap();
    assert!(
        suppress::add(&app.deps, &email, reason, Some("test"))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_suppressed_address_is_neither_imported_nor_signed_up_and_nobody_is_told() {
    let app = TestApp::new().await;
    for reason in [SuppressionReason::Erased, SuppressionReason::HardBounce] {
        suppress(&app, &format!("{reason}@inbox.example"), reason).await;
    }
    let text = "email\nERASED@inbox.example\nhard-bounce@inbox.example\n";
    let counts = vouched(&app, text).await;
    assert_eq!((counts.read, counts.suppressed, counts.added), (2, 2, 0));

    let free = app
        .post("/ledger/subscribe", "email=free%40inbox.example")
        .await;
    for name in ["erased", "hard-bounce"] {
        let form = format!("email={name}%40inbox.example");
        let answer = app.post("/ledger/subscribe", &form).await;
        assert_eq!(answer.status, free.status);
        assert_eq!(answer.body.replace(name, "free"), free.body);
        assert!(
            found(&app, &format!("{name}@inbox.example"))
                .await
                .is_none()
        );
    }
    assert_eq!(app.send_notices().await, 1);
    assert_eq!(app.mails_for("erased@inbox.example"), 0);

    let email = "erased@inbox.example".parse().unwrap();
    assert!(suppress::remove(&app.deps, &email).await.unwrap());
    assert!(!suppress::remove(&app.deps, &email).await.unwrap());
    app.subscribe("erased@inbox.example", "").await;
}

#[tokio::test]
async fn suppressing_stops_what_is_on_its_way() {
    let app = TestApp::new().await;
    let digest = app.digest("daily", None, 1).await;
    app.subscribe("ann@inbox.example", "").await;
    app.subscribe("bob@inbox.example", "").await;
    app.post("/ledger/subscribe", "email=cid%40inbox.example")
        .await;
    app.article("one", "One", &["energy"]).await;
    let issue = app.compose(&digest).await;
    let before = app.mails_for("ann@inbox.example");
    suppress(&app, "ann@inbox.example", SuppressionReason::Complaint).await;
    suppress(&app, "cid@inbox.example", SuppressionReason::Manual).await;
    app.send_notices().await;
    assert_eq!(app.mails_for("cid@inbox.example"), 0);
    app.deliver().await.unwrap();
    let (_, counts) = app.issue(issue).await;
    assert_eq!((counts.sent, counts.skipped), (1, 1));
    assert_eq!(app.mails_for("ann@inbox.example"), before);
}

#[tokio::test]
async fn the_ledger_says_who_got_nothing_since_they_are_suppressed() {
    let app = TestApp::new().await;
    let digest = app.digest("daily", None, 1).await;
    app.subscribe("ann@inbox.example", "").await;
    app.subscribe("bob@inbox.example", "").await;
    suppress(&app, "bob@inbox.example", SuppressionReason::HardBounce).await;
    let before = app.mails_for("bob@inbox.example");
    app.article("one", "One", &["energy"]).await;
    let issue = app.send(&digest).await;
    let (_, counts) = app.issue(issue).await;
    assert_eq!((counts.recipients, counts.sent, counts.skipped), (2, 1, 1));
    assert_eq!(app.mails_for("bob@inbox.example"), before);

    let bob = "bob@inbox.example".parse().unwrap();
    assert!(suppress::remove(&app.deps, &bob).await.unwrap());
    app.article("two", "Two", &["energy"]).await;
    let issue = app.send(&digest).await;
    assert_eq!(app.issue(issue).await.1.sent, 2);
}

#[tokio::test]
async fn a_hash_without_its_address_stops_a_reader_who_is_there() {
    let app = TestApp::new().await;
    app.subscribe("ann@inbox.example", "").await;
    app.subscribe("bob@inbox.example", "").await;
    let ann = "ann@inbox.example".parse().unwrap();
    let entry = Entry {
        who: Who::Hash(app.deps.keys.email_hash(&ann)),
        reason: SuppressionReason::Erased,
        source: None,
    };
    assert_eq!(suppress::add_list(&app.deps, &[entry]).await.unwrap(), 1);
    let mut tx = app.deps.store.read().await.unwrap();
    let mut marked = Vec::new();
    for name in ["ann", "bob"] {
        let email = format!("{name}@inbox.example").parse().unwrap();
        let reader = subscribers::find_by_email(&mut tx, &email).await.unwrap();
        marked.push(reader.unwrap().suppressed_at.is_some());
    }
    assert_eq!(marked, [true, false]);
}
