package webui_test

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"testing"

	"concord/edge/webui"
	"concord/record/access"
	"concord/record/account"
)

// kept is a record of which the registrar of RQM may not see everything, and why.
type kept struct {
	why      string
	org      string // that recorded what is kept back
	security string // its label
	patient  string // label of the Patient
	care     string // status of RQM's stay, "" = none
	objects  string // the patient's objection
	glass    bool   // the registrar has broken it
	known    bool   // it may be said that something is withheld
	address  bool   // it is the address that is kept back, not what was recorded
}

func reasons() []kept {
	sealed := func(code string) string {
		return fmt.Sprintf(`"meta":{"security":[{"system":%q,"code":%q}]},`, access.Confidentiality, code)
	}
	hiv := fmt.Sprintf(`"meta":{"security":[{"system":%q,"code":"HIV"}]},`, access.ActCode)
	return []kept{
		{why: "no relationship", org: "R1K"},
		{why: "care that ended", org: "R1K", care: "finished"},
		{why: "locked", org: "R1K", security: sealed("V"), care: "in-progress"},
		{why: "locked, glass broken", org: "R1K", security: sealed("V"), glass: true},
		{why: "sealed", org: "R1K", security: sealed("R"), care: "in-progress", known: true},
		{why: "sealed, glass broken without B0083", org: "R1K", security: sealed("R"), care: "in-progress", glass: true, known: true},
		{why: "sensitive", org: "R1K", security: hiv, care: "in-progress", known: true},
		{why: "objection", org: "R1K", care: "in-progress", objects: access.SharedRecord, known: true},
		{why: "GP dissent, glass broken", org: "E84007", care: "in-progress", objects: access.GPDissent, glass: true, known: true},
		{why: "restricted", org: "R1K", patient: sealed("R"), care: "in-progress", address: true},
	}
}

// recordOf writes a record with a canary in every kind of resource that a page shows.
func (s *stage) recordOf(k kept, n int) (id string) {
	nhs := []string{"9990000018", "9990000026", "9990000034", "9990000042", "9990000050", "9990000069", "9990000077", "9990000085", "9990000093", "9990000107"}[n]
	base := strings.Replace(patientJSON("p", "R1K", fmt.Sprint("77", n), nhs, "01", "Matrix"+string(rune('a'+n)), "Ann", "Mrs", "1948-03-14", "female",
		`,"address":[{"line":["7 ADDRESSCANARY Lane"],"postalCode":"HA1 3UJ"}]`), `{"resourceType":"Patient",`, `{"resourceType":"Patient",`+k.patient, 1)
	p := "Patient/" + s.write("R1K", fmt.Sprint("REG-", n), base)[0].ID
	var all []string
	for _, text := range []string{
		`"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"` + canary + `"},"patient":{"reference":"` + p + `"}}`,
		`"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"` + canary + `"},"subject":{"reference":"` + p + `"}}`,
		`"resourceType":"Flag","status":"active","code":{"text":"` + canary + `"},"subject":{"reference":"` + p + `"}}`,
		`"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":{"text":"` + canary + `"},"subject":{"reference":"` + p + `"}}`,
		`"resourceType":"Appointment","status":"cancelled","description":"` + canary + `","start":"2026-12-01T10:00:00Z","participant":[{"actor":{"reference":"` + p + `"},"status":"accepted"}]}`,
		letter(p, canary, canary, canary, today.AddDate(0, 0, -3))[1:],
		observation(p, "laboratory", "718-7", canary, "100", "g/L", "", "", today.AddDate(0, 0, -2))[1:],
		observation(p, "vital-signs", "8867-4", canary, "80", "/min", "", "", today.AddDate(0, 0, -2))[1:],
	} {
		all = append(all, "{"+k.security+text)
	}
	s.write(k.org, fmt.Sprint("ALL-", n), all...)
	if k.objects != "" {
		s.write("R1K", fmt.Sprint("CON-", n), `{"resourceType":"Consent","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"coding":[{"system":"`+access.ObjectionSystem+`","code":"`+k.objects+`"}]}],"patient":{"reference":"`+p+`"}}`)
	}
	for org, status := range map[string]string{"RQM": k.care, k.org: "in-progress"} {
		if status == "" || org == "E84007" {
			continue
		}
		end := map[bool]string{true: `,"end":"2026-02-01T10:00:00Z"`}[status == "finished"]
		s.write(org, fmt.Sprint("ADT-", org, n), `{"resourceType":"Encounter","status":"`+status+`","class":{"code":"IMP"},"subject":{"reference":"`+p+`"},"period":{"start":"2026-01-20T10:00:00Z"`+end+`}}`)
	}
	return s.personOf(nhs)
}

// TestPagesMatrix: every page of a record, and what a click leads to, × every reason
// for which something is kept back: nothing of it is on any, nor in a file that is
// downloaded; what may be known to be there is said. A page is printed as it is
// shown: there is no other. Whoever recorded it sees it by the same pages.
func TestPagesMatrix(t *testing.T) {
	s := newStage(t)
	s.now, s.alone = today, true
	for _, a := range []account.Application{
		{Name: "owner", Display: "Dr Ola Owner", Role: access.Clinician, Org: "R1K", Password: password},
		{Name: "practice", Display: "Dr Pat Practice", Role: access.Clinician, Org: "E84007", Password: password},
	} {
		_, err := s.office().Create(s.ctx, a)
		s.must(err)
	}
	_, of, err := webui.PatternsOf(s.options)
	s.must(err)
	cells := 0
	for n, k := range reasons() {
		t.Run(k.why, func(t *testing.T) {
			id := s.recordOf(k, n)
			far, own := s.as("registrar"), s.as("owner")
			if k.glass {
				far.post("/p/"+id+"/access/glass", "lawful", "vital-interests", "glass-reason", "found unconscious at home")
			}
			if k.org == "E84007" {
				own = s.as("practice")
				own.post("/p/"+id+"/access/claim", "claim-reason", "a patient of our practice")
			}
			hidden := canary
			if k.address {
				hidden = "ADDRESSCANARY"
			}
			pages := s.pagesOf(t, own, of, id)
			shown, told := 0, false
			for _, path := range pages {
				if strings.Contains(own.get(path).body, hidden) {
					shown++
				}
				r := far.get(path)
				cells++
				if strings.Contains(r.body, hidden) {
					t.Errorf("%s shows it: %d", path, r.status)
				}
				told = told || strings.Contains(r.body, "withheld")
			}
			if shown < 8 && !k.address {
				t.Errorf("it stands on %d of %d pages of who recorded it: a page that shows nothing to anybody proves nothing", shown, len(pages))
			}
			if told != (k.known || k.address) {
				t.Errorf("that something is withheld is said: %v, want %v", told, k.known || k.address)
			}
			for _, path := range []string{"/find?q=ADDRESSCANARY", "/find/suggest?q=" + hidden, "/find?q=" + hidden} {
				if body := far.get(path).body; strings.Contains(strings.ReplaceAll(body, `value="`+hidden, ""), "OKONKWO") {
					t.Errorf("%s finds", path)
				}
			}
		})
	}
	t.Logf("%d cells", cells)
}

// pagesOf are the pages of a record that its own people come to by links.
func (s *stage) pagesOf(t *testing.T, b *browser, of func(*http.Request) string, id string) []string {
	t.Helper()
	home := "/p/" + id
	seen, todo := map[string]bool{}, []string{home + "/", home + "/?asat=2026-11-22", home + "/timeline?span=all", home + "/demographics?past=on"}
	routes := map[string]int{}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		req, err := http.NewRequest(http.MethodGet, s.server.URL+path, nil)
		if err != nil || seen[path] || !strings.HasPrefix(path, home) || routes[of(req)] > 4 {
			continue
		}
		routes[of(req)]++
		seen[path] = true
		for _, m := range aLink.FindAllStringSubmatch(b.get(path).body, -1) {
			todo = append(todo, html.UnescapeString(m[1]))
		}
	}
	var out []string
	for path := range seen {
		out = append(out, path)
	}
	if len(routes) < 10 {
		t.Errorf("only %d kinds of page are reached: %v", len(routes), routes)
	}
	return out
}
