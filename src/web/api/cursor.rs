//! Where a page of a list ended, as a text that programs hand back and need not understand.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::problem::Problem;
use crate::domain::clock::Time;
use crate::domain::ids::ArticleId;
use crate::store::articles::Place;

/// Writes the place of an article as a cursor.
pub(super) fn of_place(place: Place) -> String {
    let mut bytes = Vec::with_capacity(32);
    bytes.extend_from_slice(&place.seen_at.timestamp_micros().to_be_bytes());
    bytes.extend_from_slice(&place.dated_at.timestamp_micros().to_be_bytes());
    bytes.extend_from_slice(place.id.0.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads that back.
pub(super) fn place(cursor: &str) -> Result<Place, Problem> {
    read(cursor).ok_or_else(foreign)
}

fn read(cursor: &str) -> Option<Place> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (seen_at, rest) = bytes.split_first_chunk::<8>()?;
    let (dated_at, id) = rest.split_first_chunk::<8>()?;
    let time = |micros: &[u8; 8]| Time::from_timestamp_micros(i64::from_be_bytes(*micros));
    Some(Place {
        seen_at: time(seen_at)?,
        dated_at: time(dated_at)?,
        id: ArticleId(Uuid::from_slice(id).ok()?),
    })
}

/// Writes the time and id of a place as a cursor.
pub(super) fn of_moment(at: Time, id: Uuid) -> String {
    of_text(&format!("{} {id}", at.timestamp_micros()))
}

/// Reads that back.
pub(super) fn moment(cursor: &str) -> Result<(Time, Uuid), Problem> {
    let text = text(cursor)?;
    let (at, id) = text.split_once(' ').ok_or_else(foreign)?;
    let at = at.parse().ok().and_then(Time::from_timestamp_micros);
    at.zip(id.parse().ok()).ok_or_else(foreign)
}

/// What stands before the texts of cursors, so that few others pass for one.
const MARK: &[u8] = b"\x01";

/// Writes a key, by which a list is in order, as a cursor.
pub(super) fn of_text(key: &str) -> String {
    URL_SAFE_NO_PAD.encode([MARK, key.as_bytes()].concat())
}

/// Reads that back.
pub(super) fn text(cursor: &str) -> Result<String, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| foreign())?;
    let key = bytes
        .strip_prefix(MARK)
        .and_then(|key| std::str::from_utf8(key).ok());
    let key = key.filter(|key| !key.contains('\0')).ok_or_else(foreign)?;
    Ok(key.to_owned())
}

/// A cursor that this list has not given.
pub(super) fn foreign() -> Problem {
    Problem::Request("The cursor is none of ours; hand back next_cursor as it is.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_others_are_refused() {
        let place = Place {
            seen_at: "2026-03-02T08:00:00.123456Z".parse().unwrap(),
            dated_at: "1969-03-02T08:00:00Z".parse().unwrap(),
            id: ArticleId(Uuid::from_u128(7)),
        };
        let cursor = of_place(place);
        assert_eq!(read(&cursor), Some(place));
        for wrong in ["", "x", &cursor[1..], &cursor[..40], &"_".repeat(43)] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        let (at, id) = (place.seen_at, Uuid::from_u128(9));
        assert_eq!(moment(&of_moment(at, id)).unwrap(), (at, id));
        assert_eq!(
            text(&of_text("ann@example.org")).unwrap(),
            "ann@example.org"
        );
        for wrong in ["", "!", &cursor, &of_text("\0"), &of_text("7")] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
