package search_test

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"concord/standard/fhir"
	"concord/standard/search"
)

// corpus is a folder of the shared test material, or a loud skip.
func corpus(tb testing.TB, sub string) string {
	tb.Helper()
	root := os.Getenv("CONCORD_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "corpora", sub)
	if _, err := os.Stat(dir); err != nil {
		tb.Skipf("SKIP: no shared corpora at %s (set CONCORD_SHARED)", dir)
	}
	return dir
}

// perParameter bounds the queries that one parameter of one example gives.
const perParameter = 12

// TestIndexAndMatchAgree: every value that a parameter finds in an official
// example matches the query that asks for it, and the index finds it.
func TestIndexAndMatchAgree(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t, "fhir/r4-examples"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	x, loc, table := extractor(t), london(t), search.R4()
	asked, kinds := 0, map[search.Kind]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 64<<10 {
			continue
		}
		res, err := fhir.ParseObject(text)
		if err != nil || fhir.R4().Number(res.Type()) == 0 {
			continue
		}
		s, entries := search.Subject{Resource: res, ID: res.ID(), Updated: time.Now()}, x.Extract(res, nil)
		for _, p := range table.Params(res.Type()) {
			if p.Name == "_lastUpdated" {
				continue
			}
			for i, text := range search.QueriesOf(p, res) {
				if i == perParameter {
					break // code systems of a thousand codes say nothing new
				}
				asked++
				kinds[p.Kind]++
				name, v, _ := strings.Cut(text, "=")
				q, err := table.Parse(res.Type(), url.Values{name: {v}}, loc, false)
				if err != nil {
					t.Errorf("%s: %s: %v", filepath.Base(file), text, err)
					continue
				}
				if !q.Match(s, loc) {
					t.Errorf("%s: %s does not match", filepath.Base(file), text)
				} else if why := lostIn(x.Lookup(q), entries); why != "" {
					t.Errorf("%s: %s matches and the index would not find it: %s", filepath.Base(file), text, why)
				}
			}
		}
	}
	t.Logf("%d queries on %d files: %v", asked, len(files), kinds)
	if asked < 1000 {
		t.Errorf("only %d queries", asked)
	}
}

// TestFold: folding is stable, and what begins a text still begins it folded.
func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "O'Brien-Smith": "obrien smith", "ÅSTRÖM": "astrom", "Zoë": "zoe", "  a  b ": "a b", "---": "", "王小明": "王小明",
		"Nguyễn": "nguyen", "D’Arcy": "darcy", "St. John": "st john", "Łukasz": "łukasz", "ßen": "ßen",
	} {
		if got := search.Fold(in); got != want {
			t.Errorf("%q folds to %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.String().Draw(rt, "text")
		folded := search.Fold(s)
		if again := search.Fold(folded); again != folded {
			rt.Fatalf("%q folds to %q and then to %q", s, folded, again)
		}
		if strings.HasPrefix(folded, " ") || strings.HasSuffix(folded, " ") {
			rt.Fatalf("%q folds to %q", s, folded)
		}
	})
}

// TestEscaping: any text survives being written as a value.
func TestEscaping(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		system, code := rapid.StringN(0, 8, -1).Draw(rt, "system"), rapid.StringN(1, 8, -1).Draw(rt, "code")
		q, err := search.R4().Parse("Observation", url.Values{"code": {search.Escape(system) + "|" + search.Escape(code)}}, time.UTC, false)
		if err != nil {
			rt.Fatal(err)
		}
		c := q.Clauses[0]
		if len(c.Values) != 1 || c.Values[0].System != system || c.Values[0].Code != code {
			rt.Fatalf("%q|%q became %+v", system, code, c.Values)
		}
	})
}

// TestSortKeys: numbers and dates sort as they are, whatever they look like.
func TestSortKeys(t *testing.T) {
	p := search.R4().Param("RiskAssessment", "probability")
	key := func(n string) string {
		r := resource(t, `{"resourceType":"RiskAssessment","status":"final","prediction":[{"probabilityDecimal":`+n+`}]}`)
		return p.SortKey(search.Subject{Resource: r}, time.UTC, false)
	}
	order := []string{"-1e10", "-20", "-3", "-0.5", "0", "1e-9", "0.5", "3", "20", "100.0", "1e10"}
	keys := make([]string, len(order))
	for i, n := range order {
		keys[i] = key(n)
	}
	if !slices.IsSorted(keys) {
		t.Errorf("%v sort as %v", order, keys)
	}
	d := search.R4().Param("Observation", "date")
	summer := d.SortKey(search.Subject{Resource: resource(t, dated(`"effectiveDateTime":"2026-06-15T10:30:00+01:00"`))}, london(t), false)
	winter := d.SortKey(search.Subject{Resource: resource(t, dated(`"effectiveDateTime":"2026-06-15T09:45:00Z"`))}, london(t), false)
	if summer >= winter {
		t.Errorf("%s sorts after %s", summer, winter)
	}
}

// FuzzQuery: a query string never panics, and a query that is read matches the
// same resource every time and is found by the index when it matches.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"code=718-7&date=ge2026-11-01", "code=http%3A%2F%2Floinc.org%7C718-7", "value-quantity=5.4%7C%7Cmmol", "date=2026-03-29T01:30", "_lastUpdated=gt2026",
		"subject=Patient/p1&_include=Observation:subject", "patient=p1&_sort=-date,code&_count=5", `code=a%5C%2Cb%5C%7Cc%5C`, "code:not=718-7", "code:missing=false",
		"identifier=urn:concord:source-key|R1K|obs|1", "_id=hb,x", "date=ap2026-11", "value-quantity=ne1e-400", "performer:Organization=o1", "_revinclude=Provenance:target",
		"%zz", "a=b;c=d", "date=sa9999-12-31T23:59:59.999999999%2B14:00", "_summary=count&_elements=,&_total=none", "status=" + strings.Repeat("a,", 100),
	} {
		f.Add(seed, "Observation")
	}
	f.Add("family=%E7%8E%8B&given:exact=---&birthdate=1948", "Patient")
	res := map[string]*fhir.Value{
		"Observation": resource(f, hb),
		"Patient":     resource(f, `{"resourceType":"Patient","id":"p1","name":[{"family":"王","given":["---","Zoë"]}],"birthDate":"1948-03-14","identifier":[{"value":"1"}]}`),
	}
	x, loc, table := extractor(f), london(f), search.R4()
	f.Fuzz(func(t *testing.T, text, typ string) {
		form, err := url.ParseQuery(text)
		if err != nil || !utf8.ValidString(text) {
			return
		}
		q, err := table.Parse(typ, form, loc, true)
		if err != nil || res[typ] == nil {
			return
		}
		s := search.Subject{Resource: res[typ], ID: res[typ].ID(), Updated: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
		first := q.Match(s, loc)
		again, err := table.Parse(typ, form, loc, true)
		if err != nil || again.Match(s, loc) != first {
			t.Fatalf("%q is read in two ways: %v", text, err)
		}
		if why := lost(x, q, res[typ]); first && why != "" {
			t.Fatalf("%q matches and the index would not find it: %s", text, why)
		}
		for _, srt := range q.Sort {
			srt.Param.SortKey(s, loc, srt.Down)
		}
	})
}
