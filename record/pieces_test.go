package record_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"concord/fault"
	"concord/record"
)

// TestPieces: ops that are independent of each other are kept in pieces, each with an
// audit entry; an error leaves what came before it and says what that was.
func TestPieces(t *testing.T) {
	s := newStage(t)
	e := s.client("R1K")
	var ops []record.Op
	for i := range 20 {
		v := s.json(patient("R1K", fmt.Sprint("n", i), "", "Penhaligon", "Liwen", fmt.Sprintf("1950-01-%02d", i+1), "female"))
		ops = append(ops, record.Op{Kind: record.Create, Type: "Patient", Resource: v})
	}
	var turns atomic.Int64
	c := record.Commit{Sole: true, Piece: 3, Turn: func(_ context.Context, pieces func() error) error {
		turns.Add(1)
		return pieces()
	}}
	res, err := e.Transact(record.Unhurried(s.ctx), ops, c)
	if err != nil {
		t.Fatal(err)
	}
	changes := map[string]bool{}
	for i, r := range res {
		if r.Outcome != record.Created || r.ID == "" || r.Item == nil {
			t.Errorf("op %d: %+v", i, r)
		}
		got, err := e.Read(s.ctx, "Patient", r.ID)
		if err != nil || !strings.Contains(string(got.Resource.JSON()), fmt.Sprintf(`"1950-01-%02d"`, i+1)) {
			t.Errorf("op %d is another's: %v", i, err)
		}
		changes[fmt.Sprint(r.Item.Change)] = true
	}
	if len(changes) != 7 || turns.Load() != 2 {
		t.Errorf("%d pieces in %d turns", len(changes), turns.Load())
	}

	// One of the next is changed before its piece is kept: the condition of its
	// deletion does not hold.
	ops = nil
	for _, r := range res {
		ops = append(ops, record.Op{Kind: record.Delete, Type: "Patient", ID: r.ID, IfMatch: r.Version})
	}
	turns.Store(0)
	res, err = e.Transact(s.ctx, ops, record.Commit{Piece: 3, Turn: func(ctx context.Context, pieces func() error) error {
		if turns.Add(1) == 1 {
			other := s.json(patient("R1K", "n19", "", "Penhaligon", "Lowen", "1950-01-20", "female"))
			if _, err := e.Transact(ctx, []record.Op{{Kind: record.Update, Type: "Patient", ID: ops[19].ID, Resource: other}}, record.Commit{}); err != nil {
				t.Error(err)
			}
		}
		return pieces()
	}})
	if !fault.Is(err, fault.Conflict) {
		t.Fatalf("%v", err)
	}
	for i, r := range res {
		_, err := e.Read(s.ctx, "Patient", ops[i].ID)
		if kept := r.Outcome == record.Deleted; kept != fault.Is(err, fault.Gone) || kept != (i != 19 && i != 18) {
			t.Errorf("op %d: %+v, and %v", i, r, err)
		}
	}
	if _, err := e.Read(s.ctx, "Patient", ops[19].ID); err != nil {
		t.Errorf("what was changed is gone: %v", err)
	}
}

// TestPiecesRaced: when a piece loses a race, those that were kept are not done again.
func TestPiecesRaced(t *testing.T) {
	s := newStage(t)
	e := s.client("R1K")
	var ops []record.Op
	for i := range 12 {
		v := s.json(patient("R1K", fmt.Sprint("r", i), "", "Penhaligon", "Liwen", fmt.Sprintf("1951-01-%02d", i+1), "female"))
		ops = append(ops, record.Op{Kind: record.Create, Type: "Patient", Resource: v})
	}
	res, err := e.Transact(s.ctx, ops, record.Commit{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range ops { // without a condition: whoever writes in between, the change is made
		ops[i] = record.Op{Kind: record.Update, Type: "Patient", ID: res[i].ID}
		ops[i].Resource = s.json(patient("R1K", fmt.Sprint("r", i), "", "Penhaligon-Bell", "Liwen", fmt.Sprintf("1951-01-%02d", i+1), "female"))
	}
	first := true
	c := record.Commit{Piece: 1, Turn: func(ctx context.Context, pieces func() error) error {
		if first { // another writes to one of the last between the plan and its commit
			first = false
			other := s.json(patient("R1K", "r11", "", "Penhaligon", "Lowen", "1951-01-12", "female"))
			if _, err := e.Transact(ctx, []record.Op{{Kind: record.Update, Type: "Patient", ID: res[11].ID, Resource: other}}, record.Commit{}); err != nil {
				t.Error(err)
			}
		}
		return pieces()
	}}
	again, err := e.Transact(s.ctx, ops, c)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range again {
		want := res[i].Version + 1
		if i == 11 {
			want++
		}
		if r.ID != res[i].ID || r.Version != want || r.Outcome != record.Updated {
			t.Errorf("op %d: %+v, version %d is due", i, r, want)
		}
	}
}
