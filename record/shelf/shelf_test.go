package shelf_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/fault"
	"concord/record/shelf"
	"concord/standard/search"
	"concord/store"
	"concord/store/sqlite"
	"concord/store/storetest"
)

// shelved is an engine whose Views look on a shelf first. Whatever is read is
// read several times, and held against what the store itself says.
type shelved struct {
	store.Engine
	t          testing.TB
	shelf      *shelf.Shelf
	generation atomic.Int64
}

func (e *shelved) View(ctx context.Context, f func(store.Reader) error) error {
	generation := e.generation.Load()
	return e.Engine.View(ctx, func(r store.Reader) error {
		change, err := r.LastChange(ctx)
		if err != nil {
			return err
		}
		on, err := e.shelf.Reader(ctx, r, change, generation)
		if err != nil {
			return err
		}
		return f(&checked{on, r, e.t})
	})
}

func (e *shelved) Update(ctx context.Context, f func(store.Tx) error) error {
	return e.Engine.Update(ctx, func(tx store.Tx) error { return f(&indexed{tx, e}) })
}

// indexed tells that the index was made anew, as the Desk is told.
type indexed struct {
	store.Tx
	e *shelved
}

func (tx *indexed) Index(ctx context.Context, k store.Key, version int64, old, index search.Entries) error {
	tx.e.generation.Add(1)
	return tx.Tx.Index(ctx, k, version, old, index)
}

type checked struct {
	store.Reader
	base store.Reader
	t    testing.TB
}

func same[T any](c *checked, what string, ask func(r store.Reader) (T, error)) (T, error) {
	want, failure := ask(c.base)
	for i := range 3 {
		got, err := ask(c.Reader)
		if fault.Of(err) != nil && fault.Of(failure) != nil {
			continue
		}
		if err != failure || !reflect.DeepEqual(got, want) {
			c.t.Errorf("%s, time %d: %+v %v, the store says %+v %v", what, i+1, got, err, want, failure)
		}
	}
	return want, failure
}

func (c *checked) Get(ctx context.Context, k store.Key) (*store.Doc, error) {
	_, err := same(c, fmt.Sprint("get ", k), func(r store.Reader) ([]store.Doc, error) {
		d, err := r.Get(ctx, k)
		if err != nil {
			return nil, err
		}
		return told([]*store.Doc{d}), nil
	})
	if err != nil {
		return nil, err
	}
	return c.Reader.Get(ctx, k)
}

func (c *checked) GetMany(ctx context.Context, keys []store.Key) ([]*store.Doc, error) {
	if _, err := same(c, fmt.Sprint("get ", keys), func(r store.Reader) ([]store.Doc, error) {
		docs, err := r.GetMany(ctx, keys)
		return told(docs), err
	}); err != nil {
		return nil, err
	}
	return c.Reader.GetMany(ctx, keys)
}

func (c *checked) Chart(ctx context.Context, pks []int64, ranges []store.Range, asAt time.Time) ([][]*store.Doc, error) {
	if _, err := same(c, fmt.Sprint("chart ", pks, ranges, asAt), func(r store.Reader) ([][]store.Doc, error) {
		groups, err := r.Chart(ctx, pks, ranges, asAt)
		out := make([][]store.Doc, len(groups))
		for i, g := range groups {
			out[i] = told(g)
		}
		return out, err
	}); err != nil {
		return nil, err
	}
	return c.Reader.Chart(ctx, pks, ranges, asAt)
}

// told are documents without their tokens, which nobody here asks for.
func told(docs []*store.Doc) []store.Doc {
	out := make([]store.Doc, len(docs))
	for i, d := range docs {
		out[i] = *d
		out[i].Tokens = nil
	}
	return out
}

func newShelf(t testing.TB, most int) *shelf.Shelf {
	t.Helper()
	s, err := shelf.New(most)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestShelfKeepsThePromisesOfAStore: with a shelf before it an engine passes the
// suite that every engine must pass, and each answer is the store's.
func TestShelfKeepsThePromisesOfAStore(t *testing.T) {
	for _, most := range []int{1 << 20, 20_000} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			storetest.Run(t, func(t testing.TB, o storetest.Options) store.Engine {
				e, err := sqlite.Open(context.Background(), o.Dir, sqlite.Options{Now: o.Now, NoSync: true, MaxPages: o.Room / 8192})
				if err != nil {
					t.Fatal(err)
				}
				return &shelved{Engine: e, t: t, shelf: newShelf(t, most)}
			})
		})
	}
}

// world is a few documents that are written at random.
type world struct {
	engine *sqlite.Engine
	draw   *rand.Rand
}

func (w *world) key() store.Key {
	return store.Key{PK: 1 + w.draw.Int64N(3), LID: store.MakeLID(uint16(1+w.draw.IntN(2)), uint32(1+w.draw.IntN(4)))}
}

// write writes some versions. One in four transactions comes to nothing.
func (w *world) write(ctx context.Context) error {
	err := w.engine.Update(ctx, func(tx store.Tx) error {
		for range 1 + w.draw.IntN(3) {
			p := store.Put{Key: w.key(), IfVersion: store.AnyVersion, Deleted: w.draw.IntN(5) == 0}
			if !p.Deleted {
				p.Body = fmt.Appendf(nil, "body %d", w.draw.Int())
				p.Index = search.Entries{Tokens: []uint32{w.draw.Uint32N(4)}, Date: w.draw.Int64N(5)}
			}
			if _, err := tx.Put(ctx, p); err != nil {
				return err
			}
		}
		if w.draw.IntN(4) == 0 {
			return errNothing
		}
		return nil
	})
	if err == errNothing {
		return nil
	}
	return err
}

var errNothing = fault.New(fault.Conflict, "test.nothing", "nothing of this is kept")

// TestShelfBesideWriters: while others write, every View sees on the shelf what
// its own snapshot holds: those that began before a write what was there before,
// those after it what is there now, and nobody what came to nothing.
func TestShelfBesideWriters(t *testing.T) {
	ctx := context.Background()
	engine, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	w := &world{engine, rand.New(rand.NewPCG(7, 7))}
	e := &shelved{Engine: engine, t: t, shelf: newShelf(t, 1<<20)}
	var done atomic.Bool
	var readers sync.WaitGroup
	for i := range 3 {
		readers.Go(func() {
			own := &world{engine, rand.New(rand.NewPCG(uint64(i), 1))}
			for !done.Load() {
				if err := e.View(ctx, func(r store.Reader) error { return own.look(ctx, r) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 400 {
		if err := w.write(ctx); err != nil {
			t.Error(err)
		}
	}
	done.Store(true)
	readers.Wait()
}

// look reads at random.
func (w *world) look(ctx context.Context, r store.Reader) error {
	for range 4 {
		keys := []store.Key{w.key(), w.key(), w.key()}
		if _, err := r.GetMany(ctx, keys); err != nil {
			return err
		}
		if _, err := r.Get(ctx, keys[0]); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		ranges := []store.Range{{Type: 1}, {Type: 2, Need: [][]uint32{{1, 2}}}, {Type: 1, From: 2, To: 4, Newest: w.draw.IntN(3)}, {Type: 1, Newest: 2}}
		if _, err := r.Chart(ctx, []int64{3, 1, 1 + w.draw.Int64N(3)}, ranges[w.draw.IntN(3):], time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// TestShelfOfALaterView: a View that began before a write does not see on the
// shelf what a later View laid down there.
func TestShelfOfALaterView(t *testing.T) {
	ctx := context.Background()
	engine, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	e := &shelved{Engine: engine, t: t, shelf: newShelf(t, 1<<20)}
	k := store.Key{PK: 1, LID: store.MakeLID(1, 1)}
	put := func(deleted bool, body string) {
		if err := engine.Update(ctx, func(tx store.Tx) error {
			_, err := tx.Put(ctx, store.Put{Key: k, IfVersion: store.AnyVersion, Deleted: deleted, Body: []byte(body)})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	read := func(r store.Reader, want string) {
		t.Helper()
		got := ""
		if groups, err := r.Chart(ctx, []int64{1}, []store.Range{{Type: 1}}, time.Time{}); err != nil {
			t.Error(err)
		} else if len(groups[0]) > 0 {
			got = string(groups[0][0].Body)
		}
		if d, err := r.Get(ctx, k); err != nil || string(d.Body) != want || got != want {
			t.Errorf("get %s, chart %s, want %q: %v", d.Body, got, want, err)
		}
	}
	put(false, "first")
	err = e.View(ctx, func(before store.Reader) error {
		read(before, "first")
		put(false, "second")
		if err := e.View(ctx, func(after store.Reader) error { read(after, "second"); return nil }); err != nil {
			return err
		}
		read(before, "first")
		put(true, "")
		if err := e.View(ctx, func(after store.Reader) error { read(after, ""); return nil }); err != nil {
			return err
		}
		read(before, "first")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestShelfIsBounded: however much is read, the shelf takes no more than it was
// given, by the size of what lies on it.
func TestShelfIsBounded(t *testing.T) {
	const most = 200_000
	ctx := context.Background()
	engine, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if err := engine.Update(ctx, func(tx store.Tx) error {
		for pk := int64(1); pk <= 400; pk++ {
			for seq := uint32(1); seq <= 5; seq++ {
				if _, err := tx.Put(ctx, store.Put{Key: store.Key{PK: pk, LID: store.MakeLID(1, seq)}, Body: make([]byte, 400)}); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	on := newShelf(t, most)
	e := &shelved{Engine: engine, t: t, shelf: on}
	if err := e.View(ctx, func(r store.Reader) error {
		for pk := int64(1); pk <= 400; pk++ {
			if _, err := r.Chart(ctx, []int64{pk}, []store.Range{{Type: 1}}, time.Time{}); err != nil {
				return err
			}
			if _, err := r.Get(ctx, store.Key{PK: pk, LID: store.MakeLID(1, 2)}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if docs, bytes := on.Lies(); bytes > most || docs == 0 {
		t.Errorf("%d documents of %d bytes lie on a shelf of %d", docs, bytes, most)
	}
}
