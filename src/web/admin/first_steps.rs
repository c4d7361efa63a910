//! What is left to do before a new publication goes out by itself.

use super::digests::path;
use crate::domain::publication::Publication;
use crate::domain::relay::RelayState;
use crate::domain::slug::Slug;
use crate::render::admin::places::NextStep;
use crate::render::admin::today::{Readers, Step};
use crate::services::Deps;
use crate::services::deliver::Condition;
use crate::store::{StoreError, Tx, digests, feeds, publications};

/// Where to go on, while there is no digest.
pub(super) fn next_steps(
    publication: &Slug,
    has_topics: bool,
    has_digest: bool,
) -> Option<Vec<NextStep>> {
    if has_digest {
        return None;
    }
    let step = |name, page: &str| NextStep {
        name,
        url: format!("/admin/p/{publication}/{page}"),
    };
    let digest = step("make a digest", "make-digest");
    Some(if has_topics {
        vec![digest]
    } else {
        vec![step("name topics", "topics"), digest]
    })
}

/// What is left to do before a publication goes out by itself; nothing where it does.
pub(super) async fn first_steps(
    tx: &mut Tx,
    at_hand: Option<(&Publication, &Readers)>,
    deps: &Deps,
) -> Result<Vec<Step>, StoreError> {
    let made = Step {
        name: "Make a publication",
        help: "It is what people subscribe to.".to_owned(),
        url: "/admin/publications".to_owned(),
        is_done: at_hand.is_some(),
    };
    let Some((publication, readers)) = at_hand else {
        return Ok(vec![made]);
    };
    let step = |name, help: &str, page, is_done| Step {
        name,
        help: help.to_owned(),
        url: format!("/admin/p/{}/{page}", publication.slug),
        is_done,
    };
    let has_feed = !feeds::list(tx, Some(publication.id)).await?.is_empty();
    let has_topic = !publications::topics(tx, publication.id).await?.is_empty();
    let digests = digests::list(tx, publication.id).await?;
    let has_digest = !digests.is_empty();
    let has_reader = readers.active + readers.pending + readers.left > 0;
    if has_digest && has_reader {
        return Ok(Vec::new());
    }
    Ok(vec![
        made,
        step(
            "Connect a feed",
            "Its articles are what goes out.",
            "feeds",
            has_feed,
        ),
        step(
            "Name topics",
            "Readers choose from them. Without any, everybody gets everything.",
            "topics",
            has_topic,
        ),
        step(
            "Make a digest",
            "When it goes out, and how much is in it.",
            "digests",
            has_digest,
        ),
        Step {
            url: digests.first().map_or_else(
                || "/admin/relays".to_owned(),
                |digest| format!("{}/send", path(publication, digest)),
            ),
            ..step(
                "Send yourself a test",
                "It shows whether your mail server takes what is sent; none has gone through it yet.",
                "",
                deps.present().routes.conditions().iter().any(is_tried),
            )
        },
        Step {
            help: format!(
                "The form is at {}/{}.",
                deps.limits.public_url, publication.slug
            ),
            url: format!("/admin/p/{}", publication.slug),
            ..step("Let readers sign up", "", "", has_reader)
        },
    ])
}

fn is_tried(relay: &Condition) -> bool {
    relay.relay_state() == RelayState::Working
}
