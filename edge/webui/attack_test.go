package webui_test

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"concord/demo/extract"
	"concord/edge/webui"
	"concord/record"
	"concord/record/account"
)

// withoutBrowser are the routes that other servers call, not browsers: they carry
// proof of their own, and no cookie counts there.
var withoutBrowser = []string{"POST /sign-in/back-channel/{provider}"}

// TestNoFormFromElsewhere: every route of the pages that is not a GET refuses what
// another site's page makes a browser send, also a route that is added tomorrow.
func TestNoFormFromElsewhere(t *testing.T) {
	s := newStage(t)
	patterns, _, err := webui.PatternsOf(s.options)
	s.must(err)
	b, forms := s.as("admin"), 0
	for _, p := range patterns {
		method, path, ok := strings.Cut(p, " ")
		if !ok || method == http.MethodGet || slices.Contains(withoutBrowser, p) {
			continue
		}
		forms++
		path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, "x")
		for _, from := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}} {
			req, err := http.NewRequest(method, s.server.URL+path, strings.NewReader("do=all"))
			s.must(err)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for name, value := range from {
				req.Header.Set(name, value)
			}
			resp, err := b.client.Do(req)
			if got := b.read(resp, err); got.status != http.StatusForbidden || got.header.Get("Set-Cookie") != "" {
				t.Errorf("%s with %v: %d", p, from, got.status)
			}
		}
	}
	if forms < 50 {
		t.Errorf("only %d forms were tried", forms)
	}
	if r := b.get("/admin/accounts"); r.status != http.StatusOK {
		t.Errorf("afterwards: %d", r.status)
	}
}

// hostile is what an attacker writes into every field: it would end an attribute
// or an element, and begin one of its own, or another header.
const hostile = `"'><xss-canary x=1 onx=y>&lt;/title&gt;${7*7}{{7*7}}` + "\r\nX-Canary: 1"

// line is hostile on one line, for fields that take no more.
var line = strings.ReplaceAll(hostile, "\r\n", " ")

// attacked is a stage in which every text that somebody can bring in is hostile.
func attacked(t *testing.T) *stage {
	s := newStage(t)
	s.tell()
	s.joiners()
	s.now = today
	js := func(text string) string {
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", `\r`, "\n", `\n`).Replace(text)
	}
	x, one := js(hostile), js(line)
	p := "Patient/" + s.write("R1K", "REG-X", `{"resourceType":"Patient","identifier":[{"system":"urn:concord:R1K:hospital-number","value":"`+one+`"},{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000085"}],`+
		`"name":[{"use":"official","family":"Attackson","given":["`+one+`"],"prefix":["`+one+`"],"suffix":["`+one+`"]}],"gender":"female","birthDate":"1948-03-14","address":[{"line":["`+x+`"],"city":"`+x+`","postalCode":"`+one+`"}],`+
		`"telecom":[{"system":"phone","value":"`+one+`"}],"contact":[{"name":{"text":"`+x+`"},"relationship":[{"text":"`+x+`"}]}],"generalPractitioner":[{"display":"`+x+`"}],"maritalStatus":{"text":"`+x+`"},"communication":[{"language":{"text":"`+x+`"}}]}`)[0].ID
	concept := `{"coding":[{"system":"http://example.org/x","code":"x","display":"` + x + `"}],"text":"` + x + `"}`
	when := at(today.AddDate(0, 0, -1))
	s.write("R1K", "ALL-X",
		`{"resourceType":"AllergyIntolerance","clinicalStatus":{"coding":[{"code":"active"}]},"code":`+concept+`,"patient":{"reference":"`+p+`"},"recorder":{"display":"`+x+`"},"note":[{"text":"`+x+`"}],"reaction":[{"manifestation":[`+concept+`],"description":"`+x+`"}]}`,
		`{"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},"code":`+concept+`,"subject":{"reference":"`+p+`"},"recorder":{"display":"`+x+`"},"note":[{"text":"`+x+`"}]}`,
		`{"resourceType":"Flag","status":"active","code":`+concept+`,"subject":{"reference":"`+p+`"},"author":{"display":"`+x+`"}}`,
		`{"resourceType":"MedicationRequest","status":"active","intent":"order","medicationCodeableConcept":`+concept+`,"subject":{"reference":"`+p+`"},"requester":{"display":"`+x+`"},"dosageInstruction":[{"text":"`+x+`","route":`+concept+`}],"note":[{"text":"`+x+`"}]}`,
		`{"resourceType":"Encounter","status":"in-progress","class":{"code":"IMP"},"type":[`+concept+`],"serviceType":`+concept+`,"subject":{"reference":"`+p+`"},"period":{"start":"`+when+`"},"reasonCode":[`+concept+`],"participant":[{"individual":{"display":"`+x+`"}}],"location":[{"location":{"display":"`+x+`"}}]}`,
		`{"resourceType":"Appointment","status":"booked","description":"`+x+`","serviceType":[`+concept+`],"start":"2026-12-01T10:00:00Z","participant":[{"actor":{"reference":"`+p+`"},"status":"accepted"},{"actor":{"display":"`+x+`","type":"Location"},"status":"accepted"}]}`,
		`{"resourceType":"Observation","status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":`+concept+`,"subject":{"reference":"`+p+`"},"effectiveDateTime":"`+when+`","performer":[{"display":"`+x+`"}],"valueString":"`+x+`","interpretation":[`+concept+`],"note":[{"text":"`+x+`"}]}`,
		`{"resourceType":"Observation","status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":`+concept+`,"subject":{"reference":"`+p+`"},"effectiveDateTime":"`+when+`","valueQuantity":{"value":3,"unit":"`+one+`"},"referenceRange":[{"text":"`+x+`"}]}`,
		`{"resourceType":"DiagnosticReport","status":"final","code":`+concept+`,"subject":{"reference":"`+p+`"},"effectiveDateTime":"`+when+`","conclusion":"`+x+`","resultsInterpreter":[{"display":"`+x+`"}]}`,
		strings.Replace(letter(p, "TITLE", "KIND", hostile, today), `"description":"TITLE"`, `"description":"`+x+`"`, 1),
		`{"resourceType":"DocumentReference","status":"current","type":`+concept+`,"description":"`+x+`","subject":{"reference":"`+p+`"},"date":"`+when+`","author":[{"display":"`+x+`"}],"content":[{"attachment":{"title":"`+x+`","contentType":"text/html","data":"PHhzcy1jYW5hcnk+"}}]}`)
	s.people["hostile"] = s.personOf("9990000085")
	_, err := s.clinician().Claim(s.ctx, s.people["hostile"], line)
	s.must(err)
	_, err = s.clinician().BreakGlass(s.ctx, s.people["hostile"], "vital-interests", marked("glass-why"))
	s.must(err)
	s.must(s.office().AddWorkgroup(s.ctx, account.Workgroup{Org: "RQM", Code: "HOSTILE", Name: line}))
	feed := s.desk.For(s.client("RYJ").Who(), reasonOf())
	m := &record.Message{Org: "RYJ", Feed: "RYJ-pas", Control: line, Trigger: line, Digest: 77, Raw: []byte("MSH|^~\\&|" + hostile + "\rPID|1||" + hostile)}
	s.must(feed.Receive(s.ctx, []*record.Message{m}))
	m.State, m.Code, m.Place, m.Text = record.Parked, "intake.pid", line, line
	m.Detail = []byte(`{"warnings":["` + one + `"],"unmapped":["` + one + `"]}`)
	s.must(feed.Settle(s.ctx, m))
	s.arrives(40, extract.Usual())
	s.hostileMarks()
	s.hostilePacks()
	s.hostileJoining()
	return s
}

// starts are an address of each page that the crawl cannot find by itself, and who
// opens it: links and forms lead on from there.
func (s *stage) starts() map[string][]string {
	p := "/p/" + s.people["hostile"]
	return map[string][]string{
		"":          {"/sign-in", "/set-up", "/onboard/R1K/timeline", "/sign-in/second", "/sign-in/with/x", "/sign-in/back?error=x"},
		"registrar": {"/", "/find?q=attackson", "/find/suggest?q=attackson", "/find/particulars?family=Attackson&born=1948-03-14", p + "/", p, p + "/access", "/unlock", "/me/awake", "/smart/authorize?x=1", "/smart/consent/x", "/me/role", p + "/marks/Flag/x", p + "/documents/x/0", "/help"},
		"reception": {"/find?q=attackson", p + "/demographics"},
		"engineer":  {"/feeds", "/feeds/RYJ-pas?state=dead", "/feeds/messages/3"},
		"steward":   {"/mpi/review", "/mpi/alarms", "/mpi/numbers", "/mpi/moves", "/mpi/compare", "/mpi/" + s.people["hostile"], "/mpi/" + s.people["adaeze"]},
		"admin":     {"/admin/find?name=registrar", "/admin/accounts", "/admin/workgroups", "/admin/apps"},
		"privacy":   {"/privacy", "/audit", "/audit/export", "/audit/0/proof", p + "/marks", "/privacy/marks", "/privacy/explain"},
		"patient":   {"/me/looked", "/me/security"},
		"lead":      {"/onboard", "/onboard/R1K", "/onboard/R1K/work", "/onboard/R1K/register", "/onboard/RAS/build", "/onboard/RAS/matches", "/onboard/RAS/build/variances", "/onboard/RAS/build/code?system=x&code=y"},
	}
}

var (
	aLink  = regexp.MustCompile(`(?:href|src)="([^"]+)"`)
	aForm  = regexp.MustCompile(`(?s)<form\b([^>]*)>(.*?)</form>`)
	aField = regexp.MustCompile(`<(input|select|textarea|button)\b([^>]*)>`)
	attr   = regexp.MustCompile(`\b(name|value|type|action|method)="([^"]*)"`)
	opened = regexp.MustCompile(`(?i)<xss-canary|\sonx=y>`)
)

func attrs(text string) map[string]string {
	out := map[string]string{}
	for _, m := range attr.FindAllStringSubmatch(text, -1) {
		out[m[1]] = html.UnescapeString(m[2])
	}
	return out
}

// crawl goes from page to page as one role: it follows every link, and sends every
// form with hostile text in each field that a person fills.
type crawl struct {
	s       *stage
	role    string
	b       *browser
	of      func(*http.Request) string
	seen    map[string]int // requests by route
	done    map[string]bool
	hostile int            // pages on which the text stands, escaped
	fields  map[string]int // those pages by the field that was written
}

// mostOfRoute bounds the requests to one route by one role.
const mostOfRoute = 12

// ends tells what would lock or end the crawl's own session.
func ends(method, path string) bool {
	return path == "/sign-out" || path == "/lock" || method == http.MethodPost && (strings.HasPrefix(path, "/sign-in") || strings.HasPrefix(path, "/unlock") || path == "/me/sessions")
}

func (c *crawl) page(method, to string, form url.Values) {
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || strings.HasPrefix(u.Path, "/static/") || u.Path == "" {
		return
	}
	req, err := http.NewRequest(method, c.s.server.URL+u.RequestURI(), strings.NewReader(form.Encode()))
	if err != nil {
		return
	}
	route := c.of(req)
	key := method + u.RequestURI() + form.Encode()
	if c.done[key] || c.seen[route] >= mostOfRoute || c.role != "" && ends(method, u.Path) {
		return
	}
	c.done[key] = true
	c.seen[route]++
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.b.client.Do(req)
	got := c.b.read(res, err)
	c.check(method+" "+u.RequestURI(), got)
	if got.to != "" {
		c.page(http.MethodGet, got.to, nil)
	}
	for _, m := range aLink.FindAllStringSubmatch(got.body, -1) {
		c.page(http.MethodGet, html.UnescapeString(m[1]), nil)
	}
	for _, m := range aForm.FindAllStringSubmatch(got.body, -1) {
		c.send(u.Path, m[1], m[2])
	}
}

// send fills a form: hidden fields and choices as they are, the rest with hostile
// text; and once more with hostile text everywhere.
func (c *crawl) send(at, head, body string) {
	a := attrs(head)
	method, to := strings.ToUpper(a["method"]), a["action"]
	if to == "" {
		to = at
	}
	for _, everywhere := range []bool{false, true} {
		form := url.Values{}
		for _, m := range aField.FindAllStringSubmatch(body, -1) {
			f := attrs(m[2])
			if f["name"] == "" {
				continue
			}
			value := line
			if fixed := f["type"] == "hidden" || f["type"] == "checkbox" || f["type"] == "radio" || m[1] == "button"; fixed && !everywhere {
				value = f["value"]
			}
			form.Set(f["name"], value)
		}
		if method == http.MethodPost {
			c.page(method, to, form)
		} else {
			c.page(http.MethodGet, to+"?"+form.Encode(), nil)
		}
	}
}

func (c *crawl) check(what string, got reply) {
	c.s.t.Helper()
	if got.status == http.StatusInternalServerError {
		c.s.t.Errorf("%s: %s fails", c.role, what)
	}
	if kind := got.header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") || kind == "" {
		if m := opened.FindStringIndex(got.body); m != nil {
			c.s.t.Errorf("%s: %s lets hostile text out: %q", c.role, what, got.body[max(0, m[0]-80):min(len(got.body), m[1]+40)])
		}
	} else if got.header.Get("X-Content-Type-Options") != "nosniff" {
		c.s.t.Errorf("%s: %s may be taken for HTML", c.role, what)
	}
	if strings.Contains(got.body, "xss-canary") {
		c.hostile++
	}
	for _, m := range seenField.FindAllStringSubmatch(got.body, -1) {
		c.fields[m[1]]++
	}
	for name, values := range got.header {
		if name == "X-Canary" || strings.ContainsAny(strings.Join(values, ""), "\r\n") {
			c.s.t.Errorf("%s: %s lets hostile text into the header %s", c.role, what, name)
		}
	}
}

// TestHostileText: whatever is written into a record, a message, a form or an
// address, no page lets it out as anything but text, and no header carries it. The
// crawl must come to every route.
func TestHostileText(t *testing.T) {
	if !opened.MatchString(`<p title="`+line+`">`) || opened.MatchString(html.EscapeString(line)) {
		t.Fatal("the crawl would not see it")
	}
	s := attacked(t)
	patterns, of, err := webui.PatternsOf(s.options)
	s.must(err)
	reached, pages, shown := map[string]bool{}, 0, 0
	fields := map[string]int{}
	starts := s.starts()
	starts["registrar"] = append(starts["registrar"], asks(s.hostileApp()))
	for role, starts := range starts {
		c := &crawl{s: s, role: role, b: s.as(role), of: of, seen: map[string]int{}, done: map[string]bool{}, fields: fields}
		for _, to := range starts {
			c.page(http.MethodGet, to, nil)
		}
		for route, n := range c.seen {
			reached[route] = true
			pages += n
		}
		shown += c.hostile
		if c.hostile == 0 && role != "admin" && role != "lead" {
			t.Logf("%s meets no hostile text", role)
		}
	}
	t.Logf("%d requests, hostile text on %d pages; by field %v", pages, shown, fields)
	for _, f := range mustBeSeen {
		if fields[f] == 0 {
			t.Errorf("what is written into %s is met on no page", f)
		}
	}
	names := url.Values{}
	for _, name := range fieldNames(t) {
		names.Set(name, line)
	}
	for _, p := range patterns {
		method, path, _ := strings.Cut(p, " ")
		switch {
		case reached[p] || slices.Contains(unreached, p):
		case method == http.MethodGet:
			t.Errorf("the crawl does not come to %s: add an address of it to starts", p)
		default: // the button that leads here is not there now: sent all the same
			path = strings.NewReplacer("{id}", s.people["hostile"], "{org}", "R1K").Replace(path)
			path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, url.PathEscape(line))
			for role := range s.starts() {
				c := &crawl{s: s, role: role, b: s.as(role), of: of, seen: map[string]int{}, done: map[string]bool{}, fields: fields}
				res, err := c.b.client.PostForm(s.server.URL+path, names)
				c.check(method+" "+path, c.b.read(res, err))
			}
		}
	}
	if shown < 40 {
		t.Errorf("hostile text stands on %d pages alone", shown)
	}
}

// unreached are the routes that the crawl leaves out, and why: they end the session,
// answer scripts or other servers, or need a second factor that it has not.
var unreached = []string{
	"POST /sign-out", "POST /lock", "POST /resume", "POST /sign-in/back-channel/{provider}", "/",
}

// fieldNames are the names of the fields of every form of the pages.
func fieldNames(t *testing.T) []string {
	files, err := filepath.Glob("*.templ")
	if err != nil || len(files) == 0 {
		t.Fatal("no templates", err)
	}
	var out []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`name="([a-z-]+)"|@(?:field|pickField)\("([a-z-]+)"`).FindAllStringSubmatch(string(text), -1) {
			out = append(out, m[1]+m[2])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// anyName are pages that take a name which may be anything, or that of an
// organisation that is not there yet.
var anyName = []string{"/feeds/{feed}", "/onboard/{org}/work", "/onboard/{org}/register"}

// TestPathsLeadNowhere: no part of an address leads to a file of the server, or to
// what another page guards.
func TestPathsLeadNowhere(t *testing.T) {
	s := newStage(t)
	s.joiners()
	patterns, _, err := webui.PatternsOf(s.options)
	s.must(err)
	browsers := map[string]*browser{}
	for role := range s.starts() {
		browsers[role] = s.as(role)
	}
	wild := regexp.MustCompile(`\{[a-z]+\}`)
	for _, p := range append(patterns, "GET /static/{x}") {
		method, path, _ := strings.Cut(p, " ")
		if !wild.MatchString(path) {
			continue
		}
		for _, part := range []string{"..%2f..%2f..%2f..%2fetc%2fpasswd", "%2e%2e", "..%5c..%5cconfig", "%2fetc%2fpasswd", "x%00", "....%2f%2f"} {
			for role, b := range browsers {
				req, err := http.NewRequest(method, s.server.URL+wild.ReplaceAllString(path, part), strings.NewReader(""))
				s.must(err)
				res, err := b.client.Do(req)
				got := b.read(res, err)
				if got.status >= 500 && got.status != http.StatusNotImplemented || strings.Contains(got.body, "root:") {
					t.Errorf("%s: %s with %s: %d", role, p, part, got.status)
				}
				if method == http.MethodGet && got.status == http.StatusOK && !slices.Contains(anyName, path) {
					t.Errorf("%s: %s with %s is a page", role, p, part)
				}
			}
		}
	}
}
