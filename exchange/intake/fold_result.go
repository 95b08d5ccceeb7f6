package intake

import (
	"slices"
	"strings"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/search"
)

// A result that came with the load of a joining trust has none of the feed's
// numbers. It is found by the request, the test and the minute in which the
// specimen was taken (record.ResultKey), so that a correction changes it and does
// not stand beside it.

// loadedKeys are the keys under which a load may have brought a result: by the
// placer's number, the filler's, or none. at are the times that the message gives
// it, codes the test's in either coding.
func (s *source) loadedKeys(obx *segment, c observationContext) []string {
	var keys []string
	for _, at := range []string{obx.str(14), c.taken} {
		t, ok := s.timeText(at)
		if !ok || t.Precision < hl7v2.Minute {
			continue
		}
		for _, component := range []int{1, 4} {
			code := obx.f(3).Component(component).String()
			if code == "" {
				continue
			}
			for _, request := range []string{c.placer, c.filler, ""} {
				if k := record.ResultKey(request, code, t.Time); !slices.Contains(keys, k) {
					keys = append(keys, k)
				}
			}
		}
	}
	return keys
}

// soleAdopts takes from the results of a message the keys that several of them
// have: which of them a loaded result is nobody can say.
func soleAdopts(m *Mapped) {
	times := map[string]int{}
	for _, d := range m.Drafts {
		for _, k := range d.Adopts {
			times[d.Type+" "+k]++
		}
	}
	for i := range m.Drafts {
		if d := &m.Drafts[i]; d.Type == "Observation" {
			d.Adopts = slices.DeleteFunc(d.Adopts, func(k string) bool { return times[d.Type+" "+k] > 1 })
		}
	}
}

// foldResult replaces a result by a newer one. Of one that was loaded the numbers
// stay, by which its load is reconciled and undone, and the domain's codes beside
// the sender's.
func foldResult(old, in *fhir.Value, c FoldContext) (*fhir.Value, error) {
	if stale(old, c) {
		return nil, nil
	}
	ids := loadedNumbers(old)
	if len(ids) == 0 {
		return replaceNewer(old, in, c)
	}
	out := in.With("identifier", ids)
	if alsoCoded(old.Get("code"), in.Get("code")) {
		out = out.With("code", old.Get("code"))
	}
	if repeats(old.With("identifier", ids), out, c) {
		return nil, nil
	}
	return out, nil
}

// alsoCoded tells whether a concept has every code that another has.
func alsoCoded(concept, other *fhir.Value) bool {
	codes := fhir.Codings(other)
	for _, c := range codes {
		if !fhir.HasCode(concept, c.System, c.Code) {
			return false
		}
	}
	return len(codes) > 0
}

// loadedNumbers are the identifiers of what a load brought, without the business
// key, which the writer sets.
func loadedNumbers(old *fhir.Value) []*fhir.Value {
	var out []*fhir.Value
	for id := range old.Get("identifier").Each() {
		if system := id.StrAt("system"); system != search.SourceKey && strings.Contains(system, ":extract-") {
			out = append(out, id)
		}
	}
	return out
}
