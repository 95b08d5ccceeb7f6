package openid

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

// TestInChromium signs in with the provider and out of it again in a real
// browser: its rules on cookies of other sites and on where forms may lead
// stand in the way of neither.
func TestInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		if !slices.Contains(strings.Split(os.Getenv("CONCORD_WITHOUT"), ","), "chromium") {
			t.Fatal("no Chromium is installed; CONCORD_WITHOUT=chromium leaves the tests out that need it")
		}
		t.Skip("NO CHROMIUM: signing in with a provider is not tried in a browser")
	}
	s := newStage(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	defer stop()
	ctx, stop = chromedp.NewContext(ctx)
	defer stop()
	ctx, stop = context.WithTimeout(ctx, time.Minute)
	defer stop()
	var broken []string
	chromedp.ListenTarget(ctx, func(e any) {
		if x, ok := e.(*log.EventEntryAdded); ok && strings.HasPrefix(x.Entry.URL, s.base) && x.Entry.Source == log.SourceSecurity {
			broken = append(broken, x.Entry.Text)
		}
	})
	var who, there, here string
	s.must(chromedp.Run(ctx, chromedp.Navigate(s.base+"/help"), chromedp.WaitVisible(`a[href^="/sign-in/with/cis2"]`),
		chromedp.Click(`a[href^="/sign-in/with/cis2"]`), chromedp.WaitVisible(`input[name="login"]`),
		chromedp.SendKeys(`input[name="login"]`, "ada"), chromedp.SendKeys(`input[name="password"]`, "x\r"),
		chromedp.WaitVisible(`button[type="submit"]:not([class*="c-"])`), chromedp.WaitNotPresent(`input[name="login"]`),
		chromedp.Click(`form button[type="submit"]`), chromedp.WaitVisible(".c-top__who"), chromedp.Text(".c-top__who", &who),
		chromedp.Location(&here)))
	if !strings.Contains(who, "Dr Ada Okafor") || here != s.base+"/help" {
		t.Errorf("%q at %s", who, here)
	}
	s.must(chromedp.Run(ctx, chromedp.Click(`form[action="/sign-out"] button`), chromedp.WaitVisible(`button[name="logout"]`),
		chromedp.Location(&there), chromedp.Click(`button[name="logout"]`), chromedp.WaitVisible(`a[href^="/sign-in/with/cis2"]`),
		chromedp.Location(&here)))
	if !strings.HasPrefix(there, s.issuer+"/session/end") || !strings.HasPrefix(here, s.base+"/sign-in") {
		t.Errorf("signed out by way of %s to %s", there, here)
	}
	for _, b := range broken {
		t.Error(b)
	}
}
