//! `paperround draft`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{Output, Row};
use super::{Global, context};
use crate::domain::digest::Digest;
use crate::domain::draft::{Decision, Draft as Wanted};
use crate::domain::ids::ArticleId;
use crate::services::edit_draft::{self, Direction, DraftError};
use crate::services::output::drafts::{ComingOutput, DraftOutput};
use crate::services::{Deps, coming_issue};

#[derive(Debug, Subcommand)]
pub(super) enum Draft {
    /// Show what is wanted of the coming issue
    Show {
        /// PUBLICATION/DIGEST
        digest: String,
    },
    /// List the articles that would go out now, and where they would stand
    Coming {
        /// PUBLICATION/DIGEST
        digest: String,
    },
    /// Give the issue a subject or an intro of its own, or an order; what is not named stays
    Set(Set),
    /// Give an article a title or a summary for this issue alone
    Article(Article),
    /// Let an article stand before all that are not pinned
    Pin(One),
    /// Let an article stand among the others
    Unpin(One),
    /// Leave an article out of this issue and of all later ones of the digest
    Drop(One),
    /// Take a dropped article back in
    PutBack(One),
    /// Move an article up by one place
    Up(One),
    /// Move an article down by one place
    Down(One),
    /// Make an article the lead
    First(One),
    /// Want nothing any more: the issue is as usual again
    Clear {
        /// PUBLICATION/DIGEST
        digest: String,
    },
}

/// An article of the coming issue.
#[derive(Debug, Args)]
pub(super) struct One {
    /// PUBLICATION/DIGEST
    digest: String,
    /// The article's id, as `draft coming` shows it
    article: ArticleId,
}

#[derive(Debug, Args)]
pub(super) struct Set {
    /// PUBLICATION/DIGEST
    digest: String,
    /// The subject, with {{ headline }} and others; empty for that of the digest
    #[arg(long, value_name = "TEMPLATE", required_unless_present_any = ["intro", "order"])]
    subject: Option<String>,
    /// Markdown before the articles; empty for that of the digest
    #[arg(long, value_name = "MARKDOWN")]
    intro: Option<String>,
    /// An article that is to stand here; given several times, in their order; others stand behind
    #[arg(long, value_name = "ID")]
    order: Vec<ArticleId>,
}

#[derive(Debug, Args)]
pub(super) struct Article {
    #[command(flatten)]
    which: One,
    /// Instead of its own; empty for its own
    #[arg(long, value_name = "TEXT", required_unless_present = "summary")]
    title: Option<String>,
    /// Markdown instead of its own; empty for its own
    #[arg(long, value_name = "MARKDOWN")]
    summary: Option<String>,
}

/// Whatever may be done with an article.
enum Act {
    Move(Direction),
    Decide(fn(&mut Decision)),
}

impl Draft {
    pub(super) async fn run(self, global: &Global, out: &Output) -> Result<ExitCode> {
        let deps = &context::open(global).await?;
        match self {
            Self::Show { digest } => {
                let (_, digest) = context::digest(deps, &digest).await?;
                let draft = edit_draft::find(deps, digest.id).await?;
                let shown = json!(DraftOutput::from(&draft));
                out.result(&shown, &serde_json::to_string_pretty(&shown)?)?;
            }
            Self::Coming { digest } => coming(deps, &digest, out).await?,
            Self::Set(set) => set.run(deps, out).await?,
            Self::Article(article) => article.run(deps, out).await?,
            Self::Pin(one) => {
                one.run(deps, Act::Decide(|d| d.pinned = Some(true)), out)
                    .await?;
            }
            Self::Unpin(one) => {
                one.run(deps, Act::Decide(|d| d.pinned = Some(false)), out)
                    .await?;
            }
            Self::Drop(one) => {
                one.run(deps, Act::Decide(|d| d.dropped = true), out)
                    .await?;
            }
            Self::PutBack(one) => {
                one.run(deps, Act::Decide(|d| d.dropped = false), out)
                    .await?;
            }
            Self::Up(one) => one.run(deps, Act::Move(Direction::Up), out).await?,
            Self::Down(one) => one.run(deps, Act::Move(Direction::Down), out).await?,
            Self::First(one) => one.run(deps, Act::Move(Direction::First), out).await?,
            Self::Clear { digest } => {
                let (_, digest) = context::digest(deps, &digest).await?;
                let nothing = Wanted::none(digest.id);
                let draft = edit_draft::replace(deps, &digest, None, nothing).await;
                done(draft, "The issue is as usual again.", out)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A digest, and the version of what is wanted of its coming issue.
async fn seen(deps: &Deps, name: &str) -> Result<(Digest, Wanted)> {
    let (_, digest) = context::digest(deps, name).await?;
    let draft = edit_draft::find(deps, digest.id).await?;
    Ok((digest, draft))
}

fn done(draft: Result<Wanted, DraftError>, text: &str, out: &Output) -> Result<()> {
    match draft {
        Ok(draft) => out.result(&json!(DraftOutput::from(&draft)), text),
        Err(error @ DraftError::Changed { .. }) => {
            bail!("{error}; look at it with `paperround draft show`, and try again")
        }
        Err(error @ DraftError::Article(_)) => {
            bail!("{error}; `paperround draft coming` lists those that are")
        }
        Err(error) => Err(error.into()),
    }
}

impl One {
    async fn run(self, deps: &Deps, act: Act, out: &Output) -> Result<()> {
        let (digest, draft) = seen(deps, &self.digest).await?;
        let (version, id) = (draft.version, self.article);
        let draft = match act {
            Act::Move(to) => edit_draft::step(deps, &digest, version, id, to).await,
            Act::Decide(change) => edit_draft::decide(deps, &digest, version, id, change).await,
        };
        done(draft, &format!("{} is changed.", self.digest), out)
    }
}

impl Article {
    async fn run(self, deps: &Deps, out: &Output) -> Result<()> {
        let name = &self.which.digest;
        let (digest, draft) = seen(deps, name).await?;
        let id = self.which.article;
        let change = |decision: &mut Decision| {
            // Empty texts are none.
            decision.title = self.title.or(decision.title.take());
            decision.summary = self.summary.or(decision.summary.take());
        };
        let draft = edit_draft::decide(deps, &digest, draft.version, id, change).await;
        done(draft, &format!("{name} is changed."), out)
    }
}

impl Set {
    async fn run(self, deps: &Deps, out: &Output) -> Result<()> {
        let (digest, mut draft) = seen(deps, &self.digest).await?;
        if self.subject.is_some() || self.intro.is_some() {
            let subject = self.subject.or(draft.subject);
            let intro = self.intro.or(draft.intro);
            let set = edit_draft::set_words(deps, &digest, draft.version, subject, intro).await;
            if self.order.is_empty() {
                return done(set, &format!("{} is changed.", self.digest), out);
            }
            draft = set?;
        }
        let ordered = edit_draft::set_order(deps, &digest, draft.version, self.order).await;
        done(ordered, &format!("{} is changed.", self.digest), out)
    }
}

async fn coming(deps: &Deps, name: &str, out: &Output) -> Result<()> {
    let (_, digest) = context::digest(deps, name).await?;
    let look = coming_issue::look(deps, &digest).await?;
    let coming = ComingOutput::from(&look);
    if out.is_json() {
        return out.result(&json!(coming), "");
    }
    if let Some(why) = &coming.nothing {
        out.remark(&format!("nothing would go out now: {why}"));
    }
    let rows: Vec<Row> = coming
        .articles
        .iter()
        .map(|article| Row {
            json: json!(article),
            cells: vec![
                article.place.word().to_owned(),
                article.id.clone(),
                article.title.clone(),
            ],
        })
        .collect();
    out.list(&["place", "id", "title"], &rows, "there is no article")
}
