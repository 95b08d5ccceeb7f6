package demo_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"concord/demo"
	"concord/edge/fhirapi"
	"concord/exchange/intake"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/standard/uk"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

// house is the product from its sockets to its store.
type house struct {
	t        *testing.T
	engine   store.Engine
	desk     *record.Desk
	accounts *account.Register
	door     demo.Door
	fhir     string
}

func openHouse(t *testing.T) *house {
	t.Helper()
	ctx := t.Context()
	engine, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	desk, err := record.Open(ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, engine: engine, desk: desk, accounts: account.New(engine, time.Now)}
	h.listen()
	return h
}

// listen opens the doors; the end of the test closes them before the store.
func (h *house) listen() {
	table, err := intake.NewFeeds(settings(), h.desk.Zone())
	if err != nil {
		h.t.Fatal(err)
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	var applier *intake.Applier
	receiver := intake.NewReceiver(h.desk, table, time.Now, func() { applier.Wake() })
	applier = intake.NewApplier(h.desk, receiver, quiet)
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() {
		(&intake.Listener{Receiver: receiver, Log: quiet}).Serve(ctx, socket)
		done <- struct{}{}
	}()
	go func() { applier.Run(ctx); done <- struct{}{} }()
	web := httptest.NewServer(fhirapi.New(fhirapi.Options{Desk: h.desk, Auth: h.accounts, Version: "test", Now: time.Now, Log: quiet}))
	h.t.Cleanup(func() {
		web.Close()
		stop()
		<-done
		<-done
		h.engine.Close()
	})
	h.fhir = web.URL + "/fhir"
	h.door = demo.Door{MLLP: socket.Addr().String(), FHIR: h.fhir, Waiting: h.waiting,
		Token: func(ctx context.Context, org string) (string, error) { return h.token(ctx, org) }}
}

func (h *house) token(ctx context.Context, org string) (string, error) {
	operator := h.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: "QRV"}, access.Reason{Purpose: access.Integrity})
	secret, _, err := h.accounts.Office(operator).Issue(ctx, account.Grant{Client: "demo-" + strings.ToLower(org), Org: org,
		Scopes: "system/*.cruds", Life: time.Hour})
	return secret, err
}

// tally counts the messages that wait, those that were parked, and all that
// are no duplicates.
func (h *house) tally(ctx context.Context) (waiting, parked, all int, err error) {
	err = h.engine.View(ctx, func(r store.Reader) error {
		tally, err := r.Tally(ctx)
		for _, t := range tally {
			waiting += int(t.ByState[store.Received])
			parked += int(t.ByState[store.Parked])
			for state, n := range t.ByState {
				if state != store.Duplicate {
					all += int(n)
				}
			}
		}
		return err
	})
	return waiting, parked, all, err
}

func (h *house) waiting(ctx context.Context) (int, error) {
	n, _, _, err := h.tally(ctx)
	return n, err
}

// get asks over FHIR.
func (h *house) get(path string) map[string]any {
	h.t.Helper()
	token, err := h.token(h.t.Context(), "RQM")
	if err != nil {
		h.t.Fatal(err)
	}
	req, _ := http.NewRequest(http.MethodGet, h.fhir+path, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %d %v %v", path, res.StatusCode, err, out)
	}
	return out
}

func (h *house) seed(people int, now time.Time, file string) {
	h.t.Helper()
	standing, err := demo.ReadStanding(file, demo.DefaultSeed, people, now)
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := demo.NewStage(standing.Seed, standing.Began)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := (&demo.Seeder{Stage: s, Door: h.door, Standing: standing}).Run(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// TestSeedThroughTheFrontDoor: the main story reads as one record of four
// trusts, nothing is parked, and seeding again changes nothing.
func TestSeedThroughTheFrontDoor(t *testing.T) {
	h := openHouse(t)
	now := time.Now().In(h.desk.Zone())
	dir := t.TempDir()
	h.seed(40, now, filepath.Join(dir, "demo.json"))
	_, parked, messages, err := h.tally(t.Context())
	if err != nil || parked != 0 || messages == 0 {
		t.Fatalf("%d messages, %d parked: %v", messages, parked, err)
	}
	main := stage(t, now).Main()
	found := h.get("/Patient?identifier=" + url.QueryEscape(uk.NHSNumberSystem+"|"+main.NHS))["entry"].([]any)
	if len(found) != 4 {
		t.Fatalf("%d entries of the main story's person", len(found))
	}
	person := personOf(found[0])
	sources, types := map[string]bool{}, map[string]int{}
	for _, e := range h.get("/Patient/" + person + "/$everything?_count=2000")["entry"].([]any) {
		r := e.(map[string]any)["resource"].(map[string]any)
		types[r["resourceType"].(string)]++
		meta, _ := r["meta"].(map[string]any)
		if source, _ := meta["source"].(string); strings.HasPrefix(source, "urn:concord:feed:") {
			sources[strings.Split(source, ":")[3]] = true
		}
	}
	if len(sources) != 4 || types["Observation"] < 100 || types["MedicationRequest"] < 8 || types["AllergyIntolerance"] < 2 || types["DocumentReference"] < 4 {
		t.Errorf("from %v: %v", sources, types)
	}
	h.seed(40, now, filepath.Join(dir, "demo.json"))  // done: nothing is sent
	h.seed(40, now, filepath.Join(dir, "other.json")) // from the start: nothing is new
	_, _, again, err := h.tally(t.Context())
	if err != nil || again != messages {
		t.Errorf("%d messages became %d: %v", messages, again, err)
	}
	for typ, n := range types {
		if typ == "MedicationRequest" || typ == "Condition" {
			after := 0
			for _, e := range h.get("/Patient/" + person + "/$everything?_count=2000")["entry"].([]any) {
				if e.(map[string]any)["resource"].(map[string]any)["resourceType"] == typ {
					after++
				}
			}
			if after != n {
				t.Errorf("%d %s became %d", n, typ, after)
			}
		}
	}
	h.verify()
}

// personOf is the id that an entry refers to.
func personOf(entry any) string {
	r := entry.(map[string]any)["resource"].(map[string]any)
	for _, l := range r["link"].([]any) {
		link := l.(map[string]any)
		if link["type"] == "refer" {
			ref := link["other"].(map[string]any)["reference"].(string)
			return strings.TrimPrefix(ref, "Patient/")
		}
	}
	return ""
}

func (h *house) verify() {
	h.t.Helper()
	e := h.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: "QRV"}, access.Reason{Purpose: access.Integrity})
	if _, err := e.Verify(h.t.Context(), func(f record.Finding) { h.t.Errorf("verify: %+v", f) }); err != nil {
		h.t.Fatal(err)
	}
	steward := h.desk.For(access.Requester{ID: "steward", Role: access.Steward, Org: "RYJ"}, access.Reason{Purpose: access.Integrity})
	list, err := steward.Conflicts(h.t.Context())
	numbers := 0
	for _, c := range list {
		for _, step := range c.Waterfall.Steps {
			if step.Comparison == "nhs number" && step.Finding == "same" {
				numbers++
			}
		}
	}
	if err != nil || numbers != 1 {
		h.t.Errorf("%d conflicts of one number on the stewards' list of %d: %v", numbers, len(list), err)
	}
}

// TestSeedGoesOn after it was interrupted: what was sent is known, the rest
// comes.
func TestSeedGoesOn(t *testing.T) {
	h := openHouse(t)
	now := time.Now().In(h.desk.Zone())
	file := filepath.Join(t.TempDir(), "demo.json")
	standing, err := demo.ReadStanding(file, demo.DefaultSeed, 40, now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	door := h.door
	door.Waiting = func(context.Context) (int, error) { cancel(); return 1, nil } // stopped before the bundles
	s, err := demo.NewStage(standing.Seed, standing.Began)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&demo.Seeder{Stage: s, Door: door, Standing: standing}).Run(ctx); err == nil {
		t.Fatal("an interrupted run says that it is done")
	}
	h.seed(40, now.Add(3*time.Hour), file)
	read, err := demo.ReadStanding(file, 0, 0, now)
	if err != nil || !read.Done || !read.Began.Equal(standing.Began) {
		t.Errorf("%+v: %v", read, err)
	}
	if _, parked, _, err := h.tally(t.Context()); err != nil || parked != 0 {
		t.Errorf("%d parked: %v", parked, err)
	}
}
