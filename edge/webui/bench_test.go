package webui_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// p600 writes the record of 600 encounters and 5,000 items.
func (s *stage) p600() string {
	s.t.Helper()
	s.now = today
	p := "Patient/" + s.write("R1K", "REG-600", patientJSON("p", "R1K", "1006000", "9990000085", "01", "Sixhundred", "Petra", "Mrs", "1950-06-01", "female", home))[0].ID
	items := 0
	for n := range 600 {
		when := today.AddDate(0, 0, -6*n).Add(-time.Hour)
		class := "AMB"
		if n%30 == 3 {
			class = "IMP"
		}
		batch := []string{fmt.Sprintf(`{"resourceType":"Encounter","status":"finished","class":{"code":%q},"type":[{"text":"Contact %d"}],"subject":{"reference":%q},"participant":[{"individual":{"display":"Dr R Forster"}}],"period":{"start":%q,"end":%q}}`,
			class, n, p, at(when), at(when.Add(2*time.Hour)))}
		switch n % 4 {
		case 0:
			batch = append(batch, panel(p, "Urea and electrolytes", when, [5]string{"tt-0003-03", "Sodium", "141", "mmol/L", "133-146"},
				[5]string{"tt-0003-02", "Potassium", "4.2", "mmol/L", "3.5-5.3"}, [5]string{"tt-0003-04", "Urea", "6.1", "mmol/L", "2.5-7.8"},
				[5]string{"tt-0003-01", "Creatinine", "98", "umol/L", "49-92"}, [5]string{"718-7", "Haemoglobin", "118", "g/L", "115-165"},
				[5]string{"6690-2", "White cell count", "8.4", "10*9/L", "4.0-11.0"}, [5]string{"1988-5", "C-reactive protein", "6", "mg/L", ""})...)
		case 1:
			batch = append(batch, vitals(p, when, "18", "96", "0", "124", "72", "88", "248234008", "37.1")...)
		case 2:
			batch = append(batch, letter(p, fmt.Sprintf("Letter %d", n), "Clinic letter", strings.Repeat("Dear Dr Patel, all is well. ", 40), when),
				fmt.Sprintf(`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"resolved"}]},"code":{"text":"Problem %d"},"subject":{"reference":%q},"recordedDate":%q}`, n, p, at(when)))
		case 3:
			for m := range 13 {
				batch = append(batch, fmt.Sprintf(`{"resourceType":"MedicationRequest","status":"completed","intent":"order","medicationCodeableConcept":{"text":"Medicine %d"},"subject":{"reference":%q},"authoredOn":%q}`, m, p, at(when)))
			}
		}
		items += len(batch)
		s.write("R1K", fmt.Sprintf("B-%d", n), batch...)
	}
	s.t.Logf("%d items", items)
	return s.personOf("9990000085")
}

// BenchmarkRecord opens pages of a record of 600 encounters and 5,000 items,
// audit entry included; p95 is what the budget is about.
func BenchmarkRecord(b *testing.B) {
	s := newStage(b)
	id := s.p600()
	who := s.as("registrar")
	for _, page := range []string{"", "timeline", "timeline?span=all", "results", "obs", "medicines", "documents", "encounters"} {
		b.Run("page="+page, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				req := httptest.NewRequest(http.MethodGet, "/p/"+id+"/"+page, nil)
				req.Header.Set("Accept-Encoding", "gzip")
				for _, c := range who.cookies() {
					req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
				}
				w := httptest.NewRecorder()
				start := time.Now()
				s.server.Config.Handler.ServeHTTP(w, req)
				took = append(took, time.Since(start))
				if w.Code != http.StatusOK {
					b.Fatalf("%d", w.Code)
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		})
	}
}
