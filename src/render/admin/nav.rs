//! The navigation: which pages there are, and where.

use serde::Serialize;

use crate::domain::operator::Role;

/// A page's place in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    Today,
    Calendar,
    Issues,
    Readers,
    Digests,
    Alerts,
    Settings,
    Topics,
    Templates,
    Statistics,
    Feeds,
    Imports,
    Publications,
    Relays,
    Suppression,
    SignUpRules,
    Operators,
    Tokens,
    Webhooks,
    ServiceSettings,
    Audit,
    Account,
    /// In no list, as errors and searches.
    Elsewhere,
}

/// A link of the navigation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub section: Section,
    pub word: &'static str,
    pub url: String,
}

/// Links under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Empty for the first.
    pub name: String,
    pub entries: Vec<Entry>,
}

/// Under which heading a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    /// Under the name of the publication at hand; the path is one of its own.
    Publication,
    Service,
}

struct Line {
    place: Place,
    section: Section,
    word: &'static str,
    /// Behind `/admin`, or behind `/admin/p/{publication}`.
    path: &'static str,
    /// Who sees it.
    role: Role,
}

const fn line(
    place: Place,
    section: Section,
    word: &'static str,
    path: &'static str,
    role: Role,
) -> Line {
    Line {
        place,
        section,
        word,
        path,
        role,
    }
}

/// All pages of the navigation, in their order.
const LINES: &[Line] = &[
    line(Place::Top, Section::Today, "Today", "", Role::Viewer),
    line(
        Place::Top,
        Section::Alerts,
        "Alerts",
        "/alerts",
        Role::Viewer,
    ),
    line(
        Place::Top,
        Section::Calendar,
        "Calendar",
        "/calendar",
        Role::Viewer,
    ),
    line(
        Place::Top,
        Section::Issues,
        "Issues",
        "/issues",
        Role::Viewer,
    ),
    line(
        Place::Top,
        Section::Readers,
        "Readers",
        "/readers",
        Role::Viewer,
    ),
    line(
        Place::Publication,
        Section::Digests,
        "Digests",
        "/digests",
        Role::Viewer,
    ),
    line(
        Place::Publication,
        Section::Feeds,
        "Feeds",
        "/feeds",
        Role::Viewer,
    ),
    line(
        Place::Publication,
        Section::Topics,
        "Topics",
        "/topics",
        Role::Viewer,
    ),
    line(
        Place::Publication,
        Section::Templates,
        "Templates",
        "/templates",
        Role::Viewer,
    ),
    line(
        Place::Publication,
        Section::Statistics,
        "Statistics",
        "/statistics",
        Role::Viewer,
    ),
    line(
        Place::Publication,
        Section::Imports,
        "Imports",
        "/imports",
        Role::Viewer,
    ),
    line(
        Place::Publication,
        Section::Settings,
        "Settings",
        "",
        Role::Viewer,
    ),
    line(
        Place::Service,
        Section::Publications,
        "Publications",
        "/publications",
        Role::Viewer,
    ),
    line(
        Place::Service,
        Section::Suppression,
        "Suppression",
        "/suppression",
        Role::Viewer,
    ),
    line(
        Place::Service,
        Section::SignUpRules,
        "Sign-up rules",
        "/sign-up-rules",
        Role::Viewer,
    ),
    line(
        Place::Service,
        Section::Relays,
        "Relays",
        "/relays",
        Role::Viewer,
    ),
    line(
        Place::Service,
        Section::Operators,
        "Operators",
        "/operators",
        Role::Owner,
    ),
    line(
        Place::Service,
        Section::Tokens,
        "API tokens",
        "/tokens",
        Role::Owner,
    ),
    line(
        Place::Service,
        Section::Webhooks,
        "Webhooks",
        "/webhooks",
        Role::Owner,
    ),
    line(
        Place::Service,
        Section::ServiceSettings,
        "Service settings",
        "/settings",
        Role::Owner,
    ),
    line(
        Place::Service,
        Section::Audit,
        "Audit log",
        "/audit",
        Role::Viewer,
    ),
    line(
        Place::Service,
        Section::Account,
        "My account",
        "/account",
        Role::Viewer,
    ),
];

/// The page of a publication that a section is, to stay there with another publication; it is behind
/// `/admin/p/{publication}`.
pub fn publication_page(section: Section) -> Option<&'static str> {
    let mut lines = LINES.iter();
    let line = lines.find(|l| l.section == section && l.place == Place::Publication);
    line.map(|line| if line.path.is_empty() { "/" } else { line.path })
}

/// Whether a path behind `/admin/p/{publication}` is one of the navigation.
pub fn is_publication_page(path: &str) -> bool {
    let mut lines = LINES.iter();
    lines.any(|l| l.place == Place::Publication && l.path == path.trim_end_matches('/'))
}

/// The navigation of who has a role, with the pages of a publication where there is one.
pub fn groups(role: Role, publication: Option<(&str, &str)>) -> Vec<Group> {
    let group = |place: Place, name: &str, base: &str| {
        let lines = LINES
            .iter()
            .filter(|l| l.place == place && role.covers(l.role));
        let entries = lines.map(|line| Entry {
            section: line.section,
            word: line.word,
            url: format!("{base}{}", line.path),
        });
        Group {
            name: name.to_owned(),
            entries: entries.collect(),
        }
    };
    let mut groups = vec![group(Place::Top, "", "/admin")];
    if let Some((slug, name)) = publication {
        groups.push(group(Place::Publication, name, &format!("/admin/p/{slug}")));
    }
    groups.push(group(Place::Service, "Service", "/admin"));
    groups.retain(|group| !group.entries.is_empty());
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_is_not_led_to_what_they_may_not_see() {
        let words = |role| -> Vec<&str> {
            let groups = groups(role, None).into_iter();
            groups.flat_map(|g| g.entries).map(|e| e.word).collect()
        };
        assert!(words(Role::Owner).contains(&"Operators"));
        assert!(!words(Role::Viewer).contains(&"Operators"));
        assert_eq!(words(Role::Viewer)[0], "Today");
    }
}
