-- Imports of readers, for PostgreSQL. The same file stands in migrations/sqlite.

CREATE TABLE imports (
    id UUID PRIMARY KEY,
    publication_id UUID NOT NULL REFERENCES publications (id),
    -- By which door: page, api or command line. What the command line imports is not kept here, so
    -- that no worker can go on with it.
    origin TEXT NOT NULL,
    -- Whose hand, as in the audit log.
    actor_kind TEXT NOT NULL,
    actor_id UUID,
    actor_name TEXT NOT NULL,
    file_name TEXT NOT NULL,
    bytes BIGINT NOT NULL,
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
    done BIGINT NOT NULL,
    total BIGINT,
    done_to TEXT,
    error TEXT,
    claimed_by TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ
);

CREATE INDEX imports_publication ON imports (publication_id, id);
CREATE INDEX imports_open ON imports (id) WHERE state IN ('checking', 'importing', 'undoing');

-- The file as it came, and the rows of it that were rejected, in pieces.
CREATE TABLE import_parts (
    import_id UUID NOT NULL REFERENCES imports (id),
    kind TEXT NOT NULL,
    number BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (import_id, kind, number)
);

-- The ids of the subscriptions that each transaction of an import made, 16 bytes each: one row for
-- thousands of readers, where a column and its index would cost as much as the readers themselves.
CREATE TABLE import_batches (
    import_id UUID NOT NULL REFERENCES imports (id),
    number BIGINT NOT NULL,
    subscriptions BYTEA NOT NULL,
    PRIMARY KEY (import_id, number)
);
