//! `paperround dkim`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Global;
use super::output::Output;
use crate::app;
use crate::config::{self, dkim::domain_name, dkim::is_selector, init::write_new};
use crate::services::sign_mail::{self, Algorithm, KeyRecord};

#[derive(Debug, Subcommand)]
pub(super) enum Dkim {
    /// Make a key; print the DNS record and the settings that go with it
    Generate(Generate),
    /// Print the DNS records of the keys in the settings
    Show,
}

#[derive(Debug, Args)]
pub(super) struct Generate {
    /// The domain of the sender's address, or a parent of it
    #[arg(value_parser = domain_name)]
    domain: String,
    /// The key's name [default: s1, or ed1 for Ed25519]
    #[arg(long, value_parser = selector)]
    selector: Option<String>,
    /// Every mailbox provider takes RSA; Ed25519 may stand beside it
    #[arg(long, value_enum, default_value_t = Kind::RsaSha256)]
    algorithm: Kind,
    /// The size of an RSA key [default: 2048]
    #[arg(long, value_parser = bits)]
    bits: Option<u32>,
    /// The key's file; an existing one is never replaced [default: dkim-DOMAIN-SELECTOR.pem]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    #[value(name = "rsa-sha256")]
    RsaSha256,
    #[value(name = "ed25519-sha256")]
    Ed25519Sha256,
}

impl Dkim {
    pub(super) fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        match self {
            Self::Generate(command) => command.run(out)?,
            Self::Show => show(global, out)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Generate {
    fn run(self, out: &Output) -> Result<()> {
        let (algorithm, usual) = match self.algorithm {
            Kind::RsaSha256 => (Algorithm::RsaSha256, "s1"),
            Kind::Ed25519Sha256 => (Algorithm::Ed25519Sha256, "ed1"),
        };
        if self.bits.is_some() && algorithm == Algorithm::Ed25519Sha256 {
            anyhow::bail!("--bits is for RSA; an Ed25519 key has one size");
        }
        let selector = self.selector.unwrap_or_else(|| usual.to_owned());
        let file = self
            .out
            .unwrap_or_else(|| PathBuf::from(format!("dkim-{}-{selector}.pem", self.domain)));
        let bits = self.bits.unwrap_or(2048);
        let new = sign_mail::generate(&self.domain, &selector, algorithm, bits)
            .map_err(|text| anyhow!(text))?;
        write_new(&file, &new.pem, true).with_context(|| {
            format!(
                "cannot write {} (an existing file is never replaced)",
                file.display()
            )
        })?;
        let block = settings(&new.record, &file);
        let mut json = as_json(&new.record);
        json["private_key_file"] = json!(file);
        json["config"] = json!(block);
        let text = format!(
            "{} is written: the private key. Nobody else may have it.\n\n{}\n\n\
             Settings:\n\n{block}",
            file.display(),
            as_text(&new.record),
        );
        out.result(&json, &text)
    }
}

fn show(global: &Global, out: &Output) -> Result<()> {
    let settings = config::load(global.config.as_deref())?;
    let records = app::dkim_keys(&settings)?.records();
    if records.is_empty() {
        out.remark("no [[dkim]] entry has a key; `paperround dkim generate DOMAIN` makes one");
    }
    for (i, record) in records.iter().enumerate() {
        let gap = if i == 0 { "" } else { "\n" };
        let text = format!("{gap}{}", as_text(record));
        out.result(&as_json(record), &text)?;
    }
    Ok(())
}

fn as_text(record: &KeyRecord) -> String {
    format!(
        "TXT record {}:\n\n{}\n\nThe same for a zone file:\n\n{}",
        record.name(),
        record.value(),
        record.zone_line()
    )
}

fn as_json(record: &KeyRecord) -> Value {
    json!({
        "domain": record.domain,
        "selector": record.selector,
        "algorithm": record.algorithm.name(),
        "record": {
            "name": record.name(),
            "type": "TXT",
            "value": record.value(),
            "strings": record.strings(),
            "zone_line": record.zone_line(),
        },
    })
}

/// The block for the settings file.
fn settings(record: &KeyRecord, file: &Path) -> String {
    // A JSON string is a TOML string.
    let file = json!(file.display().to_string());
    format!(
        "[[dkim]]\ndomain = \"{}\"\nselector = \"{}\"\nalgorithm = \"{}\"\nprivate_key_file = {file}",
        record.domain, record.selector, record.algorithm
    )
}

fn selector(text: &str) -> Result<String, String> {
    let wrong = || "letters, digits and hyphens, in parts joined by dots".to_owned();
    is_selector(text).then(|| text.to_owned()).ok_or_else(wrong)
}

fn bits(text: &str) -> Result<u32, String> {
    match text {
        "2048" | "3072" | "4096" => text.parse().map_err(|_| text.to_owned()),
        _ => Err("2048, 3072 or 4096".to_owned()),
    }
}
