//! The title and the summary of an article for this issue alone.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{faster, place, seen};
use crate::domain::article::Article;
use crate::domain::digest::Digest;
use crate::domain::draft::Draft;
use crate::domain::ids::ArticleId;
use crate::domain::publication::Publication;
use crate::domain::text::LineError;
use crate::render::admin::editor::EditorArticlePage;
use crate::render::admin::form::{Input, Kind};
use crate::render::admin::nav::Section;
use crate::services::edit_draft::{self, DraftError};
use crate::store::articles;
use crate::web::Web;
use crate::web::admin::digests::path;
use crate::web::admin::error::{AdminError, sentence};
use crate::web::admin::fields::Fields;
use crate::web::admin::forms::{Errors, filled, text};
use crate::web::admin::frame::{done, undone};
use crate::web::admin::posted::Posted;
use crate::web::admin::signed_in::{Changes, SignedIn};

type Named = Path<(String, String, String)>;

/// What a page is about.
struct About {
    publication: Publication,
    digest: Digest,
    article: Article,
}

async fn about(
    me: &SignedIn<Changes>,
    (publication, slug, id): &(String, String, String),
) -> Result<About, AdminError> {
    let (publication, digest) = me.digest(publication, slug).await?;
    let id: ArticleId = id.parse().map_err(|_| AdminError::NotFound)?;
    let mut tx = me.deps.store.read().await?;
    let article = articles::find(&mut tx, id).await?;
    let article = article.filter(|article| article.publication == publication.id);
    Ok(About {
        article: article.ok_or(AdminError::NotFound)?,
        publication,
        digest,
    })
}

/// `GET /admin/p/{publication}/digests/{digest}/edit/{article}`
pub(in crate::web::admin) async fn show(
    State(web): State<Web>,
    me: SignedIn<Changes>,
    Path(names): Named,
) -> Result<Response, AdminError> {
    let about = about(&me, &names).await?;
    let draft = edit_draft::find(&me.deps, about.digest.id).await?;
    let decision = draft.articles.get(&about.article.id);
    let content = &about.article.content;
    let title = decision.and_then(|d| d.title.as_deref());
    let summary = decision.and_then(|d| d.summary.as_deref());
    let values = Fields::of(&[
        ("title", title.unwrap_or(&content.title)),
        ("summary", summary.unwrap_or(&content.summary_text)),
    ]);
    let page = page(&me, about, &draft, &values, &Errors::new()).await?;
    me.page(&web, &page)
}

async fn page(
    me: &SignedIn<Changes>,
    about: About,
    draft: &Draft,
    values: &Fields,
    errors: &Errors,
) -> Result<EditorArticlePage, AdminError> {
    let About {
        publication,
        digest,
        article,
    } = about;
    let title = format!("An article of the coming issue of {}", digest.name);
    let framing = me.frame_of(Section::Digests, title, Some(&publication));
    let framing = framing.await?;
    let inputs = vec![
        text("title", "Title").help("Empty: its own."),
        Input::new(Kind::Area, "summary", "Summary").help("Markdown. Empty: its own."),
    ];
    let inputs = inputs.into_iter().map(Input::optional).collect();
    Ok(EditorArticlePage {
        path: path(&publication, &digest),
        id: article.id.to_string(),
        version: draft.version,
        url: article.content.url,
        own_title: article.content.title,
        own_summary: article.content.summary_text,
        inputs: filled(inputs, values, errors),
        error: None,
        frame: framing.frame,
    })
}

/// `POST /admin/p/{publication}/digests/{digest}/edit/{article}`
pub(in crate::web::admin) async fn save(
    State(web): State<Web>,
    Path(names): Named,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let about = about(&me, &names).await?;
    let (path, id) = (path(&about.publication, &about.digest), about.article.id);
    let own = &about.article.content;
    let title = other_than(&fields.words("title"), &own.title);
    let summary = other_than(&fields.words("summary"), &own.summary_text);
    let came = edit_draft::decide(&me.deps, &about.digest, seen(&fields), id, |decision| {
        (decision.title, decision.summary) = (title, summary);
    });
    let mut errors = Errors::new();
    let error = match came.await {
        Ok(_) => {
            return Ok(done(
                &web,
                &place(&path, id),
                "Saved, for this issue alone.",
            ));
        }
        Err(error @ DraftError::Article(_)) => {
            let to = format!("{path}/edit");
            return Ok(undone(&web, &to, sentence(&error.to_string())));
        }
        Err(DraftError::Changed { by, at }) => Some(format!(
            "{} Nothing was saved. Below stands what you typed; save again to keep it.",
            faster(&by, at, &about.digest)
        )),
        Err(DraftError::Line(error)) => {
            errors.insert(of_line(&error), sentence(&error.to_string()));
            None
        }
        Err(error) => return Err(error.into()),
    };
    let draft = edit_draft::find(&me.deps, about.digest.id).await?;
    let mut page = page(&me, about, &draft, &fields, &errors).await?;
    page.error = error;
    me.refused(&web, &page)
}

/// What was typed, where it says something and something else.
fn other_than(typed: &str, own: &str) -> Option<String> {
    let typed = typed.trim();
    (!typed.is_empty() && typed != own.trim()).then(|| typed.to_owned())
}

fn of_line(error: &LineError) -> &'static str {
    let (LineError::Empty { field }
    | LineError::TooLong { field, .. }
    | LineError::Control { field }) = error;
    if *field == "the title" {
        "title"
    } else {
        "summary"
    }
}
