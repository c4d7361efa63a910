-- Imports of readers, for SQLite. The same file stands in migrations/postgres.

CREATE TABLE imports (
    id BLOB PRIMARY KEY,
    publication_id BLOB NOT NULL REFERENCES publications (id),
    -- By which door: page, api or command line. What the command line imports is not kept here, so
    -- that no worker can go on with it.
    origin TEXT NOT NULL,
    -- Whose hand, as in the audit log.
    actor_kind TEXT NOT NULL,
    actor_id BLOB,
    actor_name TEXT NOT NULL,
    file_name TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    state TEXT NOT NULL,
    -- JSON list: what each column is; none where the first line says it in the words of the service.
    columns TEXT,
    -- What all readers agreed to, where somebody vouches for that.
    consent TEXT,
    -- JSON: what became of the rows, or would; the first that were rejected; what an undo did.
    counts TEXT NOT NULL,
    rejected TEXT NOT NULL,
    undo TEXT NOT NULL,
    -- Rows that have had their turn, of how many; and the last of their addresses, in lookup form.
    done INTEGER NOT NULL,
    total INTEGER,
    done_to TEXT,
    error TEXT,
    claimed_by TEXT,
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT
) STRICT;

CREATE INDEX imports_publication ON imports (publication_id, id);
CREATE INDEX imports_open ON imports (id) WHERE state IN ('checking', 'importing', 'undoing');

-- The file as it came, and the rows of it that were rejected, in pieces.
CREATE TABLE import_parts (
    import_id BLOB NOT NULL REFERENCES imports (id),
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (import_id, kind, number)
) STRICT;

-- The ids of the subscriptions that each transaction of an import made, 16 bytes each: one row for
-- thousands of readers, where a column and its index would cost as much as the readers themselves.
CREATE TABLE import_batches (
    import_id BLOB NOT NULL REFERENCES imports (id),
    number INTEGER NOT NULL,
    subscriptions BLOB NOT NULL,
    PRIMARY KEY (import_id, number)
) STRICT;
