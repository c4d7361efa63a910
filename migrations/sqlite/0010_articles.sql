-- What editors decide about an article, and the further names by which it is known, for SQLite. The
-- same file stands in migrations/postgres.

-- The title in the form by which two of them are compared.
ALTER TABLE articles ADD COLUMN title_key TEXT NOT NULL DEFAULT '';
-- Words of the whole text, where it was given.
ALTER TABLE articles ADD COLUMN words INTEGER;
ALTER TABLE articles ADD COLUMN pinned_at TEXT;
ALTER TABLE articles ADD COLUMN hidden_at TEXT;
-- When it was last shown again after having been hidden.
ALTER TABLE articles ADD COLUMN unhidden_at TEXT;
ALTER TABLE articles ADD COLUMN not_before TEXT;
ALTER TABLE articles ADD COLUMN expires_at TEXT;
-- Since when text or topics are an editor's, which feeds leave alone.
ALTER TABLE articles ADD COLUMN edited_at TEXT;
ALTER TABLE articles ADD COLUMN topics_set_at TEXT;

CREATE INDEX articles_title ON articles (publication_id, title_key, first_seen_at);

-- Further addresses and ids of an article, as of a repost or of the same story in another feed.
CREATE TABLE article_urls (
    publication_id BLOB NOT NULL REFERENCES publications (id),
    url_key TEXT NOT NULL,
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (publication_id, url_key)
) STRICT;

CREATE TABLE article_guids (
    feed_id BLOB NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    guid TEXT NOT NULL,
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (feed_id, guid)
) STRICT;

-- Articles whose title, category or address holds a text belong to a topic.
CREATE TABLE topic_rules (
    id BLOB PRIMARY KEY,
    publication_id BLOB NOT NULL REFERENCES publications (id),
    topic_id BLOB NOT NULL REFERENCES topics (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    contains TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (topic_id, field, contains)
) STRICT;
