-- How the mails of a publication look.
ALTER TABLE publications ADD COLUMN design TEXT NOT NULL DEFAULT 'editorial';
ALTER TABLE publications ADD COLUMN accent TEXT NOT NULL DEFAULT '#1b5578';
ALTER TABLE publications ADD COLUMN font TEXT NOT NULL DEFAULT 'serif';
-- All three or none.
ALTER TABLE publications ADD COLUMN logo_url TEXT;
ALTER TABLE publications ADD COLUMN logo_alt TEXT;
ALTER TABLE publications ADD COLUMN logo_width INTEGER;
