package fhirapi_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"concord/edge/fhirapi"
)

// bomb is a body of a few kilobytes that unpacks to many megabytes of JSON.
func bomb(t *testing.T, begin string, unpacked int) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	z.Write([]byte(begin))
	block := bytes.Repeat([]byte(" "), 1<<20)
	for range unpacked >> 20 {
		z.Write(block)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPackedBombs: no interaction that takes a body unpacks more of it than a body
// may have, also one that is added tomorrow; nor does a body packed twice.
func TestPackedBombs(t *testing.T) {
	s := newStage(t)
	token := s.token(everyScope)
	const unpacked = 256 << 20
	bodies := map[string][]byte{"JSON": bomb(t, `{"resourceType":"Patient","id":"`, unpacked), "form": bomb(t, "_id=", unpacked)}
	tried := 0
	for _, p := range fhirapi.Routes() {
		method, path, _ := strings.Cut(p, " ")
		if method == http.MethodGet || method == http.MethodDelete {
			continue
		}
		path = strings.NewReplacer("{$}", "", "{type}", "Patient", "{id}", "x", "{version}", "1", "{member}", "Observation").Replace(path)
		for kind, contentType := range map[string]string{"JSON": "application/fhir+json", "form": "application/x-www-form-urlencoded", "patch": "application/json-patch+json"} {
			body := bodies[kind]
			if body == nil {
				body = bodies["JSON"]
			}
			tried++
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := httptest.NewRequest(method, path, bytes.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", contentType)
			r.Header.Set("Content-Encoding", "gzip")
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			runtime.ReadMemStats(&after)
			if w.Code < 400 && !strings.Contains(p, "$reindex") || w.Code >= 500 && w.Code != http.StatusNotImplemented {
				t.Errorf("%s as %s: %d %.200s", p, kind, w.Code, w.Body)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
				t.Errorf("%s as %s takes %d MB", p, kind, took>>20)
			}
		}
	}
	if tried < 60 {
		t.Errorf("only %d were tried", tried)
	}
}

// TestHeadersStayHeaders: what a client sends in an address, a header or an id does
// not come back as a header of its own.
func TestHeadersStayHeaders(t *testing.T) {
	s := newStage(t)
	token := s.token(everyScope)
	evil := "x%0d%0aX-Canary:%201"
	canary := regexp.MustCompile(`[\r\n]`)
	for _, path := range []string{"/fhir/Patient/" + evil, "/fhir/Patient?_id=" + evil, "/fhir/Patient?_format=" + evil, "/fhir/" + evil, "/fhir/Patient/x/_history/" + evil,
		"/fhir/Patient?_sort=" + evil, "/fhir/Patient?" + evil + "=1", "/fhir/Patient/x/" + evil, "/fhir/$async/" + evil + "/answer"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			r := httptest.NewRequest(method, path, strings.NewReader(`{"resourceType":"Patient","id":"x"}`))
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/fhir+json")
			r.Header["If-Match"] = []string{"W/\"1\"\r\nX-Canary: 1"}
			r.Header["X-Request-Id"] = []string{"1\r\nX-Canary: 1"}
			r.Header["Prefer"] = []string{"return=minimal\r\nX-Canary: 1"}
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			for name, values := range w.Result().Header {
				if strings.EqualFold(name, "X-Canary") || canary.MatchString(strings.Join(values, "")) {
					t.Errorf("%s %s: header %s is %q", method, path, name, values)
				}
			}
			if w.Code >= 500 && w.Code != http.StatusNotImplemented {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
}
