package record

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/store"
)

// How common names and dates of birth are is counted now and then and kept.
// Every process takes a new count up by itself: what is decided by one count can
// be told from what is decided by another.
const (
	raritySpace = "person-rarity"
	rarityKey   = "counts"
	countedKey  = "counted" // what is known of the count
)

const (
	// leastCounted is how many entries must be there before their names tell how
	// common a name is.
	leastCounted = 20_000
	// countAgain is how old a count may grow.
	countAgain = 7 * 24 * time.Hour
)

// nameCount is what is known of a count of names.
type nameCount struct {
	At      time.Time `json:"at"`
	Entries int       `json:"entries"`
	Change  int64     `json:"change"`          // the last when it was made
	Short   bool      `json:"short,omitempty"` // too few entries to go by
}

// openMatcher makes the model ready with the counts that are kept.
func (d *Desk) openMatcher(ctx context.Context, model *match.Model) error {
	d.base = model
	_, err := d.TakeUpNames(ctx)
	return err
}

// matcher is what entries are matched by now. What compares several takes it
// once, so that all are made ready by the same count.
func (d *Desk) matcher() *person.Matcher { return d.current.Load() }

// NamesCounted tells that what arrives is matched by counted names.
func (d *Desk) NamesCounted() bool { return d.matcher().Counted() }

// TakeUpNames takes up a count of names that another process, or this one, has
// made since; changed tells that there was one.
func (d *Desk) TakeUpNames(ctx context.Context) (changed bool, err error) {
	var known, kept []byte
	err = d.engine.View(ctx, func(r store.Reader) error {
		var err error
		if known, err = r.GetKey(ctx, raritySpace, countedKey); err != nil {
			return err
		}
		if have := d.counted.Load(); have != nil && *have == string(known) {
			return nil
		}
		changed = true
		kept, err = r.GetKey(ctx, raritySpace, rarityKey)
		return err
	})
	if err != nil || !changed {
		return false, err
	}
	var counts *match.Frequencies
	if kept != nil {
		if counts, err = match.ParseFrequencies(kept); err != nil {
			return false, err
		}
	}
	m, err := person.NewMatcher(d.base, counts)
	if err != nil {
		return false, err
	}
	before := d.current.Swap(m)
	mark := string(known)
	d.counted.Store(&mark)
	return before != nil && before.Name != m.Name, nil
}

// CountNames counts how common each given name, family name and date of birth
// is among the entries, and keeps the counts; every process goes by them soon
// (TakeUpNames). Too few entries tell nothing: least is how many there must be, 0
// = 20,000. It gives the number of entries.
func (e *Errand) CountNames(ctx context.Context, least int) (int, error) {
	d := e.desk
	v, err := e.decide(ctx, access.Verify, "", "count names")
	if err != nil {
		return 0, err
	}
	counts, m := match.NewFrequencies(), d.matcher()
	c := nameCount{At: d.now().UTC()}
	if err := d.engine.View(ctx, func(r store.Reader) (err error) { c.Change, err = r.LastChange(ctx); return err }); err != nil {
		return 0, err
	}
	err = d.eachEntry(ctx, func(_ store.Reader, one person.Entry) error {
		s := m.Subject(one.Patient)
		counts.Add(&s)
		c.Entries++
		return nil
	})
	if err != nil {
		return c.Entries, err
	}
	c.Short = c.Entries < cmp.Or(least, leastCounted)
	known, err := json.Marshal(c)
	if err != nil {
		return c.Entries, fault.Wrap(err, fault.Internal, "record.names", "what is known of the count of names cannot be written")
	}
	return c.Entries, e.auditedUpdate(ctx, access.Verify, v, func(tx store.Tx, t *trace) error {
		t.what, t.count = []string{"count names"}, c.Entries
		if err := tx.SetKey(ctx, raritySpace, store.KeyValue{Key: countedKey, Value: known}); err != nil || c.Short {
			return err
		}
		return tx.SetKey(ctx, raritySpace, store.KeyValue{Key: rarityKey, Value: counts.Bytes()})
	})
}

const (
	mostWait  = 100_000 // pairs of the queue that are looked at after a count
	atOnce    = 20      // of them, in one Update
	restAfter = 20 * time.Millisecond
)

// Rejudge looks again at the pairs that wait for a steward only because nobody
// had counted names, or that a name may join now, once by each count that was taken up, and says how many it
// looked at. It is for one caller at a time.
func (d *Desk) Rejudge(ctx context.Context) (int, error) {
	m := d.matcher()
	if !m.Counted() || m.Name == d.rejudged {
		return 0, nil
	}
	var wait []person.Pair
	err := d.engine.View(ctx, func(r store.Reader) error {
		list, err := person.Queue(ctx, r, mostWait)
		for _, p := range list {
			if now := p.Now(); now.By == person.ByModel && (now.Guards&match.Uncounted != 0 || now.Pattern.MayClaimName() && !now.Rival) {
				wait = append(wait, p)
			}
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	index := d.persons()
	for some := range slices.Chunk(wait, atOnce) {
		err := d.engine.Update(ctx, func(tx store.Tx) error {
			for _, p := range some {
				if err := rejudge(ctx, tx, index, p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(restAfter): // beside the work, not before it
		}
	}
	if len(wait) > 0 {
		d.guard.forget()
	}
	d.rejudged = m.Name
	return len(wait), nil
}

// rejudge lets one of a pair arrive again, as when its demographics change.
func rejudge(ctx context.Context, tx store.Tx, index person.Index, p person.Pair) error {
	pair, err := index.Load(ctx, tx, []store.Key{person.PatientKey(p.A), person.PatientKey(p.B)})
	if err != nil || len(pair) != 2 {
		return err
	}
	a, b := index.Match.Subject(pair[0].Patient), index.Match.Subject(pair[1].Patient)
	return index.Arrive(ctx, tx, []person.Arrival{{Key: pair[0].Key, Subject: a,
		Candidates: []person.Candidate{{Key: pair[1].Key, Subject: b, Verdict: index.Match.Judge(&a, &b)}}}}, -1)
}

// entryStep is how many entries are read on one snapshot.
const entryStep = 500

// eachEntry reads every Patient that a trust keeps, each batch on a snapshot of
// its own, so that it may run beside everything else.
func (d *Desk) eachEntry(ctx context.Context, f func(store.Reader, person.Entry) error) error {
	var after store.Key
	for more := true; more; {
		err := d.engine.View(ctx, func(r store.Reader) error {
			docs, err := r.Scan(ctx, fhir.R4().Number("Patient"), after, entryStep)
			if err != nil {
				return err
			}
			more = len(docs) == entryStep
			for _, doc := range docs {
				after = doc.Key
				if doc.Deleted {
					continue
				}
				body, err := d.parse(doc)
				if err != nil {
					return err
				}
				if err := f(r, person.Entry{Key: doc.Key, Patient: body}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
