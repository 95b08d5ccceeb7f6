package openid

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

const runAxe = `axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]})
	.then(r => JSON.stringify(r.violations.map(v => v.id + ": " + v.help)))`

// TestPatientReadsWhoHasLooked is the whole journey: a doctor who came by CIS2
// opens the record; the patient comes by NHS login in a real browser, sees that
// she did, and prints the page.
func TestPatientReadsWhoHasLooked(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if !slices.Contains(strings.Split(os.Getenv("CONCORD_WITHOUT"), ","), "chromium") {
			t.Fatal("no Chromium is installed; CONCORD_WITHOUT=chromium leaves the tests out that need it")
		}
		t.Skip("NO CHROMIUM: the patient's journey is not made")
	}
	axe, err := os.ReadFile(filepath.Join("..", "..", "edge", "webui", "testdata", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t)
	s.millar()
	doctor := s.browser()
	doctor.arrive(staff, "ada")
	hit := regexp.MustCompile(`/p/[a-z0-9]+-0/`).FindString(doctor.get("/find?q=9990000018").body)
	if r := doctor.get(hit + "allergies"); r.status != 303 {
		t.Errorf("who has nothing to do with the patient sees their allergies: %d", r.status)
	}
	doctor.post(hit+"access/claim", "claim-reason", "sees her in the clinic this afternoon")
	if r := doctor.get(hit + "allergies"); hit == "" || r.status != 200 {
		t.Fatalf("the doctor does not come to the record: %q %d", hit, r.status)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	defer stop()
	ctx, stop = chromedp.NewContext(ctx)
	defer stop()
	ctx, stop = context.WithTimeout(ctx, time.Minute)
	defer stop()
	var text, here, result string
	var pdf []byte
	s.must(chromedp.Run(ctx, chromedp.Navigate(s.base+"/"), chromedp.WaitVisible(`a[href^="/sign-in/with/nhs"]`), chromedp.Click(`a[href^="/sign-in/with/nhs"]`),
		chromedp.WaitVisible(`input[name="login"]`), chromedp.SendKeys(`input[name="login"]`, "patient"), chromedp.SendKeys(`input[name="password"]`, "x\r"),
		chromedp.WaitVisible(`button[type="submit"]:not([class*="c-"])`), chromedp.WaitNotPresent(`input[name="login"]`), chromedp.Click(`form button[type="submit"]`),
		chromedp.WaitVisible(".c-looks"), chromedp.Location(&here), chromedp.Text("main", &text),
		chromedp.Evaluate(string(axe), nil),
		chromedp.Evaluate(runAxe, &result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
		chromedp.ActionFunc(func(ctx context.Context) (err error) {
			pdf, _, err = page.PrintToPDF().WithPreferCSSPageSize(true).Do(ctx)
			return err
		})))
	if here != s.base+"/me/looked" {
		t.Errorf("the patient arrives at %s", here)
	}
	for _, want := range []string{"Who has looked at your record", "Dr Ada Okafor", "Doctor, nurse or other clinician", "For your care", "Your allergies"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page: %.1500s", want, text)
		}
	}
	var found []string
	s.must(json.Unmarshal([]byte(result), &found))
	for _, f := range found {
		t.Error("axe:", f)
	}
	if len(pdf) < 2000 {
		t.Error("the page does not print")
	}
}

// millar files the patient who signs in with NHS login.
func (s *stage) millar() {
	scopes, err := access.ParseScopes("system/*.cruds")
	s.must(err)
	v, err := fhir.ParseObject([]byte(`{"resourceType":"Patient","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}],"name":[{"family":"Millar","given":["Mona"]}],"birthDate":"1950-01-02"}`))
	s.must(err)
	client := s.desk.For(access.Requester{ID: "pas", Role: access.System, Org: "RYJ", Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
	_, err = client.Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Patient", Resource: v}}, record.Commit{})
	s.must(err)
}
