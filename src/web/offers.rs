//! What a publication's forms offer, read once for all requests that ask for it at the same time. Each
//! gets what was read after it came, so nobody sees an older state than by reading alone.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::Web;
use super::error::WebError;
use super::views::{Offer, offer_in};
use crate::services::Deps;
use crate::store::StoreError;

type Found = Result<Option<Arc<Offer>>, Arc<StoreError>>;
type Reading = Shared<BoxFuture<'static, Found>>;

/// Publications whose readings are kept in mind before those that have ended are struck off.
const MANY: usize = 64;

/// The last reading of a publication that somebody still waits for.
struct Last {
    /// Set when it begins: who comes then needs another.
    has_begun: Arc<AtomicBool>,
    reading: WeakShared<BoxFuture<'static, Found>>,
}

/// The readings that are going on.
#[derive(Default)]
pub struct Offers(Mutex<HashMap<String, Last>>);

impl Offers {
    /// Finds a publication that takes readers.
    pub(super) async fn of(&self, web: &Web, slug: &str) -> Result<Arc<Offer>, WebError> {
        let found = self.join(&web.deps, slug).await;
        found.map_err(WebError::Store)?.ok_or(WebError::NotFound)
    }

    fn join(&self, deps: &Deps, slug: &str) -> Reading {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() > MANY {
            all.retain(|_, last| last.reading.upgrade().is_some());
        }
        let last = all.get(slug);
        let current = last.and_then(|last| last.reading.upgrade());
        if let (Some(current), Some(last)) = (&current, last)
            && !last.has_begun.load(Ordering::Acquire)
        {
            return current.clone();
        }
        let has_begun = Arc::new(AtomicBool::new(false));
        let reading = read(
            deps.clone(),
            slug.to_owned(),
            current,
            Arc::clone(&has_begun),
        )
        .boxed()
        .shared();
        if let Some(weak) = reading.downgrade() {
            let last = Last {
                has_begun,
                reading: weak,
            };
            all.insert(slug.to_owned(), last);
        }
        reading
    }
}

/// Waits for the reading before, so that meanwhile others may join this one, and reads.
async fn read(
    deps: Deps,
    slug: String,
    before: Option<Reading>,
    has_begun: Arc<AtomicBool>,
) -> Found {
    if let Some(before) = before {
        // Whatever it found.
        let _ = before.await;
    }
    has_begun.store(true, Ordering::Release);
    let found = async {
        let mut tx = deps.store.read().await?;
        offer_in(&mut tx, &slug).await
    };
    found
        .await
        .map(|offer| offer.map(Arc::new))
        .map_err(Arc::new)
}

impl std::fmt::Debug for Offers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Offers(…)")
    }
}
