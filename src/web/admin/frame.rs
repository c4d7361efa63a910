//! Puts pages into their frame, and sends on with a word about what was done.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use chrono_tz::Tz;

use super::cookies;
use super::error::AdminError;
use super::signed_in::{Right, SignedIn};
use super::words;
use crate::domain::digest::Digest;
use crate::domain::ids::IssueId;
use crate::domain::issue::{Counts, Issue, IssueState};
use crate::domain::publication::Publication;
use crate::domain::slug::Slug;
use crate::render::admin::frame::{Flash, Frame, PublicationOption, Sending, State as Shown, Tone};
use crate::render::admin::nav::{Section, groups, publication_page};
use crate::render::admin::{Framed, css_url};
use crate::services::{Deps, how_far};
use crate::store::{StoreError, digests, holds, issues, publications};
use crate::web::Web;

/// A page's frame, and the publication that it is about.
pub(super) struct Framing {
    pub(super) frame: Frame,
    /// All that are not archived, by name.
    pub(super) publications: Vec<Publication>,
    /// Of the publication at hand, else UTC.
    pub(super) zone: Tz,
}

impl<R: Right> SignedIn<R> {
    /// The frame of a page that is about no publication in particular: the one at hand last stays.
    pub(super) async fn frame(
        &self,
        section: Section,
        title: impl Into<String>,
    ) -> Result<Framing, AdminError> {
        self.frame_of(section, title, None).await
    }

    /// The frame of a page of a publication.
    pub(super) async fn frame_of(
        &self,
        section: Section,
        title: impl Into<String>,
        publication: Option<&Publication>,
    ) -> Result<Framing, AdminError> {
        self.frame_with(section, title, publication, None).await
    }

    /// The same for a page that has counted an issue already: of a long ledger that takes its time.
    pub(super) async fn frame_with(
        &self,
        section: Section,
        title: impl Into<String>,
        publication: Option<&Publication>,
        counted: Option<(IssueId, Counts)>,
    ) -> Result<Framing, AdminError> {
        let mut tx = self.deps.store.read().await?;
        let mut all = publications::list(&mut tx).await?;
        let is_held = holds::find(&mut tx).await?.is_some();
        let under_way = issues::under_way(&mut tx).await?;
        drop(tx);
        let sending = if is_held {
            held()
        } else {
            sending(&self.deps, &under_way, counted).await?
        };
        let wanted = publication
            .map(|p| &p.slug)
            .or(self.last_publication.as_ref());
        all.retain(|p| p.archived_at.is_none() || Some(&p.slug) == wanted);
        let named = all.iter().find(|p| Some(&p.slug) == wanted);
        let at_hand = named.or(all.first());
        let option = |p: &Publication| PublicationOption {
            slug: p.slug.to_string(),
            name: p.name.clone(),
            chosen: at_hand.is_some_and(|chosen| chosen.id == p.id),
        };
        let zone = at_hand.map_or(Tz::UTC, |p| p.timezone);
        let place = at_hand.map(|p| (p.slug.as_str(), p.name.as_str()));
        let frame = Frame {
            title: title.into(),
            section,
            operator: self.operator.email.to_string(),
            rights: self.rights(),
            nav: groups(self.operator.role, place),
            publications: all.iter().map(option).collect(),
            publication: at_hand.map(option),
            stay: publication_page(section),
            zone: zone.name().to_owned(),
            sending,
            flash: self.flash.clone(),
            form_token: self.token.form_token(),
            css_url: css_url(),
        };
        Ok(Framing {
            frame,
            publications: all,
            zone,
        })
    }

    fn rights(&self) -> String {
        let sends = if self.operator.may_send {
            ", may send"
        } else {
            ""
        };
        format!("{}{sends}", self.operator.role)
    }

    /// Answers with a page.
    pub(super) fn page<P: Framed>(&self, web: &Web, page: &P) -> Result<Response, AdminError> {
        self.page_with(web, StatusCode::OK, page)
    }

    /// Answers with a page whose form was not taken.
    pub(super) fn refused<P: Framed>(&self, web: &Web, page: &P) -> Result<Response, AdminError> {
        self.page_with(web, StatusCode::UNPROCESSABLE_ENTITY, page)
    }

    fn page_with<P: Framed>(
        &self,
        web: &Web,
        status: StatusCode,
        page: &P,
    ) -> Result<Response, AdminError> {
        let html = web.deps.renderer.page(page)?;
        let mut response = (status, Html(html)).into_response();
        if self.flash.is_some() {
            cookies::clear_flash(web, &mut response);
        }
        let at_hand = page.frame().publication.as_ref().map(|p| p.slug.as_str());
        if let Some(slug) = at_hand
            && self.last_publication.as_ref().map(Slug::as_str) != Some(slug)
        {
            cookies::set_publication(web, &mut response, slug);
        }
        Ok(response)
    }

    /// Finds the digest that a path names, and its publication.
    pub(super) async fn digest(
        &self,
        publication: &str,
        slug: &str,
    ) -> Result<(Publication, Digest), AdminError> {
        let publication = self.publication(publication).await?;
        let mut tx = self.deps.store.read().await?;
        let found = digests::find_by_slug(&mut tx, publication.id, slug).await?;
        Ok((publication, found.ok_or(AdminError::NotFound)?))
    }

    /// Finds the publication that a path names.
    pub(super) async fn publication(&self, slug: &str) -> Result<Publication, AdminError> {
        let mut tx = self.deps.store.read().await?;
        let found = publications::find_by_slug(&mut tx, slug).await?;
        found.ok_or(AdminError::NotFound)
    }
}

/// Sends on to a page, which says what was done.
pub(super) fn done(web: &Web, path: &str, text: impl Into<String>) -> Response {
    said(web, path, false, text.into())
}

/// Sends on to a page, which says why nothing was done.
pub(super) fn undone(web: &Web, path: &str, text: impl Into<String>) -> Response {
    said(web, path, true, text.into())
}

fn said(web: &Web, path: &str, is_error: bool, text: String) -> Response {
    let mut response = Redirect::to(path).into_response();
    cookies::set_flash(web, &mut response, &Flash { is_error, text });
    response
}

fn held() -> Sending {
    Sending {
        state: Shown::new("held", Tone::Bad),
        what: Some("nothing is sent".to_owned()),
    }
}

/// What is being sent, for the top line.
async fn sending(
    deps: &Deps,
    under_way: &[Issue],
    counted: Option<(IssueId, Counts)>,
) -> Result<Sending, StoreError> {
    let Some(issue) = under_way.first() else {
        return Ok(Sending {
            state: Shown::new("idle", Tone::Calm),
            what: None,
        });
    };
    let counts = match counted {
        Some((id, counts)) if id == issue.id => Some(counts),
        _ => how_far::about(deps, issue).await?,
    };
    let mut tx = deps.store.read().await?;
    let digest = digests::find(&mut tx, issue.digest).await?;
    drop(tx);
    let number = issue.number.map_or(String::new(), |n| format!(" No. {n}"));
    let more = match under_way.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Ok(Sending {
        state: progress(issue, counts.as_ref()),
        what: digest.map(|digest| format!("{}{number}{more}", digest.name)),
    })
}

/// How far an issue is, in words.
fn progress(issue: &Issue, counts: Option<&Counts>) -> Shown {
    let Some(counts) = counts else {
        return words::of_issue(issue.state);
    };
    let done = counts.recipients - counts.open();
    let percent = (100 * done).checked_div(counts.recipients).unwrap_or(0);
    match issue.state {
        IssueState::Sending => Shown::new(format!("sending {percent} %"), Tone::Busy),
        IssueState::Paused => Shown::new(format!("paused at {percent} %"), Tone::Warn),
        state => Shown::new(state, Tone::Busy),
    }
}
