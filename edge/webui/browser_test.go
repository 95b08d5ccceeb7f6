package webui_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"concord/exchange/onboard/pack"
)

// chromium starts one browser for a whole test; without one installed the
// test is skipped aloud.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := ""
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
		t.Skip("NO CHROMIUM: the pages are not checked in a browser")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true), chromedp.Flag("hide-scrollbars", true))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 8*time.Minute)
	t.Cleanup(stop)
	return ctx
}

// cookies of somebody who is signed in, for the browser.
func (b *browser) cookies() []*network.CookieParam {
	u, err := url.Parse(b.s.server.URL)
	b.s.must(err)
	var out []*network.CookieParam
	for _, c := range b.client.Jar.Cookies(u) {
		out = append(out, &network.CookieParam{Name: c.Name, Value: c.Value, URL: b.s.server.URL})
	}
	return out
}

// finding is one violation that axe reports.
type finding struct {
	ID, Help string
	Nodes    []struct{ HTML, FailureSummary string }
}

// awaited makes an evaluation wait for its promise.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

const runAxe = `axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]})
	.then(r => JSON.stringify(r.violations.map(v => ({ID: v.id, Help: v.help, Nodes: v.nodes.slice(0, 3).map(n => ({HTML: n.html, FailureSummary: n.failureSummary}))}))))`

// TestPagesInBrowser opens every page: no accessibility violation, no breach
// of the content policy, no sideways scrolling at 320 pixels.
func TestPagesInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	ctx := chromium(t)
	s := newStage(t)
	s.tell()
	var broken []string
	chromedp.ListenTarget(ctx, func(e any) {
		if x, ok := e.(*log.EventEntryAdded); ok && (x.Entry.Source == log.SourceSecurity || strings.Contains(x.Entry.Text, "Content Security Policy")) {
			broken = append(broken, x.Entry.Text)
		}
		if x, ok := e.(*runtime.EventExceptionThrown); ok {
			broken = append(broken, "script: "+x.ExceptionDetails.Text)
		}
	})
	browsers := map[string]*browser{}
	for n, r := range s.stories() {
		if strings.Contains(r.path, "/suggest") {
			continue // a fragment
		}
		if browsers[r.role] == nil {
			browsers[r.role] = s.as(r.role)
		}
		t.Run(r.role+strings.ReplaceAll(r.path, "/", " "), func(t *testing.T) {
			broken = nil
			s.visit(t, ctx, browsers[r.role], r, string(axe), n)
			for _, b := range broken {
				t.Error(b)
			}
		})
	}
}

func (s *stage) visit(t *testing.T, ctx context.Context, b *browser, r route, axe string, n int) {
	t.Helper()
	var result, opened string
	var shot []byte
	var narrow, folded int
	err := chromedp.Run(ctx,
		network.ClearBrowserCookies(),
		chromedp.ActionFunc(func(ctx context.Context) error {
			if c := b.cookies(); len(c) > 0 {
				return network.SetCookies(c).Do(ctx)
			}
			return nil
		}),
		emulation.SetDeviceMetricsOverride(1366, 768, 1, false),
		chromedp.Navigate(s.server.URL+r.path),
		chromedp.ActionFunc(func(ctx context.Context) error {
			if os.Getenv("CONCORD_SHOTS") == "" {
				return nil
			}
			var err error
			shot, err = page.CaptureScreenshot().WithCaptureBeyondViewport(true).Do(ctx)
			return err
		}),
		chromedp.Evaluate(axe, nil),
		chromedp.Evaluate(runAxe, &result, awaited),
		chromedp.Evaluate(openAll, &folded),
		chromedp.ActionFunc(func(ctx context.Context) error {
			if folded == 0 {
				return nil
			}
			return chromedp.Evaluate(runAxe, &opened, awaited).Do(ctx)
		}),
		emulation.SetDeviceMetricsOverride(320, 640, 1, false),
		chromedp.Evaluate(`document.documentElement.scrollWidth`, &narrow),
	)
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("CONCORD_SHOTS"); dir != "" {
		name := fmt.Sprintf("%02d-%s.png", n, regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(r.role+r.path, "-"))
		s.must(os.WriteFile(filepath.Join(dir, name), shot, 0o644))
	}
	s.report(t, result)
	if folded > 0 {
		s.report(t, opened)
	}
	if narrow > 320 {
		t.Errorf("at 320 pixels the page is %d wide", narrow)
	}
}

// shot keeps a picture of the page where CONCORD_SHOTS names a folder.
func (s *stage) shot(ctx context.Context, name string) {
	dir := os.Getenv("CONCORD_SHOTS")
	if dir == "" {
		return
	}
	var png []byte
	s.must(chromedp.Run(ctx, chromedp.FullScreenshot(&png, 100)))
	s.must(os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}

// report fails for each violation that axe found.
func (s *stage) report(t *testing.T, result string) {
	t.Helper()
	var found []finding
	s.must(json.Unmarshal([]byte(result), &found))
	for _, f := range found {
		t.Errorf("axe %s: %s", f.ID, f.Help)
		for _, node := range f.Nodes {
			t.Logf("  %.300s\n  %.300s", node.HTML, node.FailureSummary)
		}
	}
}

// openAll unfolds everything and tells how much there was.
const openAll = `[...document.querySelectorAll("details:not([open])")].map(d => d.open = true).length`

// TestErrorSummaries: a refused form shows what is wrong, holds what was typed
// and has no accessibility violation.
func TestErrorSummaries(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	ctx := chromium(t)
	s := newStage(t)
	s.feedMessages()
	submit := func(form string) chromedp.Action {
		return chromedp.ActionFunc(func(ctx context.Context) error {
			return chromedp.Run(ctx, chromedp.Evaluate(`document.querySelector('`+form+`').requestSubmit()`, nil),
				chromedp.WaitVisible(".nhsuk-error-summary"))
		})
	}
	for _, c := range []struct {
		role, path, form, field, typed string
	}{
		{"", "/sign-in", `form[action="/sign-in"]`, "name", "nobody"},
		{"admin", "/admin/accounts", `form[action="/admin/accounts"]`, "display", "Dr New Person"},
		{"engineer", "/feeds/messages/1", `form[action="/feeds/messages/1"]`, "reason", "x"},
	} {
		var result, focused, kept string
		s.must(chromedp.Run(ctx, s.signedInAs(s.as(c.role)), chromedp.Navigate(s.server.URL+c.path),
			chromedp.SetValue(c.form+` [name="`+c.field+`"]`, c.typed), submit(c.form),
			chromedp.Evaluate(`new Promise(r => setTimeout(r, 150))`, nil, awaited),
			chromedp.Evaluate(`document.activeElement.className`, &focused),
			chromedp.Value(c.form+` [name="`+c.field+`"]`, &kept),
			chromedp.Evaluate(string(axe), nil), chromedp.Evaluate(runAxe, &result, awaited)))
		s.report(t, result)
		if !strings.Contains(focused, "nhsuk-error-summary") {
			t.Errorf("%s: the focus is at %q", c.path, focused)
		}
		if c.field != "reason" && kept != c.typed {
			t.Errorf("%s: of what was typed %q is left", c.path, kept)
		}
	}
}

// TestNewestInView: the newest result stands within the first screen
// (GTAB-188).
func TestNewestInView(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx := chromium(t)
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	s.must(chromedp.Run(ctx, network.SetCookies(b.cookies())))
	for _, p := range []struct{ page, cells string }{
		{"results", ".c-cumulative tr:not(.c-group) > :last-child"}, {"obs", ".c-news2 tr > :last-child"},
	} {
		for _, size := range [][2]int64{{1366, 768}, {1920, 1080}} {
			var out string
			err := chromedp.Run(ctx, emulation.SetDeviceMetricsOverride(size[0], size[1], 1, false),
				chromedp.Navigate(s.server.URL+"/p/"+s.people["adaeze"]+"/"+p.page),
				chromedp.Evaluate(`(() => { const cells = [...document.querySelectorAll("`+p.cells+`")];
					const box = document.querySelector(".c-scroll").getBoundingClientRect();
					const right = Math.min(box.right, innerWidth) + 0.5;
					return cells.length ? String(cells.filter(c => c.getBoundingClientRect().right > right).length) : "none"; })()`, &out))
			s.must(err)
			if out != "0" {
				t.Errorf("%s at %d×%d: %s newest cells out of view", p.page, size[0], size[1], out)
			}
		}
	}
}

// TestPrint: the summary prints on two sheets of A4 at most, the NEWS2 chart on
// one.
func TestPrint(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx := chromium(t)
	s := newStage(t)
	s.tell()
	s.packs = []pack.Kept{{Pack: s.packOf("RQM")}}
	s.packs[0].Letterheads[0].Lines = longHead()
	b := s.as("registrar")
	s.must(chromedp.Run(ctx, network.SetCookies(b.cookies())))
	for at, most := range map[string]int{"": 2, "obs": 1} {
		var pdf []byte
		err := chromedp.Run(ctx, chromedp.Navigate(s.server.URL+"/p/"+s.people["adaeze"]+"/"+at),
			chromedp.ActionFunc(func(ctx context.Context) (err error) {
				pdf, _, err = page.PrintToPDF().WithPreferCSSPageSize(true).WithPrintBackground(true).Do(ctx)
				return err
			}))
		s.must(err)
		if dir := os.Getenv("CONCORD_SHOTS"); dir != "" {
			s.must(os.WriteFile(filepath.Join(dir, "print-"+at+".pdf"), pdf, 0o644))
		}
		if n := len(regexp.MustCompile(`/Type\s*/Page\b[^s]`).FindAll(pdf, -1)); n < 1 || n > most {
			t.Errorf("page %q prints on %d sheets", at, n)
		}
	}
}

// TestKeysToObservations: from the home page to the observations by NHS number
// with 15 keys and no mouse.
func TestKeysToObservations(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx := chromium(t)
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	press := func(key string) chromedp.Action {
		return chromedp.ActionFunc(func(ctx context.Context) error {
			text := key
			code := int64(0)
			if key == "Enter" {
				text, code = "\r", 13
			}
			down := input.DispatchKeyEvent(input.KeyDown).WithKey(key).WithText(text).WithWindowsVirtualKeyCode(code)
			if err := down.Do(ctx); err != nil {
				return err
			}
			return input.DispatchKeyEvent(input.KeyUp).WithKey(key).Do(ctx)
		})
	}
	var title string
	keys := []chromedp.Action{network.SetCookies(b.cookies()), chromedp.Navigate(s.server.URL + "/"), press("/")}
	for _, k := range "9990000018" {
		keys = append(keys, press(string(k)))
	}
	keys = append(keys, press("Enter"), chromedp.WaitVisible(".c-hits .c-here"), press("Enter"),
		chromedp.WaitVisible(".c-side"), press("g"), press("o"), chromedp.WaitVisible(".c-news2"), chromedp.Title(&title))
	s.must(chromedp.Run(ctx, keys...))
	if title != "OKONKWO, Adaeze – Observations – Concord" {
		t.Errorf("arrived at %q", title)
	}
}

// TestWeight: the first visit of the summary costs at most 80 KB without
// fonts, later ones 15 KB.
func TestWeight(t *testing.T) {
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	size := func(path string) (int, string) {
		req, err := http.NewRequest("GET", s.server.URL+path, nil)
		s.must(err)
		req.Header.Set("Accept-Encoding", "gzip") // set by hand, so that it is not undone
		r, err := b.client.Do(req)
		got := b.read(r, err)
		return len(got.body), got.header.Get("Content-Type")
	}
	home := "/p/" + s.people["adaeze"] + "/"
	html, _ := size(home)
	total := html
	for _, m := range regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(b.get(home).body, -1) {
		n, kind := size(m[1])
		if kind != "font/woff2" {
			total += n
		}
	}
	t.Logf("summary: %d bytes of HTML, %d in all, gzipped, without fonts", html, total)
	if html > 15*1024 || total > 80*1024 {
		t.Errorf("over the budget")
	}
}
