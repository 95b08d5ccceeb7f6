package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"concord/edge/fhirapi"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

// sink takes pieces. put returns the types of what was written.
type sink interface {
	put(ctx context.Context, p piece) (map[string]int, error)
	close() error
}

func digest(p piece) string {
	sum := sha256.Sum256(p.text)
	return hex.EncodeToString(sum[:16])
}

// storeSink writes through the Desk of a house in this process.
type storeSink struct {
	house  *house
	errand *record.Errand
	bulk   bool
	again  bool
}

func newStoreSink(ctx context.Context, h *house, org string, bulk, again bool) (*storeSink, error) {
	s := &storeSink{house: h, bulk: bulk, again: again}
	s.errand = h.desk.For(access.Requester{ID: "import", Name: "Import", Role: access.System, Org: org,
		Scopes: access.Scopes{{Type: "*", Can: "cruds"}}}, access.Reason{Purpose: access.Integrity})
	if bulk {
		if err := h.engine.Bulk(ctx, true); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *storeSink) put(ctx context.Context, p piece) (map[string]int, error) {
	ops, err := fhirapi.Ops(p.bundle)
	if err != nil {
		return nil, err
	}
	id := digest(p)
	c := record.Commit{Source: &record.Source{System: "urn:concord:import:" + s.errand.Who().Org, Message: id, What: "import", At: time.Now()}}
	if !s.again {
		c.Once = "import:" + s.errand.Who().Org + ":" + id
	}
	results, err := s.errand.Transact(ctx, ops, c)
	if err != nil {
		return nil, err
	}
	types := map[string]int{}
	for _, r := range results {
		types[r.Type]++
	}
	return types, nil
}

func (s *storeSink) close() error {
	var err error
	if s.bulk {
		err = s.house.engine.Bulk(context.Background(), false)
	}
	return errors.Join(err, s.house.close())
}

// httpSink posts to a FHIR server.
type httpSink struct {
	base, token string
	client      *http.Client
	mu          sync.Mutex // guards done and log
	done        map[string]bool
	log         *os.File
}

func newHTTPSink(base, token, resume string) (*httpSink, error) {
	s := &httpSink{base: strings.TrimSuffix(base, "/"), token: token, client: &http.Client{Timeout: 10 * time.Minute}, done: map[string]bool{}}
	if resume == "" {
		return s, nil
	}
	f, err := os.OpenFile(resume, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	s.log = f
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		s.done[lines.Text()] = true
	}
	return s, lines.Err()
}

func (s *httpSink) put(ctx context.Context, p piece) (map[string]int, error) {
	id := digest(p)
	s.mu.Lock()
	seen := s.done[id]
	s.mu.Unlock()
	if seen {
		return nil, fault.New(fault.Conflict, "record.once", "this has been imported already")
	}
	text := p.text
	if p.bundle.StrAt("type") == "collection" {
		text = asTransaction(p.bundle).JSON()
	}
	types, err := s.post(ctx, text, id)
	if err != nil || s.log == nil {
		return types, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done[id] = true
	_, err = fmt.Fprintln(s.log, id)
	return types, err
}

// asTransaction gives the entries of a collection a request, for servers that
// take transactions only.
func asTransaction(b *fhir.Value) *fhir.Value {
	var entries []*fhir.Value
	for e := range b.Get("entry").Each() {
		res := e.Get("resource")
		method, url := "POST", res.Type()
		if id := res.ID(); id != "" {
			method, url = "PUT", res.Type()+"/"+id
		}
		entries = append(entries, e.With("request", fhir.Obj("method", method, "url", url)))
	}
	return b.With("type", "transaction").With("entry", entries)
}

func (s *httpSink) post(ctx context.Context, text []byte, id string) (map[string]int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/fhir+json")
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("X-Request-Id", id)
	res, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	v, perr := fhir.ParseObject(body)
	if res.StatusCode >= 300 {
		return nil, answered(res.StatusCode, v)
	}
	if perr != nil {
		return nil, perr
	}
	types := map[string]int{}
	for e := range v.Get("entry").Each() {
		typ, _, _ := strings.Cut(e.StrAt("response.location"), "/")
		types[typ]++
	}
	return types, nil
}

// answered turns an OperationOutcome into a fault, keeping its code and place.
func answered(code int, outcome *fhir.Value) error {
	kind := fault.Invalid
	switch {
	case code == http.StatusUnauthorized:
		kind = fault.Unauthenticated
	case code == http.StatusForbidden:
		kind = fault.Denied
	case code == http.StatusServiceUnavailable:
		kind = fault.Busy
	case code >= 500:
		kind = fault.Internal
	}
	name := outcome.StrAt("issue.details.coding.code")
	if name == "" {
		name = fmt.Sprintf("http.%d", code)
	}
	return fault.New(kind, name, "%s", outcome.StrAt("issue.diagnostics")).In(outcome.StrAt("issue.expression.0"))
}

func (s *httpSink) close() error {
	if s.log != nil {
		return s.log.Close()
	}
	return nil
}
