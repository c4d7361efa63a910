//! Both migration sets, and the queue's own.
//!
//! Ours keep a ledger table of their own, because the queue's set on SQLite uses sqlx's default.

use sqlx::migrate::{Migrate, Migrator};

use super::{Store, StoreError};

pub(super) const LEDGER: &str = "paperround_migrations";

fn sqlite() -> Migrator {
    let mut ours = sqlx::migrate!("./migrations/sqlite");
    ours.dangerous_set_table_name(LEDGER);
    ours
}

fn postgres() -> Migrator {
    let mut ours = sqlx::migrate!("./migrations/postgres");
    ours.dangerous_set_table_name(LEDGER);
    ours
}

/// One migration and whether it has been applied.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    pub version: i64,
    pub name: String,
    pub applied: bool,
}

/// Brings the schema up to date: ours, then the queue's. Safe to run again.
pub async fn run(store: &Store) -> Result<(), StoreError> {
    match store {
        Store::Sqlite(pools) => {
            let mut turn = pools.alone().await?;
            sqlite().run(&mut *turn).await?;
            // Never the queue's own `setup`: it turns `synchronous` off.
            apalis_sqlite::SqliteStorage::migrations()
                .run(&mut *turn)
                .await?;
            turn.finish();
        }
        Store::Postgres(pool) => {
            postgres().run(pool).await?;
            apalis_postgres::PostgresStorage::migrations()
                .run(pool)
                .await?;
        }
    }
    Ok(())
}

/// Our migrations, and which of them have been applied.
pub async fn status(store: &Store) -> Result<Vec<Step>, StoreError> {
    let (migrator, applied) = match store {
        Store::Sqlite(pools) => {
            let mut turn = pools.alone().await?;
            turn.ensure_migrations_table(LEDGER).await?;
            let applied = turn.list_applied_migrations(LEDGER).await?;
            turn.finish();
            (sqlite(), applied)
        }
        Store::Postgres(pool) => {
            let mut conn = pool.acquire().await?;
            conn.ensure_migrations_table(LEDGER).await?;
            (postgres(), conn.list_applied_migrations(LEDGER).await?)
        }
    };
    let is_applied = |version| applied.iter().any(|a| a.version == version);
    Ok(migrator
        .iter()
        .map(|m| Step {
            version: m.version,
            name: m.description.to_string(),
            applied: is_applied(m.version),
        })
        .collect())
}

/// The numbers of all our migrations.
pub(super) fn versions() -> Vec<i64> {
    sqlite().iter().map(|step| step.version).collect()
}

/// Whether nothing is left to apply.
pub async fn is_current(store: &Store) -> Result<bool, StoreError> {
    Ok(status(store).await?.iter().all(|step| step.applied))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sets_are_in_lockstep() {
        let names = |m: Migrator| {
            m.iter()
                .map(|s| (s.version, s.description.to_string()))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(sqlite()), names(postgres()));
    }
}
