package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"concord/fault"
	"concord/record/audit"
	"concord/store"
)

var errTaken = errors.New("taken back")

// TestLog: rows of Updates that were taken back leave no trace in a writer's
// chain, the tree grows in batches, and proofs hold.
func TestLog(t *testing.T) {
	s := newStage(t)
	s.appends(5)
	err := s.e.Update(s.ctx, func(tx store.Tx) error {
		s.must(audit.Append(s.ctx, tx, &audit.Entry{Who: "nobody"}))
		return errTaken
	})
	if !errors.Is(err, errTaken) {
		t.Fatal(err)
	}
	s.appends(4)
	v, found := s.verify(s.e)
	if v.Rows != 9 || v.Behind != 9 || len(found) != 0 {
		t.Fatalf("%+v %v", v, found)
	}
	s.sequence()
	first := s.checkpoint()
	s.appends(20)
	s.sequence()
	v, found = s.verify(s.e, first)
	if v.Size != 29 || v.Behind != 0 || len(found) != 0 {
		t.Fatalf("%+v %v", v, found)
	}
	h, err := audit.OpenCheckpoint(s.checkpoint(), s.keys)
	if err != nil || h != v.Head {
		t.Fatalf("%+v, the log has %+v: %v", h, v.Head, err)
	}
	e, err := audit.Decode(s.rows()[8].Body)
	if err != nil || e.Who != "user3" || e.Change != 7 {
		t.Fatalf("%+v %v", e, err)
	}
}

// TestTogether: several writers and two sequencers at once; each row is in the
// tree once.
func TestTogether(t *testing.T) {
	s := newStage(t)
	var wg sync.WaitGroup
	for i := range 300 {
		wg.Go(func() {
			err := s.e.Update(s.ctx, func(tx store.Tx) error {
				if err := audit.Append(s.ctx, tx, &audit.Entry{Who: fmt.Sprint(i)}); err != nil || i%5 != 0 {
					return err
				}
				return errTaken
			})
			if err != nil && !errors.Is(err, errTaken) {
				t.Error(err)
			}
		})
		if i%50 == 0 {
			for range 2 {
				wg.Go(func() {
					if _, err := (&audit.Sequencer{Engine: s.e, Sign: s.sign}).Once(s.ctx); err != nil && !fault.Is(err, fault.Conflict) {
						t.Error(err)
					}
				})
			}
		}
	}
	wg.Wait()
	s.sequence()
	if v, found := s.verify(s.e, s.checkpoint()); v.Size != 240 || len(found) != 0 {
		t.Errorf("%+v %v", v, found)
	}
}

// TestTamperRow edits every byte of every row, in the tree and not yet in it.
func TestTamperRow(t *testing.T) {
	s := newStage(t)
	s.appends(4)
	s.sequence()
	s.appends(2)
	for _, row := range s.rows() {
		for i := range row.Body {
			edited := slices.Clone(row.Body)
			edited[i] ^= 0x20
			s.replace(row.Seq, edited)
			_, found := s.verify(s.e)
			last := row.Seq == 5
			if named := fmt.Sprintf("entry %d", row.Seq); len(found) == 0 && !last || row.Seq < 4 && !strings.Contains(strings.Join(found, ","), named) {
				t.Fatalf("byte %d of entry %d: %v", i, row.Seq, found)
			}
			if last { // the newest row is only bound by the next, and by the tree
				s.replace(row.Seq, row.Body)
				break
			}
		}
		s.replace(row.Seq, row.Body)
		s.replace(row.Seq, row.Body[:len(row.Body)-1])
		if _, found := s.verify(s.e); row.Seq != 5 && len(found) == 0 {
			t.Fatalf("entry %d cut short", row.Seq)
		}
		s.replace(row.Seq, row.Body)
	}
	if _, found := s.verify(s.e); len(found) != 0 {
		t.Fatal("back as it was", found)
	}
}

// copied gives a store that holds what edit makes of every row of this one's
// log and of its hashes; edit returns nil for a row to leave out.
func (s *stage) copied(edit func(table string, n int, cells []store.Cell) []store.Cell) engine {
	s.t.Helper()
	counts := map[string]int{}
	rows := func(yield func(store.Row, error) bool) {
		for r, err := range store.Rows(s.ctx, s.e) {
			if err == nil && (r.Table.Name == "log" || r.Table.Name == "loghash") {
				cells := slices.Clone(r.Cells)
				for i := range cells {
					cells[i].Bytes = bytes.Clone(cells[i].Bytes)
				}
				r.Cells = edit(r.Table.Name, counts[r.Table.Name], cells)
				counts[r.Table.Name]++
				if r.Cells == nil {
					continue
				}
			}
			if !yield(r, err) {
				return
			}
		}
	}
	to := s.open()
	s.must(to.Load(s.ctx, rows, []byte("0123456789abcdef0123456789abcdef"), func([]store.Sum) error { return nil }))
	return to
}

// TestTamperStore drops, moves and re-files rows and edits hashes, as somebody
// with the database could, and expects it to be found.
func TestTamperStore(t *testing.T) {
	s := newStage(t)
	s.appends(6)
	s.sequence()
	s.appends(3)
	whole := s.rows()
	for _, c := range []struct {
		name string
		want string
		edit func(table string, n int, cells []store.Cell) []store.Cell
	}{
		{"untouched", "", func(_ string, _ int, c []store.Cell) []store.Cell { return c }},
		{"a row in the tree dropped", "audit.gap entry 2", func(table string, n int, c []store.Cell) []store.Cell {
			if table == "log" && n == 2 {
				return nil
			}
			return c
		}},
		{"a row dropped before sequencing, the next moved up", "audit.chain entry 7", func(table string, n int, c []store.Cell) []store.Cell {
			switch {
			case table == "log" && n == 7:
				return nil
			case table == "log" && n == 8:
				c[1].Int = 7
			}
			return c
		}},
		{"the tail dropped", "audit.truncated entry 4", func(table string, n int, c []store.Cell) []store.Cell {
			if table == "log" && n >= 4 {
				return nil
			}
			return c
		}},
		{"two rows swapped", "audit.altered entry 1", func(table string, n int, c []store.Cell) []store.Cell {
			if table == "log" && (n == 1 || n == 3) {
				c[3].Bytes = whole[4-n].Body
			}
			return c
		}},
		{"filed under another time", "audit.time entry 5", func(table string, n int, c []store.Cell) []store.Cell {
			if table == "log" && n == 5 {
				c[2].Int++
			}
			return c
		}},
	} {
		e := s.copied(c.edit)
		_, found := s.verify(e)
		e.Close()
		if c.want == "" && len(found) != 0 || c.want != "" && !slices.Contains(found, c.want) {
			t.Errorf("%s: %v", c.name, found)
		}
	}
	for at := 0; at < 11*32; at += 13 { // 11 hashes stand over 6 leaves
		done := false
		e := s.copied(func(table string, n int, c []store.Cell) []store.Cell {
			if table == "loghash" && !done {
				c[2].Bytes[at%len(c[2].Bytes)] ^= 1
				done = true
			}
			return c
		})
		_, found := s.verify(e)
		e.Close()
		if !done || len(found) == 0 {
			t.Errorf("byte %d of the hashes: %v", at, found)
		}
	}
}

// TestFork: a log that was written anew, whole and consistent in itself, is
// not the one that a checkpoint was signed for; nor is one cut back.
func TestFork(t *testing.T) {
	s := newStage(t)
	s.appends(8)
	s.sequence()
	saved := s.checkpoint()
	other := newStage(t)
	other.keys, other.sign = s.keys, s.sign
	other.appends(5)
	other.sequence()
	if _, found := other.verify(other.e, saved); !slices.Contains(found, "audit.truncated entry 5") {
		t.Error("cut back:", found)
	}
	other.appends(5)
	other.sequence()
	if _, found := other.verify(other.e); len(found) != 0 {
		t.Error("consistent in itself:", found)
	}
	if _, found := other.verify(other.e, saved); !slices.Contains(found, "audit.forked entry 7") {
		t.Error("forked:", found)
	}
	forged := bytes.Replace(saved, []byte("\n8\n"), []byte("\n7\n"), 1)
	if _, found := s.verify(s.e, forged); !slices.Contains(found, "audit.checkpoint saved checkpoint 1") {
		t.Error("a forged checkpoint:", found)
	}
}
