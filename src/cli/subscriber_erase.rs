//! `paperround subscriber export` and `erase`: what readers may ask of the operator.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::confirm::Confirm;
use super::output::Output;
use super::{Global, context};
use crate::domain::email_address::EmailAddress;
use crate::services::{Deps, erase, export_reader};

#[derive(Debug, Args)]
#[command(after_help = "\
Subscriptions, choices, evidence of consent and history go, at once and for good. Issues keep their
counts. The readers themselves can come back by signing up and confirming; `suppression remove` lets
an import bring them back.")]
pub(super) struct Erase {
    /// The address
    address: EmailAddress,
    #[command(flatten)]
    confirm: Confirm,
}

impl Erase {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = context::open(global).await?;
        let address = &self.address;
        let question = format!("Erase everything about {address} for good?");
        self.confirm.ask(&question)?;
        let was_there = erase::by_operator(&deps, &self.address).await?;
        let shown = json!({ "erased": was_there, "suppressed": true });
        let text = if was_there {
            "erased; a hash of the address stays, so that no import brings it back"
        } else {
            "nobody has signed up with this address; a hash of it is kept, so that no import brings it"
        };
        out.result(&shown, text)?;
        Ok(ExitCode::SUCCESS)
    }
}

pub(super) async fn export(deps: &Deps, address: &EmailAddress, out: &Output) -> Result<()> {
    let Some(document) = export_reader::export(deps, address).await? else {
        bail!("nobody has signed up with {address}");
    };
    if out.is_json() {
        out.line(&document.to_string())
    } else {
        out.line(&format!("{document:#}"))
    }
}
