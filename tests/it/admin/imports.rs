//! Imports by the pages: from a file to its readers, over a crash, and back.

use std::fmt::Write as _;
use std::time::Duration;

use axum::http::StatusCode;
use paperround::domain::audit::Kind;
use paperround::domain::import::{Counts, Import, ImportState, Origin, UndoCounts};
use paperround::domain::operator::Role;
use paperround::services::import::{self, ImportError, Upload};
use paperround::services::{Deps, cleanup, suppress};
use paperround::store::audit::{self, Filter};
use paperround::store::imports;
use paperround::store::imports::parts::{self, PartKind};
use paperround::store::{subscribers, subscriptions};
use tokio_util::sync::CancellationToken;

use crate::support::TestApp;
use crate::support::browser::Browser;

const LIST: &str = "/admin/p/ledger/imports";

async fn work(deps: &Deps) {
    import::work(deps, &CancellationToken::new()).await.unwrap();
}

/// The latest import.
async fn latest(app: &TestApp) -> Import {
    let mut tx = app.deps.store.read().await.unwrap();
    let found = imports::page(&mut tx, app.publication.id, None, 1).await;
    found.unwrap().remove(0)
}

/// Brings a table in and has it imported, the readers being vouched for where there is a text.
async fn bring(app: &TestApp, table: &str, consent: Option<&str>) -> Import {
    let import = begin(app, table, consent).await;
    work(&app.deps).await;
    assert_eq!(latest(app).await.state, ImportState::Finished);
    import
}

async fn begin(app: &TestApp, table: &str, consent: Option<&str>) -> Import {
    let id = app.publication.id;
    let begun = Upload::begin(&app.deps, id, Origin::Page, "readers.csv").await;
    let mut upload = begun.unwrap();
    upload.push(table.as_bytes()).await.unwrap();
    let import = upload.finish().await.unwrap();
    import::check(&app.deps, import.id, None, consent)
        .await
        .unwrap();
    work(&app.deps).await;
    import::start(&app.deps, import.id).await.unwrap();
    import
}

async fn take_back(app: &TestApp, import: &Import) -> UndoCounts {
    import::take_back(&app.deps, import.id).await.unwrap();
    work(&app.deps).await;
    let undone = latest(app).await;
    assert_eq!(undone.state, ImportState::Undone);
    undone.undo
}

async fn count(app: &TestApp) -> (i64, i64, i64) {
    let mut tx = app.deps.store.read().await.unwrap();
    subscriptions::count(&mut tx, app.publication.id)
        .await
        .unwrap()
}

async fn is_known(app: &TestApp, email: &str) -> bool {
    let mut tx = app.deps.store.read().await.unwrap();
    let found = subscribers::find_by_email(&mut tx, &email.parse().unwrap()).await;
    found.unwrap().is_some()
}

/// Uploads a file, says what it holds, and has it checked; gives its page.
async fn checked(app: &TestApp, editor: &mut Browser<'_>) -> String {
    assert!(
        editor
            .get(LIST)
            .await
            .body
            .contains("Nothing has been imported here yet.")
    );
    let table = "Mail;Wer;Quatsch\nann@inbox.example;Ann;1\nold@inbox.example;Old;2\nnobody;N;3\nbob@inbox.example;Bob;4\n";
    let upload = format!("{LIST}/upload");
    let sent = editor.upload(LIST, &upload, "Leser.csv", table).await;
    let page = sent.location();
    assert!(page.starts_with(LIST), "{}", sent.body);
    let shown = editor.follow(&sent).await.body;
    for part in [
        "The file is here.",
        "separated by semicolons",
        "<option value=\"email\" selected>the address",
        "<p class=\"change\">ann@inbox.example</p>",
        "<b>Quatsch</b>",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }

    let check = format!("{page}/check");
    let columns = |three: [&'static str; 3]| three.map(|word| ("column", word));
    let without = editor
        .post(&page, &check, &columns(["name", "ignored", "ignored"]))
        .await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        without.body.contains("Say which column holds the address."),
        "{}",
        without.body
    );
    let right = columns(["email", "name", "ignored"]);
    let vouched = [&right[..], &[("agreed", "yes"), ("consent", " ")]].concat();
    let without = editor.post(&page, &check, &vouched).await;
    assert!(
        without
            .body
            .contains("Give the text that the readers agreed to"),
        "{}",
        without.body
    );
    assert!(without.body.contains("value=\"yes\" checked"));
    let vouched = [
        &right[..],
        &[("agreed", "yes"), ("consent", "At the fair.")],
    ]
    .concat();
    editor.post(&page, &check, &vouched).await;
    let shown = editor.get(&page).await.body;
    assert!(
        shown.contains(">checking<") && shown.contains("progress.js"),
        "{shown}"
    );
    work(&app.deps).await;
    let shown = editor.get(&page).await.body;
    for part in [
        "What would happen",
        "Import 2 readers",
        "<td class=\"n\">4</td><td>",
        "Check it again",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(count(app).await, (1, 0, 0));

    page
}

#[tokio::test]
async fn a_file_goes_all_the_way_and_back() {
    let app = TestApp::new().await;
    app.readers(["old@inbox.example".to_owned()].into_iter())
        .await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let page = checked(&app, &mut editor).await;
    editor.post(&page, &format!("{page}/start"), &[]).await;
    work(&app.deps).await;
    let shown = editor.get(&page).await.body;
    for part in [
        ">finished<",
        "What became of the rows",
        "Undo the import",
        "2 subscriptions that it made go",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(count(&app).await, (3, 0, 0));
    let rejected = editor.get(&format!("{page}/rejected")).await;
    assert!(
        rejected
            .body
            .starts_with("Mail;Wer;Quatsch;line;reason\nnobody;N;3;4;"),
        "{}",
        rejected.body
    );
    let name = rejected.headers["content-disposition"].to_str().unwrap();
    assert_eq!(name, "attachment; filename=\"Leser.rejected.csv\"");
    let mut tx = app.deps.store.read().await.unwrap();
    assert!(
        !parts::any(&mut tx, latest(&app).await.id, PartKind::File)
            .await
            .unwrap()
    );
    drop(tx);
    let twice = editor.post(&page, &format!("{page}/start"), &[]).await;
    assert!(
        twice.body.contains("The import is finished by now"),
        "{}",
        twice.body
    );

    editor.post(&page, &format!("{page}/undo"), &[]).await;
    work(&app.deps).await;
    let shown = editor.get(&page).await.body;
    assert!(
        shown.contains(">undone<")
            && shown.contains("taken away")
            && !shown.contains("Undo the import")
    );
    assert_eq!(count(&app).await, (1, 0, 0));
    assert!(
        is_known(&app, "old@inbox.example").await && !is_known(&app, "ann@inbox.example").await
    );
    assert!(app.mailbox.list().is_empty());

    let filter = Filter {
        kind: Some(Kind::Import),
        ..Filter::default()
    };
    let mut tx = app.deps.store.read().await.unwrap();
    let log = audit::page(&mut tx, &filter, 10).await.unwrap();
    let told: Vec<&str> = log.iter().map(|entry| entry.verb.as_str()).collect();
    assert_eq!(told, ["undo", "finish", "start"]);
    assert!(
        log.iter()
            .all(|entry| entry.actor_name == "ann@ops.example")
    );
}

#[tokio::test]
async fn files_that_cannot_be_imported_say_why() {
    let app = TestApp::new().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let upload = format!("{LIST}/upload");
    let none = editor.upload(LIST, &upload, "", "").await;
    assert!(none.body.contains("Choose a file."), "{}", none.body);
    let empty = editor.upload(LIST, &upload, "a.csv", "").await;
    assert!(empty.body.contains("The file is empty."), "{}", empty.body);
    for (table, why) in [
        (
            "ann@inbox.example\nbob@inbox.example\n",
            "The first line must name the columns",
        ),
        ("email,name\n", "has no rows"),
    ] {
        let sent = editor.upload(LIST, &upload, "a.csv", table).await;
        let shown = editor.follow(&sent).await.body;
        assert!(
            shown.contains(why) && !shown.contains("Check the file"),
            "{shown}"
        );
        let gone = editor
            .post(
                &sent.location(),
                &format!("{}/discard", sent.location()),
                &[],
            )
            .await;
        assert_eq!(gone.location(), LIST);
        assert_eq!(
            editor.get(&sent.location()).await.status,
            StatusCode::NOT_FOUND
        );
    }
    let forged = editor
        .upload_with("x", &upload, "a.csv", "email\na@b.example\n")
        .await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let sent = editor
        .upload(LIST, &upload, "a.csv", "email\na@b.example\n")
        .await;
    let page = sent.location();

    let mut viewer = Browser::of(&app, "ben@ops.example", Role::Viewer).await;
    let seen = viewer.get(&page).await.body;
    assert!(
        seen.contains("a.csv") && !seen.contains("Check the file") && !seen.contains("a@b.example"),
        "{seen}"
    );
    for action in ["check", "start", "undo", "discard"] {
        let refused = viewer.post(&page, &format!("{page}/{action}"), &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{action}");
    }
    assert_eq!(
        viewer.get(&format!("{page}/rejected")).await.status,
        StatusCode::FORBIDDEN
    );
    let refused = viewer.upload(LIST, &upload, "a.csv", "email\n").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let foreign = editor
        .get("/admin/p/ledger/imports/01890000-0000-7000-8000-000000000000")
        .await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
}

/// So many rows, of which one in a hundred cannot be read.
fn table(rows: usize) -> String {
    let mut text = "email,name,topics\n".to_owned();
    for n in 0..rows {
        if n % 100 == 99 {
            let _ = writeln!(text, "reader {n},Nobody,");
        } else {
            let _ = writeln!(text, "reader{n}@inbox{}.example,Reader {n},energy", n % 7);
        }
    }
    text
}

#[tokio::test]
async fn a_hundred_thousand_rows_come_in_and_go_again() {
    let app = TestApp::new().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let upload = format!("{LIST}/upload");
    let sent = editor
        .upload(LIST, &upload, "all.csv", &table(100_000))
        .await;
    let page = sent.location();
    let fields = [
        ("column", "email"),
        ("column", "name"),
        ("column", "topics"),
        ("agreed", "yes"),
        ("consent", "Yes."),
    ];
    editor.post(&page, &format!("{page}/check"), &fields).await;
    work(&app.deps).await;
    assert_eq!(latest(&app).await.counts.rejected, 1000);
    editor.post(&page, &format!("{page}/start"), &[]).await;
    work(&app.deps).await;
    let import = latest(&app).await;
    let expected = Counts {
        read: 100_000,
        added: 99_000,
        confirmed: 99_000,
        rejected: 1000,
        ..Counts::default()
    };
    assert_eq!(
        (import.state, import.counts),
        (ImportState::Finished, expected)
    );
    assert_eq!(count(&app).await, (99_000, 0, 0));
    let rejected = editor.get(&format!("{page}/rejected")).await.body;
    assert_eq!(rejected.lines().count(), 1001);
    let undone = take_back(&app, &import).await;
    assert_eq!(
        undone,
        UndoCounts {
            removed: 99_000,
            ..UndoCounts::default()
        }
    );
    assert_eq!(count(&app).await, (0, 0, 0));
    assert!(!is_known(&app, "reader0@inbox0.example").await);
}

#[tokio::test]
async fn an_import_goes_on_where_a_process_has_left_it() {
    let app = TestApp::new().await;
    let import = begin(&app, &table(50_000), None).await;
    let under_way = async |more_than: u64| {
        loop {
            let now = latest(&app).await;
            if now.done > more_than {
                break now.done;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    // Gone without a word, in the middle.
    let (deps, id, stop) = (app.deps.clone(), import.id, CancellationToken::new());
    let dying = tokio::spawn(async move { import::perform(&deps, id, &stop).await });
    let done = under_way(0).await;
    dying.abort();
    let _ = dying.await;
    assert_eq!(latest(&app).await.state, ImportState::Importing);

    // Another goes on, and is told to stop.
    let other = app.beside(|_| {}).await;
    let stop = CancellationToken::new();
    let (deps, told) = (other.clone(), stop.clone());
    let stopping = tokio::spawn(async move { import::perform(&deps, id, &told).await });
    under_way(done).await;
    stop.cancel();
    assert!(matches!(stopping.await.unwrap(), Err(ImportError::Stopped)));
    assert_eq!(latest(&app).await.state, ImportState::Importing);

    work(&other).await;
    let ended = latest(&app).await;
    let expected = Counts {
        read: 50_000,
        added: 49_500,
        pending: 49_500,
        rejected: 500,
        ..Counts::default()
    };
    assert_eq!(
        (ended.state, ended.counts),
        (ImportState::Finished, expected)
    );
    assert_eq!(count(&app).await, (0, 49_500, 0));
    let mut tx = app.deps.store.read().await.unwrap();
    assert_eq!(parts::batch_ids(&mut tx, id).await.unwrap(), 49_500);
    drop(tx);

    // An undo as well.
    import::take_back(&app.deps, id).await.unwrap();
    let (deps, stop) = (app.deps.clone(), CancellationToken::new());
    let dying = tokio::spawn(async move { import::perform(&deps, id, &stop).await });
    under_way(0).await;
    dying.abort();
    let _ = dying.await;
    work(&other).await;
    assert_eq!(latest(&app).await.undo.removed, 49_500);
    assert_eq!(count(&app).await, (0, 0, 0));
}

#[tokio::test]
async fn an_undo_leaves_alone_whom_something_happened_to() {
    let app = TestApp::new().await;
    app.article("one", "A berth opens", &["energy"]).await;
    let digest = app.digest("daily", None, 1).await;
    app.readers(["old@inbox.example".to_owned()].into_iter())
        .await;
    app.post("/ledger/subscribe", "email=asked%40inbox.example")
        .await;
    app.send_notices().await;
    let asked = app.mails_for("asked@inbox.example");
    let all = "email,status\nold@inbox.example,\nasked@inbox.example,\nvouched@inbox.example,\n\
        left@inbox.example,unsubscribed\nmailed@inbox.example,\n";
    let first = bring(&app, all, Some("At the fair.")).await;
    assert_eq!(count(&app).await, (4, 0, 1));
    app.compose(&digest).await;
    app.deliver().await.unwrap();
    // Everybody there has an issue by now, but who left.
    let undone = take_back(&app, &first).await;
    assert_eq!(
        undone,
        UndoCounts {
            removed: 1,
            mailed: 2,
            ..UndoCounts::default()
        }
    );
    assert_eq!(count(&app).await, (4, 0, 0));

    let table = "email\nclean@inbox.example\nsure@inbox.example\nnever@inbox.example\nasked-1@inbox.example\n";
    let second = bring(&app, table, None).await;
    app.advance(chrono::Duration::seconds(5));
    app.send_notices().await;
    let confirm = app.link("sure@inbox.example", "/confirm/");
    assert_eq!(app.post(&confirm, "").await.status, StatusCode::OK);
    let stop = app.link("clean@inbox.example", "/never/");
    let never = "never@inbox.example".parse().unwrap();
    suppress::add(&app.deps, &never, "manual".parse().unwrap(), None)
        .await
        .unwrap();
    let mails = app.mailbox.list().len();
    let undone = take_back(&app, &second).await;
    assert_eq!(
        undone,
        UndoCounts {
            removed: 2,
            touched: 1,
            suppressed: 1,
            ..UndoCounts::default()
        }
    );
    app.send_notices().await;
    assert_eq!((app.mailbox.list().len(), asked), (mails, 1));
    assert!(
        is_known(&app, "never@inbox.example").await && !is_known(&app, "clean@inbox.example").await
    );
    let mut tx = app.deps.store.read().await.unwrap();
    let hash = app.deps.keys.email_hash(&never);
    assert!(
        paperround::store::suppressions::find(&mut tx, hash)
            .await
            .unwrap()
            .is_some()
    );
    drop(tx);
    // The mail that is out still does what it says.
    assert_eq!(app.post(&stop, "").await.status, StatusCode::OK);
    let again = bring(&app, "email\nclean@inbox.example\n", None).await;
    assert_eq!(latest(&app).await.counts.suppressed, 1);
    assert_eq!(take_back(&app, &again).await, UndoCounts::default());
}

#[tokio::test]
async fn files_and_imports_are_forgotten_in_time() {
    let app = TestApp::new().await;
    bring(&app, "email\nann@inbox.example\nnobody\n", Some("Yes.")).await;
    let done = latest(&app).await;
    let begun = Upload::begin(&app.deps, app.publication.id, Origin::Page, "open.csv").await;
    let mut open = begun.unwrap();
    open.push(b"email\nbob@inbox.example\n").await.unwrap();
    let open = open.finish().await.unwrap();
    let has = async |id, kind| {
        let mut tx = app.deps.store.read().await.unwrap();
        parts::any(&mut tx, id, kind).await.unwrap()
    };
    cleanup::prune(&app.deps).await.unwrap();
    assert!(has(open.id, PartKind::File).await && has(done.id, PartKind::Rejected).await);
    app.advance(chrono::Duration::hours(25));
    cleanup::prune(&app.deps).await.unwrap();
    assert!(!has(open.id, PartKind::File).await && has(done.id, PartKind::Rejected).await);
    assert_eq!(latest(&app).await.id, done.id);
    app.advance(chrono::Duration::days(7));
    cleanup::prune(&app.deps).await.unwrap();
    assert!(!has(done.id, PartKind::Rejected).await);
    assert!(latest(&app).await.rejected.is_empty());
    app.advance(chrono::Duration::days(83));
    cleanup::prune(&app.deps).await.unwrap();
    let mut tx = app.deps.store.read().await.unwrap();
    assert!(imports::find(&mut tx, done.id).await.unwrap().is_none());
    drop(tx);
    assert!(is_known(&app, "ann@inbox.example").await);
}
