//! What stands on other people's pages: the form in a frame, and the script that lets a form
//! answer in place.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, json};

use super::contexts::PublicationView;
use super::pages::{GuardFields, Meant, Page, source_hash};
use super::{RenderError, Renderer};
use crate::domain::look::{Colour, Direction};
use crate::domain::palette::{Palette, Shade};

/// The style of a frame, but for its colours.
pub const FRAME_CSS: &str = include_str!("../web/assets/frame.css");

/// The script, with a place for what it is told of its publication.
const SCRIPT: &str = include_str!("../web/assets/embed.js");
const PLACE: &str = "SITE";

/// The most bytes of the script; topics beyond it are not named.
const MOST_BYTES: usize = 5000;

/// What a frame shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameState {
    Form,
    /// After the form, whether or not the address was known.
    CheckInbox,
}

/// `GET /embed/{pub}`, and the answers to its form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FramePage {
    pub publication: PublicationView,
    pub state: FrameState,
    /// The address of this frame with all that its site asks for.
    pub frame_url: String,
    /// The colours as a style, from [`colours`].
    pub colours: String,
    /// What the form sends: slugs of the chosen topics.
    pub topics: Vec<String>,
    /// Their names.
    pub topic_names: Vec<String>,
    /// As typed.
    pub email: String,
    pub email_error: Option<String>,
    pub form_error: Option<String>,
    pub guard: GuardFields,
    /// Mails go out at the reader's local time.
    pub asks_zone: bool,
    pub consent_text: String,
    pub source: Option<String>,
    /// Where the address looks like a slip.
    pub meant: Option<Meant>,
}

impl Page for FramePage {
    const TEMPLATE: &'static str = "frame.html";
}

/// A way to put a form into a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbedKind {
    Form,
    Place,
    Frame,
}

/// HTML for other people's pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmbedCode {
    pub kind: EmbedKind,
    /// The publication's.
    pub name: String,
    pub slug: String,
    pub language: String,
    /// The sign-up page, without a closing slash.
    pub home_url: String,
    /// The same with the topics chosen.
    pub page_url: String,
    pub frame_url: String,
    pub script_url: String,
    /// Slugs.
    pub topics: Vec<String>,
    pub topic_names: Vec<String>,
    pub consent_text: String,
    /// Mails go out at the reader's local time.
    pub asks_zone: bool,
    pub privacy_url: Option<String>,
}

impl Page for EmbedCode {
    const TEMPLATE: &'static str = "embed_code.html";
}

/// The colours of a frame as a style.
pub fn colours(palette: Palette) -> String {
    match (palette.light, palette.dark) {
        (Some(light), Some(dark)) => format!(
            ":root{{color-scheme:light dark;{}}}@media(prefers-color-scheme:dark){{:root{{{}}}}}",
            shade(light),
            shade(dark)
        ),
        (Some(light), None) => format!(":root{{color-scheme:light;{}}}", shade(light)),
        (None, Some(dark)) => format!(":root{{color-scheme:dark;{}}}", shade(dark)),
        (None, None) => String::new(),
    }
}

fn shade(shade: Shade) -> String {
    let mut style = String::new();
    for (name, colour) in [
        ("paper", shade.paper),
        ("ink", shade.ink),
        ("accent", shade.accent),
        ("on-accent", shade.on_accent),
        ("edge", shade.edge),
        ("bad", shade.bad),
    ] {
        let _ = write!(style, "--{name}:{colour};");
    }
    style
}

/// The source expressions for `style-src` that allow a frame's style.
pub fn frame_hashes(colours: &str) -> String {
    format!("{} {}", source_hash(FRAME_CSS), source_hash(colours))
}

/// What the script is told of its publication.
#[derive(Debug, Clone)]
pub struct EmbedScript<'a> {
    /// The sign-up page, without a closing slash.
    pub home_url: &'a str,
    pub slug: &'a str,
    pub accent: Colour,
    /// The language of its texts.
    pub language: &'a str,
    /// Slugs and names.
    pub topics: Vec<(&'a str, &'a str)>,
    pub privacy_url: Option<&'a str>,
    pub consent_text: &'a str,
    pub asks_zone: bool,
}

impl Renderer {
    /// The script of a publication, below the most bytes that it may have.
    pub fn embed_script(&self, about: &EmbedScript<'_>) -> Result<String, RenderError> {
        let say = |key: &str| self.texts().say(about.language, key, &[]);
        let about_topics = [("topics", "{}".into())];
        let meant = [("address", "{}".into())];
        let consent = if about.asks_zone {
            format!("{} {}", about.consent_text, say("sign-up-zone"))
        } else {
            about.consent_text.to_owned()
        };
        let mut site = json!({
            "url": about.home_url,
            "slug": about.slug,
            "accent": about.accent,
            "lang": about.language,
            "dir": Direction::of(about.language),
            "zone": about.asks_zone,
            "privacy": about.privacy_url,
            "texts": {
                "title": say("sign-up-heading"),
                "about": self.texts().say(about.language, "embed-about", &about_topics),
                "email": say("sign-up-email"),
                "button": say("sign-up-button"),
                "consent": consent,
                "privacy": say("sign-up-privacy"),
                "wait": say("embed-wait"),
                "offline": say("embed-offline"),
                "meant": self.texts().say(about.language, "embed-meant", &meant),
            },
        });
        let code = bare(SCRIPT);
        let size = code.len() + site.to_string().len();
        site["topics"] = topics(&about.topics, MOST_BYTES.saturating_sub(size + 20)).into();
        Ok(code.replacen(PLACE, &site.to_string(), 1))
    }
}

/// As many topics as fit into so many bytes.
fn topics(all: &[(&str, &str)], most: usize) -> Map<String, serde_json::Value> {
    let mut kept = Map::new();
    let mut size = 0;
    for (slug, name) in all {
        size += json!({ *slug: name }).to_string().len();
        if size > most {
            break;
        }
        kept.insert((*slug).to_owned(), (*name).into());
    }
    kept
}

/// The script without comments, which have a line of their own, and without the blanks that stand
/// beside punctuation outside of texts.
fn bare(script: &str) -> String {
    const MARKS: &str = "=(){}[],:;?|&<>!+\n";
    let lines = script.lines().map(str::trim);
    let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    let mut bare = String::with_capacity(code.len());
    let mut quote = None;
    let mut rest = code.chars().peekable();
    while let Some(character) = rest.next() {
        let before = bare.chars().next_back().unwrap_or('\n');
        let after = rest.peek().copied().unwrap_or('\n');
        let is_spare = match character {
            ' ' => MARKS.contains(before) || MARKS.contains(after),
            '\n' => "{,;(".contains(before),
            _ => false,
        };
        match quote {
            Some(end) if character == end => quote = None,
            None if matches!(character, '"' | '`') => quote = Some(character),
            None if is_spare => continue,
            _ => {}
        }
        bare.push(character);
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::page_samples::TOPICS;

    fn script(language: &str, name: &str, topics: usize) -> String {
        let renderer = Renderer::new().unwrap();
        let values = [("sender", name.into()), ("publication", name.into())];
        let consent = renderer.texts().say(language, "sign-up-consent", &values);
        let names: Vec<(String, String)> = (0..topics)
            .map(|n| {
                (
                    format!("topic-{n}"),
                    format!("Topic number {n} of a great many"),
                )
            })
            .collect();
        let topics = names
            .iter()
            .map(|(slug, name)| (slug.as_str(), name.as_str()));
        let about = EmbedScript {
            home_url: "https://newsletters.harbourledger.example/morning-briefing",
            slug: "morning-briefing",
            accent: Colour::ACCENT,
            language,
            topics: TOPICS.into_iter().chain(topics).collect(),
            privacy_url: Some("https://www.harbourledger.example/about/privacy"),
            consent_text: &consent,
            asks_zone: true,
        };
        renderer.embed_script(&about).unwrap()
    }

    #[test]
    fn the_script_is_below_its_limit_in_every_language() {
        for language in ["en", "de", "fr", "it", "es"] {
            for topics in [0, 500] {
                let script = script(language, "The Harbour Ledger", topics);
                assert!(script.len() < MOST_BYTES, "{language}: {}", script.len());
                assert!(script.contains("\"energy\":\"Energy\""), "{language}");
            }
        }
    }

    #[test]
    fn only_blanks_that_mean_nothing_are_taken_out() {
        let code = "// a comment\nconst a = b ? `c : ${d} ` : \"e, f\";\n  if (a) {\n    g(a, \"\");\n  }\nelse return h;\n";
        assert_eq!(
            bare(code),
            "const a=b?`c : ${d} `:\"e, f\";if(a){g(a,\"\");}\nelse return h;"
        );
    }

    #[test]
    fn a_name_cannot_end_the_script_early() {
        let script = script("en", "\"});alert(1);({\"</script>", 0);
        assert!(script.contains("\\\"});alert(1);({\\\""));
        let (_, site) = script.rsplit_once("})(").unwrap();
        let site: serde_json::Value =
            serde_json::from_str(site.trim_end().trim_end_matches(");")).unwrap();
        assert_eq!(site["slug"], "morning-briefing");
    }
}
