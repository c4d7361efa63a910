//! The show for people: says where to click, and publishes another article now and then.

use std::time::Duration;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use super::stage::{Language, Stage};

/// Time between two articles that come out while the show runs.
const NEWS_EVERY: Duration = Duration::from_secs(100);

/// Runs until `stop`; `say` prints a line.
pub async fn run(
    port: u16,
    language: Option<&Language>,
    stop: &CancellationToken,
    say: impl Fn(&str),
) -> Result<()> {
    let stage = Stage::set(Some(port), None, language).await?;
    say("");
    say("  Paperround, the whole round on this machine");
    say("");
    say(&format!("  1. The news site   {}", stage.site_url));
    say("     Open an article, sign up in the box beneath it; any address will do.");
    say(&format!("  2. The inbox       {}", stage.inbox_url));
    say("     Every mail arrives here. Confirm by the link in the first one.");
    say(&format!(
        "  3. The service     {}/{}",
        stage.service_url, stage.publication.slug
    ));
    say("     Its own sign-up page. Choose \"Every two minutes\" to see a digest soon,");
    say("     then leave by the link in the mail, or by the inbox's one-click button.");
    say("");
    say(
        "  A new article comes out every now and then. Ctrl-C ends the show; nothing is left behind.",
    );
    say("");
    let mut news = tokio::time::interval(NEWS_EVERY);
    news.tick().await;
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = news.tick() => {
                if let Some(title) = stage.site.publish_next(stage.deps.now()) {
                    say(&format!("  The site published: {title}"));
                }
            }
        }
    }
    stage.strike().await
}
