-- The first schema, for PostgreSQL. The same file stands in migrations/sqlite.

CREATE TABLE publications (
    id UUID PRIMARY KEY,
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
    archived_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE topics (
    id UUID PRIMARY KEY,
    publication_id UUID NOT NULL REFERENCES publications (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (publication_id, slug)
);

CREATE TABLE digests (
    id UUID PRIMARY KEY,
    publication_id UUID NOT NULL REFERENCES publications (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    timezone TEXT NOT NULL,
    max_items BIGINT NOT NULL,
    min_items BIGINT NOT NULL,
    selection_window TEXT NOT NULL,
    paused_at TIMESTAMPTZ,
    last_number BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (publication_id, slug)
);

CREATE TABLE digest_topics (
    digest_id UUID NOT NULL REFERENCES digests (id),
    topic_id UUID NOT NULL REFERENCES topics (id),
    PRIMARY KEY (digest_id, topic_id)
);

-- A digest without a row here goes out only by hand.
CREATE TABLE schedules (
    digest_id UUID PRIMARY KEY REFERENCES digests (id),
    cron TEXT NOT NULL,
    next_run_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX schedules_due ON schedules (next_run_at);

CREATE TABLE feeds (
    id UUID PRIMARY KEY,
    publication_id UUID NOT NULL REFERENCES publications (id),
    url TEXT NOT NULL,
    title TEXT,
    state TEXT NOT NULL,
    every_seconds BIGINT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    next_fetch_at TIMESTAMPTZ NOT NULL,
    last_fetched_at TIMESTAMPTZ,
    last_error TEXT,
    failures BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (publication_id, url)
);

CREATE INDEX feeds_due ON feeds (next_fetch_at) WHERE state = 'active';

CREATE TABLE feed_topics (
    feed_id UUID NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    topic_id UUID NOT NULL REFERENCES topics (id),
    PRIMARY KEY (feed_id, topic_id)
);

CREATE TABLE feed_categories (
    feed_id UUID NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    category TEXT NOT NULL,
    topic_id UUID NOT NULL REFERENCES topics (id),
    PRIMARY KEY (feed_id, category)
);

CREATE TABLE articles (
    id UUID PRIMARY KEY,
    publication_id UUID NOT NULL REFERENCES publications (id),
    feed_id UUID REFERENCES feeds (id) ON DELETE SET NULL,
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
    published_at TIMESTAMPTZ,
    updated_at TIMESTAMPTZ,
    first_seen_at TIMESTAMPTZ NOT NULL,
    UNIQUE (publication_id, url_key)
);

CREATE INDEX articles_guid ON articles (feed_id, guid);
CREATE INDEX articles_seen ON articles (publication_id, first_seen_at);

CREATE TABLE article_topics (
    article_id UUID NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    topic_id UUID NOT NULL REFERENCES topics (id),
    PRIMARY KEY (article_id, topic_id)
);

CREATE TABLE subscribers (
    id UUID PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT,
    created_at TIMESTAMPTZ NOT NULL
);

-- topic_key: the chosen topics' slugs, sorted and joined by commas; empty for all of them.
CREATE TABLE subscriptions (
    id UUID PRIMARY KEY,
    subscriber_id UUID NOT NULL REFERENCES subscribers (id),
    publication_id UUID NOT NULL REFERENCES publications (id),
    state TEXT NOT NULL,
    topic_key TEXT NOT NULL,
    digest_id UUID REFERENCES digests (id),
    language TEXT,
    source TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    confirmed_at TIMESTAMPTZ,
    unsubscribed_at TIMESTAMPTZ,
    leave_reason TEXT,
    UNIQUE (subscriber_id, publication_id)
);

CREATE INDEX subscriptions_audience ON subscriptions (publication_id, state);

-- One request to subscribe with its choices; they apply once it is confirmed.
CREATE TABLE sign_ups (
    id UUID PRIMARY KEY,
    subscription_id UUID NOT NULL REFERENCES subscriptions (id),
    token_hash BYTEA NOT NULL UNIQUE,
    name TEXT,
    topic_key TEXT NOT NULL,
    digest_id UUID REFERENCES digests (id),
    language TEXT,
    source TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);

CREATE INDEX sign_ups_subscription ON sign_ups (subscription_id, created_at);

CREATE TABLE consent_texts (
    version TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    first_used_at TIMESTAMPTZ NOT NULL
);

-- Append-only evidence.
CREATE TABLE consents (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription_id UUID NOT NULL REFERENCES subscriptions (id),
    kind TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    text_version TEXT REFERENCES consent_texts (version),
    network TEXT,
    source TEXT,
    detail TEXT
);

CREATE INDEX consents_subscription ON consents (subscription_id, id);

-- How often something happened in a window of time; the name is a keyed hash.
CREATE TABLE counters (
    name BYTEA NOT NULL,
    window_at TIMESTAMPTZ NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (name, window_at)
);

CREATE INDEX counters_age ON counters (window_at);

-- Running processes: a claim is void when its node has not been seen for a while.
CREATE TABLE nodes (
    name TEXT PRIMARY KEY,
    roles TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE notices (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    sign_up_id UUID NOT NULL REFERENCES sign_ups (id),
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    first_attempt_at TIMESTAMPTZ,
    next_attempt_at TIMESTAMPTZ NOT NULL,
    claimed_by TEXT,
    reply TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    sent_at TIMESTAMPTZ
);

CREATE INDEX notices_due ON notices (next_attempt_at) WHERE state = 'pending';
CREATE INDEX notices_claimed ON notices (claimed_by) WHERE state = 'sending';

CREATE TABLE issues (
    id UUID PRIMARY KEY,
    digest_id UUID NOT NULL REFERENCES digests (id),
    publication_id UUID NOT NULL REFERENCES publications (id),
    number BIGINT,
    state TEXT NOT NULL,
    reason TEXT,
    trouble TEXT,
    planned_at TIMESTAMPTZ NOT NULL,
    frozen_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (digest_id, planned_at),
    UNIQUE (digest_id, number)
);

CREATE INDEX issues_open ON issues (state, planned_at) WHERE state IN ('planned', 'composing', 'sending');

-- Every article that was considered for an issue, in order: what was passed over once does not
-- come back as new.
CREATE TABLE issue_articles (
    issue_id UUID NOT NULL REFERENCES issues (id),
    article_id UUID NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    digest_id UUID NOT NULL REFERENCES digests (id),
    place BIGINT NOT NULL,
    PRIMARY KEY (issue_id, article_id),
    UNIQUE (digest_id, article_id)
);

CREATE TABLE editions (
    id UUID PRIMARY KEY,
    issue_id UUID NOT NULL REFERENCES issues (id),
    topic_key TEXT NOT NULL,
    articles BIGINT NOT NULL,
    subject TEXT NOT NULL,
    text_body TEXT NOT NULL,
    html_body TEXT NOT NULL,
    UNIQUE (issue_id, topic_key)
);

-- The ledger: one row per issue and subscription.
CREATE TABLE deliveries (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    issue_id UUID NOT NULL REFERENCES issues (id),
    subscription_id UUID NOT NULL REFERENCES subscriptions (id),
    edition_id UUID REFERENCES editions (id),
    state TEXT NOT NULL,
    reason TEXT,
    attempts BIGINT NOT NULL DEFAULT 0,
    repeats BIGINT NOT NULL DEFAULT 0,
    first_attempt_at TIMESTAMPTZ,
    next_attempt_at TIMESTAMPTZ NOT NULL,
    claimed_by TEXT,
    lane BIGINT,
    begun_at TIMESTAMPTZ,
    reply_code BIGINT,
    reply_enhanced TEXT,
    reply_text TEXT,
    sent_at TIMESTAMPTZ,
    UNIQUE (subscription_id, issue_id)
);

CREATE INDEX deliveries_due ON deliveries (issue_id, next_attempt_at, id) WHERE state IN ('pending', 'deferred');
CREATE INDEX deliveries_claimed ON deliveries (claimed_by, lane) WHERE state = 'sending';
CREATE INDEX deliveries_state ON deliveries (issue_id, state);
