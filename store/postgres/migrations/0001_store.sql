-- Settings of the store: schema number, a bulk load under way.
CREATE TABLE meta (k text PRIMARY KEY, v text NOT NULL);

-- One row per group of Updates that was committed: the counters as they stood
-- after it, and the token by which its writer knows it again. Only the last
-- thousands are kept. The key makes two writers of one number impossible.
CREATE TABLE head (
  n bigint PRIMARY KEY, token bigint NOT NULL,
  change bigint NOT NULL, at bigint NOT NULL,
  pk bigint NOT NULL, job bigint NOT NULL, message bigint NOT NULL, name int NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000, autovacuum_vacuum_insert_threshold = 100000);
INSERT INTO head VALUES (1, 0, 0, 0, 0, 0, 0, 0);

-- Organisations, feeds, spaces, logs, topics: rows elsewhere hold the id.
-- Words that callers give are bytea throughout: they may hold any byte, and
-- sort by bytes.
CREATE TABLE name (id int PRIMARY KEY, v bytea NOT NULL UNIQUE);

-- The newest version of each document, one record's rows together. Columns are
-- in the order that wastes nothing on alignment, none is null, so that a row
-- has no null bitmap; lid, d and upd are packed as row.go says.
CREATE TABLE rec (
  pk int NOT NULL, lid int NOT NULL, cseq bigint NOT NULL, upd bigint NOT NULL,
  ver int NOT NULL, d int NOT NULL, code int NOT NULL, qh int NOT NULL, qv real NOT NULL,
  org int NOT NULL, feed int NOT NULL, del boolean NOT NULL, tok bytea NOT NULL, body bytea NOT NULL,
  PRIMARY KEY (pk, lid)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.1);
ALTER TABLE rec ALTER tok SET STORAGE EXTERNAL, ALTER body SET STORAGE EXTERNAL;

CREATE TABLE rec_hist (
  pk int NOT NULL, lid int NOT NULL, cseq bigint NOT NULL, upd bigint NOT NULL,
  ver int NOT NULL, d int NOT NULL, org int NOT NULL, feed int NOT NULL,
  del boolean NOT NULL, tok bytea NOT NULL, body bytea NOT NULL,
  PRIMARY KEY (pk, lid, ver)
);
ALTER TABLE rec_hist ALTER tok SET STORAGE EXTERNAL, ALTER body SET STORAGE EXTERNAL;

CREATE TABLE str (h bigint NOT NULL, pk int NOT NULL, lid int NOT NULL, v bytea NOT NULL, PRIMARY KEY (h, v, pk, lid));
CREATE TABLE ident (h bigint NOT NULL, pk int NOT NULL, lid int NOT NULL, PRIMARY KEY (h, pk, lid));
CREATE TABLE alias (h bigint PRIMARY KEY, pk int NOT NULL, lid int NOT NULL);

-- How many current documents of a record have a term. A new count fits into
-- the page of the old (no index has n).
CREATE TABLE post (term bigint NOT NULL, pk int NOT NULL, n int NOT NULL, PRIMARY KEY (term, pk))
  WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05);

-- One row per Update that wrote documents; puts is packed, see feed.go.
CREATE TABLE change (cseq bigint PRIMARY KEY, at bigint NOT NULL, puts bytea NOT NULL);
ALTER TABLE change ALTER puts SET STORAGE EXTERNAL;

-- The journal: what changes when a message is settled lies apart from the raw
-- message, so that settling rewrites few pages.
CREATE TABLE journal (
  seq bigint PRIMARY KEY, at bigint NOT NULL, digest bigint NOT NULL,
  org int NOT NULL, feed int NOT NULL, code int NOT NULL, state smallint NOT NULL,
  trig bytea NOT NULL, control bytea NOT NULL, place bytea NOT NULL, text bytea NOT NULL,
  records bytea NOT NULL, detail bytea NOT NULL
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX journal_control ON journal (control, digest);
CREATE INDEX journal_state ON journal (feed, state, seq);
CREATE TABLE journal_raw (seq bigint PRIMARY KEY, raw bytea NOT NULL);
ALTER TABLE journal_raw ALTER raw SET STORAGE EXTERNAL;
CREATE TABLE journal_record (pk int NOT NULL, seq bigint NOT NULL, PRIMARY KEY (pk, seq));
CREATE TABLE journal_tally (feed int NOT NULL, state smallint NOT NULL, n bigint NOT NULL, PRIMARY KEY (feed, state))
  WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE TABLE journal_hour (feed int NOT NULL, hour bigint NOT NULL, n bigint NOT NULL, PRIMARY KEY (feed, hour))
  WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE TABLE journal_feed (feed int PRIMARY KEY, org int NOT NULL, last bigint NOT NULL)
  WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE kv (space int NOT NULL, k bytea NOT NULL, exp bigint, v bytea NOT NULL, PRIMARY KEY (space, k))
  WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX kv_exp ON kv (exp) WHERE exp IS NOT NULL;

-- Who a record key belongs to; till is null while the link stands.
CREATE TABLE link (
  pk int NOT NULL, person int NOT NULL, cseq bigint NOT NULL, since bigint NOT NULL, till bigint,
  PRIMARY KEY (pk, cseq)
);
CREATE INDEX link_person ON link (person, pk);

CREATE TABLE log (seq bigint NOT NULL, at bigint NOT NULL, log int NOT NULL, body bytea NOT NULL, PRIMARY KEY (log, seq));
-- Hashes first, first+1 … of a log, 32 bytes each; a run of them in one row.
CREATE TABLE loghash (first bigint NOT NULL, log int NOT NULL, h bytea NOT NULL, PRIMARY KEY (log, first));
ALTER TABLE loghash ALTER h SET STORAGE EXTERNAL;

CREATE TABLE queue (
  id bigint PRIMARY KEY, due bigint NOT NULL, until bigint, topic int NOT NULL, attempts int NOT NULL,
  parked boolean NOT NULL, owner bytea, reason bytea, body bytea NOT NULL
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX queue_due ON queue (topic, due, id) WHERE NOT parked;
CREATE INDEX queue_topic ON queue (topic, id);
