package fhirapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// Asynchronous requests: https://hl7.org/fhir/R4/async.html. A request that
// prefers respond-async is answered at once by the address at which its answer
// will be; the answer is kept for its requester for an hour.
const (
	answerLife = time.Hour
	answerBeat = 15 * time.Second // how often a request under way says so
	mostAsync  = 64               // requests under way at once
)

// keptAnswer is an answer that is kept, or a sign that it is being made.
type keptAnswer struct {
	Running bool              `json:"running,omitempty"`
	Since   time.Time         `json:"since,omitzero"`
	Status  int               `json:"status,omitempty"`
	Header  map[string]string `json:"header,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"`
}

func wantsAsync(r *http.Request) bool {
	return strings.Contains(strings.Join(r.Header.Values("Prefer"), ","), "respond-async")
}

// later starts a request in the background and answers where to ask for its
// outcome. The body is read first: it is gone when the answer has been given.
// When the server ends meanwhile, the address does too, and what was written is
// what was committed. Errors: Busy "async.many"; those of the body.
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
	if err := a.keepAnswer(r.Context(), e, id, keptAnswer{Running: true, Since: a.Now()}, 4*answerBeat); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), answerLife)
	again := r.Clone(ctx)
	again.Body = io.NopCloser(bytes.NewReader(text))
	go func() {
		defer func() { cancel(); <-a.waiting }()
		a.run(again, e, f, id, cancel)
	}()
	return &response{status: http.StatusAccepted, header: map[string]string{"Content-Location": a.base(r) + "/$async/" + id + "/answer"}}, nil
}

// run does the work, saying now and then that it is still being done; a
// requester who deletes the address ends it.
func (a *api) run(r *http.Request, e *record.Errand, f action, id string, cancel context.CancelFunc) {
	done := make(chan *response, 1)
	go func() {
		res, err := f(r, e)
		if err != nil {
			res = a.failure(r, err)
		}
		done <- res
	}()
	beat := time.NewTicker(answerBeat)
	defer beat.Stop()
	since := a.Now()
	for {
		select {
		case res := <-done:
			answer := keptAnswer{Status: res.status, Header: res.header}
			if res.body != nil {
				answer.Body = res.body.JSON()
			}
			if err := a.keepAnswer(context.WithoutCancel(r.Context()), e, id, answer, answerLife); err != nil {
				a.Log.Error("an asynchronous answer cannot be kept", "code", fault.Of(err).Code)
			}
			return
		case <-beat.C:
			known, err := e.Answer(r.Context(), id)
			if err == nil && known == nil {
				cancel()
				return
			}
			if err := a.keepAnswer(r.Context(), e, id, keptAnswer{Running: true, Since: since}, 4*answerBeat); err != nil {
				a.Log.Error("an asynchronous request cannot be kept", "code", fault.Of(err).Code)
			}
		}
	}
}

func (a *api) keepAnswer(ctx context.Context, e *record.Errand, id string, k keptAnswer, life time.Duration) error {
	text, err := json.Marshal(k)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "async.answer", "an answer cannot be written")
	}
	return e.KeepAnswer(ctx, id, text, a.Now().Add(life))
}

// async answers how a request stands, or its outcome.
func (a *api) async(r *http.Request, e *record.Errand) (*response, error) {
	text, err := e.Answer(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if text == nil {
		return nil, fault.New(fault.NotFound, "async.unknown", "there is no such request, or its answer is no longer kept")
	}
	var k keptAnswer
	if err := json.Unmarshal(text, &k); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "async.answer", "an answer cannot be read")
	}
	if k.Running {
		took := a.Now().Sub(k.Since).Round(time.Second)
		return &response{status: http.StatusAccepted, header: map[string]string{"X-Progress": "running for " + took.String(), "Retry-After": "1"}}, nil
	}
	res := &response{status: k.Status, header: k.Header}
	if k.Body != nil {
		if res.body, err = fhir.ParseObject(k.Body); err != nil {
			return nil, err
		}
	}
	return res, nil
}

// asyncDelete ends a request, or drops its answer.
func (a *api) asyncDelete(r *http.Request, e *record.Errand) (*response, error) {
	if err := e.DropAnswer(r.Context(), r.PathValue("id")); err != nil {
		return nil, err
	}
	return &response{status: http.StatusAccepted}, nil
}
