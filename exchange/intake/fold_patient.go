package intake

import "concord/standard/fhir"

// foldDemographics brings a Patient up to date: what the message values
// replaces, what it leaves empty stays, and what it sets to an explicit null
// ("cleared") goes. An older event only fills gaps. A newer event that says
// the same is stored all the same, since it moves the time before which later
// arrivals are old.
func foldDemographics(cleared []string) Fold {
	return func(old, in *fhir.Value, c FoldContext) (*fhir.Value, error) {
		if old == nil {
			return in, nil
		}
		if stale(old, c) {
			return fillGaps(old, in.Without(cleared...), c)
		}
		out := old
		for name, v := range in.Members() {
			switch name {
			case "identifier":
				v = unionBy(old.Get(name), v, true, "system")
			case "extension":
				v = unionBy(old.Get(name), v, true, "url")
			case "deceasedDateTime":
				out = out.Without("deceasedBoolean")
			case "deceasedBoolean":
				out = out.Without("deceasedDateTime")
			case "meta":
				continue
			}
			out = out.With(name, v)
		}
		out = out.Without(cleared...)
		if repeats(old, out, c) {
			return nil, nil
		}
		return out.With("meta", in.Get("meta")), nil
	}
}
