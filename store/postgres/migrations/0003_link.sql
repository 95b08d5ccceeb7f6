-- A record key belongs to one person at a time: the store refuses a second
-- standing link.
CREATE UNIQUE INDEX link_standing ON link (pk) WHERE till IS NULL;
