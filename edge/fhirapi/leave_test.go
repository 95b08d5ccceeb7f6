package fhirapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
)

// lingering is a store on which, once, a search stays at what it reads until its
// context ends, as one over too much would.
type lingering struct {
	store.Engine
	wait    chan struct{} // holds one token when the next scan is to stay
	entered chan struct{}
	left    chan error
}

func (e *lingering) View(ctx context.Context, f func(store.Reader) error) error {
	stayed := false
	err := e.Engine.View(ctx, func(r store.Reader) error { return f(&stayer{r, e, &stayed}) })
	if stayed {
		e.left <- err
	}
	return err
}

type stayer struct {
	store.Reader
	e      *lingering
	stayed *bool
}

func (r *stayer) Chart(ctx context.Context, pks []int64, ranges []store.Range, at time.Time) ([][]*store.Doc, error) {
	select {
	case <-r.e.wait:
		*r.stayed = true
		r.e.entered <- struct{}{}
		for {
			if docs, err := r.Reader.Chart(ctx, pks, ranges, at); err != nil {
				return docs, err
			}
		}
	default:
		return r.Reader.Chart(ctx, pks, ranges, at)
	}
}

// TestClientLeaves: a search whose client has gone is stopped in the midst of what it
// reads, and leaves its place to others.
func TestClientLeaves(t *testing.T) {
	slow := &lingering{wait: make(chan struct{}, 1), entered: make(chan struct{}), left: make(chan error, 1)}
	s := newStageOver(t, func(e store.Engine) store.Engine { slow.Engine = e; return slow })
	s.play(givenWard())
	server := httptest.NewServer(s.handler)
	defer server.Close()
	ask := func(ctx context.Context) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/fhir/Observation?patient="+s.names["p"], nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.token(everyScope))
		return http.DefaultClient.Do(req)
	}
	slow.wait <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() { _, err := ask(ctx); gone <- err }()
	select {
	case <-slow.entered:
	case err := <-gone:
		t.Fatalf("the search was over before it was left: %v", err)
	}
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	select {
	case err := <-slow.left:
		if f := fault.Of(err); f == nil || f.Code != "store.cancelled" {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it still reads for nobody")
	}
	for range 20 { // more than there are places
		res, err := ask(t.Context())
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("afterwards: %v %v", res, err)
		}
		res.Body.Close()
	}
}
