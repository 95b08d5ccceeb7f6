package record

import (
	"context"
	"slices"
	"time"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// Prior is what a feed's trust already has of a message's patient and of the
// resources that the message speaks of.
type Prior struct {
	Patient *Item            // the trust's entry under the hospital number, nil = none
	ByKey   map[KeyRef]*Item // resources under their business keys
}

// KeyRef names a resource by its business key within a trust.
type KeyRef struct{ Type, Key string }

// Prior looks up what a message will be folded into. It is a feed's own
// errand within its own trust; the entry of the applied message is its audit.
func (e *Errand) Prior(ctx context.Context, hospitalNumber string, keys []KeyRef) (*Prior, error) {
	if _, err := e.decide(ctx, access.Receive, ""); err != nil {
		return nil, err
	}
	d := e.desk
	out := &Prior{ByKey: map[KeyRef]*Item{}}
	err := d.engine.View(ctx, func(r store.Reader) error {
		var err error
		out.Patient, err = d.numbered(ctx, r, HospitalNumber{e.who.Org, hospitalNumber})
		if err != nil {
			return err
		}
		if out.Patient == nil {
			return nil
		}
		return d.priorByKey(ctx, r, e.who.Org, keys, out)
	})
	return out, err
}

// numbered is the entry that a trust has under a hospital number, nil = none.
func (d *Desk) numbered(ctx context.Context, r store.Reader, n HospitalNumber) (*Item, error) {
	return d.owned(ctx, r, d.numberHash(n), func(it *Item) bool { return slices.Contains(ownNumbers(it.Org, it.Resource), n) })
}

// priorByKey looks in the patient's record, and in those of the entries that
// are the same person: after a merge the trust goes on under the surviving
// number, and what it wrote before lies in the entry that was merged away.
func (d *Desk) priorByKey(ctx context.Context, r store.Reader, trust string, keys []KeyRef, out *Prior) error {
	own := out.Patient.key.PK
	person, err := r.PersonOf(ctx, own, time.Time{})
	if err != nil {
		return err
	}
	members, err := r.Members(ctx, person, time.Time{})
	if err != nil {
		return err
	}
	records := []int64{own}
	for _, pk := range members {
		if pk != own {
			records = append(records, pk)
		}
	}
	for _, k := range keys {
		for _, pk := range records {
			it, err := d.owned(ctx, r, d.keyHash(pk, trust, k.Type, k.Key), func(it *Item) bool {
				return it.Type == k.Type && slices.Contains(sourceKeys(it.Resource), SourceKey(trust, k.Key))
			})
			if err != nil {
				return err
			}
			if it != nil {
				out.ByKey[k] = it
				break
			}
		}
	}
	return nil
}

func sourceKeys(body *fhir.Value) []string {
	var out []string
	for id := range body.Get("identifier").Each() {
		if id.StrAt("system") == search.SourceKey {
			out = append(out, id.StrAt("value"))
		}
	}
	return out
}

// owned finds the resource that holds a claim, confirmed on its body.
func (d *Desk) owned(ctx context.Context, r store.Reader, hash uint64, confirm func(it *Item) bool) (*Item, error) {
	for probe := range aliasProbes {
		keys, err := r.Find(ctx, hash+uint64(probe), 1)
		if err != nil || len(keys) == 0 {
			return nil, err
		}
		doc, err := r.Get(ctx, keys[0])
		if err != nil {
			return nil, err
		}
		if doc.Deleted {
			continue
		}
		it, err := d.item(doc)
		if err != nil {
			return nil, err
		}
		if confirm(it) {
			return it, nil
		}
	}
	return nil, nil
}
