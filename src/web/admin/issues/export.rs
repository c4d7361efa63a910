//! The ledger of an issue as a table for spreadsheets, read while it goes out.

use std::io;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};

use super::Whole;
use super::deliveries::Asked;
use crate::services::Deps;
use crate::services::output::ledger::LedgerOutput;
use crate::store::StoreError;
use crate::store::ledger::{self, Browse, Line};
use crate::web::Web;
use crate::web::admin::error::AdminError;
use crate::web::admin::signed_in::{Reads, SignedIn};

/// Lines that are read at a time.
const AT_ONCE: i64 = 1000;

/// `GET /admin/issues/{id}/deliveries.csv`
pub(in crate::web::admin) async fn show(
    State(_): State<Web>,
    me: SignedIn<Reads>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AdminError> {
    let whole = Whole::find(&me, &id).await?;
    let file = format!(
        "attachment; filename=\"{}-{}.csv\"",
        whole.digest.slug, whole.issue.id
    );
    let head = format!("{}\r\n", LedgerOutput::HEAD);
    let first = stream::iter([Ok::<_, io::Error>(head)]);
    let begin = Some((me.deps, whole, asked.browse()));
    let rest = stream::try_unfold(begin, async |at| {
        let Some((deps, whole, mut wanted)) = at else {
            return Ok(None);
        };
        let page = read(&deps, &whole, &wanted).await;
        let (lines, end) = page.map_err(io::Error::other)?;
        let text = table(&whole, lines);
        let next = end.map(|end| {
            wanted.after = end;
            (deps, whole, wanted)
        });
        Ok(Some((text, next)))
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present".to_owned(),
        ),
        (header::CONTENT_DISPOSITION, file),
    ];
    Ok((headers, Body::from_stream(first.chain(rest))).into_response())
}

async fn read(
    deps: &Deps,
    whole: &Whole,
    wanted: &Browse,
) -> Result<(Vec<Line>, Option<String>), StoreError> {
    let mut tx = deps.store.read().await?;
    ledger::browse(&mut tx, &whole.issue, wanted, AT_ONCE).await
}

fn table(whole: &Whole, lines: Vec<Line>) -> String {
    let line = |line| {
        let line = LedgerOutput::new(whole.issue.id, &whole.publication, line);
        format!("{}\r\n", line.csv())
    };
    lines.into_iter().map(line).collect()
}
