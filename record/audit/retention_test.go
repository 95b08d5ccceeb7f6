package audit_test

import (
	"slices"
	"testing"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/audit"
	"concord/store"
)

const rules = `
rules:
  - {name: reads, actions: [read], days: 30}
holds: [user2]
`

// TestRetention: payloads go, leaves and the rule's name stay, what is held
// stays, and a removal that no entry tells of is found.
func TestRetention(t *testing.T) {
	s := newStage(t)
	s.appends(4)
	s.sequence()
	before := s.checkpoint()
	r, err := audit.ParseRetention([]byte(rules))
	s.must(err)
	s.now = s.now.Add(31 * 24 * time.Hour)
	s.appends(1)
	s.sequence()
	n, err := r.Apply(s.ctx, s.e, s.now, func() *audit.Entry { return &audit.Entry{Who: "operator", Allowed: true} })
	if err != nil || n != 3 {
		t.Fatal(n, err)
	}
	s.sequence()
	v, found := s.verify(s.e, before)
	if len(found) != 0 || !slices.Equal(v.Removed, []string{"reads: 3"}) {
		t.Fatalf("%+v %v", v, found)
	}
	rows := s.rows()
	if _, err := audit.Decode(rows[0].Body); !fault.Is(err, fault.Gone) {
		t.Error("removed:", err)
	}
	if e, err := audit.Decode(rows[2].Body); err != nil || e.Who != "user2" {
		t.Error("held:", e, err)
	}
	told, err := audit.Decode(rows[5].Body)
	if err != nil || told.Action != access.Retain || !slices.Equal(told.What, []string{"0-1 reads", "3-3 reads"}) {
		t.Errorf("%+v %v", told, err)
	}
	if n, err = r.Apply(s.ctx, s.e, s.now, func() *audit.Entry { return &audit.Entry{} }); n != 0 || err != nil {
		t.Error("a second time:", n, err)
	}
	// Somebody with the database empties row 4 in the same way, untold.
	forged := slices.Clone(rows[0].Body)
	copy(forged[2:58], rows[4].Body[2:58])
	s.replace(4, forged)
	if _, found := s.verify(s.e); len(found) == 0 {
		t.Error("a payload removed by hand is not found")
	}
}

func FuzzRetention(f *testing.F) {
	f.Add([]byte(rules))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := audit.ParseRetention(text); err == nil && r == nil {
			t.Fatal("neither rules nor an error")
		}
	})
}

func FuzzDecode(f *testing.F) {
	s := newStage(f)
	s.appends(1)
	f.Add(s.rows()[0].Body)
	f.Add([]byte(`{"who":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := audit.Decode(body); err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Gone) {
			t.Fatal(err)
		}
	})
}

// TestOldStore: rows from before the salt verify and the log goes on.
func TestOldStore(t *testing.T) {
	s := newStage(t)
	s.must(s.e.Update(s.ctx, func(tx store.Tx) error {
		_, err := tx.AppendLog(s.ctx, audit.Log, []byte(`{"at":"2026-01-01T00:00:00Z","who":"x","purpose":"care","action":"read","rule":"r","allowed":true}`))
		return err
	}))
	s.sequence()
	s.appends(3)
	s.sequence()
	if v, found := s.verify(s.e, s.checkpoint()); v.Size != 4 || len(found) != 0 {
		t.Errorf("%+v %v", v, found)
	}
}
