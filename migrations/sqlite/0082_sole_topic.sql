-- Before a topic is removed, those who chose it and no other are counted: of a million readers, without
-- looking at all of them.
CREATE INDEX subscriptions_topics ON subscriptions (publication_id, topic_key, state) WHERE topic_key <> '';
