-- Index entries that are filed and not in ident, str, post and alias yet (pending.go):
-- those of one commit in one row. Generations are merged one after the other.
CREATE TABLE pending (seq INTEGER PRIMARY KEY, generation INTEGER NOT NULL, entries BLOB NOT NULL);
-- The last row that was filed, the generation that is merged (up to which entry)
-- and the one that is filled; one and the same when none is merged.
ALTER TABLE counter ADD COLUMN filed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE counter ADD COLUMN merging INTEGER NOT NULL DEFAULT 1;
ALTER TABLE counter ADD COLUMN filling INTEGER NOT NULL DEFAULT 1;
ALTER TABLE counter ADD COLUMN merged BLOB;
