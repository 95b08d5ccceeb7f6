package fhirapi_test

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"concord/standard/fhir"
)

// asker is a stage with a world in it.
type asker struct {
	*stage
	*world
}

func newAsker(t *testing.T, seed uint64) asker {
	t.Helper()
	a := asker{newStage(t), newWorld(seed)}
	a.grow(1<<20, 500)
	var entries []string
	for _, ref := range a.refs {
		entries = append(entries, entry("", "PUT", ref, string(a.all[ref].JSON())))
	}
	if w := a.send(call{method: "POST", path: "", body: bundleOf("transaction", entries...)}); w.Code != 200 {
		t.Fatalf("%d %.600s", w.Code, w.Body)
	}
	return a
}

// rounds is how many questions are asked; CONCORD_QUESTIONS asks more.
func rounds(few int) int {
	if n, err := strconv.Atoi(os.Getenv("CONCORD_QUESTIONS")); err == nil {
		return n
	}
	return few
}

// found are the ids that a search finds, in order, over all its pages.
func (a asker) found(path string) []string {
	a.t.Helper()
	var out []string
	for path != "" {
		w := a.send(call{path: path})
		b, err := fhir.ParseObject(w.Body.Bytes())
		if err != nil || w.Code != 200 {
			a.t.Fatalf("%s: %d %.400s", path, w.Code, w.Body)
		}
		for e := range b.Get("entry").Each() {
			if e.StrAt("search.mode") == "match" {
				out = append(out, e.StrAt("resource.id"))
			}
		}
		path = next(b)
	}
	return out
}

func query(typ string, pairs ...string) string {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return typ + "?" + form.Encode()
}

// wanted are the ids of a type that all questions hold for.
func (a asker) wanted(typ string, questions []question) []string {
	var out []string
	for _, ref := range a.of(typ) {
		if !slices.ContainsFunc(questions, func(q question) bool { return !q.holds(a.all[ref]) }) {
			out = append(out, strings.TrimPrefix(ref, typ+"/"))
		}
	}
	slices.Sort(out)
	return out
}

// TestSearchAgainstNaive: a search finds what a look at every resource finds: every kind
// of parameter, with prefixes, modifiers, chains both ways and _filter, in pages or not,
// and as a count.
func TestSearchAgainstNaive(t *testing.T) {
	failed := 0
	for seed := range uint64(3) {
		a := newAsker(t, seed)
		some := 0
		for n := range rounds(250) {
			typ := sizes[a.rng.IntN(len(sizes))].typ
			questions := []question{a.ask(typ, 2)}
			for a.rng.IntN(3) == 0 {
				questions = append(questions, a.ask(typ, 1))
			}
			var pairs []string
			for _, q := range questions {
				pairs = append(pairs, q.name, q.value)
			}
			want := a.wanted(typ, questions)
			some += min(len(want), 1)
			got := a.found(query(typ, append(pairs, "_count", []string{"1000", "3"}[n%2])...))
			if slices.Sort(got); !slices.Equal(got, want) {
				failed++
				t.Errorf("%d.%d %s?%v\nfinds    %v\nnaively  %v", seed, n, typ, questions, got, want)
				for _, id := range append(slices.Clone(got), want...) {
					if slices.Contains(got, id) != slices.Contains(want, id) {
						t.Logf("%s", a.all[typ+"/"+id].JSON())
						break
					}
				}
			}
			if n%5 == 0 {
				w := a.send(call{path: query(typ, append(pairs, "_summary", "count")...)})
				if !strings.Contains(w.Body.String(), fmt.Sprintf(`"total":%d`, len(want))) || strings.Contains(w.Body.String(), `"entry"`) {
					t.Errorf("%d.%d %s?%v counts %.300s, naively %d", seed, n, typ, questions, w.Body, len(want))
				}
			}
			if failed > 12 {
				t.Fatal("enough")
			}
		}
		t.Logf("%d: %d questions found something", seed, some)
		a.corners()
	}
}

// corners asks by itself what the index could answer alone: whom each resource is about,
// and each date with each prefix.
func (a asker) corners() {
	a.t.Helper()
	check := func(typ, name, value string) {
		p := parameters[typ][name]
		want := a.wanted(typ, []question{{name, value, func(v *fhir.Value) bool { return p.holds(v, value) }}})
		got := a.found(query(typ, name, value))
		if slices.Sort(got); !slices.Equal(got, want) {
			a.t.Errorf("%s?%s=%s finds %v, naively %v", typ, name, value, got, want)
		}
	}
	for _, ref := range a.of("Patient") {
		for _, typ := range []string{"Observation", "Encounter", "CarePlan"} {
			check(typ, "subject", ref)
		}
	}
	for _, at := range []string{"2026", "2025-12-31", "2026-03-29T00:30:00Z"} {
		for _, prefix := range prefixes[3:] {
			for _, typ := range []string{"Observation", "Encounter", "CarePlan", "RiskAssessment"} {
				check(typ, "date", prefix+at)
			}
		}
	}
}
