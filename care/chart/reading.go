package chart

import (
	"strconv"
	"strings"

	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// readingsShown bounds the trend of vital signs.
const readingsShown = 60

// readings are the sets with anything to draw that fall in the time of the
// charted ones: single measurements between two sets belong to the trend.
func readings(all, charted []ObservationSet) []ObservationSet {
	var out []ObservationSet
	for _, s := range all {
		if len(charted) > 0 && s.When.At.Before(charted[0].When.At) {
			continue
		}
		for _, key := range TrendKeys() {
			if _, ok := s.Number(key); ok {
				out = append(out, s)
				break
			}
		}
	}
	return out[max(0, len(out)-readingsShown):]
}

// TrendKeys are the vital signs that the trend draws, in its order; blood
// pressure stands under its systolic.
func TrendKeys() []string {
	return []string{"systolic-pressure", "pulse", "respiration-rate", "oxygen-saturation", "temperature"}
}

// Number is the measured number of a vital sign, false when there is none.
func (s *ObservationSet) Number(key string) (float64, bool) {
	text := readingText(key, s.Reading)
	if key == "diastolic-pressure" {
		text = s.Diastolic
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

// Target is a recorded target oxygen saturation of 88–92 %, which is what
// SpO₂ scale 2 is for (RCP 2017). The zero Target is none.
type Target struct {
	Text   string
	Source Source
}

// target looks for one among the vital signs and the alerts. What was measured
// is never taken for a target.
func (l Lens) target(c *record.Chart, vitals []*record.Item) Target {
	alerts, _ := list(c, bannerFlags)
	for _, i := range alerts {
		text := fhir.ConceptText(i.Resource.Get("code"))
		if i.Resource.StrAt("status") == "active" && speaksOfTarget(text) && hypercapnic(text) {
			return Target{text, l.source(i)}
		}
	}
	for _, i := range vitals { // the newest first
		r := i.Resource
		if withdrawn(r) || !speaksOfTarget(fhir.ConceptText(r.Get("code"))) {
			continue
		}
		if text := targetText(r); hypercapnic(text) {
			return Target{text, l.source(i)}
		}
		return Target{} // a newer target of another range
	}
	return Target{}
}

func speaksOfTarget(text string) bool {
	t := strings.ToLower(text)
	return strings.Contains(t, "target") &&
		(strings.Contains(t, "saturation") || strings.Contains(t, "spo2") || strings.Contains(t, "spo₂"))
}

func targetText(o *fhir.Value) string {
	if rng := o.Get("valueRange"); rng != nil {
		return rng.Get("low").Get("value").Raw() + "–" + rng.Get("high").Get("value").Raw()
	}
	if s := o.StrAt("valueString"); s != "" {
		return s
	}
	return fhir.ConceptText(o.Get("valueCodeableConcept"))
}

func hypercapnic(text string) bool {
	low, high := strings.Index(text, "88"), strings.Index(text, "92")
	return low >= 0 && high > low
}

// InConflict tells that the target asks for scale 2 while scale 1 is in use.
func (t Target) InConflict(latest uk.Reading) bool { return t.Text != "" && !latest.Scale2 }
