//! The files say the same in every language, and all that is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;

/// The messages of a file, each with the variables that it names.
fn messages(file: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut key = String::new();
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" =")
            && !line.starts_with(' ')
        {
            key = name.to_owned();
            let twice = found.insert(key.clone(), BTreeSet::new());
            assert!(twice.is_none(), "{key} stands there twice");
        }
        let variables = line.split('$').skip(1).map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            rest[..end.unwrap_or(rest.len())].to_owned()
        });
        found.entry(key.clone()).or_default().extend(variables);
    }
    found.remove("");
    found
}

/// All files under a folder, with their contents.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path
            .extension()
            .is_some_and(|e| e == "rs" || e == "html" || e == "txt")
        {
            let name = path.display().to_string();
            if !name.ends_with("tests.rs") {
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
}

fn all_sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    sources(&root.join("src"), &mut found);
    sources(&root.join("email-templates"), &mut found);
    found
}

/// The quoted text that follows each `opening`.
fn quoted_after<'a>(source: &'a str, opening: &str) -> Vec<&'a str> {
    let quoted = source.split(opening).skip(1).filter_map(|rest| {
        let (before, rest) = rest.split_once('"')?;
        (before.len() < 80 && !before.contains(';')).then_some(rest.split('"').next()?)
    });
    quoted.collect()
}

#[test]
fn every_language_has_the_same_texts_with_the_same_variables() {
    let standard = messages(FILES[0].1);
    assert!(standard.len() > 20);
    for (tag, file) in &FILES[1..] {
        let found = messages(file);
        for (key, variables) in &standard {
            assert_eq!(found.get(key), Some(variables), "{tag}: {key}");
        }
        let more: Vec<&String> = found
            .keys()
            .filter(|k| !standard.contains_key(*k))
            .collect();
        assert!(more.is_empty(), "{tag} has what English lacks: {more:?}");
    }
}

#[test]
fn every_text_that_is_asked_for_is_there_and_every_other_is_gone() {
    let standard = messages(FILES[0].1);
    let sources = all_sources();
    for (name, source) in &sources {
        let asked = quoted_after(source, "t(key=")
            .into_iter()
            .chain(quoted_after(source, "texts().say("));
        for key in asked {
            assert!(standard.contains_key(key), "{name} asks for {key}");
        }
    }
    for key in standard.keys() {
        let quoted = format!("\"{key}\"");
        let used = sources.iter().any(|(_, source)| source.contains(&quoted));
        assert!(used, "nobody says {key}");
    }
}

/// The lines of a file that readers see.
fn said(file: &str) -> impl Iterator<Item = &str> {
    let lines = file.lines().filter(|l| !l.starts_with('#'));
    lines.map(|l| l.split_once(" = ").map_or(l, |(_, text)| text))
}

#[test]
fn french_marks_do_not_begin_a_line() {
    let (_, file) = FILES.iter().find(|(tag, _)| *tag == "fr").unwrap();
    for line in said(file) {
        for (at, mark) in line.char_indices() {
            let before = line[..at].chars().next_back();
            let expected = match mark {
                '?' | '!' | ';' => '\u{202f}',
                ':' | '»' => '\u{a0}',
                '\'' => panic!("a typewriter's apostrophe: {line}"),
                _ => continue,
            };
            assert_eq!(before, Some(expected), "{line}");
        }
        for after in line.split('«').skip(1) {
            assert!(after.starts_with('\u{a0}'), "{line}");
        }
    }
}

#[test]
fn no_text_has_a_typewriters_marks() {
    for (tag, file) in FILES {
        for line in said(file) {
            let wrong = ["\"", " - ", "...", "  {"]
                .iter()
                .find(|m| line.contains(**m));
            assert!(
                wrong.is_none() || line.trim() == "}",
                "{tag}: {wrong:?} in {line}"
            );
        }
    }
}

#[test]
fn a_wish_is_met_by_its_language_or_the_next_or_english() {
    let texts = Texts::new().unwrap();
    assert_eq!(texts.best(["de-AT"]), "de");
    assert_eq!(texts.best(["pt", "FR_ca", "de"]), "fr");
    assert_eq!(texts.best(["pt", "", "*"]), "en");
    assert!(texts.speaks("it-CH") && !texts.speaks("pt"));
}

#[test]
fn plurals_are_those_of_the_language() {
    let texts = Texts::new().unwrap();
    let lives = |language, days: i64| {
        texts.say(language, "confirm-mail-lifetime", &[("days", days.into())])
    };
    assert_eq!(lives("en", 1), "The link works for 1 day.");
    assert_eq!(lives("en", 0), "The link works for 0 days.");
    assert_eq!(lives("fr", 0), "Le lien est valable 0 jour.");
    assert_eq!(lives("it", 7), "Il link è valido per 7 giorni.");
    assert_eq!(lives("de-AT", 1), "Der Link gilt 1 Tag lang.");
}

#[test]
fn what_a_language_lacks_is_said_in_english() {
    let mut texts = Texts::new().unwrap();
    texts.add("ar", "all-topics = كل المواضيع\n").unwrap();
    assert_eq!(texts.say("ar", "all-topics", &[]), "كل المواضيع");
    assert_eq!(texts.say("ar", "confirm-mail-button", &[]), "Confirm");
}

fn rendered(template: &str, name: &str) -> Result<String, tera::Error> {
    let mut tera = Tera::new();
    tera.autoescape_on(vec![".html"]);
    register(&mut tera, Arc::new(Texts::new().unwrap()));
    tera.add_raw_template(name, template)?;
    let mut context = tera::Context::new();
    context.insert("publication", &serde_json::json!({ "language": "it" }));
    context.insert("name", "<b>\u{2068}&");
    tera.render(name, &context)
}

#[test]
fn templates_say_texts_and_escape_their_values() {
    let asked = r#"{{ t(key="confirm-mail-subject", publication=name) }}"#;
    let text = "Confermi la Sua iscrizione: <b>\u{2068}&";
    assert_eq!(rendered(asked, "a.txt").unwrap(), text);
    let html = "Confermi la Sua iscrizione: &lt;b&gt;\u{2068}&amp;";
    assert_eq!(rendered(asked, "a.html").unwrap(), html);
    let german = r#"{{ t(key="all-topics", lang="de-CH") }}"#;
    assert_eq!(rendered(german, "a.txt").unwrap(), "Alle Themen");
}

#[test]
fn a_wrong_key_or_a_missing_value_is_an_error_and_not_a_hole() {
    let wrong = |template| format!("{:?}", rendered(template, "a.txt").unwrap_err());
    assert!(wrong(r#"{{ t(key="no-such") }}"#).contains("there is no text no-such"));
    assert!(wrong(r#"{{ t(key="confirm-mail-subject") }}"#).contains("publication"));
    assert!(wrong(r#"{{ t(key="all-topics", n=1.5) }}"#).contains("whole numbers"));
}
