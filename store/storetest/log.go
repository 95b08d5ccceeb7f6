package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
)

func testLogs(t *testing.T, s *stage) {
	size := func(log string) int64 {
		return read(s, func(r store.Reader) (int64, error) { return r.LogSize(s.ctx, log) })
	}
	equal(t, "a log that is not there", size("audit"), 0)
	hash := func(n int64) (h [32]byte) { copy(h[:], fmt.Sprint("hash ", n)); return h }
	var hashes int64
	for i := range int64(20) {
		s.update(func(tx store.Tx) error {
			for _, log := range []string{"audit", "other"} {
				seq, err := tx.AppendLog(s.ctx, log, []byte(fmt.Sprint(log, i)))
				if err != nil || seq != i {
					return fmt.Errorf("sequence %d of %s, want %d: %w", seq, log, i, err)
				}
			}
			some := [][32]byte{}
			for range i % 4 {
				some = append(some, hash(hashes+int64(len(some))))
			}
			defer func() { hashes += int64(len(some)) }()
			return tx.AppendHashes(s.ctx, "audit", hashes, some)
		})
		s.clock.move(time.Second)
		if i == 10 {
			s.reopen()
		}
	}
	equal(t, "size", size("audit"), 20)
	entries := read(s, func(r store.Reader) ([]store.Entry, error) { return r.LogEntries(s.ctx, "audit", 17, 2) })
	want := []store.Entry{}
	for i := int64(17); i < 19; i++ {
		want = append(want, store.Entry{Seq: i, At: s.clock.Now().Add(time.Duration(i-20) * time.Second), Body: []byte(fmt.Sprint("audit", i))})
	}
	equal(t, "entries", entries, want)
	numbers := []int64{hashes - 1, 0, 7, 7, 12}
	got := read(s, func(r store.Reader) ([][32]byte, error) { return r.LogHashes(s.ctx, "audit", numbers) })
	for i, n := range numbers {
		equal(t, fmt.Sprintf("hash %d", n), got[i], hash(n))
	}
	for _, c := range []struct {
		log string
		n   int64
	}{{"audit", hashes}, {"other", 0}, {"none", 0}} {
		err := s.e.View(s.ctx, func(r store.Reader) error { _, err := r.LogHashes(s.ctx, c.log, []int64{c.n}); return err })
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("hash %d of %s: %v", c.n, c.log, err)
		}
	}
	for _, first := range []int64{hashes + 1, hashes - 1, 0} {
		err := s.e.Update(s.ctx, func(tx store.Tx) error { return tx.AppendHashes(s.ctx, "audit", first, make([][32]byte, 1)) })
		expect(t, err, fault.Conflict, "store.hash-gap")
	}
}

// testLogsTogether: sequences have no gaps although every third append is
// taken back.
func testLogsTogether(t *testing.T, s *stage) {
	var wg sync.WaitGroup
	for i := range 90 {
		wg.Go(func() {
			err := s.e.Update(s.ctx, func(tx store.Tx) error {
				for range 2 {
					seq, err := tx.AppendLog(s.ctx, "audit", []byte("x"))
					if err != nil {
						return err
					}
					if err := tx.AppendHashes(s.ctx, "audit", 2*seq, make([][32]byte, 2)); err != nil {
						return err
					}
				}
				if i%3 == 0 {
					return errRefused
				}
				return nil
			})
			if err != nil && err != errRefused {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	entries := read(s, func(r store.Reader) ([]store.Entry, error) { return r.LogEntries(s.ctx, "audit", 0, 1000) })
	equal(t, "entries", len(entries), 120)
	for i, e := range entries {
		if e.Seq != int64(i) {
			t.Fatalf("entry %d has sequence %d", i, e.Seq)
		}
	}
}

// testLogsMixed: Updates that only append share commits with ones that write,
// read the log, or fail at any point; the log has what succeeded, once, in one
// order, and each Update reads its own.
func testLogsMixed(t *testing.T, s *stage) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	want := map[string]int64{}
	for i := range 120 {
		wg.Go(func() {
			body := fmt.Sprintf("entry %d", i)
			var at int64
			err := s.e.Update(s.ctx, func(tx store.Tx) error {
				if i%5 == 1 {
					if err := tx.SetKey(s.ctx, "mixed", store.KeyValue{Key: body, Value: []byte("x")}); err != nil {
						return err
					}
				}
				var err error
				if at, err = tx.AppendLog(s.ctx, "audit", []byte(body)); err != nil {
					return err
				}
				if i%7 == 0 {
					return errRefused
				}
				if i%4 == 2 {
					own, err := tx.LogEntries(s.ctx, "audit", at, 10)
					if err != nil || len(own) != 1 || string(own[0].Body) != body {
						t.Errorf("%s reads %v %v", body, own, err)
					}
					n, err := tx.LogSize(s.ctx, "audit")
					if err != nil || n != at+1 {
						t.Errorf("%s is number %d of %d: %v", body, at, n, err)
					}
				}
				if i%3 == 1 {
					if err := tx.SetKey(s.ctx, "mixed", store.KeyValue{Key: "late " + body, Value: []byte("x")}); err != nil {
						return err
					}
				}
				if i%11 == 0 {
					return errRefused
				}
				return nil
			})
			switch {
			case err == nil:
				mu.Lock()
				want[body] = at
				mu.Unlock()
			case err != errRefused:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	entries := read(s, func(r store.Reader) ([]store.Entry, error) { return r.LogEntries(s.ctx, "audit", 0, 1000) })
	equal(t, "entries", len(entries), len(want))
	for i, e := range entries {
		if at, ok := want[string(e.Body)]; !ok || at != e.Seq || e.Seq != int64(i) {
			t.Fatalf("place %d has entry %d, %q, which was told %d (%v)", i, e.Seq, e.Body, at, ok)
		}
	}
	keys := read(s, func(r store.Reader) ([]store.KeyValue, error) { return r.ListKeys(s.ctx, "mixed", "", 1000) })
	for _, kv := range keys {
		if _, ok := want[strings.TrimPrefix(kv.Key, "late ")]; !ok {
			t.Errorf("%q was kept of an Update that failed", kv.Key)
		}
	}
}

// testLogMark: a mark lives and dies with the Update that set it; a body is
// put in another's place; hashes are counted and read in stretches.
func testLogMark(t *testing.T, s *stage) {
	mark := func() (out string) {
		s.update(func(tx store.Tx) error { out = string(tx.LogMark("audit")); return nil })
		return out
	}
	equal(t, "no mark", mark(), "")
	s.update(func(tx store.Tx) error {
		tx.SetLogMark("audit", []byte("one"))
		_, err := tx.AppendLog(s.ctx, "audit", []byte("x"))
		return err
	})
	err := s.e.Update(s.ctx, func(tx store.Tx) error {
		tx.SetLogMark("audit", []byte("two"))
		if string(tx.LogMark("audit")) != "two" {
			t.Error("an Update sees its own mark")
		}
		return errRefused
	})
	if err != errRefused {
		t.Fatal(err)
	}
	equal(t, "the mark that was kept", mark(), "one")
	s.update(func(tx store.Tx) error { return tx.ReplaceLog(s.ctx, "audit", 0, []byte("y")) })
	entries := read(s, func(r store.Reader) ([]store.Entry, error) { return r.LogEntries(s.ctx, "audit", 0, 9) })
	equal(t, "replaced", string(entries[0].Body), "y")
	err = s.e.Update(s.ctx, func(tx store.Tx) error { return tx.ReplaceLog(s.ctx, "audit", 1, []byte("y")) })
	expect(t, err, fault.NotFound, "store.entry")
	hash := func(n int) (h [32]byte) { copy(h[:], fmt.Sprint(n)); return h }
	for from := 0; from < 200; from += 40 {
		s.update(func(tx store.Tx) error {
			var some [][32]byte
			for i := range 40 {
				some = append(some, hash(from+i))
			}
			return tx.AppendHashes(s.ctx, "audit", int64(from), some)
		})
	}
	equal(t, "count", read(s, func(r store.Reader) (int64, error) { return r.LogHashCount(s.ctx, "audit") }), 200)
	numbers := []int64{}
	for n := int64(37); n < 170; n++ {
		numbers = append(numbers, n)
	}
	for i, h := range read(s, func(r store.Reader) ([][32]byte, error) { return r.LogHashes(s.ctx, "audit", numbers) }) {
		equal(t, "hash", h, hash(37+i))
	}
	s.reopen()
	equal(t, "the mark of a store opened anew", mark(), "")
}
