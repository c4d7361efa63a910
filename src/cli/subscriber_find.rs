//! `paperround subscriber find`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::output::{Output, Row};
use super::{Global, context};
use crate::store::subscribers::{self, Found, Search};

#[derive(Debug, Args)]
#[command(after_help = "\
ann finds addresses that begin with ann, @example.org those of the domain. Where more match than
--limit, the last line says how to go on.")]
pub(super) struct Find {
    /// The beginning of an address, or @ and a domain; several are looked for one after the other
    #[arg(required = true)]
    texts: Vec<String>,
    /// Readers of this publication only
    #[arg(long, value_name = "SLUG")]
    publication: Option<String>,
    /// Readers for each text
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Go on behind this address
    #[arg(
        long,
        value_name = "EMAIL",
        default_value = "",
        hide_default_value = true
    )]
    after: String,
}

impl Find {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        if self.texts.iter().any(|text| text.trim().is_empty()) {
            bail!("give the beginning of an address, or @ and a domain");
        }
        let deps = context::open(global).await?;
        let publication = match &self.publication {
            Some(slug) => Some(context::publication(&deps, slug).await?.id),
            None => None,
        };
        let mut rows = Vec::new();
        let mut more = None;
        let mut tx = deps.store.read().await?;
        for text in &self.texts {
            let search = Search {
                text: &text.trim().to_lowercase(),
                publication,
                after: &self.after.to_lowercase(),
                limit: i64::from(self.limit),
            };
            let found = subscribers::search(&mut tx, &search).await?;
            let readers: Vec<&[Found]> = found.chunk_by(|a, b| a.email == b.email).collect();
            if readers.len() == self.limit as usize {
                more = found.last().map(|last| last.email.clone());
            }
            rows.extend(readers.into_iter().map(row));
        }
        out.list(
            &["address", "name", "subscriptions", "suppressed"],
            &rows,
            "no reader matches",
        )?;
        if let Some(last) = more {
            out.remark(&format!("There may be more: go on with --after {last}"));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// One reader with all places.
fn row(places: &[Found]) -> Row {
    let Some(reader) = places.first() else {
        return Row {
            json: json!({}),
            cells: Vec::new(),
        };
    };
    let known = places
        .iter()
        .filter_map(|p| p.publication.as_ref().zip(p.state.as_ref()));
    let as_json: Vec<_> = known
        .clone()
        .map(|(slug, state)| json!({ "publication": slug, "state": state }))
        .collect();
    let told: Vec<String> = known
        .map(|(slug, state)| format!("{slug}: {state}"))
        .collect();
    let suppressed = reader.suppressed_at;
    Row {
        json: json!({
            "email": reader.email, "name": reader.name, "suppressed_at": suppressed,
            "subscriptions": as_json,
        }),
        cells: vec![
            reader.email.clone(),
            reader.name.clone().unwrap_or_default(),
            told.join(", "),
            suppressed.map_or(String::new(), |at| at.format("%F").to_string()),
        ],
    }
}
