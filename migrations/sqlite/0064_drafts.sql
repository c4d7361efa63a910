-- What operators want of the coming issue of a digest, for SQLite. The same file stands in
-- migrations/postgres. The intro is in digests.next_intro.
CREATE TABLE drafts (
    digest_id BLOB PRIMARY KEY REFERENCES digests (id) ON DELETE CASCADE,
    -- Counts up with every change, also when an issue has taken the rest: whoever saves says which one
    -- they have seen.
    version INTEGER NOT NULL,
    -- The template of the subject; none for that of the digest.
    subject TEXT,
    changed_at TEXT NOT NULL,
    changed_by TEXT NOT NULL
) STRICT;

CREATE TABLE draft_articles (
    digest_id BLOB NOT NULL REFERENCES drafts (digest_id) ON DELETE CASCADE,
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    -- Where it stands among the others; none: behind those that have a place, as usual.
    place INTEGER,
    -- Whether it stands first; none for as it is with the article.
    pinned INTEGER,
    dropped INTEGER NOT NULL,
    -- Instead of the article's own; the summary is Markdown.
    title TEXT,
    summary TEXT,
    PRIMARY KEY (digest_id, article_id)
) STRICT;

-- The same, frozen with the articles of an issue. What was dropped counts as considered.
ALTER TABLE issues ADD COLUMN subject TEXT;
ALTER TABLE issue_articles ADD COLUMN pinned INTEGER;
ALTER TABLE issue_articles ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE issue_articles ADD COLUMN title TEXT;
ALTER TABLE issue_articles ADD COLUMN summary TEXT;
