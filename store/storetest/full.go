package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"concord/fault"
	"concord/store"
)

// Full fills an engine to the room that it has: it must refuse as Busy
// "store.full", keep all that it acknowledged and nothing else, still answer
// readers, and take writes again when there is room.
func Full(t *testing.T, open Open, room int64) {
	s := newStage(t, open)
	s.o.Room = room
	s.reopen()
	acked := map[int]bool{}
	fill(t, s, acked, 0)
	s.everyOnce(acked)
	fill(t, s, acked, 1_000_000)
	s.everyOnce(acked)
	s.check()

	s.o.Room = 0
	s.reopen()
	s.everyOnce(acked)
	for i := 2_000_000; i < 2_000_050; i++ {
		s.update(func(tx store.Tx) error { return numbered(s.ctx, tx, i) })
		acked[i] = true
	}
	s.everyOnce(acked)
	s.check()
}

// fill writes numbered Updates from eight goroutines until each was refused.
func fill(t *testing.T, s *stage, acked map[int]bool, from int64) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	var n atomic.Int64
	n.Store(from)
	for range 8 {
		wg.Go(func() {
			for {
				i := int(n.Add(1))
				err := s.e.Update(context.Background(), func(tx store.Tx) error { return numbered(s.ctx, tx, i) })
				if err != nil {
					if f := fault.Of(err); f.Kind != fault.Busy || f.Code != "store.full" {
						t.Errorf("want Busy store.full, got %v", err)
					}
					return
				}
				mu.Lock()
				acked[i] = true
				mu.Unlock()
				if i > int(from)+500_000 {
					t.Error("the store never filled")
					return
				}
			}
		})
	}
	wg.Wait()
}
