package webui_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/record"
	"concord/standard/fhir"
)

// corpora is where real test material lies: CONCORD_SHARED, by default beside
// the repository.
func corpora(t *testing.T) string {
	t.Helper()
	shared := os.Getenv("CONCORD_SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	dir := filepath.Join(shared, "corpora")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("NO CORPORA at %s: the pages are not shown on real records", dir)
	}
	return dir
}

// TestPagesOnSynthea opens every page of records that were not written for us.
func TestPagesOnSynthea(t *testing.T) {
	dir := filepath.Join(corpora(t), "fhir", "synthea-r4")
	s := newStage(t)
	s.now = today
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	s.must(err)
	var people []string
	for _, want := range []string{"hospitalInformation", "practitionerInformation", ""} {
		for n, name := range names {
			base := filepath.Base(name)
			info := strings.Contains(base, "Information")
			if want != "" && strings.HasPrefix(base, want) || want == "" && !info && n%8 == 0 {
				if s.bundle(name); !info {
					people = append(people, strings.SplitN(base, "_", 3)[1])
				}
			}
		}
	}
	b := s.as("registrar")
	for _, family := range people {
		found, err := s.clinician().FindPeople(s.ctx, peopleQuery(family))
		s.must(err)
		if len(found.Hits) == 0 {
			t.Errorf("%s is not found", family)
			continue
		}
		s.attend(found.Hits[0].Person.ID)
		for _, p := range []string{"", "timeline?span=all", "obs", "results", "medicines", "allergies", "problems", "documents", "encounters", "appointments", "demographics"} {
			r := b.get("/p/" + found.Hits[0].Person.ID + "/" + p)
			if r.status != http.StatusOK {
				t.Errorf("%s %q: %d", family, p, r.status)
			}
			r.lacks(t, "<nil>", "%!", " NaN", "http://unitsofmeasure", "[object")
		}
	}
}

// bundle writes a transaction bundle as a client's import does.
func (s *stage) bundle(name string) {
	s.t.Helper()
	b, err := os.ReadFile(name)
	s.must(err)
	v, err := fhir.ParseObject(b)
	s.must(err)
	var ops []record.Op
	for e := range v.Get("entry").Each() {
		r := e.Get("resource")
		ops = append(ops, record.Op{Kind: record.Create, Type: r.Type(), Resource: r.Without("id"), FullURL: e.StrAt("fullUrl"),
			IfNoneExist: e.StrAt("request.ifNoneExist")})
	}
	_, err = s.client("RYJ").Transact(s.ctx, ops, record.Commit{})
	if err != nil {
		s.t.Fatalf("%s: %v", filepath.Base(name), err)
	}
}
