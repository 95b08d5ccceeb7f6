package record

import (
	"context"

	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/store"
)

// How common names and dates of birth are is counted now and then, kept, and
// taken up when a Desk is opened: what is decided by one count can be told from
// what is decided by another.
const raritySpace, rarityKey = "person-rarity", "counts"

// openMatcher makes the model ready with the counts that are kept.
func (d *Desk) openMatcher(ctx context.Context, model *match.Model) error {
	var kept []byte
	err := d.engine.View(ctx, func(r store.Reader) error {
		var err error
		kept, err = r.GetKey(ctx, raritySpace, rarityKey)
		return err
	})
	if err != nil {
		return err
	}
	var counts *match.Frequencies
	if kept != nil {
		if counts, err = match.ParseFrequencies(kept); err != nil {
			return err
		}
	}
	d.matcher, err = person.NewMatcher(model, counts)
	return err
}

// CountNames counts how common each given name, family name and date of birth
// is among the entries, and keeps the counts; Desks that are opened afterwards
// go by them. It gives the number of entries.
func (e *Errand) CountNames(ctx context.Context) (int, error) {
	d := e.desk
	v, err := e.decide(ctx, access.Verify, "", "count names")
	if err != nil {
		return 0, err
	}
	counts, n := match.NewFrequencies(), 0
	err = d.eachEntry(ctx, func(_ store.Reader, one person.Entry) error {
		s := d.matcher.Subject(one.Patient)
		counts.Add(&s)
		n++
		return nil
	})
	if err != nil {
		return n, err
	}
	return n, e.auditedUpdate(ctx, access.Verify, v, func(tx store.Tx, t *trace) error {
		t.what, t.count = []string{"count names"}, n
		return tx.SetKey(ctx, raritySpace, store.KeyValue{Key: rarityKey, Value: counts.Bytes()})
	})
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
