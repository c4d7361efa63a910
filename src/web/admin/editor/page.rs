//! The page of the editor, and the words for this issue.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{Named, faster, seen};
use crate::domain::digest::Digest;
use crate::domain::publication::{Publication, Topic};
use crate::domain::text::LineError;
use crate::render::admin::editor::{ArticleRow, EditorPage, Part};
use crate::render::admin::editor_script_url;
use crate::render::admin::form::{Input, Kind};
use crate::render::admin::nav::Section;
use crate::render::admin::when::When;
use crate::render::dates;
use crate::services::coming_issue::{self, Look, Placed, Spot};
use crate::services::edit_draft::{self, DraftError};
use crate::services::preview_digest::{self, Eyes, PreviewError};
use crate::store::publications;
use crate::web::Web;
use crate::web::admin::digests::path;
use crate::web::admin::error::{AdminError, sentence};
use crate::web::admin::fields::Fields;
use crate::web::admin::forms::{Errors, filled, text};
use crate::web::admin::frame::done;
use crate::web::admin::posted::Posted;
use crate::web::admin::signed_in::{Changes, Reads, Right, SignedIn};

/// Articles of a part that are shown.
const MOST_ROWS: usize = 100;

/// What was typed, and what was wrong with it.
#[derive(Default)]
struct Typed {
    values: Option<Fields>,
    errors: Errors,
    error: Option<String>,
}

/// `GET /admin/p/{publication}/digests/{digest}/edit`
pub(in crate::web::admin) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path((publication, slug)): Named,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let page = page(&me, &publication, &digest, Typed::default()).await?;
    me.page(&web, &page)
}

async fn page<R: Right>(
    me: &SignedIn<R>,
    publication: &Publication,
    digest: &Digest,
    typed: Typed,
) -> Result<EditorPage, AdminError> {
    let title = format!("The coming issue of {}", digest.name);
    let framing = me.frame_of(Section::Digests, title, Some(publication));
    let framing = framing.await?;
    let mut tx = me.deps.store.read().await?;
    let topics = publications::topics(&mut tx, publication.id).await?;
    drop(tx);
    let look = coming_issue::look(&me.deps, digest).await?;
    let (subject, nothing) = subject(me, publication, digest, &look).await?;
    let rows = Rows {
        digest,
        topics: &topics,
    };
    let next = digest.next_run_at.filter(|_| digest.paused_at.is_none());
    Ok(EditorPage {
        path: path(publication, digest),
        digest: digest.name.clone(),
        may_change: me.may::<Changes>(),
        version: look.draft.version,
        number: look.number,
        dropped: look.dropped.iter().map(|p| rows.row(p, false)).collect(),
        nothing,
        subject,
        next: When::maybe(next, digest.timezone),
        changed_at: When::maybe(look.draft.changed_at, digest.timezone),
        changed_by: look.draft.changed_by.clone(),
        is_touched: !look.draft.is_empty(),
        inputs: words(&look, &typed),
        error: typed.error,
        parts: look.parts.iter().map(|(s, of)| rows.part(s, of)).collect(),
        script_url: editor_script_url(),
        frame: framing.frame,
    })
}

/// The subject that the mail would have, or why there would be no mail.
async fn subject<R: Right>(
    me: &SignedIn<R>,
    publication: &Publication,
    digest: &Digest,
    look: &Look,
) -> Result<(Option<String>, Option<String>), AdminError> {
    if look.nothing.is_some() {
        return Ok((None, look.nothing.clone()));
    }
    let (publication, digest) = (publication.clone(), digest.clone());
    let made = preview_digest::digest(&me.deps, publication, digest, None, Eyes::Everybody);
    match made.await {
        Ok(made) => Ok((Some(made.edition.subject), None)),
        Err(PreviewError::Store(error)) => Err(error.into()),
        Err(PreviewError::Nothing(reason)) => Ok((None, Some(reason))),
        Err(error) => Ok((None, Some(error.to_string()))),
    }
}

/// Makes rows of articles.
struct Rows<'a> {
    digest: &'a Digest,
    topics: &'a [Topic],
}

impl Rows<'_> {
    fn part(&self, spot: &Spot, articles: &[Placed]) -> Part {
        let (name, help) = match spot {
            Spot::Lead => ("Lead".to_owned(), ""),
            Spot::Section(Some(slug)) => (self.topic(slug.as_str()), ""),
            Spot::Section(None) => ("Without a topic".to_owned(), ""),
            Spot::Also => (
                "Headlines".to_owned(),
                "Shown without a summary, at the end.",
            ),
            Spot::NoRoom => (
                "No room".to_owned(),
                "Beyond the most articles of the digest. Readers who chose few topics may get them.",
            ),
        };
        let is_lead = *spot == Spot::Lead;
        let shown = articles.iter().take(MOST_ROWS);
        Part {
            name,
            help,
            articles: shown.map(|placed| self.row(placed, is_lead)).collect(),
            more: articles.len().saturating_sub(MOST_ROWS),
        }
    }

    fn row(&self, placed: &Placed, is_lead: bool) -> ArticleRow {
        let (own, shown) = (&placed.original, &placed.shown);
        let differs = own.content.title != shown.content.title;
        ArticleRow {
            id: own.id.to_string(),
            title: shown.content.title.clone(),
            own_title: differs.then(|| own.content.title.clone()),
            url: own.content.url.clone(),
            source: own.source(),
            date: dates::short(own.dated(), self.digest.timezone, "en"),
            topics: own.topics.iter().map(|t| self.topic(t.as_str())).collect(),
            is_pinned: shown.pinned_at.is_some(),
            is_edited: placed.decision.edits(),
            can_go_up: placed.up.is_some(),
            can_go_down: placed.down.is_some(),
            is_lead,
        }
    }

    fn topic(&self, slug: &str) -> String {
        let found = self.topics.iter().find(|topic| topic.slug.as_str() == slug);
        found.map_or_else(|| slug.to_owned(), |topic| topic.name.clone())
    }
}

/// The fields of the words.
fn words(look: &Look, typed: &Typed) -> Vec<Input> {
    let inputs = vec![
        text("subject", "Subject").optional().help(
            "May name {{ headline }}, {{ number }}, {{ date }} and the like. Empty: as the recipe says.",
        ),
        Input::new(Kind::Area, "intro", "Before the articles")
            .optional()
            .help("Markdown. Empty: as the recipe says."),
    ];
    let draft = &look.draft;
    let kept = [
        ("subject", draft.subject.as_deref().unwrap_or_default()),
        ("intro", draft.intro.as_deref().unwrap_or_default()),
    ];
    let kept = Fields::of(&kept);
    filled(
        inputs,
        typed.values.as_ref().unwrap_or(&kept),
        &typed.errors,
    )
}

/// `POST /admin/p/{publication}/digests/{digest}/edit/words`
pub(in crate::web::admin) async fn save_words(
    State(web): State<Web>,
    Path((publication, slug)): Named,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let (publication, digest) = me.digest(&publication, &slug).await?;
    let subject = fields.optional("subject").map(str::to_owned);
    let intro = Some(fields.words("intro"));
    let seen = seen(&fields);
    let mut typed = Typed {
        values: Some(fields),
        ..Typed::default()
    };
    match edit_draft::set_words(&me.deps, &digest, seen, subject, intro).await {
        Ok(_) => {
            let to = format!("{}/edit", path(&publication, &digest));
            return Ok(done(&web, &to, "The words are saved."));
        }
        Err(DraftError::Changed { by, at }) => {
            typed.error = Some(format!(
                "{} Nothing was saved. Below stands what you typed; saving again puts it in the place of theirs.",
                faster(&by, at, &digest)
            ));
        }
        Err(error) => {
            let name = match &error {
                DraftError::Subject(_)
                | DraftError::Line(
                    LineError::Empty {
                        field: "the subject",
                    }
                    | LineError::TooLong {
                        field: "the subject",
                        ..
                    }
                    | LineError::Control {
                        field: "the subject",
                    },
                ) => "subject",
                DraftError::Line(_) => "intro",
                _ => return Err(error.into()),
            };
            typed.errors.insert(name, sentence(&error.to_string()));
        }
    }
    let page = page(&me, &publication, &digest, typed).await?;
    me.refused(&web, &page)
}
