package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"concord/fault"
	"concord/store"
	"concord/store/sqlite"
)

// archived is a store that is written to and archived, with what it held when.
type archived struct {
	t           *testing.T
	dir, folder string
	e           *sqlite.Engine
	a           *sqlite.Archive
	n           int
	moments     []time.Time // of each write
}

func (s *archived) open() {
	s.t.Helper()
	var err error
	if s.e, err = sqlite.Open(s.t.Context(), s.dir, sqlite.Options{Now: time.Now, CheckpointPages: 300, NoSync: true}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *archived) archive() {
	s.t.Helper()
	var err error
	s.a, err = s.e.Archive(s.t.Context(), s.folder, 3*time.Millisecond, func(err error) { s.t.Errorf("archive: %v", err) })
	if err != nil {
		s.t.Fatal(err)
	}
}

// write counts up in a key, with documents that fill pages.
func (s *archived) write(times int) {
	s.t.Helper()
	ctx := context.Background()
	for range times {
		s.n++
		err := s.e.Update(ctx, func(tx store.Tx) error {
			p := store.Put{Key: store.Key{PK: int64(s.n), LID: store.MakeLID(1, 1)}, Org: "RQM", Body: []byte(strings.Repeat(strconv.Itoa(s.n), 500+rand.IntN(9000)))}
			if _, err := tx.Put(ctx, p); err != nil {
				return err
			}
			s.moments = append(s.moments[:s.n-1], tx.Time())
			return tx.SetKey(ctx, "s", store.KeyValue{Key: "n", Value: []byte(strconv.Itoa(s.n))})
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *archived) close() {
	s.t.Helper()
	if err := errors.Join(s.a.Close(), s.e.Close()); err != nil {
		s.t.Fatal(err)
	}
}

// restored restores to a moment and gives what is there then; -1 when the newest that
// the archive has yet lies within a bulk load, which the check says.
func restored(t *testing.T, folder string, at time.Time) int {
	t.Helper()
	dir := t.TempDir()
	r, err := sqlite.Restore(folder, filepath.Join(dir, "concord.db"), at)
	if err != nil {
		t.Fatalf("to %v: %v", at, err)
	}
	e, err := sqlite.Open(t.Context(), dir, sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	within := false
	err = e.Check(t.Context(), func(f store.Finding) {
		if within = f.Code == "store.bulk-interrupted" && at.IsZero(); !within {
			t.Errorf("to %v: %+v", at, f)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = e.View(t.Context(), func(rd store.Reader) error {
		last, err := rd.LastChange(t.Context())
		if err != nil || last != r.Change {
			t.Errorf("change %d restored, %d said: %v", last, r.Change, err)
		}
		v, err := rd.GetKey(t.Context(), "s", "n")
		n, _ = strconv.Atoi(string(v))
		docs, serr := rd.Scan(t.Context(), 0, store.Key{}, 100_000)
		if len(docs) != n {
			t.Errorf("%d documents of %d", len(docs), n)
		}
		return errors.Join(err, serr)
	})
	if err != nil {
		t.Fatal(err)
	}
	if within {
		return -1
	}
	return n
}

func (s *archived) generations() string {
	found, _ := filepath.Glob(filepath.Join(s.folder, "0*", "base.json"))
	return fmt.Sprint(len(found))
}

// TestArchive writes through many rounds of the log, stops, goes on, loses the
// archive for a while, and comes back to moments between any two writes.
func TestArchive(t *testing.T) {
	s := &archived{t: t, dir: t.TempDir(), folder: filepath.Join(t.TempDir(), "archive")}
	s.open()
	s.write(20) // before there is an archive
	s.archive()
	s.write(300)
	s.close()
	for range 3 { // a server that is stopped and started goes on
		s.open()
		s.write(5)
		s.archive()
		s.write(100)
		s.close()
	}
	if got := s.generations(); got != "1" {
		t.Errorf("%s generations after servers that stopped in order", got)
	}
	check := func(i int) {
		t.Helper()
		if got := restored(t, s.folder, s.moments[i-1]); got != i {
			t.Errorf("at write %d: %d", i, got)
		}
	}
	for _, i := range []int{20, 21, 320, 321, 325, 326, 425, s.n - 1, s.n} {
		check(i)
	}
	for range 4 {
		check(20 + rand.IntN(s.n-20))
	}
	if got := restored(t, s.folder, s.moments[99].Add(-time.Microsecond)); got != 99 {
		t.Errorf("just before write 100: %d", got)
	}
	if got := restored(t, s.folder, time.Time{}); got != s.n {
		t.Errorf("the newest: %d of %d", got, s.n)
	}
	_, err := sqlite.Restore(s.folder, filepath.Join(t.TempDir(), "concord.db"), s.moments[10])
	if fault.Of(err) == nil || fault.Of(err).Code != "store.archive" {
		t.Errorf("before the first base: %v", err)
	}
	if _, err := sqlite.Restore(s.folder, filepath.Join(s.dir, "concord.db"), time.Time{}); fault.Of(err) == nil || fault.Of(err).Code != "store.not-empty" {
		t.Errorf("over a store: %v", err)
	}

	// What was written without the archive is in the next generation.
	s.open()
	s.write(50)
	if err := s.e.Close(); err != nil {
		t.Fatal(err)
	}
	s.open()
	s.archive()
	s.write(50)
	s.close()
	if got := s.generations(); got != "2" {
		t.Errorf("%s generations after a server without archive", got)
	}
	for _, i := range []int{21, 500, s.n - 50, s.n - 20, s.n} {
		check(i)
	}
}

// TestArchiveBusy archives while Views are long and short, several write and
// bulk loads come between.
func TestArchiveBusy(t *testing.T) {
	s := &archived{t: t, dir: t.TempDir(), folder: t.TempDir()}
	s.open()
	s.archive()
	ctx := t.Context()
	var wg sync.WaitGroup
	quit := make(chan struct{})
	for i := range 3 {
		wg.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
				}
				err := s.e.View(ctx, func(r store.Reader) error {
					_, err := r.GetKey(ctx, "s", "n")
					time.Sleep(time.Duration(i*i*20) * time.Millisecond)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	s.write(400)
	if err := s.e.Bulk(ctx, true); err != nil {
		t.Fatal(err)
	}
	s.write(400)
	if err := s.e.Bulk(ctx, false); err != nil {
		t.Fatal(err)
	}
	s.write(100)
	// A moment after a write the archive has it, without an orderly end.
	for until := time.Now().Add(10 * time.Second); restored(t, s.folder, time.Time{}) != s.n; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the last writes do not come into the archive")
		}
	}
	close(quit)
	wg.Wait()
	s.close()
	for _, i := range []int{1, 100, 399, s.n - 50, s.n} {
		if got := restored(t, s.folder, s.moments[i-1]); got != i {
			t.Errorf("at write %d: %d", i, got)
		}
	}
}

// TestArchiveDamaged: a piece that is lost or altered is told, not passed over.
func TestArchiveDamaged(t *testing.T) {
	s := &archived{t: t, dir: t.TempDir(), folder: t.TempDir()}
	s.open()
	s.archive()
	for range 2 {
		s.write(5)
		time.Sleep(20 * time.Millisecond)
	}
	s.close()
	pieces, _ := filepath.Glob(filepath.Join(s.folder, "0*", "0*"))
	last := pieces[len(pieces)-2]
	pieces = append(pieces, filepath.Join(s.folder, "00000001", "base.db"))
	for _, p := range pieces {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		altered := append([]byte(nil), b...)
		altered[len(b)/2] ^= 0x10
		for name, change := range map[string]func() error{
			"lost":    func() error { return os.Remove(p) },
			"altered": func() error { return os.WriteFile(p, altered, 0o600) },
			"cut":     func() error { return os.WriteFile(p, b[:len(b)*2/3], 0o600) },
			"packed anew": func() error { // to the same frames by other bytes
				if filepath.Ext(p) != ".wal" {
					return os.Remove(p)
				}
				dec, err := zstd.NewReader(nil)
				if err != nil {
					return err
				}
				defer dec.Close()
				plain, err := dec.DecodeAll(b, nil)
				if err != nil {
					return err
				}
				enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
				if err != nil {
					return err
				}
				return os.WriteFile(p, enc.EncodeAll(plain, nil), 0o600)
			},
		} {
			if err := change(); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			_, err := sqlite.Restore(s.folder, filepath.Join(dir, "concord.db"), time.Time{})
			// That the last note is lost cannot be seen, nor every change of a note.
			if err == nil && (name != "altered" || filepath.Ext(p) != ".json") && (name != "lost" && name != "packed anew" || p != last) {
				t.Errorf("%s %s: restored", p, name)
			}
			if err := os.WriteFile(p, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
