//! `paperround publication embed`

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::context;
use super::output::Output;
use crate::domain::slug::Slug;
use crate::services::{Deps, embed_code};
use crate::store::{digests, publications};

#[derive(Debug, Args)]
pub(super) struct Embed {
    /// Its slug
    slug: String,
    /// The topic of the page; may be given several times, and none means all
    #[arg(long = "topic", value_name = "SLUG")]
    topics: Vec<Slug>,
    /// The language of the page; without this the publication's
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
}

impl Embed {
    pub(super) async fn run(self, deps: &Deps, out: &Output) -> Result<()> {
        let publication = context::publication(deps, &self.slug).await?;
        let mut tx = deps.store.read().await?;
        let mut topics = publications::topics(&mut tx, publication.id).await?;
        let digests = digests::list(&mut tx, publication.id).await?;
        drop(tx);
        if let Some(unknown) = self
            .topics
            .iter()
            .find(|s| topics.iter().all(|t| t.slug != **s))
        {
            bail!(
                "{} has no topic {unknown}; `paperround topic list {}` shows them",
                self.slug,
                self.slug
            );
        }
        topics.retain(|topic| self.topics.contains(&topic.slug));
        let language = self.language.as_deref();
        let code = embed_code::make(deps, &publication, &digests, &topics, language)?;
        let policy: serde_json::Map<String, Value> = code
            .policy
            .iter()
            .map(|(name, source)| ((*name).to_owned(), source.as_str().into()))
            .collect();
        let shown = json!({
            "form": code.form, "place": code.place, "frame": code.frame, "policy": policy,
        });
        let sources = code
            .policy
            .iter()
            .map(|(name, source)| format!("{name} {source};"));
        let text = format!(
            "A form in a page of yours; it works without the script too:\n\n{}\n\n\
             A place that the script fills:\n\n{}\n\n\
             A frame:\n\n{}\n\n\
             What a content security policy of the site has to allow, frame-src for the frame and\n\
             the others for the forms:\n\n{}",
            code.form,
            code.place,
            code.frame,
            sources.collect::<Vec<_>>().join(" "),
        );
        out.result(&shown, &text)
    }
}
