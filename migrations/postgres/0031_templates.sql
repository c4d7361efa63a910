-- The parts of digest mails that a publication has in a version of its own. The newest version of a
-- part counts; one without a source stands for the part that comes with the program.
CREATE TABLE template_versions (
    publication_id UUID NOT NULL REFERENCES publications (id) ON DELETE CASCADE,
    part TEXT NOT NULL,
    version BIGINT NOT NULL,
    source TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (publication_id, part, version)
);
