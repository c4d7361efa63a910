//! Publications: the list, a new one, and the settings of one.

use axum::extract::{Path, State};
use axum::response::Response;

use super::error::{AdminError, sentence};
use super::fields::Fields;
use super::forms::{Errors, take_slug};
use super::frame::done;
use super::posted::Posted;
use super::publication_form::{self as form, Given};
use super::signed_in::{Changes, Reads, Right, SignedIn};
use crate::domain::publication::Publication;
use crate::domain::slug::Slug;
use crate::render::admin::frame::{Choice, State as Shown, Tone};
use crate::render::admin::here_script_url;
use crate::render::admin::nav::Section;
use crate::render::admin::places::{PublicationPage, PublicationRow, PublicationsPage};
use crate::services::manage_publication::{self, NewPublication, PublicationError};
use crate::store::{publications, subscriptions};
use crate::web::Web;

/// `GET /admin/publications`
pub(super) async fn list(
    State(web): State<Web>,
    me: SignedIn<Reads>,
) -> Result<Response, AdminError> {
    let values = Fields::of(&[("language", "en")]);
    let page = list_page(&me, &values, &Errors::new(), None).await?;
    me.page(&web, &page)
}

async fn list_page<R: Right>(
    me: &SignedIn<R>,
    values: &Fields,
    errors: &Errors,
    error: Option<String>,
) -> Result<PublicationsPage, AdminError> {
    let framing = me.frame(Section::Publications, "Publications").await?;
    let mut tx = me.deps.store.read().await?;
    let mut rows = Vec::new();
    for publication in publications::list(&mut tx).await? {
        let (active, pending, _) = subscriptions::count(&mut tx, publication.id).await?;
        rows.push(PublicationRow {
            slug: publication.slug.to_string(),
            name: publication.name,
            active,
            pending,
            state: match publication.archived_at {
                Some(_) => Shown::new("archived", Tone::Calm),
                None => Shown::new("active", Tone::Good),
            },
        });
    }
    Ok(PublicationsPage {
        frame: framing.frame,
        may_change: me.may::<Changes>(),
        groups: form::of_new(&me.deps, rows.is_empty(), values, errors),
        publications: rows,
        error,
        script_url: here_script_url(),
    })
}

/// `POST /admin/publications`
pub(super) async fn make(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let mut errors = Errors::new();
    let slug = take_slug(&fields, &mut errors).and_then(|slug| {
        Slug::for_publication(slug.as_str())
            .map_err(|e| errors.insert("slug", sentence(&e.to_string())))
            .ok()
    });
    let given = Given::read(&fields, &mut errors);
    let (Some(slug), Some(given)) = (slug, given) else {
        let page = list_page(&me, &fields, &errors, None).await?;
        return me.refused(&web, &page);
    };
    match manage_publication::create(&me.deps, new(slug, given)).await {
        Ok(made) => {
            let text = format!("{} is made. Connect a feed next.", made.name);
            Ok(done(&web, &format!("/admin/p/{}/feeds", made.slug), text))
        }
        Err(error) => {
            let error = form::place(error, &mut errors)?;
            let page = list_page(&me, &fields, &errors, error).await?;
            me.refused(&web, &page)
        }
    }
}

fn new(slug: Slug, given: Given) -> NewPublication {
    NewPublication {
        slug,
        name: given.name,
        from: given.from,
        reply_to: given.reply_to,
        postal_address: given.postal_address,
        language: given.language,
        languages: Vec::new(),
        timezone: given.timezone,
        description: given.description,
        privacy_url: given.privacy_url,
        relays: Vec::new(),
    }
}

/// `GET /admin/p/{publication}`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Path(slug): Path<String>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let values = form::values(&publication);
    let page = page(&me, &publication, &values, &Errors::new(), None).await?;
    me.page(&web, &page)
}

async fn page<R: Right>(
    me: &SignedIn<R>,
    publication: &Publication,
    values: &Fields,
    errors: &Errors,
    error: Option<String>,
) -> Result<PublicationPage, AdminError> {
    let title = publication.name.as_str();
    let framing = me
        .frame_of(Section::Settings, title, Some(publication))
        .await?;
    let mut tx = me.deps.store.read().await?;
    let (active, _, _) = subscriptions::count(&mut tx, publication.id).await?;
    drop(tx);
    let plan = me.deps.present();
    let relay = |name: &&str| Choice {
        value: (*name).to_owned(),
        name: (*name).to_owned(),
        chosen: values.all("relays").any(|ticked| ticked == *name),
    };
    Ok(PublicationPage {
        slug: publication.slug.to_string(),
        url: format!("{}/{}", me.deps.limits.public_url, publication.slug),
        may_change: me.may::<Changes>(),
        inputs: form::of_one(&me.deps, values, errors),
        relays: plan.routes.names().iter().map(relay).collect(),
        error,
        is_archived: publication.archived_at.is_some(),
        active,
        frame: framing.frame,
    })
}

/// `POST /admin/p/{publication}`
pub(super) async fn save(
    State(web): State<Web>,
    Path(slug): Path<String>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let publication = me.publication(&slug).await?;
    let mut errors = Errors::new();
    let given = Given::read(&fields, &mut errors);
    let look = form::look(&fields, &publication, &mut errors);
    let mut error = None;
    if let (Some(given), Some(look)) = (given, look) {
        let relays: Vec<String> = fields.all("relays").map(str::to_owned).collect();
        let changed = manage_publication::update(&me.deps, &slug, |p| {
            given.apply(p);
            (p.look, p.relays) = (look, relays);
            Ok(())
        });
        match changed.await {
            Ok(_) => return Ok(done(&web, &format!("/admin/p/{slug}"), "Saved.")),
            Err(why) => error = form::place(why, &mut errors)?,
        }
    }
    let page = page(&me, &publication, &fields, &errors, error).await?;
    me.refused(&web, &page)
}

/// `POST /admin/p/{publication}/archive`
pub(super) async fn archive(
    State(web): State<Web>,
    Path(slug): Path<String>,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    set_archived(&web, &me, &slug, true).await
}

/// `POST /admin/p/{publication}/unarchive`
pub(super) async fn unarchive(
    State(web): State<Web>,
    Path(slug): Path<String>,
    Posted { me, .. }: Posted<Changes>,
) -> Result<Response, AdminError> {
    set_archived(&web, &me, &slug, false).await
}

async fn set_archived(
    web: &Web,
    me: &SignedIn<Changes>,
    slug: &str,
    archived: bool,
) -> Result<Response, AdminError> {
    let at = archived.then(|| me.deps.now());
    let changed = manage_publication::update(&me.deps, slug, |p| {
        p.archived_at = at;
        Ok(())
    });
    let changed = changed.await.map_err(|error| match error {
        PublicationError::Store(error) => error.into(),
        PublicationError::Unknown(_) => AdminError::NotFound,
        other => AdminError::Refused(other.to_string()),
    })?;
    let state = if archived {
        "is archived"
    } else {
        "is active again"
    };
    let text = format!("{} {state}.", changed.name);
    Ok(done(web, &format!("/admin/p/{slug}"), text))
}
