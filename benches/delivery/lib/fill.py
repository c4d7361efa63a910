"""Confirmed readers straight into the database, for programs without `subscriber import`."""

import sqlite3
import subprocess
import uuid

from workshop import Failed


def fill(database, shop, readers):
    if database.startswith("sqlite"):
        fill_sqlite(database.removeprefix("sqlite://"), readers)
    else:
        fill_postgres(database, shop, readers)


def fill_sqlite(path, readers):
    db = sqlite3.connect(path)
    publication, at = db.execute("SELECT id, created_at FROM publications").fetchone()
    ids = [uuid.uuid4().bytes for _ in range(readers)]
    with db:
        db.executemany(
            "INSERT INTO subscribers (id, email, email_key, created_at) VALUES (?, ?, ?, ?)",
            ((id, address(n), address(n), at) for n, id in enumerate(ids)),
        )
        db.executemany(
            "INSERT INTO subscriptions (id, subscriber_id, publication_id, state, topic_key, created_at, confirmed_at)"
            " VALUES (?, ?, ?, 'confirmed', '', ?, ?)",
            ((uuid.uuid4().bytes, id, publication, at, at) for id in ids),
        )
    db.close()


def fill_postgres(database, shop, readers):
    sql = f"""
    INSERT INTO subscribers (id, email, email_key, created_at)
    SELECT gen_random_uuid(), a, a, now()
    FROM (SELECT 'reader' || lpad(n::text, 7, '0') || '@d' || n % 50 || '.example' AS a
          FROM generate_series(0, {readers - 1}) AS n) AS addresses;
    INSERT INTO subscriptions (id, subscriber_id, publication_id, state, topic_key, created_at, confirmed_at)
    SELECT gen_random_uuid(), s.id, p.id, 'confirmed', '', now(), now() FROM subscribers s, publications p;
    ANALYZE;
    """
    psql = shop.postgres.bin / "psql"
    ended = subprocess.run([psql, "-q", "-v", "ON_ERROR_STOP=1", database], input=sql, text=True, capture_output=True)
    if ended.returncode:
        raise Failed(f"the readers cannot be written: {ended.stderr}")


def address(n):
    return f"reader{n:07}@d{n % 50}.example"
