package record_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
)

// odd is an Observation with some of what makes the index by code and date
// tell less than all: further codings, dates that last, no date, no time.
func odd(r *rand.Rand, patient string) string {
	codes := []string{"a", "b", "c"}
	r.Shuffle(3, func(i, j int) { codes[i], codes[j] = codes[j], codes[i] })
	coding := make([]string, 1+r.IntN(5)/4)
	for i := range coding {
		coding[i] = `{"system":"urn:x","code":"` + codes[i] + `"}`
	}
	day := fmt.Sprintf("2026-0%d-%02d", 1+r.IntN(2), 1+r.IntN(20))
	when := ""
	switch r.IntN(6) {
	case 0:
		when = `"effectiveDateTime":"` + day + `",`
	case 1:
		when = `"effectivePeriod":{"start":"` + day + `","end":"2026-03-02"},`
	case 2:
		when = `"effectivePeriod":{"end":"` + day + `"},`
	case 3:
	default:
		when = fmt.Sprintf(`"effectiveDateTime":"%sT%02d:00:%02dZ",`, day, r.IntN(3), r.IntN(3))
	}
	unit := []string{"mm", "g"}[r.IntN(2)]
	return `{"resourceType":"Observation","status":"final",` + when + `"subject":{"reference":"Patient/` + patient + `"},"code":{"coding":[` + strings.Join(coding, ",") +
		`]},"valueQuantity":{"value":` + strconv.Itoa(r.IntN(40)) + `,"unit":"` + unit + `","code":"` + unit + `"}}`
}

func stay(r *rand.Rand, patient string) string {
	start := 1 + r.IntN(20)
	end := start + []int{0, 0, 3, 30}[r.IntN(4)]
	return fmt.Sprintf(`{"resourceType":"Encounter","status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/%s"},"period":{"start":"2026-01-%02dT0%d:00:00Z","end":"2026-0%d-%02dT09:00:00Z"}}`,
		patient, start, r.IntN(9), 1+end/28, 1+end%28)
}

// found is a match as the test compares it: which version, and when it was.
type found struct{ ref, at string }

// when is the moment of an Observation or Encounter of this test, as a text
// that sorts; what has none comes last.
func when(it *record.Item) string {
	for _, path := range []string{"effectiveDateTime", "effectivePeriod.start", "effectivePeriod.end", "period.start"} {
		if at := it.Resource.StrAt(path); at != "" {
			return (at + "T00:00:00Z")[:20]
		}
	}
	return ""
}

// apart are the refs in any order, and the moments in the order found: which
// of two at one moment comes first is not told.
func apart(all []found) (refs, moments []string) {
	for _, f := range all {
		refs, moments = append(refs, f.ref), append(moments, f.at)
	}
	slices.Sort(refs)
	return refs, moments
}

// pages are the matches of a search, page after page; between is done after
// the first.
func (s *stage) pages(typ, query string, between func()) []found {
	s.t.Helper()
	form, err := url.ParseQuery(query)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []found
	asked := record.Asked{Types: []string{typ}, Form: form}
	for {
		f, err := s.as(access.Clinician).Search(s.ctx, asked)
		if err != nil {
			s.t.Fatalf("%s?%s: %v", typ, query, err)
		}
		for _, it := range f.Matches {
			out = append(out, found{it.ID + "/" + strconv.FormatInt(it.Version, 10), when(it)})
		}
		if f.Next == "" {
			return out
		}
		asked.Page = f.Next
		if between != nil {
			between()
			between = nil
		}
	}
}

// TestPagesFromTheIndex: pages that come straight from an index give what
// gathering all matches gives, in the same order where one was asked for, and
// go on doing so when much is changed after the first page.
func TestPagesFromTheIndex(t *testing.T) {
	s := newStage(t)
	r := rand.New(rand.NewPCG(3, 4))
	var patients, observations []string
	for i := range 10 { // more than a chain reads at once
		patients = append(patients, s.create(s.client("R1K"), patient("R1K", strconv.Itoa(100+i), "", "Okonkwo", "Ada", "1948-03-14", "female")).ID)
	}
	for range 160 {
		observations = append(observations, s.create(s.client("R1K"), odd(r, patients[r.IntN(10)])).ID)
		if r.IntN(3) == 0 {
			s.create(s.client("R1K"), stay(r, patients[r.IntN(10)]))
		}
	}
	var together []record.Op // lines of one commit
	for range 40 {
		together = append(together, record.Op{Kind: record.Create, Type: "Observation", Resource: s.json(odd(r, patients[r.IntN(10)]))})
	}
	if _, err := s.client("R1K").Transact(s.ctx, together, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	for i := range 40 { // more than are looked into at once
		who := s.create(s.client("R1K"), patient("R1K", strconv.Itoa(200+i), "", "Nwosu", "Ada", "1948-03-14", "female")).ID
		s.create(s.client("R1K"), strings.Replace(odd(r, who), `"code":"`, `"code":"`+[]string{"y", "z", "z"}[i%3], 1))
	}
	change := func() {
		for i := range 25 {
			id := observations[r.IntN(len(observations))]
			text := strings.Replace(odd(r, patients[r.IntN(2)]), "{", `{"id":"`+id+`",`, 1)
			old, err := s.as(access.Clinician).Read(s.ctx, "Observation", id)
			if err != nil {
				t.Fatal(err)
			}
			subject := old.Resource.StrAt("subject.reference") // its patient stays
			v := s.json(text)
			v = s.json(strings.Replace(text, v.StrAt("subject.reference"), subject, 1))
			if _, err := s.put(s.client("R1K"), v, 0); err != nil {
				t.Fatal(err)
			}
			observations = append(observations, s.create(s.client("R1K"), odd(r, patients[i%10])).ID)
		}
	}
	from, to := "_lastUpdated=ge2026-11-22T09:00:00.000Z", "&_lastUpdated=lt2027-01-01"
	for _, c := range []struct{ typ, query string }{
		{"Observation", "code=urn:x|a&_sort=-date"}, {"Observation", "code=urn:x|a&_sort=date"},
		{"Observation", "code=urn:x|a,urn:x|b&_sort=-date"}, {"Observation", "code=urn:x|c,urn:x|b&_sort=date&status=final"},
		{"Observation", "code=urn:x|a&_sort=-date&date=ge2026-01-05&date=lt2026-02-03"}, {"Observation", "code=urn:x|b&_sort=date&date=2026-01"},
		{"Observation", "code=urn:x|a&date=ge2026-01-10"}, {"Observation", "code=urn:x|a&_sort=-date&value-quantity=gt20||mm"},
		{"Encounter", "_sort=-date"}, {"Encounter", "_sort=date"}, {"Encounter", "date=ge2026-01-10&date=lt2026-01-12"},
		{"Encounter", "date=ge2026-01-10&date=lt2026-01-12&_sort=-date"}, {"Encounter", "date=ge2026-02-01"}, {"Encounter", "_sort=date&date=lt2026-01-09"},
		{"Observation", from + to}, {"Observation", from}, {"Encounter", from + to},
		{"Observation", "value-quantity=ge7||mm"}, {"Observation", "value-quantity=3||g,5||mm"},
		{"Observation", "subject:Patient.family=Okonkwo&status=final"}, {"Encounter", "patient.family=okonkwo&date=ge2026-01-05"},
		{"Patient", "_has:Observation:patient:code=urn:x|a"}, {"Patient", "_has:Observation:patient:code=urn:x|za,urn:x|zb,urn:x|zc"}, {"Patient", "_has:Observation:subject:value-quantity=gt38"},
	} {
		want := s.pages(c.typ, c.query+"&_total=accurate&_count=1000", nil)
		if len(want) < 2 {
			t.Fatalf("%s?%s finds %d", c.typ, c.query, len(want))
		}
		sorted := strings.Contains(c.query, "_sort")
		for _, count := range []int{1, 7, 1000} {
			between := change
			if c.typ == "Patient" || count == 1 {
				between = nil
			}
			got := s.pages(c.typ, c.query+"&_count="+strconv.Itoa(count), between)
			refs, moments := apart(got)
			wantRefs, wantMoments := apart(want)
			if !slices.Equal(refs, wantRefs) || sorted && !slices.Equal(moments, wantMoments) {
				t.Errorf("%s?%s by %d:\n got %v\nwant %v", c.typ, c.query, count, got, want)
			}
			if count == 7 {
				want = s.pages(c.typ, c.query+"&_total=accurate&_count=1000", nil)
			}
		}
	}
	s.clean()
}

// TestRecordByDate: a patient's resources in the order of their date are the same
// whether the column of the date orders them, page by page, or all matches are
// gathered and read.
func TestRecordByDate(t *testing.T) {
	s := newStage(t)
	r := rand.New(rand.NewPCG(5, 6))
	who := s.create(s.client("R1K"), patient("R1K", "100", "", "Okonkwo", "Ada", "1948-03-14", "female")).ID
	for range 4 {
		var ops []record.Op
		for range 60 {
			text := strings.Replace(odd(r, who), `"status":"final"`, `"status":"`+[]string{"final", "amended"}[r.IntN(2)]+`"`, 1)
			ops = append(ops, record.Op{Kind: record.Create, Type: "Observation", Resource: s.json(text)})
		}
		if _, err := s.client("R1K").Transact(s.ctx, ops, record.Commit{}); err != nil {
			t.Fatal(err)
		}
	}
	const gathered = "&_lastUpdated=ge2020-01-01" // the index does not decide that
	refs := func(all []found) (out []string) {
		for _, f := range all {
			out = append(out, f.ref)
		}
		return out
	}
	for _, query := range []string{"patient=" + who + "&_sort=-date", "subject=Patient/" + who + "&status=final&_sort=date", "patient=" + who + "&code=urn:x|a&_sort=-date"} {
		want := refs(s.pages("Observation", query+gathered+"&_count=1000", nil))
		if len(want) < 50 {
			t.Fatalf("%s finds %d", query, len(want))
		}
		for _, count := range []string{"1", "7", "1000"} {
			if got := refs(s.pages("Observation", query+"&_count="+count, nil)); !slices.Equal(got, want) {
				t.Errorf("%s by %s:\n got %v\nwant %v", query, count, got, want)
			}
		}
		form, _ := url.ParseQuery(query)
		f, err := s.as(access.Clinician).Search(s.ctx, record.Asked{Types: []string{"Observation"}, Form: form, Explain: true})
		if err != nil || f.Total != len(want) || !strings.Contains(strings.Join(f.Plan, "\n"), "by the date that the index holds") {
			t.Errorf("%s: %d of %d in all, %v, %v", query, f.Total, len(want), err, f.Plan)
		}
	}
	s.clean()
}

// TestManyCandidates: when an index gives more candidates than are worth
// listing, pages have all matches all the same, whether they fill soon or not.
func TestManyCandidates(t *testing.T) {
	s := newStage(t)
	who := s.create(s.client("R1K"), patient("R1K", "100", "", "Okonkwo", "Ada", "1948-03-14", "female")).ID
	for part := range 4 {
		var ops []record.Op
		for i := range 800 {
			text := fmt.Sprintf(`{"resourceType":"Observation","status":"final","effectiveDateTime":"2026-01-02","subject":{"reference":"Patient/%s"},"code":{"coding":[{"system":"urn:x","code":"a"}]},"valueQuantity":{"value":%d,"unit":"mm"}}`,
				who, part*800+i)
			ops = append(ops, record.Op{Kind: record.Create, Type: "Observation", Resource: s.json(text)})
		}
		if _, err := s.client("R1K").Transact(s.ctx, ops, record.Commit{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, query := range []string{"code=urn:x|a&value-quantity=ge5", "code=urn:x|a&value-quantity=ge2100"} {
		want, _ := apart(s.pages("Observation", query+"&_total=accurate&_count=1000", nil))
		if len(want) <= 1000 {
			t.Fatalf("%s finds %d", query, len(want))
		}
		for _, count := range []string{"50", "1000"} {
			if got, _ := apart(s.pages("Observation", query+"&_count="+count, nil)); !slices.Equal(got, want) {
				t.Errorf("%s by %s: %d matches, want %d", query, count, len(got), len(want))
			}
		}
	}
}
