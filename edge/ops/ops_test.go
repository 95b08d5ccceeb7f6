package ops_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"concord/edge/ops"
)

func get(h http.Handler, path string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// TestHealth: the process answers whatever its store does; readiness follows
// the store and tells nobody why.
func TestHealth(t *testing.T) {
	var failing error
	h := ops.New(func(context.Context) error { return failing }, nil).Handler()
	if code, _ := get(h, "/healthz"); code != http.StatusOK {
		t.Errorf("healthz %d", code)
	}
	if code, _ := get(h, "/readyz"); code != http.StatusOK {
		t.Errorf("readyz %d", code)
	}
	failing = errors.New("the disk /secret/place is full")
	code, body := get(h, "/readyz")
	if code != http.StatusServiceUnavailable || strings.Contains(body, "secret") {
		t.Errorf("readyz %d %s", code, body)
	}
	if code, _ := get(h, "/healthz"); code != http.StatusOK {
		t.Errorf("healthz with a broken store %d", code)
	}
}

// TestReadinessDoesNotHang: a store that does not answer is not ready.
func TestReadinessDoesNotHang(t *testing.T) {
	h := ops.New(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, nil).Handler()
	start := time.Now()
	if code, _ := get(h, "/readyz"); code != http.StatusServiceUnavailable || time.Since(start) > 5*time.Second {
		t.Errorf("readyz %d after %s", code, time.Since(start))
	}
}

// TestMetrics: gauges and counters are read when asked for; requests are
// counted by surface, method and class, with labels that a client cannot grow.
func TestMetrics(t *testing.T) {
	o := ops.New(func(context.Context) error { return nil }, []ops.Gauge{
		{Name: "concord_waiting", Help: "x", Read: func() float64 { return 7 }},
		{Name: "concord_taken_total", Help: "x", Labels: map[string]string{"outcome": "accepted"}, Counter: true, Read: func() float64 { return 3 }},
	})
	page := o.Timed("fhir", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	for _, method := range []string{"GET", "GET", "POST", "BREW", "GREP"} {
		page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, "/fhir/Patient/9990000018", nil))
	}
	_, body := get(o.Handler(), "/metrics")
	for _, want := range []string{
		"concord_waiting 7", `concord_taken_total{outcome="accepted"} 3`, "go_goroutines",
		`concord_http_request_seconds_count{method="GET",status="2xx",surface="fhir"} 2`,
		`concord_http_request_seconds_count{method="POST",status="4xx",surface="fhir"} 1`,
		`concord_http_request_seconds_count{method="other",status="2xx",surface="fhir"} 2`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in the metrics", want)
		}
	}
	if strings.Contains(body, "9990000018") || strings.Contains(body, "BREW") {
		t.Error("the metrics hold what a client sent")
	}
}
