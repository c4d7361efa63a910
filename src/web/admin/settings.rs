//! The settings in force, to read: they are changed in the file.

use axum::extract::State;
use axum::response::Response;
use serde_json::Value;

use super::error::AdminError;
use super::signed_in::{Manages, SignedIn};
use crate::render::admin::nav::Section;
use crate::render::admin::settings::{SettingRow, SettingsPage, SettingsSection};
use crate::web::Web;

/// `GET /admin/settings`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Manages>,
) -> Result<Response, AdminError> {
    let framing = me
        .frame(Section::ServiceSettings, "Service settings")
        .await?;
    let plan = me.deps.plans.current();
    let page = SettingsPage {
        frame: framing.frame,
        version: env!("CARGO_PKG_VERSION"),
        sections: sections(&plan.settings),
    };
    me.page(&web, &page)
}

/// A table for each section; of one that may be given several times, one for each time.
fn sections(settings: &Value) -> Vec<SettingsSection> {
    let mut sections = Vec::new();
    for (name, value) in settings.as_object().into_iter().flatten() {
        match value {
            Value::Array(list) => {
                let each = list.iter().enumerate();
                sections.extend(each.map(|(i, one)| section(&format!("{name} {}", i + 1), one)));
            }
            one => sections.push(section(name, one)),
        }
    }
    sections.retain(|section| !section.rows.is_empty());
    sections
}

fn section(name: &str, value: &Value) -> SettingsSection {
    let pairs = value.as_object().into_iter().flatten();
    let row = |(key, value): (&String, &Value)| SettingRow {
        key: key.clone(),
        value: in_words(value),
    };
    SettingsSection {
        name: name.to_owned(),
        rows: pairs.map(row).collect(),
    }
}

/// As in the file; what is not set is empty.
fn in_words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let words: Vec<String> = list.iter().map(in_words).collect();
            words.join(", ")
        }
        Value::Object(pairs) => {
            let pair = |(key, value): (&String, &Value)| format!("{key} = {}", in_words(value));
            let words: Vec<String> = pairs.iter().map(pair).collect();
            words.join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_section_has_its_rows() {
        let settings = json!({
            "http": { "listen": "127.0.0.1:1", "trusted_proxies": ["10.0.0.0/8", "::1"] },
            "relay": [{ "name": "a", "weight": 1 }, { "name": "b", "warm_up": { "days": 3 } }],
            "dkim": [],
        });
        let found = sections(&settings);
        let named: Vec<&str> = found.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(named, ["http", "relay 1", "relay 2"]);
        assert_eq!(found[0].rows[1].value, "10.0.0.0/8, ::1");
        assert_eq!(found[2].rows[1].value, "days = 3");
    }
}
