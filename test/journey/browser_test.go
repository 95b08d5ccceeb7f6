package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// person is somebody at a browser.
type person struct {
	t    *testing.T
	ctx  context.Context
	base string
	axe  string
	shot int
}

// browse starts a browser; without one installed the test is skipped aloud.
func browse(t *testing.T, base string) *person {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if !slices.Contains(strings.Split(os.Getenv("CONCORD_WITHOUT"), ","), "chromium") {
			t.Fatal("no Chromium is installed; CONCORD_WITHOUT=chromium leaves the tests out that need it")
		}
		t.Skip("SKIP: no Chromium here: the journey is not made (make tools installs it)")
	}
	axe, err := os.ReadFile(filepath.Join("..", "..", "edge", "webui", "testdata", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true), chromedp.WindowSize(1366, 900))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(stop)
	return &person{t: t, ctx: ctx, base: base, axe: string(axe)}
}

func (p *person) do(actions ...chromedp.Action) {
	p.t.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// signIn goes through the sign-in page with the keyboard.
func (p *person) signIn(name, password string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base+"/sign-in"),
		chromedp.SendKeys(`input[name="name"]`, name), chromedp.SendKeys(`input[name="password"]`, password+kb.Enter),
		chromedp.WaitReady(`form[action="/sign-out"]`))
}

// open goes to a page and holds it against axe-core.
func (p *person) open(path string) string {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base + path))
	return p.here(path)
}

const runAxe = `axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]})
	.then(r => JSON.stringify(r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.slice(0,2).map(n => n.html).join(" "))))`

// here checks the page that is shown and returns its text.
func (p *person) here(name string) string {
	p.t.Helper()
	var text, result string
	p.do(chromedp.WaitReady("body"), chromedp.Text("body", &text),
		chromedp.Evaluate(p.axe, nil),
		chromedp.Evaluate(runAxe, &result, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
	var found []string
	if err := json.Unmarshal([]byte(result), &found); err != nil {
		p.t.Fatal(err)
	}
	for _, f := range found {
		p.t.Errorf("%s: axe: %s", name, f)
	}
	p.picture(name)
	return text
}

// picture keeps a screenshot where CONCORD_SHOTS names a folder.
func (p *person) picture(name string) {
	dir := os.Getenv("CONCORD_SHOTS")
	if dir == "" {
		return
	}
	p.shot++
	var png []byte
	p.do(emulation.SetDeviceMetricsOverride(1366, 900, 1, false), chromedp.ActionFunc(func(ctx context.Context) error {
		var err error
		png, err = page.CaptureScreenshot().WithCaptureBeyondViewport(true).Do(ctx)
		return err
	}))
	clean := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-")
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d%s.png", p.shot, clean)), png, 0o644); err != nil {
		p.t.Error(err)
	}
}

func (p *person) url() string {
	p.t.Helper()
	var u string
	p.do(chromedp.Location(&u))
	return u
}

var mainNumber = regexp.MustCompile(`NHS number (\d{3} \d{3} \d{4})`)

// TestOneRecordFromFourTrusts is the journey that the product is for: admitted
// at Northwick Park, bloods at Hillingdon, a clinic letter from Imperial,
// opened by a registrar at Chelsea and Westminster.
func TestOneRecordFromFourTrusts(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	s := start(t, t.TempDir(), "demo", "--people", "60")
	number := s.seeded(2 * time.Minute)
	p := browse(t, s.http)
	p.open("/sign-in")
	p.signIn("dr.rahman", demoPassword)
	p.here("home")
	p.do(chromedp.SendKeys(`input[name="q"]`, strings.ReplaceAll(number, " ", "")+kb.Enter),
		chromedp.WaitVisible(`main a[href^="/p/"]`))
	hits := p.here("find")
	if !strings.Contains(hits, number) {
		t.Fatalf("the search does not show %s: %.300s", number, hits)
	}
	p.do(chromedp.Click(`main a[href^="/p/"]`), chromedp.WaitVisible(`.nhsuk-main-wrapper, main`), chromedp.Sleep(200*time.Millisecond))
	record := strings.TrimSuffix(strings.TrimPrefix(p.url(), s.http), "/")
	if !strings.HasPrefix(record, "/p/") {
		t.Fatalf("the hit leads to %s", record)
	}
	p.here("summary")
	whole := ""
	for _, section := range []string{"/timeline?span=all", "/results", "/obs", "/medicines", "/allergies", "/problems", "/documents", "/encounters", "/appointments", "/demographics"} {
		text := p.open(record + section)
		if !strings.Contains(text, number) {
			t.Errorf("%s does not show the NHS number in its banner", section)
		}
		whole += text
	}
	for _, trust := range []string{"London North West", "Hillingdon", "Imperial", "Chelsea"} {
		if !strings.Contains(whole, trust) {
			t.Errorf("nothing in the record names %s", trust)
		}
	}
	p.open(record + "/?asat=" + time.Now().AddDate(0, 0, 1).Format("2006-01-02"))
}

// TestReceptionSeesNoClinicalText opens the same record at a reception desk.
func TestReceptionSeesNoClinicalText(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	s := start(t, t.TempDir(), "demo", "--people", "12")
	number := s.seeded(2 * time.Minute)
	p := browse(t, s.http)
	p.signIn("reception.murphy", demoPassword)
	p.do(chromedp.SendKeys(`input[name="q"]`, number+kb.Enter), chromedp.WaitVisible(`main a[href^="/p/"]`),
		chromedp.Click(`main a[href^="/p/"]`), chromedp.Sleep(300*time.Millisecond))
	text := p.here("reception")
	for _, word := range []string{"Haemoglobin", "NEWS2", "Penicillin", "fracture", "mmol/L"} {
		if strings.Contains(text, word) {
			t.Errorf("a receptionist sees %q", word)
		}
	}
	p.signOut()
	p.signIn("engineer.lim", demoPassword)
	if text := p.open("/feeds"); strings.Contains(text, number) {
		t.Error("the feeds page shows a patient")
	}
	p.signOut()
	p.signIn("steward.okafor", demoPassword)
	p.open("/mpi/review")
}

func (p *person) signOut() {
	p.t.Helper()
	p.do(chromedp.Evaluate(`document.querySelector('form[action="/sign-out"]').submit()`, nil), chromedp.WaitVisible(`input[name="password"]`))
}

const demoPassword = "concord-demo-2024"

// seeded waits until the demonstration says that its people are in, and
// returns the NHS number of the main story.
func (s *server) seeded(limit time.Duration) string {
	s.t.Helper()
	deadline := time.Now().Add(limit)
	for time.Now().Before(deadline) {
		said := s.said()
		if strings.Contains(said, "Seeding is done") {
			if m := mainNumber.FindStringSubmatch(said); m != nil {
				return m[1]
			}
			s.t.Fatal("the demonstration does not name the main story's NHS number")
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatalf("seeding does not end: %s", s.said())
	return ""
}
