package journey

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// TestTrustJoinsInABrowser: from register to signed report and undo, as the people
// do it who do it: an org pack is sent in, a bad extract is staged, matched,
// loaded, reconciled and found wanting, taken back; the mended one is checked by a
// clinician, taken on, signed, verified, and taken back. Each page is held against
// axe-core.
func TestTrustJoinsInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	dir := t.TempDir()
	s := start(t, dir, "join-demo", "--by-hand", "--people", "600")
	s.says("An extract of The Hillingdon Hospitals NHS Foundation Trust has arrived", 2*time.Minute)
	p := browse(t, s.http)
	p.signIn("lead.mensah", demoPassword)
	p.shows("/onboard", "Organisations that join", "The Hillingdon Hospitals", "Live")
	p.shows("/onboard/RAS", "Not registered", "An extract has arrived", "No run was begun")
	p.register("RAS")
	p.do(chromedp.Submit(`#kind`), chromedp.Sleep(300*time.Millisecond))
	p.finds("run begun", "Trial load 1: 0 of 20 steps done", "Feeds are held; messages queue", "Returns that it owes", "Bed availability and occupancy")

	p.step("RAS", "Stage and profile", "Its patients are held against the live record")
	p.finds("numbers held against the pack", "against the org pack", "do not fit")
	p.step("RAS", "Match", "The rows are written into the live record")
	p.step("RAS", "Load", "Record and source are held against each other")
	p.step("RAS", "Reconcile", "Clinicians check the sample")
	bad := p.report("RAS", 1)
	p.finds("report of the bad extract", "No go", "Waiting lists that do not say what the events of their pathways come to", "Nobody may take this on", "The report is not signed")
	p.undo("RAS")
	p.shows(bad, "The load was taken back")

	p.step("RAS", "Stage and profile mended", "Its patients are held against the live record")
	p.step("RAS", "Match", "The rows are written into the live record")
	p.step("RAS", "Load", "Record and source are held against each other")
	p.step("RAS", "Reconcile", "Clinicians check the sample")
	report := p.report("RAS", 2)
	if text := p.here("report for an engineer"); strings.Contains(text, "Waiting lists that do not say") || !strings.Contains(text, "withheld") {
		t.Error("the mended waiting list differs, or an engineer sees hospital numbers")
	}
	p.signOut()
	p.checked(report)
	p.signIn("lead.mensah", demoPassword)
	p.shows(report, "No go", "Dr Rui Silva")
	p.takenOn(report)
	p.shows(report, "Go: everything that stood against it was taken on", "made-up: seen to by Friday")
	p.do(chromedp.Click(`//button[.="Sign the report"]`, chromedp.BySearch), chromedp.WaitVisible(`#done`))
	p.finds("signed report", "The report is signed.", "Signed with the key of the audit log")
	p.shows("/onboard/RAS", "Report signed", "Quality of the data, trial by trial")
	p.shows(report+"/quality", "Quality of the data of trial 2", "In trial 1", "Clocks that run and are on no list", "not filled throughout")
	s.verifies(dir)
	p.undo("RAS")
	p.signOut()
	p.shows("/onboard/RAS/timeline", "Your trust is here", "Expected")
	p.signIn("board.ellis", demoPassword)
	if text := p.shows("/onboard", "Organisations in numbers", "not known"); strings.Contains(text, "Trials") {
		t.Error("a commissioner sees trials")
	}
}

// says waits until the server has said something.
func (s *server) says(what string, most time.Duration) {
	s.t.Helper()
	for end := time.Now().Add(most); !strings.Contains(s.said(), what); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("never said: %s\n%s", what, s.said())
		}
	}
}

// verifies holds the signed report against the record at the command line, then
// tampers with it.
func (s *server) verifies(dir string) {
	s.t.Helper()
	if out, code := run(s.t, "onboard", "report", "--data", dir, "--org", "RAS", "--verify"); code != 0 || !strings.Contains(out, "the report holds") {
		s.t.Errorf("exit %d: %s", code, out)
	}
	pdf := filepath.Join(s.t.TempDir(), "report.pdf")
	if out, code := run(s.t, "onboard", "report", "--data", dir, "--org", "RAS", "--pdf", pdf); code != 0 {
		s.t.Errorf("exit %d: %s", code, out)
	}
	if out, code := run(s.t, "onboard", "runbook", "status", "--data", dir, "--org", "RAS"); code != 0 || !strings.Contains(out, ". register") {
		s.t.Errorf("exit %d: %s", code, out)
	}
}

// shows opens a page and demands words on it.
func (p *person) shows(path string, words ...string) string {
	p.t.Helper()
	text := p.open(path)
	p.demand(path, text, words)
	return text
}

// finds demands words on the page that is shown.
func (p *person) finds(name string, words ...string) {
	p.t.Helper()
	p.demand(name, p.here(name), words)
}

func (p *person) demand(name, text string, words []string) {
	p.t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			p.t.Errorf("%s: %q is not on the page:\n%.1500s", name, w, text)
		}
	}
}

// register sends in an org pack, looks at what it changes, and applies it.
func (p *person) register(org string) {
	p.t.Helper()
	files, err := filepath.Glob("../../demo/packs/" + org + "/*.yaml")
	if err != nil || len(files) == 0 {
		p.t.Fatal("there is no pack", err)
	}
	for i := range files {
		if files[i], err = filepath.Abs(files[i]); err != nil {
			p.t.Fatal(err)
		}
	}
	p.shows("/onboard/"+org+"/register", "Files of the pack")
	p.do(chromedp.SetUploadFiles(`#pack`, files), chromedp.Submit(`#pack`), chromedp.WaitVisible(`#h-changes`))
	p.finds("changes of the pack", "added wards Drayton")
	p.do(chromedp.Click(`//button[.="Apply the pack"]`, chromedp.BySearch), chromedp.WaitVisible(`#done`))
	p.finds("registered", "The org pack runs.", "org pack, version 1")
}

// step begins a step by its button, and waits until it has ended and the page says
// what comes next.
func (p *person) step(org, button, next string) {
	p.t.Helper()
	p.quiet(org)
	p.do(chromedp.Click(`//button[starts-with(normalize-space(.), "`+button+`")]`, chromedp.BySearch), chromedp.WaitVisible(`#done`))
	p.demand(button, p.quiet(org), []string{next})
}

// quiet waits until no step of an organisation is at work, and gives what its page
// says then.
func (p *person) quiet(org string) (text string) {
	p.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		p.do(chromedp.Navigate(p.base+"/onboard/"+org), chromedp.Text("body", &text))
		if !strings.Contains(text, "is at work since") {
			return text
		}
	}
	p.t.Fatal("a step never ends")
	return ""
}

// report opens the report of a trial.
func (p *person) report(org string, trial int) string {
	p.t.Helper()
	link := `//a[normalize-space(.)="Report of trial ` + string(rune('0'+trial)) + `"]`
	p.do(chromedp.Navigate(p.base+"/onboard/"+org), chromedp.Click(link, chromedp.BySearch), chromedp.WaitVisible(`#h-seal`))
	return strings.TrimPrefix(p.url(), p.base)
}

// undo takes the newest load back: it is asked twice.
func (p *person) undo(org string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base+"/onboard/"+org), chromedp.Evaluate(`document.querySelector('#undo').closest('details').open = true`, nil),
		chromedp.Click(`#undo button`), chromedp.WaitVisible(`.nhsuk-error-summary`))
	p.finds("undo without being sure", "Say that the load is to be taken back")
	p.do(chromedp.Evaluate(`document.querySelector('#undo').closest('details').open = true`, nil),
		chromedp.Click(`#undo input[type=checkbox]`), chromedp.Click(`#undo button`), chromedp.WaitVisible(`#done`))
	p.quiet(org)
	p.finds("taken back", "Load taken back")
}

// everyForm sends every form of a kind on a page, as its button would, and waits
// where that was faster than a person may be.
const everyForm = `(async () => {
	const rest = ms => new Promise(done => setTimeout(done, ms));
	for (const f of [...document.querySelectorAll("form")].filter(f => f.querySelector('input[name=do][value=KIND]'))) {
		const d = new URLSearchParams(new FormData(f));
		EXTRA
		for (let tries = 0; tries < 20 && !(await fetch(f.action, {method: "POST", body: d})).ok; tries++) {
			await rest(1000);
		}
	}
	await rest(1000);
	return "sent";
})()`

func (p *person) sends(kind, extra string) {
	p.t.Helper()
	var sent string
	script := strings.NewReplacer("KIND", kind, "EXTRA", extra).Replace(everyForm)
	p.do(chromedp.Evaluate(script, &sent, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
}

// checked has the trust's clinician check the sample: one row by its buttons, the
// others by the same forms.
func (p *person) checked(report string) {
	p.t.Helper()
	p.signIn("dr.silva", demoPassword)
	p.shows(report, "0 of", "Sample for clinicians")
	p.do(chromedp.SendKeys(`#sample-1 input[name=words]`, "the dose on the old screen is another"),
		chromedp.Click(`#sample-1 button[value=no]`), chromedp.WaitVisible(`#done`))
	p.finds("one row differs", "Your finding is kept.", "the dose on the old screen is another", "1 of")
	p.sends("check", `d.set("agrees", "yes"); d.set("words", "");`)
	p.shows(report, "Agrees")
	p.signOut()
}

// takenOn takes on what stands against the go: one by its form, the others by the
// same forms.
func (p *person) takenOn(report string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base+report), chromedp.Evaluate(`document.querySelectorAll("details").forEach(d => d.open = true)`, nil),
		chromedp.SendKeys(`#accept-0`, "made-up: seen to by Friday"), chromedp.Submit(`#accept-0`), chromedp.WaitVisible(`#done`))
	p.finds("one is taken on", "It is kept that you take this on.")
	p.sends("accept", `d.set("words", "made-up: seen to by Friday");`)
}

// TestJoinDemo: the demonstration goes as planned: the bad waiting lists are found
// and stop the first cutover of either joiner, the mended extract is a go, and the
// store is clean.
func TestJoinDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a minute")
	}
	dir := t.TempDir()
	out, code := run(t, "join-demo", "--data", dir, "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0", "--once")
	if code != 0 || strings.Count(out, "NO GO") != 2 || strings.Count(out, "  GO\n") != 2 || strings.Contains(out, "NOT AS PLANNED") {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	for _, org := range []string{"R1K", "RAS"} {
		if out, code := run(t, "onboard", "report", "--data", dir, "--org", org, "--verify"); code != 0 {
			t.Errorf("%s: exit %d: %s", org, code, out)
		}
	}
	theNightAfter(t, dir)
	if out, code := run(t, "verify", "--data", dir); code != 0 {
		t.Errorf("exit %d: %s", code, out)
	}
}

// theNightAfter does at the command line what is done there: the wards' account of
// their beds, the downtime log, feeds held and released.
func theNightAfter(t *testing.T, dir string) {
	t.Helper()
	does := func(code int, says string, args ...string) {
		t.Helper()
		if out, got := run(t, append([]string{"onboard"}, args...)...); got != code || !strings.Contains(out, says) {
			t.Errorf("concord onboard %s: exit %d, not %d:\n%s", strings.Join(args, " "), got, code, out)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "stage", "R1K", ".inbox", "mended-*", "patients.csv"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	number, _, _ := strings.Cut(strings.Split(string(text), "\n")[1], ",")
	log, beds := filepath.Join(t.TempDir(), "log.csv"), filepath.Join(t.TempDir(), "beds.csv")
	for name, text := range map[string]string{
		log: "key,happened,by,patient,kind,what,value,unit\n1," + time.Now().Add(-2*time.Hour).Format("2006-01-02 15:04") + ",Sr Okafor," + number + ",observation,Heart rate,88,/min\n" +
			"2," + time.Now().Add(-2*time.Hour).Format("2006-01-02 15:04") + ",Sr Okafor,NOBODY,note,Nobody knows this number,,\n",
		beds: "ward,bed,state\nCrick,Side room 1,occupied\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	does(1, "1 entered, 0 there already, 1 refused\nline 3: record.reference", "downtime", "--data", dir, "--org", "R1K", "--by", "Wei Lim", log)
	does(1, "0 entered, 1 there already, 1 refused", "downtime", "--data", dir, "--org", "R1K", "--by", "Wei Lim", log)
	does(0, "1 beds are kept", "beds", "--data", dir, "--org", "R1K", beds)
	does(2, "three fields are needed", "beds", "--data", dir, "--org", "R1K", log)
	does(0, "Hold feeds: done", "feeds", "--data", dir, "--org", "R1K", "hold")
	does(0, "Release feeds: done", "feeds", "--data", dir, "--org", "R1K", "release")
	does(1, "1 Stays that do not fit the beds (beds): stands against the go", "reconcile", "--data", dir, "--org", "R1K")
}
