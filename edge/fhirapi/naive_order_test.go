package fhirapi_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/standard/fhir"
)

// sortKeys are by what a resource may be sorted; dates in a form that sorts.
func (p parameter) sortKeys(v *fhir.Value) []string {
	var out []string
	for _, e := range p.values(v) {
		switch p.kind {
		case "token":
			switch {
			case e.Kind() != fhir.Object:
				out = append(out, e.Text())
			case e.Get("coding") != nil:
				for _, c := range e.All("coding") {
					out = append(out, c.StrAt("code"))
				}
			default:
				out = append(out, e.StrAt("code"))
			}
		case "date":
			if r, ok := reachOfElement(e); ok {
				at := r.from
				if at.Equal(ever) {
					at = r.to
				}
				out = append(out, at.UTC().Format(time.RFC3339))
			}
		case "string":
			out = append(out, plain(e.Str()))
		}
	}
	return out
}

// first is the key that comes first in an order; ok is false for what has none.
func (p parameter) first(v *fhir.Value, down bool) (string, bool) {
	keys := p.sortKeys(v)
	switch {
	case len(keys) == 0:
		return "", false
	case down:
		return slices.Max(keys), true
	}
	return slices.Min(keys), true
}

// TestOrderAgainstNaive: pages come in the order asked, by several parameters and either
// way, what has no value last, and each resource once.
func TestOrderAgainstNaive(t *testing.T) {
	a := newAsker(t, 11)
	for n := range rounds(60) {
		typ := sizes[a.rng.IntN(len(sizes))].typ
		var by []string
		for range 1 + a.rng.IntN(3) {
			name := a.pick(names(typ)...)
			if kind := parameters[typ][name].kind; kind == "token" || kind == "date" || kind == "string" {
				by = append(by, a.pick("", "-")+name)
			}
		}
		if len(by) == 0 {
			continue
		}
		path := query(typ, "_sort", strings.Join(by, ","), "_count", "5")
		ids := a.found(path)
		if want := a.wanted(typ, nil); len(ids) != len(want) || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != len(want) {
			t.Errorf("%d %s gives %v of %v", n, path, ids, want)
		}
		compare := func(x, y *fhir.Value) int {
			for _, one := range by {
				name, down := strings.CutPrefix(one, "-")
				p := parameters[typ][name]
				k, ok := p.first(x, down)
				l, other := p.first(y, down)
				c := strings.Compare(k, l)
				switch {
				case ok != other:
					return map[bool]int{true: -1, false: 1}[ok]
				case down:
					c = -c
				}
				if c != 0 {
					return c
				}
			}
			return 0
		}
		for i := 1; i < len(ids); i++ {
			if compare(a.all[typ+"/"+ids[i-1]], a.all[typ+"/"+ids[i]]) > 0 {
				t.Errorf("%d %s: %s stands before %s\n%s\n%s", n, path, ids[i-1], ids[i], a.all[typ+"/"+ids[i-1]].JSON(), a.all[typ+"/"+ids[i]].JSON())
				break
			}
		}
	}
}

// TestIncludesAgainstNaive: what is brought along is what references lead to and come
// from, to the end where that goes on, round cycles too, and nothing twice.
func TestIncludesAgainstNaive(t *testing.T) {
	a := newAsker(t, 12)
	for n := range rounds(60) {
		typ := sizes[a.rng.IntN(len(sizes))].typ
		pairs := []string{"_count", "1000"}
		q := a.ask(typ, 0)
		pairs = append(pairs, q.name, q.value)
		type along struct {
			source, name string
			back, goesOn bool
		}
		var all []along
		for range 1 + a.rng.IntN(3) {
			x := along{source: sizes[a.rng.IntN(len(sizes))].typ, back: a.maybe(), goesOn: a.maybe()}
			if x.name, _ = a.reference(x.source); x.name == "" {
				continue
			}
			all = append(all, x)
			pairs = append(pairs, map[bool]string{true: "_revinclude", false: "_include"}[x.back]+map[bool]string{true: ":iterate"}[x.goesOn], x.source+":"+x.name)
		}
		matched := map[string]bool{}
		for _, id := range a.wanted(typ, []question{q}) {
			matched[typ+"/"+id] = true
		}
		brought := map[string]bool{}
		from := matched
		for round := 0; len(from) > 0; round++ {
			next := map[string]bool{}
			for _, x := range all {
				if round > 0 && !x.goesOn {
					continue
				}
				p := parameters[x.source][x.name]
				for _, ref := range a.of(x.source) {
					for _, e := range p.values(a.all[ref]) {
						one, other := ref, e.StrAt("reference")
						if x.back {
							one, other = other, one
						}
						if from[one] && a.all[other] != nil && !matched[other] && !brought[other] {
							next[other] = true
						}
					}
				}
			}
			for ref := range next {
				brought[ref] = true
			}
			from = next
		}
		w := a.send(call{path: query(typ, pairs...)})
		b, err := fhir.ParseObject(w.Body.Bytes())
		if err != nil || w.Code != 200 {
			t.Fatalf("%d %v: %d %.300s", n, pairs, w.Code, w.Body)
		}
		var got, want []string
		for e := range b.Get("entry").Each() {
			got = append(got, e.StrAt("search.mode")+" "+e.StrAt("resource.resourceType")+"/"+e.StrAt("resource.id"))
		}
		for ref := range matched {
			want = append(want, "match "+ref)
		}
		for ref := range brought {
			want = append(want, "include "+ref)
		}
		slices.SortFunc(got, cmp.Compare)
		slices.SortFunc(want, cmp.Compare)
		if !slices.Equal(got, want) {
			t.Errorf("%d %s?%v\ngives   %v\nnaively %v", n, typ, pairs, fmt.Sprint(got), fmt.Sprint(want))
		}
	}
}
