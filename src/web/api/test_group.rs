//! `/api/v1/publications/{publication}/test-group`: who gets the test mails of a publication.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::{Caller, Editor};
use super::input::{Input, Named};
use super::page::{changed, shown};
use super::problem::Problem;
use super::schemas::AddressText;
use super::unchanged::IfMatch;
use crate::domain::email_address::EmailAddress;
use crate::domain::publication::Publication;
use crate::services::manage_test_group::{self as service, MOST};
use crate::store::{Tx, test_addresses};
use crate::web::Web;

/// Who gets test mails.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TestGroup)]
pub(super) struct View {
    addresses: Vec<String>,
}

/// Who is to get test mails, instead of those known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TestGroupInput)]
pub(super) struct New {
    /// Empty for nobody.
    #[schema(max_items = 20)]
    addresses: Vec<AddressText>,
}

impl From<&[EmailAddress]> for View {
    fn from(group: &[EmailAddress]) -> Self {
        Self {
            addresses: group.iter().map(ToString::to_string).collect(),
        }
    }
}

async fn find(
    tx: &mut Tx,
    caller: &Caller,
    slug: &str,
) -> Result<(Publication, Vec<EmailAddress>), Problem> {
    let publication = caller.publication(tx, slug).await?;
    let group = test_addresses::list(tx, publication.id).await?;
    Ok((publication, group))
}

/// Shows the test group of a publication.
#[utoipa::path(get, path = "/api/v1/publications/{publication}/test-group", tag = "Publications", operation_id = "showTestGroup",
    params(("publication" = String, Path, description = "Its slug.")), security(("token" = ["viewer"])),
    responses((status = 200, description = "The group.", body = View)))]
pub(super) async fn show(
    State(web): State<Web>,
    caller: Caller,
    Named(slug): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut tx = web.deps.store.read().await?;
    let (_, group) = find(&mut tx, &caller, &slug).await?;
    Ok(shown(&headers, &View::from(group.as_slice())))
}

/// Puts another test group in its place.
#[utoipa::path(put, path = "/api/v1/publications/{publication}/test-group", tag = "Publications", operation_id = "putTestGroup",
    params(("publication" = String, Path, description = "Its slug.")), security(("token" = ["editor"])),
    request_body = New,
    responses((status = 200, description = "As it is now.", body = View),
        (status = 412, description = "It has changed since.")))]
pub(super) async fn put(
    State(web): State<Web>,
    Editor(caller): Editor,
    Named(slug): Named<String>,
    known: IfMatch,
    input: Input<New>,
) -> Result<Response, Problem> {
    let web = caller.acting(web);
    let mut tx = web.deps.store.read().await?;
    let (publication, present) = find(&mut tx, &caller, &slug).await?;
    drop(tx);
    if !known.holds(&View::from(present.as_slice())) {
        return Err(Problem::Changed);
    }
    let mut group: Vec<EmailAddress> = Vec::new();
    for AddressText(address) in input.value.addresses {
        if !group.contains(&address) {
            group.push(address);
        }
    }
    if group.len() > MOST {
        let text = format!("a test goes to {MOST} addresses at most");
        return Err(Problem::field("addresses", text));
    }
    service::set(&web.deps, &publication, &group).await?;
    Ok(changed(&View::from(group.as_slice())))
}
