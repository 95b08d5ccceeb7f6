package webui_test

import (
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"testing"
)

// route is one page as one role sees it.
type route struct{ role, path string }

// stories are every page with the story's data; axe, reflow and weight are
// checked on all of them.
func (s *stage) stories() []route {
	ada, doc, stay, item := "/p/"+s.people["adaeze"], s.first("documents/DocumentReference~"), s.first("encounters/"), s.first("item/")
	all := []route{
		{"", "/sign-in"}, {"registrar", "/"}, {"registrar", "/find?q=okonkwo"}, {"registrar", "/find?q=nobody+1999"},
		{"registrar", "/find/particulars"}, {"registrar", "/find/particulars?family=okonkwo&born=1948-03-14"},
		{"registrar", "/find/particulars?family=nobody&given=ann&born=1948-03-14"},
		{"registrar", "/find/suggest?q=okonkwo"}, {"registrar", "/help"}, {"registrar", "/nowhere"},
		{"reception", "/find?q=okonkwo"}, {"reception", ada + "/demographics"}, {"reception", ada + "/results"},
		{"engineer", "/feeds"}, {"engineer", "/feeds/RYJ-pas"}, {"engineer", "/feeds/RYJ-pas?state=dead"}, {"engineer", "/feeds/messages/1"},
		{"steward", "/mpi/review"}, {"steward", "/mpi/alarms"}, {"steward", "/mpi/compare"}, {"steward", "/mpi/numbers"}, {"admin", "/admin/accounts"}, {"admin", "/admin/accounts/registrar"}, {"admin", "/admin/workgroups"},
		{"registrar", "/me/security"}, {"registrar", "/me/security/app"}, {"registrar", "/me/sessions"}, {"registrar", "/me/role"},
		{"registrar", "/me/apps"}, {"admin", "/admin/apps"}, {"registrar", ada + "/apps"},
		{"patient", "/me/looked"}, {"patient", "/me/looked?since=2026-11-01"}, {"patient", "/me/security"},
		{"privacy", "/audit"}, {"privacy", "/audit?patient=9990000018"}, {"privacy", "/audit?who=nobody"}, {"privacy", "/audit/0"}, {"privacy", "/find?q=okonkwo"},
		{"privacy", "/privacy/marks"}, {"privacy", ada + "/marks"}, {"privacy", "/privacy"}, {"privacy", "/privacy/explain"},
	}
	for _, p := range []string{"", "timeline", "timeline?span=all", "obs", "results", "results/code:tt-0003-01", "medicines", "allergies",
		"problems", "documents", doc, "encounters", stay, "appointments", "demographics", "demographics?past=on", item, "?asat=2026-11-19"} {
		all = append(all, route{"registrar", ada + "/" + p})
	}
	for _, who := range []string{"empty", "dead", "child", "long"} {
		all = append(all, route{"registrar", "/p/" + s.people[who] + "/"}, route{"registrar", "/p/" + s.people[who] + "/obs"})
	}
	return all
}

// first finds the first address of a kind among the pages of the story.
func (s *stage) first(part string) string {
	s.t.Helper()
	home := "/p/" + s.people["adaeze"] + "/"
	b := s.as("registrar")
	for _, page := range []string{"", "documents", "encounters"} {
		body := b.get(home + page).body
		if n := strings.Index(body, home+part); n >= 0 {
			rest := body[n+len(home):]
			return rest[:strings.IndexAny(rest, `"?`)]
		}
	}
	s.t.Fatalf("no address of the kind %s", part)
	return ""
}

func TestStories(t *testing.T) {
	s := newStage(t)
	s.tell()
	browsers := map[string]*browser{}
	for _, r := range s.stories() {
		if browsers[r.role] == nil {
			browsers[r.role] = s.as(r.role)
		}
		got := browsers[r.role].get(r.path)
		want := http.StatusOK
		switch r.path {
		case "/nowhere":
			want = http.StatusNotFound
		case "/p/" + s.people["adaeze"] + "/results":
			if r.role == "reception" {
				want = http.StatusForbidden
			}
		}
		if got.status != want {
			t.Errorf("%s %s: %d\n%.400s", r.role, r.path, got.status, got.body)
		}
	}
	if addr := os.Getenv("CONCORD_STORIES"); addr != "" {
		s.serve(addr)
	}
}

// serve shows the stories to a person at a browser: make stories.
func (s *stage) serve(addr string) {
	l, err := net.Listen("tcp", addr)
	s.must(err)
	go http.Serve(l, s.server.Config.Handler)
	for _, r := range s.stories() {
		s.t.Logf("%-10s http://%s%s", r.role, addr, r.path)
	}
	s.t.Logf("password of everybody: %s", password)
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
}
