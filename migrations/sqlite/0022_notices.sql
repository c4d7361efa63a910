-- The block of a sponsor or of the publication in a digest, for SQLite. The same file stands in
-- migrations/postgres.

-- As it was when the articles were frozen: Markdown, and what stands above it.
ALTER TABLE issues ADD COLUMN notice TEXT NOT NULL DEFAULT '';
ALTER TABLE issues ADD COLUMN notice_label TEXT NOT NULL DEFAULT '';
