package audit_test

import (
	"fmt"
	"sync"
	"testing"

	"concord/record/access"
	"concord/record/audit"
	"concord/store"
)

// TestUnhurriedEntriesVerify: what is done in no hurry shares the log with those who
// read meanwhile; the log that comes of it has no gap, and its chains hold.
func TestUnhurriedEntriesVerify(t *testing.T) {
	s := newStage(t)
	s.appends(1)
	var all sync.WaitGroup
	for who := range 6 {
		ctx := s.ctx
		if who%2 == 0 {
			ctx = store.Unhurried(ctx)
		}
		all.Go(func() {
			for i := range 40 {
				err := s.e.Update(ctx, func(tx store.Tx) error {
					err := audit.Append(ctx, tx, &audit.Entry{Who: fmt.Sprint("user", who), Role: access.Clinician, Purpose: access.DirectCare,
						Action: access.Read, Rule: "clinician.read", Allowed: true, Records: []string{"p1"}, Change: 7})
					if err == nil && store.IsUnhurried(ctx) {
						err = tx.SetKey(ctx, "load", store.KeyValue{Key: fmt.Sprint(who, i), Value: []byte("x")})
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	s.sequence()
	if v, found := s.verify(s.e, s.checkpoint()); v.Size != 241 || len(found) != 0 {
		t.Errorf("%d entries, %v", v.Size, found)
	}
}
