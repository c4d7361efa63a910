//! `/api/v1/subscribers/{id}/subscriptions/{publication}`: a reader's place in a publication.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::Nothing;
use super::caller::{Caller, Editor};
use super::input::{Input, Named};
use super::once::{accepted, done};
use super::page::{changed, shown};
use super::problem::Problem;
use super::schemas::{At, SlugText, ZoneText, changes};
use super::subscriber_view::SubscriptionView;
use super::subscribers;
use super::unchanged::IfMatch;
use crate::domain::digest::Digest;
use crate::domain::publication::Publication;
use crate::domain::subscription::Subscription;
use crate::services::manage_subscription::{self, Edits};
use crate::services::sign_up;
use crate::store::{Tx, digests};
use crate::web::Web;

changes! {
    /// What is to change about a confirmed subscription; what is left out stays.
    #[schema(as = SubscriptionChange)]
    Change {
        /// Empty for all.
        topics: Vec<SlugText>,
        /// Empty for the first.
        digests: Vec<SlugText>,
        #[schema(min_length = 2, max_length = 35, examples("de"))]
        language: String,
        /// Null forgets it.
        timezone: Option<ZoneText>,
        /// Nothing is sent before, also of issues that are going out; null ends a pause.
        paused_until: Option<At>,
    }
}

impl From<Change> for Edits {
    fn from(change: Change) -> Self {
        let slugs = |given: Option<Vec<SlugText>>| {
            given.map(|all| all.into_iter().map(|slug| slug.0).collect())
        };
        Self {
            topics: slugs(change.topics),
            digests: slugs(change.digests),
            language: change.language,
            timezone: change.timezone.map(|zone| zone.map(|zone| zone.0)),
            paused_until: change.paused_until.map(|at| at.map(|at| at.0)),
        }
    }
}

/// A subscription with what it belongs to.
struct Place {
    publication: Publication,
    digests: Vec<Digest>,
    subscription: Subscription,
}

impl Place {
    fn view(&self) -> SubscriptionView {
        SubscriptionView::new(&self.publication, &self.digests, &self.subscription)
    }
}

/// Finds a subscription that the caller reaches.
async fn find(
    tx: &mut Tx,
    caller: &Caller,
    (id, slug): &(String, String),
) -> Result<Place, Problem> {
    let (_, places) = subscribers::find(tx, caller, id).await?;
    let publication = caller.publication(tx, slug).await?;
    let mut found = places
        .into_iter()
        .filter(|p| p.publication == publication.id);
    let missing = || Problem::NotFound(format!("The reader has no subscription to {slug:?}."));
    Ok(Place {
        subscription: found.next().ok_or_else(missing)?,
        digests: digests::list(tx, publication.id).await?,
        publication,
    })
}

/// Shows a reader's subscription.
#[utoipa::path(get, path = "/api/v1/subscribers/{id}/subscriptions/{publication}", tag = "Subscribers", operation_id = "showSubscription",
    params(("id" = String, Path, description = "The reader's id."), ("publication" = String, Path, description = "The publication's slug.")),
    security(("token" = ["viewer"])),
    responses((status = 200, description = "The subscription.", body = SubscriptionView)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(names): Named<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let place = find(&mut tx, &caller, &names).await?;
    Ok(shown(&headers, &place.view()))
}

/// Changes a confirmed subscription; what is left out stays.
#[utoipa::path(patch, path = "/api/v1/subscribers/{id}/subscriptions/{publication}", tag = "Subscribers", operation_id = "updateSubscription",
    params(("id" = String, Path, description = "The reader's id."), ("publication" = String, Path, description = "The publication's slug.")),
    security(("token" = ["editor"])), request_body = Change,
    responses((status = 200, description = "As it is now.", body = SubscriptionView)))]
pub(super) async fn update(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<(String, String)>,
    known: IfMatch,
    input: Input<Change>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let place = find(&mut tx, &caller, &names).await?;
    drop(tx);
    let still = |subscription: &Subscription| {
        known.holds(&SubscriptionView::new(
            &place.publication,
            &place.digests,
            subscription,
        ))
    };
    let id = place.subscription.id;
    let edits = input.value.into();
    let subscription = manage_subscription::change(&web.deps, id, edits, still).await?;
    let place = Place {
        subscription,
        publication: place.publication,
        digests: place.digests,
    };
    Ok(changed(&place.view()))
}

/// Ends a subscription, and skips what was still to go out to it.
#[utoipa::path(post, path = "/api/v1/subscribers/{id}/subscriptions/{publication}/unsubscribe", tag = "Subscribers", operation_id = "unsubscribe",
    params(("id" = String, Path, description = "The reader's id."), ("publication" = String, Path, description = "The publication's slug.")),
    security(("token" = ["editor"])),
    responses((status = 200, description = "As it is now.", body = SubscriptionView)))]
pub(super) async fn unsubscribe(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<(String, String)>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = async {
        let mut tx = web.deps.store.read().await?;
        let mut place = find(&mut tx, &caller, &names).await?;
        drop(tx);
        place.subscription = manage_subscription::leave(&web.deps, place.subscription.id).await?;
        Ok(done(&place.view()))
    };
    input.once.carry_out(&web, &caller, work).await
}

/// Sends the mail again that asks to confirm.
///
/// It counts against what the inbox may get in a day; 409 where that is used up, or the request has
/// expired.
#[utoipa::path(post, path = "/api/v1/subscribers/{id}/subscriptions/{publication}/resend-confirmation", tag = "Subscribers", operation_id = "resendConfirmation",
    params(("id" = String, Path, description = "The reader's id."), ("publication" = String, Path, description = "The publication's slug.")),
    security(("token" = ["editor"])),
    responses((status = 202, description = "The mail goes out soon.", body = SubscriptionView)))]
pub(super) async fn resend(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(names): Named<(String, String)>,
    input: Input<Option<Nothing>>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let work = async {
        let mut tx = web.deps.store.read().await?;
        let place = find(&mut tx, &caller, &names).await?;
        drop(tx);
        sign_up::resend(&web.deps, place.subscription.id).await?;
        Ok(accepted(&place.view()))
    };
    input.once.carry_out(&web, &caller, work).await
}
