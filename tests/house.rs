//! The rules of the house, read from the source text: which room may import which, where a library
//! may be named, who begins transactions, and how long a file may be. `docs/architecture.md` tells
//! the reasons.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A room and the rooms that it may import; each may import itself.
const ROOMS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    // `feeds` and `reports` for `feed parse` and `bounce classify`, which store nothing.
    (
        "cli",
        &[
            "app",
            "demo",
            "config",
            "services",
            "store",
            "domain",
            "feeds",
            "reports",
            "telemetry",
        ],
    ),
    ("demo", &["app", "config", "services", "store", "domain"]),
    (
        "app",
        &[
            "web", "jobs", "inbound", "services", "store", "mail", "feeds", "oidc", "render",
            "reports", "config", "metrics", "domain",
        ],
    ),
    ("web", &["services", "store", "render", "domain"]),
    ("jobs", &["services", "store", "domain"]),
    ("inbound", &["services", "reports", "store", "domain"]),
    (
        "services",
        &[
            "store", "mail", "feeds", "oidc", "render", "reports", "domain",
        ],
    ),
    ("store", &["domain"]),
    ("mail", &["domain"]),
    ("feeds", &["domain"]),
    ("oidc", &["domain"]),
    ("reports", &["domain"]),
    ("render", &["domain"]),
    ("config", &["domain"]),
    ("domain", &[]),
    ("telemetry", &[]),
    ("metrics", &[]),
];

/// A library and the only places that name it: folders end in a slash. A name that ends in `*`
/// stands for all that begin so.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("sqlx", &["src/store/"]),
    (
        "apalis*",
        &["src/jobs/", "src/store/queue.rs", "src/store/migrate.rs"],
    ),
    ("axum", &["src/web/", "src/demo/", "src/app.rs"]),
    ("lettre", &["src/mail/"]),
    ("hickory*", &["src/mail/dns.rs"]),
    ("psl", &["src/services/doctor/"]),
    ("tera", &["src/render/"]),
    ("reqwest", &["src/feeds/", "src/oidc/", "src/demo/"]),
    ("jsonwebtoken", &["src/oidc/"]),
    (
        "metrics_exporter_prometheus",
        &["src/metrics.rs", "src/web/metrics.rs"],
    ),
    ("utoipa*", &["src/web/api/", "src/services/output/"]),
];

/// Where transactions that write may begin.
const WRITERS: &[&str] = &["src/services/", "src/store/"];

const MOST_LINES: usize = 400;

/// Reasoned exceptions: a file, a word of the complaint, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

#[test]
fn the_rooms_keep_to_their_arrows() {
    let root = root();
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files).expect("readable source");
    assert!(!files.is_empty(), "no source under {}", root.display());
    files.sort();
    let complaints: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let name = file
                .strip_prefix(&root)
                .unwrap_or(file)
                .display()
                .to_string();
            let text = fs::read_to_string(file).expect("readable source");
            complaints(&name, &text)
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn the_list_of_rooms_is_whole() {
    let text = fs::read_to_string(root().join("src/lib.rs")).expect("readable source");
    let declared: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let ruled: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    let missing: Vec<_> = declared.difference(&ruled).collect();
    assert!(missing.is_empty(), "rooms without a rule: {missing:?}");
}

#[test]
fn the_test_sees_what_it_must() {
    let wrong = |file: &str, text: &str| complaints(file, &format!("//! A room.\n{text}")).len();
    assert_eq!(wrong("src/domain/a.rs", "use crate::store::Tx;"), 1);
    assert_eq!(
        wrong("src/mail/a.rs", "let x = crate::render::dates::f();"),
        1
    );
    assert_eq!(
        wrong("src/web/a.rs", "use crate::{domain, mail::Relay};"),
        1
    );
    assert_eq!(
        wrong(
            "src/web/a.rs",
            "use crate::{\n    domain::{feed, ids},\n    jobs,\n};"
        ),
        1
    );
    assert_eq!(wrong("src/web/a.rs", "use super::super::mail::Relay;"), 1);
    assert_eq!(
        wrong("src/main.rs", "fn main() { paperround::app::run() }"),
        1
    );
    assert_eq!(wrong("src/services/a.rs", "use sqlx::Row;"), 1);
    assert_eq!(wrong("src/services/a.rs", "fn f(r: &sqlx::Error) {}"), 1);
    assert_eq!(wrong("src/services/a.rs", "use apalis_sqlite::X;"), 1);
    assert_eq!(
        wrong("src/web/a.rs", "let tx = deps.store.begin().await?;"),
        1
    );
    assert_eq!(
        wrong(
            "src/web/a.rs",
            "let tx = deps\n    .store\n    .begin()\n    .await?;"
        ),
        1
    );
    assert_eq!(wrong("src/web/a.rs", &"\n".repeat(MOST_LINES)), 1);
    assert_eq!(complaints("src/web/a.rs", "use std::fmt;\n").len(), 1);
    // What only looks like it.
    assert_eq!(
        wrong("src/services/a.rs", "// sqlx::Row would do; crate::web too"),
        0
    );
    assert_eq!(wrong("src/services/a.rs", "let tera = tera_byte;"), 0);
    assert_eq!(wrong("src/web/a.rs", "pub(in crate::web) fn f() {}"), 0);
    assert_eq!(wrong("src/store/a.rs", "$crate::store::Tx::Sqlite(x)"), 0);
}

/// The package, which cargo names when it compiles; a test built without cargo runs inside it.
fn root() -> PathBuf {
    PathBuf::from(option_env!("CARGO_MANIFEST_DIR").unwrap_or("."))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn complaints(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let code = without_comments(text);
    imports(file, &code, &mut found);
    libraries(file, &code, &mut found);
    transactions(file, &code, &mut found);
    let lines = text.lines().count();
    if lines > MOST_LINES {
        found.push(format!(
            "{file}:{lines}: {lines} lines; at most {MOST_LINES} are allowed"
        ));
    }
    if !text.starts_with("//!") {
        found.push(format!(
            "{file}:1: no module comment; a file begins with `//!` and what it is for"
        ));
    }
    found.retain(|complaint| {
        !EXCEPTIONS
            .iter()
            .any(|(name, word, _)| *name == file && complaint.contains(word))
    });
    found
}

fn imports(file: &str, code: &str, found: &mut Vec<String>) {
    let room = room_of(file);
    if room == "lib" {
        return;
    }
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        found.push(format!("{file}:1: no rule for the room {room:?}"));
        return;
    };
    let mut named = Vec::new();
    for start in ["crate::", "paperround::"] {
        for at in places(code, start) {
            // `pub(in crate::web)` is a visibility and `$crate` a macro's own path.
            let is_plain = !code[..at].ends_with("in ") && !code[..at].ends_with('$');
            if is_plain {
                first_names(&code[at + start.len()..], at, &mut named);
            }
        }
    }
    named.extend(climbs(file, code));
    for (at, name) in named {
        let is_room = ROOMS.iter().any(|(known, _)| *known == name);
        if is_room && name != room && !allowed.contains(&name.as_str()) {
            let line = line_of(code, at);
            let mut text = format!("{file}:{line}: {room} names {name}; ");
            let _ = if allowed.is_empty() {
                write!(text, "it may name no other room")
            } else {
                write!(text, "it may name {}", allowed.join(", "))
            };
            found.push(text);
        }
    }
}

/// Chains of `super::` that climb out of their room and name another.
fn climbs(file: &str, code: &str) -> Vec<(usize, String)> {
    let parts: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    // src/web/public/mod is the module web::public, three levels under the crate with itself.
    let depth = parts.len() - 1 - usize::from(parts.last() == Some(&"mod"));
    let mut named = Vec::new();
    let mut from = 0;
    for at in places(code, "super::") {
        if at < from {
            continue;
        }
        let mut end = at;
        let mut steps = 0;
        while code[end..].starts_with("super::") {
            end += "super::".len();
            steps += 1;
        }
        from = end;
        if steps >= depth {
            first_names(&code[end..], at, &mut named);
        }
    }
    named
}

/// The first name of a path, or of each path in a group in braces.
fn first_names(rest: &str, at: usize, named: &mut Vec<(usize, String)>) {
    let name = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(group) = rest.strip_prefix('{') else {
        named.push((at, name(rest)));
        return;
    };
    let (mut depth, mut is_start) = (0, true);
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return,
            '}' => depth -= 1,
            ',' if depth == 0 => is_start = true,
            _ if c.is_whitespace() => {}
            _ => {
                if is_start && depth == 0 {
                    named.push((at, name(&group[i..])));
                }
                is_start = false;
            }
        }
    }
}

fn libraries(file: &str, code: &str, found: &mut Vec<String>) {
    for (library, places_allowed) in LIBRARIES {
        if is_in(file, places_allowed) {
            continue;
        }
        let stem = library.trim_end_matches('*');
        for at in places(code, stem) {
            let rest = code[at + stem.len()..].trim_start_matches(|c: char| {
                library.ends_with('*') && (c.is_alphanumeric() || c == '_')
            });
            let is_used = rest.starts_with("::") || rest.starts_with("!(");
            let is_imported = code[..at].ends_with("use ") && rest.starts_with([';', ' ']);
            if is_used || is_imported {
                let line = line_of(code, at);
                let only = places_allowed.join(", ");
                found.push(format!("{file}:{line}: names {stem}; only {only} may"));
            }
        }
    }
}

fn transactions(file: &str, code: &str, found: &mut Vec<String>) {
    if is_in(file, WRITERS) {
        return;
    }
    for at in places(code, "store") {
        let rest = code[at + "store".len()..].trim_start();
        let begins = rest
            .strip_prefix('.')
            .is_some_and(|call| call.trim_start().starts_with("begin"));
        if begins {
            let line = line_of(code, at);
            let only = WRITERS.join(", ");
            found.push(format!(
                "{file}:{line}: begins a transaction; only {only} may"
            ));
        }
    }
}

/// `src/web/form.rs` is in the room `web`, `src/app.rs` is `app`.
fn room_of(file: &str) -> &str {
    let inner = file.strip_prefix("src/").unwrap_or(file);
    inner
        .split('/')
        .next()
        .unwrap_or(inner)
        .trim_end_matches(".rs")
}

fn is_in(file: &str, allowed: &[&str]) -> bool {
    allowed
        .iter()
        .any(|place| file == *place || (place.ends_with('/') && file.starts_with(place)))
}

/// Where `word` begins a name of its own.
fn places(code: &str, word: &str) -> Vec<usize> {
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(|at| {
            let before = code[..*at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
        .collect()
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// The text without comments on lines of their own or behind code; lines keep their numbers.
fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    for line in text.lines() {
        let trimmed = line.trim_start();
        // `//` behind a blank begins a comment; `https://` does not.
        let kept = if trimmed.starts_with("//") {
            ""
        } else {
            line.split_once(" // ").map_or(line, |(before, _)| before)
        };
        code.push_str(kept);
        code.push('\n');
    }
    code
}
