package main

import (
	"context"
	"net/http"
	"testing"
	"time"

	"concord/record"
	"concord/standard/fhir"
	"concord/store"
)

// TestServeAfterUpgrade: a server starts on the store of an older program, whose
// index has to be brought up to date before anything can be searched.
func TestServeAfterUpgrade(t *testing.T) {
	w := where{Data: t.TempDir()}
	h, err := openHouse(t.Context(), w, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	o, err := fhir.ParseObject([]byte(`{"resourceType":"Organization","name":"a ward"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.operator().Transact(t.Context(), []record.Op{{Kind: record.Create, Type: "Organization", Resource: o}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	err = h.engine.Update(t.Context(), func(tx store.Tx) error {
		return tx.SetKey(t.Context(), "search-index", store.KeyValue{Key: "version", Value: []byte("3")})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	if h, err = openHouse(t.Context(), w, nil, quietLog()); err != nil {
		t.Fatal(err)
	}
	defer h.close()
	s, err := newServer(h, listen{HTTP: "127.0.0.1:0", MLLP: []string{"none"}, LockIdle: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	started, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.run(ctx, func() { close(started) }) }()
	select {
	case <-started:
	case err := <-ended:
		t.Fatalf("the server ended at once: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the server did not start in a minute")
	}
	res, err := http.Get("http://" + s.httpSock.Addr().String() + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("not ready: %d", res.StatusCode)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
