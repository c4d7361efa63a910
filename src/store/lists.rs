//! Handing a list of rows to one statement: as a JSON array, the one way that both databases
//! have, which each opens in its own words.

use serde::Serialize;

use super::{StoreError, Tx};

/// One statement in the words of each database.
pub(super) struct Texts {
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

impl Texts {
    pub(super) fn on(&self, tx: &Tx) -> &'static str {
        match tx {
            Tx::Sqlite(_) => self.sqlite,
            Tx::Postgres(_) => self.postgres,
        }
    }
}

/// A list as a bind value.
pub(super) fn json(list: &(impl Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(list).map_err(|e| StoreError::Database(sqlx::Error::Encode(e.into())))
}

/// The same statement around a list of ids of both databases.
macro_rules! with_ids {
    ($head:literal, $tail:literal) => {
        Texts {
            sqlite: concat!($head, "(SELECT unhex(value) FROM json_each($1))", $tail),
            postgres: concat!(
                $head,
                "(SELECT CAST(json_array_elements_text($1::json) AS uuid))",
                $tail
            ),
        }
    };
}
pub(super) use with_ids;
