package record

import (
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/standard/fhir"
	"concord/store"
)

// together are a resource and what is sealed with it: the others under its code where
// that is asked, and the results that each report consists of, which say what the
// report says.
func (m *marking) together(ctx context.Context, r store.Reader, v *sight, pks []int64, of *Item) ([]*Item, error) {
	items := []*Item{of}
	if m.ask.Alike {
		var err error
		if items, err = m.alike(ctx, r, v, pks, of); err != nil {
			return nil, err
		}
	}
	if !m.ask.Do.ofSeal() {
		return items, nil
	}
	for i := 0; i < len(items); i++ { // a result may have members in its turn
		for _, ref := range partsOf(items[i].Resource) {
			if slices.ContainsFunc(items, func(it *Item) bool { return it.Ref() == ref }) {
				continue
			}
			it, err := m.named(ctx, r, v, pks, ref)
			switch {
			case fault.Is(err, fault.NotFound), fault.Is(err, fault.Gone), fault.Is(err, fault.Denied):
				continue // of another record, organisation or system: not this one's to seal
			case err != nil:
				return nil, err
			}
			if items = append(items, it); len(items) > mostAlike {
				return nil, tooManyAlike()
			}
		}
	}
	return items, nil
}

// ofSeal tells a marking by which something is sealed or opened.
func (x Marking) ofSeal() bool { return x == Seal || x == SealAndLock || x == Unseal }

// partsOf are the results of a report, and the members of a panel.
func partsOf(resource *fhir.Value) []string {
	place := map[string]string{"DiagnosticReport": "result", "Observation": "hasMember"}[resource.Type()]
	var out []string
	for part := range resource.Get(place).Each() {
		if ref := part.StrAt("reference"); ref != "" {
			out = append(out, ref)
		}
	}
	return out
}

func tooManyAlike() error {
	return fault.New(fault.TooCostly, "record.mark", "more than %d items go together: seal them by a sensitive set", mostAlike)
}

// alike are the resources of the same type that the organisation recorded of
// the patient under a code of one of them, that one first.
func (m *marking) alike(ctx context.Context, r store.Reader, v *sight, pks []int64, of *Item) ([]*Item, error) {
	codes := codesOf(of.Resource)
	groups, err := r.Chart(ctx, pks, []store.Range{{Type: of.key.Type()}}, time.Time{})
	if err != nil {
		return nil, err
	}
	out, seen := []*Item{of}, map[store.Key]bool{of.key: true}
	for _, doc := range slices.Concat(groups...) {
		if seen[doc.Key] || doc.Org != of.Org || doc.Deleted {
			continue
		}
		seen[doc.Key] = true
		it, err := m.errand.desk.item(doc)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(codesOf(it.Resource), func(c string) bool { return slices.Contains(codes, c) }) {
			continue
		}
		if o, err := v.look(ctx, doc, false); err != nil {
			return nil, err
		} else if o.Shown {
			out = append(out, it)
		}
		if len(out) > mostAlike {
			return nil, tooManyAlike()
		}
	}
	return out, nil
}
