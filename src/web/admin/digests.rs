//! The digests of a publication: the list, and the form that makes one or changes its recipe.

use axum::extract::{Path, State};
use axum::response::Response;

use super::digest_form::{groups, proposal, values};
use super::digest_given::{place, read, take_over};
use super::error::AdminError;
use super::fields::Fields;
use super::forms::{Errors, take_slug};
use super::frame::done;
use super::posted::Posted;
use super::signed_in::{Changes, Reads, Right, SignedIn};
use super::words;
use crate::domain::clock::Time;
use crate::domain::digest::Digest;
use crate::domain::issue::Issue;
use crate::domain::publication::Publication;
use crate::render::admin::digests::{DigestFormPage, DigestRow, DigestsPage, IssueRow, RunRow};
use crate::render::admin::nav::Section;
use crate::render::admin::when::When;
use crate::render::dates;
use crate::services::manage_digest::{self, DigestError, fingerprint};
use crate::services::runs::{self, Run};
use crate::store::{digests, issues, publications};
use crate::web::Web;

/// Runs that a page shows.
pub(super) const RUNS: usize = 5;

/// The page of a digest.
pub(super) fn path(publication: &Publication, digest: &Digest) -> String {
    format!("/admin/p/{}/digests/{}", publication.slug, digest.slug)
}

/// How often it comes, in words.
pub(super) fn goes_out(digest: &Digest) -> String {
    match (&digest.cron, digest.rules.breaking) {
        (None, None) => "when somebody sends it".to_owned(),
        (cron, _) => dates::when(cron.as_deref(), "en"),
    }
}

/// The page of a run.
pub(super) fn run_url(publication: &Publication, digest: &Digest, at: Time) -> String {
    let (publication, digest) = (&publication.slug, &digest.slug);
    let at = at.format("%FT%TZ");
    format!("/admin/calendar/runs/{publication}/{digest}?at={at}")
}

pub(super) fn run_row(digest: &Digest, run: Run, url: Option<String>) -> RunRow {
    RunRow {
        at: When::at(run.at, digest.timezone),
        note: run.note,
        url,
    }
}

pub(super) fn issue_row(digest: &Digest, issue: Issue) -> IssueRow {
    IssueRow {
        url: format!("/admin/issues/{}", issue.id),
        number: issue.number,
        at: When::at(issue.dated(), digest.timezone),
        state: words::of_issue(issue.state),
        reason: issue.reason.or(issue.trouble),
    }
}

/// `GET /admin/p/{publication}/digests`
pub(super) async fn list(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path(slug): Path<String>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let framing = me.frame_of(Section::Digests, "Digests", Some(&publication));
    let framing = framing.await?;
    let mut tx = me.deps.store.read().await?;
    let mut rows = Vec::new();
    for digest in digests::list(&mut tx, publication.id).await? {
        let last = issues::latest_of(&mut tx, digest.id).await?;
        rows.push(DigestRow {
            slug: digest.slug.to_string(),
            name: digest.name.clone(),
            goes_out: goes_out(&digest),
            next: When::maybe(digest.next_run_at, digest.timezone),
            state: words::of_digest(&digest),
            last: last.map(|issue| issue_row(&digest, issue)),
        });
    }
    drop(tx);
    let page = DigestsPage {
        frame: framing.frame,
        slug,
        may_change: me.may::<Changes>(),
        digests: rows,
    };
    me.page(&web, &page)
}

/// A form as it is to be shown.
struct Shown<'a> {
    publication: &'a Publication,
    /// `None` where one is to be made.
    digest: Option<&'a Digest>,
    values: Fields,
    errors: Errors,
    error: Option<String>,
    /// The runs of what the form says, where they were asked for.
    runs: Option<Vec<RunRow>>,
}

impl<'a> Shown<'a> {
    fn new(publication: &'a Publication, digest: Option<&'a Digest>, values: Fields) -> Self {
        Self {
            publication,
            digest,
            values,
            errors: Errors::new(),
            error: None,
            runs: None,
        }
    }

    async fn page<R: Right>(self, me: &SignedIn<R>) -> Result<DigestFormPage, AdminError> {
        let title = match self.digest {
            Some(digest) => format!("The recipe of {}", digest.name),
            None => "Make a digest".to_owned(),
        };
        let framing = me.frame_of(Section::Digests, title, Some(self.publication));
        let framing = framing.await?;
        let mut tx = me.deps.store.read().await?;
        let topics = publications::topics(&mut tx, self.publication.id).await?;
        drop(tx);
        let is_new = self.digest.is_none();
        let named = self.publication.slug.clone();
        let usual = manage_digest::draft(&me.deps, self.publication, named, "");
        Ok(DigestFormPage {
            frame: framing.frame,
            path: match self.digest {
                Some(digest) => format!("{}/settings", path(self.publication, digest)),
                None => format!("/admin/p/{}/make-digest", self.publication.slug),
            },
            may_change: me.may::<Changes>(),
            button: if is_new { "Make the digest" } else { "Save" },
            groups: groups(
                self.publication,
                &topics,
                is_new,
                &self.values,
                &proposal(&usual),
                &self.errors,
            ),
            is_looked_at: self.runs.is_some(),
            runs: self.runs.unwrap_or_default(),
            error: self.error,
            seen: self.digest.map(fingerprint).unwrap_or_default(),
        })
    }

    /// Answers with the runs of a recipe that is not kept, or with what is wrong with it.
    async fn look(
        mut self,
        web: &Web,
        me: &SignedIn<Changes>,
        given: Option<Digest>,
    ) -> Result<Response, AdminError> {
        if let Some(given) = given {
            match runs::ahead(&given, me.deps.now(), RUNS) {
                Ok(ahead) => {
                    let rows = ahead.into_iter().map(|run| run_row(&given, run, None));
                    self.runs = Some(rows.collect());
                }
                Err(why) => self.error = place(DigestError::Schedule(why), &mut self.errors)?,
            }
        }
        let is_wrong = !self.errors.is_empty();
        let page = self.page(me).await?;
        if is_wrong {
            me.refused(web, &page)
        } else {
            me.page(web, &page)
        }
    }
}

/// `GET /admin/p/{publication}/make-digest`
pub(super) async fn show_new(
    State(web): State<Web>,
    me: SignedIn<Changes>,
    Path(slug): Path<String>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let draft = manage_digest::draft(&me.deps, &publication, publication.slug.clone(), "");
    let page = Shown::new(&publication, None, proposal(&draft)).page(&me);
    me.page(&web, &page.await?)
}

/// `POST /admin/p/{publication}/make-digest`
pub(super) async fn make(
    State(web): State<Web>,
    Path(slug): Path<String>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let draft = manage_digest::draft(&me.deps, &publication, publication.slug.clone(), "");
    let is_look = fields.ticked("look");
    let mut shown = Shown::new(&publication, None, fields);
    let given = read(&shown.values, &draft, &mut shown.errors);
    if is_look {
        return shown.look(&web, &me, given).await;
    }
    let slug = take_slug(&shown.values, &mut shown.errors);
    if let Some((given, slug)) = given.zip(slug) {
        match manage_digest::create(&me.deps, Digest { slug, ..given }).await {
            Ok(made) => {
                let text = format!("{} is made.", made.name);
                return Ok(done(&web, &path(&publication, &made), text));
            }
            Err(error) => shown.error = place(error, &mut shown.errors)?,
        }
    }
    me.refused(&web, &shown.page(&me).await?)
}

/// `GET /admin/p/{publication}/digests/{digest}/settings`
pub(super) async fn show_settings(
    State(web): State<Web>,
    me: SignedIn<Changes>,
    Path((publication, slug)): Path<(String, String)>,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let values = values(&digest, &next_intro(&me, &digest).await?);
    let page = Shown::new(&publication, Some(&digest), values).page(&me);
    me.page(&web, &page.await?)
}

/// The words for the next issue alone; empty where there are none.
async fn next_intro<R: Right>(me: &SignedIn<R>, digest: &Digest) -> Result<String, AdminError> {
    let mut tx = me.deps.store.read().await?;
    let text = digests::next_intro(&mut tx, digest.id).await?;
    Ok(text.unwrap_or_default())
}

/// `POST /admin/p/{publication}/digests/{digest}/settings`
pub(super) async fn save(
    State(web): State<Web>,
    Path((publication, slug)): Path<(String, String)>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let is_look = fields.ticked("look");
    let mut shown = Shown::new(&publication, Some(&digest), fields);
    let given = read(&shown.values, &digest, &mut shown.errors);
    if is_look {
        return shown.look(&web, &me, given).await;
    }
    if let Some(given) = given {
        let seen = shown.values.text("seen");
        let still = |now: &Digest| fingerprint(now) == seen;
        let change = |digest: &mut Digest| take_over(&given, digest);
        let intro = shown.values.words("next_intro");
        let known = next_intro(&me, &digest).await?;
        let intro = Some(intro.trim()).filter(|intro| *intro != known);
        match manage_digest::update_if(&me.deps, digest.id, intro, still, change).await {
            Ok(_) => return Ok(done(&web, &path(&publication, &digest), "Saved.")),
            Err(DigestError::Changed) => shown.error = Some(CHANGED.to_owned()),
            Err(error) => shown.error = place(error, &mut shown.errors)?,
        }
    }
    me.refused(&web, &shown.page(&me).await?)
}

/// Somebody else was faster; the page holds what was typed and, from now on, theirs as seen.
const CHANGED: &str = "Somebody else has changed the recipe since you opened this page. Nothing was \
    saved. Below stands what you typed; saving again puts it in the place of theirs.";
