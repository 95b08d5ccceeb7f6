package pds

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// standIn serves the service's published examples as its sandbox does: the same
// requests get the same answers, and what the sandbox refuses is refused.
type standIn struct {
	t        testing.TB
	server   *httptest.Server
	patients map[string]string // number → body
	search   map[string]string // family in lower case → body
	key      *rsa.PrivateKey   // whose statements get a token; nil = none is asked for

	mu     sync.Mutex
	asked  []string // paths
	tokens int
}

const made = `{"resourceType":"Patient","id":"9990000018","meta":{"versionId":"3"},"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}],"name":[{"use":"usual","family":"Okonkwo","given":["Adaeze"]}],"gender":"female","birthDate":"1948-03-14"}`

func newStandIn(t testing.TB) *standIn {
	t.Helper()
	s := &standIn{t: t, patients: map[string]string{"9990000018": made, "9990000026": made}, search: map[string]string{}}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.server.Close)
	return s
}

// examples loads the published ones.
func (s *standIn) examples() {
	s.t.Helper()
	shared := os.Getenv("CONCORD_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(shared, "corpora", "nhs", "pds", "sandbox", "mocks")
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if os.IsNotExist(err) {
			s.t.Skipf("SKIP: no published examples of PDS in %s (set CONCORD_SHARED)", dir)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		return string(text)
	}
	s.patients["9000000009"] = read("Patient.json")
	s.patients["9000000025"] = read("Sensitive_Patient.json")
	s.patients["9000000033"] = read("Minimal_Patient.json")
	s.search["smith"], s.search["smyth"] = read("PatientSearch.json"), read("PatientSearch-Jayne-Smyth.json")
	s.search["smythe"], s.search["patient-minimal"] = read("Sensitive_PatientSearch.json"), read("Minimal_PatientSearch.json")
}

func (s *standIn) client() *Client {
	s.t.Helper()
	c, err := New(Options{Base: s.server.URL + "/", Organisation: "R1K", PerSecond: 1000})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func spine(code string) string {
	return `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"processing","details":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/Spine-ErrorOrWarningCode","version":"1","code":"` + code + `"}]}}]}`
}

var (
	uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	dateForm = regexp.MustCompile(`^(eq|ge|le)[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

func (s *standIn) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.String())
	s.mu.Unlock()
	answer := func(status int, body string) {
		w.Header().Set("Content-Type", "application/fhir+json")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
	switch {
	case r.URL.Path == "/oauth2/token":
		s.issue(w, r)
	case !uuidForm.MatchString(r.Header.Get("X-Request-ID")):
		answer(400, spine("MISSING_VALUE"))
	case s.key != nil && !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer token-"):
		answer(401, spine("ACCESS_DENIED"))
	case r.URL.Path == "/Patient":
		s.found(answer, r)
	default:
		s.retrieved(answer, strings.TrimPrefix(r.URL.Path, "/Patient/"), w)
	}
}

func (s *standIn) retrieved(answer func(int, string), number string, w http.ResponseWriter) {
	switch body := s.patients[number]; {
	case body == "invalidated":
		answer(404, spine("INVALIDATED_RESOURCE"))
	case body == "busy":
		answer(429, spine("TOO_MANY_REQUESTS"))
	case body == "denied":
		answer(403, spine("ACCESS_DENIED"))
	case body == "html":
		answer(200, "<html>a portal</html>")
	case body == "":
		answer(404, spine("RESOURCE_NOT_FOUND"))
	default:
		w.Header().Set("ETag", `W/"2"`)
		answer(200, body)
	}
}

// found checks a search as the sandbox does.
func (s *standIn) found(answer func(int, string), r *http.Request) {
	q := r.URL.Query()
	may := []string{"_fuzzy-match", "_exact-match", "_history", "_max-results", "family", "given", "gender", "birthdate", "death-date",
		"address-postalcode", "general-practitioner", "email", "phone"}
	for name := range q {
		if !slices.Contains(may, name) {
			answer(400, spine("ADDITIONAL_PROPERTIES"))
			return
		}
	}
	for _, d := range append(q["birthdate"], q["death-date"]...) {
		if !dateForm.MatchString(d) {
			answer(400, spine("INVALID_VALUE"))
			return
		}
	}
	switch family := strings.ToLower(q.Get("family")); {
	case family == "" || len(q["birthdate"]) == 0:
		answer(400, spine("INVALID_SEARCH_DATA"))
	case family == "sm*":
		answer(200, strings.Replace(spine("TOO_MANY_MATCHES"), `"error"`, `"information"`, 1))
	case s.search[family] != "":
		answer(200, s.search[family])
	default:
		answer(200, `{"resourceType":"Bundle","type":"searchset","total":0}`)
	}
}

// issue gives a token for a statement that is signed as it has to be.
func (s *standIn) issue(w http.ResponseWriter, r *http.Request) {
	token, err := jwt.ParseSigned(r.PostFormValue("client_assertion"), []jose.SignatureAlgorithm{jose.RS512})
	var c jwt.Claims
	if err == nil {
		err = token.Claims(s.key.Public(), &c)
	}
	if err == nil {
		err = c.ValidateWithLeeway(jwt.Expected{Issuer: "api-key", Subject: "api-key", AnyAudience: jwt.Audience{s.server.URL + "/oauth2/token"}, Time: time.Now()}, 0)
	}
	if err != nil || c.ID == "" || token.Headers[0].KeyID != "test-1" || c.Expiry.Time().After(time.Now().Add(5*time.Minute)) {
		w.WriteHeader(400)
		return
	}
	s.mu.Lock()
	s.tokens++
	n := s.tokens
	s.mu.Unlock()
	json.NewEncoder(w).Encode(map[string]any{"access_token": "token-" + string(rune('0'+n)), "expires_in": "599", "token_type": "Bearer"})
}

func rsaKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
