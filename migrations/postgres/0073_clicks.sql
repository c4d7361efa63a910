-- Links of articles: what they carry, and how often they are followed, for PostgreSQL. The same file stands in
-- migrations/sqlite.

-- Whether links to articles lead through the service, which counts; and what they tell the site of
-- where its readers come from, empty for nothing.
ALTER TABLE publications ADD COLUMN count_clicks BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE publications ADD COLUMN utm_source TEXT NOT NULL DEFAULT '';

-- How often a link of an issue was followed; by whom stands nowhere. `counted` is without what is taken
-- for programs and without repetitions.
CREATE TABLE clicks (
    issue_id UUID NOT NULL REFERENCES issues (id),
    article_id UUID NOT NULL REFERENCES articles (id),
    followed BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    PRIMARY KEY (issue_id, article_id)
);
