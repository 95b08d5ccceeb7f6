package webui

import (
	"net/http"
	"net/url"

	"concord/fault"
	"concord/record/access"
)

// router remembers the patterns of its routes, so that a test can ask for each.
type router struct {
	*http.ServeMux
	patterns []string
}

func (m *router) Handle(pattern string, h http.Handler) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.Handle(pattern, h)
}

func (m *router) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(h))
}

// handler lists every route on one screen.
func (s *Site) handler() http.Handler {
	mux := &router{ServeMux: http.NewServeMux()}
	get := func(pattern string, page func(*visit) (*answer, error)) {
		mux.Handle("GET "+pattern, s.signedIn(page))
	}
	post := func(pattern string, page func(*visit) (*answer, error)) {
		mux.Handle("POST "+pattern, s.signedIn(page))
	}

	get("/{$}", s.home)
	get("/find", s.find)
	get("/find/suggest", s.suggest)
	get("/find/particulars", s.particulars)
	get("/help", s.help)
	post("/help/keys", s.setKeys)

	get("/p/{id}/{$}", s.summary)
	get("/p/{id}/timeline", s.timeline)
	get("/p/{id}/obs", s.observations)
	get("/p/{id}/results", s.results)
	get("/p/{id}/results/{test}", s.trend)
	get("/p/{id}/medicines", s.medicines)
	get("/p/{id}/allergies", s.allergies)
	get("/p/{id}/problems", s.problems)
	get("/p/{id}/documents", s.documents)
	get("/p/{id}/documents/{doc}", s.document)
	get("/p/{id}/documents/{doc}/{n}", s.attachment)
	get("/p/{id}/encounters", s.encounters)
	get("/p/{id}/encounters/{enc}", s.encounter)
	get("/p/{id}/appointments", s.appointments)
	get("/p/{id}/demographics", s.demographics)
	get("/p/{id}/item/{type}/{item}", s.origin)
	get("/p/{id}", s.slash)
	s.accessRoutes(get, post)
	s.joiningRoutes(mux, get, post)
	s.appRoutes(get, post)
	s.harmonyRoutes(get, post)

	s.feedRoutes(get, post)
	get("/mpi/review", s.review)
	post("/mpi/review", s.ruleIdentity)
	get("/mpi/compare", s.compare)
	get("/mpi/alarms", s.alarms)
	post("/mpi/alarms", s.settleAlarm)
	get("/mpi/numbers", s.numbers)
	get("/mpi/moves", s.moves)
	post("/mpi/moves", s.undoMove)
	get("/mpi/{id}", s.identity)
	get("/mpi/{id}/filed", s.filed)
	post("/mpi/{id}/filed", s.moveFiled)
	post("/mpi/{id}/trace", s.trace)
	post("/mpi/{id}/search", s.traceBySearch)

	get("/audit", s.auditLog)
	get("/audit/export", s.auditExport)
	get("/audit/{entry}", s.auditEntry)
	get("/audit/{entry}/proof", s.auditProof)
	get("/me/looked", s.looked)

	get("/admin/accounts", s.accounts)
	post("/admin/accounts", s.createAccount)
	get("/admin/accounts/{name}", s.person)
	post("/admin/accounts/{name}", s.changeAccount)
	post("/admin/accounts/{name}/profiles", s.grant)
	post("/admin/accounts/{name}/profiles/{key}", s.endProfile)
	get("/admin/find", s.findPerson)
	get("/admin/workgroups", s.workgroups)
	post("/admin/workgroups", s.addWorkgroup)
	post("/admin/second-factor", s.setSecond)

	for pattern, page := range map[string]func(*visit) (*answer, error){
		"GET /me/security": s.security, "GET /me/sessions": s.sessions, "POST /me/sessions": s.endSessions,
		"GET /me/role": s.role, "POST /me/role": s.act, "GET /me/awake": s.awake,
		"POST /me/security/passkey/ask": s.askNewPasskey,
	} {
		mux.Handle(pattern, s.ofOneself(page))
	}
	for pattern, page := range map[string]func(*visit) (*answer, error){
		"POST /me/security": s.changeSecurity, "GET /me/security/app": s.addApp, "POST /me/security/app": s.finishApp,
		"POST /me/security/passkey": s.addPasskey,
	} {
		mux.Handle(pattern, s.proved(page))
	}
	s.doors(mux)

	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, nil, fault.New(fault.NotFound, "webui.route", "no such page"))
	})

	s.routes, s.patterns = mux, mux.patterns
	root := http.NewServeMux()
	root.Handle("GET /static/", s.assets)
	var origins []string
	if s.Outside != nil {
		origins = s.Outside.Origins()
	}
	root.Handle("/", secured(s.Guard(mux, s.foreign()), policy(origins)))
	return root
}

// feedRoutes are what comes in and goes out.
func (s *Site) feedRoutes(get, post func(pattern string, page func(*visit) (*answer, error))) {
	get("/feeds", s.feeds)
	get("/feeds/{feed}", s.feed)
	get("/feeds/systems", s.systems)
	post("/feeds/steer", s.steer)
	post("/feeds/resend", s.resend)
	post("/feeds/messages/{seq}/aside", s.setAside)
	post("/feeds/messages/{seq}/correct", s.correct)
	get("/feeds/messages/{seq}", s.message)
	post("/feeds/messages/{seq}", s.openMessage)
	post("/feeds/replay", s.replay)
	post("/feeds/close", s.closeMessage)
}

// doors are the ways in and out, and the lock.
func (s *Site) doors(mux *router) {
	mux.HandleFunc("POST /lock", s.lock)
	mux.HandleFunc("GET /unlock", s.unlockPage)
	mux.HandleFunc("POST /unlock", s.unlock)
	mux.HandleFunc("POST /unlock/ask", s.askUnlock)

	mux.HandleFunc("POST /resume", s.goOn)

	mux.HandleFunc("GET /sign-in", s.signInPage)
	mux.HandleFunc("GET /sign-in/with/{provider}", s.goOutside)
	mux.HandleFunc("GET /sign-in/back", s.backFromOutside)
	mux.HandleFunc("POST /sign-in/back-channel/{provider}", s.backChannel)
	mux.HandleFunc("GET /sign-in/second", s.secondPage)
	mux.HandleFunc("POST /sign-in/second", s.second)
	mux.HandleFunc("POST /sign-in/passkey/ask", s.askPasskey)
	mux.HandleFunc("POST /sign-in/passkey", s.passkey)
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("GET /set-up", s.setUpPage)
	mux.HandleFunc("POST /set-up", s.setUp)
}

// accessRoutes are those by which a record is opened, and explained.
func (s *Site) accessRoutes(get, post func(string, func(*visit) (*answer, error))) {
	get("/p/{id}/access", s.accessTo)
	post("/p/{id}/access/claim", s.claim)
	post("/p/{id}/access/glass", s.breakGlass)
	post("/p/{id}/access/close", s.closeGlass)
	get("/privacy", s.cases)
	get("/privacy/explain", s.explained)
	get("/privacy/marks", s.markFor)
	get("/p/{id}/marks", s.marks)
	get("/p/{id}/marks/{type}/{item}", s.markItem)
	post("/p/{id}/marks", s.mark)
	get("/privacy/cases/{case}", s.oneCase)
	post("/privacy/cases/{case}", s.settleCase)
}

// foreign answers a request that another site made in a browser's name.
func (s *Site) foreign() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, nil, fault.New(fault.Denied, "webui.cross-origin", "the request came from another site"))
	})
}

// slash puts the slash behind a record's address.
func (s *Site) slash(v *visit) (*answer, error) {
	to := "/p/" + url.PathEscape(v.PathValue("id")) + "/"
	if v.URL.RawQuery != "" {
		to += "?" + v.URL.RawQuery
	}
	return redirect(to)
}

// home is the page that each role begins with.
func (s *Site) home(v *visit) (*answer, error) {
	switch v.session.Account.Role {
	case access.Engineer:
		return redirect("/feeds")
	case access.Steward:
		return redirect("/mpi/review")
	case access.Administrator:
		return redirect("/admin/accounts")
	case access.Privacy:
		return redirect("/privacy")
	case access.Commissioner:
		return redirect("/onboard")
	case access.Patient:
		return redirect("/me/looked")
	}
	return s.findHome(v)
}
