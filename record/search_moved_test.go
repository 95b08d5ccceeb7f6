package record_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
)

// TestSearchFollowsMoves: whoever still has the old id of a visit that was moved
// to the right patient finds by it what is found by the new one, by the reference
// itself, through chains, reverse chains, filters and the visit's compartment;
// and undone, the same by either.
func TestSearchFollowsMoves(t *testing.T) {
	f := newFiling(t)
	wrong, right := f.entry("1"), f.entry("2")
	old := f.visit(wrong, "V1")
	f.visit(wrong, "V2")
	found := func(typ string, asked record.Asked, query string) []string {
		t.Helper()
		asked.Types, asked.Form = []string{typ}, url.Values{}
		if query != "" {
			asked.Form, _ = url.ParseQuery(query)
		}
		res, err := f.as(access.Clinician).Search(f.ctx, asked)
		if err != nil {
			t.Fatalf("%s?%s: %v", typ, query, err)
		}
		var out []string
		for _, it := range res.Matches {
			out = append(out, it.Ref())
		}
		slices.Sort(out)
		return out
	}
	bare := func(ref string) string { return ref[strings.IndexByte(ref, '/')+1:] }
	by := func(visit, observation string) map[string][]string {
		return map[string][]string{
			"reference":     found("DiagnosticReport", record.Asked{}, "encounter="+visit),
			"bare id":       found("DiagnosticReport", record.Asked{}, "encounter="+bare(visit)),
			"one of two":    found("DiagnosticReport", record.Asked{}, "encounter="+visit+",Encounter/none"),
			"result":        found("DiagnosticReport", record.Asked{}, "result="+observation),
			"typed":         found("DiagnosticReport", record.Asked{}, "result:Observation="+bare(observation)),
			"chained":       found("Encounter", record.Asked{}, "_has:DiagnosticReport:encounter:result="+observation),
			"filter":        found("DiagnosticReport", record.Asked{}, "_filter="+url.QueryEscape(`encounter eq "`+visit+`"`)),
			"in the record": found("DiagnosticReport", record.Asked{}, "patient="+right+"&encounter="+visit),
			"compartment":   found("DiagnosticReport", record.Asked{Compartment: "Encounter", Owner: bare(visit)}, ""),
		}
	}
	if err := f.move(wrong, right, visitOf("V1")); err != nil {
		t.Fatal(err)
	}
	visit, observation, report := f.read(old[0]).Ref(), f.read(old[1]).Ref(), f.read(old[2]).Ref()
	if visit == old[0] || report == old[2] {
		t.Fatal("nothing was moved")
	}
	for name, got := range by(old[0], old[1]) {
		want := by(visit, observation)[name]
		if !slices.Equal(got, want) || len(got) != 1 || got[0] != report && name != "chained" {
			t.Errorf("by the old id, %s: %v, by the new one %v", name, got, want)
		}
	}
	if err := f.move(right, wrong, visitOf("V1")); err != nil {
		t.Fatal(err)
	}
	right = wrong
	for _, pair := range [][2]string{{old[0], old[1]}, {visit, observation}} {
		for name, got := range by(pair[0], pair[1]) {
			if want := by(f.read(old[0]).Ref(), f.read(old[1]).Ref())[name]; !slices.Equal(got, want) || len(got) != 1 {
				t.Errorf("after it was moved back, by %s, %s: %v, want %v", pair[0], name, got, want)
			}
		}
	}
}
