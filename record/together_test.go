package record_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
	"concord/store/dictionary"
)

const basic = `{"resourceType":"Basic","id":"counter","code":{"text":"0"}}`

func (s *stage) put(e *record.Errand, v *fhir.Value, ifMatch int64) (record.Result, error) {
	res, err := e.Transact(s.ctx, []record.Op{{Kind: record.Update, Type: v.Type(), ID: v.ID(), Resource: v, IfMatch: ifMatch}}, record.Commit{})
	if err != nil {
		return record.Result{}, err
	}
	return res[0], nil
}

// TestCountersTogether: many writers that each read, add one and write with
// the version they saw lose nothing.
func TestCountersTogether(t *testing.T) {
	s := newStage(t)
	e := s.client("R1K")
	if _, err := s.put(e, s.json(basic), 0); err != nil {
		t.Fatal(err)
	}
	const writers, each = 8, 10
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for done := 0; done < each; {
				it, err := e.Read(s.ctx, "Basic", "counter")
				if err != nil {
					t.Error(err)
					return
				}
				n, _ := strconv.Atoi(it.Resource.StrAt("code.text"))
				_, err = s.put(e, it.Resource.With("code", fhir.Obj("text", strconv.Itoa(n+1))), it.Version)
				switch {
				case err == nil:
					done++
				case fault.Of(err).Code != "record.if-match":
					t.Errorf("%v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	it, err := e.Read(s.ctx, "Basic", "counter")
	if err != nil || it.Resource.StrAt("code.text") != strconv.Itoa(writers*each) || it.Version != writers*each+1 {
		t.Errorf("version %d, %s, %v", it.Version, it.Resource.JSON(), err)
	}
	s.clean()
}

// TestWritersTogether: writes without a condition are all kept, each as a
// version, however many come at once.
func TestWritersTogether(t *testing.T) {
	s := newStage(t)
	e := s.client("R1K")
	const writers = 24
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			if _, err := s.put(e, s.json(strings.Replace(basic, `"0"`, `"`+strconv.Itoa(i)+`"`, 1)), 0); err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	past, err := e.History(s.ctx, record.AskedHistory{Type: "Basic", ID: "counter", Count: 1000})
	if err != nil || len(past.Versions) != writers {
		t.Fatalf("%+v, %v", past, err)
	}
	seen := map[string]bool{}
	for _, it := range past.Versions {
		seen[it.Resource.StrAt("code.text")] = true
	}
	if len(seen) != writers {
		t.Errorf("%d of %d writes are in the history", len(seen), writers)
	}
	s.clean()
}

// TestEntriesTogether: entries with one NHS number that come at the same
// moment are one person, and one hospital number is one entry.
func TestEntriesTogether(t *testing.T) {
	s := newStage(t)
	const n = 16
	ids := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			text := patient("R1K", fmt.Sprint(i/2), nhs, "Smith", "John", "1950-01-01", "male") // each number comes twice
			v := s.json(text)
			res, err := s.client("R1K").Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Patient", Resource: v}}, record.Commit{})
			switch {
			case err == nil:
				ids[i] = res[0].ID
			case fault.Of(err).Code != "record.hospital-number":
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	kept := 0
	for i := 0; i < n; i += 2 {
		if (ids[i] == "") == (ids[i+1] == "") {
			t.Errorf("number %d: entries %q and %q", i/2, ids[i], ids[i+1])
		}
	}
	person := ""
	for _, id := range ids {
		if id == "" {
			continue
		}
		kept++
		if p := s.personOf(id); person == "" {
			person = p
		} else if p != person {
			t.Errorf("%s is of %s, others of %s", id, p, person)
		}
	}
	if kept != n/2 || len(s.entries(person, s.moment())) != n/2 {
		t.Errorf("%d entries kept", kept)
	}
	s.clean()
}

// TestReferencesBeforeTheirPatient: resources whose patient comes later, from
// several loads at the same time, all end up in its record.
func TestReferencesBeforeTheirPatient(t *testing.T) {
	s := newStage(t)
	e := s.client("R1K")
	const n = 12
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			v := s.json(`{"resourceType":"Observation","status":"final","code":{"text":"` + strconv.Itoa(i) + `"},"subject":{"reference":"Patient/ada"}}`)
			if _, err := e.Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Observation", Resource: v}}, record.Commit{}); err != nil {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Go(func() {
		if _, err := s.put(e, s.json(patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male")).With("id", "ada"), 0); err != nil {
			t.Errorf("the patient: %v", err)
		}
	})
	wg.Wait()
	s.attend("ada")
	c, err := s.as(access.Clinician).Chart(s.ctx, s.personOf("ada"), record.ChartQuery{Sections: []record.Section{{Type: "Observation"}}})
	if err != nil || len(c.Sections[0]) != n {
		t.Fatalf("%v: the chart has %d of %d observations", err, len(c.Sections[0]), n)
	}
	s.clean()
}

// TestOnce: a named transaction is applied once, also when it is sent twice at
// the same moment; a failed one may be tried again.
func TestOnce(t *testing.T) {
	s := newStage(t)
	e := s.client("R1K")
	create := func(name, text string) error {
		_, err := e.Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Basic", Resource: s.json(text)}}, record.Commit{Once: name})
		return err
	}
	const text = `{"resourceType":"Basic","code":{"text":"x"}}`
	var mu sync.Mutex
	var wg sync.WaitGroup
	done := map[string]int{}
	for range 8 {
		wg.Go(func() {
			code := "kept"
			if err := create("load-1", text); err != nil {
				code = fault.Of(err).Code
			}
			mu.Lock()
			done[code]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if done["kept"] != 1 || done["record.once"] != 7 {
		t.Errorf("%v", done)
	}
	if err := create("load-2", `{"resourceType":"Basic","subject":{"reference":"Patient/00000000-1"}}`); fault.Of(err).Code != "record.reference" {
		t.Errorf("a load that fails: %v", err)
	}
	if err := create("load-2", text); err != nil {
		t.Errorf("the failed load again: %v", err)
	}
	if err := create("", text); err != nil {
		t.Error(err)
	}
	s.clean()
}

// TestSecret: a store made with one secret refuses another.
func TestSecret(t *testing.T) {
	s := newStage(t)
	p := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Smith", "John", "1950-01-01", "male")).ID
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	o := record.Options{Engine: s.engine, Codec: codec, Secret: []byte(strings.Repeat("x", 32)), Now: s.now}
	if _, err := record.Open(s.ctx, o); fault.Of(err) == nil || fault.Of(err).Code != "desk.secret" {
		t.Errorf("another secret: %v", err)
	}
	o.Secret = []byte("short")
	if _, err := record.Open(s.ctx, o); err == nil {
		t.Error("a short secret was taken")
	}
	o.Secret = []byte(secret)
	if s.desk, err = record.Open(s.ctx, o); err != nil {
		t.Fatal(err)
	}
	if _, err := s.as(access.Clinician).Read(s.ctx, "Patient", p); err != nil {
		t.Errorf("the same secret: %v", err)
	}
}

// TestIDsTellNothing: ids of neighbouring records have no order in common, and
// an id leads nowhere under another installation's secret.
func TestIDsTellNothing(t *testing.T) {
	s := newStage(t)
	var ids []string
	for i := range 20 {
		ids = append(ids, s.create(s.client("R1K"), patient("R1K", fmt.Sprint(i), "", "Smith", "John", "1950-01-01", "male")).ID)
	}
	rising := 0
	for i := 1; i < len(ids); i++ {
		if len(ids[i]) != len(ids[0]) || ids[i] == ids[i-1] {
			t.Errorf("ids %s and %s", ids[i-1], ids[i])
		}
		if ids[i] > ids[i-1] {
			rising++
		}
	}
	if rising < 3 || rising > 16 {
		t.Errorf("the ids rise with the records: %v", ids)
	}
	for _, id := range []string{"00000000-1", "zzzzzzzz-1", ids[0][:8] + "-2", ids[0][:8] + "-01", strings.ToUpper(ids[0]), ids[0] + "0"} {
		if _, err := s.as(access.Clinician).Read(s.ctx, "Patient", id); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s leads somewhere: %v", id, err)
		}
	}
}

// TestFullStore: what cannot be kept is refused as busy, and nothing of it is
// there.
func TestFullStore(t *testing.T) {
	s := newStageOn(t, func(e store.Engine) store.Engine { return e }, 220)
	e := s.client("R1K")
	long := strings.Repeat("unlikely to be packed well ", 50)
	kept := map[string]bool{}
	var full error
	for i := 0; i < 4000 && full == nil; i++ {
		v := s.json(`{"resourceType":"Basic","code":{"text":"` + fmt.Sprintf("%x %s", i*7919*7919*7919, long[:i%1000]) + `"}}`)
		res, err := e.Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Basic", Resource: v}}, record.Commit{})
		if err != nil {
			full = err
			break
		}
		kept[res[0].ID] = true
	}
	if !fault.Is(full, fault.Busy) {
		t.Fatalf("after %d resources: %v", len(kept), full)
	}
	found := 0
	err := s.engine.View(s.ctx, func(r store.Reader) error {
		docs, err := r.Scan(s.ctx, fhir.R4().Number("Basic"), store.Key{}, 10_000)
		found = len(docs)
		return err
	})
	if err != nil || found != len(kept) {
		t.Errorf("%d kept, %d found: %v", len(kept), found, err)
	}
	err = nil
	for i := 0; i < 1000 && err == nil; i++ { // an entry or two may still find room
		_, err = s.as(access.Clinician).Search(s.ctx, record.Asked{Types: []string{"Basic"}})
	}
	if !fault.Is(err, fault.Busy) {
		t.Errorf("a read whose trace cannot be kept: %v", err)
	}
}
