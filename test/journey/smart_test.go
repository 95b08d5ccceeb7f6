package journey

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"concord/test/npm"
)

// chartApp is an app of somebody else at an origin of its own: three static
// pages and the public library fhirclient.
type chartApp struct {
	url, client string
}

// serveApp serves the app, registers it with the server, and has it approved.
func (s *server) serveApp(packages, other string) *chartApp {
	s.t.Helper()
	library := filepath.Join(packages, "fhirclient", "build", "fhir-client.js")
	if _, err := os.Stat(library); err != nil {
		s.t.Fatal(err)
	}
	a := &chartApp{}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(filepath.Join("..", "journey", "testdata", "app"))))
	mux.HandleFunc("/fhir-client.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, library) })
	mux.HandleFunc("/settings.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprintf(w, "const settings = {client: %q, iss: %q, other: %q};\n", a.client, s.http+"/fhir", other)
	})
	front := httptest.NewServer(mux)
	s.t.Cleanup(front.Close)
	a.url = front.URL
	metadata := filepath.Join(s.t.TempDir(), "app.json")
	text := fmt.Sprintf(`{"client_name":"Chart app","redirect_uris":["%[1]s/app.html"],"initiate_login_uri":"%[1]s/launch.html",
		"scope":"openid fhirUser launch launch/patient launch/encounter offline_access patient/*.rs user/Practitioner.r","token_endpoint_auth_method":"none"}`, a.url)
	if err := os.WriteFile(metadata, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	out, code := run(s.t, "app", "register", "--data", s.dir, metadata)
	if code != 0 {
		s.t.Fatalf("register: %s", out)
	}
	a.client = strings.TrimSpace(out)
	if out, code := run(s.t, "app", "approve", "--data", s.dir, a.client, "--org", "RQM"); code != 0 {
		s.t.Fatalf("approve: %s", out)
	}
	return a
}

// says waits until the app has done its work and gives what it found out.
func (p *person) says() map[string]string {
	p.t.Helper()
	var end, out string
	p.do(chromedp.WaitVisible("#out"), chromedp.Poll(`document.getElementById("end").textContent !== ""`, nil, chromedp.WithPollingTimeout(30*time.Second)),
		chromedp.Text("#end", &end), chromedp.Text("#out", &out))
	if end != "DONE" {
		p.t.Fatalf("the app ends with %q after:\n%s", end, out)
	}
	said := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		for _, name := range []string{"another's observations", "patient", "user", "scope", "observations", "conditions", "everybody", "another", "refreshed", "encounter"} {
			if rest, ok := strings.CutPrefix(line, name+" "); ok {
				said[name] = rest
				break
			}
		}
	}
	return said
}

// TestSMARTAppLaunch: an app is opened from the page of a patient's encounter, is
// told of both, and reads that patient alone, by the scopes that were agreed to; then it begins by itself,
// and the patient is chosen on our page.
func TestSMARTAppLaunch(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	t.Chdir(filepath.Join("..", "clients"))
	packages := npm.Install(t)
	s := start(t, t.TempDir(), "demo", "--people", "12")
	number := s.seeded(2 * time.Minute)
	digits := strings.ReplaceAll(number, " ", "")
	app := s.serveApp(packages, s.somebodyElse(digits))
	p := browse(t, s.http)
	p.signIn("dr.rahman", demoPassword)
	p.do(chromedp.SendKeys(`input[name="q"]`, digits+kb.Enter), chromedp.WaitVisible(`main a[href^="/p/"]`),
		chromedp.Click(`main a[href^="/p/"]`), chromedp.WaitVisible(`nav.c-side a[href$="/encounters"]`),
		chromedp.Click(`nav.c-side a[href$="/encounters"]`), chromedp.WaitVisible(`main table a[href*="/encounters/"]`),
		chromedp.Click(`main table a[href*="/encounters/"]`), chromedp.WaitVisible(`main a[href*="/apps?encounter="]`),
		chromedp.Click(`main a[href*="/apps?encounter="]`), chromedp.WaitVisible(`#encounter`))
	if text := p.here("apps"); !strings.Contains(text, "Chart app") || !strings.Contains(text, number) {
		t.Fatalf("the page of apps: %.300s", text)
	}
	var stay string
	p.do(chromedp.Value("#encounter", &stay),
		chromedp.Click(`main form[action$="/apps"] button`), chromedp.WaitVisible(`button[value="allow"]`))
	consent := p.here("consent")
	for _, want := range []string{number, "See observations and results in this patient’s record, only where category is laboratory", "Know which stay or contact you opened it for", app.url, "Dr"} {
		if !strings.Contains(consent, want) {
			t.Errorf("the page that asks for consent does not say %q: %.900s", want, consent)
		}
	}
	p.do(chromedp.Click(`button[value="allow"]`))
	said := p.says()
	if !strings.HasSuffix(said["patient"], digits) || !strings.HasPrefix(said["user"], "Practitioner Dr") {
		t.Errorf("the app sees %v", said)
	}
	if stay == "" || !strings.HasSuffix(said["encounter"], " "+stay) {
		t.Errorf("the app was opened for encounter %s and says %q", stay, said["encounter"])
	}
	if !regexp.MustCompile(`^[1-9]\d* of laboratory$`).MatchString(said["observations"]) {
		t.Errorf("observations %q, want those of the laboratory", said["observations"])
	}
	for what, want := range map[string]string{"conditions": "403", "everybody": "200 with 0", "another": "404", "another's observations": "200 with 0"} {
		if said[what] != want {
			t.Errorf("%s: %q, want %q", what, said[what], want)
		}
	}

	p.do(chromedp.Navigate(app.url+"/launch.html"), chromedp.WaitVisible(`#pick-q`))
	p.here("choose a patient")
	p.do(chromedp.SendKeys(`#pick-q`, digits+kb.Enter), chromedp.WaitVisible(`button[value="choose"]`))
	p.here("patients to choose from")
	p.do(chromedp.Click(`button[value="choose"]`), chromedp.WaitVisible(`button[value="allow"]`))
	p.here("consent standing alone")
	p.do(chromedp.Click(`button[value="allow"]`))
	said = p.says()
	if !strings.HasSuffix(said["patient"], digits) || said["refreshed"] != "true 200" || said["another"] != "404" || !strings.HasPrefix(said["conditions"], "200 with") || said["encounter"] != "none" {
		t.Errorf("standing alone the app sees %v", said)
	}
	if text := p.open("/me/apps"); strings.Count(text, "Chart app") < 2 {
		t.Errorf("the person does not see what apps may do: %.400s", text)
	}
	p.signOut()
	p.signIn("admin.shah", demoPassword)
	if text := p.open("/admin/apps"); !strings.Contains(text, app.client) {
		t.Errorf("the administrator does not see the app: %.400s", text)
	}
}

// somebodyElse is the id of another person than the one of a number.
func (s *server) somebodyElse(number string) string {
	s.t.Helper()
	var found struct {
		Entry []struct {
			Resource struct {
				ID         string
				Identifier []struct{ Value string }
			}
		}
	}
	s.get(s.token(), "Patient?_count=20", &found)
	for _, e := range found.Entry {
		other := e.Resource.ID != ""
		for _, id := range e.Resource.Identifier {
			other = other && id.Value != number
		}
		if other {
			return e.Resource.ID
		}
	}
	s.t.Fatal("there is nobody else")
	return ""
}
