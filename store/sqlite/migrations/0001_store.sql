-- Counters that every commit writes: newest change and its time, newest record
-- key, job and journal sequence.
CREATE TABLE counter (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  change INTEGER NOT NULL, at INTEGER NOT NULL,
  pk INTEGER NOT NULL, job INTEGER NOT NULL, message INTEGER NOT NULL
);
INSERT INTO counter VALUES (1, 0, 0, 0, 0, 0);

CREATE TABLE meta (k TEXT PRIMARY KEY, v) WITHOUT ROWID;

-- Organisations, feeds, spaces, logs, topics: rows elsewhere hold the id.
CREATE TABLE name (id INTEGER PRIMARY KEY, v TEXT NOT NULL UNIQUE);

-- The newest version of each document, one record's rows together. id is the
-- place, see row.go; upd is microseconds from 2030-06-01.
CREATE TABLE rec (
  id INTEGER PRIMARY KEY, ver INTEGER NOT NULL,
  cseq INTEGER NOT NULL, upd INTEGER NOT NULL, del INTEGER NOT NULL,
  org INTEGER NOT NULL, feed INTEGER NOT NULL,
  d INTEGER NOT NULL, code INTEGER, qh INTEGER, qv REAL, tok BLOB, body BLOB
);
CREATE TABLE rec_hist (
  id INTEGER NOT NULL, ver INTEGER NOT NULL,
  cseq INTEGER NOT NULL, upd INTEGER NOT NULL, del INTEGER NOT NULL,
  org INTEGER NOT NULL, feed INTEGER NOT NULL,
  d INTEGER NOT NULL, tok BLOB, body BLOB,
  PRIMARY KEY (id, ver)
) WITHOUT ROWID;

CREATE TABLE str (h INTEGER NOT NULL, v TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (h, v, id)) WITHOUT ROWID;
CREATE TABLE ident (h INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (h, id)) WITHOUT ROWID;
CREATE TABLE alias (h INTEGER PRIMARY KEY, id INTEGER NOT NULL);

-- One row per Update that wrote documents; puts is packed, see change.go.
CREATE TABLE change (cseq INTEGER PRIMARY KEY, at INTEGER NOT NULL, puts BLOB NOT NULL);

-- The journal: what changes when a message is settled lies apart from the raw
-- message, so that settling rewrites few pages.
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, org INTEGER NOT NULL, feed INTEGER NOT NULL,
  trig TEXT NOT NULL, control TEXT NOT NULL, digest INTEGER NOT NULL, state INTEGER NOT NULL,
  code INTEGER, place TEXT, text TEXT, records BLOB, detail BLOB
);
CREATE INDEX journal_control ON journal (control, digest);
CREATE INDEX journal_state ON journal (feed, state, seq);
CREATE TABLE journal_raw (seq INTEGER PRIMARY KEY, raw BLOB);
CREATE TABLE journal_record (pk INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (pk, seq)) WITHOUT ROWID;
CREATE TABLE journal_tally (feed INTEGER NOT NULL, state INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (feed, state)) WITHOUT ROWID;
CREATE TABLE journal_hour (feed INTEGER NOT NULL, hour INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (feed, hour)) WITHOUT ROWID;
CREATE TABLE journal_feed (feed INTEGER PRIMARY KEY, org INTEGER NOT NULL, last INTEGER NOT NULL);

CREATE TABLE kv (
  space INTEGER NOT NULL, k TEXT NOT NULL, exp INTEGER, v BLOB NOT NULL,
  PRIMARY KEY (space, k)
) WITHOUT ROWID;
CREATE INDEX kv_exp ON kv (exp) WHERE exp IS NOT NULL;

-- Who a record key belongs to; till is null while the link stands.
CREATE TABLE link (
  pk INTEGER NOT NULL, cseq INTEGER NOT NULL, person INTEGER NOT NULL,
  since INTEGER NOT NULL, till INTEGER,
  PRIMARY KEY (pk, cseq)
) WITHOUT ROWID;
CREATE INDEX link_person ON link (person, pk);

CREATE TABLE log (
  log INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (log, seq)
) WITHOUT ROWID;
-- Hashes first, first+1 … of a log, 32 bytes each, as they were appended.
CREATE TABLE loghash (
  log INTEGER NOT NULL, first INTEGER NOT NULL, h BLOB NOT NULL,
  PRIMARY KEY (log, first)
) WITHOUT ROWID;

CREATE TABLE queue (
  id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, due INTEGER NOT NULL,
  owner TEXT, until INTEGER, attempts INTEGER NOT NULL, parked INTEGER NOT NULL,
  reason TEXT, body BLOB NOT NULL
);
CREATE INDEX queue_due ON queue (topic, due, id) WHERE parked = 0;
CREATE INDEX queue_topic ON queue (topic, id);
