package postgres_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"concord/standard/search"
	"concord/store"
	"concord/store/postgres"
)

// TestCheckFinds damages a store in each way that Check knows, and expects
// that finding.
func TestCheckFinds(t *testing.T) {
	for _, c := range []struct{ code, script string }{
		{"store.history-missing", "DELETE FROM rec_hist WHERE ver = 1"},
		{"store.history-gap", "UPDATE rec_hist SET ver = 5 WHERE ver = 1"},
		{"store.history-order", "UPDATE rec_hist SET upd = upd + 100000000000 WHERE ver = 1"},
		{"store.ident-orphan", "INSERT INTO ident VALUES (1, 99, 1)"},
		{"store.string-orphan", "INSERT INTO str (h, v, pk, lid) VALUES (1, 'x', 99, 1)"},
		{"store.post-orphan", "INSERT INTO post VALUES (1, 99, 1)"},
		{"store.post-orphan", "UPDATE post SET n = 9"},
		{"store.alias-orphan", "INSERT INTO alias VALUES (1, 99, 1)"},
		{"store.ident-orphan", "UPDATE rec SET del = true"},
		{"store.link-double", "DROP INDEX link_standing; INSERT INTO link (pk, cseq, person, since) VALUES (1, 90, 300, 1900000000000000)"},
		{"store.link-order", "UPDATE link SET till = since - 1"},
		{"store.log-gap", "DELETE FROM log WHERE seq = 1"},
		{"store.hash-gap", "DELETE FROM loghash WHERE first = 1"},
		{"store.hash-gap", "UPDATE loghash SET h = substr(h, 1, 16) WHERE first = 1"},
		{"store.journal-raw", "DELETE FROM journal_raw WHERE seq = 1"},
		{"store.journal-tally", "UPDATE journal_tally SET n = n + 1"},
		{"store.journal-hours", "UPDATE journal_hour SET n = n - 1"},
		{"store.journal-record", "DELETE FROM journal WHERE seq = 1"},
		{"store.name-missing", "DELETE FROM name WHERE v = 'RQM'"},
		{"store.counter", "UPDATE head SET change = 1"},
		{"store.counter", "UPDATE head SET pk = 0"},
		{"store.change-order", "UPDATE change SET at = at - 1000000 WHERE cseq = (SELECT max(cseq) FROM change)"},
		{"store.change-orphan", "UPDATE rec SET cseq = cseq + 1"},
		{"store.change-count", "DELETE FROM change WHERE cseq = 1"},
	} {
		e := makeWhole(t)
		if err := e.Script(c.script); err != nil {
			t.Fatal(err)
		}
		if found := findings(t, e); found[c.code] == 0 {
			t.Errorf("%s: found %v, want %s", c.script, slices.Collect(maps.Keys(found)), c.code)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// makeWhole makes a store with something in every table, and nothing wrong.
func makeWhole(t *testing.T) *postgres.Engine {
	t.Helper()
	e := openDir(t, t.TempDir())
	ctx := t.Context()
	p := store.Put{Key: store.Key{PK: 1, LID: store.MakeLID(1, 1)}, Org: "RQM", Feed: "f", Body: []byte("x")}
	p.Index = search.Entries{Idents: []uint64{5}, Terms: []uint64{6}, Strings: []search.StringEntry{{Param: 1, Value: "v"}}}
	for i := range 3 {
		err := e.Update(ctx, func(tx store.Tx) error {
			q := p
			if q.IfVersion = int64(i); i > 0 {
				q.Old = q.Index
			}
			if _, err := tx.Put(ctx, q); err != nil {
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
		time.Sleep(time.Millisecond) // versions need times of their own
	}
	if found := findings(t, e); len(found) > 0 {
		t.Fatalf("before the damage: %v", found)
	}
	return e
}

// TestSecondLinkIsRefused: the store itself holds that a record key belongs to
// one person.
func TestSecondLinkIsRefused(t *testing.T) {
	e := makeWhole(t)
	defer e.Close()
	if err := e.Script("INSERT INTO link (pk, cseq, person, since) VALUES (1, 90, 300, 1900000000000000)"); err == nil {
		t.Error("a second standing link was taken")
	}
}
