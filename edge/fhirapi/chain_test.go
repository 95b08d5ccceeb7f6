package fhirapi_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"concord/store"
)

// asking counts the questions for records that searches ask the store.
type asking struct {
	store.Engine
	one, together *atomic.Int64
}

func (a asking) View(ctx context.Context, f func(store.Reader) error) error {
	return a.Engine.View(ctx, func(r store.Reader) error { return f(askingReader{r, a}) })
}

type askingReader struct {
	store.Reader
	a asking
}

func (r askingReader) FindRecords(ctx context.Context, groups [][]uint64, after int64, limit int) ([]int64, error) {
	r.a.one.Add(1)
	return r.Reader.FindRecords(ctx, groups, after, limit)
}

func (r askingReader) FindRecordsEach(ctx context.Context, asks []store.RecordsAsk) ([][]int64, error) {
	r.a.together.Add(1)
	return r.Reader.FindRecordsEach(ctx, asks)
}

// TestChainAsksOnce: which records a chain leads to, and which hold something that
// contains its end, is one question to the store; both are found.
func TestChainAsksOnce(t *testing.T) {
	var one, together atomic.Int64
	s := newStageOver(t, func(e store.Engine) store.Engine { return asking{e, &one, &together} })
	s.step(givenPatient())
	s.stored(map[string]string{"Practitioner/dr": `"name":[{"family":"Mensah"}]`})
	about := `"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{p}"},`
	s.stored(map[string]string{"Observation/leads": about + `"performer":[{"reference":"Practitioner/dr"}]`})
	const query = "Observation?performer:Practitioner.family=mensah"
	s.send(call{path: query}) // what follows the feed is read
	one.Store(0)
	together.Store(0)
	if w := s.send(call{path: query}); !strings.Contains(w.Body.String(), `"total":1`) || one.Load() != 0 || together.Load() != 1 {
		t.Errorf("nothing is contained: %d asked alone, %d together: %.300s", one.Load(), together.Load(), w.Body)
	}
	s.stored(map[string]string{"Observation/contains": about + `"contained":[{"resourceType":"Practitioner","id":"c","name":[{"family":"Mensah"}]}],"performer":[{"reference":"#c"}]`})
	s.send(call{path: query})
	one.Store(0)
	together.Store(0)
	if w := s.send(call{path: query}); !strings.Contains(w.Body.String(), `"total":2`) || one.Load() != 0 || together.Load() != 1 {
		t.Errorf("something is contained: %d asked alone, %d together: %.300s", one.Load(), together.Load(), w.Body)
	}
	s.clean()
}
