//! `paperround subscriber add`

use std::io::Cursor;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::output::Output;
use super::subscriber::agreed;
use super::{Global, context};
use crate::domain::email_address::EmailAddress;
use crate::domain::slug::Slug;
use crate::services::import::{self, Counts, Options};
use crate::services::table::write_row;

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
        let options = Options {
            consent,
            dry_run: false,
            source: "subscriber add".to_owned(),
            rejected: None,
        };
        let mut rejected = None;
        let table = Box::new(Cursor::new(self.table()));
        let counts = import::import(&deps, &publication, &options, table, |now| {
            if let import::Progress::Rejected { reason, .. } = now {
                rejected = Some(reason.to_owned());
            }
        })
        .await?;
        if let Some(reason) = rejected {
            bail!("{}: {reason}", self.address);
        }
        let (state, text) = outcome(&self.address, &counts)?;
        let shown = json!({
            "email": self.address, "publication": publication.slug, "added": counts.added > 0,
            "state": state,
        });
        out.result(&shown, &text)?;
        if counts.pending > 0 {
            context::warn_without_worker(&deps, out).await?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The reader as a table of one row.
    fn table(&self) -> Vec<u8> {
        let joined = |slugs: &[Slug]| {
            let slugs: Vec<&str> = slugs.iter().map(Slug::as_str).collect();
            slugs.join(";")
        };
        let (topics, digests) = (joined(&self.topics), joined(&self.digests));
        let fields = [
            ("email", self.address.as_str()),
            ("name", &self.name),
            ("language", &self.language),
            ("topics", &topics),
            ("digests", &digests),
        ];
        let mut table = Vec::new();
        write_row(&mut table, &fields.map(|(name, _)| name.as_bytes()), b',');
        write_row(&mut table, &fields.map(|(_, value)| value.as_bytes()), b',');
        table
    }
}

/// What became of the reader, in a word and in a sentence.
fn outcome(address: &EmailAddress, counts: &Counts) -> Result<(&'static str, String)> {
    if counts.suppressed > 0 {
        bail!(
            "{address} is suppressed and gets no mail; `paperround suppression remove` takes that back"
        );
    }
    if counts.unsubscribed > 0 {
        bail!("{address} has left; only they themselves can come back, by signing up");
    }
    Ok(if counts.confirmed > 0 {
        ("confirmed", format!("{address} is confirmed"))
    } else if counts.pending > 0 {
        ("pending", format!("{address} gets a confirmation mail"))
    } else {
        let text = format!("{address} is there already; nothing has changed");
        ("unchanged", text)
    })
}
