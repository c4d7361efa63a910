//! What counts as news for a digest.

use chrono::TimeDelta;

use crate::domain::article::Article;
use crate::domain::clock::Time;
use crate::domain::digest::{Digest, Window};
use crate::domain::publication::TopicChoice;
use crate::domain::selection;
use crate::store::articles::{self, Search};
use crate::store::{StoreError, Tx, issues};

/// The most articles that one issue looks at.
const MOST: i64 = 500;

/// What counts as news for a digest at a time: not considered for an earlier issue, not too old, of
/// the digest's topics; in the order of the mail. With `as_of` it is what that time saw or will see.
///
/// "Since the last issue" rests on what earlier issues considered, not on times: an article that
/// was on its way into the database while the last issue was frozen is not lost.
pub(super) async fn find(
    tx: &mut Tx,
    digest: &Digest,
    now: Time,
    as_of: Option<Time>,
) -> Result<Vec<Article>, StoreError> {
    let oldest = digest.oldest(now);
    let seen_after = match digest.window {
        // The overlap only bounds the search.
        Window::LastIssue => issues::last_frozen(tx, digest.id, oldest, as_of)
            .await?
            .map_or(oldest, |at| at - TimeDelta::days(1)),
        Window::Day | Window::Week => oldest,
    };
    let search = Search {
        publication: digest.publication,
        digest: digest.id,
        seen_after,
        now,
        as_of,
    };
    let mut found = articles::candidates(tx, &search, MOST).await?;
    let topics = TopicChoice(digest.topics.iter().cloned().collect());
    found.retain(|article| article.dated() >= oldest && topics.wants(article.topics.iter()));
    selection::order(&mut found);
    Ok(found)
}

/// Why so many articles make no issue; `None` where they do.
pub(super) fn too_few(found: usize, digest: &Digest) -> Option<String> {
    let wanted = digest.min_items.max(1);
    if found >= wanted as usize {
        return None;
    }
    Some(match found {
        0 => "nothing new".to_owned(),
        1 => format!("only 1 new article, at least {wanted} are wanted"),
        n => format!("only {n} new articles, at least {wanted} are wanted"),
    })
}
