-- What operators want of the coming issue of a digest, for PostgreSQL. The same file stands in
-- migrations/sqlite. The intro is in digests.next_intro.
CREATE TABLE drafts (
    digest_id UUID PRIMARY KEY REFERENCES digests (id) ON DELETE CASCADE,
    -- Counts up with every change, also when an issue has taken the rest: whoever saves says which one
    -- they have seen.
    version BIGINT NOT NULL,
    -- The template of the subject; none for that of the digest.
    subject TEXT,
    changed_at TIMESTAMPTZ NOT NULL,
    changed_by TEXT NOT NULL
);

CREATE TABLE draft_articles (
    digest_id UUID NOT NULL REFERENCES drafts (digest_id) ON DELETE CASCADE,
    article_id UUID NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    -- Where it stands among the others; none: behind those that have a place, as usual.
    place BIGINT,
    -- Whether it stands first; none for as it is with the article.
    pinned BOOLEAN,
    dropped BOOLEAN NOT NULL,
    -- Instead of the article's own; the summary is Markdown.
    title TEXT,
    summary TEXT,
    PRIMARY KEY (digest_id, article_id)
);

-- The same, frozen with the articles of an issue. What was dropped counts as considered.
ALTER TABLE issues ADD COLUMN subject TEXT;
ALTER TABLE issue_articles ADD COLUMN pinned BOOLEAN;
ALTER TABLE issue_articles ADD COLUMN dropped BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE issue_articles ADD COLUMN title TEXT;
ALTER TABLE issue_articles ADD COLUMN summary TEXT;
