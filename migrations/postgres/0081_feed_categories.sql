-- What a feed uses as categories: a JSON list of names and numbers of items, learnt with each reading.
-- The same file stands in both folders.
ALTER TABLE feeds ADD COLUMN categories TEXT NOT NULL DEFAULT '[]';
