package record

import (
	"context"
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
		n := HospitalNumber{e.who.Org, hospitalNumber}
		out.Patient, err = d.owned(ctx, r, d.numberHash(n), func(body *fhir.Value) bool {
			for _, have := range hospitalNumbers(body) {
				if have == n {
					return true
				}
			}
			return false
		})
		if err != nil {
			return err
		}
		for _, k := range keys {
			it, err := d.owned(ctx, r, d.keyHash(e.who.Org, k.Type, k.Key), func(body *fhir.Value) bool {
				for _, have := range sourceKeys(body) {
					if have == SourceKey(e.who.Org, k.Key) {
						return body.Type() == k.Type
					}
				}
				return false
			})
			if err != nil {
				return err
			}
			if it != nil {
				out.ByKey[k] = it
			}
		}
		return nil
	})
	return out, err
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
func (d *Desk) owned(ctx context.Context, r store.Reader, hash uint64, confirm func(body *fhir.Value) bool) (*Item, error) {
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
			return nil, nil
		}
		it, err := d.item(doc)
		if err != nil {
			return nil, err
		}
		if confirm(it.Resource) {
			return it, nil
		}
	}
	return nil, nil
}

// Conflict is one line of the stewards' list: two entries with one NHS number
// whose demographics do not agree.
type Conflict struct {
	A, B    *Item
	Differs []string // fields, in words
	Found   time.Time
}
