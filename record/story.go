package record

import (
	"context"
	"slices"
	"strconv"
	"time"

	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/uk"
	"concord/store"
)

// Watching over stories: what is written is looked at afterwards, beside the
// work, for signs that two people were put into one record.
const (
	watchSpace = "person-watch" // "seen": the change up to which stories were looked at
	watchLines = 500            // lines of the change feed at a time
	watchStays = 60             // newest visits of a story
	tallyStep  = 2000           // pairs counted at a time
	tallyEvery = time.Hour      // at most; a small index is counted more often
	tallyRate  = 20_000         // pairs that are counted anew each minute
)

// Watch looks at the stories of those who were written to since it looked last,
// raises alarms for the stewards, and goes on with the tally of decisions. more
// tells that there is more to do at once. It shows nothing to anybody.
func (d *Desk) Watch(ctx context.Context) (more bool, err error) {
	var seen, upto int64
	var findings []person.Finding
	var counted *person.Tally
	err = d.engine.View(ctx, func(r store.Reader) error {
		text, err := r.GetKey(ctx, watchSpace, "seen")
		if err != nil {
			return err
		}
		seen, _ = strconv.ParseInt(string(text), 10, 64)
		if counted, err = person.Counted(ctx, r); err != nil {
			return err
		}
		lines, err := r.Changes(ctx, seen, watchLines)
		if err != nil {
			return err
		}
		upto, more = seen, len(lines) >= watchLines
		for _, l := range lines {
			upto = max(upto, l.Change)
		}
		findings, err = d.findings(ctx, r, lines)
		return err
	})
	if err != nil {
		return false, err
	}
	due := counted == nil || d.now().Sub(counted.At) > stale(counted.Pairs)
	if upto == seen && !due {
		return false, nil
	}
	err = d.engine.Update(ctx, func(tx store.Tx) error {
		if _, err := person.Raise(ctx, tx, findings); err != nil {
			return err
		}
		if due {
			whole, err := person.Count(ctx, tx, tallyStep)
			if err != nil {
				return err
			}
			more = more || !whole
		}
		return tx.SetKey(ctx, watchSpace, store.KeyValue{Key: "seen", Value: strconv.AppendInt(nil, upto, 10)})
	})
	return more, err
}

// stale is how old a count of so many pairs may be.
func stale(pairs int) time.Duration {
	return min(tallyEvery, time.Minute*time.Duration(1+pairs/tallyRate))
}

// findings looks at the people whose Patients or visits were written.
func (d *Desk) findings(ctx context.Context, r store.Reader, lines []store.Change) ([]person.Finding, error) {
	patient, encounter := fhir.R4().Number("Patient"), fhir.R4().Number("Encounter")
	var out []person.Finding
	done := map[int64]bool{}
	for _, l := range lines {
		typ := l.Key.Type()
		if l.Deleted || typ != patient && typ != encounter {
			continue
		}
		if typ == patient && l.Version > 1 {
			f, err := d.overlaid(ctx, r, l)
			if err != nil {
				return nil, err
			}
			out = append(out, f...)
		}
		pks, known, err := sameHuman(ctx, r, l.Key.PK)
		if err != nil {
			return nil, err
		}
		if who := slices.Min(pks); known && !done[who] {
			done[who] = true
			s, err := d.story(ctx, r, pks)
			if err != nil {
				return nil, err
			}
			out = append(out, person.Implausible(s, d.now())...)
		}
	}
	return out, nil
}

// overlaid holds a version of an entry against the one before it.
func (d *Desk) overlaid(ctx context.Context, r store.Reader, l store.Change) ([]person.Finding, error) {
	docs, err := r.GetVersions(ctx, []store.VersionKey{{Key: l.Key, Version: l.Version - 1}, {Key: l.Key, Version: l.Version}})
	if err != nil || len(docs) != 2 || docs[0].Deleted || docs[1].Deleted {
		return nil, err
	}
	items, err := d.items(docs)
	if err != nil || !d.matcher().Overlaid(items[0].Resource, items[1].Resource) {
		return nil, err
	}
	return []person.Finding{{Kind: person.SuddenChange, Entries: []int64{l.Key.PK},
		Refs: []string{items[1].Ref() + "/_history/" + strconv.FormatInt(l.Version, 10)}}}, nil
}

// story reads what a person lived through.
func (d *Desk) story(ctx context.Context, r store.Reader, pks []int64) (person.Story, error) {
	var s person.Story
	groups, err := r.Chart(ctx, pks, []store.Range{{Type: fhir.R4().Number("Patient")}, {Type: fhir.R4().Number("Encounter"), Newest: watchStays}}, time.Time{})
	if err != nil {
		return s, err
	}
	patients, err := d.items(groups[0])
	if err != nil {
		return s, err
	}
	p := Person{Entries: patients}
	golden := p.Golden()
	if at, ok := fhir.ParseInstant(golden.Death.When, d.london); ok && golden.Death.Dead {
		s.Died = at.End(d.london)
		if f := golden.Fact(person.TheDeath); f != nil {
			s.By = patients[f.From].key.PK
		}
	}
	visits, err := d.items(groups[1])
	if err != nil {
		return s, err
	}
	for _, it := range visits {
		if stay, ok := d.stay(it); ok {
			s.Stays = append(s.Stays, stay)
		}
	}
	return s, nil
}

// stay reads a visit that took place; ok is false for one that did not, or not
// yet.
func (d *Desk) stay(it *Item) (person.Stay, bool) {
	v := it.Resource
	switch v.StrAt("status") {
	case "in-progress", "onleave", "finished", "arrived", "triaged":
	default:
		return person.Stay{}, false
	}
	from, ok := fhir.ParseInstant(v.StrAt("period.start"), d.london)
	if !ok || movedTo(v) != "" {
		return person.Stay{}, false
	}
	s := person.Stay{Entry: it.key.PK, Ref: it.Ref(), Trust: it.Org, From: from.Start}
	if org := v.Path("serviceProvider.identifier"); org.StrAt("system") == uk.ODSOrganization && org.StrAt("value") != "" {
		s.Trust = org.StrAt("value")
	}
	switch v.StrAt("class.code") {
	case "IMP", "ACUTE", "NONAC":
		s.Inpatient = true
	}
	if to, ok := fhir.ParseInstant(v.StrAt("period.end"), d.london); ok {
		s.To = to.End(d.london)
	} else if v.StrAt("status") == "finished" {
		s.To = from.Start // when it ended is not known
	}
	return s, true
}
