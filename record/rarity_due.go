package record

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
)

// NamesDue tells that names should be counted: for the first time, or because
// the count has grown old or there are half as many entries again. Too few entries
// tell nothing: least is how many there must be, 0 = 20,000. It is for one caller
// at a time.
func (d *Desk) NamesDue(ctx context.Context, least int) (bool, error) {
	least = cmp.Or(least, leastCounted)
	due := false
	err := d.engine.View(ctx, func(r store.Reader) error {
		text, err := r.GetKey(ctx, raritySpace, countedKey)
		if err != nil {
			return err
		}
		var c nameCount
		if text != nil {
			if err := json.Unmarshal(text, &c); err != nil {
				return fault.Wrap(err, fault.Internal, "record.names", "what is known of the count of names cannot be read")
			}
		}
		if due = !c.At.IsZero() && !c.Short && d.now().Sub(c.At) > countAgain; due {
			return nil
		}
		n, err := d.howMany(ctx, r)
		if err != nil {
			return err
		}
		grown := n > c.Entries+c.Entries/2 || c.Short && n > c.Entries+least/20
		due = n >= least && grown
		return nil
	})
	return due, err
}

// headcount is how many entries there were when somebody looked.
type headcount struct {
	n     int
	until time.Time // the next look
}

// entryLook is how long a look at so many entries holds: it reads a row of the
// index for each.
const entryLook = 500 * time.Microsecond

// howMany is about how many entries there are.
func (d *Desk) howMany(ctx context.Context, r store.Reader) (int, error) {
	if d.now().Before(d.headcount.until) {
		return d.headcount.n, nil
	}
	term, _ := d.searches().asks.Deciding(&search.Query{Type: "Patient", Types: []string{"Patient"}}, "Patient")
	n, err := r.CountTerm(ctx, term)
	if err != nil {
		return 0, err
	}
	d.headcount = headcount{int(n), d.now().Add(time.Duration(n) * entryLook)}
	return int(n), nil
}
