package sqlite_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"concord/standard/search"
	"concord/store"
	"concord/store/sqlite"
)

// TestCheckFinds damages a store in each way that Check knows, and expects
// that finding.
func TestCheckFinds(t *testing.T) {
	for _, c := range []struct{ code, script string }{
		{"store.history-missing", "DELETE FROM rec_hist WHERE ver = 1"},
		{"store.history-gap", "UPDATE rec_hist SET ver = 5 WHERE ver = 1"},
		{"store.history-order", "UPDATE rec_hist SET upd = upd + 100000000000 WHERE ver = 1"},
		{"store.ident-orphan", "INSERT INTO ident VALUES (1, 99 << 31)"},
		{"store.string-orphan", "INSERT INTO str VALUES (1, 'x', 99 << 31)"},
		{"store.alias-orphan", "INSERT INTO alias VALUES (1, 99 << 31)"},
		{"store.ident-orphan", "UPDATE rec SET del = 1"},
		{"store.link-double", "DROP INDEX link_standing; INSERT INTO link VALUES (1, 90, 300, 1900000000000000, NULL)"},
		{"store.link-order", "UPDATE link SET till = since - 1"},
		{"store.log-gap", "DELETE FROM log WHERE seq = 1"},
		{"store.hash-gap", "DELETE FROM loghash WHERE first = 1"},
		{"store.hash-gap", "UPDATE loghash SET h = substr(h, 1, 16) WHERE first = 1"},
		{"store.journal-raw", "DELETE FROM journal_raw WHERE seq = 1"},
		{"store.journal-tally", "UPDATE journal_tally SET n = n + 1"},
		{"store.journal-hours", "UPDATE journal_hour SET n = n - 1"},
		{"store.journal-record", "DELETE FROM journal WHERE seq = 1"},
		{"store.name-missing", "DELETE FROM name WHERE v = 'RQM'"},
		{"store.counter", "UPDATE counter SET change = 1"},
		{"store.counter", "UPDATE counter SET pk = 0"},
		{"store.change-order", "UPDATE change SET at = at - 1000000 WHERE cseq = (SELECT max(cseq) FROM change)"},
		{"store.change-orphan", "UPDATE rec SET cseq = cseq + 1"},
		{"store.change-count", "DELETE FROM change WHERE cseq = 1"},
	} {
		dir := t.TempDir()
		makeWhole(t, dir)
		alter(t, dir, c.script)
		found := findings(t, openDir(t, dir, sqlite.Options{}))
		if found[c.code] == 0 {
			t.Errorf("%s: found %v, want %s", c.script, slices.Collect(maps.Keys(found)), c.code)
		}
	}
}

// makeWhole makes a store with something in every table, and nothing wrong.
func makeWhole(t *testing.T, dir string) {
	t.Helper()
	e := openDir(t, dir, sqlite.Options{NoSync: true})
	ctx := t.Context()
	p := store.Put{Key: store.Key{PK: 1, LID: store.MakeLID(1, 1)}, Org: "RQM", Feed: "f", Body: []byte("x")}
	p.Index = search.Entries{Idents: []uint64{5}, Strings: []search.StringEntry{{Param: 1, Value: "v"}}}
	for i := range 3 {
		err := e.Update(ctx, func(tx store.Tx) error {
			if p.IfVersion = int64(i); i > 0 {
				p.Old = p.Index
			}
			if _, err := tx.Put(ctx, p); err != nil {
				return err
			}
			if _, err := tx.Claim(ctx, 7, p.Key); err != nil {
				return err
			}
			if err := tx.SetLink(ctx, 1, int64(100+i)); err != nil {
				return err
			}
			seq, err := tx.AppendLog(ctx, "audit", []byte("x"))
			if err != nil {
				return err
			}
			if err := tx.AppendHashes(ctx, "audit", seq, make([][32]byte, 1)); err != nil {
				return err
			}
			if seq, _, err = tx.Append(ctx, &store.Message{Feed: "f", Org: "RQM", Control: string(rune('a' + i)), Raw: []byte("x")}); err != nil {
				return err
			}
			return tx.Settle(ctx, &store.Message{Seq: seq, State: store.Applied, Records: []int64{1}})
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond) // the clock is real here, and versions need times of their own
	}
	if found := findings(t, e); len(found) > 0 {
		t.Fatalf("before the damage: %v", found)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestSecondLinkIsRefused: the store itself holds that a record key belongs to
// one person.
func TestSecondLinkIsRefused(t *testing.T) {
	dir := t.TempDir()
	makeWhole(t, dir)
	if err := runScript(dir, "INSERT INTO link VALUES (1, 90, 300, 1900000000000000, NULL)"); err == nil {
		t.Error("a second standing link was taken")
	}
}
