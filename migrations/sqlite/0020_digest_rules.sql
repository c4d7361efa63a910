-- Rules of digests and editions by language, for SQLite. The same file stands in migrations/postgres.

-- The rest of a digest's recipe as JSON, which only the program reads.
ALTER TABLE digests ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';
-- Markdown for the next issue alone, in place of the intro of the rules.
ALTER TABLE digests ADD COLUMN next_intro TEXT;

-- What the editor says before and behind the articles, frozen with them.
ALTER TABLE issues ADD COLUMN intro TEXT NOT NULL DEFAULT '';
ALTER TABLE issues ADD COLUMN outro TEXT NOT NULL DEFAULT '';

-- Which edition readers get who chose these topics and told this language (empty for none);
-- without an edition the reason why they get no mail. Since then, editions.topic_key may begin with
-- a language, as in de:energy.
CREATE TABLE edition_choices (
    issue_id BLOB NOT NULL REFERENCES issues (id),
    topic_key TEXT NOT NULL,
    language TEXT NOT NULL,
    edition_id BLOB REFERENCES editions (id),
    reason TEXT,
    PRIMARY KEY (issue_id, topic_key, language)
) STRICT;

-- An issue whose ledger is being filled goes on with the editions that it has.
INSERT INTO edition_choices (issue_id, topic_key, language, edition_id)
SELECT DISTINCT e.issue_id, e.topic_key, COALESCE(s.language, ''), e.id
FROM editions e
JOIN issues i ON i.id = e.issue_id
JOIN subscriptions s ON s.publication_id = i.publication_id AND s.topic_key = e.topic_key
WHERE i.filled_at IS NULL;
