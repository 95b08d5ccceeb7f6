-- How many current documents of a record have a term: the index over all
-- records. Records of one term lie together, in order.
CREATE TABLE post (term INTEGER NOT NULL, pk INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (term, pk)) WITHOUT ROWID;
