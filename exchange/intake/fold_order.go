package intake

import "concord/standard/fhir"

// foldOrder brings a ServiceRequest up to date: a response or a change of
// status says little, so that what it leaves out stays. A cancelled or
// completed order does not become active again by a response.
func foldOrder(old, in *fhir.Value, c FoldContext) (*fhir.Value, error) {
	if old == nil {
		return in, nil
	}
	if stale(old, c) {
		return fillGaps(old, in, c)
	}
	out := old
	for name, v := range in.Members() {
		switch {
		case name == "meta":
			continue
		case name == "identifier":
			v = unionBy(old.Get(name), v, true, "system")
		case name == "status" && v.Str() == "active" && over(old.StrAt("status")):
			continue
		}
		out = out.With(name, v)
	}
	if repeats(old, out, c) {
		return nil, nil
	}
	return out.With("meta", in.Get("meta")), nil
}

func over(status string) bool { return status == "completed" || status == "revoked" }

// foldCompleted closes an order that is known and still open.
func foldCompleted(old, in *fhir.Value, c FoldContext) (*fhir.Value, error) {
	if old == nil || stale(old, c) || over(old.StrAt("status")) || old.StrAt("status") == enteredInError {
		return nil, nil
	}
	out := old.With("status", "completed").
		With("identifier", unionBy(old.Get("identifier"), in.Get("identifier"), true, "system"))
	return out.With("meta", in.Get("meta")), nil
}

// foldReport replaces a report by a newer one and keeps the results that came
// earlier: laboratories send parts as they are ready.
func foldReport(old, in *fhir.Value, c FoldContext) (*fhir.Value, error) {
	if old == nil {
		return in, nil
	}
	results := unionBy(old.Get("result"), in.Get("result"), true, "reference")
	if stale(old, c) {
		if fhir.Equal(results, old.Get("result")) {
			return nil, nil
		}
		return old.With("result", results), nil
	}
	out := in.With("result", results)
	if out.Get("presentedForm") == nil && out.StrAt("status") != cancelled {
		out = out.With("presentedForm", old.Get("presentedForm"))
	}
	if repeats(old, out, c) {
		return nil, nil
	}
	return out, nil
}
