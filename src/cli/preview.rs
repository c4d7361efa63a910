//! `digest preview`, `digest test` and `issue preview`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::context;
use super::output::Output;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::IssueId;
use crate::services::preview_digest::{self, Eyes, Preview as Made};
use crate::services::{Deps, test_digest};

/// In which form a mail is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Html,
    Text,
    /// The whole message, for a mail program
    Eml,
}

/// How and as whom.
#[derive(Debug, Args)]
struct View {
    /// As this reader gets it
    #[arg(long = "as", value_name = "EMAIL")]
    reader: Option<EmailAddress>,
    /// The HTML part, the text part, or the whole message
    #[arg(long, value_enum, default_value = "html")]
    format: Format,
    /// Into a file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Preview {
    /// PUBLICATION/DIGEST
    digest: String,
    /// What would have gone out at this time, or will, as in 2026-11-30T07:00:00+01:00
    #[arg(long, value_name = "TIME")]
    at: Option<DateTime<Utc>>,
    #[command(flatten)]
    view: View,
}

#[derive(Debug, Args)]
pub(super) struct IssuePreview {
    /// Its id, as `issue list` shows it
    id: IssueId,
    #[command(flatten)]
    view: View,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    /// PUBLICATION/DIGEST
    digest: String,
    /// The address that gets it
    #[arg(long, value_name = "ADDRESS")]
    to: EmailAddress,
}

impl Preview {
    pub(super) async fn run(self, deps: &Deps, out: &Output) -> Result<()> {
        let (publication, digest) = context::digest(deps, &self.digest).await?;
        let eyes = Eyes::of(self.view.reader.as_ref());
        let made = preview_digest::digest(deps, publication, digest, self.at, eyes).await?;
        self.view.show(deps, &made, out)
    }
}

impl IssuePreview {
    pub(super) async fn run(self, deps: &Deps, out: &Output) -> Result<()> {
        let made = preview_digest::issue(deps, self.id, self.view.reader.as_ref()).await?;
        self.view.show(deps, &made, out)
    }
}

impl View {
    fn show(&self, deps: &Deps, made: &Made, out: &Output) -> Result<()> {
        let content = match self.format {
            Format::Html => made.html().into_bytes(),
            Format::Text => made.text().into_bytes(),
            Format::Eml => made.message(deps)?,
        };
        if let Some(path) = &self.out {
            std::fs::write(path, &content)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        let articles = match made.articles {
            1 => "1 article".to_owned(),
            n => format!("{n} articles"),
        };
        if out.is_json() {
            let shown = json!({
                "publication": made.publication.slug, "digest": made.digest.slug,
                "number": made.number, "at": made.at, "subject": made.edition.subject,
                "articles": made.articles, "text": made.text(), "html": made.html(),
                "file": self.out,
            });
            return out.line(&shown.to_string());
        }
        out.remark(&format!(
            "{:?}, No. {}, {articles}",
            made.edition.subject, made.number
        ));
        if self.out.is_none() {
            out.raw(&content)?;
        }
        Ok(())
    }
}

impl Test {
    pub(super) async fn run(self, deps: &Deps, out: &Output) -> Result<()> {
        let (publication, digest) = context::digest(deps, &self.digest).await?;
        let tested = test_digest::send(deps, publication, digest, &self.to).await?;
        if tested.is_old {
            out.remark("nothing is new: the test has the latest articles");
        }
        let subject = &tested.preview.edition.subject;
        let shown = json!({
            "to": self.to.as_str(), "subject": subject,
            "articles": tested.preview.articles, "latest": tested.is_old, "reply": tested.reply,
        });
        out.result(&shown, &format!("{subject}: sent ({})", tested.reply))
    }
}
