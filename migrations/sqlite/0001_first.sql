-- The first schema, for SQLite. The same file stands in migrations/postgres.

CREATE TABLE publications (
    id BLOB PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    from_name TEXT NOT NULL,
    from_email TEXT NOT NULL,
    reply_to TEXT,
    postal_address TEXT NOT NULL,
    language TEXT NOT NULL,
    timezone TEXT NOT NULL,
    description TEXT,
    privacy_url TEXT,
    archived_at TEXT,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE topics (
    id BLOB PRIMARY KEY,
    publication_id BLOB NOT NULL REFERENCES publications (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (publication_id, slug)
) STRICT;

CREATE TABLE digests (
    id BLOB PRIMARY KEY,
    publication_id BLOB NOT NULL REFERENCES publications (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    timezone TEXT NOT NULL,
    max_items INTEGER NOT NULL,
    min_items INTEGER NOT NULL,
    selection_window TEXT NOT NULL,
    paused_at TEXT,
    last_number INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    UNIQUE (publication_id, slug)
) STRICT;

CREATE TABLE digest_topics (
    digest_id BLOB NOT NULL REFERENCES digests (id),
    topic_id BLOB NOT NULL REFERENCES topics (id),
    PRIMARY KEY (digest_id, topic_id)
) STRICT;

-- A digest without a row here goes out only by hand.
CREATE TABLE schedules (
    digest_id BLOB PRIMARY KEY REFERENCES digests (id),
    cron TEXT NOT NULL,
    next_run_at TEXT NOT NULL
) STRICT;

CREATE INDEX schedules_due ON schedules (next_run_at);

CREATE TABLE feeds (
    id BLOB PRIMARY KEY,
    publication_id BLOB NOT NULL REFERENCES publications (id),
    url TEXT NOT NULL,
    title TEXT,
    state TEXT NOT NULL,
    every_seconds INTEGER NOT NULL,
    etag TEXT,
    last_modified TEXT,
    next_fetch_at TEXT NOT NULL,
    last_fetched_at TEXT,
    last_error TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    UNIQUE (publication_id, url)
) STRICT;

CREATE INDEX feeds_due ON feeds (next_fetch_at) WHERE state = 'active';

CREATE TABLE feed_topics (
    feed_id BLOB NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    topic_id BLOB NOT NULL REFERENCES topics (id),
    PRIMARY KEY (feed_id, topic_id)
) STRICT;

CREATE TABLE feed_categories (
    feed_id BLOB NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    category TEXT NOT NULL,
    topic_id BLOB NOT NULL REFERENCES topics (id),
    PRIMARY KEY (feed_id, category)
) STRICT;

CREATE TABLE articles (
    id BLOB PRIMARY KEY,
    publication_id BLOB NOT NULL REFERENCES publications (id),
    feed_id BLOB REFERENCES feeds (id) ON DELETE SET NULL,
    guid TEXT,
    url TEXT NOT NULL,
    url_key TEXT NOT NULL,
    title TEXT NOT NULL,
    summary_html TEXT NOT NULL,
    summary_text TEXT NOT NULL,
    authors TEXT NOT NULL,
    image_url TEXT,
    image_alt TEXT,
    language TEXT,
    published_at TEXT,
    updated_at TEXT,
    first_seen_at TEXT NOT NULL,
    UNIQUE (publication_id, url_key)
) STRICT;

CREATE INDEX articles_guid ON articles (feed_id, guid);
CREATE INDEX articles_seen ON articles (publication_id, first_seen_at);

CREATE TABLE article_topics (
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    topic_id BLOB NOT NULL REFERENCES topics (id),
    PRIMARY KEY (article_id, topic_id)
) STRICT;

CREATE TABLE subscribers (
    id BLOB PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT,
    created_at TEXT NOT NULL
) STRICT;

-- topic_key: the chosen topics' slugs, sorted and joined by commas; empty for all of them.
CREATE TABLE subscriptions (
    id BLOB PRIMARY KEY,
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id),
    publication_id BLOB NOT NULL REFERENCES publications (id),
    state TEXT NOT NULL,
    topic_key TEXT NOT NULL,
    digest_id BLOB REFERENCES digests (id),
    language TEXT,
    source TEXT,
    created_at TEXT NOT NULL,
    confirmed_at TEXT,
    unsubscribed_at TEXT,
    leave_reason TEXT,
    UNIQUE (subscriber_id, publication_id)
) STRICT;

CREATE INDEX subscriptions_audience ON subscriptions (publication_id, state);

-- One request to subscribe with its choices; they apply once it is confirmed.
CREATE TABLE sign_ups (
    id BLOB PRIMARY KEY,
    subscription_id BLOB NOT NULL REFERENCES subscriptions (id),
    token_hash BLOB NOT NULL UNIQUE,
    name TEXT,
    topic_key TEXT NOT NULL,
    digest_id BLOB REFERENCES digests (id),
    language TEXT,
    source TEXT,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
) STRICT;

CREATE INDEX sign_ups_subscription ON sign_ups (subscription_id, created_at);

CREATE TABLE consent_texts (
    version TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    first_used_at TEXT NOT NULL
) STRICT;

-- Append-only evidence.
CREATE TABLE consents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription_id BLOB NOT NULL REFERENCES subscriptions (id),
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    text_version TEXT REFERENCES consent_texts (version),
    network TEXT,
    source TEXT,
    detail TEXT
) STRICT;

CREATE INDEX consents_subscription ON consents (subscription_id, id);

-- How often something happened in a window of time; the name is a keyed hash.
CREATE TABLE counters (
    name BLOB NOT NULL,
    window_at TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (name, window_at)
) STRICT;

CREATE INDEX counters_age ON counters (window_at);

-- Running processes: a claim is void when its node has not been seen for a while.
CREATE TABLE nodes (
    name TEXT PRIMARY KEY,
    roles TEXT NOT NULL,
    started_at TEXT NOT NULL,
    seen_at TEXT NOT NULL
) STRICT;

CREATE TABLE notices (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    sign_up_id BLOB NOT NULL REFERENCES sign_ups (id),
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    first_attempt_at TEXT,
    next_attempt_at TEXT NOT NULL,
    claimed_by TEXT,
    reply TEXT,
    created_at TEXT NOT NULL,
    sent_at TEXT
) STRICT;

CREATE INDEX notices_due ON notices (next_attempt_at) WHERE state = 'pending';
CREATE INDEX notices_claimed ON notices (claimed_by) WHERE state = 'sending';

CREATE TABLE issues (
    id BLOB PRIMARY KEY,
    digest_id BLOB NOT NULL REFERENCES digests (id),
    publication_id BLOB NOT NULL REFERENCES publications (id),
    number INTEGER,
    state TEXT NOT NULL,
    reason TEXT,
    trouble TEXT,
    planned_at TEXT NOT NULL,
    frozen_at TEXT,
    started_at TEXT,
    finished_at TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (digest_id, planned_at),
    UNIQUE (digest_id, number)
) STRICT;

CREATE INDEX issues_open ON issues (state, planned_at) WHERE state IN ('planned', 'composing', 'sending');

-- Every article that was considered for an issue, in order: what was passed over once does not
-- come back as new.
CREATE TABLE issue_articles (
    issue_id BLOB NOT NULL REFERENCES issues (id),
    article_id BLOB NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    digest_id BLOB NOT NULL REFERENCES digests (id),
    place INTEGER NOT NULL,
    PRIMARY KEY (issue_id, article_id),
    UNIQUE (digest_id, article_id)
) STRICT;

CREATE TABLE editions (
    id BLOB PRIMARY KEY,
    issue_id BLOB NOT NULL REFERENCES issues (id),
    topic_key TEXT NOT NULL,
    articles INTEGER NOT NULL,
    subject TEXT NOT NULL,
    text_body TEXT NOT NULL,
    html_body TEXT NOT NULL,
    UNIQUE (issue_id, topic_key)
) STRICT;

-- The ledger: one row per issue and subscription.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issue_id BLOB NOT NULL REFERENCES issues (id),
    subscription_id BLOB NOT NULL REFERENCES subscriptions (id),
    edition_id BLOB REFERENCES editions (id),
    state TEXT NOT NULL,
    reason TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    repeats INTEGER NOT NULL DEFAULT 0,
    first_attempt_at TEXT,
    next_attempt_at TEXT NOT NULL,
    claimed_by TEXT,
    lane INTEGER,
    begun_at TEXT,
    reply_code INTEGER,
    reply_enhanced TEXT,
    reply_text TEXT,
    sent_at TEXT,
    UNIQUE (subscription_id, issue_id)
) STRICT;

CREATE INDEX deliveries_due ON deliveries (issue_id, next_attempt_at, id) WHERE state IN ('pending', 'deferred');
CREATE INDEX deliveries_claimed ON deliveries (claimed_by, lane) WHERE state = 'sending';
CREATE INDEX deliveries_state ON deliveries (issue_id, state);
