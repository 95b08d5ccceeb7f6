package webui_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// stop is one stop of a walk with the Tab key.
type stop struct {
	What    string
	Order   int    // among the places that Tab can reach, in the order of the document; -1 = the page itself
	Of      int    // how many there are
	Problem string // obscured, no outline, too small
	Parts   bool   // it has stops within it: day, month, year and calendar
}

// standing describes where the focus is. A link within a line of text and a
// part that scrolls may be smaller than 24 pixels (WCAG 2.5.8, inline).
const standing = `(() => {
	const reach = [...document.querySelectorAll("a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex='0']")]
		.filter(e => !e.disabled && e.getClientRects().length && e.checkVisibility({visibilityProperty: true}));
	const e = document.activeElement;
	const order = reach.indexOf(e);
	const out = {What: e.outerHTML.slice(0, 110), Order: order, Of: reach.length, Problem: "", Parts: e.type === "date"};
	if (order < 0) return out;
	const b = [...e.getClientRects()].find(r => r.width > 0 && r.height > 0) || e.getBoundingClientRect();
	const x = Math.min(Math.max((b.left + b.right) / 2, 1), innerWidth - 1), y = Math.min(Math.max((b.top + b.bottom) / 2, 1), innerHeight - 1);
	const hit = document.elementFromPoint(x, y);
	if (b.bottom <= 0 || b.top >= innerHeight) out.Problem += " out of the window";
	else if (!hit || !(e.contains(hit) || hit.contains(e))) out.Problem += " obscured by " + (hit ? hit.outerHTML.slice(0, 80) : "nothing");
	const style = getComputedStyle(e);
	const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
	if (!ring && style.boxShadow === "none" && style.backgroundColor !== "rgb(255, 235, 59)") out.Problem += " no visible focus";
	const inline = style.display === "inline" || style.display === "inline-block" && e.closest("p,td,th,dd,li,label,.c-row__main,.c-by");
	if (!inline && e.tagName !== "SUMMARY" && (b.width < 23.5 || b.height < 23.5)) out.Problem += " " + b.width + "×" + b.height + " is small";
	return out; })()`

// mostStops is how far a walk goes; the rows of a long list are alike.
const mostStops = 45

func pressTab(ctx context.Context) error {
	down := input.DispatchKeyEvent(input.KeyRawDown).WithKey("Tab").WithCode("Tab").WithWindowsVirtualKeyCode(9)
	if err := down.Do(ctx); err != nil {
		return err
	}
	return input.DispatchKeyEvent(input.KeyUp).WithKey("Tab").WithCode("Tab").WithWindowsVirtualKeyCode(9).Do(ctx)
}

// TestTabWalk walks each page with the Tab key alone: no trap, the order of
// the document, the focus always to be seen, targets large enough.
func TestTabWalk(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx := chromium(t)
	s := newStage(t)
	s.tell()
	browsers := map[string]*browser{}
	s.must(chromedp.Run(ctx, emulation.SetDeviceMetricsOverride(1366, 768, 1, false)))
	for _, r := range s.stories() {
		if strings.Contains(r.path, "/suggest") || strings.Contains(r.path, "span=all") {
			continue
		}
		if browsers[r.role] == nil {
			browsers[r.role] = s.as(r.role)
		}
		name := r.role + " " + r.path
		s.must(chromedp.Run(ctx, s.signedInAs(browsers[r.role]), chromedp.Navigate(s.server.URL+r.path),
			chromedp.Evaluate(`document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)`, nil)))
		s.walk(t, ctx, name)
	}
}

func (s *stage) walk(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	last, first, seen, parts, done := -1, -1, 0, 0, false
	for n := 0; n < mostStops; n++ {
		var at stop
		s.must(chromedp.Run(ctx, chromedp.ActionFunc(pressTab), chromedp.Evaluate(standing, &at)))
		if at.Order < 0 || at.Order == first { // out of the page, or around
			break
		}
		if first < 0 {
			first = at.Order
		}
		if at.Problem != "" {
			t.Errorf("%s: %s:%s", name, at.What, at.Problem)
		}
		if at.Order == last && at.Parts {
			if parts++; parts > 4 {
				t.Errorf("%s: %s is a trap", name, at.What)
				return
			}
			continue
		}
		parts = 0
		if at.Order != last+1 && last >= 0 {
			t.Errorf("%s: from place %d to place %d of %d: %s", name, last, at.Order, at.Of, at.What)
			return
		}
		last, seen = at.Order, seen+1
		if done = at.Order == at.Of-1; done {
			break
		}
	}
	if seen < mostStops-12 && !done {
		t.Errorf("%s: the walk ends after %d stops", name, seen)
	}
}

// TestSingleKeysOff: switched off, no single key moves anything; in a field
// they are letters either way (WCAG 2.1.4).
func TestSingleKeysOff(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx := chromium(t)
	s := newStage(t)
	s.tell()
	b := s.as("registrar")
	type state struct{ Path, Focus, Value string }
	after := func(keys ...string) (x state) {
		var acts []chromedp.Action
		acts = append(acts, chromedp.Navigate(s.server.URL+"/p/"+s.people["adaeze"]+"/timeline"))
		if keys[0] == "in the field" {
			acts = append(acts, chromedp.Focus("#q"))
			keys = keys[1:]
		}
		for _, k := range keys {
			acts = append(acts, chromedp.ActionFunc(func(ctx context.Context) error {
				if err := input.DispatchKeyEvent(input.KeyDown).WithKey(k).WithText(k).Do(ctx); err != nil {
					return err
				}
				return input.DispatchKeyEvent(input.KeyUp).WithKey(k).Do(ctx)
			}))
		}
		acts = append(acts, chromedp.Evaluate(`new Promise(r => setTimeout(r, 120))`, nil, awaited),
			chromedp.Evaluate(`({Path: location.pathname.split("/").pop(), Focus: document.activeElement.id || document.activeElement.tagName, Value: (document.querySelector("#q")||{}).value || ""})`, &x))
		s.must(chromedp.Run(ctx, acts...))
		return x
	}
	s.must(chromedp.Run(ctx, network.SetCookies(b.cookies())))
	if x := after("g", "o"); x.Path != "obs" {
		t.Errorf("g o leads to %+v", x)
	}
	if x := after("/"); x.Focus != "q" || x.Value != "" {
		t.Errorf("/ leads to %+v", x)
	}
	if x := after("in the field", "g", "o", "j", "/"); x.Path != "timeline" || x.Focus != "q" || x.Value != "goj/" {
		t.Errorf("in a field: %+v", x)
	}
	if r := b.post("/help/keys", "keys", "off"); r.to != "/help" {
		t.Fatalf("switch: %d", r.status)
	}
	for _, keys := range [][]string{{"g", "o"}, {"/"}, {"j"}, {"r"}} {
		if x := after(keys...); x.Path != "timeline" || x.Focus != "BODY" || x.Value != "" {
			t.Errorf("switched off, %v: %+v", keys, x)
		}
	}
}
