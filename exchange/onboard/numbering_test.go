package onboard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"concord/fault"
	"concord/standard/uk"
)

// TestNumbersThatDoNotFit: numbers are held against the forms of the pack, each in
// its column; a misfit is counted and its row named, and nothing is refused by it.
func TestNumbersThatDoNotFit(t *testing.T) {
	patients, results := numbered, "key,patient,order,code,value,status,taken\n"
	for i := range 9 {
		patients += fmt.Sprintf("OLD/%d,EXAMPLE,Ada,1961-04-30,F,,\n", i)
	}
	patients += "L0000001,EXAMPLE,Bob,1962-02-02,M,,\nPAS-1,EXAMPLE,Cyd,1963-03-03,F,,L0000002\nPAS-2,EXAMPLE,Dee,1964-04-04,F,,XL0000003X\n"
	results += "R1,L0000001,O1,HB,131,final,2026-03-02 14:05\nR2,L0000001,,HB,131,final,2026-03-02 14:05\nR3,L0000001,secret-value,HB,131,final,2026-03-02 14:05\n"
	files := map[string]string{
		"patients.csv": patients, "results-2025.csv": results,
		"encounters.csv": "key,patient,class,started\nV1,L0000001,inpatient,2026-11-20 09:05\n",
	}
	s := newStage(t, "R1K")
	dir := folder(t, "", files)
	x, without := profiled(t, s, dir, Options{})
	if without.Numbering != nil {
		t.Errorf("without a pack: %+v", without.Numbering)
	}
	forms := Numbering{uk.HospitalNumber: `L[0-9]{7}`, uk.PlacerOrder: `O[0-9]+|Q`, uk.VisitNumber: `V[0-9]`}
	r, err := s.Profile(context.Background(), x, Options{Numbering: forms})
	if err != nil {
		t.Fatal(err)
	}
	if r.Refused != without.Refused || r.Loadable != without.Loadable || r.Refused != 0 {
		t.Errorf("a misfit refuses: %d of %d refused, %v", r.Refused, r.Rows, r.Problems)
	}
	want := map[string][2]int64{"patients.key": {10, 9}, "patients.hospital_number": {2, 1}, "encounters.key": {1, 0}, "results.order": {2, 1}}
	for _, n := range r.Numbering {
		if name := n.Class + "." + n.Column; want[name] != [2]int64{n.Held, n.Misfits} {
			t.Errorf("%s: %d of %d do not fit", name, n.Misfits, n.Held)
		} else {
			delete(want, name)
		}
	}
	if len(want) > 0 {
		t.Errorf("not held: %v", want)
	}
	if first := r.numberCheck("patients", "key").First; !slices.Equal(first, []RowAt{{"patients.csv", 2}, {"patients.csv", 3}, {"patients.csv", 4}, {"patients.csv", 5}, {"patients.csv", 6}}) {
		t.Errorf("rows named: %v", first)
	}
	if first := r.numberCheck("results", "order").First; !slices.Equal(first, []RowAt{{"results-2025.csv", 4}}) {
		t.Errorf("rows named: %v", first)
	}
	told(t, x, r, without)
}

// told holds the ways in which a report is told against each other: with the trend,
// and without any value.
func told(t *testing.T, x *Extract, r, without *Report) {
	t.Helper()
	var words, trend bytes.Buffer
	if err := r.Text(&words, without); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"9  of 10 do not fit the hospital-number of the org pack, kept: patients.key; first patients.csv 2, patients.csv 3", "0  of 1 do not fit the visit-number"} {
		if !strings.Contains(words.String(), want) {
			t.Errorf("%q is not in %s", want, &words)
		}
	}
	if err := Trend(&trend, []*Report{without, r}); err != nil || !strings.Contains(strings.Join(strings.Fields(trend.String()), " "), "– 9 patients.key that do not fit the hospital-number") {
		t.Errorf("%s %v", &trend, err)
	}
	kept, err := x.Report()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(kept)
	for _, value := range []string{"OLD/", "secret-value", "L0000003"} {
		if err != nil || strings.Contains(string(text)+words.String(), value) {
			t.Errorf("a value is told: %s %v", value, err)
		}
	}
}

func TestPatternThatIsNone(t *testing.T) {
	s := newStage(t, "R1K")
	x, _ := profiled(t, s, folder(t, "", map[string]string{"patients.csv": people}), Options{})
	if _, err := s.Profile(context.Background(), x, Options{Numbering: Numbering{uk.HospitalNumber: "("}}); fault.Of(err) == nil || fault.Of(err).Code != "onboard.pattern" {
		t.Errorf("%v", err)
	}
}
