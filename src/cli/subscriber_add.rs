//! `paperround subscriber add`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::output::Output;
use super::subscriber::agreed;
use super::{Global, context};
use crate::domain::email_address::EmailAddress;
use crate::domain::slug::Slug;
use crate::services::add_reader::{self, AddedState, NewReader};

#[derive(Debug, Args)]
#[command(after_help = "\
A reader who is there already is not changed, and one who has left comes back only by signing up.")]
pub(super) struct Add {
    /// The publication
    publication: String,
    /// The address
    address: EmailAddress,
    /// The reader's name
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// Language of pages and mails, as in de or en-GB
    #[arg(long, default_value = "", hide_default_value = true)]
    language: String,
    /// A topic that the reader wants [default: all]; may be given several times
    #[arg(long = "topic", value_name = "SLUG")]
    topics: Vec<Slug>,
    /// A digest that the reader takes [default: the first]; may be given several times
    #[arg(long = "digest", value_name = "SLUG")]
    digests: Vec<Slug>,
    /// The reader agreed already: no confirmation mail
    #[arg(long, requires = "consent")]
    confirmed: bool,
    /// What they agreed to, kept as evidence
    #[arg(long, value_name = "TEXT", requires = "confirmed")]
    consent: Option<String>,
}

impl Add {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let consent = agreed(self.consent.as_deref())?;
        let deps = context::open(global).await?;
        let publication = context::publication(&deps, &self.publication).await?;
        let new = NewReader {
            email: self.address,
            name: self.name,
            language: self.language,
            topics: self.topics,
            digests: self.digests,
            consent,
            source: "subscriber add".to_owned(),
        };
        let added = add_reader::add(&deps, &publication, &new).await?;
        let address = &new.email;
        let text = match added.state {
            AddedState::Confirmed => format!("{address} is confirmed"),
            AddedState::Pending => format!("{address} gets a confirmation mail"),
            AddedState::Unchanged => format!("{address} is there already; nothing has changed"),
        };
        let shown = json!({
            "email": address, "publication": publication.slug,
            "added": added.is_new, "state": added.state.as_str(),
        });
        out.result(&shown, &text)?;
        if added.state == AddedState::Pending {
            context::warn_without_worker(&deps, out).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
