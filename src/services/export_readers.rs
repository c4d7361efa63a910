//! The readers of a publication as a table that an import can read again, a piece at a time, so that a
//! million of them need no memory.

use std::io;

use futures_util::{Stream, stream};
use serde_json::json;

use super::Deps;
use super::audit::note;
use super::output::ledger::csv_cell;
use crate::domain::audit::{Change, Kind};
use crate::domain::clock::Time;
use crate::domain::publication::Publication;
use crate::store::StoreError;
use crate::store::subscribers::browse::{self, Effort, Filter, Listed, Place};

/// Readers in a piece.
const PIECE: usize = 1000;

/// The columns, as an import names them. A suppressed reader has a status that no import takes.
const HEAD: &str = "email,name,language,topics,digests,status,confirmed_at\n";

/// Writes down that somebody takes the readers along.
pub async fn begin(
    deps: &Deps,
    publication: &Publication,
    filter: &Filter,
) -> Result<(), StoreError> {
    let asked = json!({
        "state": filter.state, "topic": filter.topic, "by address": filter.start.is_some(),
    });
    let entry = Change::of("export", Kind::Subscriber, &publication.slug).within(publication.id);
    let mut tx = deps.store.begin().await?;
    note(deps, &mut tx, entry.to(asked)).await?;
    tx.commit().await
}

/// Where a table stands.
enum At {
    Head,
    Behind(Option<Place>),
    End,
}

/// The table, read while it goes out.
pub fn table(deps: Deps, filter: Filter) -> impl Stream<Item = io::Result<String>> {
    stream::try_unfold((deps, filter, At::Head), async |(deps, filter, at)| {
        let after = match at {
            At::Head => {
                return Ok(Some((HEAD.to_owned(), (deps, filter, At::Behind(None)))));
            }
            At::End => return Ok(None),
            At::Behind(after) => after,
        };
        let piece = piece(&deps, &filter, after.as_ref()).await;
        let (text, next) = piece.map_err(io::Error::other)?;
        let at = next.map_or(At::End, |place| At::Behind(Some(place)));
        Ok(Some((text, (deps, filter, at))))
    })
}

/// The next lines of the table, and where to go on.
async fn piece(
    deps: &Deps,
    filter: &Filter,
    after: Option<&Place>,
) -> Result<(String, Option<Place>), StoreError> {
    let mut tx = deps.store.read().await?;
    let page = browse::page(&mut tx, filter, after, PIECE, Effort::default()).await?;
    let mut text = String::new();
    for reader in &page.readers {
        text.push_str(&line(reader));
        text.push('\n');
    }
    Ok((text, page.next))
}

fn line(reader: &Listed) -> String {
    let joined = |key: String| key.replace(',', ";");
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = |at: Option<Time>| at.map(|t| t.to_rfc3339()).unwrap_or_default();
    let cells = [
        reader.email.clone(),
        text(&reader.name),
        text(&reader.language),
        joined(reader.topics.key()),
        joined(reader.digests.key()),
        reader.state.to_string(),
        time(reader.confirmed_at),
    ];
    cells.map(|cell| csv_cell(&cell)).join(",")
}
