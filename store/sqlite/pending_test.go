package sqlite_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/standard/search"
	"concord/store"
	"concord/store/sqlite"
)

// shadow is what the index is to say: of each document its entries.
type shadow map[store.Key]search.Entries

func openSmall(t *testing.T, dir string, entries int) *sqlite.Engine {
	t.Helper()
	e, err := sqlite.Open(t.Context(), dir, sqlite.Options{Now: time.Now, PendingEntries: entries, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func randomIndex(r *rand.Rand) search.Entries {
	var e search.Entries
	for range r.IntN(4) {
		e.Terms = append(e.Terms, uint64(1+r.IntN(6)))
	}
	for range r.IntN(3) {
		e.Idents = append(e.Idents, uint64(1)<<63+uint64(r.IntN(5)))
	}
	for range r.IntN(3) {
		e.Strings = append(e.Strings, search.StringEntry{Param: 9, Value: strings.Repeat("a", 1+r.IntN(3)) + string(rune('a'+r.IntN(3)))})
	}
	slices.Sort(e.Terms)
	e.Terms = slices.Compact(e.Terms)
	return e
}

// change writes a version of some document, or deletes it.
func (s shadow) change(tx store.Tx, r *rand.Rand) error {
	k := store.Key{PK: int64(1 + r.IntN(12)), LID: store.MakeLID(uint16(1+r.IntN(2)), uint32(1+r.IntN(3)))}
	p := store.Put{Key: k, IfVersion: store.AnyVersion, Old: s[k], Body: []byte("{}")}
	if p.Deleted = r.IntN(4) == 0; !p.Deleted {
		p.Index = randomIndex(r)
	}
	if _, err := tx.Put(context.Background(), p); err != nil {
		return err
	}
	s[k] = p.Index
	return nil
}

// check asks a Reader for everything that the index can say.
func (s shadow) check(ctx context.Context, r store.Reader) error {
	for term := uint64(1); term <= 6; term++ {
		records, n := map[int64]bool{}, int64(0)
		for k, e := range s {
			if slices.Contains(e.Terms, term) {
				records[k.PK], n = true, n+1
			}
		}
		if got, err := r.CountTerm(ctx, term); err != nil || got != n {
			return fmt.Errorf("term %d is counted %d times, not %d: %v", term, got, n, err)
		}
		for _, with := range []uint64{term, 1} {
			want := []int64{}
			for pk := range records {
				if s.has(pk, with) {
					want = append(want, pk)
				}
			}
			slices.Sort(want)
			got, err := r.FindRecords(ctx, [][]uint64{{term}, {with}}, 0, 100)
			if err != nil || !slices.Equal(got, want) && len(got)+len(want) > 0 {
				return fmt.Errorf("records of %d and %d are %v, not %v: %v", term, with, got, want, err)
			}
		}
	}
	for h := uint64(1) << 63; h < 1<<63+5; h++ {
		want := s.keys(func(e search.Entries) bool { return slices.Contains(e.Idents, h) })
		if got, err := r.Find(ctx, h, 100); err != nil || !slices.Equal(got, want) {
			return fmt.Errorf("identifier %x is of %v, not %v: %v", h, got, want, err)
		}
	}
	for _, prefix := range []string{"", "a", "aa", "aab", "b"} {
		for _, exact := range []bool{true, false} {
			want := s.keys(func(e search.Entries) bool {
				return slices.ContainsFunc(e.Strings, func(v search.StringEntry) bool {
					return v.Value == prefix || !exact && strings.HasPrefix(v.Value, prefix)
				})
			})
			got, err := r.FindString(ctx, 9, prefix, exact, 100)
			slices.SortFunc(got, compareKeys)
			if err != nil || !slices.Equal(got, want) {
				return fmt.Errorf("string %q is of %v, not %v: %v", prefix, got, want, err)
			}
		}
	}
	return nil
}

func (s shadow) has(pk int64, term uint64) bool {
	for k, e := range s {
		if k.PK == pk && slices.Contains(e.Terms, term) {
			return true
		}
	}
	return false
}

func (s shadow) keys(of func(search.Entries) bool) []store.Key {
	var out []store.Key
	for k, e := range s {
		if of(e) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, compareKeys)
	return out
}

func compareKeys(a, b store.Key) int {
	return int(2*(a.PK-b.PK)) + int(min(1, max(-1, a.LID-b.LID)))
}

func (s shadow) clone() shadow {
	out := shadow{}
	for k, e := range s {
		out[k] = e
	}
	return out
}

// TestPendingIsSeen: whatever is merged meanwhile, each View sees the index of its
// own snapshot, an Update its own writes too, a process that only reads as much, and
// a failed Update leaves nothing; after the store is opened again as before.
func TestPendingIsSeen(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { pendingIsSeen(t, seed) })
	}
}

func pendingIsSeen(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 3))
	dir, size := t.TempDir(), []int{1, 4, 30, 100, 400, 4000}[seed]
	e := openSmall(t, dir, size)
	defer func() { e.Close() }()
	now := shadow{}
	var held sync.WaitGroup
	for round := range 300 {
		err := e.Update(t.Context(), func(tx store.Tx) error {
			next := now.clone()
			for range 1 + r.IntN(3) {
				if err := next.change(tx, r); err != nil {
					return err
				}
			}
			if err := next.check(t.Context(), tx); err != nil {
				t.Errorf("round %d, inside: %v", round, err)
			}
			if r.IntN(5) == 0 {
				return errGivenUp
			}
			now = next
			return nil
		})
		if err != nil && err != errGivenUp {
			t.Fatal(err)
		}
		seen := now.clone()
		if round%20 == 0 { // a View that looks at once, and again when much was merged
			begun, wait := make(chan struct{}), time.Duration(r.IntN(40))*time.Millisecond
			held.Go(func() {
				err := e.View(t.Context(), func(v store.Reader) error {
					_, err := v.LastChange(t.Context()) // its snapshot begins
					close(begun)
					time.Sleep(wait)
					if err == nil {
						err = seen.check(t.Context(), v)
					}
					return err
				})
				if err != nil {
					t.Errorf("round %d, held: %v", round, err)
				}
			})
			<-begun
		}
		if err := e.View(t.Context(), func(v store.Reader) error { return seen.check(t.Context(), v) }); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if round%50 == 49 {
			readBeside(t, dir, seen)
			held.Wait()
			noFindings(t, e)
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			e = openSmall(t, dir, size)
		}
	}
	held.Wait()
}

var errGivenUp = fmt.Errorf("given up")

// readBeside looks through a process of its own, as it were.
func readBeside(t *testing.T, dir string, want shadow) {
	t.Helper()
	r, err := sqlite.OpenReader(t.Context(), dir, sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 2 {
		if err := r.View(t.Context(), func(v store.Reader) error { return want.check(t.Context(), v) }); err != nil {
			t.Error("beside: ", err)
		}
	}
	noFindings(t, r)
}

func noFindings(t *testing.T, e *sqlite.Engine) {
	t.Helper()
	if err := e.Check(t.Context(), func(f store.Finding) { t.Errorf("%+v", f) }); err != nil {
		t.Error(err)
	}
}

// TestMergeIsShared: who comes beside a load, whose generations are larger, merges no
// more than is due of what they file.
func TestMergeIsShared(t *testing.T) {
	e := openSmall(t, t.TempDir(), 2000)
	defer e.Close()
	var merged atomic.Int64
	e.Watch(func(query string) {
		if strings.HasPrefix(query, "INSERT INTO post ") {
			merged.Add(int64(strings.Count(query, "(?")))
		}
	})
	pk := int64(0)
	file := func(ctx context.Context, terms int) (now int64) {
		pk++
		p := store.Put{Key: store.Key{PK: pk, LID: store.MakeLID(1, 1)}, Body: []byte("{}")}
		for i := range terms {
			p.Index.Terms = append(p.Index.Terms, uint64(i+1))
		}
		before := merged.Load()
		if err := e.Update(ctx, func(tx store.Tx) error { _, err := tx.Put(ctx, p); return err }); err != nil {
			t.Fatal(err)
		}
		return merged.Load() - before
	}
	for range 24 { // a generation of 8,000, and half of the next
		file(store.Unhurried(t.Context()), 500)
	}
	if before, now := merged.Load(), file(t.Context(), 1); before < 5000 || before >= 8000 || now > 200 {
		t.Errorf("one entry beside a load merged %d, after %d of 8,000", now, before)
	}
}
