//! Addresses that get no mail.

use axum::extract::{Query, State};
use axum::response::Response;
use chrono_tz::Tz;
use serde::Deserialize;

use super::error::{AdminError, sentence};
use super::fields::Fields;
use super::forms::{Errors, filled, take, text, words};
use super::frame::{done, undone};
use super::posted::Posted;
use super::signed_in::{Changes, Reads, Right, SignedIn};
use crate::domain::email_address::EmailAddress;
use crate::domain::suppression::{Suppression, SuppressionReason};
use crate::render::admin::form::{Input, Kind};
use crate::render::admin::nav::Section;
use crate::render::admin::service::{SuppressionPage, SuppressionRow};
use crate::render::admin::when::When;
use crate::services::suppress;
use crate::store::suppressions;
use crate::web::Web;

const PATH: &str = "/admin/suppression";
/// The latest that are shown; the others are looked up.
const SHOWN: i64 = 50;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
}

/// `GET /admin/suppression`
pub(super) async fn show(
    State(web): State<Web>,
    me: SignedIn<Reads>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let page = page(&me, asked.q.trim(), &Fields::default(), &Errors::new()).await?;
    me.page(&web, &page)
}

async fn page<R: Right>(
    me: &SignedIn<R>,
    query: &str,
    values: &Fields,
    errors: &Errors,
) -> Result<SuppressionPage, AdminError> {
    let framing = me.frame(Section::Suppression, "Suppression").await?;
    let mut tx = me.deps.store.read().await?;
    let mut query_error = None;
    let found = match query.parse::<EmailAddress>() {
        _ if query.is_empty() => suppressions::latest(&mut tx, SHOWN).await?,
        Ok(email) => {
            let hash = me.deps.keys.email_hash(&email);
            suppressions::find(&mut tx, hash)
                .await?
                .into_iter()
                .collect()
        }
        Err(why) => {
            query_error = Some(sentence(&why.to_string()));
            Vec::new()
        }
    };
    drop(tx);
    let inputs = vec![
        Input::new(Kind::Email, "email", "Address"),
        words("reason", "Reason", SuppressionReason::WORDS)
            .help("With “erased” only a hash of the address is kept."),
        text("source", "Who said so").optional(),
    ];
    let rows = found.iter().map(|s| row(s, query, framing.zone));
    Ok(SuppressionPage {
        may_change: me.may::<Changes>(),
        query: query.to_owned(),
        query_error,
        rows: rows.collect(),
        inputs: filled(inputs, values, errors),
        error: None,
        frame: framing.frame,
    })
}

fn row(suppression: &Suppression, query: &str, zone: Tz) -> SuppressionRow {
    let email = suppression.email.as_ref().map(ToString::to_string);
    // Whoever looks an erased address up knows it, and may end its suppression.
    let looked_up = Some(query.to_owned()).filter(|query| !query.is_empty());
    let name = email.or(looked_up);
    SuppressionRow {
        is_address: name.is_some(),
        name: name.unwrap_or_else(|| suppression.email_hash.to_string()),
        reason: suppression.reason.to_string(),
        source: suppression.source.clone().unwrap_or_default(),
        since: When::at(suppression.created_at, zone),
    }
}

/// `POST /admin/suppression`
pub(super) async fn add(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let mut errors = Errors::new();
    let email: Option<EmailAddress> = take(&fields, "email", &mut errors);
    let reason: Option<SuppressionReason> = take(&fields, "reason", &mut errors);
    let (Some(email), Some(reason)) = (email, reason) else {
        let page = page(&me, "", &fields, &errors).await?;
        return me.refused(&web, &page);
    };
    let source = fields
        .optional("source")
        .unwrap_or(me.operator.email.as_str());
    let added = suppress::add(&me.deps, &email, reason, Some(source)).await?;
    Ok(if added {
        done(&web, PATH, format!("{email} gets no more mail."))
    } else {
        undone(
            &web,
            PATH,
            format!("{email} was suppressed already; what stands there stays."),
        )
    })
}

/// `POST /admin/suppression/remove`
pub(super) async fn remove(
    State(web): State<Web>,
    Posted { me, fields }: Posted<Changes>,
) -> Result<Response, AdminError> {
    let email: EmailAddress = fields.read_as("email").map_err(AdminError::Refused)?;
    Ok(if suppress::remove(&me.deps, &email).await? {
        done(&web, PATH, format!("{email} may get mail again."))
    } else {
        undone(&web, PATH, format!("{email} is not suppressed."))
    })
}
