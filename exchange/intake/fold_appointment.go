package intake

import "concord/standard/fhir"

// foldAppointment replaces an appointment by a newer state of it. A
// cancellation often repeats little: what it leaves out stays.
func foldAppointment(old, in *fhir.Value, c FoldContext) (*fhir.Value, error) {
	if old == nil {
		return in, nil
	}
	if stale(old, c) {
		return fillGaps(old, in, c)
	}
	out := old.Without("cancelationReason")
	for name, v := range in.Members() {
		switch name {
		case "meta":
			continue
		case "identifier":
			v = unionBy(old.Get(name), v, true, "system")
		case "participant":
			if v.Len() < 2 && old.Get(name).Len() > 1 {
				continue // only the patient is named
			}
		case "status":
			if v.Str() == "proposed" && old.Get("start") != nil {
				v = fhir.Of("booked") // the time is known from before
			}
		}
		out = out.With(name, v)
	}
	if repeats(old, out, c) {
		return nil, nil
	}
	return out.With("meta", in.Get("meta")), nil
}
