package record

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"concord/fault"
	"concord/store"
)

// pageLists are the lists that links to further pages lead to. They are written
// a moment after the page was answered, all those of that moment as one value: a
// search of many matches would else cost a commit of its own, and readers would
// wait for it. Meanwhile, and for as long as there is room, they are answered
// from memory. A process that ends in between loses them, and the link says that
// the page is no longer kept.
//
// A list is named by its sheaf and its number in it: "sheaf.7".
type pageLists struct {
	engine store.Engine
	kept   *otter.Cache[string, []byte]

	mu     sync.Mutex
	open   *sheaf   // that further lists join, nil = none
	closed []*sheaf // that wait to be written
	failed int      // writes in a row
}

// sheaf is lists that are written together, each as its length and itself.
type sheaf struct {
	id    string
	lists []byte
	count int
	until time.Time
}

const (
	listBytes   = 8 << 20
	listDelay   = 100 * time.Millisecond
	sheafBytes  = 128 << 10
	sheavesMost = 32 // that wait to be written; beyond, the oldest are lost
	listsTried  = 5  // times
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

// keep takes a list, which is written soon, and names it.
func (l *pageLists) keep(list []byte, until time.Time) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		var b [12]byte
		if _, err := rand.Read(b[:]); err != nil {
			return "", fault.Wrap(err, fault.Internal, "search.page", "no randomness")
		}
		l.open = &sheaf{id: base64.RawURLEncoding.EncodeToString(b[:])}
		if len(l.closed) == 0 {
			time.AfterFunc(listDelay, l.write)
		}
	}
	s := l.open
	id := s.id + "." + strconv.Itoa(s.count)
	s.lists = append(binary.AppendUvarint(s.lists, uint64(len(list))), list...)
	s.count, s.until = s.count+1, until
	l.kept.Set(id, list)
	if len(s.lists) >= sheafBytes {
		l.closeSheaf()
	}
	return id, nil
}

// closeSheaf puts the open sheaf behind those that wait.
func (l *pageLists) closeSheaf() {
	if l.open != nil {
		l.closed, l.open = append(l.closed, l.open), nil
	}
	if over := len(l.closed) - sheavesMost; over > 0 {
		l.closed = append(l.closed[:0], l.closed[over:]...)
	}
}

// write writes what waits. What cannot be written is tried again a few times.
func (l *pageLists) write() {
	l.mu.Lock()
	l.closeSheaf()
	list := l.closed
	l.closed = nil
	l.mu.Unlock()
	if len(list) == 0 {
		return
	}
	ctx := context.Background()
	err := l.engine.Update(ctx, func(tx store.Tx) error {
		for _, s := range list {
			if err := tx.SetKey(ctx, pageSpace, store.KeyValue{Key: s.id, Value: s.lists, Expires: s.until}); err != nil {
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
	idle := l.open == nil && len(l.closed) == 0 // no timer runs
	if l.closed = append(list, l.closed...); idle {
		time.AfterFunc(listDelay<<l.failed, l.write)
	}
}

// find is a list, nil when it is not there.
func (l *pageLists) find(ctx context.Context, r store.Keys, id string) ([]byte, error) {
	if b, ok := l.kept.GetIfPresent(id); ok {
		return b, nil
	}
	sheaf, number, _ := strings.Cut(id, ".")
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil, nil
	}
	lists, err := r.GetKey(ctx, pageSpace, sheaf)
	for ; err == nil && len(lists) > 0; n-- {
		length, k := binary.Uvarint(lists)
		if k <= 0 || length > uint64(len(lists)-k) {
			return nil, fault.New(fault.Internal, "search.page", "a kept page cannot be read")
		}
		if n == 0 {
			return lists[k : k+int(length)], nil
		}
		lists = lists[k+int(length):]
	}
	return nil, err
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
