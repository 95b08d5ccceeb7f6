package fhirapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"concord/record/audit"
	"concord/store"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
)

// watched is an answer that looks, before its first byte, at what stands in the
// audit log.
type watched struct {
	*httptest.ResponseRecorder
	look    func() int
	entries int // when the first byte of the body was written, -1 = none was
}

func (w *watched) Write(b []byte) (int, error) {
	if w.entries < 0 && len(b) > 0 {
		w.entries = w.look()
	}
	return w.ResponseRecorder.Write(b)
}

// TestReplicaReadIsAuditedFirst: a read that a replica answers sends its first byte
// when its entry is durable at the primary; when the primary, and so the audit, is
// gone, the replica has the answer still, and no byte of it is sent.
func TestReplicaReadIsAuditedFirst(t *testing.T) {
	if testing.Short() || onPostgres.Load() {
		t.Skip("it starts two servers of its own, once")
	}
	primary := pgtest.Start(t, pgtest.Options{NoSync: true})
	standby := pgtest.Start(t, pgtest.Options{NoSync: true, Standby: primary})
	var engine *postgres.Engine
	began := time.Now()
	clock := func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).Add(time.Since(began)) }
	s := newStageOver(t, func(store.Engine) store.Engine {
		var err error
		engine, err = postgres.Open(context.Background(), primary.DSN(), postgres.Options{Now: clock, Conns: 4, Replica: standby.DSN(), ReplicaWait: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { engine.Close() })
		return engine
	})
	entries := func() int {
		n := 0
		err := engine.Update(context.Background(), func(tx store.Tx) error { // at the primary
			rows, err := tx.LogEntries(context.Background(), audit.Log, 0, 10_000)
			n = len(rows)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		return n
	}
	id := s.made(t, "R1K", "Observation", `{"resourceType":"Observation","status":"final","code":{"text":"OBSCANARY"}}`)
	reads := func() bool {
		return engine.View(context.Background(), func(r store.Reader) error {
			_, err := r.LastChange(context.Background())
			return err
		}) == nil
	}
	ask := func(path string) *watched {
		r := httptest.NewRequest(http.MethodGet, "/fhir/"+path, nil)
		r.Header.Set("Authorization", "Bearer "+s.tokens["R1K"])
		w := &watched{httptest.NewRecorder(), entries, -1}
		s.handler.ServeHTTP(w, r)
		return w
	}
	paths := []string{"Observation/" + id, "Observation?_id=" + id, "Observation/" + id + "/_history", "Observation/" + id + "/_history/1"}
	for _, path := range paths {
		before := entries()
		if w := ask(path); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "OBSCANARY") || w.entries != before+1 {
			t.Errorf("%s: %d, %d entries before and %d at the first byte", path, w.Code, before, w.entries)
		}
	}
	primary.Kill()
	for until := time.Now().Add(30 * time.Second); !reads(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the replica does not answer without its primary: the test would prove nothing")
		}
	}
	for _, path := range paths {
		r := httptest.NewRequest(http.MethodGet, "/fhir/"+path, nil)
		r.Header.Set("Authorization", "Bearer "+s.tokens["R1K"])
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "OBSCANARY") {
			t.Errorf("%s without audit: %d %.200s", path, w.Code, w.Body)
		}
	}
}
