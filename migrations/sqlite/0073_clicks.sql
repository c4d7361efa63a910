-- Links of articles: what they carry, and how often they are followed, for SQLite. The same file stands in
-- migrations/postgres.

-- Whether links to articles lead through the service, which counts; and what they tell the site of
-- where its readers come from, empty for nothing.
ALTER TABLE publications ADD COLUMN count_clicks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE publications ADD COLUMN utm_source TEXT NOT NULL DEFAULT '';

-- How often a link of an issue was followed; by whom stands nowhere. `counted` is without what is taken
-- for programs and without repetitions.
CREATE TABLE clicks (
    issue_id BLOB NOT NULL REFERENCES issues (id),
    article_id BLOB NOT NULL REFERENCES articles (id),
    followed INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    PRIMARY KEY (issue_id, article_id)
) STRICT, WITHOUT ROWID;
