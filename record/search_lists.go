package record

import (
	"context"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"concord/fault"
	"concord/store"
)

// pageLists are the lists that links to further pages lead to. They are written
// a moment after the page was answered, many in one commit: a search of many
// matches would else cost one of its own. Meanwhile, and for as long as there is
// room, they are answered from memory. A process that ends in between loses
// them, and the link says that the page is no longer kept.
type pageLists struct {
	engine store.Engine
	kept   *otter.Cache[string, []byte]

	mu      sync.Mutex
	waiting []store.KeyValue
	failed  int // writes in a row
}

const (
	listBytes  = 8 << 20
	listDelay  = 100 * time.Millisecond
	listsMost  = 2000 // that wait to be written; beyond, the oldest are lost
	listsTried = 5    // times
)

func newPageLists(e store.Engine) (*pageLists, error) {
	kept, err := otter.New(&otter.Options[string, []byte]{
		MaximumWeight: listBytes,
		Weigher:       func(_ string, b []byte) uint32 { return uint32(len(b)) + 128 },
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "search.page", "the memory of pages cannot be made")
	}
	return &pageLists{engine: e, kept: kept}, nil
}

// keep takes a list, which is written soon.
func (l *pageLists) keep(kv store.KeyValue) {
	l.kept.Set(kv.Key, kv.Value)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting = append(l.waiting, kv); len(l.waiting) == 1 {
		time.AfterFunc(listDelay, l.write)
	}
	if over := len(l.waiting) - listsMost; over > 0 {
		l.waiting = append(l.waiting[:0], l.waiting[over:]...)
	}
}

// write writes what waits. What cannot be written is tried again a few times.
func (l *pageLists) write() {
	l.mu.Lock()
	list := l.waiting
	l.waiting = nil
	l.mu.Unlock()
	if len(list) == 0 {
		return
	}
	ctx := context.Background()
	err := l.engine.Update(ctx, func(tx store.Tx) error {
		for _, kv := range list {
			if err := tx.SetKey(ctx, pageSpace, kv); err != nil {
				return err
			}
		}
		return nil
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.failed = 0
		return
	}
	if l.failed++; l.failed > listsTried {
		l.failed = 0
		return
	}
	if l.waiting = append(list, l.waiting...); len(l.waiting) == len(list) { // no timer runs
		time.AfterFunc(listDelay<<l.failed, l.write)
	}
}

// find is a list, nil when it is not there.
func (l *pageLists) find(ctx context.Context, r store.Keys, id string) ([]byte, error) {
	if b, ok := l.kept.GetIfPresent(id); ok {
		return b, nil
	}
	return r.GetKey(ctx, pageSpace, id)
}

// arrived waits, for a link that was given a moment ago, until the process that
// gave it has written its list.
func (l *pageLists) arrived(ctx context.Context, page string, now time.Time) error {
	t, ok := pageOf(page)
	if !ok || t.List == "" || now.Add(pageLife-2*time.Second).Unix() > t.Until {
		return nil
	}
	if _, here := l.kept.GetIfPresent(t.List); here {
		return nil
	}
	timer := time.NewTimer(3 * listDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), fault.Busy, "store.cancelled", "the caller has left")
	}
}
