package record

import (
	"context"
	"strconv"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/audit"
	"concord/record/review"
	"concord/store"
)

// Reviewer follows the audit log and files cases for accesses that look as if
// they had another reason than care. It reads behind the log, so that an access
// bears nothing of it. One runs at a time (jobs.Lead); should two run for a
// moment, the work of one is taken.
type Reviewer struct {
	desk *Desk
	// staff tells the name to show and the NHS number of a user, "" when it is
	// not known.
	staff func(ctx context.Context, user string) (display, nhs string, err error)
	works func(ctx context.Context, nhs []string) (orgs []string, err error) // nil = nobody knows
	told  map[string]bool                                                    // user, person and day that were looked at
	fresh []string                                                           // those of the batch in hand
}

// Reviewer makes one. staff tells the name to show and the NHS number of a user.
func (d *Desk) Reviewer(staff func(ctx context.Context, user string) (display, nhs string, err error)) *Reviewer {
	return &Reviewer{desk: d, staff: staff, told: map[string]bool{}}
}

// Knows makes the reviewer ask for which organisations the people of some NHS
// numbers work: a look at a colleague's record is a case.
func (v *Reviewer) Knows(works func(ctx context.Context, nhs []string) (orgs []string, err error)) *Reviewer {
	v.works = works
	return v
}

const (
	reviewSpace = "review"
	reviewMark  = "mark"
	reviewBatch = 500
	reviewEvery = time.Second
	mostTold    = 100_000 // about 10 MB
)

// Run follows the log until ctx ends. failed is told of each failure; it goes
// on.
func (v *Reviewer) Run(ctx context.Context, failed func(error)) {
	for ctx.Err() == nil {
		n, err := v.Once(ctx)
		if err != nil && !fault.Is(err, fault.Conflict) && ctx.Err() == nil {
			failed(err)
		}
		if err == nil && n >= reviewBatch {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(reviewEvery):
		}
	}
}

// glance is one user's looking at one person.
type glance struct {
	who    access.Requester
	at     time.Time
	person int64 // the first record of the human
	pks    []int64
}

// seat is whom a day's patients are counted for: somebody in one of their roles.
type seat struct {
	user, org string
	role      access.Role
}

func (s seat) String() string { return s.user + "|" + s.org + "|" + string(s.role) }

// Once looks at a batch of entries and says how many they were. The first time
// it begins at the end of the log: what was before is past. Errors: Conflict
// "review.mark" when another has done it; the store's.
func (v *Reviewer) Once(ctx context.Context) (int, error) {
	var mark int64
	var rows int
	var cases []review.Case
	days := map[seat]*review.Days{}
	begins := false
	v.fresh = nil
	err := v.desk.engine.View(ctx, func(r store.Reader) error {
		text, err := r.GetKey(ctx, reviewSpace, reviewMark)
		if err != nil {
			return err
		}
		if text == nil {
			begins = true
			mark, err = r.LogSize(ctx, audit.Log)
			return err
		}
		if mark, err = strconv.ParseInt(string(text), 10, 64); err != nil {
			return fault.Wrap(err, fault.Internal, "review.mark", "the mark of the reviews cannot be read")
		}
		list, err := r.LogEntries(ctx, audit.Log, mark, reviewBatch)
		if err != nil {
			return err
		}
		rows = len(list)
		glances, err := v.glances(ctx, r, list)
		if err != nil {
			return err
		}
		if cases, err = v.picked(ctx, r, glances); err != nil {
			return err
		}
		return v.counted(ctx, r, glances, days)
	})
	if err != nil || rows == 0 && !begins {
		return rows, err
	}
	if err := v.keep(ctx, mark, int64(rows), begins, cases, days); err != nil {
		for _, key := range v.fresh { // they are looked at again
			delete(v.told, key)
		}
		return rows, err
	}
	return rows, nil
}

// counted notes whom each user looked at that day.
func (v *Reviewer) counted(ctx context.Context, r store.Reader, glances []glance, days map[seat]*review.Days) error {
	for _, g := range glances {
		at := seat{g.who.ID, g.who.Org, g.who.Role}
		d := days[at]
		if d == nil {
			var err error
			if d, err = review.ReadDays(ctx, r, at.String()); err != nil {
				return err
			}
			days[at] = d
		}
		d.Look(v.desk.day(g.at).Format(time.DateOnly), strconv.FormatInt(g.person, 36))
	}
	return nil
}

// keep files the cases and moves the mark, unless another has moved it.
func (v *Reviewer) keep(ctx context.Context, mark, rows int64, begins bool, cases []review.Case, days map[seat]*review.Days) error {
	return v.desk.engine.Update(ctx, func(tx store.Tx) error {
		text, err := tx.GetKey(ctx, reviewSpace, reviewMark)
		if err != nil {
			return err
		}
		if begins != (text == nil) || !begins && string(text) != strconv.FormatInt(mark, 10) {
			return fault.New(fault.Conflict, "review.mark", "another process has reviewed these entries")
		}
		for _, c := range cases {
			if _, err := review.File(ctx, tx, c); err != nil {
				return err
			}
		}
		for at, d := range days {
			if err := review.KeepDays(ctx, tx, at.String(), d); err != nil {
				return err
			}
			if err := v.unusual(ctx, tx, at, d); err != nil {
				return err
			}
		}
		return tx.SetKey(ctx, reviewSpace, store.KeyValue{Key: reviewMark, Value: strconv.AppendInt(nil, mark+rows, 10)})
	})
}

// unusual files, or makes grow, the case of a day on which somebody looked at
// unusually many.
func (v *Reviewer) unusual(ctx context.Context, tx store.Tx, at seat, d *review.Days) error {
	if !d.Unusual() {
		return nil
	}
	day, err := time.ParseInLocation(time.DateOnly, d.Today, v.desk.london)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "review.days", "a day cannot be read")
	}
	c := review.Case{ID: review.NewID(day, review.Volume, at.String(), ""), At: tx.Time(), Kind: review.Volume, User: at.user, Org: at.org,
		Role: at.role, Count: len(d.Seen), Usual: d.Usual()}
	filed, err := review.File(ctx, tx, c)
	if err != nil || filed {
		return err
	}
	return review.Grow(ctx, tx, c.ID, c.Count)
}
