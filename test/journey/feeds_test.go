package journey

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"concord/demo"
)

// freePort is an address on this machine at which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// serveLegacy plays a legacy system at an address.
func serveLegacy(t *testing.T, addr string) *demo.Legacy {
	t.Helper()
	socket, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	l := &demo.Legacy{}
	go func() {
		if err := l.Serve(ctx, socket); err != nil {
			t.Error(err)
		}
	}()
	return l
}

// until reloads a page until it shows what is waited for.
func (p *person) until(path string, shows func(text string) bool, what string) string {
	p.t.Helper()
	var text string
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		p.do(chromedp.Navigate(p.base+path), chromedp.WaitReady("main"), chromedp.Text("main", &text))
		if shows(text) {
			return text
		}
	}
	p.t.Fatalf("%s never shows %s: %.600s", path, what, text)
	return ""
}

// fact is the value under a heading of the page's facts.
func (p *person) fact(name string) string {
	p.t.Helper()
	var text string
	p.do(chromedp.Evaluate(`[...document.querySelectorAll(".c-facts div")].filter(d => d.querySelector("dt").textContent.trim() == "`+name+`").map(d => d.querySelector("dd").innerText.trim())[0] || ""`, &text))
	return text
}

// TestFeedsOut is an engineer's day: a destination is dead and its queue grows;
// it comes back and the queue drains; a message that was refused is corrected
// and sent, with its trace; a destination is paused and goes on.
func TestFeedsOut(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	board := freePort(t)
	s := start(t, t.TempDir(), "demo", "--people", "60", "--destination", "lnw-bed-board="+board)
	s.seeded(2 * time.Minute)
	p := browse(t, s.http)
	p.signIn("engineer.lim", demoPassword)
	text := p.open("/feeds")
	for _, want := range []string{"Going out", "lnw-bed-board", "Down since", "The destination cannot be reached", "lnw-movements", "Changes of the record"} {
		if !strings.Contains(text, want) {
			t.Errorf("/feeds does not show %q", want)
		}
	}
	p.open("/feeds/lnw-bed-board")
	if n := p.fact("Waiting"); !regexp.MustCompile(`^[1-9]\d`).MatchString(n) {
		t.Errorf("the dead destination's queue shows %q", n)
	}
	taken := serveLegacy(t, board)
	p.until("/feeds/lnw-bed-board", func(string) bool { // its state is noted within seconds
		return strings.HasPrefix(p.fact("Waiting"), "0") && strings.HasPrefix(p.fact("State"), "Idle")
	}, "an empty queue")
	if p.here("drained"); taken.Taken.Load() < 10 {
		t.Errorf("%d messages drained", taken.Taken.Load())
	}
	p.correctOne(t)
	p.pauseOne(t)
	if text := p.open("/feeds/systems"); !strings.Contains(text, "Not yet") || !strings.Contains(text, "Theatre lists of 2004") || !strings.Contains(text, "The date has passed") {
		t.Errorf("the register shows %.400s", text)
	}
	p.signOut()
	for _, who := range []string{"dr.rahman", "reception.murphy"} {
		p.signIn(who, demoPassword)
		for _, path := range []string{"/feeds", "/feeds/lnw-ward-view", "/feeds/systems"} {
			p.do(chromedp.Navigate(p.base+path), chromedp.Text("body", &text))
			if strings.Contains(text, "lnw-ward-view") || strings.Contains(text, "Legacy systems") {
				t.Errorf("%s sees %s", who, path)
			}
		}
		p.signOut()
	}
}

// correctOne corrects the message that the ward view refused, whose name is too
// long, and follows its trace.
func (p *person) correctOne(t *testing.T) {
	t.Helper()
	const list = "/feeds/lnw-ward-view?state=returned"
	if text := p.open(list); !strings.Contains(text, "feed.refused") {
		t.Fatalf("nothing was refused: %.400s", text)
	}
	held := p.fact("Held back behind one that was returned")
	p.do(chromedp.Click(`main tbody tr:last-child a`), chromedp.WaitVisible(".c-masked"))
	if text := p.here("masked"); strings.Contains(text, "PID|") {
		t.Error("the content is not masked")
	}
	p.do(chromedp.SendKeys("#reason", "the ward says that a result is missing"), chromedp.Click(".c-masked button"), chromedp.WaitVisible("#text"))
	var answer string
	p.do(chromedp.Text(`section[aria-labelledby="h-reply"]`, &answer))
	if !strings.Contains(answer, "the name is too long for this system") {
		t.Errorf("the destination's answer is not shown: %s", answer)
	}
	p.here("opened")
	change := `(() => { const t = document.querySelector("#text"); t.value = t.value.replace(/^(PID(?:\|[^|]*){4}\|)[^^]+/m, "$1Shortened"); })()`
	p.do(chromedp.Evaluate(`document.querySelector("#why").value = ""`, nil), chromedp.Evaluate(change, nil), chromedp.Click(`section[aria-labelledby="h-correct"] button`), chromedp.WaitVisible(".nhsuk-error-summary"))
	p.here("no reason given")
	var kept string
	p.do(chromedp.Value("#text", &kept))
	if !strings.Contains(kept, "|Shortened^") {
		t.Errorf("what was typed is lost: %.300s", kept)
	}
	p.do(chromedp.SendKeys("#why", "the ward view has no room for the name"), chromedp.Click(`section[aria-labelledby="h-correct"] button`), chromedp.WaitVisible(`section[aria-labelledby="h-trace"]`))
	trace := p.here("trace")
	for _, want := range []string{"engineer.lim", "the ward view has no room for the name", "PID-5", "The original"} {
		if !strings.Contains(trace, want) {
			t.Errorf("the trace does not show %q", want)
		}
	}
	at := strings.TrimPrefix(p.url(), p.base)
	p.until(at, func(text string) bool { return p.fact("State") != "Waiting" }, "what became of it")
	if state := p.fact("State"); !strings.HasPrefix(state, "Sent") {
		t.Errorf("the corrected message is %q", state)
	}
	p.do(chromedp.Click(`section[aria-labelledby="h-trace"] a`), chromedp.WaitVisible(".c-masked"))
	if text := p.here("original"); !strings.Contains(text, "Set aside") || !strings.Contains(text, "Was sent again as") {
		t.Errorf("the original is not kept with its state: %.300s", text)
	}
	p.open(list)
	if now := p.fact("Held back behind one that was returned"); now == held && held != "0" {
		t.Errorf("what was held behind it (%s) does not go on", held)
	}
}

// pauseOne pauses a destination with the keyboard's form and lets it go on.
func (p *person) pauseOne(t *testing.T) {
	t.Helper()
	const path = "/feeds/lnw-old-ris"
	for _, word := range []string{"Paused", "Idle"} {
		p.do(chromedp.Navigate(p.base+path), chromedp.Click(".c-acts summary"), chromedp.WaitVisible(`.c-acts input[name="reason"]`),
			chromedp.SendKeys(`.c-acts input[name="reason"]`, "the supplier works on it\r"), chromedp.Sleep(300*time.Millisecond))
		p.until(path, func(string) bool { return strings.HasPrefix(p.fact("State"), word) }, word)
	}
	p.open(path)
}

// TestFeedFiles: channels are proved and applied from the command line, also
// beside a running server, and what is wrong is told with its place.
func TestFeedFiles(t *testing.T) {
	packs := filepath.Join("..", "..", "demo", "packs")
	if out, code := run(t, "feed", "test", filepath.Join(packs, "R1K"), filepath.Join(packs, "RQM")); code != 0 || !strings.Contains(out, "0 wrong") {
		t.Fatalf("the demonstration's channels: %d %s", code, out)
	}
	dir := t.TempDir()
	addr := freePort(t)
	file(t, dir, "a.yaml", "destinations: [{name: copy, mllp: '"+addr+"', retry: {first: 50ms, most: 200ms}}]\nchannels: [{name: all, source: {changes: record}, destinations: [copy]}]\n")
	if out, code := run(t, "feed", "test", dir, "--org", "RYJ"); code != 1 || !strings.Contains(out, "the channel has no golden messages") {
		t.Errorf("a channel that shows nothing: %d %s", code, out)
	}
	file(t, dir, "b.yaml", "channels: [{name: other, source: {changes: record}, destinations: [nowhere]}]\n")
	if out, code := run(t, "feed", "test", dir, "--org", "RYJ"); code != 1 || !strings.Contains(out, `b.yaml:1: channels[0].destinations: "nowhere" is not among the destinations (channel.unknown)`) {
		t.Errorf("a channel to nowhere: %d %s", code, out)
	}
	if err := os.Remove(filepath.Join(dir, "b.yaml")); err != nil {
		t.Fatal(err)
	}
	s := start(t, t.TempDir(), "serve")
	if out, code := run(t, "feed", "apply", dir, "--org", "RYJ", "--without-golden", "--data", s.dir); code != 0 || !strings.Contains(out, "RYJ: 1 channels out, 0 in, 1 destinations, 0 legacy systems: applied") {
		t.Fatalf("apply: %d %s", code, out)
	}
	s.post(s.token(), "Patient", `{"resourceType":"Patient","identifier":[{"system":"urn:concord:RYJ:hospital-number","value":"400000001"}],"name":[{"family":"Test"}]}`)
	listed := func(want string) {
		t.Helper()
		out := ""
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			if out, _ = run(t, "feed", "list", "--data", s.dir); strings.Contains(out, want) {
				return
			}
		}
		t.Fatalf("the list never shows %q:\n%s", want, out)
	}
	listed("down: the destination cannot be reached")
	l := serveLegacy(t, addr)
	listed("idle")
	if l.Taken.Load() != 1 {
		t.Errorf("%d messages came", l.Taken.Load())
	}
	out, _ := run(t, "feed", "search", "copy", "--state", "sent", "--data", s.dir)
	seq := regexp.MustCompile(`(?m)^(\d+) .*ADT\^A28`).FindStringSubmatch(out)
	if seq == nil {
		t.Fatalf("search: %s", out)
	}
	if out, code := run(t, "feed", "resend", seq[1], "--reason", "a test of the command", "--data", s.dir); code != 0 || !strings.Contains(out, "1 of 1 are sent again") {
		t.Errorf("resend: %d %s", code, out)
	}
	if out, code := run(t, "feed", "pause", "copy", "--reason", "a test of the command", "--data", s.dir); code != 0 || !strings.Contains(out, "the destination copy is paused") {
		t.Errorf("pause: %d %s", code, out)
	}
	listed("paused by operator: a test of the command")
}
