package webui_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"concord/exchange/onboard/pack"
	"concord/record/access"
	"concord/record/account"
)

// longHead is as long a letterhead as a pack may have.
func longHead() []string {
	out := []string{"Chelsea and Westminster Hospital", "Chelsea and Westminster Hospital NHS Foundation Trust"}
	for n := len(out); n < 12; n++ {
		out = append(out, "Line "+strconv.Itoa(n+1)+" of the letterhead")
	}
	return out
}

// TestLetterhead: a page of a record has the letterhead of the site at which its
// reader is signed in, else the organisation's own, and of no other; it follows an
// applied pack at once, is text, and is seen on paper alone.
func TestLetterhead(t *testing.T) {
	s := newStage(t)
	s.tell()
	_, err := s.office().Create(s.ctx, account.Application{Name: "elsewhere", Display: "Dr Lee Park", Password: password, Role: access.Clinician, Org: "RQM", Site: "RQM91"})
	s.must(err)
	page, clerk := "/p/"+s.people["adaeze"]+"/", s.as("registrar")
	clerk.get(page).lacks(t, "c-letterhead")
	p := s.packOf("RQM")
	p.Letterheads = []pack.Letterhead{{Name: "one", Site: "RQM01", Lines: []string{"Head of <b>RQM01</b>", "Second line"}}}
	s.packs = []pack.Kept{{Pack: p}, {Pack: s.packOf("R1K")}}
	for _, at := range []string{"", "timeline", "results", "documents", "encounters", "obs"} {
		r := clerk.get(page + at)
		r.has(t, `class="c-letterhead"`, "Head of &lt;b&gt;RQM01&lt;/b&gt;", "Second line")
		if strings.Count(r.body, "Second line") != 1 {
			t.Errorf("%q has it more than once", at)
		}
	}
	clerk.get("/").lacks(t, "c-letterhead")
	s.as("elsewhere").get(page).lacks(t, "c-letterhead")
	p.Letterheads = append(p.Letterheads, pack.Letterhead{Name: "own", Lines: []string{"Head of the trust"}})
	s.as("elsewhere").get(page).has(t, "Head of the trust")
	clerk.get(page).lacks(t, "Head of the trust")
}

// TestLetterheadIsOnPaper: in Chromium a screen shows none of it, and paper has it
// above the banner.
func TestLetterheadIsOnPaper(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx := chromium(t)
	s := newStage(t)
	s.tell()
	s.packs = []pack.Kept{{Pack: s.packOf("RQM")}}
	b := s.as("registrar")
	for _, at := range []string{"", "documents", "results", "encounters", "obs"} {
		var screen, paper string
		s.must(chromedp.Run(ctx, network.SetCookies(b.cookies()), emulation.SetEmulatedMedia().WithMedia("screen"), chromedp.Navigate(s.server.URL+"/p/"+s.people["adaeze"]+"/"+at),
			chromedp.Evaluate(`getComputedStyle(document.querySelector(".c-letterhead")).display`, &screen),
			emulation.SetEmulatedMedia().WithMedia("print"),
			chromedp.Evaluate(`(() => { const h = document.querySelector(".c-letterhead"), b = document.querySelector(".c-banner");
				const r = h.getBoundingClientRect(); return r.height > 0 && r.bottom <= b.getBoundingClientRect().top ? h.innerText.replace(/\s+/g, " ") : "not above the banner"; })()`, &paper)))
		if screen != "none" || !strings.HasPrefix(paper, "Chelsea and Westminster Hospital") || !strings.HasSuffix(strings.TrimSpace(paper), "NHS Foundation Trust") {
			t.Errorf("%q: on a screen %s, on paper %q", at, screen, paper)
		}
	}
}
