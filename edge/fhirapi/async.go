package fhirapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// Asynchronous requests: https://hl7.org/fhir/R4/async.html. A request that
// prefers respond-async is answered at once by the address at which its answer
// will be. How it stands is kept in the store, so that every process answers
// there, also after a crash; the answer is kept for its requester for an hour.
const mostAsync = 64 // requests under way at once, in this process

// keptAnswer is an answer that is kept.
type keptAnswer struct {
	Status int               `json:"status"`
	Header map[string]string `json:"header,omitempty"`
	Body   json.RawMessage   `json:"body,omitempty"`
}

// later starts a request in the background and answers where to ask for its
// outcome. The body is read first: it is gone when the answer has been given.
// Errors: Busy "async.many"; those of the body.
func (a *api) later(r *http.Request, e *record.Errand, f action) (*response, error) {
	select {
	case a.waiting <- struct{}{}:
	default:
		return nil, fault.New(fault.Busy, "async.many", "%d asynchronous requests are under way; ask again later", mostAsync)
	}
	res, err := a.laterOn(r, e, f)
	if err != nil {
		<-a.waiting
	}
	return res, err
}

func (a *api) laterOn(r *http.Request, e *record.Errand, f action) (*response, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var b [12]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "async.id", "no randomness")
	}
	id := hex.EncodeToString(b[:])
	if e, err = e.Defer(r.Context(), id); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), record.AnswerLife)
	again := r.Clone(ctx)
	again.Body = io.NopCloser(bytes.NewReader(text))
	a.Async.Go(func() {
		defer func() { cancel(); <-a.waiting }()
		a.run(again, e, f, cancel)
	})
	return &response{status: http.StatusAccepted, header: map[string]string{"Content-Location": a.base(r) + "/$async/" + id + "/answer"}}, nil
}

// run does the work, saying now and then that it is still being done. A requester
// who deletes the address ends it, and so does the end of the server.
func (a *api) run(r *http.Request, e *record.Errand, f action, cancel context.CancelFunc) {
	done := make(chan *response, 1)
	go func() { done <- a.outright(r, e, f) }()
	beat := time.NewTicker(record.AnswerBeat)
	defer beat.Stop()
	ends, ending := a.Async.ends(), false
	for {
		select {
		case res := <-done:
			if err := a.finish(r, e, res, ending); err != nil {
				a.Log.Error("an asynchronous answer cannot be kept", "code", fault.Of(err).Code)
			}
			return
		case <-ends:
			ends, ending = nil, true
			cancel()
		case <-beat.C:
			going, err := e.Beat(context.WithoutCancel(r.Context()))
			if err != nil {
				a.Log.Error("an asynchronous request cannot be kept", "code", fault.Of(err).Code)
			} else if !going {
				cancel()
			}
		}
	}
}

// outright does the work. What goes wrong in it ends the request, not the server.
func (a *api) outright(r *http.Request, e *record.Errand, f action) (res *response) {
	defer func() {
		if p := recover(); p != nil {
			res = a.failure(r, fault.New(fault.Internal, "async.panic", "the request ended in a panic (%T)", p))
		}
	}()
	res, err := f(r, e)
	if err != nil {
		res = a.failure(r, err)
	}
	return res
}

// finish keeps the answer. Of a request that failed on our side, or that was cut
// off, the store knows better what it has written.
func (a *api) finish(r *http.Request, e *record.Errand, res *response, ending bool) error {
	answer := keptAnswer{Status: res.status, Header: res.header}
	if res.body != nil {
		answer.Body = res.body.JSON()
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "async.answer", "an answer cannot be written")
	}
	ctx := context.WithoutCancel(r.Context())
	switch {
	case res.status < http.StatusInternalServerError:
		return e.Finish(ctx, text, shows(r, res.body))
	case ending:
		return e.GiveUp(ctx, nil)
	}
	return e.GiveUp(ctx, text)
}

// shows are the resources that an answer shows or tells of: those in it, and those
// that the request names.
func shows(r *http.Request, body *fhir.Value) []string {
	var out []string
	seen := map[string]bool{}
	add := func(ref string) {
		if parsed, ok := fhir.ParseReference(ref); ok && parsed.Base == "" && parsed.Type != auditEvent && kept(parsed.Type) && !seen[parsed.Type+"/"+parsed.ID] {
			seen[parsed.Type+"/"+parsed.ID] = true
			out = append(out, parsed.Type+"/"+parsed.ID)
		}
	}
	add(r.PathValue("type") + "/" + r.PathValue("id"))
	for _, values := range r.URL.Query() {
		for _, v := range values {
			add(v)
		}
	}
	var walk func(v *fhir.Value)
	walk = func(v *fhir.Value) {
		add(v.Type() + "/" + v.ID())
		if v.Type() != "Bundle" && v.Type() != "Parameters" {
			return
		}
		for entry := range v.Get("entry").Each() {
			walk(entry.Get("resource"))
		}
		for p := range v.Get("parameter").Each() {
			add(p.StrAt("valueReference.reference"))
			walk(p.Get("resource"))
		}
	}
	walk(body)
	return out
}

// Async are the asynchronous requests of a server, so that its end can wait for
// them.
type Async struct {
	ended chan struct{}
	under chan struct{} // one for each that is under way
}

// NewAsync is for one handler.
func NewAsync() *Async {
	return &Async{ended: make(chan struct{}), under: make(chan struct{}, mostAsync)}
}

// Go does one in the background.
func (s *Async) Go(f func()) {
	s.under <- struct{}{}
	go func() {
		defer func() { <-s.under }()
		f()
	}()
}

func (s *Async) ends() <-chan struct{} { return s.ended }

// End cuts off what is under way, once, and waits until it has said so or ctx ends.
func (s *Async) End(ctx context.Context) {
	close(s.ended)
	for range mostAsync {
		select {
		case s.under <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}
