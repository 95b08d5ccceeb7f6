package webui_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"concord/edge/login"
	"concord/edge/smart"
	"concord/edge/transport"
	"concord/edge/webui"
	"concord/exchange/onboard/course"
	"concord/exchange/onboard/pack"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/record/grant"
	"concord/standard/fhir"
	"concord/standard/uk"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

// stage is the pages over a real Desk and a real store.
type stage struct {
	t        testing.TB
	ctx      context.Context
	desk     *record.Desk
	accounts *account.Register
	grants   *grant.Registry
	now      time.Time
	zone     *time.Location
	server   *httptest.Server
	engine   *frail
	joining  *course.Office
	stages   string // of organisations that join
	door     *login.Door
	harmony  harmonyOf
	options  webui.Options
	alone    bool              // the registrar has to do with nobody
	people   map[string]string // id of the person by the name that the story gives
	packs    []pack.Kept
}

// frail is the Desk's engine, whose writes a test can make fail.
type frail struct {
	store.Engine
	down atomic.Bool
}

func (f *frail) Update(ctx context.Context, do func(store.Tx) error) error {
	if f.down.Load() {
		return fault.New(fault.Busy, "store.full", "the disk is full")
	}
	return f.Engine.Update(ctx, do)
}

// today is the day on which the story is read.
var today = time.Date(2026, 11, 22, 9, 5, 0, 0, time.UTC)

const (
	password   = "correct horse battery"
	publicRate = 4
)

func newStage(t testing.TB, options ...account.Option) *stage {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, ctx: context.Background(), now: time.Date(2024, 1, 1, 9, 0, 0, 0, time.UTC), zone: zone,
		people: map[string]string{}}
	clock := func() time.Time { return s.now }
	engine, err := sqlite.Open(s.ctx, t.TempDir(), sqlite.Options{Now: clock})
	s.must(err)
	t.Cleanup(func() { engine.Close() })
	s.engine = &frail{Engine: engine}
	codec, err := dictionary.Codec()
	s.must(err)
	s.desk, err = record.Open(s.ctx, record.Options{Engine: s.engine, Codec: codec,
		Secret: []byte("0123456789abcdef0123456789abcdef"), Now: clock})
	s.must(err)
	s.accounts = account.New(engine, clock, append(options, account.Sealed([]byte("0123456789abcdef0123456789abcdef")))...)
	s.server = httptest.NewUnstartedServer(nil)
	s.door = login.New(s.accounts, false).At("http://" + s.server.Listener.Addr().String())
	s.grants = grant.New(s.engine, s.accounts, clock)
	apps := smart.New(smart.Options{Grants: s.grants, Accounts: s.accounts, BaseURL: "https://concord.example", Now: clock, Check: s.desk.CheckScope})
	s.harmony = harmonyOf{t.TempDir(), clock}
	s.options = webui.Options{PublicPace: transport.NewPace(publicRate, clock), Harmony: s.harmony, Apps: apps, Grants: s.grants, Desk: s.desk, Accounts: s.accounts, Door: s.door, Witnesses: s.desk.Witnesses, BaseURL: "https://concord.example", Guard: login.Guard,
		Orgs: orgs(), Now: clock, Zone: zone, Parse: parsed, Joining: s.joinings(), Packs: func() []pack.Kept { return s.packs }}
	handler, err := webui.New(s.options)
	s.must(err)
	s.server.Config.Handler = handler
	s.server.Start()
	t.Cleanup(s.server.Close)
	office := s.office()
	for _, a := range []account.Application{
		{Name: "registrar", Display: "Dr Maya Sharma", Role: access.Clinician, Org: "RQM", Site: "RQM01"},
		{Name: "reception", Display: "Joan Price", Role: access.Receptionist, Org: "R1K", Site: "R1K01"},
		{Name: "engineer", Display: "Tomasz Nowak", Role: access.Engineer, Org: "RYJ"},
		{Name: "steward", Display: "Grace Obi", Role: access.Steward, Org: "RAS"},
		{Name: "admin", Display: "Helen Carter", Role: access.Administrator},
		{Name: "privacy", Display: "Ifeoma Bello", Role: access.Privacy},
	} {
		a.Password = password
		_, err := office.Create(s.ctx, a)
		s.must(err)
	}
	return s
}

// office is the accounts in the hands of who runs the server.
func (s *stage) office() *account.Office {
	return s.accounts.Office(s.desk.For(access.Requester{ID: "cli", Role: access.Operator}, access.Reason{Purpose: access.Administration}))
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func orgs() []webui.Org {
	tints := map[string][2]string{"RYJ": {"#ccdff1", "#004281"}, "R1K": {"#d6cce3", "#240050"},
		"RAS": {"#ccedeb", "#00524d"}, "RQM": {"#efd3e3", "#57133a"}}
	var out []webui.Org
	for _, t := range uk.Trusts() {
		o := webui.Org{Code: t.Code, Name: t.Name, Short: t.Short, Tint: tints[t.Code][0], Ink: tints[t.Code][1]}
		for _, site := range t.Sites {
			o.Sites = append(o.Sites, webui.Place{Code: site.Code, Name: site.Name})
		}
		out = append(out, o)
	}
	return out
}

func parsed(raw []byte) ([]webui.Parsed, error) {
	return []webui.Parsed{{Path: "MSH-9", Name: "Message type", Value: "ADT^A01"}}, nil
}

// client is a trust's own system.
func (s *stage) client(org string) *record.Errand {
	scopes, err := access.ParseScopes("system/*.cruds")
	s.must(err)
	return s.desk.For(access.Requester{ID: "pas-" + org, Role: access.System, Org: org, Scopes: scopes},
		access.Reason{Purpose: access.DirectCare})
}

// write files resources of one trust as one message.
func (s *stage) write(org, message string, resources ...string) []record.Result {
	s.t.Helper()
	var ops []record.Op
	for _, text := range resources {
		v, err := fhir.ParseObject([]byte(text))
		if err != nil {
			s.t.Fatalf("%v in %s", err, text)
		}
		ops = append(ops, record.Op{Kind: record.Create, Type: v.Type(), Resource: v, FullURL: "urn:uuid:" + v.ID()})
	}
	for n := range ops {
		ops[n].Resource = ops[n].Resource.Without("id")
	}
	src := &record.Source{System: "urn:concord:feed:" + org + ":pas", Message: message, What: "ORU^R01", At: s.now}
	res, err := s.client(org).Transact(s.ctx, ops, record.Commit{Source: src})
	s.must(err)
	for _, r := range res {
		if r.Type == "Patient" && !s.alone {
			s.attend(r.ID)
		}
	}
	return res
}

// attend makes the registrar one who has to do with a patient: with a claim.
func (s *stage) attend(patient string) {
	s.t.Helper()
	registrar := s.desk.For(access.Requester{ID: "registrar", Role: access.Clinician, Org: "RQM"}, access.Reason{Purpose: access.DirectCare})
	_, err := registrar.Claim(s.ctx, patient, "seen on the ward round")
	s.must(err)
}

// browser is somebody at the pages.
type browser struct {
	s      *stage
	client *http.Client
}

// as signs somebody in.
func (s *stage) as(name string) *browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	s.must(err)
	b := &browser{s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	switch name {
	case "":
		return b
	case "patient":
		return b.arrive("9990000018")
	}
	r := b.post("/sign-in", "name", name, "password", password)
	if r.status != http.StatusSeeOther || r.to != "/" {
		s.t.Fatalf("%s is not signed in: %d %s", name, r.status, r.to)
	}
	return b
}

// arrive signs in a patient for whom an identity provider vouches.
func (b *browser) arrive(number string) *browser {
	b.s.t.Helper()
	note := func(context.Context, *account.Account, error) error { return nil }
	r := httptest.NewRequest(http.MethodGet, "/sign-in/back", nil)
	step, err := b.s.accounts.Arrive(b.s.ctx, account.Outside{Provider: "nhs", Issuer: "https://nhs.example", Subject: number, Display: "Adaeze Okonkwo",
		Level: 2, NHSNumber: number}, b.s.door.Attempt(r, note))
	b.s.must(err)
	w := httptest.NewRecorder()
	b.s.must(b.s.door.Admit(w, r, step))
	u, err := url.Parse(b.s.server.URL)
	b.s.must(err)
	b.client.Jar.SetCookies(u, w.Result().Cookies())
	return b
}

// reply is what came back.
type reply struct {
	status int
	to     string
	body   string
	header http.Header
}

func (b *browser) get(path string) reply {
	b.s.t.Helper()
	r, err := b.client.Get(b.s.server.URL + path)
	return b.read(r, err)
}

func (b *browser) post(path string, pairs ...string) reply {
	b.s.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := b.client.PostForm(b.s.server.URL+path, form)
	return b.read(r, err)
}

func (b *browser) read(r *http.Response, err error) reply {
	b.s.t.Helper()
	b.s.must(err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	b.s.must(err)
	return reply{r.StatusCode, r.Header.Get("Location"), string(body), r.Header}
}

// has demands words on a page.
func (r reply) has(t testing.TB, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(r.body, w) {
			t.Errorf("%q is not on the page", w)
		}
	}
}

func (r reply) lacks(t testing.TB, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(r.body, w) {
			t.Errorf("%q is on the page", w)
		}
	}
}
