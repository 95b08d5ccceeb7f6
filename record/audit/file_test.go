package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"concord/record/access"
	"concord/record/audit"
	"concord/store"
)

var errCut = errors.New("the power is cut")

// failing lets a number of Updates through.
type failing struct {
	store.Engine
	left int
}

func (f *failing) Update(ctx context.Context, do func(store.Tx) error) error {
	if f.left--; f.left < 0 {
		return errCut
	}
	return f.Engine.Update(ctx, do)
}

// many appends entries of as many patients, so that a batch has many keys.
func (s *stage) many(n int) {
	s.t.Helper()
	for from := 0; from < n; from += 25 {
		s.now = s.now.Add(25 * time.Second)
		s.must(s.e.Update(s.ctx, func(tx store.Tx) error {
			for i := from; i < from+25; i++ {
				e := &audit.Entry{Who: fmt.Sprint("user", i%3), Action: access.Read, Rule: "r", Allowed: true, Records: []string{fmt.Sprint("p", i)}}
				if err := audit.Append(s.ctx, tx, e); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// TestFilingGoesOn: a batch that was cut off anywhere is ended by whoever comes,
// with more entries and a rule of retention come in between.
func TestFilingGoesOn(t *testing.T) {
	for _, left := range []int{1, 2, 3, 4} { // the tree, the beginning, and each part
		s := newStage(t)
		s.many(600)
		if _, err := (&audit.Sequencer{Engine: &failing{s.e, left}}).Once(s.ctx); err != errCut {
			t.Fatal(left, err)
		}
		if found := s.verifyIndex(s.e); len(found) != 0 {
			t.Errorf("cut off after %d: %v", left, found)
		}
		q := audit.Query{Who: "user1", Limit: 1000}
		if got := s.found(q); len(got) != 200 {
			t.Errorf("cut off after %d: %d found", left, len(got))
		}
		s.many(50)
		r, err := audit.ParseRetention([]byte("rules:\n  - {name: all, days: 1}\nholds: [user1]\n"))
		s.must(err)
		s.now = s.now.Add(48 * time.Hour)
		s.appends(1)
		_, err = r.Apply(s.ctx, s.e, s.now, func() *audit.Entry { return &audit.Entry{Who: "operator", Allowed: true} })
		s.must(err)
		s.sequence()
		_, err = r.Apply(s.ctx, s.e, s.now, func() *audit.Entry { return &audit.Entry{Who: "operator", Allowed: true} })
		s.must(err)
		s.sequence()
		if found := s.verifyIndex(s.e); len(found) != 0 {
			t.Errorf("gone on after %d: %v", left, found)
		}
		if got := s.found(q); len(got) != 217 { // 200, and 17 of the 50
			t.Errorf("gone on after %d: %d found", left, len(got))
		}
		if got := s.found(audit.Query{Who: "user2", Limit: 1000}); len(got) != 0 {
			t.Errorf("gone on after %d: removed, and found %d", left, len(got))
		}
	}
}

// TestFilingWaits: what is few and fresh is not filed yet, and found all the
// same.
func TestFilingWaits(t *testing.T) {
	s := newStage(t)
	s.appends(5)
	s.sequence()
	if keys := s.indexKeys(); len(keys) != 0 {
		t.Errorf("%d keys for 5 entries of 5 seconds", len(keys))
	}
	if got := s.found(audit.Query{Who: "user3"}); !slices.Equal(got, []int64{3}) {
		t.Error(got)
	}
	s.now = s.now.Add(time.Minute)
	s.appends(1)
	s.sequence()
	if len(s.indexKeys()) == 0 {
		t.Error("a minute later nothing is filed")
	}
}

func (s *stage) indexKeys() (out []store.KeyValue) {
	s.t.Helper()
	s.must(s.e.View(s.ctx, func(r store.Reader) error {
		var err error
		out, err = r.ListKeys(s.ctx, "audit-index", "", 10_000)
		return err
	}))
	return out
}
