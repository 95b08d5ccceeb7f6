package fhirapi_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

const nickname = `{"resourceType":"SearchParameter","id":"eye","url":"urn:example:eye-colour","name":"eye","status":"active","description":"Eye colour","code":"eye-colour","base":["Patient"],"type":"token","expression":"Patient.extension.where(url='urn:eye').value"}`

// work runs the background work of a stage until the test ends.
func (s *stage) work() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); s.desk.Work(ctx, "test") }()
	s.t.Cleanup(func() { cancel(); <-ended })
}

// reindexed waits for the end of a rebuild.
func (s *stage) reindexed() {
	s.t.Helper()
	for range 500 {
		w := s.send(call{path: "$reindex"})
		if w.Code == 200 {
			if body := w.Body.String(); !strings.Contains(body, `"valueCode":"done"`) || !strings.Contains(body, `"name":"repaired","valueInteger":0`) {
				s.t.Fatalf("the rebuild ended so: %s", body)
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal("the rebuild does not end")
}

// TestCustomParameter: a parameter is served once the index is rebuilt, finds
// what was there before and what is written meanwhile, and goes again.
func TestCustomParameter(t *testing.T) {
	s := newStage(t)
	patient := func(i int, colour string) string {
		return fmt.Sprintf(`{"resourceType":"Patient","id":"c%d","extension":[{"url":"urn:eye","valueCode":%q}],"name":[{"family":"F%d"}]}`, i, colour, i)
	}
	put := func(i int, colour string) {
		t.Helper()
		if w := s.send(call{method: "PUT", path: "Patient/c" + strconv.Itoa(i), body: patient(i, colour)}); w.Code > 201 {
			t.Fatalf("put: %d %s", w.Code, w.Body.String())
		}
	}
	const n = 1200
	for i := range n {
		put(i, []string{"brown", "blue", "green"}[i%3])
	}
	count := func(query string, want int) {
		t.Helper()
		w := s.send(call{path: "Patient?" + query + "&_summary=count"})
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"total":`+strconv.Itoa(want)+"}") && !strings.Contains(w.Body.String(), `"total":`+strconv.Itoa(want)+",") {
			t.Errorf("%s: %d %s, want %d", query, w.Code, w.Body.String(), want)
		}
	}
	if w := s.send(call{method: "PUT", path: "SearchParameter/eye", body: nickname}); w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body.String())
	}
	if w := s.send(call{path: "Patient?eye-colour=blue"}); w.Code != 400 {
		t.Errorf("served before it is indexed: %d", w.Code)
	}
	if w := s.send(call{method: "POST", path: "$reindex"}); w.Code != 202 || w.Header().Get("X-Progress") == "" {
		t.Fatalf("%d %s", w.Code, w.Body.String())
	}
	if w := s.send(call{method: "POST", path: "$reindex"}); w.Code != 409 {
		t.Errorf("a second rebuild beside the first: %d", w.Code)
	}
	s.work()
	for i := range 300 { // writes go on: some change colour, some are deleted, some are new
		switch i % 3 {
		case 0:
			put(i, "grey")
		case 1:
			s.send(call{method: "DELETE", path: "Patient/c" + strconv.Itoa(i)})
		default:
			put(n+i, "grey")
		}
	}
	s.reindexed()
	count("eye-colour=blue", n/3-100)
	count("eye-colour=grey", 200)
	count("eye-colour=green", n/3)
	count("eye-colour=brown", n/3-100)
	count("eye-colour:not=grey", n-100-100)
	if w := s.send(call{path: "metadata"}); !strings.Contains(w.Body.String(), `"eye-colour"`) {
		t.Error("the statement does not list it")
	}

	if w := s.send(call{method: "PUT", path: "SearchParameter/eye", body: strings.Replace(nickname, `"active"`, `"retired"`, 1)}); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body.String())
	}
	if w := s.send(call{method: "POST", path: "$reindex"}); w.Code != 202 {
		t.Fatalf("%d %s", w.Code, w.Body.String())
	}
	s.reindexed()
	if w := s.send(call{path: "Patient?eye-colour=blue"}); w.Code != 400 {
		t.Errorf("served after it was retired: %d", w.Code)
	}
	named := 0
	for i := range n + 300 {
		alive := i < n && (i >= 300 || i%3 != 1) || i >= n && i%3 == 2
		if alive && strings.HasPrefix(strconv.Itoa(i), "1") {
			named++
		}
	}
	count("family=F1", named)
	s.clean()
}

func TestCustomParameterMistakes(t *testing.T) {
	s := newStage(t)
	for name, change := range map[string][2]string{
		"not FHIRPath":     {"Patient.extension.where(url='urn:eye').value", "Patient..x"},
		"one of R4's":      {`"code":"eye-colour"`, `"code":"family"`},
		"no type":          {`"base":["Patient"]`, `"base":["Poem"]`},
		"composite":        {`"type":"token"`, `"type":"composite"`},
		"one of the house": {`"code":"eye-colour"`, `"code":"_eye"`},
	} {
		w := s.send(call{method: "PUT", path: "SearchParameter/eye", body: strings.Replace(nickname, change[0], change[1], 1)})
		if w.Code < 400 || w.Code >= 500 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body.String())
		}
	}
}
