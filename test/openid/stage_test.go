package openid

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"concord/edge/login"
	"concord/edge/webui"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/standard/uk"
	"concord/store/dictionary"
	"concord/store/sqlite"
	"concord/test/npm"
)

const clientSecret = "a secret of thirty-two bytes or so"

// stage is the pages, with a provider beside them.
type stage struct {
	t        *testing.T
	ctx      context.Context
	accounts *account.Register
	desk     *record.Desk
	relying  *login.Relying
	base     string // of the pages
	issuer   string // of the provider, which is the proxy
	key      *rsa.PrivateKey

	mu    sync.Mutex
	forge func(path string, body map[string]any) // changes an answer of the provider
}

// person is what the provider says of somebody.
type person map[string]any

func role(id, org, code string, groups ...string) map[string]any {
	return map[string]any{"person_roleid": id, "person_orgid": "555", "org_code": org, "role_code": "S8000:G8000:" + code,
		"activity_codes": []string{"B0380", "<b>"}, "workgroups_codes": groups}
}

// people are who can sign in at the provider, by subject.
func people() map[string]person {
	staff := func(name, uid, level string, roles ...map[string]any) person {
		return person{"name": name, "uid": uid, "nhsid_useruid": uid, "authentication_assurance_level": level, "nhsid_nrbac_roles": roles}
	}
	selected := staff("Dr Two Roles", "555000000002", "3", role("r1", "RYJ", "R8000"), role("r2", "RQM01", "R8009"))
	selected["selected_roleid"] = "r2"
	return map[string]person{
		"ada":      staff("Dr Ada Okafor", "555000000001", "3", role("r1", "RYJ", "R8000", "CARDIO"), role("r9", "ZZ9", "R8000")),
		"two":      selected,
		"both":     staff("Sister Both", "555000000003", "2", role("r1", "RYJ", "R8001"), role("r2", "RAS", "R8001")),
		"weak":     staff("Dr Weak", "555000000004", "1", role("r1", "RYJ", "R8000")),
		"root":     staff("Root Wanted", "555000000005", "3", role("r1", "RYJ", "R5080"), role("r2", "RYJ", "R8015")),
		"strange":  staff("Mr Strange", "555000000007", "3", role("r1", "RYJ", "R0050"), role("r2", "RYJ", "R9999"), role("r3", "RYJ", "<b>R1")),
		"half":     staff("Dr Half", "555000000008", "3", role("r1", "RYJ", "R8000"), role("r2", "RYJ", "R0050")),
		"nowhere":  staff("Dr Nowhere", "555000000006", "3", role("r1", "ZZ9", "R8000")),
		"patient":  {"name": "Mona Millar", "vot": "P9.Cp.Cd", "identity_proofing_level": "P9", "nhs_number": "9990000018"},
		"unproved": {"name": "No Proof", "vot": "P5.Cp.Cd", "identity_proofing_level": "P5", "nhs_number": "9990000018"},
		"claimed":  {"name": "Claims More", "vot": "P5.Cp.Cd", "identity_proofing_level": "P9", "nhs_number": "9990000018"},
		"onefold":  {"name": "One Factor", "vot": "P9.Cp", "identity_proofing_level": "P9", "nhs_number": "9990000018"},
		"typo":     {"name": "Bad Number", "vot": "P9.Cp.Cd", "identity_proofing_level": "P9", "nhs_number": "9990000019"},
	}
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func newStage(t *testing.T) *stage {
	t.Helper()
	packages := npm.Install(t)
	s := &stage{t: t, ctx: t.Context()}
	engine, err := sqlite.Open(s.ctx, t.TempDir(), sqlite.Options{Now: time.Now})
	s.must(err)
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	s.must(err)
	secret := []byte("0123456789abcdef0123456789abcdef")
	s.desk, err = record.Open(s.ctx, record.Options{Engine: engine, Codec: codec, Secret: secret, Now: time.Now})
	s.must(err)
	s.accounts = account.New(engine, time.Now, account.Sealed(secret))
	_, err = s.office().Create(s.ctx, account.Application{Name: "local", Display: "Local", Password: "correct horse battery",
		Role: access.Administrator, Org: access.Domain})
	s.must(err)
	pages := httptest.NewUnstartedServer(nil)
	s.base = "http://" + pages.Listener.Addr().String()
	patientKey, err := rsa.GenerateKey(rand.Reader, 2048)
	s.must(err)
	s.provide(packages, patientKey)
	door := login.New(s.accounts, false).At(s.base)
	s.relying, err = login.NewRelying(login.RelyingOptions{Accounts: s.accounts, Door: door, BaseURL: s.base, Now: time.Now, Place: place,
		Providers: []login.Provider{
			{Name: "cis2", Title: "NHS CIS2", Issuer: s.issuer, ClientID: "staff", Secret: clientSecret, Level: 2, Scopes: []string{"nationalrbacaccess"}},
			{Name: "nhs", Title: "NHS login", Issuer: s.issuer, ClientID: "patients", Key: patientKey, Patients: true},
		}})
	s.must(err)
	pages.Config.Handler, err = webui.New(webui.Options{Desk: s.desk, Accounts: s.accounts, Door: door, Guard: login.Guard,
		Outside: s.relying, Now: time.Now})
	s.must(err)
	pages.Start()
	t.Cleanup(pages.Close)
	return s
}

func (s *stage) office() *account.Office {
	return s.accounts.Office(s.desk.For(access.Requester{ID: "cli", Role: access.Operator}, access.Reason{Purpose: access.Administration}))
}

func place(code string) (org, site string, ok bool) {
	for _, t := range uk.Trusts() {
		if t.Code == code {
			return code, "", true
		}
		for _, x := range t.Sites {
			if x.Code == code {
				return t.Code, code, true
			}
		}
	}
	return "", "", false
}

// provide starts the provider and the proxy before it.
func (s *stage) provide(packages string, patient *rsa.PrivateKey) {
	s.t.Helper()
	var err error
	s.key, err = rsa.GenerateKey(rand.Reader, 2048)
	s.must(err)
	proxy := httptest.NewUnstartedServer(nil)
	s.issuer = "http://" + proxy.Listener.Addr().String()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	client := func(id, back string) map[string]any {
		return map[string]any{"client_id": id, "redirect_uris": []string{s.base + "/sign-in/back"}, "response_types": []string{"code"},
			"grant_types": []string{"authorization_code"}, "backchannel_logout_uri": s.base + "/sign-in/back-channel/" + back,
			"backchannel_logout_session_required": true, "post_logout_redirect_uris": []string{s.base + "/sign-in"}}
	}
	staff, patients := client("staff", "cis2"), client("patients", "nhs")
	staff["client_secret"] = clientSecret
	patients["token_endpoint_auth_method"], patients["token_endpoint_auth_signing_alg"] = "private_key_jwt", "RS512"
	patients["jwks"] = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: patient.Public(), KeyID: "p", Use: "sig", Algorithm: "RS512"}}}
	settings, err := json.Marshal(map[string]any{"issuer": s.issuer, "port": port, "clients": []any{staff, patients}, "people": people(),
		"jwks": jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key, KeyID: "k", Use: "sig", Algorithm: "RS256"}}}})
	s.must(err)
	s.node(packages, settings)
	back := &httputil.ReverseProxy{ModifyResponse: s.change, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: "127.0.0.1:" + strconv.Itoa(port)})
		r.Out.Host = r.In.Host
		r.SetXForwarded()
		r.Out.Header.Del("Accept-Encoding")
	}}
	proxy.Config.Handler = back
	proxy.Start()
	s.t.Cleanup(proxy.Close)
}

func (s *stage) node(packages string, settings []byte) {
	s.t.Helper()
	dir := s.t.TempDir()
	script, err := os.ReadFile("op.mjs")
	s.must(err)
	s.must(os.WriteFile(filepath.Join(dir, "op.mjs"), script, 0o644))
	s.must(os.Symlink(packages, filepath.Join(dir, "node_modules")))
	c := exec.Command("node", "op.mjs")
	c.Dir, c.Stdin = dir, bytes.NewReader(settings)
	var log bytes.Buffer
	c.Stderr = &log
	out, err := c.StdoutPipe()
	s.must(err)
	s.must(c.Start())
	s.t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		if s.t.Failed() {
			s.t.Logf("provider: %.3000s", log.String())
		}
	})
	word := make([]byte, len("listening"))
	if _, err := io.ReadFull(out, word); err != nil {
		c.Wait()
		s.t.Fatalf("the provider does not start: %s", log.String())
	}
	go io.Copy(io.Discard, out)
}

// change lets the test forge an answer of the provider.
func (s *stage) change(r *http.Response) error {
	s.mu.Lock()
	forge := s.forge
	s.mu.Unlock()
	path := r.Request.URL.Path
	if forge == nil || path != "/token" && path != "/me" || r.StatusCode != http.StatusOK {
		return nil
	}
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return err
	}
	forge(path, body)
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Length", strconv.Itoa(len(text)))
	return nil
}

func (s *stage) forging(f func(path string, body map[string]any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forge = f
}

// browser is somebody at the pages and at the provider.
type browser struct {
	s *stage
	*http.Client
}

func (s *stage) browser() *browser {
	jar, err := cookiejar.New(nil)
	s.must(err)
	return &browser{s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type reply struct {
	status   int
	to, body string
	header   http.Header
}

func (b *browser) do(method, address string, form url.Values) reply {
	b.s.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.s.base + address
	}
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	b.s.must(err)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r, err := b.Do(req)
	b.s.must(err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	b.s.must(err)
	to := r.Header.Get("Location")
	if u, err := r.Location(); err == nil {
		to = u.String()
	}
	return reply{r.StatusCode, to, string(body), r.Header}
}

func (b *browser) get(address string) reply { return b.do(http.MethodGet, address, nil) }

func (b *browser) post(address string, pairs ...string) reply {
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Add(pairs[n], pairs[n+1])
	}
	return b.do(http.MethodPost, address, form)
}

var (
	action = regexp.MustCompile(`action="([^"]+)"`)
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
)

// answer goes from our link through the provider's pages, as sub, and stops at
// the address that it sends the browser back to.
func (b *browser) answer(link, sub string) string {
	b.s.t.Helper()
	r := b.get(link)
	for range 12 {
		switch {
		case strings.HasPrefix(r.to, b.s.base):
			return r.to
		case r.to != "":
			r = b.get(r.to)
		case strings.Contains(r.body, "<form"):
			form := []string{"login", sub, "password", "x"}
			for _, m := range hidden.FindAllStringSubmatch(r.body, -1) {
				form = append(form, m[1], m[2])
			}
			to := action.FindStringSubmatch(r.body)[1]
			if strings.HasPrefix(to, "/") {
				to = b.s.issuer + to
			}
			r = b.post(to, form...)
		default:
			b.s.t.Fatalf("the provider says %d: %.2000s", r.status, r.body)
		}
	}
	b.s.t.Fatal("the provider goes round in circles")
	return ""
}

// arrive signs in with a provider and gives our last answer.
func (b *browser) arrive(link, sub string) reply { return b.get(b.answer(link, sub)) }
