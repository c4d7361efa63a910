//! The whole round without a browser: sign up, confirm, ingest, digest, deliver, leave. Each step
//! prints what it saw; the first that fails ends the round.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, StatusCode};

use super::mailbox::StoredMail;
use super::stage::{Fault, Stage};
use crate::domain::ids::IssueId;
use crate::domain::issue::{Counts, Issue};
use crate::domain::subscription::SubscriptionState;
use crate::services::{fetch_feed, plan_issue};
use crate::store::{digests, issues, subscribers, subscriptions};

const READER: &str = "ada.reader@inbox.example";
const PATIENCE: Duration = Duration::from_secs(8);

/// Plays the round; `say` prints a line.
pub async fn play(fault: Option<Fault>, say: impl Fn(&str)) -> Result<()> {
    let began = Instant::now();
    let stage = Stage::set(None, fault, None).await?;
    let client = Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let played = Round {
        stage: &stage,
        client,
        damaged: fault == Some(Fault::Links),
    }
    .play(&say)
    .await;
    stage.strike().await?;
    played?;
    say(&format!(
        "The whole round took {:.1} s.",
        began.elapsed().as_secs_f64()
    ));
    Ok(())
}

struct Round<'a> {
    stage: &'a Stage,
    client: Client,
    /// Links lose a character on their way.
    damaged: bool,
}

impl Round<'_> {
    async fn play(&self, say: &impl Fn(&str)) -> Result<()> {
        say(&format!(
            "1. article page    {}",
            self.article_page()
                .await
                .context("step 1, the article page")?
        ));
        say(&format!(
            "2. feed            {}",
            self.feed().await.context("step 2, the feed")?
        ));
        let (mail, seen) = self.sign_up().await.context("step 3, signing up")?;
        say(&format!("3. sign-up         {seen}"));
        say(&format!(
            "4. confirmation    {}",
            self.confirm(&mail).await.context("step 4, confirming")?
        ));
        let (mail, seen) = self.digest().await.context("step 5, the digest")?;
        say(&format!("5. digest          {seen}"));
        say(&format!(
            "6. archive         {}",
            self.archive(&mail).await.context("step 6, the archive")?
        ));
        say(&format!(
            "7. one-click leave {}",
            self.leave(&mail).await.context("step 7, leaving")?
        ));
        say(&format!(
            "8. next issue      {}",
            self.nothing_more().await.context("step 8, after leaving")?
        ));
        Ok(())
    }

    async fn get(&self, url: &str) -> Result<(StatusCode, String)> {
        let response = self.client.get(url).send().await?;
        Ok((response.status(), response.text().await?))
    }

    async fn post(&self, url: &str, body: &str) -> Result<(StatusCode, String)> {
        let form = self
            .client
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded");
        let response = form.body(body.to_owned()).send().await?;
        Ok((response.status(), response.text().await?))
    }

    /// The line under an article: a plain form that leads to the service.
    async fn article_page(&self) -> Result<String> {
        let url = self
            .stage
            .site
            .article_urls()
            .into_iter()
            .next()
            .context("the site has no article")?;
        let (status, page) = self.get(&url).await?;
        ensure!(status == StatusCode::OK, "{url} answered {status}");
        let action = format!(
            "{}/{}/subscribe",
            self.stage.service_url, self.stage.publication.slug
        );
        ensure!(
            page.contains(&action),
            "the article has no form to {action}"
        );
        Ok(format!("{url} has the form to {action}"))
    }

    /// The first fetch brings articles, the second learns that nothing changed.
    async fn feed(&self) -> Result<String> {
        // The scheduler may be at it already; then this finds the articles known.
        fetch_feed::fetch(&self.stage.deps, self.stage.feed).await?;
        let second = fetch_feed::fetch(&self.stage.deps, self.stage.feed).await?;
        ensure!(
            second.not_modified,
            "the second fetch was not answered with 304"
        );
        let mut tx = self.stage.deps.store.read().await?;
        let known = crate::store::articles::latest(
            &mut tx,
            self.stage.publication.id,
            self.stage.deps.now(),
            100,
        )
        .await?;
        ensure!(known.len() >= 10, "only {} articles came in", known.len());
        let sorted = known.iter().filter(|a| !a.topics.is_empty()).count();
        ensure!(
            sorted == known.len(),
            "only {sorted} of {} articles have a topic",
            known.len()
        );
        Ok(format!(
            "{} articles by HTTP, all under topics; asked again: not modified",
            known.len()
        ))
    }

    async fn sign_up(&self) -> Result<(StoredMail, String)> {
        let began = Instant::now();
        let url = format!(
            "{}/{}/subscribe",
            self.stage.service_url, self.stage.publication.slug
        );
        let body = format!(
            "email={}&topics=energy&topics=markets&topics=shipping&frequency=daily&website=&source={}",
            READER.replace('@', "%40"),
            self.stage.site_url
        );
        let (status, _) = self.post(&url, &body).await?;
        ensure!(status == StatusCode::ACCEPTED, "the form answered {status}");
        let mail = self
            .stage
            .mailbox
            .wait_for(READER, PATIENCE)
            .await
            .context("no confirmation mail came")?;
        ensure!(
            mail.header("List-Unsubscribe").is_none(),
            "a confirmation mail has no List-Unsubscribe"
        );
        let seen = format!(
            "answered 202; {:?} arrived after {} ms",
            mail.subject(),
            began.elapsed().as_millis()
        );
        Ok((mail, seen))
    }

    async fn confirm(&self, mail: &StoredMail) -> Result<String> {
        let link = self.link(mail, "/confirm/")?;
        for _ in 0..2 {
            let (status, page) = self.get(&link).await?;
            ensure!(
                status == StatusCode::OK && page.contains("<button"),
                "the link answered {status}"
            );
        }
        ensure!(
            self.state().await? == SubscriptionState::Pending,
            "opening the link confirmed already"
        );
        for _ in 0..2 {
            let (status, _) = self.post(&link, "").await?;
            ensure!(status == StatusCode::OK, "the button answered {status}");
        }
        ensure!(
            self.state().await? == SubscriptionState::Confirmed,
            "the button did not confirm"
        );
        Ok(
            "opening the link twice changed nothing; the button confirmed; pressed again: no error"
                .to_owned(),
        )
    }

    async fn digest(&self) -> Result<(StoredMail, String)> {
        let (issue, counts) = self.send_issue().await?;
        if counts.sent != 1 {
            bail!(
                "{} of {} mails sent, {} failed",
                counts.sent,
                counts.recipients,
                counts.failed
            );
        }
        let is_digest = |mail: &StoredMail| mail.is_for(READER) && mail.header("List-Id").is_some();
        let found = self.stage.mailbox.wait_until(is_digest, PATIENCE).await;
        let mail = found.context("no digest came")?;
        for header in [
            "List-Unsubscribe",
            "List-Unsubscribe-Post",
            "Message-ID",
            "Precedence",
            "Feedback-ID",
        ] {
            ensure!(mail.header(header).is_some(), "the digest has no {header}");
        }
        let (text, html) = (
            mail.text().unwrap_or_default(),
            mail.html().unwrap_or_default(),
        );
        for wanted in ["/unsubscribe/", "/preferences/", "/archive/", "1 Old Quay"] {
            ensure!(
                text.contains(wanted) && html.contains(wanted),
                "{wanted} is not in both parts"
            );
        }
        ensure!(
            html.len() < 80_000,
            "the digest has {} bytes of HTML",
            html.len()
        );
        let number = issue.number.unwrap_or_default();
        let seen = format!(
            "No. {number}: {:?}, {} KB of HTML, text part, list headers",
            mail.subject(),
            html.len() / 1000
        );
        Ok((mail, seen))
    }

    /// Makes an issue of the daily digest and waits for its end.
    async fn send_issue(&self) -> Result<(Issue, Counts)> {
        let deps = &self.stage.deps;
        let mut tx = deps.store.read().await?;
        let all = digests::list(&mut tx, self.stage.publication.id).await?;
        drop(tx);
        let daily = all.first().context("there is no digest")?;
        let id = plan_issue::by_hand(deps, daily, None).await?;
        self.wait_for_end(id).await
    }

    async fn wait_for_end(&self, id: IssueId) -> Result<(Issue, Counts)> {
        let began = Instant::now();
        loop {
            let mut tx = self.stage.deps.store.read().await?;
            let issue = issues::find(&mut tx, id)
                .await?
                .context("the issue is gone")?;
            let counts = issues::counts(&mut tx, id).await?;
            drop(tx);
            if issue.state.is_final() {
                return Ok((issue, counts));
            }
            ensure!(
                began.elapsed() < PATIENCE,
                "the issue is still {} after {PATIENCE:?}",
                issue.state
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn archive(&self, mail: &StoredMail) -> Result<String> {
        let link = self.link(mail, "/archive/")?;
        let (status, page) = self.get(&link).await?;
        ensure!(status == StatusCode::OK, "{link} answered {status}");
        ensure!(
            !page.contains(READER) && !page.contains("/unsubscribe/"),
            "the archive shows a reader"
        );
        Ok(format!(
            "{} KB, without a trace of the reader",
            page.len() / 1000
        ))
    }

    /// As a mail program does it: RFC 8058.
    async fn leave(&self, mail: &StoredMail) -> Result<String> {
        let header = mail.header("List-Unsubscribe").unwrap_or_default();
        let link = self.damage(header.trim().trim_matches(['<', '>']).to_owned());
        let (status, _) = self.get(&link).await?;
        ensure!(status == StatusCode::OK, "the link answered {status}");
        ensure!(
            self.state().await? == SubscriptionState::Confirmed,
            "opening the link left already"
        );
        let (status, _) = self.post(&link, "List-Unsubscribe=One-Click").await?;
        ensure!(
            status == StatusCode::OK,
            "the one-click POST answered {status}"
        );
        ensure!(
            self.state().await? == SubscriptionState::Unsubscribed,
            "the reader is still subscribed"
        );
        Ok("GET changed nothing; POST left at once".to_owned())
    }

    async fn nothing_more(&self) -> Result<String> {
        let title = self
            .stage
            .site
            .publish_next(self.stage.deps.now())
            .context("the site has no more news")?;
        fetch_feed::fetch(&self.stage.deps, self.stage.feed).await?;
        let before = self.stage.mailbox.list().len();
        let (issue, counts) = self.send_issue().await?;
        ensure!(counts.sent == 0, "a mail went out after leaving");
        ensure!(
            self.stage.mailbox.list().len() == before,
            "a mail arrived after leaving"
        );
        let why = issue.reason.unwrap_or_else(|| issue.state.to_string());
        Ok(format!("{title:?} came out; nothing was sent ({why})"))
    }

    async fn state(&self) -> Result<SubscriptionState> {
        let deps = &self.stage.deps;
        let mut tx = deps.store.read().await?;
        let subscriber = subscribers::find_by_email(&mut tx, &READER.parse()?).await?;
        let subscriber = subscriber.context("the reader is not known")?.id;
        let publication = self.stage.publication.id;
        let found = subscriptions::find_by_subscriber(&mut tx, subscriber, publication).await?;
        Ok(found.context("the reader has no subscription")?.state)
    }

    /// The first link of a mail's text that leads to a page of ours.
    fn link(&self, mail: &StoredMail, page: &str) -> Result<String> {
        let text = mail.text().unwrap_or_default();
        let mut words = text.split_whitespace();
        let found =
            words.find(|word| word.starts_with(&self.stage.service_url) && word.contains(page));
        let link = found.with_context(|| format!("the mail has no link to {page}"))?;
        Ok(self.damage(link.to_owned()))
    }

    fn damage(&self, mut link: String) -> String {
        if self.damaged {
            link.pop();
        }
        link
    }
}
