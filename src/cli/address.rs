//! `paperround address`

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::article::read_input;
use super::output::Output;
use crate::domain::email_address::EmailAddress;

#[derive(Debug, Subcommand)]
pub(super) enum Address {
    /// Say of each address, one a line, whether the sign-up form takes it (syntax only)
    Check {
        /// A file, or - for standard input
        #[arg(default_value = "-")]
        file: String,
    },
}

impl Address {
    pub(super) fn run(self, out: &Output) -> Result<ExitCode> {
        let Self::Check { file } = self;
        let bytes = read_input(&file)?;
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        for line in bytes.split(|byte| *byte == b'\n') {
            let input = String::from_utf8_lossy(line);
            let (normalized, reason) = match input.parse::<EmailAddress>() {
                Ok(address) => (Some(address.to_string()), None),
                Err(error) => (None, Some(error.to_string())),
            };
            let row = json!({
                "input": input, "valid": normalized.is_some(), "normalized": normalized, "reason": reason,
            });
            out.line(&row.to_string())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
