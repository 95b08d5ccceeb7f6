package fhirapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"concord/record/access"
	"concord/record/account"
)

// as asks as a client of an organisation.
func (s *stage) as(t *testing.T, org, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	scopes := everyScope + " system/AuditEvent.rs"
	if s.tokens[org] == "" {
		secret, _, err := s.office.Issue(context.Background(), account.Grant{Client: "pas-" + strings.ToLower(org), Org: org, Scopes: scopes, Life: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		s.tokens[org] = secret
	}
	r := httptest.NewRequest(method, "/fhir"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+s.tokens[org])
	if body != "" {
		r.Header.Set("Content-Type", "application/fhir+json")
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// made writes a resource and gives its id.
func (s *stage) made(t *testing.T, org, typ, body string) string {
	t.Helper()
	w := s.as(t, org, http.MethodPost, "/"+typ, body)
	if w.Code != http.StatusCreated {
		t.Fatalf("%s of %s: %d %s", typ, org, w.Code, w.Body)
	}
	at := strings.Split(w.Header().Get("Location"), "/")
	return at[len(at)-3]
}

// asked is what an answer repeats of the question.
var asked = regexp.MustCompile(`"link":\[\{[^\]]*\]`)

// TestBatchMatrix: what a client of another organisation may not see it does not see
// by what stands in a batch or a transaction either, nor by $match, an asynchronous
// request or the audit log; whoever recorded it sees it by the same way.
func TestBatchMatrix(t *testing.T) {
	label := func(system, code string) string {
		return fmt.Sprintf(`"meta":{"security":[{"system":%q,"code":%q}]},`, system, code)
	}
	for n, k := range []struct{ why, org, asker, security, patient, objects string }{
		{"locked", "R1K", "RQM", label(access.Confidentiality, "V"), "", ""},
		{"sealed", "R1K", "RQM", label(access.Confidentiality, "R"), "", ""},
		{"sensitive", "R1K", "RQM", label(access.ActCode, "HIV"), "", ""},
		{"objection", "R1K", "RQM", "", "", access.SharedRecord},
		{"GP dissent", "E84007", "RQM", "", "", access.GPDissent},
		{"restricted, from outside", "R1K", "X9X", "", label(access.Confidentiality, "R"), ""},
		{"restricted, the address", "R1K", "RQM", "", label(access.Confidentiality, "R"), ""},
	} {
		t.Run(k.why, func(t *testing.T) {
			s := newStage(t)
			family := "Matrixson" + string(rune('a'+n))
			p := s.made(t, "R1K", "Patient", `{"resourceType":"Patient",`+k.patient+`"identifier":[{"system":"urn:concord:R1K:hospital-number","value":"7"}],"name":[{"family":"`+family+`","given":["Ann"]}],"gender":"female","birthDate":"1948-03-14","address":[{"line":["LANECANARY"],"postalCode":"HA1 3UJ"}]}`)
			obs := s.made(t, k.org, "Observation", `{"resourceType":"Observation",`+k.security+`"status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":{"coding":[{"system":"urn:x","code":"x"}],"text":"OBSCANARY"},"subject":{"reference":"Patient/`+p+`"},"effectiveDateTime":"2026-11-01"}`)
			if k.objects != "" {
				s.made(t, "R1K", "Consent", `{"resourceType":"Consent","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"coding":[{"system":"`+access.ObjectionSystem+`","code":"`+k.objects+`"}]}],"policyRule":{"text":"opt-out"},"patient":{"reference":"Patient/`+p+`"}}`)
			}
			ways := map[string]func(org string) string{}
			for _, url := range []string{"Observation/" + obs, "Observation/" + obs + "/_history/1", "Observation/" + obs + "/_history", "Observation?code=urn:x|x", "Observation?patient=" + p,
				"Patient?_id=" + p + "&_revinclude=Observation:subject", "Patient/" + p + "/$everything", "Patient/" + p + "/Observation", "Observation/$lastn?patient=" + p, "Patient/" + p} {
				if k.org == "E84007" && url == "Patient/"+p { // the patient is not the practice's
					continue
				}
				for _, kind := range []string{"batch", "transaction"} {
					ways[kind+" "+url] = func(org string) string {
						return s.as(t, org, http.MethodPost, "", `{"resourceType":"Bundle","type":"`+kind+`","entry":[{"request":{"method":"GET","url":"`+url+`"}}]}`).Body.String()
					}
				}
			}
			ways["$match"] = func(org string) string {
				return s.as(t, org, http.MethodPost, "/Patient/$match", `{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient","name":[{"family":"`+family+`","given":["Ann"]}],"gender":"female","birthDate":"1948-03-14"}}]}`).Body.String()
			}
			s.as(t, k.org, http.MethodGet, "/Observation/"+obs, "")
			hidden, shown := []string{"OBSCANARY", "Observation/" + obs}, "OBSCANARY"
			address := strings.HasSuffix(k.why, "the address")
			if address {
				hidden, shown = []string{"LANECANARY"}, "LANECANARY"
			}
			if k.asker == "X9X" {
				hidden = append(hidden, family, "LANECANARY")
			}
			for name, way := range ways {
				body := way(k.asker)
				for _, x := range hidden {
					if strings.Contains(asked.ReplaceAllString(body, ""), x) {
						t.Errorf("%s shows %s: %.400s", name, x, body)
					}
				}
				own := way(k.org)
				if patient := name == "$match" || strings.HasSuffix(name, " Patient/"+p); !strings.Contains(own, shown) && !(address && strings.Contains(name, "Observation")) && !(patient && !address) {
					t.Errorf("%s shows nothing to who recorded it: %.400s", name, own)
				}
			}
			for _, query := range []string{"patient=Patient/" + p, "entity=Observation/" + obs, "_count=200"} {
				if body := s.as(t, k.asker, http.MethodGet, "/AuditEvent?"+query, "").Body.String(); strings.Contains(body, "Observation/"+obs) && strings.Contains(body, "pas-"+strings.ToLower(k.org)) {
					t.Errorf("AuditEvent?%s tells %s that %s looked at it: %.600s", query, k.asker, k.org, body)
				}
			}
		})
	}
}
