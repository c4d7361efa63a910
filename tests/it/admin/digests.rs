//! Digests by the pages: made, changed, paused and left out.

use axum::http::StatusCode;
use paperround::domain::audit::{Entry, Kind};
use paperround::domain::digest::{Breaking, Digest};
use paperround::domain::operator::Role;
use paperround::store::audit::{self, Filter};
use paperround::store::digests;

use crate::support::TestApp;
use crate::support::browser::{Browser, PASSWORD, operator_who};

const LIST: &str = "/admin/p/ledger/digests";
const MAKE: &str = "/admin/p/ledger/make-digest";

/// A form as a browser sends it, with all its fields.
const FORM: [(&str, &str); 28] = [
    ("name", "Morning Tide"),
    ("slug", "tide"),
    ("goes_out", "weekdays"),
    ("weekday", "mon"),
    ("day", "1"),
    ("at", "07:00"),
    ("cron", ""),
    ("timezone", "Europe/Berlin"),
    ("local_time", "no"),
    ("min_gap", "1h"),
    ("max_per_day", "4"),
    ("hours", "mon-fri 06:00-20:00\r\n"),
    ("holidays", "2026-03-03\r\n\r\n2026-12-25"),
    ("on_holiday", "skip"),
    ("not_later_than", "2h"),
    ("window", "24h"),
    ("sections", "energy:3\r\nmarkets"),
    ("max_items", "10"),
    ("full_items", "6"),
    ("min_items", "2"),
    ("languages", "auto"),
    ("subject", "{{ headline }} and more"),
    ("intro", "Good *morning*\r\nto you"),
    ("outro", ""),
    ("notice", ""),
    ("notice_label", "Sponsor"),
    ("design", "plain"),
    ("require_approval", "no"),
];

fn form(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut form = FORM.to_vec();
    for (name, value) in changes {
        match form.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = value,
            None => form.push((name, value)),
        }
    }
    form
}

async fn kept(app: &TestApp, slug: &str) -> Digest {
    let mut tx = app.deps.store.read().await.unwrap();
    let found = digests::find_by_slug(&mut tx, app.publication_id(), slug).await;
    found.unwrap().unwrap()
}

async fn changes(app: &TestApp, kind: Kind) -> Vec<Entry> {
    let filter = Filter {
        kind: Some(kind),
        ..Filter::default()
    };
    let mut tx = app.deps.store.read().await.unwrap();
    audit::page(&mut tx, &filter, 100).await.unwrap()
}

#[tokio::test]
async fn an_editor_makes_a_digest_by_plain_choices() {
    let app = TestApp::new().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let empty = editor.get(LIST).await.body;
    assert!(empty.contains("There is no digest yet"), "{empty}");

    let looked = editor
        .post(MAKE, MAKE, &form(&[("look", "yes"), ("slug", "")]))
        .await;
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.body);
    // Monday is over at nine, Tuesday a holiday.
    for part in [
        "not saved yet",
        "Tue 3 Mar 2026, 07:00 CET",
        "2026-03-03 is a holiday",
        "Mon 9 Mar 2026, 07:00 CET",
    ] {
        assert!(looked.body.contains(part), "{part}: {}", looked.body);
    }
    assert!(
        editor
            .get(LIST)
            .await
            .body
            .contains("There is no digest yet")
    );

    let topics = [("topics", "energy"), ("topics", "markets")];
    let mut given = form(&[]);
    given.extend(topics);
    let made = editor.post(MAKE, MAKE, &given).await;
    assert_eq!(made.location(), format!("{LIST}/tide"), "{}", made.body);
    let page = editor.follow(&made).await.body;
    for part in [
        "Morning Tide is made.",
        "every weekday at 7:00",
        "at most 10, 6 of them",
        "energy:3, markets",
        "<dd>plain</dd>",
        "2026-03-03, 2026-12-25: an issue is left out",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let digest = kept(&app, "tide").await;
    assert_eq!(digest.cron.as_deref(), Some("0 7 * * mon-fri"));
    assert_eq!(
        digest.next_run_at,
        Some("2026-03-03T06:00:00Z".parse().unwrap())
    );
    assert_eq!(
        (digest.max_items, digest.min_items, digest.rules.full_items),
        (10, 2, 6)
    );
    assert_eq!(digest.rules.intro, "Good *morning*\nto you");
    assert_eq!(digest.rules.calendar.not_later_than_minutes, Some(120));
    assert_eq!(digest.topics.len(), 2);
    assert!(editor.get(LIST).await.body.contains(">Morning Tide</a>"));
    let log = changes(&app, Kind::Digest).await;
    assert_eq!(
        (log[0].verb.as_str(), log[0].actor_name.as_str()),
        ("add", "ann@ops.example")
    );

    let twice = editor.post(MAKE, MAKE, &form(&[])).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(twice.body.contains("slug-error") && twice.body.contains("value=\"Morning Tide\""));
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field() {
    let app = TestApp::new().await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    for (name, value, word) in [
        ("name", "", "The name must not be empty."),
        ("slug", "No Slug", "is not a slug"),
        ("goes_out", "never", "Choose how often it goes out."),
        ("at", "7 o'clock", "write it as 07:00"),
        ("timezone", "Europe/Atlantis", "is not a time zone"),
        ("hours", "at night", "are no hours of a day"),
        ("holidays", "Christmas", "write it as 2026-12-25"),
        ("not_later_than", "soon", "write 90m, 2h or 1d"),
        ("sections", "energy:0", "is not a section"),
        ("sections", "sport", "there is no topic"),
        ("max_items", "101", "A number from 1 to 100 is expected."),
        ("min_items", "11", "A number from 1 to 10 is expected."),
        ("full_items", "", "A number from 1 to 100 is expected."),
        (
            "design",
            "glossy",
            "is not one of: editorial, compact, plain",
        ),
        ("subject", "{{ headlin }}", "headlin"),
        (
            "notice_label",
            "a label of more than forty characters, which is too long",
            "at most 40",
        ),
    ] {
        let refused = editor.post(MAKE, MAKE, &form(&[(name, value)])).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        let body = refused
            .body
            .to_lowercase()
            .replace("&#x27;", "'")
            .replace("&quot;", "\"");
        let beside = format!("id=\"{name}-error\">");
        let (_, rest) = body
            .split_once(&beside)
            .unwrap_or_else(|| panic!("{name}: {body}"));
        let said = rest.split('<').next().unwrap();
        assert!(said.contains(&word.to_lowercase()), "{name}: {said}");
    }
    for (choice, name) in [
        ("weekly", "weekday"),
        ("monthly", "day"),
        ("cron", "cron"),
        ("news", "min_gap"),
    ] {
        let refused = editor
            .post(MAKE, MAKE, &form(&[("goes_out", choice), (name, "x")]))
            .await;
        assert!(
            refused.body.contains(&format!("{name}-error")) || name == "weekday",
            "{name}"
        );
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
    assert!(
        editor
            .get(LIST)
            .await
            .body
            .contains("There is no digest yet")
    );
}

#[tokio::test]
async fn the_recipe_is_changed_and_two_editors_do_not_overwrite_each_other() {
    let app = TestApp::new().await;
    app.digest("daily", Some("0 7,12 * * *"), 1).await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let path = format!("{LIST}/daily");
    let settings = format!("{path}/settings");
    let page = editor.get(&settings).await.body;
    assert!(
        page.contains("<option value=\"cron\" selected>") && page.contains("0 7,12 * * *"),
        "{page}"
    );
    assert!(
        page.contains(
            "<option value=\"publication\" selected>As the publication (editorial)</option>"
        ),
        "{page}"
    );
    let seen = page
        .split_once("name=\"seen\" value=\"")
        .unwrap()
        .1
        .split('"')
        .next()
        .unwrap()
        .to_owned();

    let mut news = form(&[
        ("goes_out", "news"),
        ("min_gap", "30m"),
        ("local_time", "yes"),
        ("next_intro", "Only today"),
    ]);
    news.push(("seen", &seen));
    let saved = editor.post(&settings, &settings, &news).await;
    assert_eq!(saved.location(), path, "{}", saved.body);
    let digest = kept(&app, "daily").await;
    let rule = Breaking {
        gap_minutes: 30,
        most_a_day: 4,
    };
    assert_eq!((digest.cron, digest.rules.breaking), (None, Some(rule)));
    assert!(
        !digest.rules.local_time,
        "without a schedule there are no waves"
    );
    let mut tx = app.deps.store.read().await.unwrap();
    let intro = digests::next_intro(&mut tx, digest.id).await.unwrap();
    drop(tx);
    assert_eq!(intro.as_deref(), Some("Only today"));

    // The same page once more: it was made before the change.
    let late = editor.post(&settings, &settings, &news).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        late.body.contains("Somebody else has changed the recipe"),
        "{}",
        late.body
    );
    let seen = late
        .body
        .split_once("name=\"seen\" value=\"")
        .unwrap()
        .1
        .split('"')
        .next()
        .unwrap();
    let mut again = form(&[
        ("goes_out", "hand"),
        ("name", "By hand"),
        ("next_intro", "Only today"),
        ("design", "publication"),
    ]);
    again.push(("seen", seen));
    let saved = editor.post(&settings, &settings, &again).await;
    assert_eq!(saved.location(), path, "{}", saved.body);
    let page = editor.get(&path).await.body;
    assert!(
        page.contains("<dd>as the publication (editorial)</dd>"),
        "{page}"
    );
    assert!(
        page.contains(">by hand<") && page.contains("It has no schedule"),
        "{page}"
    );
    let verbs: Vec<String> = changes(&app, Kind::Digest)
        .await
        .into_iter()
        .map(|e| e.verb)
        .collect();
    assert_eq!(
        verbs,
        ["change", "introduce the next issue of", "change", "add"]
    );
}

#[tokio::test]
async fn a_digest_is_paused_resumed_and_its_next_run_left_out() {
    let app = TestApp::new().await;
    app.digest("daily", Some("0 7 * * *"), 1).await;
    let mut editor = Browser::of(&app, "ann@ops.example", Role::Editor).await;
    let path = format!("{LIST}/daily");
    editor.post(&path, &format!("{path}/pause"), &[]).await;
    let page = editor.get(&path).await.body;
    assert!(
        page.contains(">paused<") && page.contains("not while it is paused"),
        "{page}"
    );
    assert!(!page.contains("Leave the next run out"));
    editor.post(&path, &format!("{path}/resume"), &[]).await;
    let skipped = editor.post(&path, &format!("{path}/skip-next"), &[]).await;
    let page = editor.follow(&skipped).await.body;
    assert!(
        page.contains("The run of Tue 3 Mar 2026, 07:00 CET is left out."),
        "{page}"
    );
    assert!(page.contains("left out by hand") && page.contains("Let the next run go out"));
    let kept_run = editor.post(&path, &format!("{path}/keep-next"), &[]).await;
    assert!(
        editor
            .follow(&kept_run)
            .await
            .body
            .contains("goes out after all")
    );
    app.digest("loose", None, 1).await;
    let loose = format!("{LIST}/loose");
    let nothing = editor
        .post(&loose, &format!("{loose}/skip-next"), &[])
        .await;
    assert!(
        editor
            .follow(&nothing)
            .await
            .body
            .contains("The digest has no schedule")
    );
    let verbs: Vec<String> = changes(&app, Kind::Digest)
        .await
        .into_iter()
        .map(|e| e.verb)
        .collect();
    assert_eq!(
        verbs[1..5],
        [
            "no longer skip a run of",
            "skip a run of",
            "resume",
            "pause"
        ]
    );
}

#[tokio::test]
async fn roles_are_held_to() {
    let app = TestApp::new().await;
    app.digest("daily", Some("0 7 * * *"), 1).await;
    let path = format!("{LIST}/daily");
    let mut viewer = Browser::of(&app, "vic@ops.example", Role::Viewer).await;
    for page in [LIST, path.as_str()] {
        let shown = viewer.get(page).await;
        assert_eq!(shown.status, StatusCode::OK, "{page}");
        assert!(!shown.body.contains("class=\"button"), "{page}");
    }
    for form in [MAKE.to_owned(), format!("{path}/settings")] {
        assert_eq!(
            viewer.get(&form).await.status,
            StatusCode::FORBIDDEN,
            "{form}"
        );
    }
    for action in [
        "test",
        "pages",
        "undo",
        "settings",
        "pause",
        "resume",
        "skip-next",
        "keep-next",
        "send",
    ] {
        let refused = viewer.post(&path, &format!("{path}/{action}"), &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{action}");
    }
    // An editor whose right to send was taken away.
    operator_who(&app, "ann@ops.example", Role::Editor, false).await;
    let mut editor = Browser::new(&app);
    editor.sign_in("ann@ops.example", PASSWORD).await;
    let page = editor.get(&path).await.body;
    assert!(
        !page.contains("class=\"button\" type=\"submit\">Send"),
        "{page}"
    );
    let refused = editor.post(&path, &format!("{path}/send"), &[]).await;
    assert!(refused.body.contains("This takes the right to send"));
    assert_eq!(
        editor.get(&format!("{LIST}/nowhere")).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(changes(&app, Kind::Issue).await.is_empty());
}
