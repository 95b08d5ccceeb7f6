package journey

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// post creates a resource and returns its id.
func (s *server) post(token, typ, body string) string {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.http+"/fhir/"+typ, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/fhir+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		text, _ := io.ReadAll(res.Body)
		s.t.Fatalf("%s: %d %s", typ, res.StatusCode, text)
	}
	parts := strings.Split(res.Header.Get("Location"), "/"+typ+"/")
	id, _, _ := strings.Cut(parts[len(parts)-1], "/")
	return id
}

// TestBreakGlass: a doctor meets somebody whom nobody in their trust looks
// after, breaks the glass, closes it, and the privacy officer is told.
func TestBreakGlass(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	s := start(t, t.TempDir(), "demo", "--people", "3")
	p := browse(t, s.http)
	token := s.token()
	id := s.post(token, "Patient", `{"resourceType":"Patient","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}],"name":[{"family":"Unconscious","given":["Found"]}],"gender":"male","birthDate":"1950-01-01"}`)
	s.post(token, "Condition", `{"resourceType":"Condition","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Canary of the pancreas"},"subject":{"reference":"Patient/`+id+`"}}`)
	p.signIn("dr.rahman", demoPassword)
	if text := p.open("/p/" + id + "/problems"); strings.Contains(text, "Canary") || !strings.Contains(text, "Break the glass") {
		t.Fatalf("a closed record shows %.500s", text)
	}
	p.do(chromedp.Click(`form[action$="/access/glass"] button`), chromedp.WaitVisible(`.nhsuk-error-summary`))
	p.here("break the glass with nothing said")
	p.do(chromedp.Click(`#lawful`), chromedp.SendKeys(`#glass-reason`, "found unconscious in the street"),
		chromedp.Click(`form[action$="/access/glass"] button`), chromedp.WaitVisible(`.c-glass`))
	if text := p.open("/p/" + id + "/problems"); !strings.Contains(text, "Canary of the pancreas") || !strings.Contains(text, "You have broken the glass") {
		t.Errorf("with the glass broken: %.500s", text)
	}
	p.do(chromedp.Click(`.c-glass button`), chromedp.WaitNotPresent(`.c-glass`), chromedp.Sleep(200*time.Millisecond))
	if text := p.open("/p/" + id + "/problems"); strings.Contains(text, "Canary") {
		t.Error("the record is open after it was closed")
	}
	p.signOut()
	p.signIn("privacy.bello", demoPassword)
	if text := p.here("privacy"); !strings.Contains(text, "found unconscious in the street") || strings.Contains(text, "Canary") || strings.Contains(text, "Unconscious,") {
		t.Errorf("the privacy officer reads %.600s", text)
	}
	p.open("/privacy/explain?user=dr.rahman&patient=" + id)
	p.open("/privacy")
	p.do(chromedp.Click(`table a[href^="/privacy/cases/"]`), chromedp.WaitVisible(`#state`))
	if text := p.here("a case"); !strings.Contains(text, "What was seen") || !strings.Contains(text, "Condition") || strings.Contains(text, "Canary") {
		t.Errorf("the case shows %.900s", text)
	}
	p.do(chromedp.Click(`form[action^="/privacy/cases/"] button`), chromedp.WaitVisible(`.nhsuk-error-summary`))
	p.here("a case settled with nothing said")
	p.do(chromedp.Click(`#state`), chromedp.SendKeys(`#words`, "a crash call, confirmed by the ward"),
		chromedp.Click(`form[action^="/privacy/cases/"] button`), chromedp.WaitVisible(`.c-load`))
	if text := p.here("after it was closed"); !strings.Contains(text, "Closed: justified") || strings.Contains(text, "found unconscious") {
		t.Errorf("the queue after it was closed: %.600s", text)
	}
}
