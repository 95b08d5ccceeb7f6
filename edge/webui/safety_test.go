package webui_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// looked is what a tab shows of who its patient is.
type looked struct {
	URL, Title, Banner string
	Numbers            []string // NHS numbers anywhere on the page, each once
	Banners            int
}

const look = `(() => ({URL: location.pathname, Title: document.title,
	Banner: (document.querySelector(".c-banner .c-nhs") || {}).textContent || "",
	Banners: document.querySelectorAll(".c-banner").length,
	Numbers: [...new Set(document.documentElement.outerHTML.match(/\b999 ?\d{3} ?\d{4}\b/g) || [])]}))()`

// TestTwoTabsTwoPatients turns pages of two patients in two tabs of one
// browser, at random: every page is about the patient of its address alone.
func TestTwoTabsTwoPatients(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx := chromium(t)
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	s.must(chromedp.Run(ctx, network.SetCookies(b.cookies())))
	other, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	tabs := []context.Context{ctx, other}
	who := map[string]string{s.people["adaeze"]: "999 000 0018", s.people["long"]: "999 000 0050",
		s.people["dead"]: "999 000 0034", s.people["child"]: "999 000 0042"}
	ids := []string{s.people["adaeze"], s.people["long"], s.people["dead"], s.people["child"]}
	pages := []string{"", "timeline", "obs", "results", "medicines", "allergies", "problems", "documents", "encounters",
		"appointments", "demographics", "?asat=2026-11-22"}
	chance := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		tab, id := n%2, ids[(n%2)*2+chance.IntN(2)]
		step := chromedp.Navigate(s.server.URL + "/p/" + id + "/" + pages[chance.IntN(len(pages))])
		if n > 20 && chance.IntN(5) == 0 {
			step = chromedp.NavigateBack()
		}
		var l looked
		s.must(chromedp.Run(tabs[tab], step, chromedp.Evaluate(look, &l)))
		at := strings.SplitN(strings.TrimPrefix(l.URL, "/p/"), "/", 2)[0]
		if l.Banners != 1 || who[at] == "" || l.Banner != who[at] {
			t.Fatalf("step %d: %s shows the banner of %q (%d banners)", n, l.URL, l.Banner, l.Banners)
		}
		if len(l.Numbers) != 1 || l.Numbers[0] != l.Banner {
			t.Fatalf("step %d: %s holds the numbers %v", n, l.URL, l.Numbers)
		}
	}
}

// TestBackIsFetchedAgain: a page that somebody returns to is asked of the
// server again.
func TestBackIsFetchedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx := chromium(t)
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	home := s.server.URL + "/p/" + s.people["empty"] + "/"
	found, err := s.clinician().FindPeople(s.ctx, peopleQuery("9990000026"))
	s.must(err)
	subject := "Patient/" + found.Hits[0].Person.Entries[0].ID
	var before, after string
	s.must(chromedp.Run(ctx, network.SetCookies(b.cookies()), chromedp.Navigate(home+"problems"),
		chromedp.Text("main", &before), chromedp.Navigate(home+"results")))
	s.write("RAS", "DIAG-LATE", `{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Written meanwhile"},"subject":{"reference":"`+subject+`"}}`)
	s.must(chromedp.Run(ctx, chromedp.NavigateBack(), chromedp.Text("main", &after)))
	if strings.Contains(before, "Written meanwhile") || !strings.Contains(after, "Written meanwhile") {
		t.Errorf("after going back the page shows what it showed before:\n%s", after)
	}
}

// TestWithoutScript: every page says the same with scripts off.
func TestWithoutScript(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx := chromium(t)
	s := newStage(t)
	s.tell()
	browsers := map[string]*browser{}
	s.must(chromedp.Run(ctx, emulation.SetScriptExecutionDisabled(true)))
	for _, r := range s.stories() {
		if strings.Contains(r.path, "/suggest") {
			continue
		}
		if browsers[r.role] == nil {
			browsers[r.role] = s.as(r.role)
		}
		var words, heading string
		s.must(chromedp.Run(ctx, s.signedInAs(browsers[r.role]), chromedp.Navigate(s.server.URL+r.path),
			chromedp.Text("main", &words), chromedp.Text("h1", &heading)))
		if heading == "" || len(words) < 40 {
			t.Errorf("%s %s without script: %q", r.role, r.path, words)
		}
		var buttons int
		s.must(chromedp.Run(ctx, chromedp.Evaluate(`[...document.querySelectorAll("button")].filter(b => !b.closest("form")).length`, &buttons)))
		if buttons != 0 {
			t.Errorf("%s %s: %d buttons that only script could answer", r.role, r.path, buttons)
		}
	}
}

// signedInAs puts somebody's session into the browser, and nobody else's.
func (s *stage) signedInAs(b *browser) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		if err := network.ClearBrowserCookies().Do(ctx); err != nil {
			return err
		}
		if c := b.cookies(); len(c) > 0 {
			return network.SetCookies(c).Do(ctx)
		}
		return nil
	})
}
