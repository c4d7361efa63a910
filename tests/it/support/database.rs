//! A database for one test: an SQLite file, or a PostgreSQL database of its own.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection, Executor, PgConnection};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database that goes with its test.
pub struct TestDatabase {
    pub url: String,
    dropped: Option<(String, String)>,
}

impl TestDatabase {
    /// A new SQLite file in a folder.
    pub fn sqlite(folder: &Path) -> Self {
        Self {
            url: format!("sqlite://{}", folder.join("test.db").display()),
            dropped: None,
        }
    }

    /// A new database on a PostgreSQL server.
    pub async fn postgres(server: &str) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("paperround_test_{}_{number}", std::process::id());
        let mut admin = PgConnection::connect(server).await.unwrap();
        let make = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        admin.execute(make).await.unwrap();
        // What the tests are about, whatever the server's own default.
        let durable = format!("ALTER DATABASE {name} SET synchronous_commit = on");
        admin.execute(sqlx::AssertSqlSafe(durable)).await.unwrap();
        let mut url = url::Url::parse(server).unwrap();
        url.set_path(&name);
        Self {
            url: url.to_string(),
            dropped: Some((server.to_owned(), name)),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((server, name)) = self.dropped.take() else {
            return;
        };
        // A thread of its own: a drop cannot wait on the test's runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                if let Ok(mut admin) = PgConnection::connect(&server).await {
                    let drop =
                        sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
                    let _ = admin.execute(drop).await;
                }
            });
        });
        let _ = dropping.join();
    }
}

/// The PostgreSQL server to test on.
#[expect(
    clippy::disallowed_methods,
    reason = "tests take their server from the environment"
)]
pub fn server() -> Option<String> {
    std::env::var("TEST_DATABASE_URL")
        .ok()
        .filter(|url| !url.is_empty())
}
