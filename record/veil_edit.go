package record

import "concord/standard/fhir"

// less is an object without some members; the same when it has none of them.
func less(o *fhir.Value, names ...string) *fhir.Value {
	out := o
	for _, n := range names {
		if out.Get(n) != nil {
			out = out.Without(n)
		}
	}
	return out
}

// only is an object with some of its members.
func only(o *fhir.Value, names ...string) *fhir.Value {
	out := fhir.Obj()
	for _, n := range names {
		if m := o.Get(n); m != nil {
			out = out.With(n, m)
		}
	}
	return out
}

// list is an array with each element as f leaves it, nil = left out; the same
// when f changes nothing, nil when nothing is left.
func list(a *fhir.Value, f func(*fhir.Value) *fhir.Value) *fhir.Value {
	if a == nil {
		return nil
	}
	out, changed := make([]*fhir.Value, 0, a.Len()), false
	for one := range a.Each() {
		kept := f(one)
		changed = changed || kept != one
		if kept != nil {
			out = append(out, kept)
		}
	}
	switch {
	case !changed:
		return a
	case len(out) == 0:
		return nil
	}
	return fhir.Of(out)
}

// masked is a reference of which it may only be known that it is there
// (http://hl7.org/fhir/R4/extension-data-absent-reason.html).
func masked(reference *fhir.Value) *fhir.Value {
	return only(reference, "type").With("extension", []*fhir.Value{
		fhir.Obj("url", "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode", "masked")})
}
