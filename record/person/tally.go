package person

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"concord/standard/match"
	"concord/store"
)

const tallySpace = "person-tally" // "going" and "whole": Tally

// Tally is the index of persons in numbers, counted over all pairs on which
// something was decided.
type Tally struct {
	From  string         `json:"from,omitempty"` // where the count goes on
	At    time.Time      `json:"at,omitzero"`    // when it was whole
	Pairs int            `json:"n"`
	Now   map[string]int `json:"now"`  // outcome by maker that stands: "joined/model"
	Held  int            `json:"held"` // possible, since a join would bring two people into one
	// Weeks counts decisions by the Monday of their week and, within it, as Now.
	Weeks map[string]map[string]int `json:"weeks"`
	// The model held against humans. Joined: pairs that it ever joined; Parted: of
	// those, the ones that a human parted. Missed: pairs that a human joined though
	// it had not even asked.
	Joined, Parted, Missed int
	// Asked is what humans said of the pairs that it put to them, by its grade.
	Asked map[match.Grade]*Said `json:"asked"`
}

// Said counts what humans decided.
type Said struct{ Joined, Apart int }

func newTally() *Tally {
	return &Tally{Now: map[string]int{}, Weeks: map[string]map[string]int{}, Asked: map[match.Grade]*Said{}}
}

// Add counts one pair.
func (t *Tally) Add(p *Pair) {
	t.Pairs++
	now := p.Now()
	t.Now[string(now.Outcome)+"/"+string(now.By)]++
	if now.Held {
		t.Held++
	}
	var model *Decision
	joined, parted := false, false
	for i := range p.Decisions {
		d := &p.Decisions[i]
		if !d.At.IsZero() {
			t.week(d)
		}
		switch {
		case d.By == ByModel:
			model, joined = d, joined || d.Outcome == Joined
		case d.settled() && (d.Outcome == Joined || d.Outcome == Apart):
			parted = parted || joined && d.Outcome == Apart
			t.judged(model, d.Outcome)
		}
	}
	if joined {
		t.Joined++
	}
	if parted {
		t.Parted++
	}
}

func (t *Tally) week(d *Decision) {
	day := d.At.UTC()
	monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7).Format(time.DateOnly)
	if t.Weeks[monday] == nil {
		t.Weeks[monday] = map[string]int{}
	}
	t.Weeks[monday][string(d.Outcome)+"/"+string(d.By)]++
}

// judged counts a human's word against what the model had said before.
func (t *Tally) judged(model *Decision, o Outcome) {
	switch {
	case model == nil || model.Outcome == Open:
		if o == Joined {
			t.Missed++
		}
	case model.Outcome == Possible:
		s := t.Asked[model.Grade]
		if s == nil {
			s = &Said{}
			t.Asked[model.Grade] = s
		}
		if o == Joined {
			s.Joined++
		} else {
			s.Apart++
		}
	}
}

// UpperBound is the upper end of the 95% interval of a rate of k in n (Wilson,
// Probable Inference, JASA 22, 1927); 1 when nothing was counted.
func UpperBound(k, n int) float64 {
	if n == 0 {
		return 1
	}
	const z = 1.96
	p, m := float64(k)/float64(n), float64(n)
	return (p + z*z/(2*m) + z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))) / (1 + z*z/m)
}

// Count goes on with the tally by at most so many pairs; whole tells that it has
// come to the end, and that the count was published.
func Count(ctx context.Context, tx store.Tx, step int) (whole bool, err error) {
	t := newTally()
	if text, err := tx.GetKey(ctx, tallySpace, "going"); err != nil {
		return false, err
	} else if text != nil {
		if err := json.Unmarshal(text, t); err != nil {
			return false, err
		}
	}
	kvs, err := tx.ListKeysFrom(ctx, pairSpace, "", t.From, step)
	if err != nil {
		return false, err
	}
	for _, kv := range kvs {
		var p Pair
		if err := json.Unmarshal(kv.Value, &p); err != nil {
			return false, err
		}
		t.Add(&p)
		t.From = kv.Key + "!" // the next one
	}
	if len(kvs) == step {
		return false, keepTally(ctx, tx, "going", t)
	}
	t.From, t.At = "", tx.Time()
	if err := keepTally(ctx, tx, "whole", t); err != nil {
		return false, err
	}
	return true, tx.DeleteKey(ctx, tallySpace, "going")
}

func keepTally(ctx context.Context, tx store.Tx, name string, t *Tally) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return tx.SetKey(ctx, tallySpace, store.KeyValue{Key: name, Value: text})
}

// Counted is the last whole tally; nil before the first.
func Counted(ctx context.Context, r store.Keys) (*Tally, error) {
	text, err := r.GetKey(ctx, tallySpace, "whole")
	if err != nil || text == nil {
		return nil, err
	}
	t := newTally()
	return t, json.Unmarshal(text, t)
}

// Waiting counts the stewards' queue, at most limit.
func Waiting(ctx context.Context, r store.Keys, limit int) (int, error) {
	kvs, err := r.ListKeys(ctx, queueSpace, "", limit)
	return len(kvs), err
}

// WaitingPairs are the record keys of the pairs in the stewards' queue, at most
// limit.
func WaitingPairs(ctx context.Context, r store.Keys, limit int) ([][2]int64, error) {
	kvs, err := r.ListKeys(ctx, queueSpace, "", limit)
	if err != nil {
		return nil, err
	}
	out := make([][2]int64, 0, len(kvs))
	for _, kv := range kvs {
		_, a, b, err := queued(kv.Key)
		if err != nil {
			return nil, err
		}
		out = append(out, [2]int64{a, b})
	}
	return out, nil
}
