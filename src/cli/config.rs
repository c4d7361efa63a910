//! `paperround config`

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Value, json};

use super::Global;
use super::output::Output;
use crate::{app, config};

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Check the settings
    Check,
    /// Print the settings in force; passwords and keys are left out
    Show,
}

impl Config {
    pub(super) fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let settings = config::load(global.config.as_deref())?;
        match self {
            Self::Check => {
                let dkim = app::dkim_keys(&settings)?;
                for warning in dkim.warnings() {
                    out.remark(&format!("warning: {warning}"));
                }
                let json = json!({ "valid": true, "warnings": dkim.warnings() });
                out.result(&json, "the settings are valid")?;
            }
            Self::Show => {
                let shown = settings.redacted();
                out.result(&shown, &as_lines("", &shown).join("\n"))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// `section.key = value`, one a line.
fn as_lines(path: &str, value: &Value) -> Vec<String> {
    let join = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| as_lines(&join(key), value))
            .collect(),
        Value::Array(list) if list.iter().any(Value::is_object) => list
            .iter()
            .enumerate()
            .flat_map(|(i, value)| as_lines(&format!("{path}[{i}]"), value))
            .collect(),
        other => vec![format!("{path} = {other}")],
    }
}
