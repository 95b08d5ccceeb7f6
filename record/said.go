package record

import (
	"context"
	"slices"
	"strings"

	"concord/fault"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/store"
)

// replacedBy lists the Patients that a body says it goes on under.
func replacedBy(patient *fhir.Value) []string {
	var out []string
	for l := range patient.Get("link").Each() {
		if l.StrAt("type") == "replaced-by" {
			if id, ok := strings.CutPrefix(l.StrAt("other.reference"), "Patient/"); ok && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// speaks tells whether a draft says something new of who it is one with.
func (dr *draft) speaks() bool {
	return dr.patient && dr.body != nil && !slices.Equal(replacedBy(dr.body), replacedBy(dr.oldBody))
}

// said takes from a Patient that is written what its source says of who it is
// one with: a new replaced-by link joins the two (as the feed of PIXm ITI-104
// resolves duplicates, https://profiles.ihe.net/ITI/PIXm/ITI-104.html), one that
// is gone takes that back.
func (p *plan) said(ctx context.Context, r store.Reader, dr *draft) error {
	now, before := replacedBy(dr.body), replacedBy(dr.oldBody)
	for _, id := range now {
		if slices.Contains(before, id) {
			continue
		}
		k, err := p.patientSaid(ctx, r, id)
		if err != nil {
			return err
		}
		switch {
		case k == dr.key:
			return fault.New(fault.Invalid, "person.circle", "a patient cannot go on under itself").In("Patient.link")
		case k == store.Key{}:
			continue
		case slices.Contains(p.joins, [2]store.Key{dr.key, k}):
			delete(p.links, [2]store.Key{dr.key, k})
		default:
			p.joins = append(p.joins, [2]store.Key{dr.key, k})
		}
	}
	for _, id := range before {
		if slices.Contains(now, id) {
			continue
		}
		if k, err := p.patientSaid(ctx, r, id); err != nil {
			return err
		} else if k != (store.Key{}) {
			p.unjoins = append(p.unjoins, [2]store.Key{dr.key, k})
		}
	}
	return nil
}

// patientSaid finds the entry that a link names; zero when it names a person,
// or nobody that is known.
func (p *plan) patientSaid(ctx context.Context, r store.Reader, id string) (store.Key, error) {
	if dr := p.patients["Patient/"+id]; dr != nil {
		return dr.key, nil
	}
	k, err := p.desk.locate(ctx, r, "Patient", id)
	if fault.Is(err, fault.NotFound) {
		return store.Key{}, nil
	}
	return k, err
}

// join makes one person of the entries that the sender says are one patient,
// and takes back what it says no longer.
func (d *Desk) join(ctx context.Context, tx store.Tx, e *Errand, p *plan) error {
	who := e.who.Org + "/" + e.who.ID
	rulings, err := p.unmerged(ctx, tx, who)
	if err != nil {
		return err
	}
	more, err := d.part(ctx, tx, who, p.parts)
	if err != nil {
		return err
	}
	rulings = append(rulings, more...)
	for _, pair := range p.joins {
		on, err := person.PairOf(ctx, tx, pair[0].PK, pair[1].PK)
		if err != nil {
			return err
		}
		if _, apart := on.SaidByTrust(); apart != "" { // it knows better now
			rulings = append(rulings, &person.Ruling{Verb: person.TakeBack, By: person.ByTrust, Who: who, Of: apart})
		}
		rulings = append(rulings, &person.Ruling{Verb: person.Join, By: person.ByTrust, Who: who, Link: p.links[pair],
			A: []int64{pair[0].PK}, B: []int64{pair[1].PK}})
	}
	return d.persons().Rule(ctx, tx, rulings...)
}

// unmerged takes back the merges that are said no longer; a link of the two (A24)
// stays.
func (p *plan) unmerged(ctx context.Context, tx store.Tx, who string) ([]*person.Ruling, error) {
	var rulings []*person.Ruling
	for _, pair := range p.unjoins {
		if slices.Contains(p.joins, pair) || slices.Contains(p.joins, [2]store.Key{pair[1], pair[0]}) {
			continue // it goes on the other way round
		}
		on, err := person.PairOf(ctx, tx, pair[0].PK, pair[1].PK)
		if err != nil {
			return nil, err
		}
		one, _ := on.SaidByTrust()
		if len(one) == 0 {
			continue
		}
		of, err := person.FindRuling(ctx, tx, one[0])
		if err != nil {
			return nil, err
		}
		if !of.Link {
			rulings = append(rulings, &person.Ruling{Verb: person.TakeBack, By: person.ByTrust, Who: who, Of: of.ID})
		}
	}
	return rulings, nil
}

// part is what a trust says of two entries that are not one: its own words to the
// contrary are taken back; what others thought is overruled.
func (d *Desk) part(ctx context.Context, tx store.Tx, who string, pairs [][2]store.Key) ([]*person.Ruling, error) {
	var rulings []*person.Ruling
	for _, pair := range pairs {
		on, err := person.PairOf(ctx, tx, pair[0].PK, pair[1].PK)
		if err != nil {
			return nil, err
		}
		one, _ := on.SaidByTrust()
		for _, of := range one {
			rulings = append(rulings, &person.Ruling{Verb: person.TakeBack, By: person.ByTrust, Who: who, Of: of})
		}
		if len(one) == 0 {
			rulings = append(rulings, &person.Ruling{Verb: person.Part, By: person.ByTrust, Who: who, A: []int64{pair[0].PK}, B: []int64{pair[1].PK}})
		}
	}
	return rulings, nil
}
