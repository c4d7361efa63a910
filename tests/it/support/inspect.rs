//! Looks into a test's database past all that the service knows.

use sqlx::{Connection as _, PgConnection, SqliteConnection};

/// The one number that a statement gives.
pub async fn number(url: &str, statement: &str) -> i64 {
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let number = sqlx::query_scalar(statement).fetch_one(&mut connection);
        return number.await.unwrap();
    }
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let number = sqlx::query_scalar(statement).fetch_one(&mut connection);
    number.await.unwrap()
}

/// The texts that a statement gives.
pub async fn texts(url: &str, statement: &str) -> Vec<String> {
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let texts = sqlx::query_scalar(statement).fetch_all(&mut connection);
        return texts.await.unwrap();
    }
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let texts = sqlx::query_scalar(statement).fetch_all(&mut connection);
    texts.await.unwrap()
}
