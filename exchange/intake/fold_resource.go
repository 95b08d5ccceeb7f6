package intake

import (
	"time"

	"concord/record"
	"concord/standard/fhir"
)

// EventExtension is record.EventExtension.
const EventExtension = record.EventExtension

// eventOf reads the extension; the zero time when there is none.
func eventOf(resource *fhir.Value) time.Time {
	for e := range resource.Path("meta.extension").Each() {
		if e.StrAt("url") == EventExtension {
			if t, err := time.Parse(time.RFC3339, e.StrAt("valueInstant")); err == nil {
				return t
			}
		}
	}
	return time.Time{}
}

// stale tells whether the event is older than what is stored. Events of the
// same moment count as newer, in the order of arrival.
func stale(old *fhir.Value, c FoldContext) bool {
	return old != nil && c.Event.Before(eventOf(old))
}

// sameContent compares without what the writer sets.
func sameContent(a, b *fhir.Value) bool { return fhir.Equal(said(a), said(b)) }

func said(v *fhir.Value) *fhir.Value {
	if v = withoutSourceKeys(v.Without("id", "meta", "text")); v.Get("identifier").Len() == 0 {
		return v.Without("identifier")
	}
	return v
}

// repeats tells an event that says what is stored and is of no later moment: it makes no
// version. A later one that says the same makes one, since what was said between, and
// comes last, is older then.
func repeats(old, out *fhir.Value, c FoldContext) bool {
	return old != nil && !c.Event.After(eventOf(old)) && sameContent(out, old)
}

// replaceNewer stores the draft unless what is stored is newer, or the same at the
// same moment.
func replaceNewer(old, in *fhir.Value, c FoldContext) (*fhir.Value, error) {
	if stale(old, c) || repeats(old, in, c) {
		return nil, nil
	}
	return in, nil
}

// createOnly stores the draft only when nothing is stored: for what a message
// mentions but does not rule.
func createOnly(old, in *fhir.Value, _ FoldContext) (*fhir.Value, error) {
	if old != nil {
		return nil, nil
	}
	return in, nil
}

// fillGaps adds the members that the stored resource lacks. It keeps the
// stored meta, since the newest event is not the one that is added.
func fillGaps(old, in *fhir.Value, _ FoldContext) (*fhir.Value, error) {
	if old == nil {
		return in, nil
	}
	out, changed := old, false
	for name, v := range in.Members() {
		if name == "identifier" {
			if union := unionBy(old.Get(name), v, false, "system"); !fhir.Equal(union, old.Get(name)) {
				out, changed = out.With(name, union), true
			}
			continue
		}
		if old.Get(name) == nil && !otherChoice(old, name) {
			out, changed = out.With(name, v), true
		}
	}
	if !changed {
		return nil, nil
	}
	return out, nil
}

// otherChoice keeps a resource from getting two values of one choice.
func otherChoice(r *fhir.Value, name string) bool {
	switch name {
	case "deceasedBoolean":
		return r.Get("deceasedDateTime") != nil
	case "deceasedDateTime":
		return r.Get("deceasedBoolean") != nil
	}
	return false
}

// unionBy joins two arrays whose elements are named by a member: the elements
// of in with one name stand for those of old with it (lead), or the other way
// round. The order is that of old, then of in.
func unionBy(old, in *fhir.Value, lead bool, name string) *fhir.Value {
	weak, strong := in, old
	if lead {
		weak, strong = old, in
	}
	var all []any
	placed := map[string]bool{}
	put := func(from *fhir.Value, id string) {
		for e := range from.Each() {
			if e.StrAt(name) == id {
				all = append(all, e)
			}
		}
		placed[id] = true
	}
	for _, list := range []*fhir.Value{old, in} {
		for e := range list.Each() {
			id := e.StrAt(name)
			switch {
			case placed[id]:
			case hasNamed(strong, name, id):
				put(strong, id)
			default:
				put(weak, id)
			}
		}
	}
	return fhir.Arr(all...)
}

func hasNamed(list *fhir.Value, name, id string) bool {
	for e := range list.Each() {
		if e.StrAt(name) == id {
			return true
		}
	}
	return false
}
