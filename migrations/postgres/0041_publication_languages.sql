-- The languages of a publication's pages and mails, by commas; empty for all that there are.
ALTER TABLE publications ADD COLUMN languages TEXT NOT NULL DEFAULT '';
