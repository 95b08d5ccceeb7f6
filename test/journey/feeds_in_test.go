package journey

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// labMessage is a result of the laboratory of London North West.
func labMessage(id, name, at, obx string) string {
	return "MSH|^~\\&|LNW_NWLP|R1K|CONCORD|NWL|" + at + "||ORU^R01|" + id + "|P|2.4\rPID|1||L0900001^^^R1K^MR||" + name + "||19610430|F\r" +
		"OBR|1|P" + id + "|F" + id + "|BIO^Biochemistry|||" + at + "||||||||||||||||CH||F\r" + obx + "\r"
}

// TestFeedsIn is an engineer's and a steward's day with what comes in: a channel of
// the trust passes a test patient's result over and says by which rule; the build is
// published beside the running server and results come under the domain's codes and
// units from then on; a code that nobody has decided on is counted, decided on and
// published, and all of it is there after a restart.
func TestFeedsIn(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	dir := t.TempDir()
	s := start(t, dir, "demo", "--people", "12")
	s.seeded(2 * time.Minute)
	does := func(code int, says string, args ...string) {
		t.Helper()
		if out, got := run(t, args...); got != code || !strings.Contains(out, says) {
			t.Fatalf("concord %s: exit %d, not %d:\n%s", strings.Join(args, " "), got, code, out)
		}
	}
	sends := func(text string) {
		t.Helper()
		does(0, "1 accepted", "send", "--to", s.mllp, file(t, t.TempDir(), "message.hl7", text))
		s.settled(time.Minute)
	}
	glucose := func() (codes string) {
		t.Helper()
		var found struct {
			Entry []struct {
				Resource struct {
					Code struct {
						Coding []struct{ Code string }
					}
					ValueQuantity struct {
						Value float64
						Unit  string
					}
				}
			}
		}
		s.get(s.token(), "Observation?_sort=date&subject:Patient.identifier=urn:concord:R1K:hospital-number|L0900001", &found)
		for _, e := range found.Entry {
			codes += e.Resource.Code.Coding[0].Code + " " + e.Resource.ValueQuantity.Unit + ", "
		}
		return codes
	}
	p := browse(t, s.http)
	p.signIn("engineer.lim", demoPassword)
	sends(labMessage("ZZ1", "ZZTEST^Lab", "20261120080500", "OBX|1|NM|GLUR^Glucose, plasma||126|mg/dL|||||F"))
	if text := p.open("/feeds"); !strings.Contains(text, "lnw-laboratory-in") || !strings.Contains(text, "test-patients: 1") {
		t.Errorf("/feeds does not tell what was passed over: %.600s", text)
	}
	if text := p.open("/feeds/lnw-laboratory?state=passed"); !strings.Contains(text, "passed over by the rule test-patients of the channel lnw-laboratory-in") {
		t.Errorf("the message that was passed over is not listed: %.600s", text)
	}
	p.signOut()

	const packs = "../../demo/packs/"
	sends(labMessage("A1", "Example^Ada", "20261121080500", "OBX|1|NM|GLUR^Glucose, plasma||126|mg/dL|||||F"))
	does(0, "added", "org", "apply", "--data", dir, packs+"R1K")
	does(0, "entries of QRV", "onboard", "build", "catalogue", "--data", dir, "--org", "QRV", packs+"QRV/catalogue")
	does(0, "entries of R1K", "onboard", "build", "catalogue", "--data", dir, "--org", "R1K", packs+"R1K/catalogue")
	does(0, "were taken in", "onboard", "build", "take", "--data", dir, "--org", "R1K", packs+"R1K/catalogue/build.yaml")
	does(0, "nothing is published", "onboard", "build", "published", "--data", dir, "--org", "R1K")
	does(0, "R1K.1: ", "onboard", "build", "publish", "--data", dir, "--org", "R1K", "--why", "the build is agreed")
	sends(labMessage("A2", "Example^Ada", "20261122080500", "OBX|1|NM|GLUR^Glucose, plasma||108|mg/dL|70-110||||F\rOBX|2|NM|KETO^Ketones||0.3|mmol/L|||||F"))
	if got := glucose(); got != "GLUR mg/dL, GLU mmol/L, KETO mmol/L, " {
		t.Errorf("results are %s", got)
	}

	p.signIn("steward.bianchi", demoPassword)
	if text := p.open("/onboard/R1K/build?kind=results"); !strings.Contains(text, "came in messages") || !strings.Contains(text, "KETO") || !strings.Contains(text, "Version R1K.1") {
		t.Errorf("the worklist does not tell of what came: %.800s", text)
	}
	p.open("/onboard/R1K/build/code?kind=results&code=KETO")
	p.do(chromedp.Click("details.c-details summary"), chromedp.WaitVisible("#owner"), chromedp.SendKeys("#why", "the domain has none"), chromedp.SendKeys("#owner", "Head of biochemistry"),
		chromedp.Click(`button[value="variance"]`), chromedp.WaitVisible("h1"), chromedp.Sleep(300*time.Millisecond))
	p.open("/onboard/R1K/build")
	p.do(chromedp.Click("section[aria-labelledby=h-feeds] summary"), chromedp.WaitVisible("#why"), chromedp.SendKeys("#why", "ketones stay as sent"),
		chromedp.Click(`button[value="publish"]`), chromedp.WaitVisible("h1"), chromedp.Sleep(300*time.Millisecond))
	if text := p.here("published"); !strings.Contains(text, "Messages that come from now on are written by it") || !strings.Contains(text, "Version R1K.2") || !strings.Contains(text, "ketones stay as sent") {
		t.Errorf("it is not published: %.800s", text)
	}
	p.signOut()
	if code := s.stop(); code != 0 {
		t.Fatalf("the server ended with %d", code)
	}

	s = start(t, dir, "serve", "--second-factor", "none")
	sends(labMessage("A3", "Example^Ada", "20261123080500", "OBX|1|NM|GLUR^Glucose, plasma||90|mg/dL|70-110||||F\rOBX|2|NM|KETO^Ketones||0.4|mmol/L|||||F"))
	if got := glucose(); got != "GLUR mg/dL, GLU mmol/L, KETO mmol/L, GLU mmol/L, KETO mmol/L, " {
		t.Errorf("after a restart results are %s", got)
	}
	q := browse(t, s.http)
	q.signIn("engineer.lim", demoPassword)
	if text := q.open("/feeds"); !strings.Contains(text, "test-patients: 1") {
		t.Errorf("after a restart /feeds shows %.600s", text)
	}
	q.do(chromedp.Navigate(s.http+"/feeds/lnw-laboratory"), chromedp.WaitVisible("table"), chromedp.Click("tbody tr td a"), chromedp.WaitVisible("h1"))
	if text := q.here("message"); !strings.Contains(text, "R1K.2") || !strings.Contains(text, "lnw-laboratory-in R1K.") {
		t.Errorf("the message does not say what it was read by: %.600s", text)
	}
	s.stop()
	does(0, "clean", "verify", "--data", dir)
}
