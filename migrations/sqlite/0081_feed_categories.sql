-- What a feed uses as categories: a JSON list of names and numbers of items, learnt with each reading as a
-- whole, to which the next one is made. The same file stands in both folders.
ALTER TABLE feeds ADD COLUMN categories TEXT NOT NULL DEFAULT '[]';
UPDATE feeds SET etag = NULL, last_modified = NULL;
